/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Indices of packages (deb-control paragraphs). Those of the archive hold tens
 * of thousands of packages: what kernels need of them is copied out once.
 */
#include <errno.h>
#include <string.h>

#include "vm-matrix/kernel/parts.h"

static const char *const kinds[] = { "linux-image-", "linux-binary-",
				     "linux-modules-", "linux-base-" };
static const char *const kept[] = { "Package:", "Version:", "Depends:",
				    "Filename:", "Size:", "SHA256:" };

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* Symbols (-dbg) and images that are there to be signed do not boot better. */
static bool wanted(const char *name)
{
	bool kind = false;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		kind |= starts(name, kinds[i]);
	return kind && !strstr(name, "-dbg") && !strstr(name, "-unsigned") &&
	       !strstr(name, "-signed-template");
}

int packages_filter(FILE *in, FILE *out)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	bool take = false;

	while ((n = getline(&line, &size, in)) > 0) {
		if (starts(line, "Package: ")) {
			line[n - 1] = line[n - 1] == '\n' ? '\0' : line[n - 1];
			take = wanted(line + 9);
			if (take)
				fprintf(out, "\n%s\n", line);
			continue;
		}
		for (size_t i = 1; take && i < ARRAY_SIZE(kept); i++)
			if (starts(line, kept[i]))
				fputs(line, out);
	}
	free(line);
	if (ferror(in))
		return -EIO;
	return fflush(out) || ferror(out) ? -(errno ? errno : EIO) : 0;
}

static void package_free(struct package *p)
{
	free(p->name);
	free(p->version);
	free(p->depends);
	free(p->filename);
	free(p->sha256);
	free(p->suite);
	free(p->mirror);
}

void packages_free(struct packages *p)
{
	for (size_t i = 0; i < p->n; i++)
		package_free(&p->package[i]);
	free(p->package);
	memset(p, 0, sizeof(*p));
}

static void set(char **field, const char *line)
{
	const char *value = strchr(line, ':') + 1;

	value += strspn(value, " \t");
	free(*field);
	*field = xstrdup(value);
}

static void set_field(struct package *p, const char *line)
{
	if (starts(line, "Version:"))
		set(&p->version, line);
	else if (starts(line, "Depends:"))
		set(&p->depends, line);
	else if (starts(line, "Filename:"))
		set(&p->filename, line);
	else if (starts(line, "SHA256:"))
		set(&p->sha256, line);
	else if (starts(line, "Size:"))
		p->size = strtoull(line + 5, NULL, 10);
}

static bool hex_digest(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* A name that is a file's name below the mirror, and nothing else. */
static bool safe_filename(const char *name)
{
	return *name && *name != '/' && !strstr(name, "..") &&
	       !strpbrk(name, " \t\"'\\") && strrchr(name, '/') &&
	       strrchr(name, '/')[1];
}

/* Takes the last package back unless it can be fetched and checked. */
static void keep_if_whole(struct packages *p)
{
	struct package *last = p->n ? &p->package[p->n - 1] : NULL;

	if (!last || (last->version && last->filename && last->sha256 &&
		      last->size && hex_digest(last->sha256) &&
		      safe_filename(last->filename)))
		return;
	package_free(last);
	p->n--;
}

static struct package *grow(struct packages *p, const char *suite,
			    const char *mirror)
{
	struct package *new;

	p->package = xrealloc(p->package, (p->n + 1) * sizeof(*p->package));
	new = &p->package[p->n++];
	memset(new, 0, sizeof(*new));
	new->suite = xstrdup(suite);
	new->mirror = xstrdup(mirror);
	return new;
}

int packages_read(struct packages *p, FILE *in, const char *suite,
		  const char *mirror)
{
	size_t size = 0, before = p->n;
	char *line = NULL;
	ssize_t n;

	while ((n = getline(&line, &size, in)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (starts(line, "Package:")) {
			if (p->n > before)
				keep_if_whole(p);
			set(&grow(p, suite, mirror)->name, line);
		} else if (p->n > before) {
			set_field(&p->package[p->n - 1], line);
		}
	}
	if (p->n > before)
		keep_if_whole(p);
	free(line);
	return ferror(in) ? -EIO : 0;
}

const struct package *packages_find(const struct packages *p, const char *name,
				    const char *version, const char *suite)
{
	const struct package *best = NULL;

	for (size_t i = 0; i < p->n; i++) {
		const struct package *a = &p->package[i];

		if (strcmp(a->name, name) ||
		    (version && strcmp(a->version, version)) ||
		    (suite && strcmp(a->suite, suite)))
			continue;
		if (!best || deb_version_compare(a->version, best->version) > 0)
			best = a;
	}
	return best;
}
