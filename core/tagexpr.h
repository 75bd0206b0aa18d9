/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions that select stressors: `memory & !danger | (io)`, as of
 * core/boolexpr.h. Words are tags (classes/tags.txt), folders, names of
 * stressors, and "all".
 *
 * Tags that are marked opt-in in tags.txt (danger, hurts-host) are special: a
 * stressor with such a tag is selected only when the expression says the tag
 * or the name of the stressor itself, not negated.
 */
#ifndef STRAIN_CORE_TAGEXPR_H
#define STRAIN_CORE_TAGEXPR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/registry.h"

struct tag {
	char *name, *meaning;
	bool opt_in;
};

/* The closed list of tags; read once from the file inside the program. */
const struct tag *tag_table(size_t *n);

struct tagexpr;

/* NULL with one line in @why to free: what is wrong, and the nearest word. */
struct tagexpr *tagexpr_parse(const char *text, char **why);
bool tagexpr_selects(const struct tagexpr *x, const struct entry *e);
/* As it stands, without the rule about opt-in tags. */
bool tagexpr_matches(const struct tagexpr *x, const struct entry *e);
void tagexpr_free(struct tagexpr *x);

#endif
