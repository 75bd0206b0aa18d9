/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain run: from the command line to a report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/file.h"
#include "commands/doc.h"
#include "commands/run_plan.h"
#include "commands/select.h"
#include "core/class.h"
#include "core/run.h"
#include "reports/sink_json.h"
#include "reports/sink_lines.h"
#include "reports/sink_text.h"
#include "reports/text.h"

struct output_args {
	const char *report;
	bool no_report, json, quiet, metrics, no_color, lines;
};

#define OUTPUT(field, ...) OPTION(struct output_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option output_options[] = {
	OUTPUT(report, .arg = "FILE", .help = "where the report goes, instead of the user's state directory"),
	OUTPUT(no_report, .help = "write no report"),
	OUTPUT(json, .help = "print the report as JSON instead of a table"),
	OUTPUT(quiet, .letter = 'q', .help = "print failures only"),
	OUTPUT(metrics, .letter = 'M', .help = "print all metrics, not the primary ones only"),
	OUTPUT(lines, .hidden = true, .help = "print the lines of the report as they come, and write none"),
	OUTPUT(no_color, .help = "no colour on a terminal; so does NO_COLOR in the environment"),
	{}
};
/* clang-format on */

static struct report_writer *open_report(const struct output_args *o)
{
	_cleanup_free_ char *path = NULL;
	struct report_writer *w;
	char *why;

	if (o->report && !strcmp(o->report, "-"))
		die(EXIT_USAGE, "option '--report': '-' is no file; option '--json' prints the report");
	if (!o->no_report)
		path = o->report ? xstrdup(o->report) : report_default_path();
	w = report_create(path, &why);
	if (!w)
		die(EXIT_USAGE, "%s", why);
	return w;
}

static enum exit_code broken(char *why)
{
	error("%s", why);
	free(why);
	return EXIT_BROKEN;
}

/* The table, or with --json the document; @path is where the report is, or NULL. */
static enum exit_code print_result(struct report_writer *w, const char *path,
				   const struct output_args *o)
{
	static char buffer[BUFSIZ]; /* else stdio asks what stdout is */
	struct text_style style = text_style(STDOUT_FILENO);
	_cleanup_json_ json_t *summary = NULL;
	char *why = NULL;

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (o->json)
		return report_print(w, stdout, &why) ? broken(why) : EXIT_PASS;
	summary = report_summary(w, &why);
	if (!summary)
		return broken(why);
	style.colour = style.colour && !o->no_color;
	style.metrics = o->metrics;
	style.quiet = o->quiet;
	report_text(summary, path, &style, stdout);
	return EXIT_PASS;
}

static enum exit_code finish(struct report_writer *w, const struct output_args *o,
			     enum exit_code code)
{
	const char *path = report_path(w);
	char *why = NULL;

	if (report_seal(w, &why)) { /* the message has the path */
		code = exit_worse(code, broken(why));
		path = NULL;
	}
	code = exit_worse(code, print_result(w, path, o));
	if (report_failed(w))
		code = exit_worse(code, EXIT_BROKEN);
	return code;
}

static enum exit_code run_sinks(const struct select *s, const struct plan *plan,
				const struct output_args *o, int argc, char **argv)
{
	/* kept, since to free it takes a fiftieth of a short run, and the program ends */
	static struct report_writer *w;
	struct progress *p = o->quiet ? NULL : progress_new(STDERR_FILENO);
	struct sink sinks[2];
	size_t n = 0;
	enum exit_code code;

	w = open_report(o);
	sinks[n++] = report_sink(w);
	if (p)
		sinks[n++] = progress_sink(p);
	code = run_plan(plan, &s->settings, sinks, n, argc, argv);
	progress_close(p);
	file_hold_closes(); /* until the program ends */
	code = finish(w, o, code);
	report_end(w);
	return code;
}

/* For another process, which makes the report and may give orders. */
static enum exit_code run_lines(const struct select *s, const struct plan *plan,
				int argc, char **argv)
{
	struct line_sink lines = { STDOUT_FILENO, s->settings.label, false };
	struct sink sink = line_sink(&lines);

	prctl(PR_SET_NAME, "strain"); /* it may have been started as /proc/PID/exe */
	return run_plan(plan, &s->settings, &sink, 1, argc, argv);
}

/* A name alone is what one tries first. */
static void refuse_words(const struct args *args)
{
	const char *word = args->words.n ? args->words.word[0] : NULL;
	struct job job = { 0 };
	char *why;

	if (word && registry_find(word))
		die(EXIT_USAGE, "what is '%s'? a stressor is run by '--%s N'", word, word);
	why = word && !strchr(word, '/') ? class_read(word, NULL, &job) : NULL;
	if (word && !strchr(word, '/') && !why)
		die(EXIT_USAGE, "what is '%s'? a class is run by '--class %s'", word, word);
	free(why);
	args_words_max(args, 0);
}

static enum exit_code run_run(const struct command *const *all, int argc,
			      char **argv)
{
	struct output_args output;
	struct select s;
	struct plan plan = { 0 };
	enum exit_code code;
	char *why = NULL;

	(void)all;
	select_read(&s, argc, argv, output_options, &output);
	refuse_words(&s.parsed);
	run_exact(&s);
	run_check_settings(&s);
	run_check_devices(&s);
	if (plan_make(s.selected, s.n, s.order, &s.settings, &plan, &why))
		die(EXIT_USAGE, "%s", why);
	if (s.settings.dry_run)
		code = run_print_plan(&plan, &s.settings, output.json);
	else if (s.settings.turns || output.lines)
		code = run_lines(&s, &plan, argc, argv);
	else
		code = run_sinks(&s, &plan, &output, argc, argv);
	plan_free(&plan);
	select_free(&s);
	return code;
}

static const struct option_group run_groups[] = {
	{ "what to run", select_options },
	{ "how to run", run_options },
	{ "output", output_options },
	{}
};

const struct command command_run = {
	.name = "run",
	.summary = "run stressors, check the kernel's promises and write a report",
	.words = "",
	.groups = run_groups,
	.stressors = true,
	.run = run_run,
};
