/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/stressor_rows.h"

#include <stdlib.h>
#include <string.h>

static const struct option row_workers =
	OPTION_AS("", struct stressor_args, workers, .arg = "N",
		  .help = "workers; 0 one per usable CPU, -1 one per online CPU, N% of the usable");
static const struct option row_ops =
	OPTION(struct stressor_args, ops,
	       .help = "operations after which a worker stops; 0 no limit");
static const struct option row_method =
	OPTION(struct stressor_args, method, .many = true, .arg = "LIST",
	       .help = "methods to run, each a case of its own");
static const struct option row_threads =
	OPTION(struct stressor_args, threads,
	       .help = "workers are threads of one process");

static char *method_words(const struct stressor *s)
{
	_cleanup_str_ struct str list = STR_INIT;

	for (const struct method *m = s->methods; m->name; m++) {
		str_add(&list, m->name);
		str_add(&list, " ");
	}
	str_add(&list, "all");
	return str_take(&list);
}

void stressor_rows_init(struct stressor_rows *r, const struct entry *e)
{
	size_t n = 0;

	memset(r, 0, sizeof(*r));
	r->row[n++] = row_workers;
	r->row[n++] = row_ops;
	if (e->stressor->methods) {
		r->methods = method_words(e->stressor);
		r->row[n] = row_method;
		r->row[n++].choices = r->methods;
	}
	if (e->stressor->threads)
		r->row[n++] = row_threads;
}

void stressor_rows_free(struct stressor_rows *r)
{
	free(r->methods);
}
