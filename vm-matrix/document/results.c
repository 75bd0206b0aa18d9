/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * junit and ktap of a matrix: each cell is shown as a report of its own, by the
 * renderers of reports. A cell that ended otherwise than by its cases has one
 * case more, "guest", that tells how.
 */
#include <string.h>

#include "reports/render/render.h"
#include "vm-matrix/document/render.h"

/* Outcome of the case "guest"; NULL: the cases tell it all. */
static const char *guest_outcome(enum matrix_outcome outcome)
{
	switch (outcome) {
	case MATRIX_PASS:
	case MATRIX_FAIL:
		return NULL;
	case MATRIX_PANIC:
	case MATRIX_OOPS:
		return "fail";
	case MATRIX_HANG:
	case MATRIX_TIMEOUT:
		return "hang";
	case MATRIX_SKIPPED:
		return "skip";
	case MATRIX_INTERRUPTED:
		return "interrupted";
	default:
		return "broken";
	}
}

static json_t *guest_case(const json_t *cell, const char *outcome)
{
	const char *reason = text_get(cell, "reason");
	_cleanup_free_ char *text =
		xasprintf("%s%s%s", text_get(cell, "outcome"), *reason ? ": " : "", reason);
	json_t *of = json_object();

	js_set_text(of, "id", "guest");
	js_set_text(of, "stressor", "guest");
	js_set_text(of, "outcome", outcome);
	js_set_text(of, "reason", text);
	js_set(of, "metrics", json_array());
	js_set(of, "checks", json_array());
	return of;
}

/* The median as the one value. */
static json_t *metric_of(const json_t *from)
{
	json_t *metric = json_copy((json_t *)from), *values = json_array();

	js_add(values, json_incref(json_object_get(from, "median")));
	js_set(metric, "values", values);
	json_object_del(metric, "percentiles");
	return metric;
}

static json_t *case_of(const json_t *from)
{
	json_t *of = json_copy((json_t *)from), *metrics = json_array(), *metric;
	size_t i;

	json_array_foreach(json_object_get(from, "metrics"), i, metric)
		if (json_is_number(json_object_get(metric, "median")))
			js_add(metrics, metric_of(metric));
	js_set(of, "metrics", metrics);
	js_set(of, "checks", json_array());
	return of;
}

/* The cell as a document of one run. */
static json_t *report_of(const json_t *cell)
{
	const char *outcome = guest_outcome(matrix_outcome_of(cell));
	const json_t *report = json_object_get(cell, "report");
	json_t *doc = report ? json_copy((json_t *)report) : json_object();
	json_t *cases = json_array(), *of;
	size_t i;

	json_array_foreach(json_object_get(report, "cases"), i, of)
		js_add(cases, case_of(of));
	if (outcome || !json_array_size(cases))
		js_add(cases, guest_case(cell, outcome ? outcome : text_get(cell, "outcome")));
	if (!report) {
		js_copy(doc, cell, "started");
		js_copy(doc, cell, "seconds");
		js_set_text(doc, "outcome", outcome ? outcome : "broken");
	}
	js_set(doc, "cases", cases);
	return doc;
}

static void render(const struct renderer *r, const json_t *doc, FILE *out)
{
	const json_t *cells = json_object_get(doc, "cells");
	size_t n = json_array_size(cells);
	json_t **reports = xalloc((n + 1) * sizeof(*reports));
	const char **paths = xalloc((n + 1) * sizeof(*paths));
	_cleanup_free_ char *why = NULL;
	struct render_input in = { .reports = reports, .paths = paths, .n_reports = n };

	for (size_t i = 0; i < n; i++) {
		reports[i] = report_of(json_array_get(cells, i));
		paths[i] = text_get(json_array_get(cells, i), "id");
	}
	r->render(&in, NULL, out, &why);
	for (size_t i = 0; i < n; i++)
		json_decref(reports[i]);
	free(reports);
	free(paths);
}

void matrix_junit(const json_t *doc, FILE *out)
{
	render(&render_junit, doc, out);
}

void matrix_ktap(const json_t *doc, FILE *out)
{
	render(&render_ktap, doc, out);
}
