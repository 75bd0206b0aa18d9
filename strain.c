/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain: a stress and regression test harness for Linux. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#ifdef HAVE_LIBBSD
#include <bsd/unistd.h>
#endif

#include "commands/complete.h"
#include "commands/doc.h"
#include "commands/guest.h"

static const struct command *const commands[] = {
	&command_run, &command_ab, &command_compare, &command_trend, &command_bisect, &command_selfcheck, &command_list,
	&command_show, &command_restore, &command_doctor, &command_report, &command_replay,
#ifndef STRAIN_GUEST
	&command_matrix,
#endif
	&command_help, NULL,
};

static enum exit_code version(void)
{
	printf("strain %s%s%s\n", STRAIN_VERSION, *STRAIN_COMMIT ? " commit " : "",
	       STRAIN_COMMIT);
	printf("libraries: %s\n", STRAIN_LIBS);
	return EXIT_PASS;
}

static enum exit_code help_stressor(const char *name)
{
	_cleanup_str_ struct str out = STR_INIT;
	const struct entry *e = registry_find(name);
	struct nearest near = { .wanted = name };

	for (size_t i = 0; i < registry_size; i++)
		nearest_offer(&near, registry[i].name);
	if (!e && near.best)
		die(EXIT_USAGE, "unknown stressor '%s', did you mean '%s'?", name,
		    near.best);
	if (!e)
		die(EXIT_USAGE, "unknown stressor '%s'", name);
	doc_help_stressor(&out, e);
	return doc_stdout(out.buf);
}

static enum exit_code help(const struct command *c)
{
	_cleanup_str_ struct str out = STR_INIT;

	if (c)
		doc_command(&out, c);
	else
		doc_program(&out, commands);
	return doc_stdout(out.buf);
}

/* --help is for every command; behind "--" it is a word like any other. */
static const char *find_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return "";
		if (!strncmp(argv[i], "--help=", 7))
			return argv[i] + 7;
	}
	return NULL;
}

static enum exit_code usage(void)
{
	fputs("usage: strain COMMAND [OPTION]...\n"
	      "       strain run --fault 2 --switch 1 -t 10s\n"
	      "'strain --help' lists the commands\n",
	      stderr);
	return EXIT_USAGE;
}

static int words(int argc, char **argv);

static enum exit_code program_option(int argc, char **argv)
{
	const char *doc = NULL;

	if (!strcmp(argv[1], "--version") && argc == 2)
		return version();
	if (!strncmp(argv[1], "--guest=", 8) && argc == 2)
		return guest_over(argv[1] + 8, words);
	if (!strncmp(argv[1], "--doc=", 6) && argc == 2)
		doc = argv[1] + 6;
	else if (!strcmp(argv[1], "--doc") && argc == 3)
		doc = argv[2];
	else if (!strcmp(argv[1], "--doc"))
		die(EXIT_USAGE, "option '--doc' needs a value");
	if (doc)
		return doc_print(commands, doc);
	die(EXIT_USAGE, "unknown option '%s' before a command; 'strain run %s' takes options of a run",
	    argv[1], argv[1]);
}

/* What the scripts of --doc=complete:SHELL ask. */
static enum exit_code completion(int n, char **words)
{
	_cleanup_str_ struct str out = STR_INIT;

	complete(&out, commands, n, words);
	return doc_stdout(out.buf);
}

static enum exit_code dispatch(int argc, char **argv)
{
	const struct command *c;
	const char *topic, *next;
	size_t words;

	if (argc < 2)
		return usage();
	if (!strcmp(argv[1], "--complete"))
		return completion(argc - 2, argv + 2);
	c = command_named(commands, argc - 1, argv + 1, &words);
	next = !c || c->subs ? argv[1 + words] : NULL;
	if (next && next[0] != '-')
		command_unknown(commands, c, next);
	topic = find_help(argc, argv);
	if (topic)
		return *topic ? help_stressor(topic) : help(c);
	if (!c)
		return program_option(argc, argv);
	if (c->subs && next)
		die(EXIT_USAGE, "unknown option '%s' of '%s' before one of its commands",
		    next, c->name);
	if (c->subs)
		die(EXIT_USAGE, "'%s' does what? 'strain %s --help' lists its commands",
		    c->name, c->name);
	return c->run(commands, argc - words, argv + words);
}

static int words(int argc, char **argv)
{
	return doc_close_stdout(dispatch(argc, argv));
}

/* Many small requests to the kernel for memory are dear in a short run. */
static void set_up_heap(void)
{
#ifdef __GLIBC__
	mallopt(M_TOP_PAD, 512 * 1024);
	mallopt(M_TRIM_THRESHOLD, 4 * 1024 * 1024);
#endif
}

int main(int argc, char **argv)
{
#ifdef HAVE_LIBBSD
	/* titles get the room of the command line: moving the environment away for
	 * longer ones is as dear as reading the command line */
	char *no_environment[] = { NULL };

	setproctitle_init(argc, argv, no_environment);
#endif
	set_up_heap();
	guest_if_init(argv[0], words);
	file_prepare();
	return words(argc, argv);
}
