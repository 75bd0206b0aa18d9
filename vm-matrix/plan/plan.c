/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/plan/plan.h"

#include <dirent.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "base/value.h"
#include "core/embedded.h"
#include "reports/text.h"
#include "vm-matrix/digest.h"
#include "vm-matrix/plan/parts.h"

#define SUFFIX ".json"
#define LARGEST (4 << 20) /* bytes of a file */
#define MEMORY (256 << 20) /* of its values */

/* The members of a file. */
struct top {
	const char *schema, *editor, *name, *about;
	const json_t *axis[AXES], *include, *exclude, *defaults;
};

/* clang-format off */
static const struct field top_fields[] = {
	{ "schema", FIELD_WORD, PLAN_FIELD(top, schema, .words = PLAN_SCHEMA) },
	{ "$schema", FIELD_TEXT, PLAN_FIELD(top, editor, .required = false) },
	{ "name", FIELD_NAME, PLAN_FIELD(top, name, .required = false) },
	{ "about", FIELD_TEXT, PLAN_FIELD(top, about, .required = false) },
	{ "kernels", FIELD_OTHER, PLAN_FIELD(top, axis[KERNELS], .required = false) },
	{ "architectures", FIELD_OTHER, PLAN_FIELD(top, axis[ARCHES], .required = false) },
	{ "machines", FIELD_OTHER, PLAN_FIELD(top, axis[MACHINES], .required = false) },
	{ "cmdlines", FIELD_OTHER, PLAN_FIELD(top, axis[CMDLINES], .required = false) },
	{ "jobs", FIELD_OTHER, PLAN_FIELD(top, axis[JOBS], .required = false) },
	{ "include", FIELD_OTHER, PLAN_FIELD(top, include, .required = false) },
	{ "exclude", FIELD_OTHER, PLAN_FIELD(top, exclude, .required = false) },
	{ "defaults", FIELD_OTHER, PLAN_FIELD(top, defaults, .required = false) },
	{}
};

static const struct field default_fields[] = {
	{ "cpus", FIELD_COUNT, PLAN_FIELD(plan_defaults, cpus, .min = 1, .max = 256) },
	{ "memory", FIELD_SIZE, PLAN_FIELD(plan_defaults, memory, .min = 64 << 20, .max = 1ULL << 40) },
	{ "timeout", FIELD_SPAN, PLAN_FIELD(plan_defaults, timeout, .min = NSEC_PER_SEC, .max = 7 * 86400 * NSEC_PER_SEC) },
	{ "quiet", FIELD_SPAN, PLAN_FIELD(plan_defaults, quiet, .max = 3600 * NSEC_PER_SEC) },
	{ "exact", FIELD_TRUTH, PLAN_FIELD(plan_defaults, exact, .required = false) },
	{ "timed", FIELD_TRUTH, PLAN_FIELD(plan_defaults, timed, .required = false) },
	{}
};
/* clang-format on */

const char *plan_native(void)
{
	static const struct {
		const char *machine, *arch;
	} names[] = {
		{ "x86_64", "amd64" },	 { "aarch64", "arm64" },
		{ "riscv64", "riscv64" }, { "ppc64le", "ppc64el" },
		{ "s390x", "s390x" },	 { "i686", "i386" },
		{ "i586", "i386" },	 { "armv7l", "armhf" },
	};
	struct utsname u;

	for (size_t i = 0; !uname(&u) && i < ARRAY_SIZE(names); i++)
		if (!strcmp(u.machine, names[i].machine))
			return names[i].arch;
	return "amd64";
}

/* --- reading ---------------------------------------------------------------------- */

static char *read_axes(struct matrix_plan *plan, const struct top *top)
{
	struct plan_parts *parts = plan->parts;
	char *fault = NULL;

	for (int axis = 0; axis < AXES && !fault; axis++)
		if (top->axis[axis])
			fault = rows_read(parts, (enum axis)axis, top->axis[axis], "",
					  &parts->top[axis]);
		else
			rows_default(parts, (enum axis)axis, &parts->top[axis]);
	return fault;
}

/* "x/kernels.json" is called kernels, whatever else it is called. */
static const char *name_of_path(struct matrix_plan *plan, const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *name = xstrdup(slash ? slash + 1 : path);
	size_t n = strlen(name);

	if (n > strlen(SUFFIX) && !strcmp(name + n - strlen(SUFFIX), SUFFIX))
		name[n - strlen(SUFFIX)] = '\0';
	return plan_keep(plan->parts, read_name(name) ? "matrix" : name);
}

static char *read_plan(struct matrix_plan *plan)
{
	struct plan_parts *parts = plan->parts;
	struct top top = { 0 };
	char *fault = read_object(parts->file, "", top_fields, &top);

	plan->name = top.name ? top.name : name_of_path(plan, plan->path);
	plan->about = top.about ? top.about : "";
	if (!fault && top.defaults)
		fault = read_object(top.defaults, "defaults", default_fields,
				    &parts->defaults);
	if (!fault)
		fault = read_axes(plan, &top);
	return fault ? fault : cells_make(plan, top.include, top.exclude);
}

