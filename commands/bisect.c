/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain bisect: good, bad or cannot tell, for git bisect run. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "commands/args.h"
#include "commands/bisect.h"
#include "commands/command.h"
#include "commands/doc.h"

/* The only exit statuses: git takes any other below 128 for bad. */
enum { STATUS_GOOD = 0, STATUS_BAD = 1, STATUS_UNKNOWN = 125 };

struct bisect_args {
	const char *base, *bad, *metric, *state;
	double threshold, fdr;
	uint32_t max_trials;
	bool force, log;
};

#define BISECT(field, ...) OPTION(struct bisect_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option end_options[] = {
	BISECT(base, .arg = "REPORT", .help = "report of a good kernel"),
	BISECT(bad, .arg = "REPORT", .help = "report of a bad kernel; with it a step is told by which of the two it is nearer to"),
	BISECT(metric, .arg = "METRIC", .help = "the metric that regressed: METRIC, CASE:METRIC, with :STATISTIC, :wall or :cpu behind; 'outcome' for what fails"),
	BISECT(state, .arg = "FILE", .help = "where steps are remembered, instead of the base's name with '.bisect' behind"),
	{}
};

static const struct option step_options[] = {
	BISECT(max_trials, .min = 4, .max = 1000, .def = "24", .help = "trials of a step at most"),
	BISECT(threshold, .unit = UNIT_PERCENT, .def = "0", .max = 1000, .help = "least change in percent that counts, 0 for 2 (0.3 in exact mode); the base's own noise where that is larger"),
	BISECT(fdr, .unit = UNIT_PERCENT, .def = "5", .max = 50, .help = "how often in percent a step may be wrong, 0 for 5"),
	BISECT(force, .help = "compare also what differs in options, metric definitions or architecture"),
	BISECT(log, .help = "only print the steps so far"),
	{}
};
/* clang-format on */

static int give_up(char *why)
{
	error("%s", why);
	free(why);
	return STATUS_UNKNOWN;
}

/* Where git keeps the hash of what is checked out, as it is in a bisection. */
static char *current_commit(void)
{
	char line[128] = "";

	if (file_read_line(".git/HEAD", line, sizeof(line)) < 0 ||
	    strspn(line, "0123456789abcdef") != strlen(line))
		return NULL;
	return xstrdup(line);
}

static bool same_kernel(const struct bisect_kernel *a, const struct bisect_kernel *b)
{
	return a->release && b->release && *a->release && !strcmp(a->release, b->release) &&
	       !strcmp(a->version, b->version);
}

static void retract(struct bisect_result *r, const char *why)
{
	char *text = xasprintf("%s: %s", why, r->text);

	free(r->text);
	r->text = text;
	r->end = BISECT_UNKNOWN;
}

/* A verdict counts only where both ends are what they are taken for. */
static void check_proof(const struct bisect *b, const struct bisect_kernel *now,
			const json_t *state, struct bisect_result *r)
{
	_cleanup_free_ char *first = NULL;

	if (r->end == BISECT_UNKNOWN)
		return;
	if (same_kernel(now, &b->kernel_base) &&
	    (r->end != BISECT_GOOD || (!b->bad && !r->unchanged))) {
		retract(r, "base end does not reproduce");
	} else if (b->bad && same_kernel(now, &b->kernel_bad) && r->end != BISECT_BAD) {
		retract(r, "bad end does not reproduce");
	} else if (r->end == BISECT_BAD && !b->bad && !bisect_state_proved(state)) {
		first = xasprintf("base end is not proven, run this with kernel %s first",
				  b->kernel_base.release);
		retract(r, first);
	}
}

/* Adds trials until it is decided. NULL, or why it cannot go on. */
static char *run_step(struct bisect *b, struct bisect_result *r)
{
	struct stat_looks looks;
	size_t done = 0;
	char *why;

	stat_looks(b->trials, b->fdr, false, 1, &looks);
	for (unsigned i = 0; i < looks.n; i++) {
		why = bisect_run(b, looks.at[i] - done);
		if (why)
			return why;
		done = looks.at[i];
		bisect_judge(b, looks.alpha[i], r);
		/* what fails now and then is good only after all trials */
		if (r->hopeless || r->end == BISECT_BAD ||
		    (r->end == BISECT_GOOD && strcmp(b->metric, BISECT_OUTCOME)))
			break;
	}
	return NULL;
}

