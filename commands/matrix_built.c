/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/matrix_built.h"

#include <string.h>

#include "base/file.h"
#include "vm-matrix/kernel/kernel.h"

/* One source and architecture that was looked for. */
struct built {
	char *key;
	bool found;
	struct kernel kernel;
};

struct matrix_built {
	struct kernel_cache *cache; /* NULL: there is none */
	struct built *built;
	size_t n;
};

/* Is there a cache with kernels? Opening it would make one. */
static bool has_kernels(const char *dir)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	_cleanup_free_ char *kernels = NULL;

	if (dir)
		kernels = xasprintf("%s/kernels", dir);
	else if (cache && *cache)
		kernels = xasprintf("%s/strain/kernels", cache);
	else
		kernels = xasprintf("%s/.cache/strain/kernels", home ? home : "");
	return file_exists(kernels);
}

struct matrix_built *matrix_built_open(const char *dir)
{
	struct matrix_built *m = xalloc(sizeof(*m));
	struct kernel_cache_options o = { .dir = dir, .offline = true };
	_cleanup_free_ char *why = NULL;

	if (has_kernels(dir))
		m->cache = kernel_cache_open(&o, &why);
	return m;
}

void matrix_built_close(struct matrix_built *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->built[i].key);
		if (m->built[i].found)
			kernel_free(&m->built[i].kernel);
	}
	free(m->built);
	kernel_cache_close(m->cache);
	free(m);
}

static struct built *look(struct matrix_built *m, const struct cell_plan *cell)
{
	const char *source = cell->kernel->source;
	_cleanup_free_ char *key = xasprintf("%s %s", cell->arch, source);
	_cleanup_free_ char *why = NULL;
	struct built *b;

	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->built[i].key, key))
			return &m->built[i];
	m->built = xrealloc(m->built, (m->n + 1) * sizeof(*m->built));
	b = &m->built[m->n++];
	*b = (struct built){ .key = xstrdup(key) };
	b->found = !kernel_resolve(source, cell->arch, m->cache, &b->kernel, &why);
	return b;
}

const struct kernel *matrix_built(struct matrix_built *m, const struct cell_plan *cell)
{
	const char *source = cell->kernel->source;
	const struct built *b;

	/* of a path the files themselves would have to be read */
	if (!m->cache || (strncmp(source, "series:", 7) && strncmp(source, "deb:", 4)))
		return NULL;
	b = look(m, cell);
	return b->found ? &b->kernel : NULL;
}
