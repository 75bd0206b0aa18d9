/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain matrix report, strain matrix merge: documents of matrices. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/args.h"
#include "commands/doc.h"
#include "commands/matrix.h"
#include "reports/output.h"
#include "vm-matrix/document/render.h"

/* --- what both write ------------------------------------------------------------- */

static void print_text(const json_t *doc, FILE *out)
{
	struct text_style style = text_style(out == stdout ? STDOUT_FILENO : -1);

	matrix_text(doc, &style, out);
}

static const struct {
	const char *name;
	void (*print)(const json_t *doc, FILE *out);
} formats[] = {
	{ "text", print_text }, { "html", matrix_html },   { "json", js_print },
	{ "junit", matrix_junit }, { "ktap", matrix_ktap },
};

#define FORMATS "text html json junit ktap"

static enum exit_code print_file(const json_t *doc, size_t format, const char *path)
{
	_cleanup_free_ char *why = NULL;
	struct output o;

	if (output_open(&o, path, &why))
		die(EXIT_USAGE, "%s", why);
	if (matrix_write(&o, doc, formats[format].print, &why))
		error("%s", why);
	output_close(&o);
	return why ? EXIT_BROKEN : EXIT_PASS;
}

/* --- report ------------------------------------------------------------------------ */

struct report_args {
	const char *format, *output;
};

#define REPORT(field, ...) OPTION(struct report_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option report_options[] = {
	REPORT(format, .letter = 'f', .choices = FORMATS, .def = "text", .help = "what to make of it"),
	REPORT(output, .letter = 'o', .arg = "FILE", .help = "write to a file, which appears whole, instead of standard output"),
	{}
};
/* clang-format on */

static size_t format_index(const char *name)
{
	size_t i = 0;

	while (strcmp(formats[i].name, name))
		i++;
	return i;
}

static const struct option_group report_groups[] = {
	{ "options", report_options },
	{}
};

static enum exit_code run_report(const struct command *const *all, int argc, char **argv)
{
	struct report_args report;
	struct args args = { 0 };
	enum exit_code code = EXIT_PASS;
	char *why = NULL;
	json_t *doc;

	(void)all;
	args_read(&args, report_groups, &report, argc, argv);
	if (!args.words.n)
		die(EXIT_USAGE, "which matrix? 'strain matrix report' needs its folder or document");
	args_words_max(&args, 1);
	doc = matrix_load(args.words.word[0], &why);
	if (!doc)
		die(EXIT_USAGE, "%s", why);
	if (report.output)
		code = print_file(doc, format_index(report.format), report.output);
	else
		formats[format_index(report.format)].print(doc, stdout);
	json_decref(doc);
	args_free(&args);
	return code;
}

const struct command command_matrix_report = {
	.name = "matrix report",
	.summary = "show the document of a matrix: text, a page, or for a CI system",
	.words = "FILE",
	.details = "FILE is the matrix.json that 'strain matrix run' wrote, or the folder that has it. The text has the cells, the cases that do not end the same way in all of them, and why what did not pass did not. The page has cells as columns and cases as rows. A matrix that still runs, or was killed, is shown as far as it came. The exit status is 0 when the document could be read, whatever is in it.",
	.groups = report_groups,
	.run = run_report,
};

/* --- merge -------------------------------------------------------------------------- */

struct merge_args {
	const char *output;
};

/* clang-format off */
static const struct option merge_options[] = {
	OPTION(struct merge_args, output, .letter = 'o', .arg = "FILE", .help = "the new document; the page of it is written beside it, as FILE with .html"),
	{}
};
/* clang-format on */

static json_t *load_and_merge(const struct words *paths, const char *output)
{
	json_t **docs = xalloc(paths->n * sizeof(*docs)), *merged;
	_cleanup_words_ struct words names = { 0 };
	char *why = NULL;

	for (size_t i = 0; i < paths->n; i++) {
		_cleanup_free_ char *path = matrix_path(paths->word[i]);

		docs[i] = matrix_load(path, &why);
		if (!docs[i])
			die(EXIT_USAGE, "%s", why);
		words_add(&names, path);
	}
	merged = matrix_merge(docs, (const char *const *)names.word, names.n, output, &why);
	if (!merged)
		die(EXIT_USAGE, "%s", why);
	for (size_t i = 0; i < paths->n; i++)
		json_decref(docs[i]);
	free(docs);
	return merged;
}

static char *page_path(const char *path)
{
	size_t n = strlen(path);
	bool json = n > 5 && !strcmp(path + n - 5, ".json");

	return xasprintf("%.*s.html", (int)(json ? n - 5 : n), path);
}

static const struct option_group merge_groups[] = {
	{ "options", merge_options },
	{}
};

static enum exit_code run_merge(const struct command *const *all, int argc, char **argv)
{
	struct merge_args merge;
	struct args args = { 0 };
	_cleanup_free_ char *page = NULL;
	enum exit_code code;
	json_t *doc;

	(void)all;
	args_read(&args, merge_groups, &merge, argc, argv);
	if (!args.words.n)
		die(EXIT_USAGE, "which documents? 'strain matrix merge' needs those of the shards");
	if (!merge.output)
		die(EXIT_USAGE, "option '--output' is missing: where the merged document goes");
	doc = load_and_merge(&args.words, merge.output);
	page = page_path(merge.output);
	code = print_file(doc, format_index("json"), merge.output);
	if (!code)
		code = print_file(doc, format_index("html"), page);
	if (!code) {
		print_text(doc, stdout);
		code = matrix_exit(doc);
	}
	json_decref(doc);
	args_free(&args);
	return code;
}

const struct command command_matrix_merge = {
	.name = "matrix merge",
	.summary = "join the documents of shards to one",
	.words = "FILE...",
	.details = "FILE is a document or the folder of one. The documents must be of the same matrix file. A cell that did not run in one of them is taken from another; one that ran in two with different results is a conflict, named with both documents, and nothing is written then. The exit status is that of all cells, as 'strain matrix run' would have had it.",
	.groups = merge_groups,
	.run = run_merge,
};