static const char *keep_digest(struct matrix_plan *plan, const char *text, size_t n)
{
	char hex[DIGEST_HEX];

	digest_bytes(text, n, hex);
	return plan_keep(plan->parts, hex);
}

struct matrix_plan *plan_parse(const char *path, const char *text, size_t n,
			       const struct plan_archive *archive, char **why)
{
	struct matrix_plan *plan = xalloc(sizeof(*plan));
	_cleanup_free_ char *fault = NULL, *clean = NULL;

	plan->parts = xalloc(sizeof(*plan->parts));
	plan->parts->archive = archive;
	plan->parts->defaults = (struct plan_defaults){
		.cpus = 1,
		.memory = 1ULL << 30,
		.timeout = 600 * NSEC_PER_SEC,
		.quiet = 0,
	};
	plan->path = plan_keep(plan->parts, path);
	plan->digest = keep_digest(plan, text, n);
	plan->parts->file = read_json(text, n, MEMORY, &fault);
	if (!fault)
		fault = read_plan(plan);
	plan->parts->archive = NULL; /* the caller's */
	if (!fault)
		return plan;
	clean = text_clean(fault); /* it may quote the file */
	*why = xasprintf("cannot read matrix '%s': %s", path, clean);
	matrix_plan_free(plan);
	return NULL;
}

void matrix_plan_free(struct matrix_plan *plan)
{
	if (!plan)
		return;
	rows_free(plan->parts);
	json_decref(plan->parts->file);
	words_free(&plan->parts->kept);
	words_free(&plan->notes);
	for (size_t i = 0; i < plan->n_all; i++)
		free(plan->parts->id[i]);
	free(plan->parts->id);
	free(plan->parts);
	free(plan->cell);
	free(plan);
}

/* --- files ------------------------------------------------------------------------ */

/* The user's folder of matrix files, to free; NULL: none. */
static char *user_folder(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config && *config)
		return xasprintf("%s/strain/matrix", config);
	if (home && *home)
		return xasprintf("%s/.config/strain/matrix", home);
	return NULL;
}

static bool has_suffix(const char *name)
{
	size_t n = strlen(name);

	return n > strlen(SUFFIX) && !strcmp(name + n - strlen(SUFFIX), SUFFIX);
}

static bool is_bare(const char *name)
{
	return !strchr(name, '/') && !has_suffix(name) && strcmp(name, "-");
}

static struct matrix_plan *load_path(const char *path, const struct plan_archive *archive,
				     char **why)
{
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_free_ char *fault = read_file(path, LARGEST, &text);

	if (!fault)
		return plan_parse(path, text.buf, text.len, archive, why);
	*why = xasprintf("cannot read matrix '%s': %s", path, fault);
	return NULL;
}

static const char *embedded_text(const char *name)
{
	size_t n = strlen(name);

	for (const struct embedded *f = embedded_files; f->name; f++)
		if (!strncmp(f->name, name, n) && !strcmp(f->name + n, SUFFIX))
			return f->text;
	return NULL;
}

static void names(struct words *all)
{
	_cleanup_free_ char *folder = user_folder();
	DIR *dir = folder ? opendir(folder) : NULL;
	const struct dirent *d;

	while (dir && (d = readdir(dir)))
		if (has_suffix(d->d_name) && d->d_name[0] != '.')
			words_add(all, d->d_name);
	if (dir)
		closedir(dir);
	for (const struct embedded *f = embedded_files; f->name; f++)
		if (has_suffix(f->name) && !words_has(all, f->name))
			words_add(all, f->name);
	for (size_t i = 0; i < all->n; i++)
		all->word[i][strlen(all->word[i]) - strlen(SUFFIX)] = '\0';
}

static char *unknown_name(const char *name)
{
	_cleanup_words_ struct words all = { 0 };
	struct nearest near = { .wanted = name };

	names(&all);
	for (size_t i = 0; i < all.n; i++)
		nearest_offer(&near, all.word[i]);
	if (near.best)
		return xasprintf("there is no matrix '%s', did you mean '%s'? (a file has '/' or ends in .json)",
				 name, near.best);
	return xasprintf("there is no matrix '%s' (a file has '/' or ends in .json)", name);
}

struct matrix_plan *plan_load(const char *name, const struct plan_archive *archive,
			      char **why)
{
	_cleanup_free_ char *folder = user_folder(), *path = NULL;
	const char *text;

	if (!is_bare(name))
		return load_path(strcmp(name, "-") ? name : "/dev/stdin", archive, why);
	if (folder)
		path = xasprintf("%s/%s" SUFFIX, folder, name);
	if (path && file_exists(path))
		return load_path(path, archive, why);
	text = embedded_text(name);
	if (text)
		return plan_parse(name, text, strlen(text), archive, why);
	*why = unknown_name(name);
	return NULL;
}

void plan_each(void (*each)(void *ctx, const char *name, const char *about), void *ctx)
{
	_cleanup_words_ struct words all = { 0 };

	names(&all);
	for (size_t i = 0; i < all.n; i++) {
		_cleanup_free_ char *why = NULL;
		struct matrix_plan *plan = plan_load(all.word[i], NULL, &why);

		if (plan)
			each(ctx, all.word[i], plan->about);
		matrix_plan_free(plan);
	}
}