static int step(struct bisect *b, const char *path, json_t *state)
{
	static const int statuses[] = { STATUS_GOOD, STATUS_BAD, STATUS_UNKNOWN };
	_cleanup_free_ char *commit = current_commit();
	struct bisect_result r = { .end = BISECT_UNKNOWN };
	struct bisect_kernel now = { 0 };
	const json_t *steps = json_object_get(state, "steps");
	char *why = run_step(b, &r);
	int status;

	/* a metric that is none, work that is not the base's: no step */
	if (!why && r.hopeless)
		why = xstrdup(r.text);
	if (!why)
		why = bisect_kernel(b->reports.word[0], &now);
	if (!why) {
		check_proof(b, &now, state, &r);
		bisect_state_add(state, &now, commit, &r);
		why = bisect_state_write(path, state);
		bisect_step_print(json_array_get(steps, json_array_size(steps) - 1), stdout);
	}
	status = why ? give_up(why) : statuses[r.end];
	bisect_result_free(&r);
	free(now.release);
	free(now.version);
	return status;
}

static int print_log(const json_t *state)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(state, "steps"), i, o)
		bisect_step_print(o, stdout);
	return STATUS_GOOD;
}

static int bisect(struct bisect *b, const char *path, bool log)
{
	_cleanup_json_ json_t *state = NULL;
	char *why = bisect_kernel(b->base, &b->kernel_base);

	if (!why && b->bad)
		why = bisect_kernel(b->bad, &b->kernel_bad);
	if (!why)
		state = bisect_state_read(path, b, &why);
	if (!why && log)
		return print_log(state);
	if (!why)
		why = bisect_check_ends(b);
	if (!why)
		why = bisect_command(b);
	return why ? give_up(why) : step(b, path, state);
}

static const struct option_group bisect_groups[] = {
	{ "the ends", end_options },
	{ "steps", step_options },
	{}
};

static void read_args(struct bisect_args *o, struct bisect *b, int argc, char **argv)
{
	static const char *const own[] = { "--report", "--no-report", "--trials", "--until-fail",
					   "--json", "--turns" };
	struct args args = { 0 };

	args_read(&args, bisect_groups, o, argc, argv);
	for (size_t i = 0; i < args.words.n; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(own); k++)
			if (!strncmp(args.words.word[i], own[k], strlen(own[k])))
				die(EXIT_USAGE, "option '%s' of the run cannot be used here", own[k]);
		words_add(&b->run, args.words.word[i]);
	}
	args_free(&args);
	if (!o->base)
		die(EXIT_USAGE, "which report is good? 'strain bisect --base REPORT --metric METRIC'");
	if (!o->metric)
		die(EXIT_USAGE, "which metric? 'strain bisect --base REPORT --metric METRIC'");
}

static int bisect_main(int argc, char **argv)
{
	struct bisect_args o;
	struct bisect b = { 0 };
	_cleanup_free_ char *path = NULL;
	int status;

	read_args(&o, &b, argc, argv);
	b.base = o.base;
	b.bad = o.bad;
	b.metric = o.metric;
	b.threshold = o.threshold / 100;
	b.fdr = o.fdr > 0 ? o.fdr / 100 : 0.05;
	b.trials = o.max_trials;
	b.force = o.force;
	path = o.state ? xstrdup(o.state) : xasprintf("%s.bisect", o.base);
	status = bisect(&b, path, o.log);
	bisect_run_close(&b);
	words_free(&b.run);
	free(b.kernel_base.release);
	free(b.kernel_base.version);
	free(b.kernel_bad.release);
	free(b.kernel_bad.version);
	return doc_close_stdout((enum exit_code)status);
}

/*
 * All of it is done in a child, so that whatever ends it (wrong usage, a crash,
 * no memory) is told to git as 125: any other status would call a commit bad.
 */
static enum exit_code run_bisect(const struct command *const *all, int argc, char **argv)
{
	pid_t parent = getpid(), pid = fork();
	int status = 0;

	(void)all;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		exit(getppid() == parent ? bisect_main(argc, argv) : STATUS_UNKNOWN);
	}
	if (pid < 0) {
		error("cannot fork: %s", strerror(errno));
		return (enum exit_code)STATUS_UNKNOWN;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	status = WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_UNKNOWN;
	return (enum exit_code)(status == STATUS_GOOD || status == STATUS_BAD ? status : STATUS_UNKNOWN);
}

const struct command command_bisect = {
	.name = "bisect",
	.summary = "say good, bad or cannot tell to git bisect run",
	.words = "[-- RUN-OPTION...]",
	.groups = bisect_groups,
	.run = run_bisect,
};
