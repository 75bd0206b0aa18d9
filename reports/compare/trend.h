/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports of a series of kernels to one document of verdicts (strain-trend/1,
 * schema/strain-trend-1.schema.json). What makes a version and how it is
 * judged: strain-trend(1) and docs/statistics.md.
 */
#ifndef STRAIN_REPORTS_COMPARE_TREND_H
#define STRAIN_REPORTS_COMPARE_TREND_H

#include "reports/compare/compare.h"

#define TREND_SCHEMA "strain-trend/1"
/* Versions from which changes are searched for in the whole series. */
#define TREND_SERIES 12
#define TREND_VERSIONS_MAX 500

enum trend_order {
	TREND_BY_VERSION, /* release_compare(), then the first start */
	TREND_BY_TIME,    /* first start */
	TREND_AS_GIVEN,   /* first report */
};

struct trend_options {
	struct compare_options judge;
	enum trend_order order;
	const char *baseline; /* release or label; NULL: the first version */
	const char *metrics;  /* patterns like judge.primary; NULL: all */
};

/* The document; NULL with one line in @why (a usage error). */
json_t *trend_reports(const struct compare_source *source, size_t n,
		      const struct trend_options *o, char **why);

struct text_style;

/* The document as tables and plots for people. */
void trend_text(const json_t *doc, const struct text_style *style,
		const struct compare_show *show, FILE *out);

#endif
