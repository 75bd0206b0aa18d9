/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The axes of a matrix: kernels, architectures, machines, command lines, jobs. */
#include <string.h>

#include "vm-matrix/plan/parts.h"

#define ROWS_MOST 5000

const struct axis_name axis_names[AXES] = {
	[KERNELS] = { "kernels", "kernel" },
	[ARCHES] = { "architectures", "architecture" },
	[MACHINES] = { "machines", "machine" },
	[CMDLINES] = { "cmdlines", "cmdline" },
	[JOBS] = { "jobs", "job" },
};

/* clang-format off */
static const struct field cmdline_fields[] = {
	PLAN_ROW(plan_cmdline),
	{ "append", FIELD_TEXT, PLAN_FIELD(plan_cmdline, append, .required = false) },
	{}
};
/* clang-format on */

/* --- rows ---------------------------------------------------------------------- */

void rows_add(struct rows *rows, struct plan_row *row)
{
	rows->row = xrealloc(rows->row, (rows->n + 1) * sizeof(*rows->row));
	rows->row[rows->n++] = row;
}

struct plan_row *rows_find(const struct rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->n; i++)
		if (!strcmp(rows->row[i]->name, name))
			return rows->row[i];
	return NULL;
}

const char *plan_keep(struct plan_parts *parts, const char *text)
{
	words_add(&parts->kept, text);
	return parts->kept.word[parts->kept.n - 1];
}

static char *check_arches(const struct plan_row *row, const char *place)
{
	_cleanup_words_ struct words known = { 0 };

	words_split(&known, PLAN_ARCHITECTURES, " ");
	for (size_t i = 0; i < row->arches.n; i++) {
		bool any = false;

		for (size_t k = 0; k < known.n; k++)
			any = any || cell_fits(row->arches.word[i], known.word[k]);
		if (!any)
			return xasprintf("%s.architectures[%zu]: '%.60s' fits none of %s",
					 place, i, row->arches.word[i], PLAN_ARCHITECTURES);
	}
	return NULL;
}

/* --- architectures, command lines ------------------------------------------------ */

static char *read_arch(const json_t *value, const char *place, struct plan_row *row)
{
	const char *name = json_string_value(value);
	_cleanup_words_ struct words known = { 0 };
	struct nearest near = { .wanted = name };

	if (!name)
		return xasprintf("%s is not a text", place);
	row->name = strcmp(name, "native") ? name : plan_native();
	words_split(&known, PLAN_ARCHITECTURES, " ");
	if (words_has(&known, row->name))
		return NULL;
	for (size_t i = 0; i < known.n; i++)
		nearest_offer(&near, known.word[i]);
	if (near.best)
		return xasprintf("%s: unknown architecture '%.60s', did you mean '%s'?",
				 place, name, near.best);
	return xasprintf("%s: unknown architecture '%.60s': native or one of %s", place,
			 row->name, PLAN_ARCHITECTURES);
}

static char *read_cmdline(const json_t *value, const char *place,
			  struct plan_cmdline *cmdline)
{
	cmdline->append = "";
	return read_object(value, place, cmdline_fields, cmdline);
}

/* --- an axis ------------------------------------------------------------------------- */

struct plan_row *row_new(struct plan_parts *parts, enum axis axis)
{
	static const size_t sizes[AXES] = {
		[KERNELS] = sizeof(struct plan_kernel),
		[ARCHES] = sizeof(struct plan_row),
		[MACHINES] = sizeof(struct plan_machine),
		[CMDLINES] = sizeof(struct plan_cmdline),
		[JOBS] = sizeof(struct plan_job),
	};
	struct plan_row *row = xalloc(sizes[axis]);

	rows_add(&parts->made[axis], row);
	return row;
}

