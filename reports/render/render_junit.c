/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * junit: XML as Ant's JUnit task writes it, with every member that the strict
 * schema wants, in its order; each report is a test suite. That schema has no
 * place for values of a test case, so they are in system-out, and the kernel's
 * log is the text of the failure.
 */
#include "reports/render/render.h"

#include <math.h>
#include <string.h>

#include "reports/render/results.h"

/* Where a report does not say when or where it was made. */
#define NO_TIME "1970-01-01T00:00:00"
#define NO_HOST "localhost"

/* How a status is counted and which element it is. */
static const char *const elements[RESULT_STATUSES] = {
	[RESULT_FAIL] = "failure",  [RESULT_TIMEOUT] = "failure",
	[RESULT_ERROR] = "error",   [RESULT_MISSED] = "error",
	[RESULT_SKIP] = "skipped",  [RESULT_XFAIL] = "skipped",
};

/* U+FFFE or U+FFFF: XML 1.0 does not have them, not even escaped. */
static bool no_character(const char *s)
{
	return !strncmp(s, "\xef\xbf\xbe", 3) || !strncmp(s, "\xef\xbf\xbf", 3);
}

/* Nor does it have control characters. */
static void text(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (no_character(s)) {
			fputs("\xef\xbf\xbd", out);
			s += 2;
			continue;
		}
		switch (*s) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>': /* "]]>" must not stand in text */
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc((unsigned char)*s < 0x20 ? '?' : *s, out);
		}
	}
}

static void attribute(FILE *out, const char *name, const char *value)
{
	_cleanup_free_ char *clean = text_clean(value);

	fprintf(out, " %s=\"", name);
	text(out, clean);
	fputc('"', out);
}

/* A name that readers would not take for an empty one. */
static void name_attribute(FILE *out, const char *name, const char *value)
{
	attribute(out, name, value[strspn(value, " \t\n")] ? value : "unnamed");
}

static void property(FILE *out, const char *name, const char *value)
{
	if (!*value)
		return;
	fputs("      <property", out);
	name_attribute(out, "name", name);
	attribute(out, "value", value);
	fputs("/>\n", out);
}

/* Facts under the names that xfstests gave them. */
static void report_properties(FILE *out, const json_t *report)
{
	const json_t *machine = json_object_get(report, "machine");
	const json_t *kernel = json_object_get(report, "kernel");
	_cleanup_free_ char *cpus = render_number(json_object_get(machine, "cpu.threads"));
	_cleanup_free_ char *nodes = render_number(json_object_get(machine, "memory.nodes"));
	double memory = js_get_number(machine, "memory.total", NAN);
	_cleanup_free_ char *kb = isfinite(memory) ? xasprintf("%.0f", memory / 1024) :
						     xstrdup("");

	property(out, "ARCH", text_get(kernel, "machine"));
	property(out, "KERNEL", text_get(kernel, "release"));
	property(out, "CPUS", cpus);
	property(out, "MEM_KB", kb);
	property(out, "NUMA_NODES", nodes);
	property(out, "boot_id", text_get(report, "boot_id"));
	property(out, "seed", text_get(report, "seed"));
	property(out, "strain", text_get(json_object_get(report, "tool"), "version"));
}

static void comparison_properties(FILE *out, const json_t *comparison)
{
	json_t *side;
	size_t i;

	property(out, "verdict", text_get(comparison, "verdict"));
	json_array_foreach(json_object_get(comparison, "sides"), i, side) {
		_cleanup_free_ char *name =
			xasprintf("KERNEL.%s", text_get(side, "label"));

		property(out, name, text_get(side, "kernel"));
	}
}

static void lines(FILE *out, const char *name, const struct words *w)
{
	for (size_t i = 0; i < w->n; i++) {
		if (name) {
			text(out, name);
			fputs(": ", out);
		}
		text(out, w->word[i]);
		fputc('\n', out);
	}
}

