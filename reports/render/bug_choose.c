/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a bug report is about, and its subject. */
#include "reports/render/bug.h"

#include <math.h>
#include <string.h>

/* Of outcomes, the worst first; these are reported. */
static const char *const failures[] = { "fail", "hang", "killed", "broken", NULL };

static const json_t *first_with(const json_t *rows, const char *verdict)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
		if (text_is(row, "verdict", verdict))
			return row;
	return NULL;
}

/* The case @id of a report, one that failed where there is a choice. */
static const json_t *find_case(const json_t *report, const char *id)
{
	const json_t *found = NULL;
	size_t i;
	json_t *of;

	json_array_foreach(json_object_get(report, "cases"), i, of)
		if (text_is(of, "id", id) && (!found || !text_is(of, "outcome", "pass")))
			found = of;
	return found;
}

static bool on_side(const json_t *side, const json_t *run)
{
	size_t i;
	json_t *report;

	json_array_foreach(json_object_get(side, "reports"), i, report)
		if (text_is(report, "boot_id", text_get(run, "boot_id")) &&
		    fabs(js_get_number(report, "started", -1) -
			 js_get_number(run, "started", -2)) < 1e-3)
			return true;
	return false;
}

static void choose_reports(struct bug *b, const char *id)
{
	const json_t *sides = json_object_get(b->comparison, "sides");

	for (size_t i = 0; i < b->in->n_reports; i++) {
		const json_t *run = b->in->reports[i];
		bool base = b->in->n_base ? i < b->in->n_base :
					    on_side(json_array_get(sides, 0), run);
		bool new = b->in->n_base ? i >= b->in->n_base :
					   on_side(json_array_get(sides, 1), run);

		if (base && !b->base)
			b->base = run;
		/* of the new side one that has the case, best one that failed */
		if (!new)
			continue;
		if (!b->new)
			b->new = run;
		if (find_case(run, id) &&
		    (!b->of || text_is(b->of, "outcome", "pass"))) {
			b->new = run;
			b->of = find_case(run, id);
		}
	}
}

static bool choose_regression(struct bug *b, char **why)
{
	const json_t *c = b->comparison;

	b->outcome = first_with(json_object_get(c, "outcomes"), "regressed");
	b->row = first_with(json_object_get(c, "metrics"), "regressed");
	if (!b->outcome && !b->row) {
		*why = xasprintf("nothing regressed, so there is no bug to report (%s)",
				 text_get(c, "verdict"));
		return false;
	}
	choose_reports(b, text_get(b->outcome ? b->outcome : b->row, "case"));
	return true;
}

static bool choose_failure(struct bug *b, char **why)
{
	for (const char *const *word = failures; *word; word++)
		for (size_t i = 0; i < b->in->n_reports && !b->of; i++) {
			size_t k;
			json_t *of;

			json_array_foreach(json_object_get(b->in->reports[i], "cases"),
					   k, of)
				if (!b->of && text_is(of, "outcome", *word)) {
					b->of = of;
					b->new = b->in->reports[i];
				}
		}
	/* the kernel may have complained beside all cases */
	for (size_t i = 0; i < b->in->n_reports && !b->new; i++)
		if (json_array_size(json_object_get(b->in->reports[i], "kernel_log")))
			b->new = b->in->reports[i];
	if (!b->new)
		*why = xasprintf("nothing failed in '%s', so there is no bug to report",
				 b->in->n_reports ? b->in->paths[0] : "");
	return b->new != NULL;
}

bool bug_choose(struct bug *b, char **why)
{
	b->comparison = b->in->comparison;
	return b->comparison ? choose_regression(b, why) : choose_failure(b, why);
}

/* --- subject ------------------------------------------------------------------- */

/* The first line of the log that is a complaint, of the case's trials or, where
 * it has none, of any. */
static const char *complaint(const struct bug *b)
{
	const char *any = NULL;
	size_t i, k;
	json_t *record, *trial;

	json_array_foreach(json_object_get(b->new, "kernel_log"), i, record) {
		if (!js_get_text(record, "kind"))
			continue;
		if (!any)
			any = js_get_text(record, "text");
		json_array_foreach(json_object_get(b->of, "trials"), k, trial)
			if (js_get_number(trial, "order", -1) ==
			    js_get_number(record, "order", -2))
				return js_get_text(record, "text");
	}
	return b->of ? NULL : any;
}

static void subject_of_metric(struct bug *b)
{
	double change = js_get_number(b->row, "change", NAN) * 100;
	const char *variant = text_get(b->row, "variant");
	const char *statistic = text_get(b->row, "statistic");

	bug_text(b, text_get(b->row, "case"));
	bug_add(b, ": %+.1f%% ", change);
	bug_text(b, text_get(b->row, "name"));
	if (*variant) {
		bug_add(b, ", ");
		bug_text(b, variant);
	}
	if (*statistic == 'p') {
		bug_add(b, ", ");
		bug_text(b, statistic);
	}
}

static void subject_of_failure(struct bug *b)
{
	const char *splat = complaint(b);
	const char *reason = *text_get(b->of, "reason") ? text_get(b->of, "reason") :
							  text_get(b->outcome, "text");

	bug_text(b, splat ? splat : reason);
	if (b->of || b->outcome) {
		bug_add(b, " (");
		bug_text(b, b->outcome ? text_get(b->outcome, "case") :
					 text_get(b->of, "id"));
		bug_add(b, ")");
	}
}

void bug_subject(struct bug *b)
{
	const json_t *sides = json_object_get(b->comparison, "sides");
	const char *good = text_get(json_array_get(sides, 0), "kernel");
	const char *bad = text_get(json_array_get(sides, 1), "kernel");

	bug_add(b, "Subject: %s ", b->comparison ? "[REGRESSION]" : "[BUG]");
	if (b->outcome || !b->comparison)
		subject_of_failure(b);
	else
		subject_of_metric(b);
	if (!b->comparison) {
		bug_add(b, " on ");
		bug_text(b, render_kernel(b->new));
		return;
	}
	bug_add(b, strcmp(good, bad) != 0 ? " from " : " on ");
	bug_text(b, good);
	if (strcmp(good, bad) != 0) {
		bug_add(b, " to ");
		bug_text(b, bad);
	}
}
