/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of render_openmetrics.c: families and samples of both kinds of
 * documents. */
#ifndef STRAIN_REPORTS_RENDER_OPENMETRICS_H
#define STRAIN_REPORTS_RENDER_OPENMETRICS_H

#include "reports/render/render.h"

struct openmetrics_family {
	const char *name; /* with the unit as its suffix; an info without _info */
	const char *type; /* of OpenMetrics: gauge, info, stateset */
	const char *unit; /* "seconds"; NULL: none */
	const char *help; /* without '\\' and line breaks */
};

struct openmetrics {
	FILE *out;
	bool strict;
	/* private */
	const struct openmetrics_family *family;
	struct str head; /* of the family, printed before its first sample */
	bool begun;
	json_t *seen;    /* label sets of the family */
};

/* Begins a family; without samples nothing of it is printed. */
void openmetrics_family(struct openmetrics *m, const struct openmetrics_family *f);
/* Adds NAME="VALUE"; nothing for an empty value, which is the same. */
void openmetrics_label(struct str *labels, const char *name, const char *value);
/* Nothing for a value that is not finite, or labels that were there before. */
void openmetrics_sample(struct openmetrics *m, const char *labels, double value);
/* A sample for each of @states (NULL ends): 1 for @state, 0 for others. */
void openmetrics_states(struct openmetrics *m, const char *labels, const char *key,
			const char *const *states, const char *state);

void openmetrics_reports(struct openmetrics *m, const struct render_input *in);
void openmetrics_comparison(struct openmetrics *m, const json_t *comparison);

#endif
