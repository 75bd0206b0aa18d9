/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of render_kcidb.c. The format allows no null and no member that it
 * does not name; what else there is to say goes below "misc".
 */
#ifndef STRAIN_REPORTS_RENDER_KCIDB_H
#define STRAIN_REPORTS_RENDER_KCIDB_H

#include "reports/render/render.h"
#include "reports/render/results.h"

#define KCIDB_EXCERPT 16384 /* longest log_excerpt, in characters */

struct kcidb_opts {
	const char *origin, *build_id, *git_commit, *git_url, *tree;
};

struct kcidb {
	const struct kcidb_opts *opts;
	json_t *doc;
	json_t *seen; /* "LIST ID" of what was added */
};

/* Of several texts, NULL ends. */
uint64_t kcidb_hash(const char *const *texts);
/* Adds ".PART" to a path, with the characters that a path may have. */
void kcidb_path(struct str *path, const char *part);
/* An object with id and origin. */
json_t *kcidb_object(const struct kcidb *k, const char *id);
/* Cleaned; left out when there is nothing. */
void kcidb_set_text(json_t *o, const char *key, const char *text);
/* Adds to a list of the document, unless the id is there; takes @object over. */
bool kcidb_add(struct kcidb *k, const char *list, json_t *object);
/* Adds checkout and build of a kernel (facts as in a report); its id, to free. */
char *kcidb_build(struct kcidb *k, const json_t *kernel);
/* In base units, with the prefix that suits. */
json_t *kcidb_number(double value, const char *unit);

void kcidb_report(struct kcidb *k, const json_t *report, const char *path);
void kcidb_comparison(struct kcidb *k, const struct render_input *in);

#endif
