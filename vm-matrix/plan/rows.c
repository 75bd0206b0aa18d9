/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The axes of a matrix: kernels, architectures, machines, command lines, jobs. */
#include <stdio.h>
#include <string.h>

#include "base/value.h"
#include "vm-matrix/plan/parts.h"

#define MEMORY_LEAST (64ULL << 20)
#define MEMORY_MOST (1ULL << 40)
#define CPUS_MOST 256
#define ARCHES_MOST 16
#define ROWS_MOST 5000

const struct axis_name axis_names[AXES] = {
	[KERNELS] = { "kernels", "kernel" },
	[ARCHES] = { "architectures", "architecture" },
	[MACHINES] = { "machines", "machine" },
	[CMDLINES] = { "cmdlines", "cmdline" },
	[JOBS] = { "jobs", "job" },
};

/* As read, before it is checked as a whole. */
struct raw_machine {
	struct plan_machine is;
	const json_t *nodes, *disks;
	unsigned cpus;
	uint64_t memory;
};

struct raw_job {
	struct plan_job is;
	const char *kind;
	const json_t *settings;
};

/* clang-format off */
#define FIELD(s, member, ...) .offset = offsetof(struct s, member), __VA_ARGS__
#define ROW(s) \
	{ "name", FIELD_NAME, FIELD(s, row.name) }, \
	{ "architectures", FIELD_TEXTS, FIELD(s, row.arches, .min = 1, .max = ARCHES_MOST) }
#define RAW_ROW(s) \
	{ "name", FIELD_NAME, FIELD(s, is.row.name, .required = true) }, \
	{ "architectures", FIELD_TEXTS, FIELD(s, is.row.arches, .min = 1, .max = ARCHES_MOST) }

static const struct field kernel_fields[] = {
	ROW(plan_kernel),
	{ "source", FIELD_TEXT, FIELD(plan_kernel, source, .required = true) },
	{}
};

static const struct field cmdline_fields[] = {
	ROW(plan_cmdline),
	{ "append", FIELD_TEXT, FIELD(plan_cmdline, append, .required = false) },
	{}
};

static const struct field machine_fields[] = {
	RAW_ROW(raw_machine),
	{ "cpus", FIELD_COUNT, FIELD(raw_machine, cpus, .min = 1, .max = CPUS_MOST) },
	{ "memory", FIELD_SIZE, FIELD(raw_machine, memory, .min = MEMORY_LEAST, .max = MEMORY_MOST) },
	{ "nodes", FIELD_OTHER, FIELD(raw_machine, nodes) },
	{ "disks", FIELD_OTHER, FIELD(raw_machine, disks) },
	{}
};

static const struct field node_fields[] = {
	{ "cpus", FIELD_COUNT, FIELD(plan_node, cpus, .max = CPUS_MOST) },
	{ "memory", FIELD_SIZE, FIELD(plan_node, memory, .required = true, .min = MEMORY_LEAST, .max = MEMORY_MOST) },
	{ "distance", FIELD_COUNT, FIELD(plan_node, distance, .min = 11, .max = 254) },
	{ "latency", FIELD_COUNT, FIELD(plan_node, latency, .min = 1, .max = 60000) },
	{ "bandwidth", FIELD_SIZE, FIELD(plan_node, bandwidth, .min = 1 << 20, .max = 1ULL << 45) },
	{}
};

static const struct field disk_fields[] = {
	{ "kind", FIELD_WORD, FIELD(plan_disk, kind, .required = true, .words = "virtio-blk nvme scsi pmem") },
	{ "size", FIELD_SIZE, FIELD(plan_disk, size, .required = true, .min = 1 << 20, .max = 1ULL << 44) },
	{ "cache", FIELD_WORD, FIELD(plan_disk, cache, .words = "none writeback unsafe directsync writethrough") },
	{ "logical_block", FIELD_COUNT, FIELD(plan_disk, logical_block, .min = 512, .max = 4096) },
	{}
};

static const struct field job_fields[] = {
	RAW_ROW(raw_job),
	{ "kind", FIELD_WORD, FIELD(raw_job, kind, .words = "run crash") },
	{ "argv", FIELD_TEXTS, FIELD(raw_job, is.argv, .required = true, .min = 1, .max = 1000) },
	{ "modules", FIELD_TEXTS, FIELD(raw_job, is.modules, .max = 100) },
	{ "commands", FIELD_TEXTS, FIELD(raw_job, is.commands, .max = 100) },
	{ "settings", FIELD_OTHER, FIELD(raw_job, settings) },
	{ "timeout", FIELD_SPAN, FIELD(raw_job, is.timeout, .min = NSEC_PER_SEC, .max = 7 * 86400 * NSEC_PER_SEC) },
	{ "quiet", FIELD_SPAN, FIELD(raw_job, is.quiet, .max = 3600 * NSEC_PER_SEC) },
	{ "exact", FIELD_TRUTH, FIELD(raw_job, is.exact) },
	{ "timed", FIELD_TRUTH, FIELD(raw_job, is.timed) },
	{}
};
/* clang-format on */

