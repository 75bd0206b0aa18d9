/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which cells of a plan are wanted: by an expression, and by shards. */
#include <stdio.h>
#include <string.h>

#include "base/value.h"
#include "core/boolexpr.h"
#include "vm-matrix/digest.h"
#include "vm-matrix/plan/parts.h"

#define SHARDS_MOST 10000

/* "kernel:6.*" is about kernels only; *axis AXES: any of the names, or the id. */
static const char *split_word(const char *word, enum axis *axis)
{
	for (int i = 0; i < AXES; i++) {
		size_t n = strlen(axis_names[i].one);

		if (!strncmp(word, axis_names[i].one, n) && word[n] == ':') {
			*axis = (enum axis)i;
			return word + n + 1;
		}
	}
	*axis = AXES;
	return word;
}

static bool fits(void *ctx, const char *word)
{
	const struct cell_plan *cell = ctx;
	enum axis axis;
	const char *pattern = split_word(word, &axis);

	if (axis != AXES)
		return cell_fits(pattern, cell_name(cell, axis));
	for (int i = 0; i < AXES; i++)
		if (cell_fits(pattern, cell_name(cell, (enum axis)i)))
			return true;
	return !strcmp(word, "all") || cell_fits(pattern, cell->id);
}

static char *wrong_word(void *ctx, const char *word)
{
	const struct matrix_plan *plan = ctx;
	enum axis axis;
	struct nearest near = { .wanted = split_word(word, &axis) };

	for (size_t i = 0; i < plan->n_cells; i++) {
		const struct cell_plan *cell = &plan->cell[i];

		if (fits((void *)cell, word))
			return NULL;
		for (int k = 0; k < AXES; k++)
			if (axis == AXES || axis == (enum axis)k)
				nearest_offer(&near, cell_name(cell, (enum axis)k));
	}
	if (near.best)
		return xasprintf("no cell has '%s', did you mean '%s'?", word, near.best);
	return xasprintf("no cell has '%s'", word);
}

bool plan_only(struct matrix_plan *plan, const char *expr, char **why)
{
	struct boolexpr *x = boolexpr_parse(expr, wrong_word, plan, why);
	size_t n = 0;

	if (!x)
		return false;
	for (size_t i = 0; i < plan->n_cells; i++)
		if (boolexpr_holds(x, fits, &plan->cell[i]))
			plan->cell[n++] = plan->cell[i];
	boolexpr_free(x);
	plan->n_cells = n;
	if (!n)
		*why = xasprintf("expression '%s' selects no cell of '%s'", expr,
				 plan->name);
	return n > 0;
}

unsigned plan_shard_of(const char *id, unsigned n)
{
	char hex[DIGEST_HEX];

	digest_bytes(id, strlen(id), hex);
	hex[12] = '\0'; /* 48 bits: no shard is favoured by more than 1 in 2^34 */
	return (unsigned)(strtoull(hex, NULL, 16) % n) + 1;
}

void plan_shard(struct matrix_plan *plan, unsigned i, unsigned n)
{
	size_t kept = 0;

	for (size_t k = 0; k < plan->n_cells; k++)
		if (plan_shard_of(plan->cell[k].id, n) == i)
			plan->cell[kept++] = plan->cell[k];
	plan->n_cells = kept;
}

bool plan_shard_text(const char *text, unsigned *i, unsigned *n, char **why)
{
	const char *slash = strchr(text, '/');
	_cleanup_free_ char *before = xstrdup(text);
	uint64_t a = 0, b = 0;

	if (slash)
		before[slash - text] = '\0';
	if (!slash || value_count(before, &a) || value_count(slash + 1, &b) || !a ||
	    a > b || b > SHARDS_MOST) {
		*why = xasprintf("shard '%s' is not I/N with I from 1 to N, N at most %d",
				 text, SHARDS_MOST);
		return false;
	}
	*i = (unsigned)a;
	*n = (unsigned)b;
	return true;
}
