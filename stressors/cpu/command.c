/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs of a program of the user's, one after another: fork, execve, whatever it
 * does, exit and wait. Its rate and CPU time compare two programs, two builds
 * of one, or one program under two settings (strain ab), and put any benchmark
 * that ends by itself under the engine.
 *
 * A failed check means that the program failed. What the kernel has to do with
 * that is for its user to say.
 */
#include "core/stressor.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "kit/program.h"

enum { M_RUNS, M_CPU, M_TIME };
enum { C_EXIT };

struct command_opts {
	const char *line;
};

static char *check_line(const char *text)
{
	_cleanup_words_ struct words line = { 0 };
	_cleanup_free_ char *why = cmdline_split(&line, text);

	if (!why && line.n)
		return NULL;
	return xasprintf("value '%s': %s", text, why ? why : "names no program");
}

static void probe(struct worker *w)
{
	const struct command_opts *o = w->opts;

	if (!o->line || !*o->line)
		worker_skip(w, "no program to run: name one with --command-line 'PROGRAM ARGUMENT...'");
}

/* What became of a run, of the status that wait(2) has given. */
static const char *verdict(int status, char *text, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(text, size, "was killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "exited with status %d", WEXITSTATUS(status));
	return status ? text : NULL;
}

static bool recorded_exit(bool mutated)
{
	char text[80];

	return !verdict(mutated ? SIGSEGV : 0, text, sizeof(text));
}

static void run(struct worker *w)
{
	const struct command_opts *o = w->opts;
	_cleanup_words_ struct words line = { 0 };
	_cleanup_free_ char *why = cmdline_split(&line, o->line);
	char text[80];

	if (why || !line.n)
		worker_broken(w, "--command-line: %s", why ? why : "names no program");
	words_end(&line);
	while (worker_running(w)) {
		uint64_t from = clock_now();
		pid_t pid;
		int status, error = program_start(line.word, &pid);

		if (error)
			worker_broken(w, "cannot run '%s': %s", line.word[0],
				      strerror(-error));
		if (!worker_wait(w, pid, &status))
			break;
		worker_latency(w, M_TIME, clock_now() - from);
		if (worker_mutated(w, C_EXIT))
			status = SIGSEGV;
		worker_check(w, C_EXIT, !verdict(status, text, sizeof(text)),
			     "a run of '%s' %s", line.word[0], text);
		worker_count(w, M_RUNS, 1);
	}
}

/* clang-format off */
static const struct option options[] = {
	OPTION(struct command_opts, line, .arg = "COMMAND", .check = check_line, .help = "the program and its arguments, split at blanks; quotes as in a shell"),
	{}
};

static const struct metric metrics[] = {
	[M_RUNS] = { "runs", "runs of the program", "runs/s", METRIC_RATE, BETTER_HIGHER, .primary = true, .version = 1 },
	[M_CPU] = { "cpu-per-run", "CPU time of a run, start and end included", "ns", METRIC_COST, BETTER_LOWER, .primary = true, .version = 1, .of = M_RUNS },
	[M_TIME] = { "run-time", "duration of a run", "ns", METRIC_LATENCY, BETTER_LOWER, .version = 1 },
	{}
};

static const struct check checks[] = {
	[C_EXIT] = { "exit", "every run of the program ends with status 0", .recorded = recorded_exit },
	{}
};
/* clang-format on */

STRESSOR(command) = {
	.summary = "runs of a program of yours, timed",
	.details =
		"Runs the program of --command-line again and again, without "
		"input, its output thrown away, and counts a run that ends with "
		"status 0. No shell takes part: --command-line \"sh -c '...'\" "
		"asks for one. A run that is still going on when the trial ends "
		"is killed and not counted. Where a run takes longer than a "
		"second or two, --grace gives it the time to end before another "
		"side of a comparison has its turn.",
	.refs = "https://man7.org/linux/man-pages/man3/posix_spawn.3.html",
	.options = options,
	.opts_size = sizeof(struct command_opts),
	.metrics = metrics,
	.checks = checks,
	.probe = probe,
	.run = run,
};
