/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All stressors of this binary, in the order of their names. */
#ifndef STRAIN_CORE_REGISTRY_H
#define STRAIN_CORE_REGISTRY_H

#include "core/stressor.h"

/* A stressor with what its file's place says of it. */
struct entry {
	const char *name;   /* "io-uring" */
	const char *folder; /* "io": its first tag */
	const struct stressor *stressor;
};

extern const struct entry registry[];
extern const size_t registry_size;

/* The stressor called @name, or NULL. */
const struct entry *registry_find(const char *name);
/* Does @e carry @tag (its folder counts, and so does its name)? */
bool registry_tagged(const struct entry *e, const char *tag);
/* NULL, or why this binary cannot run the stressor or method (built without). */
const char *registry_unsupported(const struct entry *e, const struct method *m);

/* Number of rows of a table that ends with a NULL first member. */
size_t registry_metrics(const struct stressor *s);
size_t registry_checks(const struct stressor *s);
/* Those metrics / checks (bit masks) that @m (may be NULL) has. */
uint32_t registry_metric_mask(const struct stressor *s, const struct method *m);
uint32_t registry_check_mask(const struct stressor *s, const struct method *m);

#endif
