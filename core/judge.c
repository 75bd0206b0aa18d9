/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns what tasks and monitor recorded into the result of a case's trial. */
#include <stdio.h>
#include <stdlib.h>

#include "core/member.h"

static void judge_checks(const struct member *m, struct case_result *r)
{
	const struct stressor *s = m->of->entry->stressor;
	uint32_t mask = registry_check_mask(s, m->of->method);
	size_t n = registry_checks(s);
	struct check_result *out = xalloc((n + 1) * sizeof(*out));

	r->check = out;
	for (unsigned k = 0; k < n; k++) {
		struct check_result *c = &out[r->n_checks];

		if (!(mask >> k & 1) || (s->checks[k].deep && !m->of->verify))
			continue;
		c->check = &s->checks[k];
		for (unsigned i = 0; i <= m->area->n_slots; i++) {
			const struct slot *slot = i < m->area->n_slots ?
				&m->area->slot[i] : &m->area->leader;

			c->evaluated += slot->check[k].evaluated;
			c->failed += slot->check[k].failed;
			if (slot->check[k].failed && !c->reason)
				c->reason = slot->check_reason[k];
		}
		r->n_checks++;
	}
}

/* Of all sides: what was between the turns was others' time. */
static double turn_seconds(const struct member *m)
{
	uint64_t ns = 0;

	for (unsigned side = 0; side < m->area->n_sides; side++)
		ns += m->active[side];
	return ns / 1e9;
}

static void judge_usage(const struct member *m, struct case_result *r)
{
	const struct trial_area *a = m->area;

	for (unsigned i = 0; i < a->n_processes; i++) {
		const struct rusage *u = &a->process[i].usage;

		r->user_seconds += u->ru_utime.tv_sec + u->ru_utime.tv_usec / 1e6;
		r->system_seconds += u->ru_stime.tv_sec + u->ru_stime.tv_usec / 1e6;
		r->minor_faults += u->ru_minflt;
		r->major_faults += u->ru_majflt;
		r->voluntary_switches += u->ru_nvcsw;
		r->involuntary_switches += u->ru_nivcsw;
		if ((uint64_t)u->ru_maxrss * 1024 > r->max_rss)
			r->max_rss = (uint64_t)u->ru_maxrss * 1024;
	}
	for (unsigned i = 0; i < a->n_slots; i++) {
		const struct slot *s = &a->slot[i];
		double wall = s->stop_ns > s->start_ns ?
				      (s->stop_ns - s->start_ns) / 1e9 : 0;

		if (wall > r->wall_seconds)
			r->wall_seconds = wall;
		r->cpu_seconds += s->cpu_ns / 1e9;
		r->wait_seconds += s->run_delay_ns / 1e9;
	}
	if (m->settings->turns)
		r->wall_seconds = turn_seconds(m);
	else if (m->end && m->area->n_sides == 1 && m->stop_at >= m->end &&
	    r->wall_seconds * 1e9 > m->settings->timeout)
		r->overrun = r->wall_seconds - m->settings->timeout / 1e9;
}

static void judge_slices(const struct member *m, struct case_result *r)
{
	const struct stressor *s = m->of->entry->stressor;
	const struct variant *v = trial_variants(m->of);
	size_t rates = registry_metrics(s), n = 0;
	const struct counter *c = m->counters ? counter_list(m->counters, &n) : NULL;
	struct slice_table *out = xalloc(SIDES_MAX * sizeof(*out));

	r->slices = out;
	for (unsigned side = 0; side < m->area->n_sides; side++) {
		const struct slices *from = &m->slices[side];
		struct slice_table *t = &out[r->n_slices++];

		*t = (struct slice_table){
			.variant = v && m->area->n_sides > 1 ? v[side].id : NULL,
			.n = from->n, .start = from->start,
			.seconds = from->seconds, .cpu_seconds = from->cpu,
			.wait_seconds = from->wait, .flags = from->flags,
			.columns = xalloc((from->n_columns + 1) *
					  sizeof(*t->columns)),
		};
		for (size_t i = 0; i < from->n_columns; i++) {
			bool moved = false;

			for (size_t k = 0; k < from->n && !moved; k++)
				moved = from->column[i][k] > 0 || from->column[i][k] < 0;
			if (!moved)
				continue;
			t->columns[t->n_columns].name =
				i < rates ? s->metrics[i].id : c[i - rates].name;
			t->columns[t->n_columns].source =
				i < rates ? "metric" : c[i - rates].source;
			t->columns[t->n_columns++].value = from->column[i];
		}
	}
}

