/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain report: reports and comparisons in other formats (reports/render/render.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/args.h"
#include "commands/compare_sides.h"
#include "commands/doc.h"
#include "commands/report_inputs.h"
#include "reports/output.h"

struct report_args {
	const char *against, *labels, *output;
	bool apart;
};

#define REPORT(field, ...) OPTION(struct report_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option report_options[] = {
	REPORT(against, .many = true, .arg = "NEW", .help = "compare with these reports or directories first; words that follow are of that side too"),
	REPORT(labels, .arg = "A,B", .help = "compare the cases that have these labels first"),
	REPORT(apart, .help = "show a report with two labels as the run that it is; without it the labels are compared"),
	REPORT(output, .letter = 'o', .arg = "FILE",
	       .help = "write to this file, which appears whole under its name"),
	{}
};
/* clang-format on */

static enum exit_code list_formats(void)
{
	_cleanup_str_ struct str out = STR_INIT;

	doc_columns(text_terminal(STDOUT_FILENO));
	for (size_t i = 0; renderers[i]; i++)
		doc_text.row(&out, renderers[i]->name, renderers[i]->summary);
	return doc_stdout(out.buf);
}

static const struct renderer *find_format(const char *name)
{
	const struct renderer *r = renderer_find(name);
	struct nearest near = { .wanted = name };

	if (r)
		return r;
	for (size_t i = 0; renderers[i]; i++)
		nearest_offer(&near, renderers[i]->name);
	if (near.best)
		die(EXIT_USAGE, "there is no format '%s', did you mean '%s'?", name,
		    near.best);
	die(EXIT_USAGE, "there is no format '%s'; 'strain report' lists them", name);
}

/* --- options ----------------------------------------------------------------- */

/* The command's table, then one for each renderer; @n of them. To free. */
static struct args_table *make_tables(struct report_args *values, size_t *n)
{
	struct args_table *tables;
	size_t formats = 0;

	while (renderers[formats])
		formats++;
	tables = xalloc((formats + 1) * sizeof(*tables));
	tables[0] = (struct args_table){ .rows = report_options, .values = values };
	option_defaults(report_options, values);
	for (size_t i = 0; i < formats; i++)
		tables[i + 1] = (struct args_table){ .rows = renderers[i]->rows,
						     .size = renderers[i]->size };
	*n = formats + 1;
	return tables;
}

static void free_tables(struct args_table *tables, size_t n)
{
	for (size_t i = 1; i < n; i++)
		free(tables[i].values);
	free(tables);
}

/* The values for @r; an option of another format is refused. */
static const void *format_options(const struct args *a, const struct renderer *r)
{
	struct args_table *own = NULL;

	for (size_t i = 1; i < a->n_tables; i++)
		if (renderers[i - 1] == r)
			own = &a->tables[i];
	for (size_t i = 0; i < a->n; i++) {
		const struct args_table *t = a->arg[i].table;
		char name[OPTION_NAME];

		if (t == own || t == a->tables)
			continue;
		die(EXIT_USAGE, "option '--%s' is one of format '%s', not of '%s'",
		    option_name(a->arg[i].row, name),
		    renderers[t - a->tables - 1]->name, r->name);
	}
	if (own->rows && !own->values) {
		own->values = xalloc(own->size);
		option_defaults(own->rows, own->values);
	}
	return own->values;
}

/* --- result ------------------------------------------------------------------ */

#define UNFIT (-EINVAL) /* the format cannot show these reports */

struct rendering {
	const struct renderer *renderer;
	const struct render_input *in;
	const void *opts;
};

static int print(const void *what, FILE *out, char **why)
{
	const struct rendering *r = what;

	return r->renderer->render(r->in, r->opts, out, why) ? UNFIT : 0;
}

static enum exit_code write_to(const struct rendering *r, const char *path)
{
	_cleanup_free_ char *why = NULL;
	struct output o;
	int err;

	if (!path) {
		err = print(r, stdout, &why);
	} else {
		if (output_open(&o, path, &why))
			die(EXIT_USAGE, "%s", why);
		err = output_write(&o, print, r, &why);
		output_close(&o);
	}
	if (!err)
		return EXIT_PASS;
	error("%s", why);
	return err == UNFIT ? EXIT_USAGE : EXIT_BROKEN;
}

static enum exit_code render(const struct args *a, const struct report_args *values,
			     size_t n_base, bool against)
{
	const struct renderer *r = find_format(a->words.word[0]);
	const void *opts = format_options(a, r);
	struct report_inputs files;
	struct render_input in;
	enum exit_code code;

	if (n_base < 2)
		die(EXIT_USAGE, "report %s needs the name of a report or comparison",
		    r->name);
	report_inputs_read(&files, &(struct report_request){
		.path = a->words.word + 1, .n = a->words.n - 1, .n_base = n_base - 1,
		.against = against, .labels = values->labels, .apart = values->apart,
		.bulk = r->bulk, .sides = r->sides,
	});
	in = (struct render_input){
		.reports = files.reports,
		.paths = (const char *const *)files.paths,
		.n_reports = files.n,
		.n_base = files.n_base,
		.comparison = files.comparison,
		.comparison_path = files.comparison_path,
		.style = text_style(values->output ? -1 : STDOUT_FILENO),
	};
	code = write_to(&(struct rendering){ r, &in, opts }, values->output);
	report_inputs_free(&files);
	return code;
}

static enum exit_code report_run(const struct command *const *all, int argc,
				 char **argv)
{
	struct report_args values;
	struct args args = { 0 };
	enum exit_code code;
	size_t n_base;
	bool against;

	(void)all;
	args.tables = make_tables(&values, &args.n_tables);
	n_base = compare_sides_parse(&args, argc, argv, &against);
	args_set_all(&args);
	code = args.words.n ? render(&args, &values, n_base, against) : list_formats();
	args_free(&args);
	free_tables(args.tables, args.n_tables);
	return code;
}

static const struct option_group report_groups[] = {
	{ "options", report_options },
	{ "options of text", render_text_options },
	{ "options of kcidb", render_kcidb_options },
	{ "options of bug", render_bug_options },
	{ "options of openmetrics", render_openmetrics_options },
	{}
};

const struct command command_report = {
	.name = "report",
	.summary = "show reports and comparisons, or turn them into other formats",
	.words = "FORMAT FILE... [--against NEW...]",
	.groups = report_groups,
	.run = report_run,
};