static void test_case(FILE *out, const struct result *result)
{
	const char *element = elements[result->status];

	fputs("    <testcase", out);
	/* Jenkins makes packages of dots and wants something in both */
	name_attribute(out, "name", *result->name ? result->name : result->group);
	name_attribute(out, "classname", result->group);
	fprintf(out, " time=\"%.3f\"", result->seconds);
	if (!element) {
		fputs("/>\n", out);
		return;
	}
	fprintf(out, ">\n      <%s", element);
	attribute(out, "message", result->message);
	if (strcmp(element, "skipped") != 0)
		attribute(out, "type", result->type);
	if (result->log.n && strcmp(element, "skipped") != 0) {
		fputs(">", out);
		lines(out, NULL, &result->log);
		fprintf(out, "</%s>\n", element);
	} else {
		fputs("/>\n", out);
	}
	fputs("    </testcase>\n", out);
}

static double seconds_of(const struct results *r)
{
	double seconds = js_get_number(r->doc, "seconds", 0);

	/* a sum of cases that may have run at once, when the run did not end */
	for (size_t i = 0; !(seconds > 0) && i < r->n; i++)
		seconds += r->result[i].seconds;
	return isfinite(seconds) && seconds > 0 ? seconds : 0;
}

/* When the latest of the compared runs began. */
static double newest(const json_t *comparison)
{
	json_t *side, *report;
	double last = -1;
	size_t i, k;

	json_array_foreach(json_object_get(comparison, "sides"), i, side)
		json_array_foreach(json_object_get(side, "reports"), k, report)
			last = fmax(last, js_get_number(report, "started", -1));
	return last;
}

static void suite_attributes(FILE *out, const struct results *r, size_t id,
			     bool comparison)
{
	_cleanup_free_ char *when = render_time(
		comparison ? newest(r->doc) : js_get_number(r->doc, "started", -1),
		false);

	name_attribute(out, "name", r->name);
	fprintf(out, " package=\"%s\" id=\"%zu\"",
		comparison ? "strain.compare" : "strain.run", id);
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
		r->n, r->count[RESULT_FAIL] + r->count[RESULT_TIMEOUT],
		r->count[RESULT_ERROR] + r->count[RESULT_MISSED],
		r->count[RESULT_SKIP] + r->count[RESULT_XFAIL]);
	fprintf(out, " time=\"%.3f\" timestamp=\"%s\" hostname=\"%s\"", seconds_of(r),
		*when ? when : NO_TIME, NO_HOST);
}

static void suite(FILE *out, const struct results *r, size_t id, bool comparison)
{
	fputs("  <testsuite", out);
	suite_attributes(out, r, id, comparison);
	fputs(">\n    <properties>\n", out);
	if (comparison)
		comparison_properties(out, r->doc);
	else
		report_properties(out, r->doc);
	fputs("    </properties>\n", out);
	for (size_t i = 0; i < r->n; i++)
		test_case(out, &r->result[i]);
	fputs("    <system-out>", out);
	for (size_t i = 0; i < r->n; i++) {
		const struct result *result = &r->result[i];
		_cleanup_free_ char *name =
			xasprintf("%s%s%s", result->group, *result->name ? " " : "",
				  result->name);

		lines(out, name, &result->numbers);
	}
	fputs("</system-out>\n    <system-err>", out);
	lines(out, NULL, &r->lines);
	fputs("</system-err>\n  </testsuite>\n", out);
}

static int render(const struct render_input *in, const void *opts, FILE *out,
		  char **why)
{
	(void)opts;
	(void)why;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	for (size_t i = 0; i < (in->comparison ? 1 : in->n_reports); i++) {
		struct results r = in->comparison ?
					   results_of_comparison(in->comparison) :
					   results_of_report(in->reports[i], in->paths[i]);

		suite(out, &r, i, in->comparison != NULL);
		results_free(&r);
	}
	fputs("</testsuites>\n", out);
	return 0;
}

const struct renderer render_junit = {
	.name = "junit",
	.summary = "JUnit XML, a test suite for each report",
	.render = render,
};
