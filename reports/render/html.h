/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the page that "strain report html" makes. Documents may be
 * hostile: every text goes through html_text(), every number through a check
 * that it is finite, and every list is bounded.
 */
#ifndef STRAIN_REPORTS_RENDER_HTML_H
#define STRAIN_REPORTS_RENDER_HTML_H

#include "reports/render/render.h"

enum { HTML_BASE, HTML_NEW, HTML_SIDES };

/* A case in one report. All but .bulk borrowed. */
struct html_part {
	const json_t *report, *of;
	json_t *bulk; /* list: the case's members of bulk.trials */
};

/* A case in all reports of both sides; nothing compared: HTML_NEW only. */
struct html_case {
	const char *id;
	unsigned number; /* its element's id is "case-NUMBER" */
	struct html_part *part[HTML_SIDES];
	size_t n[HTML_SIDES];
	json_t *metrics;       /* list: its rows of the comparison */
	json_t *shapes;        /* list: its rows of "shapes" */
	const json_t *outcome; /* of the comparison; NULL: did not change */
};

struct html_page {
	FILE *out;
	const struct render_input *in;
	const json_t *comparison; /* NULL: nothing is compared */
	struct html_case *cases;
	size_t n_cases;
	unsigned ids; /* given to elements so far */
};

/* --- html_write.c: escaped text --------------------------------------------- */

/* For text and for values of quoted attributes. Control characters, those that
 * turn the direction of text and bytes that are not UTF-8 become U+FFFD. */
void html_text(FILE *out, const char *text);
/* <TAG>TEXT</TAG>; @tag may carry attributes: "td class=n". */
void html_in(FILE *out, const char *tag, const char *text);
/* A table cell with a number that sorts; "" for one that is not finite.
 * @label: what the cell is, for narrow screens, or NULL. */
void html_cell(FILE *out, const char *label, double value, const char *unit);
/* The same with a change: "+4.1 %". */
void html_change(FILE *out, double ratio);
/* "+4.1 %"; "" when not finite. To free. */
char *html_percent(double ratio);
/* Outcome or verdict with a sign, so that colour is not all that tells. */
void html_word(FILE *out, const char *word);
/* How grave an outcome or verdict is: 0 worst. */
unsigned html_gravity(const char *word);

/* --- render_html.c: the frame, of other pages too ---------------------------- */

/* Up to and with </head>. */
void html_head(FILE *out, const char *headline);
/* From </main> on; page.js wants an element "tools". */
void html_foot(FILE *out);

/* --- html_plot.c: small plots inside of tables ------------------------------ */

/* Values in their order. */
void html_plot_trials(FILE *out, const double *value, size_t n, const char *unit);
/* Values of both sides on one axis. */
void html_plot_sides(FILE *out, const json_t *base, const json_t *new,
		     const char *unit);
/* A row of a comparison: change with its interval, on an axis of +-@scale. */
void html_plot_interval(FILE *out, const json_t *row, double scale);
/* The scale that shows the intervals of @rows. */
double html_plot_scale(const json_t *rows);

/* --- html_plot_*.c: figures, drawn of bulk data ------------------------------ */

#define HTML_FIGURE_WIDTH 360
/* Coordinates, as short as a tenth of a pixel allows. */
void html_at(FILE *out, const char *command, double x, double y);
/* Opens <figure> and <svg> with caption, @more in small letters (or NULL), and
 * a description for who does not see it. */
void html_figure(struct html_page *p, const char *caption, const char *more,
		 double height, const char *description);
void html_figure_end(FILE *out);
void html_svg_text(FILE *out, double x, double y, const char *anchor,
		   const char *text);

void html_slices(struct html_page *p, const struct html_case *c);
void html_latencies(struct html_page *p, const struct html_case *c);

/* --- html_cases.c, html_case.c, html_counters.c ------------------------------ */

void html_collect(struct html_page *p);
void html_release(struct html_page *p);
/* On which side is a case of a report? @of NULL: the report itself. */
int html_side(const struct html_page *p, size_t report, const json_t *of);
/* The worst outcome of the case on one side; "" when it is not there. */
const char *html_outcome(const struct html_case *c, int side);
/* All numbers in list @member of a metric, over the side's reports; NaN for
 * what is none. @n of them, to free. */
double *html_series(const struct html_case *c, int side, const char *metric,
		    const char *variant, const char *member, size_t *n);
/* Median of what is a number; NaN. */
double html_median(const double *value, size_t n);
void html_counters(struct html_page *p, const struct html_case *c);
void html_case(struct html_page *p, const struct html_case *c);

/* --- html_metrics.c ----------------------------------------------------------- */

/* Everything measured on one side. */
void html_metrics(struct html_page *p, const struct html_case *c, int side);
/* Table of judged rows. @all: with the case of each. */
void html_judged(struct html_page *p, const json_t *rows, bool all);
/* A link to the case @id, where there is one. */
void html_case_link(struct html_page *p, const char *id);

/* --- html_top.c, html_facts.c ------------------------------------------------ */

void html_summary(struct html_page *p);
/* One line: "2 of 73 cases failed". To free. */
char *html_headline(const struct html_page *p);
/* "pass", "regressed", ...: what colours the headline. */
const char *html_verdict(const struct html_page *p);
void html_environment(struct html_page *p);
void html_kernel_log(struct html_page *p);

/* Nothing longer than this is listed: trials, log lines, ... */
#define HTML_LIST_MAX 400
#define HTML_TRIALS_MAX 40

#endif
