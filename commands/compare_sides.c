/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/compare_sides.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/msg.h"
#include "commands/args.h"
#include "reports/load.h"
#include "reports/compare/samples.h"

#define AGAINST "--against"

/* --- words ------------------------------------------------------------------- */

static bool is_against(const char *word)
{
	size_t n = strlen(AGAINST);

	return !strncmp(word, AGAINST, n) && (!word[n] || word[n] == '=');
}

size_t compare_sides_parse(struct args *a, int argc, char **argv, bool *against)
{
	size_t n_base = 0;
	int from = 0, to;

	*against = false;
	do {
		for (to = from + 1; to < argc && !is_against(argv[to]); to++)
			;
		if (from && argv[from][strlen(AGAINST)])
			words_add(&a->words, argv[from] + strlen(AGAINST) + 1);
		args_parse(a, to - from, argv + from);
		if (!from)
			n_base = a->words.n;
		*against |= to < argc;
		from = to;
	} while (to < argc);
	return n_base;
}

/* --- files and directories --------------------------------------------------- */

static int is_report(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 && !strcmp(d->d_name + n - 5, ".json");
}

static void add_directory(struct words *paths, const char *path)
{
	struct dirent **list;
	int n = scandir(path, &list, is_report, alphasort);

	if (n < 0)
		die(EXIT_USAGE, "cannot read '%s': %s", path, strerror(errno));
	if (!n)
		die(EXIT_USAGE, "'%s' has no reports: no file ends in '.json'", path);
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *file = xasprintf("%s/%s", path, list[i]->d_name);

		words_add(paths, file);
		free(list[i]);
	}
	free(list);
}

void compare_sides_add(struct words *paths, const char *path)
{
	struct stat st;

	if (!strcmp(path, "-"))
		words_add(paths, "/dev/stdin");
	else if (stat(path, &st))
		die(EXIT_USAGE, "cannot read '%s': %s", path, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		add_directory(paths, path);
	else
		words_add(paths, path);
}

static void set_sources(struct compare_sides *s, int side)
{
	const struct words *paths = &s->path[side];

	s->source[side] = xalloc(paths->n * sizeof(*s->source[side]));
	for (size_t i = 0; i < paths->n; i++)
		s->source[side][i].path = paths->word[i];
	s->side[side].source = s->source[side];
	s->side[side].n = paths->n;
}

/* --- labels ------------------------------------------------------------------ */

/* When each label was there first. */
struct label_times {
	double *first;
};

/* Did strain ab write the report? Then the sides differ on purpose. */
static void look_into(struct compare_sides *s, const char *path, struct label_times *times)
{
	_cleanup_json_ json_t *doc = NULL;
	_cleanup_words_ struct words labels = { 0 };
	char *why = NULL;
	double started;

	doc = report_load(path, REPORT_METRICS, &why);
	if (!doc)
		die(EXIT_USAGE, "%s", why);
	started = js_get_number(doc, "started", 0);
	samples_labels(doc, &labels);
	for (size_t i = 0; i < labels.n; i++) {
		size_t k;

		for (k = 0; k < s->labels.n && strcmp(s->labels.word[k], labels.word[i]); k++)
			;
		if (k == s->labels.n) {
			words_add(&s->labels, labels.word[i]);
			times->first = xrealloc(times->first, s->labels.n * sizeof(double));
			times->first[k] = started;
		}
		times->first[k] = started < times->first[k] ? started : times->first[k];
	}
	s->setting |= json_object_get(doc, "sides") != NULL;
}

/* The base is the label that was there first; in one report, that comes first. */
static void find_labels(struct compare_sides *s)
{
	struct label_times times = { 0 };
	char *word;

	for (size_t i = 0; i < s->path[0].n; i++)
		look_into(s, s->path[0].word[i], &times);
	if (s->labels.n == 2 && times.first[1] < times.first[0]) {
		word = s->labels.word[0];
		s->labels.word[0] = s->labels.word[1];
		s->labels.word[1] = word;
	}
	free(times.first);
}

/* Reports in which cases have labels: these are the sides. */
static void set_labels(struct compare_sides *s, const char *labels)
{
	find_labels(s);
	if (labels) {
		words_free(&s->labels);
		s->labels = (struct words){ 0 };
		words_split(&s->labels, labels, ",");
		if (s->labels.n != 2 || !strcmp(s->labels.word[0], s->labels.word[1]))
			die(EXIT_USAGE, "option '--labels' needs two labels, as in 'before,after'");
	} else if (s->labels.n != 2) {
		die(EXIT_USAGE, "there is one side only: name the other behind '--against', or two labels by '--labels'");
	}
	for (size_t i = 0; i < s->path[0].n; i++)
		words_add(&s->path[1], s->path[0].word[i]);
	for (int side = 0; side < 2; side++)
		s->side[side].label = s->side[side].pick = s->labels.word[side];
}

void compare_sides_open(struct compare_sides *s, char *const *words, size_t n_base,
			size_t n, bool against, const char *labels)
{
	*s = (struct compare_sides){ .side = { { .label = "base" }, { .label = "new" } } };
	if (!n_base)
		die(EXIT_USAGE, "what is to be compared? 'strain compare BASE... --against NEW...'");
	if (against && labels)
		die(EXIT_USAGE, "options '--against' and '--labels' exclude each other");
	if (against && n == n_base)
		die(EXIT_USAGE, "option '--against' needs a report or a directory");
	for (size_t i = 0; i < n; i++)
		compare_sides_add(&s->path[i >= n_base], words[i]);
	if (!against)
		set_labels(s, labels);
	for (int side = 0; side < 2; side++)
		set_sources(s, side);
}

void compare_sides_close(struct compare_sides *s)
{
	for (int side = 0; side < 2; side++) {
		words_free(&s->path[side]);
		free(s->source[side]);
	}
	words_free(&s->labels);
}

void compare_say_empty(const json_t *doc, const char *none)
{
	const json_t *refused = json_object_get(doc, "refused");
	const json_t *first = json_array_get(refused, 0);

	if (json_array_size(json_object_get(doc, "metrics")) ||
	    json_array_size(json_object_get(doc, "outcomes")))
		return;
	if (first)
		error("cannot compare '%s': %s%s", js_get_text(first, "case"),
		      js_get_text(first, "reason"),
		      json_array_size(refused) > 1 ? ", and others" : "");
	else
		error("nothing to compare: %s", none);
}
