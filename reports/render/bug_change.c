/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened: numbers of a comparison, or what failed, and the log. */
#include "reports/render/bug.h"

#include <math.h>
#include <string.h>

#define ROWS 10
#define LOG_LINES 120
#define VALUES 24

/* --- numbers ------------------------------------------------------------------- */

static void add_value(struct bug *b, const json_t *o, const char *key, const char *unit)
{
	_cleanup_free_ char *text = text_value(js_get_number(o, key, NAN), unit);

	bug_text(b, text);
}

static void add_name(struct bug *b, const json_t *row)
{
	static const char *const parts[] = { "metric", "variant", "statistic" };

	bug_text(b, text_get(row, "case"));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (*text_get(row, parts[i])) {
			bug_add(b, " ");
			bug_text(b, text_get(row, parts[i]));
		}
	if (text_is(row, "rate", "cpu"))
		bug_add(b, " per CPU second");
}

static void add_effect(struct bug *b, const json_t *row)
{
	double low = js_get_number(row, "low", NAN), high = js_get_number(row, "high", NAN);

	bug_add(b, "  base ");
	add_value(b, row, "base", text_get(row, "unit"));
	bug_add(b, ", new ");
	add_value(b, row, "new", text_get(row, "unit"));
	bug_add(b, ", change %+.2f%%", js_get_number(row, "change", NAN) * 100);
	if (isfinite(low) && isfinite(high))
		bug_add(b, " (%.3g%% interval %+.2f%% to %+.2f%%)",
			js_get_number(row, "confidence", NAN) * 100, low * 100, high * 100);
	bug_add(b, "\n");
}

static void add_test(struct bug *b, const json_t *row)
{
	const json_t *n = json_object_get(row, "n");
	double p = js_get_number(row, "p", NAN);
	double adjusted = js_get_number(row, "p_adjusted", NAN);
	double floor = js_get_number(row, "floor", NAN);

	bug_add(b, "  n %.0f and %.0f%s",
		json_number_value(json_array_get(n, 0)),
		json_number_value(json_array_get(n, 1)),
		js_get_true(row, "paired") ? " in pairs" : "");
	if (isfinite(p))
		bug_add(b, ", p %.2g", p);
	if (isfinite(adjusted))
		bug_add(b, ", adjusted %.2g", adjusted);
	bug_add(b, ", threshold %.2g%%", js_get_number(row, "threshold", NAN) * 100);
	if (isfinite(floor))
		bug_add(b, ", noise of this machine %.2g%%", floor * 100);
	bug_add(b, "\n");
}

static void add_values(struct bug *b, const json_t *row, const char *side)
{
	const json_t *list = json_object_get(json_object_get(row, "values"), side);
	size_t i, n = json_array_size(list);

	if (!n)
		return;
	bug_add(b, "  each of %s:", side);
	for (i = 0; i < n && i < VALUES; i++)
		bug_add(b, " %.4g", json_number_value(json_array_get(list, i)));
	if (n > VALUES)
		bug_add(b, " and %zu more", n - VALUES);
	bug_add(b, "\n");
}

static void add_counters(struct bug *b, const json_t *row)
{
	size_t i;
	json_t *counter;

	json_array_foreach(json_object_get(row, "counters"), i, counter) {
		double change = js_get_number(counter, "change", NAN);

		if (!i)
			bug_add(b, "  counters per operation that moved most:\n");
		bug_add(b, "    ");
		bug_text(b, text_get(counter, "source"));
		bug_add(b, " ");
		bug_text(b, text_get(counter, "name"));
		bug_add(b, " %.4g -> %.4g", js_get_number(counter, "base", NAN),
			js_get_number(counter, "new", NAN));
		if (isfinite(change))
			bug_add(b, " (%+.1f%%)", change * 100);
		bug_add(b, "\n");
	}
}

static void add_row(struct bug *b, const json_t *row, bool whole)
{
	bug_add(b, "\n  %s: ", text_get(row, "verdict"));
	add_name(b, row);
	bug_add(b, "\n");
	add_effect(b, row);
	add_test(b, row);
	if (whole) {
		add_values(b, row, "base");
		add_values(b, row, "new");
	}
	add_counters(b, row);
}

static void add_tally(struct bug *b, const json_t *tally)
{
	const char *word, *separator = "";
	json_t *n;

	json_object_foreach((json_t *)tally, word, n) {
		bug_add(b, "%s%.0f ", separator, json_number_value(n));
		bug_text(b, word);
		separator = ", ";
	}
}

static void add_outcomes(struct bug *b)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(b->comparison, "outcomes"), i, row) {
		if (i == ROWS)
			break;
		bug_add(b, "\n  %s: ", text_get(row, "verdict"));
		bug_text(b, text_get(row, "case"));
		bug_add(b, "\n  base ");
		add_tally(b, json_object_get(row, "base"));
		bug_add(b, "; new ");
		add_tally(b, json_object_get(row, "new"));
		bug_add(b, "\n  ");
		bug_text(b, text_get(row, "text"));
		bug_add(b, "\n");
	}
}

