/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "reports/build.h"
#include "reports/lines.h"

/* Far over what a report can become (REPORT_LIMIT_* in sink_json.h). */
#define LARGEST (1LL << 30)
/* The member at which a summary ends, as seal.c writes it. */
#define BULK_MEMBER "\"bulk\":"

static void fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

json_t *report_histogram_layout(void)
{
	return json_pack("{s:s, s:i, s:i, s:i}", "unit", "ns", "sub_bits",
			 HIST_SUB_BITS, "top_bits", HIST_TOP_BITS, "buckets",
			 HIST_BUCKETS);
}

static json_t *parse(const char *text, size_t n, char **why)
{
	json_error_t error;
	json_t *value = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);

	if (!value && why)
		*why = xasprintf("%s", error.text);
	return value;
}

struct reading {
	struct build *build;
	json_t *bulk; /* list, or NULL: not wanted */
	bool truncated;
};

/* @last: nothing follows, so that it may be cut. NULL, or what is wrong. */
static char *take(struct reading *r, const char *text, size_t n, bool last)
{
	bool cut = last && (!n || text[n - 1] != '\n');
	_cleanup_json_ json_t *value = NULL;
	char *why = NULL;

	if (!strncmp(text, BULK_START, strlen(BULK_START))) {
		r->truncated |= cut;
		if (cut || !r->bulk)
			return NULL;
		value = parse(text, n, &why);
		if (value) {
			json_object_del(value, "line");
			js_add(r->bulk, json_incref(value));
		}
		return why;
	}
	value = parse(text, n, &why);
	if (value)
		return build_line(r->build, value);
	if (!last || !build_started(r->build))
		return why;
	free(why);
	r->truncated = true;
	return NULL;
}

static bool at_end(FILE *in)
{
	int c = getc(in);

	if (c == EOF)
		return true;
	ungetc(c, in);
	return false;
}

static char *take_all(struct reading *r, FILE *in, const char *first)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0, number = 0;
	char *why = NULL;
	ssize_t n;

	if (first) {
		number = 1;
		why = take(r, first, strlen(first), at_end(in));
	}
	while (!why && (n = getline(&text, &size, in)) >= 0) {
		number++;
		why = take(r, text, n, at_end(in));
	}
	if (why) {
		char *with_line = xasprintf("line %zu: %s", number, why);

		free(why);
		return with_line;
	}
	if (ferror(in))
		return xasprintf("%s", strerror(errno));
	return build_started(r->build) ? NULL : xstrdup("it is empty");
}

json_t *report_read_lines(FILE *in, const char *first, bool whole, bool sealed,
			  char **why)
{
	struct reading r = { .build = build_new(),
			     .bulk = whole ? json_array() : NULL };
	json_t *doc;

	*why = take_all(&r, in, first);
	if (*why) {
		build_free(r.build);
		json_decref(r.bulk);
		return NULL;
	}
	doc = build_finish(r.build, sealed, r.truncated);
	if (whole) {
		json_t *bulk = json_object();

		js_set(bulk, "histogram_layout", report_histogram_layout());
		js_set(bulk, "trials", r.bulk);
		js_set(doc, "bulk", bulk);
	}
	return doc;
}

/* Is this the first line of a run's lines, not of a document? */
static bool is_run_line(const char *text, size_t n)
{
	_cleanup_json_ json_t *value = parse(text, n, NULL);

	return js_get_text(value, "line") != NULL;
}

static char *check_comparison(const json_t *doc)
{
	if (strcmp(js_get_text(doc, "schema"), COMPARISON_SCHEMA))
		return xasprintf("it is a '%.40s', this strain reads " COMPARISON_SCHEMA,
				 js_get_text(doc, "schema"));
	if (!js_get_text(doc, "verdict") ||
	    !json_is_array(json_object_get(doc, "sides")) ||
	    !json_is_array(json_object_get(doc, "metrics")))
		return xstrdup("it has no verdict, sides or metrics");
	return NULL;
}

bool report_is_comparison(const json_t *doc)
{
	const char *schema = js_get_text(doc, "schema");

	return schema && !strncmp(schema, "strain-comparison/", 18);
}

/* @any: it may be a comparison. */
static char *check_document(const json_t *doc, bool any)
{
	const char *schema = js_get_text(doc, "schema"), *id;
	json_t *o;
	size_t i;

	if (report_is_comparison(doc))
		return any ? check_comparison(doc) :
			     xstrdup("it is a comparison, not a report");
	if (!schema || strncmp(schema, "strain-report/", 14))
		return xstrdup("it is not a report of strain");
	if (strcmp(schema, REPORT_SCHEMA))
		return xasprintf("it is a '%.40s', this strain reads " REPORT_SCHEMA,
				 schema);
	if (!json_is_array(json_object_get(doc, "cases")))
		return xstrdup("it has no list of cases");
	json_array_foreach(json_object_get(doc, "cases"), i, o) {
		id = js_get_text(o, "id");
		if (!id || !js_get_text(o, "outcome"))
			return xasprintf("case %zu has no id or outcome", i);
	}
	return NULL;
}

/* @text has the first line already. */
static json_t *read_document(FILE *in, struct str *text, bool whole, bool any,
			     char **why)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	json_t *doc;
	ssize_t n;

	while ((n = getline(&line, &size, in)) >= 0) {
		if (!whole && !strncmp(line, BULK_MEMBER, strlen(BULK_MEMBER)) &&
		    text->len > 1 && text->buf[text->len - 2] == ',') {
			text->len -= 2;
			str_add(text, "}");
			break;
		}
		str_add_n(text, line, n);
	}
	if (ferror(in)) {
		*why = xstrdup(strerror(errno));
		return NULL;
	}
	doc = parse(text->buf, text->len, why);
	if (!doc)
		return NULL;
	*why = check_document(doc, any);
	if (*why) {
		json_decref(doc);
		return NULL;
	}
	if (!whole)
		json_object_del(doc, "bulk");
	return doc;
}

static json_t *read_report(FILE *in, bool whole, bool any, char **why)
{
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	ssize_t n = getline(&line, &size, in);

	if (n < 0) {
		*why = xstrdup(ferror(in) ? strerror(errno) : "it is empty");
		return NULL;
	}
	if (is_run_line(line, n))
		return report_read_lines(in, line, whole, false, why);
	str_add_n(&text, line, n);
	return read_document(in, &text, whole, any, why);
}

static FILE *open_report(const char *path, char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		*why = xstrdup(strerror(errno));
	} else if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode)) {
		*why = xstrdup("it is not a file");
	} else if (st.st_size > LARGEST) {
		*why = xstrdup("it is too large for a report");
	} else {
		return fdopen(fd, "r");
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

static json_t *load(const char *path, bool whole, bool any, char **why)
{
	char *reason = NULL;
	FILE *in __attribute__((cleanup(fclosep))) = open_report(path, &reason);
	json_t *doc = in ? read_report(in, whole, any, &reason) : NULL;

	if (!doc) {
		*why = xasprintf("cannot read '%s': %s", path, reason);
		free(reason);
	}
	return doc;
}

json_t *report_load(const char *path, enum report_part part, char **why)
{
	return load(path, part == REPORT_WHOLE, false, why);
}

json_t *report_load_any(const char *path, enum report_part part, char **why)
{
	return load(path, part == REPORT_WHOLE, true, why);
}
