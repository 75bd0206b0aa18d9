/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The product of the axes, what is excluded from it and what is included. */
#include <fnmatch.h>
#include <string.h>

#include "vm-matrix/plan/parts.h"

#define PATTERNS_MOST 100
#define EXCLUDES_MOST 1000

/* Patterns of each axis; none: any. */
struct exclude {
	struct words pattern[AXES];
	const char *reason;
	bool used;
};

bool cell_fits(const char *pattern, const char *name)
{
	return !fnmatch(pattern, name, 0);
}

const char *cell_name(const struct cell_plan *cell, enum axis axis)
{
	switch (axis) {
	case KERNELS:
		return cell->kernel->row.name;
	case ARCHES:
		return cell->arch;
	case MACHINES:
		return cell->machine->row.name;
	case CMDLINES:
		return cell->cmdline->row.name;
	case JOBS:
	default:
		return cell->job->row.name;
	}
}

static bool fits_any(const struct words *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (cell_fits(patterns->word[i], name))
			return true;
	return !patterns->n;
}

/* --- exclude -------------------------------------------------------------------- */

static char *read_patterns(const json_t *value, const char *place, enum axis axis,
			   struct words *into)
{
	const struct field fields[] = {
		{ axis_names[axis].one, FIELD_TEXTS, .min = 1, .max = PATTERNS_MOST },
		{}
	};
	_cleanup_json_ json_t *o = json_object();

	if (json_is_string(value)) {
		words_add(into, json_string_value(value));
		return NULL;
	}
	js_set(o, axis_names[axis].one, json_incref((json_t *)value));
	return read_object(o, place, fields, into);
}

static char *read_exclude(const json_t *o, const char *place, struct exclude *x)
{
	struct raw {
		const json_t *pattern[AXES];
		const char *reason;
	} raw = { 0 };
	struct field fields[AXES + 2] = { 0 };
	bool any = false;
	char *fault;

	for (int axis = 0; axis < AXES; axis++)
		fields[axis] = (struct field){
			.key = axis_names[axis].one,
			.kind = FIELD_OTHER,
			.offset = offsetof(struct raw, pattern) + axis * sizeof(json_t *),
		};
	fields[AXES] = (struct field){ .key = "reason", .kind = FIELD_TEXT,
				       .offset = offsetof(struct raw, reason) };
	fault = read_object(o, place, fields, &raw);
	for (int axis = 0; axis < AXES && !fault; axis++) {
		any = any || raw.pattern[axis];
		if (raw.pattern[axis])
			fault = read_patterns(raw.pattern[axis], place, (enum axis)axis,
					      &x->pattern[axis]);
	}
	x->reason = raw.reason;
	if (!fault && !any)
		fault = xasprintf("%s excludes everything: it names nothing", place);
	return fault;
}

static bool excludes(struct exclude *x, const struct cell_plan *cell)
{
	for (int axis = 0; axis < AXES; axis++)
		if (!fits_any(&x->pattern[axis], cell_name(cell, (enum axis)axis)))
			return false;
	return x->used = true;
}

static void excludes_free(struct exclude *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (int axis = 0; axis < AXES; axis++)
			words_free(&x[i].pattern[axis]);
	free(x);
}

/* --- cells ---------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The id that two cells have, or NULL. */
static const char *find_double(const struct matrix_plan *plan)
{
	const char **ids = xalloc((plan->n_cells + 1) * sizeof(*ids));
	const char *twice = NULL;

	for (size_t i = 0; i < plan->n_cells; i++)
		ids[i] = plan->cell[i].id;
	qsort(ids, plan->n_cells, sizeof(*ids), by_id);
	for (size_t i = 1; i < plan->n_cells && !twice; i++)
		if (!strcmp(ids[i - 1], ids[i]))
			twice = ids[i];
	free(ids);
	return twice;
}

static void add_cell(struct matrix_plan *plan, struct cell_plan cell)
{
	struct plan_parts *parts = plan->parts;
	char *id = xasprintf("%s/%s/%s/%s/%s", cell.kernel->row.name, cell.arch,
			     cell.machine->row.name, cell.cmdline->row.name,
			     cell.job->row.name);

	if (plan->n_cells == parts->room) {
		parts->room += parts->room + 16;
		plan->cell = xrealloc(plan->cell, parts->room * sizeof(cell));
		parts->id = xrealloc(parts->id, parts->room * sizeof(*parts->id));
	}
	parts->id[plan->n_cells] = id;
	cell.id = id;
	cell.order = plan->n_cells;
	plan->cell[plan->n_cells++] = cell;
	plan->n_all = plan->n_cells;
}

static bool wanted(const struct cell_plan *cell, struct exclude *x, size_t n)
{
	bool out = false;

	if (!fits_any(&cell->kernel->row.arches, cell->arch) ||
	    !fits_any(&cell->machine->row.arches, cell->arch) ||
	    !fits_any(&cell->cmdline->row.arches, cell->arch) ||
	    !fits_any(&cell->job->row.arches, cell->arch))
		return false;
	/* all that fit: one that never does is told of */
	for (size_t i = 0; i < n; i++)
		out = excludes(&x[i], cell) || out;
	return !out;
}

/* One cell for each choice of a row of each axis, kernels changing slowest. */
static char *multiply(struct matrix_plan *plan, const struct rows axis[AXES],
		      struct exclude *x, size_t n)
{
	size_t total = 1, at[AXES];