static void judge_workers(const struct member *m, struct case_result *r)
{
	const struct side *s = &m->area->side[0];
	double *ops = xalloc((s->workers + 1) * sizeof(*ops));

	for (unsigned i = 0; i < s->tasks; i++)
		ops[i / m->area->per_worker] +=
			(double)trial_slot(m->area, 0, i)->count[0];
	r->worker_ops = ops;
	r->n_workers = s->workers;
}

/* Values that deserve a remark though no check says that they are wrong. */
static void flag_metrics(const struct member *m, const struct case_result *r)
{
	struct trial_area *a = m->area;

	for (size_t i = 0; i < r->n_metrics; i++) {
		const struct metric_result *v = &r->metric[i];
		const struct metric *metric = v->metric;

		if (!v->valid || v->value >= metric->flag_below ||
		    a->n_notes >= NOTES_MAX)
			continue;
		snprintf(a->note[a->n_notes++], WORKER_REASON,
			 "metric '%s' is %.3g, below %g", metric->id, v->value,
			 metric->flag_below);
	}
}

/* Those of the machine went on while others had their turn: only what moved in
 * the member's own turns is its own. */
static const struct counter *own_counters(struct member *m,
					  const struct case_result *r)
{
	m->own_list = xalloc((r->n_counters + 1) * sizeof(*m->own_list));
	for (size_t i = 0; i < r->n_counters; i++) {
		m->own_list[i] = r->counter[i];
		if (i < m->n_counters)
			m->own_list[i].value = m->own[i];
	}
	return m->own_list;
}

void judge(struct member *m, const struct kwatch_result *kernel, bool alone,
	   struct case_result *r)
{
	struct trial_area *a = m->area;
	char **notes = xalloc((NOTES_MAX + 1) * sizeof(*notes));

	*r = (struct case_result){ .of = m->of, .notes = notes };
	judge_metrics(m, r);
	flag_metrics(m, r);
	judge_checks(m, r);
	judge_usage(m, r);
	judge_workers(m, r);
	if (m->counters) {
		r->counter = counter_read_last(m->counters, &r->n_counters);
		if (m->own)
			r->counter = own_counters(m, r);
		r->missing = counter_missing(m->counters, &r->n_missing);
		measure_last(m, r->counter);
	}
	if (m->warm_count)
		judge_slices(m, r);
	r->stuck = m->stuck;
	r->n_stuck = m->n_stuck;
	for (; r->n_notes < a->n_notes && r->n_notes < NOTES_MAX; r->n_notes++)
		notes[r->n_notes] = a->note[r->n_notes];
	r->scratch = a->scratch.dir[0] ? &a->scratch : NULL;
	judge_outcome(m, kernel, alone, r);
}

void judge_free(struct case_result *r)
{
	for (size_t i = 0; i < r->n_metrics; i++)
		free((void *)(uintptr_t)r->metric[i].hist);
	for (size_t i = 0; i < r->n_slices; i++)
		free(r->slices[i].columns);
	free((void *)(uintptr_t)r->metric);
	free((void *)(uintptr_t)r->check);
	free((void *)(uintptr_t)r->slices);
	free((void *)(uintptr_t)r->worker_ops);
	free((void *)(uintptr_t)r->notes);
	free((void *)(uintptr_t)r->reason);
}
