/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ktap: the kernel's test protocol, version 1
 * (Documentation/dev-tools/ktap.rst). Reports, stressors and methods are
 * levels of nesting. KTAP has no place for numbers, so they are diagnostic
 * lines before the result, "# NAME: METRIC=VALUE UNIT".
 */
#include "reports/render/render.h"

#include <string.h>

#include "reports/render/results.h"

#define INDENT 2 /* blanks a level */

static const struct {
	bool ok;
	const char *directive; /* NULL: none */
} statuses[RESULT_STATUSES] = {
	[RESULT_PASS] = { true, NULL },
	[RESULT_FAIL] = { false, NULL },
	[RESULT_TIMEOUT] = { false, "TIMEOUT" },
	[RESULT_ERROR] = { false, "ERROR" },
	[RESULT_MISSED] = { false, "ERROR" },
	[RESULT_SKIP] = { true, "SKIP" },
	[RESULT_XFAIL] = { true, "XFAIL" },
};

/* A '#' would begin the directive, and blanks around are lost. To free. */
static char *without_hash(const char *text)
{
	_cleanup_free_ char *clean = text_clean(text);
	size_t skip = strspn(clean, " "), n = strlen(clean);

	while (n > skip && clean[n - 1] == ' ')
		clean[--n] = '\0';
	for (char *at = clean; (at = strchr(at, '#')); at++)
		*at = '_';
	return xstrdup(clean + skip);
}

static void diagnostics(FILE *out, int depth, const char *name,
			const struct words *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		fprintf(out, "%*s# %s%s%s\n", depth * INDENT, "", name ? name : "",
			name ? ": " : "", lines->word[i]);
}

static void result_line(FILE *out, int depth, size_t number, bool ok,
			const char *name, const char *directive,
			const char *message)
{
	_cleanup_free_ char *description = without_hash(name);
	_cleanup_free_ char *data = without_hash(message);

	fprintf(out, "%*s%s %zu %s", depth * INDENT, "", ok ? "ok" : "not ok", number,
		*description ? description : "unnamed");
	if (directive)
		fprintf(out, " # %s%s%s", directive, *data ? " " : "", data);
	fputc('\n', out);
}

static void plan(FILE *out, int depth, size_t n)
{
	fprintf(out, "%*sKTAP version 1\n%*s1..%zu\n", depth * INDENT, "",
		depth * INDENT, "", n);
}

/* One test without subtests. */
static void leaf(FILE *out, int depth, size_t number, const struct result *result)
{
	const char *name = *result->name ? result->name : result->group;
	const char *directive = statuses[result->status].directive;

	diagnostics(out, depth, name, &result->numbers);
	/* without a directive the reason could be read as one */
	if (result->message && !directive)
		fprintf(out, "%*s# %s: %s\n", depth * INDENT, "", name, result->message);
	diagnostics(out, depth, name, &result->log);
	result_line(out, depth, number, statuses[result->status].ok, name, directive,
		    result->message);
}

/* The result of what has [first, end) below it. */
static void parent(FILE *out, int depth, size_t number, const char *name,
		   const struct results *r, size_t first, size_t end)
{
	bool all_skipped = true;

	for (size_t i = first; i < end; i++)
		all_skipped &= r->result[i].status == RESULT_SKIP;
	result_line(out, depth, number, !results_bad(r, first, end), name,
		    all_skipped ? "SKIP" : NULL,
		    first == end ? "there is nothing in it" : NULL);
}

static void group(FILE *out, int depth, size_t number, const struct results *r,
		  size_t first, size_t end)
{
	if (end == first + 1 && !*r->result[first].name) {
		leaf(out, depth, number, &r->result[first]);
		return;
	}
	plan(out, depth + 1, end - first);
	for (size_t i = first; i < end; i++)
		leaf(out, depth + 1, i - first + 1, &r->result[i]);
	parent(out, depth, number, r->result[first].group, r, first, end);
}

/* The groups of @r with their plan. */
static void groups(FILE *out, int depth, const struct results *r)
{
	size_t n = 0, number = 0;

	for (size_t i = 0; i < r->n; i = results_group_end(r, i))
		n++;
	plan(out, depth, n);
	diagnostics(out, depth, NULL, &r->lines);
	for (size_t i = 0, end; i < r->n; i = end) {
		end = results_group_end(r, i);
		group(out, depth, ++number, r, i, end);
	}
}

static int render(const struct render_input *in, const void *opts, FILE *out,
		  char **why)
{
	(void)opts;
	(void)why;
	if (!in->comparison && in->n_reports != 1)
		plan(out, 0, in->n_reports);
	for (size_t i = 0; i < (in->comparison ? 1 : in->n_reports); i++) {
		struct results r = in->comparison ?
					   results_of_comparison(in->comparison) :
					   results_of_report(in->reports[i], in->paths[i]);
		bool alone = in->comparison || in->n_reports == 1;

		groups(out, !alone, &r);
		if (!alone)
			parent(out, 0, i + 1, r.name, &r, 0, r.n);
		results_free(&r);
	}
	return 0;
}

const struct renderer render_ktap = {
	.name = "ktap",
	.summary = "the kernel's test protocol, version 1",
	.render = render,
};
