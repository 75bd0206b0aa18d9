/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/sink_lines.h"

#include "base/file.h"
#include "core/machine.h"
#include "reports/lines.h"

static void put(struct line_sink *s, json_t *line, int digits)
{
	_cleanup_str_ struct str text = STR_INIT;

	if (!s->failed) {
		js_line(&text, line, digits);
		s->failed = file_write_all(s->fd, text.buf, text.len) != 0;
	}
	json_decref(line);
}

static void on_run_begin(void *ctx, const struct run_begin *e)
{
	struct line_sink *s = ctx;

	put(s, line_run(e, machine_boot_id()), LINE_DIGITS);
	for (size_t i = 0; i < e->plan->n_cases; i++)
		put(s, line_labelled_case(&e->plan->cases[i], s->label), LINE_DIGITS);
}

static void on_trial_end(void *ctx, const struct trial_result *e)
{
	put(ctx, line_trial(e, machine_boot_id()), LINE_DIGITS);
	for (size_t i = 0; i < e->n; i++) {
		json_t *bulk = line_bulk(e, &e->cases[i]);

		if (bulk)
			put(ctx, bulk, LINE_DIGITS_BULK);
	}
}

static void on_case_skip(void *ctx, const struct run_case *c)
{
	put(ctx, line_skip(c), LINE_DIGITS);
}

static void on_note(void *ctx, const char *text)
{
	put(ctx, line_note(text), LINE_DIGITS);
}

static void on_run_end(void *ctx, const struct run_end *e)
{
	put(ctx, line_end(e), LINE_DIGITS);
}

struct sink line_sink(struct line_sink *s)
{
	return (struct sink){
		.ctx = s,
		.run_begin = on_run_begin,
		.trial_end = on_trial_end,
		.case_skip = on_case_skip,
		.note = on_note,
		.run_end = on_run_end,
	};
}
