/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a trial: its summary, and the bulk data of each of its cases. */
#include "reports/lines.h"

#include <inttypes.h>
#include <string.h>

/* Latency shares that a trial's summary has; hist.h says how exact they are. */
static const struct {
	const char *name;
	double share;
} percentiles[] = {
	{ "50", 0.5 }, { "90", 0.9 }, { "99", 0.99 }, { "99.9", 0.999 },
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Median of @n values, which it sorts. */
static double median(double *value, size_t n)
{
	qsort(value, n, sizeof(*value), compare);
	return n % 2 ? value[n / 2] : (value[n / 2 - 1] + value[n / 2]) / 2;
}

static const double *slice_column(const struct slice_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (!strcmp(t->columns[i].source, "metric") &&
		    !strcmp(t->columns[i].name, name))
			return t->columns[i].value;
	return NULL;
}

/*
 * The rate as the median of the slices that are neither warm-up nor disturbed:
 * what one trial says when slices are not independent (they never are).
 */
static void add_medians(json_t *o, const struct metric_result *m,
			const struct slice_table *t)
{
	const double *ops = slice_column(t, m->metric->id);
	double *wall, *cpu;
	size_t n = 0, n_cpu = 0;

	if (!ops)
		return;
	wall = xalloc(t->n * sizeof(*wall));
	cpu = xalloc(t->n * sizeof(*cpu));
	for (size_t i = 0; i < t->n; i++) {
		if (t->flags[i] || !(t->seconds[i] > 0))
			continue;
		wall[n++] = ops[i] / t->seconds[i];
		if (t->cpu_seconds[i] > 0)
			cpu[n_cpu++] = ops[i] / t->cpu_seconds[i];
	}
	if (n)
		js_set(o, "median", js_number(median(wall, n)));
	if (n_cpu)
		js_set(o, "cpu_median", js_number(median(cpu, n_cpu)));
	js_set(o, "slices", js_count(n));
	free(wall);
	free(cpu);
}

static json_t *metric(const struct metric_result *m, const struct case_result *c)
{
	json_t *o = json_object();

	js_set(o, "id", js_text(m->metric->id));
	js_set_text(o, "variant", m->variant);
	js_set(o, "value", m->valid ? js_number(m->value) : json_null());
	if (!m->valid)
		return o;
	if (m->metric->kind != METRIC_COST && m->metric->kind != METRIC_RATIO) {
		js_set(o, "count", js_number(m->count));
		js_set(o, "min", js_number(m->min));
		js_set(o, "max", js_number(m->max));
	}
	if (m->metric->kind == METRIC_RATE) {
		js_set(o, "cpu_rate", js_number(m->cpu_rate));
		for (size_t i = 0; i < c->n_slices; i++)
			if (str_same(c->slices[i].variant, m->variant))
				add_medians(o, m, &c->slices[i]);
	}
	if (m->hist && m->hist->count) {
		json_t *p = json_object();

		for (size_t i = 0; i < ARRAY_SIZE(percentiles); i++)
			js_set(p, percentiles[i].name,
			       js_count(hist_percentile(m->hist, percentiles[i].share)));
		js_set(o, "percentiles", p);
	}
	return o;
}

static json_t *check(const struct check_result *c)
{
	json_t *o = json_object();

	js_set(o, "id", js_text(c->check->id));
	js_set(o, "evaluated", js_count(c->evaluated));
	js_set(o, "failed", js_count(c->failed));
	js_set_text(o, "reason", c->reason);
	return o;
}

static json_t *group(json_t *of, const char *name)
{
	json_t *o = json_object_get(of, name);

	if (!o) {
		o = json_object();
		js_set(of, name, o);
	}
	return o;
}

/*
 * By source, then name. A count of /proc or /sys that did not move is left
 * out: there are hundreds. What could not be read is under "missing".
 */
static void add_counters(json_t *o, const struct case_result *c)
{
	json_t *counters = json_object(), *gauges = json_object();
	json_t *fractions = json_object(), *missing = json_object();

	for (size_t i = 0; i < c->n_counters; i++) {
		const struct counter *k = &c->counter[i];
		bool perf = !strcmp(k->source, "perf");

		if (k->gauge || perf || k->value != 0)
			js_set(group(k->gauge ? gauges : counters, k->source),
			       k->name, js_number(k->value));
		if (perf && k->fraction < 1)
			js_set(fractions, k->name, js_number(k->fraction));
	}
	for (size_t i = 0; i < c->n_missing; i++)
		js_set(missing, c->missing[i].name, js_text(c->missing[i].reason));
	js_set(o, "counters", counters);
	js_set(o, "gauges", gauges);
	if (json_object_size(fractions))
		json_object_set(o, "fractions", fractions);
	if (json_object_size(missing))
		json_object_set(o, "missing", missing);
	json_decref(fractions);
	json_decref(missing);
}

static json_t *stuck(const struct stuck *s)
{
	json_t *o = json_object();

	js_set(o, "pid", json_integer(s->pid));
	js_set_text(o, "state", s->state);
	js_set_text(o, "wchan", s->wchan);
	js_set_text(o, "syscall", s->syscall);
	js_set_text(o, "stack", s->stack);
	if (s->signal)
		js_set(o, "signal", json_integer(s->signal));
	js_set_true(o, "oom", s->oom);
	return o;
}

static json_t *scratch(const struct scratch *s)
{
	json_t *o = json_object();

	js_set(o, "type", js_text(s->type));
	if (*s->device)
		js_set(o, "device", js_text(s->device));
	if (*s->mkfs)
		js_set(o, "mkfs", js_text(s->mkfs));
	if (*s->mount)
		js_set(o, "mount", js_text(s->mount));
	return o;
}

static void add_usage(json_t *o, const struct case_result *c)
{
	js_set(o, "seconds", js_seconds(c->wall_seconds));
	js_set(o, "overrun", js_seconds(c->overrun));
	js_set(o, "cpu_seconds", js_seconds(c->cpu_seconds));
	js_set(o, "wait_seconds", js_seconds(c->wait_seconds));
	js_set(o, "user_seconds", js_seconds(c->user_seconds));
	js_set(o, "system_seconds", js_seconds(c->system_seconds));
	js_set(o, "max_rss", js_count(c->max_rss));
	js_set(o, "minor_faults", js_count(c->minor_faults));
	js_set(o, "major_faults", js_count(c->major_faults));
	js_set(o, "voluntary_switches", js_count(c->voluntary_switches));
	js_set(o, "involuntary_switches", js_count(c->involuntary_switches));
}

static void add_lists(json_t *o, const struct case_result *c)
{
	json_t *metrics = json_array(), *checks = json_array(), *list;

	for (size_t i = 0; i < c->n_metrics; i++)
		js_add(metrics, metric(&c->metric[i], c));
	for (size_t i = 0; i < c->n_checks; i++)
		js_add(checks, check(&c->check[i]));
	js_set(o, "metrics", metrics);
	js_set(o, "checks", checks);
	if (c->n_stuck) {
		list = json_array();
		for (size_t i = 0; i < c->n_stuck; i++)
			js_add(list, stuck(&c->stuck[i]));
		js_set(o, "stuck", list);
	}
	if (c->n_notes) {
		list = json_array();
		for (size_t i = 0; i < c->n_notes; i++)
			js_add(list, js_text(c->notes[i]));
		js_set(o, "notes", list);
	}
	if (c->worker_ops && c->n_workers) {
		list = json_array();
		for (size_t i = 0; i < c->n_workers; i++)
			js_add(list, js_number(c->worker_ops[i]));
		js_set(o, "worker_ops", list);
	}
}

static json_t *case_of_trial(const struct case_result *c)
{
	json_t *o = json_object();

	js_set(o, "case", js_count(c->of->index));
	js_set(o, "outcome", js_text(outcome_name(c->outcome)));
	js_set_text(o, "reason", c->reason);
	js_set_true(o, "shared_blame", c->shared_blame);
	js_set_text(o, "known_issue", c->known_issue);
	add_usage(o, c);
	add_lists(o, c);
	add_counters(o, c);
	if (c->scratch)
		js_set(o, "fs", scratch(c->scratch));
	return o;
}

static json_t *kernel_log(const struct kwatch_result *k)
{
	json_t *log = json_array();

	for (size_t i = 0; i < k->n; i++) {
		json_t *record = json_object();

		js_set(record, "time", js_number(k->line[i].usec / 1e6));
		js_set_text(record, "kind", k->line[i].kind);
		js_set(record, "text", js_text(k->line[i].text));
		js_add(log, record);
	}
	return log;
}

static json_t *kernel(const struct kwatch_result *k)
{
	json_t *o = json_object(), *counters = json_object();

	js_set(o, "watched", json_boolean(k->watched));
	if (!k->watched)
		js_set_text(o, "unwatched", k->unwatched);
	js_set(o, "splats", js_count(k->splats));
	if (k->dropped)
		js_set(o, "dropped", js_count(k->dropped));
	js_set(o, "taint", json_pack("[I,I]", (json_int_t)k->taint_before,
				     (json_int_t)k->taint_after));
	for (size_t i = 0; i < ARRAY_SIZE(k->counter) && k->counter[i].name; i++)
		if (k->counter[i].before != k->counter[i].after)
			js_set(counters, k->counter[i].name,
			       json_pack("[I,I]", (json_int_t)k->counter[i].before,
					 (json_int_t)k->counter[i].after));
	js_set(o, "counters", counters);
	if (k->oom_n) {
		json_t *pids = json_array();

		for (size_t i = 0; i < k->oom_n; i++)
			js_add(pids, json_integer(k->oom_pids[i]));
		js_set(o, "oom_pids", pids);
	}
	return o;
}

json_t *line_trial(const struct trial_result *e, const char *boot_id)
{
	json_t *o = json_object(), *cases = json_array();

	js_set(o, "line", js_text("trial"));
	js_set(o, "order", js_count(e->order));
	js_set(o, "number", js_count(e->number));
	js_set(o, "started", js_number(e->started));
	js_set(o, "clock", js_seconds(e->started_ns / 1e9));
	js_set(o, "boot_id", js_text(boot_id));
	js_set(o, "steal_seconds", js_seconds(e->steal_seconds));
	if (e->kernel) {
		js_set(o, "kernel", kernel(e->kernel));
		if (e->kernel->n)
			js_set(o, "kernel_log", kernel_log(e->kernel));
	}
	for (size_t i = 0; i < e->n; i++)
		js_add(cases, case_of_trial(&e->cases[i]));
	js_set(o, "cases", cases);
	return o;
}
