/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run's lines, to the document that they amount to. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "core/hist.h"
#include "reports/build.h"
#include "reports/lines.h"
#include "reports/load_parts.h"

#define TRIAL_START "{\"line\":\"trial\","
/* Bytes in which the first line has said that it is one. */
#define SAID_BY 256

/* What REPORT_METRICS does without, in the line of a trial. */
static const struct parse_skip metrics_only[] = {
	{ 1, "kernel_log" },
	{ 2, LOAD_KERNEL_DETAILS },
	{ 3, LOAD_TRIAL_DETAILS " checks" },
	{ 5, "min max" },
	{}
};

struct reading {
	struct load *load;
	struct build *build;
	json_t *bulk; /* list, or NULL: not wanted */
	bool truncated;
};

json_t *report_histogram_layout(void)
{
	return json_pack("{s:s, s:i, s:i, s:i}", "unit", "ns", "sub_bits",
			 HIST_SUB_BITS, "top_bits", HIST_TOP_BITS, "buckets",
			 HIST_BUCKETS);
}

bool load_is_line(const char *text, size_t n)
{
	const char *name = memmem(text, n < SAID_BY ? n : SAID_BY, "\"line\":", 7);

	return name && name > text && strchr("{, ", name[-1]);
}

static bool starts_with(const char *text, size_t n, const char *start)
{
	return n >= strlen(start) && !memcmp(text, start, strlen(start));
}

static char *take_bulk(struct reading *r, char *text, size_t n, bool cut)
{
	json_t *value;
	char *why = NULL;

	r->truncated |= cut;
	if (cut || !r->bulk)
		return NULL;
	value = load_value(r->load, NULL, text, n, &why);
	if (value) {
		json_object_del(value, "line");
		js_add(r->bulk, value);
	}
	return why;
}

static char *add_line(struct reading *r, const json_t *value)
{
	_cleanup_free_ char *why = build_line(r->build, value);

	return why ? xasprintf("line %zu: %s", r->load->line, why) : NULL;
}

/* @last: nothing follows, so that it may be cut. NULL, or what is wrong. */
static char *take(struct reading *r, char *text, size_t n, bool last)
{
	bool cut = last && (!n || text[n - 1] != '\n'), trial;
	_cleanup_json_ json_t *value = NULL;
	char *why = NULL;

	if (starts_with(text, n, BULK_START))
		return take_bulk(r, text, n, cut);
	trial = starts_with(text, n, TRIAL_START);
	value = load_value(r->load,
			   trial && r->load->part == REPORT_METRICS ? metrics_only : NULL,
			   text, n, &why);
	if (value)
		return add_line(r, value);
	if (!last || r->load->over || !build_started(r->build))
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

static char *take_all(struct reading *r, FILE *in, char *first, size_t length)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	char *why = NULL;
	ssize_t n;

	if (first) {
		why = take(r, first, length, at_end(in));
		r->load->line++;
	}
	while (!why && (n = getline(&text, &size, in)) >= 0) {
		why = take(r, text, n, at_end(in));
		r->load->line++;
	}
	if (why)
		return why;
	if (ferror(in))
		return xstrdup(strerror(errno));
	return build_started(r->build) ? NULL : xstrdup("it is empty");
}

json_t *load_lines(struct load *l, FILE *in, char *first, size_t n, bool sealed,
		   char **why)
{
	bool whole = l->part == REPORT_WHOLE;
	struct reading r = { .load = l, .build = build_new(),
			     .bulk = whole ? json_array() : NULL };
	json_t *doc;

	*why = take_all(&r, in, first, n);
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

json_t *report_read_lines(FILE *in, bool sealed, char **why)
{
	struct load l = load_begin(REPORT_SUMMARY);

	l.memory = SIZE_MAX; /* it was written, so it can be read */
	return load_lines(&l, in, NULL, 0, sealed, why);
}
