/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/build.h"

#include <string.h>

#include "base/msg.h"
#include "reports/check.h"
#include "reports/lines.h"

struct build {
	json_t *doc, *cases, *log, *notes; /* the last three belong to .doc */
	bool ended;
};

struct build *build_new(void)
{
	struct build *b = xalloc(sizeof(*b));

	b->doc = json_object();
	b->cases = json_array();
	b->log = json_array();
	b->notes = json_array();
	return b;
}

bool build_started(const struct build *b)
{
	return json_object_size(b->doc) > 0;
}

static char *take_run(struct build *b, const json_t *line)
{
	const char *schema = js_get_text(line, "schema");
	static const char *const keys[] = {
		"sides",    "pairing",	  "tool",	    "command", "seed",	 "started", "boot_id",
		"plan",	    "settings", "machine", "kernel",  "sysctl",
		"libraries", "environment", "sides", "pairing",
	};

	if (build_started(b))
		return xstrdup("a second run begins");
	if (!schema || strcmp(schema, REPORT_SCHEMA))
		return xasprintf("schema '%.40s' is not " REPORT_SCHEMA,
				 schema ? schema : "");
	js_set(b->doc, "schema", js_text(REPORT_SCHEMA));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		js_copy(b->doc, line, keys[i]);
	return NULL;
}

/* The case that @line is about, or NULL. */
static json_t *case_of(const struct build *b, const json_t *line)
{
	const json_t *index = json_object_get(line, "case");

	if (!json_is_integer(index) || json_integer_value(index) < 0)
		return NULL;
	return json_array_get(b->cases, json_integer_value(index));
}

/* Copies, since results are added to them. */
static json_t *checks_to_add_to(const json_t *defined)
{
	json_t *checks = json_array(), *check;
	size_t i;

	json_array_foreach(defined, i, check) {
		if (!js_get_text(check, "id"))
			continue;
		check = json_copy(check);
		js_set(check, "evaluated", json_integer(0));
		js_set(check, "failed", json_integer(0));
		js_add(checks, check);
	}
	return checks;
}

static char *take_case(struct build *b, const json_t *line)
{
	const json_t *index = json_object_get(line, "case");
	json_t *o, *defined, *metric;
	const char *key;
	json_t *value;
	size_t i;

	if (!json_is_integer(index) ||
	    json_integer_value(index) != (json_int_t)json_array_size(b->cases))
		return xstrdup("cases are not numbered from 0");
	if (json_array_size(json_object_get(line, "checks")) > CHECK_METRICS)
		return xstrdup("a case with too many checks");
	o = json_object();
	json_object_foreach((json_t *)line, key, value)
		if (!word_in("line metrics checks", key))
			js_set(o, key, json_incref(value));
	js_set(o, "checks", checks_to_add_to(json_object_get(line, "checks")));
	js_set(o, "metrics", json_array());
	js_set(o, "trials", json_array());
	/* until a result is added: what there is to measure */
	defined = json_object();
	json_array_foreach(json_object_get(line, "metrics"), i, metric)
		if (js_get_text(metric, "id"))
			js_set(defined, js_get_text(metric, "id"), json_incref(metric));
	js_set(o, "defined", defined);
	js_add(b->cases, o);
	return NULL;
}

static char *take_skip(struct build *b, const json_t *line)
{
	json_t *o = case_of(b, line);

	if (!o)
		return xstrdup("it is about no case");
	js_set(o, "outcome", js_text("skip"));
	js_copy(o, line, "reason");
	js_copy(o, line, "remedy");
	return NULL;
}

static char *take_trial(struct build *b, const json_t *line)
{
	json_t *results = json_object_get(line, "cases"), *result, *record;
	size_t i;

	if (!json_is_array(results))
		return xstrdup("a trial without cases");
	json_array_foreach(results, i, result)
		if (!case_of(b, result) || !js_get_text(result, "outcome"))
			return xstrdup("a trial of an unknown case or without outcome");
	json_array_foreach(results, i, result) {
		if (!build_fits(case_of(b, result), result))
			return xstrdup("too many metrics for so many trials");
		build_add_trial(case_of(b, result), line, result);
	}
	json_array_foreach(json_object_get(line, "kernel_log"), i, record) {
		json_t *copied = json_object();

		js_copy(copied, line, "order");
		if (json_is_object(record))
			json_object_update(copied, record);
		js_add(b->log, copied);
	}
	return NULL;
}

static char *take_note(struct build *b, const json_t *line)
{
	if (!js_get_text(line, "text"))
		return xstrdup("a note without text");
	js_add(b->notes, json_incref(json_object_get(line, "text")));
	return NULL;
}

