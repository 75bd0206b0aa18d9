/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The suites of the archive that may have kernels, and the mirror that serves
 * each, taken from what apt is configured with: no address stands here.
 */
#include <string.h>

#include "base/file.h"
#include "vm-matrix/kernel/parts.h"

/* Codenames of releases, oldest first. A suite that a mirror does not have
 * (any more, or yet) is found out when it is asked for. */
static const char *const releases[] = { "bullseye", "bookworm", "trixie",
					"forky" };
static const char *const pockets[] = { "", "-security", "-backports" };
static const char *const rolling[] = { "sid", "experimental" };
/* Other names under which sources may have them. */
static const char *const aliases[] = { "oldoldstable", "oldstable", "stable",
				       "testing", "unstable" };

void suites_all(struct words *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++)
		for (size_t j = 0; j < ARRAY_SIZE(pockets); j++) {
			_cleanup_free_ char *suite =
				xasprintf("%s%s", releases[i], pockets[j]);

			words_add(out, suite);
		}
	for (size_t i = 0; i < ARRAY_SIZE(rolling); i++)
		words_add(out, rolling[i]);
}

bool suite_known(const char *suite)
{
	_cleanup_words_ struct words all = { 0 };

	suites_all(&all);
	return words_has(&all, suite);
}

bool suite_is_security(const char *suite)
{
	return strstr(suite, "-security") || strstr(suite, "/updates");
}

/* Does a source with this suite belong to the distribution's archive? */
static bool of_archive(const char *suite)
{
	char name[64];
	size_t n = strcspn(suite, "-/");

	if (n >= sizeof(name))
		return false;
	memcpy(name, suite, n);
	name[n] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++)
		if (!strcmp(name, releases[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(rolling); i++)
		if (!strcmp(name, rolling[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (!strcmp(name, aliases[i]))
			return true;
	return false;
}

static const struct apt_source *source_of(const struct apt_sources *s,
					  const char *suite)
{
	const struct apt_source *other = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct apt_source *a = &s->source[i];

		for (size_t j = 0; j < a->suites.n; j++) {
			const char *has = a->suites.word[j];

			if (!words_has(&a->components, "main"))
				continue;
			if (!strcmp(has, suite))
				return a;
			if (!other && of_archive(has) &&
			    suite_is_security(has) == suite_is_security(suite))
				other = a;
		}
	}
	return other;
}

/* "mirror+file:LIST": the first address of the list. */
static char *plain_uri(const char *uri)
{
	const char *list = uri + strlen("mirror+file:");
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_words_ struct words words = { 0 };

	if (strncmp(uri, "mirror+file:", strlen("mirror+file:")))
		return xstrdup(uri);
	while (list[0] == '/' && list[1] == '/')
		list++;
	if (file_read(list, &text) < 0)
		return xstrdup(uri);
	words_split(&words, text.buf, " \t\n");
	for (size_t i = 0; i < words.n; i++)
		if (strstr(words.word[i], ":/"))
			return xstrdup(words.word[i]);
	return xstrdup(uri);
}

/* The keyring of all releases knows more than the host's release does. */
static const char *const keyrings[] = {
	"/usr/share/keyrings/debian-archive-keyring.gpg",
	"/usr/share/keyrings/debian-archive-keyring.pgp",
	"/etc/apt/trusted.gpg.d/debian-archive-keyring.gpg",
};

static char *keyring(const char *named)
{
	for (size_t i = 0; i < ARRAY_SIZE(keyrings); i++)
		if (file_exists(keyrings[i]))
			return xstrdup(keyrings[i]);
	return xstrdup_or_null(named);
}

int mirror_of(const struct apt_sources *s, const char *suite, struct mirror *m,
	      char **why)
{
	const struct apt_source *a = source_of(s, suite);
	size_t n;

	memset(m, 0, sizeof(*m));
	if (!a)
		return kernel_fail(why, KERNEL_UNREADABLE,
				   "apt's sources name no mirror with %s",
				   suite_is_security(suite) ?
				   "security suites" : "suites of Debian");
	m->uri = plain_uri(a->uris.word[0]);
	for (n = strlen(m->uri); n && m->uri[n - 1] == '/'; n--)
		m->uri[n - 1] = '\0';
	m->trusted = a->trusted;
	m->signed_by = m->trusted ? NULL : keyring(a->signed_by);
	return 0;
}

void mirror_free(struct mirror *m)
{
	free(m->uri);
	free(m->signed_by);
	memset(m, 0, sizeof(*m));
}
