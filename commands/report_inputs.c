/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/report_inputs.h"

#include <string.h>

#include "base/msg.h"
#include "commands/compare_sides.h"
#include "reports/compare/floor.h"
#include "reports/load.h"
#include "reports/compare/samples.h"

static enum report_part part_of(const struct report_request *r)
{
	return r->bulk ? REPORT_WHOLE : REPORT_SUMMARY;
}

static void add(struct report_inputs *in, const char *path, json_t *doc)
{
	in->reports = xrealloc(in->reports, (in->n + 1) * sizeof(*in->reports));
	in->paths = xrealloc(in->paths, (in->n + 1) * sizeof(*in->paths));
	in->reports[in->n] = doc;
	in->paths[in->n++] = xstrdup(path);
}

/* --- documents as they are --------------------------------------------------- */

static void read_file(struct report_inputs *in, const char *path,
		      enum report_part part)
{
	const char *real = strcmp(path, "-") ? path : "/dev/stdin";
	char *why = NULL;
	json_t *doc = report_load_any(real, part, &why);

	if (!doc)
		die(EXIT_USAGE, "%s", why);
	if (!report_is_comparison(doc)) {
		add(in, path, doc);
		return;
	}
	if (in->comparison)
		die(EXIT_USAGE, "'%s' and '%s' are both comparisons; one at a time",
		    in->comparison_path, path);
	in->comparison = doc;
	in->comparison_path = path;
}

/* --- a comparison made of them ----------------------------------------------- */

/* The reports of the sides, read once for renderer and comparison. */
static void read_sides(struct report_inputs *in, struct compare_sides *s,
		       enum report_part part)
{
	char *why = NULL;

	/* where labels are the sides the files of both are the same */
	for (int side = 0; side < (s->setting ? 1 : SIDES); side++) {
		for (size_t i = 0; i < s->path[side].n; i++) {
			const char *path = s->path[side].word[i];
			json_t *doc = report_load(path, part, &why);

			if (!doc)
				die(EXIT_USAGE, "%s", why);
			add(in, path, doc);
			s->source[side][i].doc = doc;
			if (s->setting)
				s->source[SIDE_NEW][i].doc = doc;
		}
		if (!side && !s->setting)
			in->n_base = in->n;
	}
}

static void compare(struct report_inputs *in, const struct report_request *r)
{
	struct floor floor = { 0 };
	struct compare_options o = { .seed = 1, .floor = floor_use(&floor) };
	struct compare_sides sides;
	char *why = NULL;

	compare_sides_open(&sides, r->path, r->against ? r->n_base : r->n, r->n,
			   r->against, r->labels);
	o.setting = sides.setting;
	if (r->sides || r->bulk)
		read_sides(in, &sides, part_of(r));
	in->comparison = compare_reports(&sides.side[SIDE_BASE], &sides.side[SIDE_NEW],
					 &o, &why);
	if (!in->comparison)
		die(EXIT_USAGE, "%s", why);
	compare_sides_close(&sides);
	floor_free(&floor);
}

/* A report of strain ab is a comparison of its two labels. */
static void compare_labels(struct report_inputs *in)
{
	struct floor floor = { 0 };
	struct compare_options o = { .seed = 1, .setting = true, .floor = floor_use(&floor) };
	struct compare_source source = { .path = in->paths[0], .doc = in->reports[0] };
	struct compare_side side[SIDES];
	_cleanup_words_ struct words labels = { 0 };
	char *why = NULL;

	samples_labels(in->reports[0], &labels);
	if (labels.n != 2)
		return;
	for (int i = 0; i < SIDES; i++)
		side[i] = (struct compare_side){ labels.word[i], labels.word[i],
						 &source, 1 };
	in->comparison = compare_reports(&side[SIDE_BASE], &side[SIDE_NEW], &o, &why);
	if (!in->comparison)
		die(EXIT_USAGE, "%s", why);
	floor_free(&floor);
}

void report_inputs_read(struct report_inputs *in, const struct report_request *r)
{
	*in = (struct report_inputs){ 0 };
	if (r->against || r->labels) {
		compare(in, r);
		return;
	}
	for (size_t i = 0; i < r->n; i++)
		read_file(in, r->path[i], part_of(r));
	if (in->n == 1 && !in->comparison && !r->apart)
		compare_labels(in);
}

void report_inputs_free(struct report_inputs *in)
{
	for (size_t i = 0; i < in->n; i++) {
		json_decref(in->reports[i]);
		free(in->paths[i]);
	}
	free(in->reports);
	free(in->paths);
	json_decref(in->comparison);
}
