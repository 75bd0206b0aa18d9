/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a source as typed to a kernel that boots. */
#include <ctype.h>
#include <string.h>

#include "vm-matrix/kernel/parts.h"

#define DEB "deb:"
#define SERIES "series:"

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* Names go into tables, ids of cells and names of files. */
static char *tidy(char *name)
{
	for (char *p = name; *p; p++)
		if (isspace((unsigned char)*p) || *p == '/')
			*p = '_';
	return name;
}

char *kernel_source_name(const char *source)
{
	char *name, *end;
	const char *last;

	if (starts(source, SERIES))
		return tidy(xstrdup(source + strlen(SERIES)));
	if (starts(source, DEB)) {
		source += strlen(DEB);
		source += starts(source, "linux-image-")  ? 12 :
			  starts(source, "linux-binary-") ? 13 : 0;
		return tidy(xstrdup(source));
	}
	name = xstrdup(source);
	end = strstr(name, ",modules=");
	if (end)
		*end = '\0';
	for (end = name + strlen(name); end > name + 1 && end[-1] == '/'; end--)
		end[-1] = '\0';
	last = strrchr(name, '/');
	last = last && last[1] ? last + 1 : name;
	if (starts(last, "vmlinuz-"))
		last += 8;
	memmove(name, last, strlen(last) + 1);
	return tidy(name);
}

/* --- series and packages --------------------------------------------------- */

struct wanted {
	const char *arch;
	char *series, *flavour; /* NULL: by package */
	char *package, *suite;  /* suite NULL: any */
};

static void wanted_free(struct wanted *w)
{
	free(w->series);
	free(w->flavour);
	free(w->package);
	free(w->suite);
}

static int parse_series(const char *text, struct wanted *w, char **why)
{
	const char *dash = strchr(text, '-');
	size_t n = dash ? (size_t)(dash - text) : strlen(text);
	_cleanup_free_ char *known = flavours_text(w->arch);

	w->series = xasprintf("%.*s", (int)n, text);
	w->flavour = xstrdup(dash ? dash + 1 : "");
	if (!series_valid(w->series) || (dash && !dash[1]))
		return kernel_fail(why, KERNEL_BAD_SOURCE,
				   "kernel 'series:%s': not MAJOR.MINOR or "
				   "MAJOR.MINOR-FLAVOUR", text);
	if (!known)
		return kernel_fail(why, KERNEL_BAD_SOURCE,
				   "unknown architecture '%s'", w->arch);
	if (!flavour_known(w->arch, w->flavour))
		return kernel_fail(why, KERNEL_BAD_SOURCE,
				   "kernel 'series:%s': %s has no flavour "
				   "'%s', but %s", text, w->arch, w->flavour,
				   known);
	return 0;
}

static int unknown_suite(const char *text, const char *suite, char **why)
{
	_cleanup_words_ struct words all = { 0 };
	struct nearest nearest = { .wanted = suite };

	suites_all(&all);
	for (size_t i = 0; i < all.n; i++)
		nearest_offer(&nearest, all.word[i]);
	return kernel_fail(why, KERNEL_BAD_SOURCE,
			   "kernel 'deb:%s': unknown suite '%s'%s%s%s", text,
			   suite, nearest.best ? "; did you mean '" : "",
			   nearest.best ? nearest.best : "",
			   nearest.best ? "'?" : "");
}

static int parse_deb(const char *text, struct wanted *w, char **why)
{
	const char *at = strchr(text, '@');
	size_t n = at ? (size_t)(at - text) : strlen(text);
	_cleanup_free_ char *known = flavours_text(w->arch);

	w->package = xasprintf("%.*s", (int)n, text);
	w->suite = at ? xstrdup(at + 1) : NULL;
	if (!known)
		return kernel_fail(why, KERNEL_BAD_SOURCE,
				   "unknown architecture '%s'", w->arch);
	if (!starts(w->package, "linux-image-") &&
	    !starts(w->package, "linux-binary-"))
		return kernel_fail(why, KERNEL_BAD_SOURCE,
				   "kernel 'deb:%s': a kernel's package is "
				   "called linux-image-...", text);
	if (w->suite && !suite_known(w->suite))
		return unknown_suite(text, w->suite, why);
	return 0;
}

