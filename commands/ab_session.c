/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `strain ab` and `strain selfcheck` do before and after their pairs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/value.h"
#include "commands/ab.h"
#include "core/trial.h"

/* A setting that takes longer to write is not switched at every window. */
#define DEAR_SETTING (5 * NSEC_PER_MSEC)

void ab_check_run(const struct words *run, const char *command)
{
	static const char *const own[] = { "--report", "--no-report", "--json",
					   "--trials", "--timeout", "--seed",
					   "--until-fail", "--turns", "--label" };

	for (size_t i = 0; i < run->n; i++) {
		const char *word = run->word[i];

		if (!strncmp(word, "-t", 2))
			die(EXIT_USAGE, "option '-t' of the run: here it is the length of a pair, and stands before '--'");
		for (size_t k = 0; k < ARRAY_SIZE(own); k++) {
			size_t n = strlen(own[k]);

			if (!strncmp(word, own[k], n) && (!word[n] || word[n] == '='))
				die(EXIT_USAGE, "option '%s' of the run cannot be used here; 'strain %s --help' lists what there is instead",
				    own[k], command);
		}
	}
}

static void take(char *why)
{
	if (why)
		die(EXIT_USAGE, "%s", why);
}

/* Two runs at the same time cannot hold the same setting of the machine. */
static void part_sides(struct ab *ab, const json_t *plan)
{
	const char *setter = ab_plan_setter(plan);

	if (!setter || ab->o.by_trials || !ab->o.automatic)
		return;
	ab->o.by_trials = true;
	if (!ab->o.quiet)
		warning("whole trials alternate, since '%s' changes settings of the machine itself",
			setter);
}

static void check_sides(struct ab *ab)
{
	json_t *plan[AB_SIDES];

	for (int i = 0; i < AB_SIDES; i++) {
		struct ab_side *s = &ab->side[i];
		char *why = NULL;

		if (!s->text)
			s->text = xstrdup("none");
		take(ab_side_check(s));
		plan[i] = ab_plan(s, &ab->run, &why);
		take(why);
	}
	for (int i = 0; i < AB_SIDES; i++) {
		part_sides(ab, plan[i]);
		json_decref(plan[i]);
	}
}

static void catch_signals(struct ab *ab)
{
	sigset_t caught;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&caught);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGHUP);
	sigprocmask(SIG_BLOCK, &caught, &ab->mask);
	ab->signals = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
	if (ab->signals < 0)
		die(EXIT_BROKEN, "cannot watch signals: %s", strerror(errno));
}

/* What a document says of how it came about: command, seed, pairing. */
static json_t *ab_head(const struct ab *ab)
{
	json_t *o = json_object(), *command = json_array(), *pairing = json_object();
	char seed[32];

	for (int i = 0; i < ab->argc; i++)
		js_add(command, js_text(ab->argv[i]));
	js_set(o, "command", command);
	snprintf(seed, sizeof(seed), "%" PRIu64, ab->o.seed);
	js_set(o, "seed", js_text(seed));
	js_set(pairing, "by", js_text(ab->o.by_trials ? "trials" : "windows"));
	js_set(pairing, "window", js_seconds(ab->o.window / 1e9));
	js_set(pairing, "seconds", js_seconds(ab->o.pair_time / 1e9));
	js_set(o, "pairing", pairing);
	return o;
}

void ab_begin(struct ab *ab, const char *path)
{
	char *why;

	ab->started = clock_now();
	if (!ab->o.seed)
		ab->o.seed = (rng_unknown() >> 11) | 1; /* whole in a double */
	rng_seed(&ab->rng, ab->o.seed);
	check_sides(ab);
	ab->merge.w = report_create(path, &why);
	if (!ab->merge.w)
		die(EXIT_USAGE, "%s", why);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	catch_signals(ab);
	why = ab_values_open(&ab->values, ab->side);
	if (why)
		report_close(ab->merge.w);
	take(why);
	if (ab->values.cost > DEAR_SETTING && ab->o.automatic)
		ab->o.by_trials = true;
	ab->nice = leader_favour_monitor(true);
	ab->merge.sides = ab->side;
	ab->merge.head = ab_head(ab);
}

void ab_progress(const struct ab *ab, unsigned most)
{
	if (ab->o.quiet || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[K");
	if (most)
		fprintf(stderr, "pair %u of at most %u, %.0f s", ab->pairs + 1,
			most, (double)(clock_now() - ab->started) / 1e9);
}

enum exit_code ab_end(struct ab *ab)
{
	enum exit_code code = EXIT_PASS;

	leader_favour_monitor(false);
	ab->left = ab_values_close(&ab->values);
	if (ab->why)
		error("%s", ab->why);
	if (ab->why || ab->left)
		code = EXIT_BROKEN;
	return ab->interrupted ? exit_worse(code, EXIT_INTERRUPTED) : code;
}

bool ab_seal(struct ab *ab, enum exit_code code, char **why)
{
	json_t *o = json_object();

	js_set(o, "line", js_text("end"));
	js_set(o, "seconds", js_seconds((clock_now() - ab->started) / 1e9));
	js_set(o, "interrupted", json_boolean(ab->interrupted));
	js_set(o, "exit_code", json_integer(code));
	js_set(o, "left_behind", js_count(ab->left));
	report_put(ab->merge.w, o);
	json_decref(o);
	return !report_seal(ab->merge.w, why);
}

void ab_free(struct ab *ab)
{
	sigprocmask(SIG_SETMASK, &ab->mask, NULL);
	report_close(ab->merge.w);
	ab_merge_free(&ab->merge);
	for (int i = 0; i < AB_SIDES; i++)
		ab_side_free(&ab->side[i]);
	words_free(&ab->run);
	close(ab->signals);
	free(ab->why);
}
