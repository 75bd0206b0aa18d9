/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a text may hold that tells whose machine it was: paths, and values that
 * have a name. */
#include "reports/render/redact_parts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

bool redact_is_alnum(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

bool redact_is_hex(char c)
{
	return isxdigit((unsigned char)c);
}

bool redact_word_char(char c)
{
	return redact_is_alnum(c) || c == '_';
}

bool redact_boundary(const char *text, size_t at)
{
	return !at || !redact_word_char(text[at - 1]);
}

size_t redact_run_of(const char *s, bool (*is)(char))
{
	size_t n = 0;

	while (s[n] && is(s[n]))
		n++;
	return n;
}

/* Does @s start with one of the words? Its length. */
size_t redact_starts_with(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (!strncasecmp(s, *words, strlen(*words)))
			return strlen(*words);
	return 0;
}

/* --- paths --------------------------------------------------------------------- */

/* Whose next part is a name of a person. */
static const char *const user_paths[] = {
	"/home/", "/users/", "/run/media/", "/media/", NULL,
};
static const char *const other_paths[] = {
	"/root/", "/mnt/", "/srv/", "/net/", "/nfs/", "/nas/", "/export/", "/exports/",
	"/data/", "/run/user/", "/tmp/", "/var/tmp/", NULL,
};
/* Devices that are named by their kind. */
static const char *const plain_devices[] = {
	"sd", "vd", "xvd", "hd", "nvme", "loop", "mmcblk", "md", "dm-", "sr", "zram",
	"ram", "pmem", "nbd", "tty", "null", "zero", "full", "shm", "kmsg", "cpu",
	"console", "mem", "random", "urandom", "ptmx", "pts", "fuse", "kvm", "net",
	"hugepages", "mqueue", "userfaultfd", "ublk", NULL,
};

bool redact_ends_path(char c)
{
	return !c || isspace((unsigned char)c) || strchr("\"'`<>|;", c) ||
	       (unsigned char)c < 0x20;
}

/* Up to the end of the path at text[at]; one in quotes may have blanks. */
size_t redact_path_length(const char *text, size_t at)
{
	const char *s = text + at;
	char quote = at && strchr("\"'`", text[at - 1]) ? text[at - 1] : '\0';
	size_t n = 0;

	if (quote) {
		n = strcspn(s, (const char[]){ quote, '\n', '\0' });
		if (s[n] == quote)
			return n;
		n = 0;
	}
	while (!redact_ends_path(s[n])) {
		/* a blank after a backslash is part of it */
		if (s[n] == '\\' && s[n + 1] && s[n + 1] != '\n')
			n++;
		n++;
	}
	while (n > 1 && strchr(".,:)]}!?", s[n - 1]))
		n--;
	return n;
}

size_t redact_path_user(const char *path, size_t *name)
{
	size_t start = redact_starts_with(path, user_paths);

	if (!start && path[0] == '~')
		start = 1;
	*name = start;
	return start ? strcspn(path + start, "/ \t\n\"'`<>|;:,") : 0;
}

static struct redact_hit match_path(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_PATH };
	size_t n = redact_starts_with(s, user_paths);

	if (!n)
		n = redact_starts_with(s, other_paths);
	if (*s == '~' && (!at || !redact_word_char(text[at - 1]))) {
		n = 1 + strcspn(s + 1, "/ \t\n\"'`<>|;:,");
		if (s[n] != '/')
			return none;
	}
	if (!n || redact_ends_path(s[n]) || !strncmp(s, "/tmp/strain", 11))
		return none;
	return (struct redact_hit){ 0, redact_path_length(text, at), REDACT_PATH };
}

static struct redact_hit match_device(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_DEVICE };

	if (strncmp(s, "/dev/", 5) != 0 || redact_ends_path(s[5]) ||
	    redact_starts_with(s + 5, plain_devices))
		return none;
	return (struct redact_hit){ 5, redact_path_length(text, at) - 5, REDACT_DEVICE };
}

/* --- values with a name ---------------------------------------------------------- */