/* Of what is neither a series nor a package @w has nothing. */
static int parse(const char *source, struct wanted *w, char **why)
{
	if (starts(source, SERIES))
		return parse_series(source + strlen(SERIES), w, why);
	return starts(source, DEB) ? parse_deb(source + strlen(DEB), w, why) : 0;
}

int kernel_source_check(const char *source, const char *arch, char **why)
{
	struct wanted w = { .arch = arch };
	int r = parse(source, &w, why);

	wanted_free(&w);
	return r;
}

/*
 * One suite more. What cannot be read is an error where this suite was asked for;
 * else it is noted, and the first of such reasons is kept in @why.
 */
static int read_suite(struct kernel_cache *c, const struct apt_sources *sources,
		      const struct wanted *w, const char *suite,
		      struct packages *p, size_t *readable, char **why)
{
	char *problem = NULL;
	bool absent = false;
	int r = archive_index(c, sources, w->arch, suite, p, &absent, &problem);

	*readable += !r && !absent;
	if (!r && absent && w->suite)
		r = kernel_fail(&problem, KERNEL_GONE,
				"the archive has no kernels for %s in suite '%s' "
				"(any more)", w->arch, w->suite);
	if ((r == KERNEL_UNREADABLE || r == KERNEL_OFFLINE) && !w->suite) {
		/* offline it is no news that something is missing */
		if (r == KERNEL_UNREADABLE)
			kernel_note(c, "%s", problem);
		if (!*why)
			*why = xstrdup(problem);
		r = 0;
	} else if (r < 0) {
		free(*why);
		*why = xstrdup(problem);
	}
	free(problem);
	return r;
}

/* Suites that cannot be read are noted; none at all is an error. */
static int read_suites(struct kernel_cache *c, const struct wanted *w,
		       struct packages *p, char **why)
{
	_cleanup_words_ struct words suites = { 0 };
	struct apt_sources sources = { 0 };
	size_t readable = 0;
	int r = apt_sources_read(&sources, c->sources, why);

	if (w->suite)
		words_add(&suites, w->suite);
	else
		suites_all(&suites);
	for (size_t i = 0; !r && i < suites.n; i++)
		r = read_suite(c, &sources, w, suites.word[i], p, &readable, why);
	apt_sources_free(&sources);
	if (r)
		return r;
	if (!readable && !c->o.offline)
		return kernel_fail(why, KERNEL_UNREADABLE,
				   "the mirror that apt's sources name has none "
				   "of the suites with kernels for %s", w->arch);
	free(*why); /* it was noted */
	*why = NULL;
	if (!readable)
		return kernel_fail(why, KERNEL_OFFLINE, "offline, and the archive's "
				   "indices for %s are not in the cache '%s'",
				   w->arch, c->dir);
	return 0;
}

/* A metapackage names its kernel: up to @depth of them one behind the other. */
static char *behind_meta(const struct packages *p, const struct wanted *w,
			 const char *name, int depth)
{
	const struct package *meta = packages_find(p, name, NULL, w->suite);
	_cleanup_words_ struct words words = { 0 };
	const char *found = NULL;

	if (!meta || !meta->depends || !depth)
		return xstrdup(name);
	words_split(&words, meta->depends, " ,|");
	for (size_t i = 0; i < words.n; i++)
		if (starts(words.word[i], "linux-binary-") ||
		    (!found && starts(words.word[i], "linux-image-")))
			found = words.word[i];
	return found ? behind_meta(p, w, found, depth - 1) : xstrdup(name);
}

static bool matches(const struct build *b, const struct wanted *w,
		    const char *package)
{
	if (w->series)
		return !strcmp(b->series, w->series) &&
		       !strcmp(b->flavour, w->flavour);
	return !strcmp(b->binary->name, package) &&
	       (!w->suite || !strcmp(b->binary->suite, w->suite));
}

