/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One input to all that reads reports: the parser beside jansson's, the loader,
 * and what works with a document that was let in. Used by the fuzzer (make
 * fuzz) and to go over its corpus again (tests/unit/fuzz.c).
 */
#ifndef STRAIN_TESTS_FUZZ_REPORT_H
#define STRAIN_TESTS_FUZZ_REPORT_H

#include <stdint.h>
#include <string.h>

#include "base/msg.h"
#include "reports/compare/compare.h"
#include "reports/load.h"
#include "reports/parse.h"
#include "reports/render/render.h"
#include "reports/compare/samples.h"

/* A hash (FNV-1a), to choose by: every input has its own way, always the same. */
static uint32_t fuzz_hash(const uint8_t *data, size_t n)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ data[i]) * 16777619u;
	return hash;
}

/* Is it JSON? Both parsers say the same, but for what only one of them has
 * limits for, and for a NUL behind a number, which jansson takes for nothing. */
static bool fuzz_parse(const char *data, size_t n)
{
	struct parse_result r = { 0 };
	size_t memory = 1 << 28;
	json_error_t error;
	json_t *theirs = json_loadb(data, n, JSON_REJECT_DUPLICATES, &error);
	char *text = xalloc(n + 1);
	json_t *ours;
	bool taken;

	memcpy(text, data, n);
	ours = parse_json(text, n, NULL, &memory, &r);
	free(text);
	if (ours && !theirs)
		bug("jansson refuses: %s", error.text);
	if (!ours && json_is_object(theirs) && !r.limit && !memchr(data, 0, n))
		bug("only jansson takes it: line %zu, column %zu: %s", r.line,
		    r.column, r.wrong);
	if (ours && !json_equal(ours, theirs))
		bug("the values differ");
	taken = ours != NULL;
	json_decref(ours);
	json_decref(theirs);
	return taken;
}

static FILE *fuzz_out(void)
{
	static FILE *out;

	if (!out)
		out = fopen("/dev/null", "w");
	return out;
}

static void fuzz_render(json_t *doc, json_t *comparison, uint32_t choice)
{
	static const char *const paths[] = { "input" };
	struct render_input in = {
		.reports = &doc, .paths = paths, .n_reports = doc ? 1 : 0,
		.comparison = comparison, .comparison_path = doc ? NULL : paths[0],
		.style = { .width = 80 + choice % 40, .wrap = choice & 1,
			   .colour = choice & 2, .metrics = choice & 4 },
	};
	const struct renderer *r;
	size_t n = 0;
	char *why = NULL;
	void *opts;

	while (renderers[n])
		n++;
	r = renderers[choice / 8 % n];
	opts = xalloc(r->size + 1);
	if (r->rows)
		option_defaults(r->rows, opts);
	r->render(&in, opts, fuzz_out(), &why);
	free(why);
	free(opts);
}

/* A report and itself, or the two labels of one. */
static json_t *fuzz_compare(const json_t *doc, uint32_t choice)
{
	struct compare_options o = { .seed = 1, .force = choice & 1,
				     .allow_uncontrolled = choice & 2,
				     .setting = choice & 4, .brief = choice & 8 };
	struct compare_source source = { .path = "input", .doc = doc };
	struct compare_side side[SIDES];
	_cleanup_words_ struct words labels = { 0 };
	char *why = NULL;
	json_t *comparison;

	samples_labels(doc, &labels);
	for (int i = 0; i < SIDES; i++)
		side[i] = (struct compare_side){
			i ? "new" : "base", labels.n == 2 ? labels.word[i] : NULL,
			&source, 1
		};
	comparison = compare_reports(&side[SIDE_BASE], &side[SIDE_NEW], &o, &why);
	if (!comparison && (!why || strchr(why, '\n')))
		bug("refused without one line: %s", why ? why : "");
	free(why);
	return comparison;
}

static void fuzz_use(json_t *doc, uint32_t choice)
{
	struct compare_show show = { .all = choice & 1, .quiet = choice & 2 };
	struct text_style style = { .width = 80, .wrap = choice & 4 };
	json_t *comparison;

	if (report_is_comparison(doc)) {
		compare_text(doc, &style, &show, fuzz_out());
		fuzz_render(NULL, doc, choice);
		return;
	}
	fuzz_render(doc, NULL, choice);
	if (choice >> 16 & 1)
		return;
	comparison = fuzz_compare(doc, choice >> 8);
	if (comparison) {
		compare_text(comparison, &style, &show, fuzz_out());
		fuzz_render(doc, comparison, choice >> 17);
	}
	json_decref(comparison);
}

static void fuzz_one(const uint8_t *data, size_t n)
{
	static const enum report_part parts[] = { REPORT_METRICS, REPORT_SUMMARY,
						  REPORT_WHOLE };
	const char *text = (const char *)data;
	uint32_t choice = fuzz_hash(data, n);
	char *why = NULL;
	json_t *doc;

	/* the loader says no more of what is not even JSON, nor several lines */
	if (!fuzz_parse(text, n) && !memchr(text, '\n', n) && choice >> 24 & 7)
		return;
	doc = report_load_text(text, n, "input", parts[choice % 3], &why);
	if (!doc && (!why || strchr(why, '\n')))
		bug("refused without one line: %s", why ? why : "");
	free(why);
	if (doc)
		fuzz_use(doc, choice / 3);
	json_decref(doc);
}

#endif
