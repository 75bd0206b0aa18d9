/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the archive offers. */
#include <stdlib.h>
#include <string.h>

#include "vm-matrix/kernel/parts.h"

static int unknown_arch(const char *arch, char **why)
{
	return kernel_fail(why, KERNEL_BAD_SOURCE, "unknown architecture '%s'", arch);
}

int kernel_list(const char *arch, struct kernel_cache *c,
		struct kernel_offers *out, char **why)
{
	_cleanup_free_ char *known = flavours_text(arch);
	struct packages p = { 0 };
	struct builds b = { 0 };
	int r;

	memset(out, 0, sizeof(*out));
	*why = NULL;
	if (!known)
		return unknown_arch(arch, why);
	r = packages_all(c, arch, &p, why);
	if (!r)
		builds_of(&p, arch, &b);
	out->offer = xalloc((b.n + 1) * sizeof(*out->offer));
	for (size_t i = 0; i < b.n; i++) {
		const struct build *x = &b.build[i];
		bool split = !strncmp(x->binary->name, "linux-binary-", 13);

		out->offer[out->n++] = (struct kernel_offer){
			.series = xstrdup(x->series),
			.flavour = xstrdup(x->flavour),
			.package = xstrdup(x->binary->name),
			.version = xstrdup(x->binary->version),
			.suite = xstrdup(x->binary->suite),
			.release = xstrdup(x->release),
			.size = build_size(x),
			.has_modules = !split || x->modules,
			.cached = build_cached(c, x),
		};
	}
	builds_free(&b);
	packages_free(&p);
	return r;
}

void kernel_offers_free(struct kernel_offers *o)
{
	for (size_t i = 0; i < o->n; i++) {
		struct kernel_offer *x = &o->offer[i];

		free(x->series);
		free(x->flavour);
		free(x->package);
		free(x->version);
		free(x->suite);
		free(x->release);
	}
	free(o->offer);
	memset(o, 0, sizeof(*o));
}

/* "7.4~rc3-1~exp1": not yet a stable one. */
static bool is_candidate(const char *version)
{
	return strstr(version, "~rc");
}

void kernel_offers_series(const struct kernel_offers *o, const char *flavour,
			  struct words *out)
{
	for (size_t i = 0; i < o->n; i++)
		if (!strcmp(o->offer[i].flavour, flavour) &&
		    !is_candidate(o->offer[i].version) &&
		    !words_has(out, o->offer[i].series))
			words_add(out, o->offer[i].series);
}

int kernel_flavour_check(const char *arch, const char *flavour, char **why)
{
	_cleanup_free_ char *known = flavours_text(arch);

	if (!known)
		return unknown_arch(arch, why);
	if (flavour_known(arch, flavour))
		return 0;
	return kernel_fail(why, KERNEL_BAD_SOURCE, "%s has no flavour '%s', but %s",
			   arch, flavour, known);
}