	for (int i = 0; i < AXES; i++)
		if (!axis[i].n)
			return NULL; /* patterns for which there is nothing */
	for (int i = 0; i < AXES; i++) {
		if (axis[i].n > (PLAN_CELLS - plan->n_cells) / total)
			return xasprintf("there are more than %d cells", PLAN_CELLS);
		total *= axis[i].n;
	}
	for (size_t k = 0; k < total; k++) {
		size_t rest = k;

		for (int i = AXES - 1; i >= 0; i--) {
			at[i] = rest % axis[i].n;
			rest /= axis[i].n;
		}
		struct cell_plan cell = {
			.kernel = (void *)axis[KERNELS].row[at[KERNELS]],
			.arch = axis[ARCHES].row[at[ARCHES]]->name,
			.machine = (void *)axis[MACHINES].row[at[MACHINES]],
			.cmdline = (void *)axis[CMDLINES].row[at[CMDLINES]],
			.job = (void *)axis[JOBS].row[at[JOBS]],
		};

		if (wanted(&cell, x, n))
			add_cell(plan, cell);
	}
	return NULL;
}

/* With the kernels that the archive offers. */
static char *multiply_offered(struct matrix_plan *plan, const struct rows axis[AXES],
			      struct exclude *x, size_t n)
{
	struct rows all[AXES];
	char *fault;

	memcpy(all, axis, sizeof(all));
	all[KERNELS] = (struct rows){ 0 };
	fault = kernels_offered(plan, &axis[KERNELS], &axis[ARCHES], &all[KERNELS]);
	if (!fault)
		fault = multiply(plan, all, x, n);
	free(all[KERNELS].row);
	return fault;
}

/* A product of its own: axes that it does not say are those of the file. */
static char *include(struct matrix_plan *plan, const json_t *o, const char *place)
{
	const json_t *list[AXES] = { 0 };
	struct field fields[AXES + 1] = { 0 };
	struct rows own[AXES] = { 0 }, axis[AXES];
	size_t before = plan->n_cells;
	char *fault;

	for (int i = 0; i < AXES; i++)
		fields[i] = (struct field){ .key = axis_names[i].many,
					    .kind = FIELD_OTHER,
					    .offset = i * sizeof(json_t *) };
	fault = read_object(o, place, fields, list);
	for (int i = 0; i < AXES && !fault; i++) {
		axis[i] = plan->parts->top[i];
		if (!list[i])
			continue;
		fault = rows_read(plan->parts, (enum axis)i, list[i], place, &own[i]);
		axis[i] = own[i];
	}
	for (int i = 0; i < AXES && !fault; i++)
		if (!axis[i].n)
			fault = xasprintf("%s has no %s, nor has the file", place,
					  axis_names[i].many);
	if (!fault)
		fault = multiply_offered(plan, axis, NULL, 0);
	if (!fault && plan->n_cells == before && !kernels_have_pattern(&axis[KERNELS]))
		fault = xasprintf("%s adds no cell", place);
	for (int i = 0; i < AXES; i++)
		free(own[i].row);
	return fault;
}

static char *add_includes(struct matrix_plan *plan, const json_t *list)
{
	char place[READ_PLACE];
	char *fault = NULL;
	json_t *o;
	size_t i;

	if (list && !json_is_array(list))
		return xstrdup("include is not a list");
	json_array_foreach(list, i, o) {
		fault = include(plan, o, read_place(place, "", "include", i));
		if (fault)
			break;
	}
	return fault;
}

/* The product of the file itself; one without kernels or jobs has includes. */
static char *add_product(struct matrix_plan *plan, struct exclude *x, size_t n)
{
	const struct rows *top = plan->parts->top;
	char *fault = NULL;

	if (top[KERNELS].n && top[JOBS].n)
		fault = multiply_offered(plan, top, x, n);
	for (size_t i = 0; i < n && !fault; i++)
		/* which kernels a pattern stands for changes from day to day */
		if (!x[i].used &&
		    !(x[i].pattern[KERNELS].n && kernels_have_pattern(&top[KERNELS])))
			fault = xasprintf("exclude[%zu] fits no cell", i);
	return fault;
}

char *cells_make(struct matrix_plan *plan, const json_t *include, const json_t *exclude)
{
	size_t n = json_array_size(exclude);
	struct exclude *x = xalloc((n + 1) * sizeof(*x));
	char place[READ_PLACE];
	char *fault = NULL;
	const char *twice;

	if (exclude && !json_is_array(exclude))
		fault = xstrdup("exclude is not a list");
	else if (n > EXCLUDES_MOST)
		fault = xasprintf("exclude has more than %d members", EXCLUDES_MOST);
	for (size_t i = 0; i < n && !fault; i++)
		fault = read_exclude(json_array_get(exclude, i),
				     read_place(place, "", "exclude", i), &x[i]);
	if (!fault)
		fault = add_product(plan, x, n);
	if (!fault)
		fault = add_includes(plan, include);
	excludes_free(x, n);
	twice = fault ? NULL : find_double(plan);
	if (twice)
		fault = xasprintf("the cell '%s' is there twice", twice);
	if (!fault && !plan->n_cells && (plan->parts->archive || !plan->parts->patterns))
		fault = plan->notes.n ?
			xasprintf("there are no cells: %s", plan->notes.word[0]) :
			xstrdup("there are no cells: kernels and jobs are needed, and not all excluded");
	return fault;
}
