/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics of a case's trial out of what its tasks counted. */
#include <stdlib.h>
#include <string.h>

#include "core/exact.h"
#include "core/member.h"

/* Sums over the tasks of one side, without the warm-up. */
struct totals {
	double count[METRICS_MAX];
	double slowest[METRICS_MAX], fastest[METRICS_MAX];
	/* first start and last stop of those that count it: of tasks that have no
	 * CPU at the same time, rates each by its own time would not add up */
	uint64_t from[METRICS_MAX], to[METRICS_MAX];
	double cpu; /* seconds */
};

static double seconds_between(const struct member *m, unsigned side,
			      uint64_t from, uint64_t to)
{
	if (trial_by_turns(m->area))
		return (m->active[side] - m->warm_active[side]) / 1e9;
	return to > from ? (to - from) / 1e9 : 0;
}

static void add_task(const struct member *m, unsigned side, unsigned slot,
		     struct totals *t)
{
	const struct slot *s = &m->area->slot[slot];
	uint64_t from = m->warm_at > s->start_ns ? m->warm_at : s->start_ns;
	double seconds = seconds_between(m, side, from, s->stop_ns);
	size_t n = registry_metrics(m->of->entry->stressor);

	t->cpu += s->cpu_ns / 1e9;
	for (size_t k = 0; k < n; k++) {
		double count = (double)(s->count[k] -
					(m->warm_count ? m->warm_count[slot][k] : 0));
		double rate = seconds > 0 ? count / seconds : 0;

		if (!s->count[k])
			continue; /* another role counts this one */
		if (!t->count[k] || rate < t->slowest[k])
			t->slowest[k] = rate;
		if (rate > t->fastest[k])
			t->fastest[k] = rate;
		if (!t->from[k] || from < t->from[k])
			t->from[k] = from;
		if (s->stop_ns > t->to[k])
			t->to[k] = s->stop_ns;
		t->count[k] += count;
	}
}

static void add_up(const struct member *m, unsigned side, struct totals *t)
{
	const struct side *s = &m->area->side[side];

	*t = (struct totals){ 0 };
	for (unsigned i = 0; i < s->tasks; i++)
		add_task(m, side, s->first_slot + i, t);
	t->cpu -= m->warm_cpu[side] / 1e9;
	if (t->cpu < 0)
		t->cpu = 0;
}

static void gauge_result(const struct member *m, unsigned side, unsigned k,
			 struct metric_result *r)
{
	const struct side *s = &m->area->side[side];
	double sum = 0;

	for (unsigned i = 0; i <= s->tasks; i++) {
		const struct slot *slot = i < s->tasks ?
			trial_slot(m->area, side, i) : &m->area->leader;

		if (!slot->gauge[k].n)
			continue;
		if (!r->count || slot->gauge[k].min < r->min)
			r->min = slot->gauge[k].min;
		if (!r->count || slot->gauge[k].max > r->max)
			r->max = slot->gauge[k].max;
		sum += slot->gauge[k].sum;
		r->count += slot->gauge[k].n;
	}
	r->valid = r->count > 0;
	r->value = r->valid ? sum / r->count : 0;
}

static void latency_result(const struct member *m, unsigned side, unsigned k,
			   struct metric_result *r)
{
	const struct side *s = &m->area->side[side];
	struct hist *h = xalloc(sizeof(*h));

	for (unsigned i = 0; i < s->tasks; i++) {
		const struct hist *one = trial_slot(m->area, side, i)->hist[k];

		if (one && one->count)
			hist_merge(h, one);
	}
	r->hist = h;
	r->valid = h->count > 0;
	r->count = (double)h->count;
	r->value = h->count ? (double)h->sum / (double)h->count : 0;
	r->min = (double)h->min;
	r->max = (double)h->max;
}

