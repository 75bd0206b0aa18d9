/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Renderers: report documents and a comparison in, one text out. A renderer is
 * one file, reports/render_NAME.c, one const struct, and a row of renderers[].
 * Pure: no clock, no network, no file but @out; everything in the documents
 * may be hostile (any text, any number, members of the wrong type or missing).
 */
#ifndef STRAIN_REPORTS_RENDER_RENDER_H
#define STRAIN_REPORTS_RENDER_RENDER_H

#include <stdio.h>

#include "core/option.h"
#include "reports/json.h"
#include "reports/text.h"

struct render_input {
	/* Run reports in the order given, base before new; their "bulk" is
	 * there only for a renderer that asks for it. */
	json_t *const *reports;
	const char *const *paths; /* of each, as the user gave it */
	size_t n_reports;
	size_t n_base;            /* the first so many are the base side; 0
				   * where nothing is compared, or labels of the
				   * same reports are */
	json_t *comparison;       /* strain-comparison/1, or NULL */
	const char *comparison_path; /* NULL: made here from the reports */
	struct text_style style;  /* of what is written to */
};

struct renderer {
	const char *name;    /* FORMAT of the command line */
	const char *summary; /* one clause */
	bool bulk;           /* wants slices and histograms, also of the sides of
			      * a comparison that is made here */
	bool sides;          /* wants the reports of these, without bulk data;
			      * others get none with such a comparison */
	const struct option *rows; /* own options, or NULL; names are unique
				    * among all renderers */
	size_t size;         /* of the struct that .rows describe */
	/*
	 * @opts: that struct with the values given. 0, or -errno with one line
	 * in @why to free; that @out cannot be written the caller notices.
	 */
	int (*render)(const struct render_input *in, const void *opts, FILE *out,
		      char **why);
};

/* A renderer's rows have a name of their own where they exist, for the table of
 * the command's option groups, which must be constant. */
extern const struct option render_text_options[], render_openmetrics_options[],
	render_kcidb_options[], render_bug_options[];
extern const struct renderer render_text, render_markdown, render_ktap,
	render_html, render_junit, render_kcidb, render_openmetrics, render_csv,
	render_bug;

/* All of them, NULL ends; the first is what people read. */
extern const struct renderer *const renderers[];

const struct renderer *renderer_find(const char *name);

/* --- for renderers ---------------------------------------------------------- */

/* @value as it stands in the document, "" for what is no finite number. To
 * free. */
char *render_number(const json_t *value);
/* "KERNEL" of a report: its release, "" when there is none. */
const char *render_kernel(const json_t *report);
/* UTC, "2026-11-21T16:30:00Z" with @zone, without "Z" else; "" for a time that
 * is none. To free. */
char *render_time(double since_epoch, bool zone);
/* The base unit of @unit: "seconds", "bytes", "ratio", or "" for others, and
 * what a value is multiplied with. */
const char *render_base_unit(const char *unit, double *factor);

#endif