static const struct key {
	const char *name;
	enum redact_kind kind;
	bool numbers; /* a value of digits only is one too */
} keys[] = {
	{ "serial number", REDACT_SERIAL, true },
	{ "serial_number", REDACT_SERIAL, true },
	{ "serialnumber", REDACT_SERIAL, true },
	{ "serial no", REDACT_SERIAL, true },
	{ "serial", REDACT_SERIAL, true },
	{ "s/n", REDACT_SERIAL, true },
	{ "sn", REDACT_SERIAL, true },
	{ "asset tag", REDACT_SERIAL, true },
	{ "wwn", REDACT_SERIAL, true },
	{ "wwid", REDACT_SERIAL, true },
	{ "hostname", REDACT_HOST, false },
	{ "host name", REDACT_HOST, false },
	{ "nodename", REDACT_HOST, false },
	{ "host", REDACT_HOST, false },
	{ "username", REDACT_USER, false },
	{ "user name", REDACT_USER, false },
	{ "user", REDACT_USER, false },
	{ "login", REDACT_USER, false },
	{ "partlabel", REDACT_LABEL, true },
	{ "label", REDACT_LABEL, true },
	{ "ssid", REDACT_LABEL, true },
	{ "partuuid", REDACT_UUID, true },
	{ "uuid", REDACT_UUID, true },
};

/* ": ", "=", " = \"": length of what stands between a name and its value. */
static size_t separator_length(const char *s)
{
	size_t n = strspn(s, " \t");

	if (s[n] != ':' && s[n] != '=')
		return 0;
	n++;
	return n + strspn(s + n, " \t");
}

static struct redact_hit key_value(const char *s, const struct key *key)
{
	struct redact_hit none = { 0, 0, key->kind };
	size_t keep = strlen(key->name), between = separator_length(s + keep), n;

	keep += between;
	if (!between)
		return none;
	if (s[keep] == '"' || s[keep] == '\'') {
		n = strcspn(s + keep + 1, (const char[]){ s[keep], '\n', '\0' });
		keep++;
	} else {
		n = strcspn(s + keep, " \t\n,;\"'()[]<>");
	}
	while (n && strchr(".:", s[keep + n - 1]))
		n--;
	if (!n || s[keep] == '<' ||
	    (!key->numbers && strspn(s + keep, "0123456789.") >= n))
		return none;
	return (struct redact_hit){ keep, n, key->kind };
}

static struct redact_hit match_key(const char *text, size_t at)
{
	struct redact_hit none = { 0, 0, REDACT_SERIAL };

	if (!redact_boundary(text, at))
		return none;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct redact_hit h = none;

		if (!strncasecmp(text + at, keys[i].name, strlen(keys[i].name)))
			h = key_value(text + at, &keys[i]);
		if (h.length)
			return h;
	}
	return none;
}

/* "nqn.2014-08...", "eui.0025...", "naa.5000...", "iqn.1993-08...", "wwn-0x..." */
static struct redact_hit match_disk_name(const char *text, size_t at)
{
	static const char *const forms[] = { "nqn.", "eui.", "naa.", "iqn.", "wwn-0x", NULL };
	struct redact_hit none = { 0, 0, REDACT_SERIAL };
	size_t n = redact_starts_with(text + at, forms);

	if (!n || !redact_boundary(text, at) || !isdigit((unsigned char)text[at + n]))
		return none;
	return (struct redact_hit){ n, redact_path_length(text, at) - n, REDACT_SERIAL };
}

struct redact_hit redact_match(const char *text, size_t at)
{
	/* the most certain first */
	static struct redact_hit (*const matchers[])(const char *, size_t) = {
		match_path, match_device, redact_uuid, redact_mac,
		redact_export, redact_source, redact_account, match_key,
		match_disk_name, redact_ipv4, redact_ipv6, redact_id, redact_domain,
	};
	struct redact_hit h = { 0, 0, REDACT_PATH };

	for (size_t i = 0; i < ARRAY_SIZE(matchers) && !h.length; i++)
		h = matchers[i](text, at);
	return h;
}
