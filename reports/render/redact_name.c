/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names: of hosts, of who works there, and of what a host serves. */
#include "reports/render/redact_parts.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

static bool is_name(char c)
{
	return redact_is_alnum(c) || c == '-' || c == '_' || c == '.';
}

static bool is_account(char c)
{
	return is_name(c) || c == '+';
}

/* A name without the dot that ends a sentence. */
static size_t name_length(const char *s, bool (*is)(char))
{
	size_t n = redact_run_of(s, is);

	while (n && (s[n - 1] == '.' || s[n - 1] == '-'))
		n--;
	return n;
}

static bool ends_with(const char *s, size_t n, const char *end)
{
	size_t k = strlen(end);

	return n >= k && !strncasecmp(s + n - k, end, k) &&
	       (n == k || s[n - k - 1] == '.' || *end == '.');
}

/* Where everyone writes to. */
static bool is_public(const char *s, size_t n)
{
	return ends_with(s, n, "kernel.org") || ends_with(s, n, "linux.dev");
}

/* "create@xfs" is a case. */
static bool is_filesystem(const char *s)
{
	static const char *const kinds[] = {
		"ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "scratch", "f2fs",
		"bcachefs", "vfat", "exfat", "ntfs", "nfs", "erofs", "overlay", NULL,
	};
	size_t n = redact_starts_with(s, kinds);

	return n && strcspn(s + n, ".@") >= redact_run_of(s + n, is_name);
}

/* USER@HOST: the user first, the host when the text goes on with '@'. */
struct redact_hit redact_account(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_USER };
	size_t user, host;

	if (*s == '@' && at) {
		host = name_length(s + 1, is_name);
		if (!host || is_filesystem(s + 1) || is_public(s + 1, host) ||
		    !(is_account(text[at - 1]) || text[at - 1] == '>'))
			return none;
		return (struct redact_hit){ 1, host, REDACT_HOST };
	}
	if (at && is_account(text[at - 1]))
		return none;
	user = redact_run_of(s, is_account);
	if (!user || s[user] != '@' || !redact_is_alnum(s[user + 1]))
		return none;
	host = name_length(s + user + 1, is_name);
	if (is_filesystem(s + user + 1) || is_public(s + user + 1, host))
		return none;
	return (struct redact_hit){ 0, user, REDACT_USER };
}

/* Ends of names of hosts: of two parts or more, and of three or more. */
static const char *const ends_of_two[] = {
	".com", ".org", ".net", ".edu", ".gov", ".mil", ".local", ".lan", ".internal",
	".corp", ".home", ".localdomain", ".intranet", ".private", ".arpa", NULL,
};
static const char *const ends_of_three[] = {
	".io", ".de", ".fr", ".uk", ".nl", ".it", ".es", ".pl", ".cz", ".ch", ".at",
	".se", ".no", ".fi", ".dk", ".be", ".ru", ".cn", ".jp", ".kr", ".in", ".br",
	".au", ".ca", ".eu", ".info", ".cloud", ".dev", ".example", ".test", NULL,
};

static bool ends_with_any(const char *s, size_t n, const char *const *ends)
{
	for (; *ends; ends++)
		if (ends_with(s, n, *ends))
			return true;
	return false;
}

struct redact_hit redact_domain(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_HOST };
	size_t n, dots = 0;

	if (!redact_is_alnum(*s) || (at && is_name(text[at - 1])))
		return none;
	n = name_length(s, is_name);
	if (is_public(s, n))
		return none;
	for (size_t i = 0; i < n; i++)
		dots += s[i] == '.';
	if (ends_with_any(s, n, ends_of_two) ||
	    (dots > 1 && ends_with_any(s, n, ends_of_three)))
		return (struct redact_hit){ 0, n, REDACT_HOST };
	return none;
}

/* https://HOST/... whole; server:/path and //server/share their first part. */
struct redact_hit redact_source(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_HOST };
	size_t n;

	if (at && (is_name(text[at - 1]) || text[at - 1] == '/'))
		return none;
	n = redact_run_of(s, is_name);
	if (n && !strncmp(s + n, "://", 3)) {
		const char *host = s + n + 3;

		size_t end = strcspn(host, "/@ \t\n");

		if ((is_public(host, strcspn(host, "/:@ \t\n")) && host[end] != '@') ||
		    !strncmp(s, "file", 4) || redact_ends_path(*host))
			return none;
		return (struct redact_hit){ n + 3, redact_path_length(text, at) - n - 3,
					    REDACT_URL };
	}
	if (n && s[n] == ':' && s[n + 1] == '/' && redact_is_alnum(s[n + 2]) && redact_is_alnum(*s))
		return (struct redact_hit){ 0, n, REDACT_HOST };
	if (!strncmp(s, "//", 2) && redact_is_alnum(s[2]) && !(at && text[at - 1] == ':'))
		return (struct redact_hit){ 2, redact_path_length(text, at) - 2, REDACT_URL };
	return none;
}

/* The path that follows server: is the server's. */
struct redact_hit redact_export(const char *text, size_t at)
{
	struct redact_hit none = { 0, 0, REDACT_PATH };

	if (at < 2 || text[at] != '/' || text[at - 1] != ':' ||
	    !(is_name(text[at - 2]) || text[at - 2] == '>') || !redact_is_alnum(text[at + 1]))
		return none;
	return (struct redact_hit){ 0, redact_path_length(text, at), REDACT_PATH };
}