/* --- rows ---------------------------------------------------------------------- */

static void rows_add(struct rows *rows, struct plan_row *row)
{
	rows->row = xrealloc(rows->row, (rows->n + 1) * sizeof(*rows->row));
	rows->row[rows->n++] = row;
}

static struct plan_row *rows_find(const struct rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->n; i++)
		if (!strcmp(rows->row[i]->name, name))
			return rows->row[i];
	return NULL;
}

static const char *keep(struct plan_parts *parts, const char *text)
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

/* --- kernels -------------------------------------------------------------------- */

/*
 * "series:6.12-cloud" is 6.12-cloud, "deb:linux-image-6.12.9-amd64@sid" is
 * 6.12.9-amd64, and of a path it is the last part.
 */
static const char *kernel_name(struct plan_parts *parts, const char *source)
{
	static const char *const prefixes[] = {
		"series:", "deb:", "linux-image-", "linux-binary-", "vmlinuz-", "vmlinux-",
	};
	_cleanup_free_ char *text = xstrdup(source);
	char *name = text;

	text[strcspn(text, ",")] = '\0';
	while (*name && name[strlen(name) - 1] == '/')
		name[strlen(name) - 1] = '\0';
	if (strncmp(name, "deb:", 4) && strrchr(name, '/'))
		name = strrchr(name, '/') + 1;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			name += strlen(prefixes[i]);
	name[strcspn(name, "@")] = '\0';
	if (strlen(name) > PLAN_NAME)
		name[PLAN_NAME] = '\0';
	for (char *p = name; *p; p++) {
		char letter[] = { 'x', *p, '\0' };

		if (read_name(letter))
			*p = '-';
	}
	return keep(parts, name);
}

static char *check_kernel(struct plan_parts *parts, struct plan_kernel *kernel,
			  const char *place)
{
	const char *fault;

	if (strncmp(kernel->source, "deb:", 4) && strncmp(kernel->source, "series:", 7) &&
	    !strchr(kernel->source, '/'))
		return xasprintf("%s: the source '%.60s' is neither series:X, deb:PACKAGE nor a path with a '/'",
				 place, kernel->source);
	if (kernel->row.name)
		return NULL;
	kernel->row.name = kernel_name(parts, kernel->source);
	fault = read_name(kernel->row.name);
	return fault ? xasprintf("%s needs a name: the one made of '%.60s' %s", place,
				 kernel->source, fault) : NULL;
}

/* As an object, as a source alone, or, in an include, by the name of one that
 * the file has. */