static void add_order(struct bug *b)
{
	const json_t *order = json_object_get(b->comparison, "order");
	const json_t *method = json_object_get(b->comparison, "method");
	const char *why = js_get_text(b->comparison, "gate_reason");

	bug_add(b, "\nOrder of the trials: ");
	bug_text(b, text_get(order, "design"));
	if (*text_get(order, "sequence") && strlen(text_get(order, "sequence")) < 80) {
		bug_add(b, ", ");
		bug_text(b, text_get(order, "sequence"));
	}
	bug_add(b, "; ");
	bug_text(b, text_get(order, "text"));
	bug_add(b, ". Unit: one ");
	bug_text(b, text_get(method, "unit"));
	bug_add(b, "; false discovery rate %.2g over all metrics that gate; change is the Hodges-Lehmann shift of the logarithms.",
		js_get_number(method, "fdr", NAN));
	if (why) {
		bug_add(b, " These numbers do not gate: ");
		bug_text(b, why);
		bug_add(b, ".");
	}
	bug_add(b, "\n");
}

void bug_change(struct bug *b)
{
	size_t i, shown = 0, more = 0;
	json_t *row;

	bug_title(b, "What changed");
	add_outcomes(b);
	json_array_foreach(json_object_get(b->comparison, "metrics"), i, row) {
		if (!text_is(row, "verdict", "regressed") &&
		    !text_is(row, "verdict", "improved"))
			continue;
		if (shown == ROWS) {
			more++;
			continue;
		}
		add_row(b, row, row == b->row);
		shown++;
	}
	if (more)
		bug_add(b, "\n  and %zu more metrics changed\n", more);
	add_order(b);
}

/* --- failures ------------------------------------------------------------------ */

static void add_stuck(struct bug *b, const json_t *trial)
{
	static const char *const keys[] = { "state", "wchan", "syscall" };
	size_t i;
	json_t *task;

	json_array_foreach(json_object_get(trial, "stuck"), i, task) {
		_cleanup_words_ struct words stack = { 0 };

		bug_add(b, "  task %.0f", js_get_number(task, "pid", 0));
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			if (js_get_text(task, keys[k])) {
				bug_add(b, ", %s ", keys[k]);
				bug_text(b, js_get_text(task, keys[k]));
			}
		if (js_get_number(task, "signal", 0) > 0)
			bug_add(b, ", ended by signal %.0f",
				js_get_number(task, "signal", 0));
		bug_add(b, "\n");
		words_split(&stack, text_get(task, "stack"), "\n");
		for (size_t k = 0; k < stack.n && k < LOG_LINES; k++) {
			bug_add(b, "    ");
			bug_text(b, stack.word[k]);
			bug_add(b, "\n");
		}
	}
}

static void add_checks(struct bug *b, const json_t *of)
{
	size_t i;
	json_t *check;

	json_array_foreach(json_object_get(of, "checks"), i, check) {
		if (!(js_get_number(check, "failed", 0) > 0))
			continue;
		bug_add(b, "  check ");
		bug_text(b, text_get(check, "id"));
		bug_add(b, " (");
		bug_text(b, text_get(check, "proves"));
		bug_add(b, ") failed %.0f of %.0f times\n",
			js_get_number(check, "failed", 0),
			js_get_number(check, "evaluated", 0));
		if (js_get_text(check, "reason")) {
			bug_add(b, "    ");
			bug_text(b, js_get_text(check, "reason"));
			bug_add(b, "\n");
		}
	}
}

static void add_failure(struct bug *b, const json_t *of)
{
	size_t i, n = 0;
	json_t *trial;

	json_array_foreach(json_object_get(of, "trials"), i, trial)
		n += !text_is(trial, "outcome", "pass");
	bug_add(b, "\n  ");
	bug_text(b, text_get(of, "id"));
	bug_add(b, ": ");
	bug_text(b, text_get(of, "outcome"));
	bug_add(b, " in %zu of %zu trials\n  ", n,
		json_array_size(json_object_get(of, "trials")));
	bug_text(b, text_get(of, "reason"));
	bug_add(b, "\n");
	if (js_get_true(of, "shared_blame"))
		bug_add(b, "  other cases ran at the same time\n");
	add_checks(b, of);
	json_array_foreach(json_object_get(of, "trials"), i, trial)
		add_stuck(b, trial);
}

void bug_failures(struct bug *b)
{
	size_t i, k, shown = 0;
	json_t *of;

	bug_title(b, "What failed");
	if (b->of)
		add_failure(b, b->of);
	if (b->comparison)
		return;
	for (i = 0; i < b->in->n_reports; i++)
		json_array_foreach(json_object_get(b->in->reports[i], "cases"), k, of)
			if (of != b->of && shown < ROWS &&
			    (text_is(of, "outcome", "fail") ||
			     text_is(of, "outcome", "hang"))) {
				add_failure(b, of);
				shown++;
			}
	if (!b->of && !shown)
		bug_add(b, "\nThe kernel complained; no case failed for it.\n");
}

/* --- log ------------------------------------------------------------------------ */

void bug_log(struct bug *b, const json_t *report)
{
	const json_t *log = json_object_get(report, "kernel_log");
	size_t i, n = json_array_size(log);
	json_t *record;

	if (!n)
		return;
	bug_title(b, "Kernel log");
	bug_add(b, "\n");
	json_array_foreach(log, i, record) {
		if (i == LOG_LINES)
			break;
		bug_add(b, "  [%12.6f] ", js_get_number(record, "time", 0));
		bug_text(b, text_get(record, "text"));
		bug_add(b, "\n");
	}
	if (n > LOG_LINES)
		bug_add(b, "  and %zu more lines\n", n - LOG_LINES);
}
