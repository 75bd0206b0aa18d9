/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/known.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/str.h"
#include "core/machine.h"

#define FIELDS 5

/* Cuts @line into its fields, trimmed; the last takes the rest. */
static bool split(char *line, char *field[FIELDS])
{
	for (int i = 0; i < FIELDS; i++) {
		char *end = i < FIELDS - 1 ? strchr(line, '|') :
					     line + strlen(line);
		char *last = end;

		if (!end)
			return false;
		line += strspn(line, " \t");
		while (last > line && strchr(" \t\r", last[-1]))
			last--;
		field[i] = line;
		line = end + (*end == '|');
		*last = '\0';
		if (!*field[i])
			return false;
	}
	return true;
}

/* Digits with single dots between them: "6.18" */
static bool is_series(const char *s)
{
	size_t n = strspn(s, "0123456789.");

	return n && !s[n] && s[0] != '.' && s[n - 1] != '.' &&
	       !strstr(s, "..");
}

static bool parse_bound(const char *text, size_t n, char **bound)
{
	char copy[32];

	if (!n)
		return true;
	snprintf(copy, sizeof(copy), "%.*s", (int)n, text);
	if (n >= sizeof(copy) || !is_series(copy))
		return false;
	*bound = xstrdup(copy);
	return true;
}

static bool parse_kernels(const char *text, struct known *k)
{
	const char *dots = strstr(text, "..");
	size_t n = dots ? (size_t)(dots - text) : strlen(text);

	if (!strcmp(text, "*"))
		return true;
	if (!strcmp(text, "..") || !parse_bound(text, n, &k->from) ||
	    !parse_bound(dots ? dots + 2 : text,
			 strlen(dots ? dots + 2 : text), &k->to))
		return false;
	return !k->from || !k->to || machine_release_cmp(k->from, k->to) <= 0;
}

/* A day that the calendar has: 2026-02-30 comes back as another one. */
static bool is_date(const char *text)
{
	struct tm t = { 0 };
	char again[KNOWN_DATE];
	const char *end = strptime(text, "%Y-%m-%d", &t);

	if (!end || *end)
		return false;
	t.tm_isdst = 0;
	if (timegm(&t) == (time_t)-1 ||
	    !strftime(again, sizeof(again), "%Y-%m-%d", &t))
		return false;
	return !strcmp(again, text);
}

/* NULL, or what is wrong with the line, to free. */
static char *parse(char *line, struct known *k)
{
	char *field[FIELDS];

	if (!split(line, field))
		return xstrdup("a line is CASES | KERNELS | EXPIRY | LINK | "
			       "REASON, none of them empty");
	k->cases = xstrdup(field[0]);
	if (!parse_kernels(field[1], k))
		return xasprintf("kernel range '%s' is not A..B, A.., ..B, A "
				 "or *", field[1]);
	if (strcmp(field[2], "-")) {
		if (!is_date(field[2]))
			return xasprintf("expiry '%s' is not a date "
					 "(YYYY-MM-DD) or -", field[2]);
		k->expiry = xstrdup(field[2]);
	}
	if (strcmp(field[3], "-")) {
		if (!strstr(field[3], "://"))
			return xasprintf("link '%s' is not a URL or -",
					 field[3]);
		k->link = xstrdup(field[3]);
	}
	k->reason = xstrdup(field[4]);
	return NULL;
}

int known_load(const char *path, struct known_list *list, char **why)
{
	_cleanup_str_ struct str text = STR_INIT;
	int err = file_read(path, &text);
	char *next = text.buf;

	if (err) {
		*why = xasprintf("known issues '%s': %s", path, strerror(-err));
		return err;
	}
	free(list->path);
	list->path = xstrdup(path);
	for (unsigned line = 1; next && *next; line++) {
		char *at = strsep(&next, "\n");
		struct known *k;
		_cleanup_free_ char *wrong = NULL;

		at += strspn(at, " \t\r");
		if (!*at || *at == '#')
			continue;
		list->row = xrealloc(list->row,
				     (list->n + 1) * sizeof(*list->row));
		k = &list->row[list->n++];
		*k = (struct known){ .line = line };
		wrong = parse(at, k);
		if (wrong) {
			*why = xasprintf("known issues '%s:%u': %s", path, line,
					 wrong);
			return -EINVAL;
		}
	}
	return 0;
}

static bool expired(const struct known *k, const char *today)
{
	return k->expiry && strcmp(k->expiry, today) < 0;
}

const struct known *known_match(const struct known_list *list,
				const char *case_id, const char *release,
				const char *today)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct known *k = &list->row[i];

		if (!expired(k, today) &&
		    !fnmatch(k->cases, case_id, FNM_NOESCAPE) &&
		    (!k->from || machine_series_cmp(release, k->from) >= 0) &&
		    (!k->to || machine_series_cmp(release, k->to) <= 0))
			return k;
	}
	return NULL;
}

void known_expired(const struct known_list *list, const char *today,
		   void (*note)(void *ctx, const char *text), void *ctx)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct known *k = &list->row[i];
		_cleanup_free_ char *text = NULL;

		if (!expired(k, today))
			continue;
		text = xasprintf("known issue '%s' (%s:%u) expired on %s",
				 k->cases, list->path, k->line, k->expiry);
		note(ctx, text);
	}
}

char *known_text(const struct known *k)
{
	if (!k->link)
		return xstrdup(k->reason);
	return xasprintf("%s (%s)", k->reason, k->link);
}

const char *known_today(char *buf)
{
	time_t now = time(NULL);
	struct tm t;

	strftime(buf, KNOWN_DATE, "%Y-%m-%d", gmtime_r(&now, &t));
	return buf;
}

void known_free(struct known_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct known *k = &list->row[i];

		free(k->cases);
		free(k->from);
		free(k->to);
		free(k->expiry);
		free(k->link);
		free(k->reason);
	}
	free(list->row);
	free(list->path);
	*list = (struct known_list){ 0 };
}
