/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain show: all that a stressor declares. */
#include "commands/args.h"
#include "commands/doc.h"

struct show_args {
	bool json;
};

static const struct option show_options[] = {
	OPTION(struct show_args, json, .help = "print JSON"),
	{}
};

static const struct entry *find_stressor(const char *name)
{
	const struct entry *e = registry_find(name);
	struct nearest near = { .wanted = name };

	if (e)
		return e;
	for (size_t i = 0; i < registry_size; i++)
		nearest_offer(&near, registry[i].name);
	if (near.best)
		die(EXIT_USAGE, "unknown stressor '%s', did you mean '%s'?", name,
		    near.best);
	die(EXIT_USAGE, "unknown stressor '%s'; 'strain list' names them", name);
}

static const struct option_group show_groups[] = {
	{ "options", show_options },
	{}
};

static enum exit_code show_run(const struct command *const *all, int argc,
			       char **argv)
{
	_cleanup_str_ struct str out = STR_INIT;
	struct show_args show;
	struct args args = { 0 };
	const struct entry *e;

	(void)all;
	args_read(&args, show_groups, &show, argc, argv);
	args_words_max(&args, 1);
	if (!args.words.n)
		die(EXIT_USAGE, "show needs the name of a stressor; 'strain list' names them");
	e = find_stressor(args.words.word[0]);
	args_free(&args);
	if (show.json)
		return doc_stdout_json(doc_json_stressor(e));
	doc_help_stressor(&out, e);
	return doc_stdout(out.buf);
}

const struct command command_show = {
	.name = "show",
	.summary = "show options, methods, metrics, checks and needs of a stressor",
	.words = "STRESSOR",
	.groups = show_groups,
	.run = show_run,
};