static char *read_kernel(struct plan_parts *parts, const json_t *value,
			 const char *place, struct plan_kernel *kernel)
{
	const char *source = json_string_value(value);
	char *fault = NULL;

	kernel->source = source;
	if (!source)
		fault = read_object(value, place, kernel_fields, kernel);
	if (fault)
		return fault;
	return check_kernel(parts, kernel, place);
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

/* --- machines ---------------------------------------------------------------------- */

/* A list of objects: @into is an array of @max things of @size, cleared. */
static char *read_list(const json_t *list, const char *place, const char *key,
		       const struct field *fields, void *into, size_t size, size_t max,
		       size_t *n)
{
	char at[READ_PLACE];
	json_t *value;
	char *fault = NULL;
	size_t i;

	if (list && !json_is_array(list))
		return xasprintf("%s.%s is not a list", place, key);
	if (json_array_size(list) > max)
		return xasprintf("%s.%s has more than %zu members", place, key, max);
	json_array_foreach(list, i, value) {
		fault = read_object(value, read_place(at, place, key, i), fields,
				    (char *)into + i * size);
		if (fault)
			return fault;
	}
	*n = json_array_size(list);
	return NULL;
}

static char *check_nodes(const struct raw_machine *raw, struct plan_machine *m,
			 const char *place)
{
	if (!m->n_nodes) {
		m->cpus = raw->cpus;
		m->memory = raw->memory;
		return NULL;
	}
	m->cpus = 0;
	m->memory = 0;
	for (size_t i = 0; i < m->n_nodes; i++) {
		m->cpus += m->node[i].cpus;
		m->memory += m->node[i].memory;
	}
	if (!m->node[0].cpus)
		return xasprintf("%s.nodes[0] has no CPUs: the first node needs some", place);
	if (m->cpus > CPUS_MOST || m->memory > MEMORY_MOST)
		return xasprintf("%s.nodes have too many CPUs or too much memory", place);
	return NULL;
}

static char *check_disks(const struct plan_machine *m, const char *place)
{
	for (size_t i = 0; i < m->n_disks; i++) {
		unsigned block = m->disk[i].logical_block;

		if (block & (block - 1))
			return xasprintf("%s.disks[%zu].logical_block is no power of two",
					 place, i);
	}
	return NULL;
}

static char *read_machine(const struct plan_parts *parts, const json_t *value,
			  const char *place, struct plan_machine *m)
{
	struct raw_machine raw = {
		.cpus = parts->defaults.cpus,
		.memory = parts->defaults.memory,
	};
	char *fault = read_object(value, place, machine_fields, &raw);

	*m = raw.is;
	if (!fault && raw.nodes && (json_object_get(value, "cpus") ||
				    json_object_get(value, "memory")))
		fault = xasprintf("%s has cpus or memory beside nodes, which have their own",
				  place);
	if (!fault)
		fault = read_list(raw.nodes, place, "nodes", node_fields, m->node,
				  sizeof(*m->node), PLAN_NODES, &m->n_nodes);
	if (!fault)
		fault = read_list(raw.disks, place, "disks", disk_fields, m->disk,
				  sizeof(*m->disk), PLAN_DISKS, &m->n_disks);
	if (!fault)
		fault = check_nodes(&raw, m, place);
	return fault ? fault : check_disks(m, place);
}

/* --- jobs --------------------------------------------------------------------------- */

static char *read_settings(struct plan_parts *parts, const json_t *settings,
			   const char *place, struct plan_job *job)
{
	const char *path;
	json_t *value;

	if (!json_is_object(settings))
		return xasprintf("%s.settings is not an object", place);
	job->setting = xalloc((json_object_size(settings) + 1) * sizeof(*job->setting));
	json_object_foreach((json_t *)settings, path, value) {
		struct plan_setting *s = &job->setting[job->n_settings];
		char number[32];

		if (strncmp(path, "/proc/sys/", 10) && strncmp(path, "/sys/", 5))
			return xasprintf("%s.settings: '%.60s' is not below /proc/sys or /sys",
					 place, path);
		if (strstr(path, "/../"))
			return xasprintf("%s.settings: '%.60s' has '..' in it", place, path);
		if (!json_is_string(value) && !json_is_integer(value))
			return xasprintf("%s.settings: '%.60s' is neither text nor whole number",
					 place, path);
		snprintf(number, sizeof(number), "%lld",
			 (long long)json_integer_value(value));
		s->path = path;
		s->value = json_is_string(value) ? json_string_value(value) :
						   keep(parts, number);
		job->n_settings++;
	}
	return NULL;
}

static char *read_job(struct plan_parts *parts, const json_t *value, const char *place,
		      struct plan_job *job)
{
	struct raw_job raw = {
		.is = {
			.timeout = parts->defaults.timeout,
			.quiet = parts->defaults.quiet,
			.exact = parts->defaults.exact,
			.timed = parts->defaults.timed,
		},
	};
	char *fault = read_object(value, place, job_fields, &raw);

	*job = raw.is;
	if (raw.kind && !strcmp(raw.kind, "crash"))
		job->kind = PLAN_CRASH;
	if (!fault && raw.settings)
		fault = read_settings(parts, raw.settings, place, job);
	return fault;
}

/* --- an axis ------------------------------------------------------------------------- */

static struct plan_row *row_new(struct plan_parts *parts, enum axis axis)
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
		return read_kernel(parts, value, place, (void *)row);
	case ARCHES:
		return read_arch(value, place, row);
	case MACHINES:
		return read_machine(parts, value, place, (void *)row);
	case CMDLINES:
		return read_cmdline(value, place, (void *)row);
	case JOBS:
	default:
		return read_job(parts, value, place, (void *)row);
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
			if (axis == JOBS) {
				struct plan_job *job = (void *)made->row[i];

				words_free(&job->argv);
				words_free(&job->modules);
				words_free(&job->commands);
				free(job->setting);
			}
			words_free(&made->row[i]->arches);
			free(made->row[i]);
		}
		free(made->row);
		free(parts->top[axis].row);
	}
}