static void metric_of_side(const struct member *m, unsigned side, unsigned k,
			   const struct totals *t, struct metric_result *r)
{
	const struct metric *metric = r->metric;
	double seconds;

	switch (metric->kind) {
	case METRIC_RATE:
		seconds = seconds_between(m, side, t->from[k], t->to[k]);
		r->valid = t->count[k] > 0;
		r->value = seconds > 0 ? t->count[k] / seconds : 0;
		r->count = t->count[k];
		r->cpu_rate = t->cpu > 0 ? t->count[k] / t->cpu : 0;
		r->min = t->slowest[k];
		r->max = t->fastest[k];
		break;
	case METRIC_COST:
		r->valid = t->count[metric->of] > 0 && t->cpu > 0;
		r->count = t->count[metric->of];
		if (r->valid)
			r->value = t->cpu * 1e9 / r->count *
				   (metric->scale > 0 ? metric->scale : 1);
		break;
	case METRIC_LATENCY:
		latency_result(m, side, k, r);
		break;
	case METRIC_GAUGE:
		gauge_result(m, side, k, r);
		break;
	case METRIC_RATIO:
		break; /* needs the others: ratio_result() */
	}
}

static const struct metric_result *find(const struct case_result *r,
					const struct metric *metric,
					const char *variant)
{
	for (size_t i = 0; i < r->n_metrics; i++)
		if (r->metric[i].metric == metric &&
		    (!variant || (r->metric[i].variant &&
				  !strcmp(r->metric[i].variant, variant))))
			return &r->metric[i];
	return NULL;
}

static void ratio_result(const struct case_result *all,
			 const struct metric *metrics, struct metric_result *r)
{
	const struct metric *m = r->metric;
	const struct metric_result *num, *den;

	num = find(all, &metrics[m->of], m->num);
	den = find(all, &metrics[m->num ? m->of : m->per], m->den);
	r->valid = num && den && num->valid && den->valid;
	if (r->valid && m->num)
		r->valid = den->value > 0;
	if (!r->valid)
		return;
	if (!m->num && num->metric->kind == METRIC_RATE)
		r->value = den->count > 0 ? num->count / den->count : 0;
	else
		r->value = den->value > 0 ? num->value / den->value : 0;
	r->count = 1;
}

/* Of the task that counts the operations; a partner of it counts none. */
static void exact_result(const struct member *m, struct case_result *r)
{
	struct metric_result *out = xalloc(sizeof(*out));
	double ops = 0, ns = 0;

	for (unsigned i = 0; i < m->area->n_slots; i++) {
		ops += (double)m->area->slot[i].exact_ops;
		ns += (double)m->area->slot[i].exact_ns;
	}
	out->metric = &exact_metric;
	out->valid = ops > 0;
	if (out->valid)
		out->value = out->min = out->max = ns / ops;
	out->count = ops;
	r->metric = out;
	r->n_metrics = 1;
}

void judge_metrics(const struct member *m, struct case_result *r)
{
	const struct stressor *s = m->of->entry->stressor;
	const struct variant *v = trial_variants(m->of);
	uint32_t mask = registry_metric_mask(s, m->of->method);
	size_t n = registry_metrics(s);
	struct metric_result *out;

	if (m->of->exact) {
		exact_result(m, r);
		return;
	}
	out = xalloc((n * m->area->n_sides + 1) * sizeof(*out));
	r->metric = out;
	for (unsigned side = 0; side < m->area->n_sides; side++) {
		struct totals t;

		add_up(m, side, &t);
		for (unsigned k = 0; k < n; k++) {
			if (!(mask >> k & 1) || s->metrics[k].kind == METRIC_RATIO)
				continue;
			out[r->n_metrics].metric = &s->metrics[k];
			out[r->n_metrics].variant =
				v && m->area->n_sides > 1 ? v[side].id : NULL;
			metric_of_side(m, side, k, &t, &out[r->n_metrics]);
			r->n_metrics++;
		}
	}
	for (unsigned k = 0; k < n; k++) {
		if (!(mask >> k & 1) || s->metrics[k].kind != METRIC_RATIO)
			continue;
		out[r->n_metrics].metric = &s->metrics[k];
		ratio_result(r, s->metrics, &out[r->n_metrics]);
		r->n_metrics++;
	}
}
