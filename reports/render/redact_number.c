/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers with a form: of devices, networks and machines. */
#include "reports/render/redact_parts.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

struct redact_hit redact_uuid(const char *text, size_t at)
{
	static const size_t groups[] = { 8, 4, 4, 4, 12 };
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_UUID };
	size_t n = 0;

	if (at && redact_is_hex(text[at - 1]))
		return none;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (i && s[n++] != '-')
			return none;
		if (redact_run_of(s + n, redact_is_hex) != groups[i])
			return none;
		n += groups[i];
	}
	return (struct redact_hit){ 0, n, REDACT_UUID };
}

/* Six pairs of digits or more: longer ones are of InfiniBand and FireWire. */
struct redact_hit redact_mac(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_MAC };
	size_t pairs = 0, n = 0;
	char separator = s[0] && s[1] ? s[2] : '\0';

	if (!strncmp(s, "enx", 3) && redact_run_of(s + 3, redact_is_hex) == 12 &&
	    redact_boundary(text, at))
		return (struct redact_hit){ 3, 12, REDACT_MAC };
	if ((at && redact_is_alnum(text[at - 1])) || (separator != ':' && separator != '-'))
		return none;
	while (redact_run_of(s + n, redact_is_hex) == 2) {
		pairs++;
		n += 2;
		if (s[n] != separator || !redact_is_hex(s[n + 1]))
			break;
		n++;
	}
	if (pairs < 6 || redact_is_alnum(s[n]))
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
	return redact_is_alnum(s[n]) || (s[n] == '.' && isdigit((unsigned char)s[n + 1])) ? 0 : n;
}

struct redact_hit redact_ipv4(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_ADDRESS };

	if (at && (redact_is_alnum(text[at - 1]) || text[at - 1] == '.'))
		return none;
	if (!strncmp(s, "127.", 4) || !strncmp(s, "0.0.0.0", 7) ||
	    !strncmp(s, "255.255.255.", 12))
		return none;
	return (struct redact_hit){ 0, ipv4_length(s), REDACT_ADDRESS };
}

/* Groups of up to four digits: eight of them, or fewer with "::" once. */
struct redact_hit redact_ipv6(const char *text, size_t at)
{
	const char *s = text + at;
	struct redact_hit none = { 0, 0, REDACT_ADDRESS };
	size_t n = 0, colons = 0, doubles = 0, digits = 0;

	if (at && (redact_is_alnum(text[at - 1]) || text[at - 1] == ':'))
		return none;
	for (;;) {
		size_t group = redact_run_of(s + n, redact_is_hex);

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
		if (s[n] != ':' || (!redact_is_hex(s[n + 1]) && s[n + 1] != ':'))
			break;
		n++;
		colons++;
		if (s[n] == ':') {
			doubles++;
			colons++;
			n++;
			if (!redact_is_hex(s[n]))
				break;
		}
	}
	if (redact_is_alnum(s[n]) || doubles > 1 || (doubles ? colons > 8 : colons != 7) ||
	    !digits || (n == 3 && !strncmp(s, "::1", 3)))
		return none;
	if (s[n] == '%')
		n += 1 + redact_run_of(s + n + 1, redact_is_alnum);
	return (struct redact_hit){ 0, n, REDACT_ADDRESS };
}

/* 32 digits: the id of a machine or of an array. Commits have 40. */
struct redact_hit redact_id(const char *text, size_t at)
{
	struct redact_hit none = { 0, 0, REDACT_ID };

	if ((at && redact_is_alnum(text[at - 1])) || redact_run_of(text + at, redact_is_hex) != 32 ||
	    redact_is_alnum(text[at + 32]))
		return none;
	return (struct redact_hit){ 0, 32, REDACT_ID };
}
