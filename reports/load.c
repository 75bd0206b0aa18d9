/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/load.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "reports/check.h"
#include "reports/load_parts.h"
#include "reports/source.h"
#include "reports/text.h"

/* Memory for values: far over what a report can become. */
#define MEMORY (1ULL << 30)
#define MEMORY_WHOLE (4ULL << 30)

/* As seal.c writes it; a summary ends here when the file ends as it should. */
#define BULK_MEMBER ",\n\"bulk\": {\n\"histogram_layout\": "
#define BULK_END "\n]}\n}\n"
#define CHUNK (16 * 1024)

/* What is passed over in a document. */
static const struct parse_skip metrics_only[] = {
	{ 1, "bulk kernel_log" },
	{ 3, "checks tags" },
	{ 5, LOAD_TRIAL_DETAILS " mins maxs" },
	{ 6, LOAD_KERNEL_DETAILS },
	{}
};
static const struct parse_skip no_bulk[] = { { 1, "bulk" }, {} };

struct load load_begin(enum report_part part)
{
	uint64_t memory = part == REPORT_WHOLE ? MEMORY_WHOLE : MEMORY;

	return (struct load){
		.part = part,
		.memory = memory < SIZE_MAX / 2 ? memory : SIZE_MAX / 2,
		.line = 1,
	};
}

json_t *load_value(struct load *l, const struct parse_skip *skip, char *text,
		   size_t n, char **why)
{
	struct parse_result r;
	json_t *value = parse_json(text, n, skip, &l->memory, &r);

	if (value)
		return value;
	l->over = r.limit;
	*why = xasprintf("line %zu, column %zu: %s%s%.*s%s", l->line + r.line - 1,
			 r.column, r.wrong, *r.near ? ": '" : "",
			 (int)strcspn(r.near, "\r\n"), r.near, *r.near ? "'" : "");
	return NULL;
}

/* --- documents ---------------------------------------------------------------- */

bool report_is_comparison(const json_t *doc)
{
	const char *schema = js_get_text(doc, "schema");

	return schema && !strncmp(schema, "strain-comparison/", 18);
}

/* Is the bulk data behind the text? Then the text becomes whole without it. */
static bool stop_at_bulk(const struct source *s, struct str *text, size_t from)
{
	size_t back = from < strlen(BULK_MEMBER) ? from : strlen(BULK_MEMBER);
	char *bulk;

	from -= back;
	bulk = memmem(text->buf + from, text->len - from, BULK_MEMBER,
		      strlen(BULK_MEMBER));
	if (!bulk || !source_ends_with(s, BULK_END, strlen(BULK_END)))
		return false;
	text->len = bulk - text->buf;
	str_add(text, "}");
	return true;
}

/* All of it, or up to the bulk data. */
static char *read_text(struct source *s, struct str *text, bool bulk)
{
	char chunk[CHUNK];
	size_t n;

	if (!bulk && stop_at_bulk(s, text, 0))
		return NULL;
	while ((n = fread(chunk, 1, CHUNK, s->in)) > 0) {
		str_add_n(text, chunk, n);
		if (!bulk && stop_at_bulk(s, text, text->len - n))
			return NULL;
	}
	return ferror(s->in) ? xstrdup(strerror(errno)) : NULL;
}

/* @text has the first line already. */
static json_t *read_document(struct load *l, struct source *s, struct str *text,
			     char **why)
{
	const struct parse_skip *skip = l->part == REPORT_WHOLE	  ? NULL :
					l->part == REPORT_METRICS ? metrics_only :
								    no_bulk;

	*why = read_text(s, text, l->part == REPORT_WHOLE);
	return *why ? NULL : load_value(l, skip, text->buf, text->len, why);
}

/* --- what comes in -------------------------------------------------------------- */

/* What a file begins with that is not even JSON, as far as people mix them up. */
static const struct {
	const char *start, *says;
} others[] = {
	{ "\xef\xbb\xbf", "it begins with a byte order mark" },
	{ "\xff\xfe", "it is UTF-16, not UTF-8" },
	{ "\xfe\xff", "it is UTF-16, not UTF-8" },
	{ "\x1f\x8b", "it is compressed with gzip" },
	{ "\xfd" "7z", "it is compressed with xz" },
	{ "\x28\xb5\x2f\xfd", "it is compressed with zstd" },
};

/* Told by the first byte, so that little is read of what is no report. */
static char *not_json(FILE *in)
{
	int first = getc(in);
	char start[5] = { 0 };

	if (first == EOF)
		return xstrdup(ferror(in) ? strerror(errno) : "it is empty");
	ungetc(first, in);
	if (strchr(" \t\r\n{", first) && first)
		return NULL;
	if (!fgets(start, sizeof(start), in))
		start[0] = 0;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strncmp(start, others[i].start, strlen(others[i].start)))
			return xstrdup(others[i].says);
	if (first > ' ' && first < 0x7f)
		return xasprintf("line 1: it is not a report of strain: it begins with '%c'",
				 first);
	return xasprintf("line 1: it is not a report of strain: it begins with byte 0x%02x",
			 (unsigned)first);
}

static json_t *read_report(struct load *l, struct source *s, char **why)
{
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	ssize_t n;

	*why = not_json(s->in);
	if (*why)
		return NULL;
	n = getline(&line, &size, s->in);
	if (n < 0) {
		*why = xstrdup(strerror(errno));
		return NULL;
	}
	if (load_is_line(line, n))
		return load_lines(l, s->in, line, n, false, why);
	str_add_n(&text, line, n);
	return read_document(l, s, &text, why);
}

/* @any: it may be a comparison. */
static char *check(const json_t *doc, bool any)
{
	if (!report_is_comparison(doc))
		return check_report(doc);
	return any ? check_comparison(doc) :
		     xstrdup("it is a comparison, not a report of a run");
}

/* Closes @s; @failed: it could not be opened, for @reason. */
static json_t *load(struct source *s, bool failed, char *reason, const char *name,
		    enum report_part part, bool any, char **why)
{
	struct load l = load_begin(part);
	json_t *doc = failed ? NULL : read_report(&l, s, &reason);
	_cleanup_free_ char *line = NULL;

	source_close(s);
	if (doc) {
		reason = check(doc, any);
		if (!reason)
			return doc;
		json_decref(doc);
	}
	line = xasprintf("cannot read '%s': %s", name, reason);
	*why = text_clean(line);
	free(reason);
	return NULL;
}

static json_t *load_file(const char *path, enum report_part part, bool any, char **why)
{
	char *reason = NULL;
	struct source s;
	bool failed = source_open(&s, path, &reason);

	return load(&s, failed, reason, path, part, any, why);
}

json_t *report_load(const char *path, enum report_part part, char **why)
{
	return load_file(path, part, false, why);
}

json_t *report_load_any(const char *path, enum report_part part, char **why)
{
	return load_file(path, part, true, why);
}

json_t *report_load_text(const char *text, size_t n, const char *name,
			 enum report_part part, char **why)
{
	char *reason = NULL;
	struct source s;
	bool failed = source_open_text(&s, text, n, &reason);

	return load(&s, failed, reason, name, part, true, why);
}