static char *take_end(struct build *b, const json_t *line)
{
	static const char *const keys[] = { "seconds", "interrupted", "exit_code",
					    "left_behind", "unrecorded_trials" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		js_copy(b->doc, line, keys[i]);
	b->ended = true;
	return NULL;
}

char *build_line(struct build *b, const json_t *line)
{
	static const struct {
		const char *kind;
		char *(*take)(struct build *b, const json_t *line);
	} kinds[] = {
		{ "run", take_run },	 { "case", take_case },
		{ "skip", take_skip },	 { "trial", take_trial },
		{ "note", take_note },	 { "end", take_end },
	};
	const char *kind = js_get_text(line, "line");

	if (!kind)
		return xstrdup("it is not a line of a report");
	if (!build_started(b) && strcmp(kind, "run"))
		return xstrdup("it is not the first line of a report");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].kind, kind))
			return kinds[i].take(b, line);
	return NULL; /* of a later minor version */
}

/* The run's outcome in a word; the exit codes are those of base/msg.h. */
static const char *run_outcome(const struct build *b)
{
	static const struct {
		int code;
		const char *word;
	} words[] = {
		{ EXIT_PASS, "pass" },	   { EXIT_FAIL, "fail" },
		{ EXIT_USAGE, "broken" },  { EXIT_REGRESSED, "regressed" },
		{ EXIT_BROKEN, "broken" }, { EXIT_ALL_SKIPPED, "skip" },
		{ EXIT_HANG, "hang" },	   { EXIT_INCONCLUSIVE, "inconclusive" },
		{ EXIT_INTERRUPTED, "interrupted" },
	};
	double code = js_get_number(b->doc, "exit_code", -1);

	for (size_t i = 0; b->ended && i < ARRAY_SIZE(words); i++)
		if (words[i].code == code)
			return words[i].word;
	return "incomplete";
}

/* What a reader wants first; members that are not named here come last. */
static void arrange(json_t *o, const char *const *order, size_t n)
{
	json_t *rest = json_copy(o);

	json_object_clear(o);
	for (size_t i = 0; i < n; i++)
		js_copy(o, rest, order[i]);
	json_object_update_missing(o, rest);
	json_decref(rest);
}

static const char *const case_order[] = {
	"id", "label",  "case", "outcome", "reason", "remedy", "shared_blame",
	"known_issue",
};

/* "bulk" is added after all of them. */
static const char *const document_order[] = {
	"schema",   "sealed",	   "truncated",	  "outcome", "exit_code",
	"interrupted", "counts",   "left_behind", "unrecorded_trials",
	"sides",    "pairing",	  "tool",	    "command",	   "seed",	  "started", "seconds",
	"boot_id",  "plan",	   "settings",	  "kernel",  "machine",
	"sysctl",   "libraries",   "environment", "cases",   "kernel_log",
	"notes",
};

/* A case that no trial reached did not pass. */
static void finish_cases(struct build *b, json_t *counts)
{
	json_t *o;
	size_t i;

	for (i = 0; build_outcomes[i]; i++)
		js_set(counts, build_outcomes[i], json_integer(0));
	json_array_foreach(b->cases, i, o) {
		const char *outcome = js_get_text(o, "outcome");

		json_object_del(o, "defined");
		if (!outcome) {
			js_set(o, "outcome", js_text("interrupted"));
			js_set(o, "reason", js_text("the run ended before its turn"));
			outcome = "interrupted";
		}
		arrange(o, case_order, ARRAY_SIZE(case_order));
		js_set(counts, outcome,
		       js_number(js_get_number(counts, outcome, 0) + 1));
	}
}

json_t *build_finish(struct build *b, bool sealed, bool truncated)
{
	json_t *counts = json_object(), *doc = b->doc;

	finish_cases(b, counts);
	js_set(doc, "sealed", json_boolean(sealed));
	js_set_true(doc, "truncated", truncated);
	js_set(doc, "outcome", js_text(run_outcome(b)));
	js_set(doc, "counts", counts);
	js_set(doc, "cases", b->cases);
	js_set(doc, "kernel_log", b->log);
	js_set(doc, "notes", b->notes);
	free(b);
	arrange(doc, document_order, ARRAY_SIZE(document_order));
	return doc;
}

void build_free(struct build *b)
{
	if (!b)
		return;
	json_decref(b->doc);
	json_decref(b->cases);
	json_decref(b->log);
	json_decref(b->notes);
	free(b);
}
