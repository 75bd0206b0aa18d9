/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a text may hold that tells whose machine it was. */
#include "reports/redact_parts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

static bool is_alnum(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool is_hex(char c)
{
	return isxdigit((unsigned char)c);
}

bool redact_word_char(char c)
{
	return is_alnum(c) || c == '_';
}

bool redact_boundary(const char *text, size_t at)
{
	return !at || !redact_word_char(text[at - 1]);
}

static size_t run_of(const char *s, bool (*is)(char))
{
	size_t n = 0;

	while (s[n] && is(s[n]))
		n++;
	return n;
}

/* Does @s start with one of the words? Its length. */
static size_t starts_with(const char *s, const char *const *words)
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

static bool ends_path(char c)
{
	return !c || isspace((unsigned char)c) || strchr("\"'`<>|;", c) ||
	       (unsigned char)c < 0x20;
}

/* Up to the end of the path at text[at]; one in quotes may have blanks. */
static size_t path_length(const char *text, size_t at)
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
	while (!ends_path(s[n])) {
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
	size_t start = starts_with(path, user_paths);

	if (!start && path[0] == '~')
		start = 1;
	*name = start;
	return start ? strcspn(path + start, "/ \t\n\"'`<>|;:,") : 0;
}

static struct redact_hit match_path(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_PATH };
	size_t n = starts_with(s, user_paths);

	if (!n)
		n = starts_with(s, other_paths);
	if (*s == '~' && (!at || !redact_word_char(text[at - 1]))) {
		n = 1 + strcspn(s + 1, "/ \t\n\"'`<>|;:,");
		if (s[n] != '/')
			return none;
	}
	if (!n || ends_path(s[n]) || !strncmp(s, "/tmp/strain", 11))
		return none;
	return (struct redact_hit){ 0, path_length(text, at), REDACT_PATH };
}

static struct redact_hit match_device(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_DEVICE };

	if (strncmp(s, "/dev/", 5) != 0 || ends_path(s[5]) ||
	    starts_with(s + 5, plain_devices))
		return none;
	return (struct redact_hit){ 5, path_length(text, at) - 5, REDACT_DEVICE };
}

/* --- numbers with a form -------------------------------------------------------- */

static struct redact_hit match_uuid(const char *text, size_t at)
{
	static const size_t groups[] = { 8, 4, 4, 4, 12 };
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_UUID };
	size_t n = 0;

	if (at && is_hex(text[at - 1]))
		return none;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (i && s[n++] != '-')
			return none;
		if (run_of(s + n, is_hex) != groups[i])
			return none;
		n += groups[i];
	}
	return (struct redact_hit){ 0, n, REDACT_UUID };
}

/* Six pairs of digits or more: longer ones are of InfiniBand and FireWire. */
static struct redact_hit match_mac(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_MAC };
	size_t pairs = 0, n = 0;
	char separator = s[0] && s[1] ? s[2] : '\0';

	if (!strncmp(s, "enx", 3) && run_of(s + 3, is_hex) == 12 &&
	    redact_boundary(text, at))
		return (struct redact_hit){ 3, 12, REDACT_MAC };
	if ((at && is_alnum(text[at - 1])) || (separator != ':' && separator != '-'))
		return none;
	while (run_of(s + n, is_hex) == 2) {
		pairs++;
		n += 2;
		if (s[n] != separator || !is_hex(s[n + 1]))
			break;
		n++;
	}
	if (pairs < 6 || is_alnum(s[n]))
		return none;
	return (struct redact_hit){ 0, n, REDACT_MAC };
}

static size_t ipv4_length(const char *s)
{
	size_t n = 0;

	for (unsigned part = 0; part < 4; part++) {
		size_t digits;
		unsigned value = 0;

		if (part && s[n++] != '.')
			return 0;
		for (digits = 0; isdigit((unsigned char)s[n]) && digits < 4; digits++)
			value = value * 10 + (unsigned)(s[n++] - '0');
		if (!digits || digits > 3 || value > 255)
			return 0;
	}
	return is_alnum(s[n]) || (s[n] == '.' && isdigit((unsigned char)s[n + 1])) ? 0 : n;
}

static struct redact_hit match_ipv4(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_ADDRESS };

	if (at && (is_alnum(text[at - 1]) || text[at - 1] == '.'))
		return none;
	if (!strncmp(s, "127.", 4) || !strncmp(s, "0.0.0.0", 7) ||
	    !strncmp(s, "255.255.255.", 12))
		return none;
	return (struct redact_hit){ 0, ipv4_length(s), REDACT_ADDRESS };
}