static int nothing(const struct packages *p, const struct wanted *w, char **why)
{
	struct nearest nearest = { .wanted = w->package };
	const char *number;

	if (w->series)
		return kernel_fail(why, KERNEL_GONE,
				   "the archive offers no kernel %s%s%s for %s",
				   w->series, *w->flavour ? "-" : "",
				   w->flavour, w->arch);
	number = strchr(w->package + 6, '-') + 1;
	if (isdigit((unsigned char)*number))
		return kernel_fail(why, KERNEL_GONE,
				   "the archive has no package '%s' for %s%s%s",
				   w->package, w->arch,
				   w->suite ? " in " : " (any more)",
				   w->suite ? w->suite : "");
	for (size_t i = 0; i < p->n; i++)
		nearest_offer(&nearest, p->package[i].name);
	return kernel_fail(why, KERNEL_BAD_SOURCE,
			   "the archive knows no package '%s' for %s%s%s%s",
			   w->package, w->arch,
			   nearest.best ? "; did you mean '" : "",
			   nearest.best ? nearest.best : "",
			   nearest.best ? "'?" : "");
}

/* The newest first; one whose file is gone makes room for the next. */
static int get_first(struct kernel_cache *c, const struct packages *p,
		     const struct wanted *w, struct kernel *k, char **why)
{
	_cleanup_free_ char *package =
		w->package ? behind_meta(p, w, w->package, 3) : NULL;
	struct builds builds = { 0 };
	int r = KERNEL_GONE;

	builds_of(p, w->arch, &builds);
	for (size_t i = 0; r == KERNEL_GONE && i < builds.n; i++) {
		if (!matches(&builds.build[i], w, package))
			continue;
		if (*why) {
			kernel_note(c, "%s; the next older one is taken", *why);
			free(*why);
			*why = NULL;
		}
		r = build_get(c, &builds.build[i], w->arch, k, why);
	}
	builds_free(&builds);
	return r == KERNEL_GONE && !*why ? nothing(p, w, why) : r;
}

static int from_archive(const struct wanted *w, struct kernel_cache *c,
			struct kernel *k, char **why)
{
	struct packages p = { 0 };
	int r;

	if (c->o.offline) {
		r = store_find(c, w->arch, w->series, w->flavour, w->package, k);
		return r < 0 ? kernel_fail(why, r, "kernel %s%s%s for %s is not in the "
					   "cache '%s'; without --offline it "
					   "would be fetched",
					   w->series ? w->series : w->package,
					   w->series && *w->flavour ? "-" : "",
					   w->series ? w->flavour : "",
					   w->arch, c->dir) : 0;
	}
	r = read_suites(c, w, &p, why);
	if (!r)
		r = get_first(c, &p, w, k, why);
	packages_free(&p);
	return r;
}

int kernel_resolve(const char *source, const char *arch, struct kernel_cache *c,
		   struct kernel *out, char **why)
{
	struct wanted w = { .arch = arch };
	char *problem = NULL;
	int r = parse(source, &w, &problem);

	memset(out, 0, sizeof(*out));
	if (!r)
		r = w.series || w.package ? from_archive(&w, c, out, &problem) :
					    local_resolve(source, arch, c, out, &problem);
	wanted_free(&w);
	/* then nothing that went wrong is worth a word */
	if (r < 0 && kernel_stopped(c)) {
		free(problem);
		problem = xstrdup("interrupted");
		r = KERNEL_INTERRUPTED;
	}
	if (r < 0) {
		kernel_free(out);
		*why = problem;
		return r;
	}
	free(problem);
	out->source = xstrdup(source);
	out->name = kernel_source_name(source);
	return 0;
}

int packages_all(struct kernel_cache *c, const char *arch, struct packages *p,
		 char **why)
{
	const struct wanted w = { .arch = arch };

	return read_suites(c, &w, p, why);
}
