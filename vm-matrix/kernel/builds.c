/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packages put together to kernels. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm-matrix/digest.h"
#include "vm-matrix/kernel/parts.h"

/*
 * How packages of an architecture end, and what the flavour is called here; ""
 * is the one that a series without a flavour means. ppc64el has 64K pages in
 * the plain one up to 6.1 (4K and a flavour of its own since).
 */
/* clang-format off */
static const struct {
	const char *arch, *suffix, *flavour;
} flavours[] = {
	{ "amd64", "amd64", "" },
	{ "amd64", "cloud-amd64", "cloud" },
	{ "amd64", "rt-amd64", "rt" },
	{ "arm64", "arm64", "" },
	{ "arm64", "cloud-arm64", "cloud" },
	{ "arm64", "rt-arm64", "rt" },
	{ "arm64", "arm64-16k", "16k" },
	{ "arm64", "arm64-64k", "64k" },
	{ "armhf", "armmp-lpae", "" },
	{ "armhf", "armmp", "armmp" },
	{ "armhf", "rt-armmp", "rt" },
	{ "i386", "686-pae", "" },
	{ "i386", "686", "686" },
	{ "i386", "rt-686-pae", "rt" },
	{ "ppc64el", "powerpc64le", "" },
	{ "ppc64el", "powerpc64le-64k", "64k" },
	{ "riscv64", "riscv64", "" },
	{ "s390x", "s390x", "" },
	{ "loong64", "loong64", "" },
};
/* clang-format on */

const char *flavour_of(const char *arch, const char *suffix)
{
	for (size_t i = 0; i < ARRAY_SIZE(flavours); i++)
		if (!strcmp(flavours[i].arch, arch) &&
		    !strcmp(flavours[i].suffix, suffix))
			return flavours[i].flavour;
	return NULL;
}

bool flavour_known(const char *arch, const char *flavour)
{
	for (size_t i = 0; i < ARRAY_SIZE(flavours); i++)
		if (!strcmp(flavours[i].arch, arch) &&
		    !strcmp(flavours[i].flavour, flavour))
			return true;
	return false;
}

char *flavours_text(const char *arch)
{
	struct str text = STR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(flavours); i++)
		if (!strcmp(flavours[i].arch, arch))
			str_addf(&text, "%s%s", text.len ? ", " : "",
				 *flavours[i].flavour ? flavours[i].flavour :
							"plain");
	return text.len ? str_take(&text) : NULL;
}

bool series_valid(const char *text)
{
	size_t major = strspn(text, "0123456789"), minor;

	if (!major || text[major] != '.')
		return false;
	minor = strspn(text + major + 1, "0123456789");
	return minor && !text[major + 1 + minor];
}

void series_of(const char *version, char *series)
{
	const char *colon = strchr(version, ':');
	size_t n, major;

	version = colon ? colon + 1 : version;
	major = strspn(version, "0123456789");
	n = major;
	if (version[major] == '.')
		n += 1 + strspn(version + major + 1, "0123456789");
	snprintf(series, SERIES_TEXT, "%.*s",
		 n < SERIES_TEXT ? (int)n : SERIES_TEXT - 1, version);
}

/* The flavour of "6.12.117+deb13-cloud-amd64", whose first dash may be any. */
static const char *flavour_of_release(const char *arch, const char *release)
{
	if (!isdigit((unsigned char)*release))
		return NULL;
	for (const char *dash = release; (dash = strchr(dash, '-')); dash++) {
		const char *f = flavour_of(arch, dash + 1);

		if (f)
			return f;
		/* "6.1.0-50", "7.3-rc7"; else it is a flavour not known here */
		if (!isdigit((unsigned char)dash[1]) &&
		    strncmp(dash + 1, "rc", 2))
			return NULL;
	}
	return NULL;
}

/* An image that only names others to install: metapackages, and from 6.19 on. */
static bool is_empty(const struct package *p)
{
	return p->depends && (strstr(p->depends, "linux-image-") ||
			      strstr(p->depends, "linux-binary-"));
}

static const struct package *part(const struct packages *all, const char *kind,
				  const char *release, const struct package *of)
{
	_cleanup_free_ char *name = xasprintf("linux-%s-%s", kind, release);
	const struct package *p =
		packages_find(all, name, of->version, of->suite);

	return p ? p : packages_find(all, name, of->version, NULL);
}

static void add_build(struct builds *b, const struct packages *all,
		      const struct package *p, const char *arch)
{
	bool split = !strncmp(p->name, "linux-binary-", 13);
	const char *release, *flavour;
	char series[SERIES_TEXT];
	struct build *new;

	if (!split && strncmp(p->name, "linux-image-", 12))
		return;
	release = p->name + (split ? 13 : 12);
	flavour = flavour_of_release(arch, release);
	if (!flavour || (!split && is_empty(p)))
		return;
	series_of(p->version, series);
	b->build = xrealloc(b->build, (b->n + 1) * sizeof(*b->build));
	new = &b->build[b->n++];
	*new = (struct build){
		.release = xstrdup(release),
		.series = xstrdup(series),
		.flavour = flavour,
		.binary = p,
		.modules = split ? part(all, "modules", release, p) : NULL,
		.base = part(all, "base", release, p),
	};
}

/* By series, flavour, newest first, and of equal ones the first suite. */
static int order(const void *a, const void *b)
{
	const struct build *x = a, *y = b;
	int d = deb_version_compare(x->series, y->series);

	d = d ? d : strcmp(x->flavour, y->flavour);
	d = d ? d : deb_version_compare(y->binary->version, x->binary->version);
	d = d ? d : strcmp(x->release, y->release);
	return d ? d : (x->binary > y->binary) - (x->binary < y->binary);
}

/* The same package is often in a suite and in its security suite. */
static void drop_doubles(struct builds *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (n && !strcmp(b->build[n - 1].binary->sha256,
				 b->build[i].binary->sha256)) {
			free(b->build[i].release);
			free(b->build[i].series);
			continue;
		}
		b->build[n++] = b->build[i];
	}
	b->n = n;
}

void builds_of(const struct packages *p, const char *arch, struct builds *b)
{
	for (size_t i = 0; i < p->n; i++)
		add_build(b, p, &p->package[i], arch);
	if (b->n)
		qsort(b->build, b->n, sizeof(*b->build), order);
	drop_doubles(b);
}

void builds_free(struct builds *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->build[i].release);
		free(b->build[i].series);
	}
	free(b->build);
	memset(b, 0, sizeof(*b));
}

void build_digest(const struct build *b, char *hex)
{
	struct digest d;

	digest_start(&d);
	digest_text(&d, "packages of a kernel, 1");
	digest_text(&d, b->binary->sha256);
	digest_text(&d, b->modules ? b->modules->sha256 : NULL);
	digest_text(&d, b->base ? b->base->sha256 : NULL);
	digest_end(&d, hex);
}

uint64_t build_size(const struct build *b)
{
	return b->binary->size + (b->modules ? b->modules->size : 0) +
	       (b->base ? b->base->size : 0);
}