/* Groups of up to four digits: eight of them, or fewer with "::" once. */
static struct redact_hit match_ipv6(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_ADDRESS };
	size_t n = 0, colons = 0, doubles = 0, digits = 0;

	if (at && (is_alnum(text[at - 1]) || text[at - 1] == ':'))
		return none;
	for (;;) {
		size_t group = run_of(s + n, is_hex);

		if (group && s[n + group] == '.' && colons && ipv4_length(s + n)) {
			n += ipv4_length(s + n);
			digits++;
			colons++; /* stands for two groups */
			break;
		}
		if (group > 4)
			return none;
		digits += group;
		n += group;
		if (s[n] != ':' || (!is_hex(s[n + 1]) && s[n + 1] != ':'))
			break;
		n++;
		colons++;
		if (s[n] == ':') {
			doubles++;
			colons++;
			n++;
			if (!is_hex(s[n]))
				break;
		}
	}
	if (is_alnum(s[n]) || doubles > 1 || (doubles ? colons > 8 : colons != 7) ||
	    !digits || (n == 3 && !strncmp(s, "::1", 3)))
		return none;
	if (s[n] == '%')
		n += 1 + run_of(s + n + 1, is_alnum);
	return (struct redact_hit){ 0, n, REDACT_ADDRESS };
}

/* 32 digits: the id of a machine or of an array. Commits have 40. */
static struct redact_hit match_id(const char *text, size_t at)
{
	struct redact_hit none = { 0, 0, REDACT_ID };

	if ((at && is_alnum(text[at - 1])) || run_of(text + at, is_hex) != 32 ||
	    is_alnum(text[at + 32]))
		return none;
	return (struct redact_hit){ 0, 32, REDACT_ID };
}

/* --- names ---------------------------------------------------------------------- */

static bool is_name(char c)
{
	return is_alnum(c) || c == '-' || c == '_' || c == '.';
}

static bool is_account(char c)
{
	return is_name(c) || c == '+';
}

/* A name without the dot that ends a sentence. */
static size_t name_length(const char *s, bool (*is)(char))
{
	size_t n = run_of(s, is);

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
	size_t n = starts_with(s, kinds);

	return n && strcspn(s + n, ".@") >= run_of(s + n, is_name);
}

/* USER@HOST: the user first, the host when the text goes on with '@'. */
static struct redact_hit match_account(const char *text, size_t at)
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
	user = run_of(s, is_account);
	if (!user || s[user] != '@' || !is_alnum(s[user + 1]))
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

static struct redact_hit match_domain(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_HOST };
	size_t n, dots = 0;

	if (!is_alnum(*s) || (at && is_name(text[at - 1])))
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
static struct redact_hit match_source(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_HOST };
	size_t n;

	if (at && (is_name(text[at - 1]) || text[at - 1] == '/'))
		return none;
	n = run_of(s, is_name);
	if (n && !strncmp(s + n, "://", 3)) {
		const char *host = s + n + 3;

		size_t end = strcspn(host, "/@ \t\n");

		if ((is_public(host, strcspn(host, "/:@ \t\n")) && host[end] != '@') ||
		    !strncmp(s, "file", 4) || ends_path(*host))
			return none;
		return (struct redact_hit){ n + 3, path_length(text, at) - n - 3,
					    REDACT_URL };
	}
	if (n && s[n] == ':' && s[n + 1] == '/' && is_alnum(s[n + 2]) && is_alnum(*s))
		return (struct redact_hit){ 0, n, REDACT_HOST };
	if (!strncmp(s, "//", 2) && is_alnum(s[2]) && !(at && text[at - 1] == ':'))
		return (struct redact_hit){ 2, path_length(text, at) - 2, REDACT_URL };
	return none;
}

/* The path that follows server: is the server's. */
static struct redact_hit match_export(const char *text, size_t at)
{
	struct redact_hit none = { 0, 0, REDACT_PATH };

	if (at < 2 || text[at] != '/' || text[at - 1] != ':' ||
	    !(is_name(text[at - 2]) || text[at - 2] == '>') || !is_alnum(text[at + 1]))
		return none;
	return (struct redact_hit){ 0, path_length(text, at), REDACT_PATH };
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
	size_t n = starts_with(text + at, forms);

	if (!n || !redact_boundary(text, at) || !isdigit((unsigned char)text[at + n]))
		return none;
	return (struct redact_hit){ n, path_length(text, at) - n, REDACT_SERIAL };
}

struct redact_hit redact_match(const char *text, size_t at)
{
	/* the most certain first */
	static struct redact_hit (*const matchers[])(const char *, size_t) = {
		match_path,   match_device, match_uuid,	  match_mac,
		match_export, match_source, match_account, match_key,
		match_disk_name, match_ipv4, match_ipv6, match_id, match_domain,
	};
	struct redact_hit h = { 0, 0, REDACT_PATH };

	for (size_t i = 0; i < ARRAY_SIZE(matchers) && !h.length; i++)
		h = matchers[i](text, at);
	return h;
}
