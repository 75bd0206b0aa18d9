/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/sink_json.h"

#include "base/value.h"
#include "core/machine.h"
#include "reports/lines.h"
#include "reports/writer_parts.h"

/* A first trial that lasts no longer, or does no more, has no file while it runs. */
#define BRIEF NSEC_PER_SEC
#define BRIEF_OPS 16

static void put_line(struct report_writer *w, json_t *line)
{
	_cleanup_str_ struct str s = STR_INIT;

	writer_add(w, &s, line);
	writer_put(w, &s);
}

/* Is the first trial likely to be over at once? */
static bool is_brief(const struct run_begin *e)
{
	const struct trial_plan *first = e->plan->trials;

	if (!e->plan->n_trials || e->settings->timeout <= BRIEF)
		return true;
	for (size_t i = 0; i < first->n; i++)
		if (!first->cases[i]->ops || first->cases[i]->ops > BRIEF_OPS)
			return false;
	return true;
}

static void on_run_begin(void *ctx, const struct run_begin *e)
{
	struct report_writer *w = ctx;
	_cleanup_str_ struct str s = STR_INIT;

	w->held = true;
	writer_add(w, &s, line_run(e, machine_boot_id()));
	for (size_t i = 0; i < e->plan->n_cases; i++)
		writer_add(w, &s, line_labelled_case(&e->plan->cases[i],
						     e->settings->label));
	writer_put(w, &s);
	if (w->output.path && !is_brief(e))
		writer_show(w);
}

/* What ended before is safe from what this trial may do to the machine. */
static void on_trial_begin(void *ctx, const struct trial_plan *t, unsigned order)
{
	(void)t;
	if (order)
		writer_show(ctx);
	writer_sync(ctx);
}

static bool all_passed(const struct trial_result *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->cases[i].outcome != OUTCOME_PASS)
			return false;
	return true;
}

static void on_trial_end(void *ctx, const struct trial_result *e)
{
	struct report_writer *w = ctx;
	_cleanup_str_ struct str s = STR_INIT;
	size_t summary;

	if (!w->lines_left && all_passed(e)) {
		w->unrecorded++;
		return;
	}
	writer_add(w, &s, line_trial(e, machine_boot_id()));
	summary = s.len;
	w->lines_left = writer_left(w->lines_left, summary);
	for (size_t i = 0; w->bulk_left && i < e->n; i++) {
		json_t *bulk = line_bulk(e, &e->cases[i]);

		if (bulk)
			writer_add_bulk(&s, bulk);
	}
	w->bulk_left = writer_left(w->bulk_left, s.len - summary);
	writer_put(w, &s);
}

static void on_case_skip(void *ctx, const struct run_case *c)
{
	put_line(ctx, line_skip(c));
}

static void on_note(void *ctx, const char *text)
{
	put_line(ctx, line_note(text));
}

static void on_run_end(void *ctx, const struct run_end *e)
{
	struct report_writer *w = ctx;
	json_t *line = line_end(e);

	if (w->unrecorded)
		js_set(line, "unrecorded_trials", js_count(w->unrecorded));
	put_line(w, line);
}

struct sink report_sink(struct report_writer *w)
{
	return (struct sink){
		.ctx = w,
		.run_begin = on_run_begin,
		.trial_begin = on_trial_begin,
		.trial_end = on_trial_end,
		.case_skip = on_case_skip,
		.note = on_note,
		.run_end = on_run_end,
	};
}
