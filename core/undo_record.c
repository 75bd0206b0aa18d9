/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/undo_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAGIC "strain-undo 1"

/* Fields of a kind: p absolute path, t text, n number. */
static const struct {
	const char *name, *fields;
	bool amends;
} kinds[RECORD_KINDS] = {
	[RECORD_VALUE] = { "value", "ptt", false },
	[RECORD_HUGEPAGES] = { "hugepages", "pnnn", false },
	[RECORD_DIR] = { "dir", "p", false },
	[RECORD_FILE] = { "file", "p", false },
	[RECORD_MOUNT] = { "mount", "pt", false },
	[RECORD_LOOP] = { "loop", "ppnn", false },
	[RECORD_CGROUP] = { "cgroup", "p", false },
	[RECORD_MODULE] = { "module", "t", false },
	[RECORD_GROUP] = { "group", "nnn", false },
	[RECORD_MADE] = { "made", "nn", true },
	[RECORD_GOT] = { "got", "n", true },
	[RECORD_LOWERING] = { "lowering", "nn", true },
	[RECORD_UNDONE] = { "undone", "", true },
};

const char *record_kind_name(enum record_kind kind)
{
	return kinds[kind].name;
}

static void add_escaped(struct str *s, const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		if (c < ' ' || c == '%' || c == 0x7f)
			str_addf(s, "%%%02X", c);
		else
			str_add_n(s, text, 1);
	}
}

void record_add(struct str *s, enum record_kind kind, const char *id,
		const char *const *field)
{
	str_addf(s, "%s\t%s", kinds[kind].name, id);
	for (size_t i = 0; kinds[kind].fields[i]; i++) {
		str_add(s, "\t");
		add_escaped(s, field[i]);
	}
	str_add(s, "\n");
}

void record_add_header(struct str *s, const struct owner *owner)
{
	str_addf(s, MAGIC "\t%d\t%" PRIu64 "\t%" PRIu64 "\t%s\n",
		 (int)owner->pid, owner->start, owner->pid_ns, owner->boot);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* In place. False for an escape that record_add() does not write. */
static bool unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text != '%') {
			*to++ = *text;
			continue;
		}
		if (hex(text[1]) < 0 || hex(text[2]) < 0)
			return false;
		*to = (char)(hex(text[1]) << 4 | hex(text[2]));
		if (*to++ == '\0')
			return false;
		text += 2;
	}
	*to = '\0';
	return true;
}

static bool number(const char *text, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !errno && !*end;
}

/* A path that nobody can read two ways: absolute, without "..". */
static bool path_is_plain(const char *path)
{
	for (const char *p = path; (p = strstr(p, "/..")); p++)
		if (p[3] == '/' || p[3] == '\0')
			return false;
	return path[0] == '/' && path[1];
}

static bool field_is_valid(char what, struct record *r, size_t i)
{
	if (what == 'n')
		return number(r->text[i], &r->number[i]);
	return what == 't' || path_is_plain(r->text[i]);
}

/* Splits r->line at tabs. False when it is not a record. */
static bool parse_line(struct record *r)
{
	char *rest = r->line, *name = strsep(&rest, "\t");
	const char *fields;

	for (r->kind = 0; r->kind < RECORD_KINDS; r->kind++)
		if (!strcmp(name, kinds[r->kind].name))
			break;
	r->id = strsep(&rest, "\t");
	if (r->kind == RECORD_KINDS || !r->id || !*r->id ||
	    strlen(r->id) >= RECORD_ID)
		return false;
	fields = kinds[r->kind].fields;
	for (size_t i = 0; fields[i]; i++) {
		char *text = strsep(&rest, "\t");

		if (!text || !unescape(text))
			return false;
		r->text[i] = text;
		if (!field_is_valid(fields[i], r, i))
			return false;
	}
	return !rest;
}

/* Nothing when there is no such record: it lies before the mark we read from. */
static void amend(struct record_list *list, const struct record *with)
{
	struct amendment value = { true, with->number[0], with->number[1] };

	for (size_t i = list->n; i--;) {
		struct record *r = &list->r[i];

		if (strcmp(r->id, with->id))
			continue;
		if (with->kind == RECORD_UNDONE)
			r->undone = true;
		else if (with->kind == RECORD_LOWERING)
			r->lowering = value;
		else
			r->made = value;
		return;
	}
}

void records_parse(struct record_list *list, const char *text, size_t size)
{
	const char *end;

	for (; size && (end = memchr(text, '\n', size));
	     size -= end + 1 - text, text = end + 1) {
		struct record r = { 0 };
		size_t n = end - text;

		r.line = memcpy(xalloc(n + 1), text, n);
		if (memchr(text, '\0', n) || !parse_line(&r)) {
			list->strange++;
			free(r.line);
		} else if (kinds[r.kind].amends) {
			amend(list, &r);
			free(r.line);
		} else {
			list->r = xrealloc(list->r,
					   (list->n + 1) * sizeof(*list->r));
			list->r[list->n++] = r;
		}
	}
}

void records_free(struct record_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->r[i].line);
	free(list->r);
	*list = (struct record_list){ 0 };
}

ssize_t record_header(const char *text, size_t size, struct owner *owner)
{
	const char *end = memchr(text, '\n', size < 256 ? size : 256);
	char line[256], boot[sizeof(owner->boot)];
	uint64_t start, pid_ns;
	int pid, n = 0;

	if (!end)
		return -EINVAL;
	memcpy(line, text, end - text);
	line[end - text] = '\0';
	if (sscanf(line,
		   MAGIC "\t%d\t%" SCNu64 "\t%" SCNu64 "\t%39[0-9a-f-]%n",
		   &pid, &start, &pid_ns, boot, &n) != 4 ||
	    line[n] || n != end - text || pid <= 0)
		return -EINVAL;
	*owner = (struct owner){ pid, start, pid_ns, "" };
	memcpy(owner->boot, boot, sizeof(boot));
	return end + 1 - text;
}