static char *read_row(struct plan_parts *parts, enum axis axis, const json_t *value,
		      const char *place, struct plan_row *row)
{
	switch (axis) {
	case KERNELS:
		return row_kernel(parts, value, place, row);
	case ARCHES:
		return read_arch(value, place, row);
	case MACHINES:
		return row_machine(parts, value, place, row);
	case CMDLINES:
		return read_cmdline(value, place, (void *)row);
	case JOBS:
	default:
		return row_job(parts, value, place, row);
	}
}

/* The row of the file that an include names; *fault where there is none. */
static struct plan_row *named(const struct plan_parts *parts, enum axis axis,
			      const json_t *value, const char *place, char **fault)
{
	const char *name = json_string_value(value);
	const struct rows *top = &parts->top[axis];
	struct nearest near = { .wanted = name };
	struct plan_row *row = name ? rows_find(top, name) : NULL;

	/* an architecture, or the source of a kernel, may be new */
	if (!name || row || axis == ARCHES || (axis == KERNELS && strpbrk(name, ":/")))
		return row;
	for (size_t i = 0; i < top->n; i++)
		nearest_offer(&near, top->row[i]->name);
	*fault = xasprintf("%s: there is no %s '%.60s'%s%s%s", place,
			   axis_names[axis].one, name,
			   near.best ? ", did you mean '" : "", near.best ? near.best : "",
			   near.best ? "'?" : "");
	return NULL;
}

static char *read_item(struct plan_parts *parts, enum axis axis, const json_t *value,
		       const char *place, struct rows *rows)
{
	char *fault = NULL;
	struct plan_row *row = NULL;

	if (rows != &parts->top[axis])
		row = named(parts, axis, value, place, &fault);
	if (!row && !fault) {
		row = row_new(parts, axis);
		fault = read_row(parts, axis, value, place, row);
		if (!fault && !row->name)
			fault = xasprintf("%s.name is missing", place);
		if (!fault)
			fault = check_arches(row, place);
	}
	if (fault)
		return fault;
	if (rows_find(rows, row->name))
		return xasprintf("%s: the name '%s' is there twice", place, row->name);
	rows_add(rows, row);
	return NULL;
}

char *rows_read(struct plan_parts *parts, enum axis axis, const json_t *list,
		const char *place, struct rows *rows)
{
	const char *key = axis_names[axis].many;
	char at[READ_PLACE];
	char *fault = NULL;
	json_t *value;
	size_t i;

	if (!json_is_array(list))
		return xasprintf("%s%s%s is not a list", place, *place ? "." : "", key);
	if (!json_array_size(list))
		return xasprintf("%s%s%s is empty", place, *place ? "." : "", key);
	if (json_array_size(list) > ROWS_MOST)
		return xasprintf("%s%s%s has more than %d members", place,
				 *place ? "." : "", key, ROWS_MOST);
	json_array_foreach(list, i, value) {
		fault = read_item(parts, axis, value, read_place(at, place, key, i), rows);
		if (fault)
			break;
	}
	return fault;
}

void rows_default(struct plan_parts *parts, enum axis axis, struct rows *rows)
{
	struct plan_row *row;

	if (axis == KERNELS || axis == JOBS)
		return;
	row = row_new(parts, axis);
	row->name = axis == ARCHES ? plan_native() : "default";
	if (axis == MACHINES) {
		struct plan_machine *m = (void *)row;

		m->cpus = parts->defaults.cpus;
		m->memory = parts->defaults.memory;
	} else if (axis == CMDLINES) {
		((struct plan_cmdline *)(void *)row)->append = "";
	}
	rows_add(rows, row);
}

void rows_free(struct plan_parts *parts)
{
	for (int axis = 0; axis < AXES; axis++) {
		struct rows *made = &parts->made[axis];

		for (size_t i = 0; i < made->n; i++) {
			if (axis == JOBS)
				row_job_free(made->row[i]);
			words_free(&made->row[i]->arches);
			free(made->row[i]);
		}
		free(made->row);
		free(parts->top[axis].row);
	}
}
