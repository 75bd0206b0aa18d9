/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The documents that strain report was given. Bad input ends the program with
 * EXIT_USAGE. */
#ifndef STRAIN_COMMANDS_REPORT_INPUTS_H
#define STRAIN_COMMANDS_REPORT_INPUTS_H

#include "reports/render/render.h"

struct report_request {
	char *const *path;
	size_t n, n_base;   /* files, those before --against */
	bool against;       /* it was given */
	const char *labels; /* "A,B", or NULL */
	bool apart;         /* a report with two labels is no comparison */
	bool bulk, sides;   /* as of the renderer */
};

struct report_inputs {
	json_t **reports;
	char **paths;
	size_t n, n_base;
	json_t *comparison;
	const char *comparison_path;
};

void report_inputs_read(struct report_inputs *in, const struct report_request *r);
void report_inputs_free(struct report_inputs *in);

#endif
