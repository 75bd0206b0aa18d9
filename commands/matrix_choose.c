/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cells of a matrix file, with the kernels that the archive offers. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/matrix.h"
#include "vm-matrix/kernel/kernel.h"

/* Of one architecture. */
struct asked {
	char *arch, *why; /* .why: it could not be read */
	struct kernel_offers offers;
};

/*
 * The cache is opened and indices are read when the file asks for what there is,
 * once for each architecture.
 */
struct offers {
	const struct matrix_source *from;
	struct asked *asked;
	size_t n;
	bool shown; /* there is a line of progress */
};

/* On a terminal: an empty cache takes most of a minute. */
static void show_progress(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	struct offers *m = ctx;

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, done && done == total ? "\r\033[K" : "\r\033[K%.60s", what);
	fflush(stderr);
	m->shown = true;
}

static void show_note(void *ctx, const char *text)
{
	struct offers *m = ctx;

	if (m->shown)
		fputs("\r\033[K", stderr);
	warning("%s", text);
}

static struct asked *read_offers(struct offers *m, const char *arch)
{
	struct kernel_cache_options o = {
		.dir = m->from->cache, .sources = m->from->sources,
		.offline = m->from->offline, .refresh = m->from->refresh,
		.progress = show_progress, .note = show_note, .ctx = m,
	};
	struct asked *a;
	struct kernel_cache *cache;

	m->asked = xrealloc(m->asked, (m->n + 1) * sizeof(*m->asked));
	a = &m->asked[m->n++];
	*a = (struct asked){ .arch = xstrdup(arch) };
	cache = kernel_cache_open(&o, &a->why);
	if (cache && !kernel_list(arch, cache, &a->offers, &a->why)) {
		free(a->why);
		a->why = NULL;
	}
	kernel_cache_close(cache);
	return a;
}

static struct asked *find(struct offers *m, const char *arch)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->asked[i].arch, arch))
			return &m->asked[i];
	return read_offers(m, arch);
}

static enum plan_offer series(void *ctx, const char *arch, const char *flavour,
			      struct words *out, char **why)
{
	const struct asked *a;

	if (kernel_flavour_check(arch, flavour, why))
		return PLAN_NO_FLAVOUR;
	a = find(ctx, arch);
	if (a->why) {
		*why = xstrdup(a->why);
		return PLAN_NOT_KNOWN;
	}
	kernel_offers_series(&a->offers, flavour, out);
	return PLAN_OFFERED;
}

static void offers_free(struct offers *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->asked[i].arch);
		free(m->asked[i].why);
		kernel_offers_free(&m->asked[i].offers);
	}
	free(m->asked);
}

/* It is no mistake of the user's when the archive cannot be asked. */
static enum exit_code code_of(const struct offers *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->asked[i].why)
			return EXIT_BROKEN;
	return EXIT_USAGE;
}

struct matrix_plan *matrix_choose(const struct matrix_source *from, const char *file,
				  const char *only, const char *shard)
{
	struct offers m = { .from = from };
	const struct plan_archive archive = { .series = series, .ctx = &m };
	char *why = NULL;
	unsigned i = 0, n = 0;
	struct matrix_plan *plan;

	if (shard && !plan_shard_text(shard, &i, &n, &why))
		die(EXIT_USAGE, "%s", why);
	plan = plan_load(file, &archive, &why);
	if (!plan)
		die(code_of(&m), "%s", why);
	for (size_t k = 0; k < plan->notes.n; k++)
		warning("%s", plan->notes.word[k]);
	if (only && !plan_only(plan, only, &why))
		die(EXIT_USAGE, "%s", why);
	if (n)
		plan_shard(plan, i, n);
	offers_free(&m);
	return plan;
}
