/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that every stressor has beside its own: --NAME N, --NAME-ops,
 * --NAME-method, --NAME-threads. One table for parsing, help and completion.
 */
#ifndef STRAIN_COMMANDS_STRESSOR_ROWS_H
#define STRAIN_COMMANDS_STRESSOR_ROWS_H

#include "core/option.h"
#include "core/registry.h"

struct stressor_args {
	const char *workers; /* "4", "-1", "50%"; NULL: not given */
	uint64_t ops;
	const char *method;  /* checked list, or NULL */
	bool threads;
};

#define STRESSOR_ROWS 5

struct stressor_rows {
	struct option row[STRESSOR_ROWS];
	char *methods; /* the names, space separated, with "all" */
};

/* Rows over struct stressor_args that @e offers; for the prefix e->name. */
void stressor_rows_init(struct stressor_rows *r, const struct entry *e);
void stressor_rows_free(struct stressor_rows *r);

#endif
