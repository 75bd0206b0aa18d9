/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/cell/outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/value.h"

void cell_watch_start(struct cell_watch *w, uint64_t now, uint64_t waited)
{
	w->since = now;
	w->waited = waited;
}

void cell_watch_hello(struct cell_watch *w)
{
	w->hello = true;
}

void cell_watch_job(struct cell_watch *w, uint64_t now, uint64_t waited)
{
	w->working = true;
	w->job_since = now;
	w->job_waited = waited;
	cell_watch_start(w, now, waited);
}

void cell_watch_alive(struct cell_watch *w, uint64_t now, uint64_t waited)
{
	if (w->working)
		cell_watch_start(w, now, waited);
}

void cell_watch_end(struct cell_watch *w, int status, int signal, bool out_of_memory)
{
	w->ended = true;
	w->status = status;
	w->signal = signal;
	w->out_of_memory = out_of_memory;
}

void cell_watch_event(struct cell_watch *w, const char *name, const char *reason)
{
	if (!strcmp(name, "GUEST_PANICKED"))
		w->panicked = true;
	if (!strcmp(name, "RESET") && !w->down)
		w->down = xstrdup("guest-reset");
	if (strcmp(name, "SHUTDOWN"))
		return;
	free(w->down);
	w->down = xstrdup(reason ? reason : "guest-shutdown");
}

/* Time in which QEMU ran, or could have. */
static uint64_t own_time(uint64_t from, uint64_t now, uint64_t waited_from, uint64_t waited)
{
	uint64_t wall = now - from, lost = waited - waited_from;

	return lost < wall ? wall - lost : 0;
}

enum cell_stop cell_watch_tick(struct cell_watch *w, uint64_t now, uint64_t waited)
{
	uint64_t quiet = own_time(w->since, now, w->waited, waited);
	uint64_t job = own_time(w->job_since, now, w->job_waited, waited);

	if (w->stop)
		return w->stop;
	if (!w->hello)
		w->stop = quiet > w->limits.boot ? CELL_STOP_BOOT : CELL_GO_ON;
	else if (w->working && w->limits.job && job > w->limits.job)
		w->stop = CELL_STOP_JOB;
	else if (w->working && w->limits.beat && quiet > w->limits.beat)
		w->stop = CELL_STOP_BEAT;
	return w->stop;
}

static char *stopped(const struct cell_watch *w, const char *what, uint64_t limit)
{
	char time[VALUE_TEXT];

	value_format_duration(time, limit);
	if (w->complaint)
		return xasprintf("%s %s; the kernel said '%s'", what, time, w->complaint);
	return xasprintf("%s %s", what, time);
}

static enum matrix_outcome judge_stop(const struct cell_watch *w, char **reason)
{
	switch (w->stop) {
	case CELL_STOP_BOOT:
		*reason = stopped(w, "did not ask for its job within", w->limits.boot);
		return MATRIX_NO_BOOT;
	case CELL_STOP_BEAT:
		*reason = stopped(w, "no sign of life for", w->limits.beat);
		return MATRIX_HANG;
	default:
		*reason = stopped(w, "the job took longer than", w->limits.job);
		return MATRIX_TIMEOUT;
	}
}

/* The job has ended, and all that it said has come. */
static enum matrix_outcome judge_job(const struct cell_watch *w, char **reason)
{
	static const struct {
		int status;
		enum matrix_outcome outcome;
		const char *reason;
	} ends[] = {
		{ EXIT_FAIL, MATRIX_FAIL, "a check failed, or the kernel complained" },
		{ EXIT_HANG, MATRIX_HANG, "a stressor did not stop" },
		{ EXIT_ALL_SKIPPED, MATRIX_SKIPPED,
		  "nothing of the job could run in this guest" },
		{ EXIT_BROKEN, MATRIX_BROKEN, "the job could not do its work" },
	};

	if (w->out_of_memory) {
		*reason = xstrdup("the guest had no memory left for the job");
		return MATRIX_BROKEN;
	}
	if (w->signal) {
		*reason = xasprintf("the job was killed by signal %d (%s)", w->signal,
				    strsignal(w->signal));
		return MATRIX_BROKEN;
	}
	if (w->status == EXIT_PASS)
		return MATRIX_PASS;
	if (w->status == EXIT_FAIL && !w->report) {
		*reason = xstrdup("the job ended with status 1");
		return MATRIX_FAIL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (w->status == ends[i].status) {
			*reason = xstrdup(ends[i].reason);
			return ends[i].outcome;
		}
	*reason = xasprintf("the job ended with status %d", w->status);
	return MATRIX_BROKEN;
}

static enum matrix_outcome judge_qemu(const struct cell_watch *w, char **reason)
{
	const char *said = w->said ? w->said : "";
	const char *colon = w->said ? ": " : "";

	if (WIFSIGNALED(w->exit_status))
		*reason = xasprintf("QEMU was killed by signal %d (%s)%s%s",
				    WTERMSIG(w->exit_status),
				    strsignal(WTERMSIG(w->exit_status)), colon, said);
	else
		*reason = xasprintf("QEMU ended with status %d%s%s",
				    WEXITSTATUS(w->exit_status), colon, said);
	return MATRIX_QEMU_FAILED;
}

/* It ended by itself, in whatever order, and too early. */
static enum matrix_outcome judge_down(const struct cell_watch *w, char **reason)
{
	const char *how = w->down && strstr(w->down, "reset") ? "rebooted" : "powered off";

	if (!w->hello) {
		*reason = xasprintf("the guest %s before it asked for its job", how);
		return MATRIX_NO_BOOT;
	}
	*reason = xasprintf("the guest %s before the job had ended", how);
	return MATRIX_TRUNCATED;
}

enum matrix_outcome cell_watch_judge(const struct cell_watch *w, char **reason)
{
	bool failed = w->gone && !w->by_us && w->exit_status != 0;

	*reason = NULL;
	if (w->interrupted) {
		*reason = xstrdup("interrupted");
		return MATRIX_INTERRUPTED;
	}
	if (w->panic || w->panicked) {
		*reason = xstrdup(w->panic ? w->panic : "the kernel panicked");
		return MATRIX_PANIC;
	}
	if (w->oops) {
		*reason = xstrdup(w->oops);
		return MATRIX_OOPS;
	}
	if (w->stop)
		return judge_stop(w, reason);
	if (w->nonsense) {
		*reason = xasprintf("the guest's port: %s", w->nonsense);
		return MATRIX_TRUNCATED;
	}
	if (!w->ended)
		return failed ? judge_qemu(w, reason) : judge_down(w, reason);
	if (w->report && !w->complete && !w->signal && !w->out_of_memory &&
	    (w->begun || w->status == EXIT_PASS)) {
		*reason = xstrdup("the report has no end");
		return MATRIX_TRUNCATED;
	}
	return judge_job(w, reason);
}

void cell_watch_free(struct cell_watch *w)
{
	free(w->panic);
	free(w->oops);
	free(w->complaint);
	free(w->nonsense);
	free(w->down);
	free(w->said);
	*w = (struct cell_watch){ 0 };
}

/*
 * What the checkers cost at most in a test of theirs: KASAN and KCSAN by their
 * documentation (Documentation/dev-tools/) 2 to 3 and 5 times, KMSAN 10 times;
 * the others by rule of thumb.
 */
static const struct {
	const char *line;
	unsigned longer;
} checkers[] = {
	{ "\nCONFIG_KASAN=y\n", 3 },	     { "\nCONFIG_KCSAN=y\n", 5 },
	{ "\nCONFIG_KMSAN=y\n", 10 },	     { "\nCONFIG_PROVE_LOCKING=y\n", 2 },
	{ "\nCONFIG_LOCKDEP=y\n", 2 },	     { "\nCONFIG_DEBUG_PAGEALLOC_ENABLE_DEFAULT=y\n", 2 },
	{ "\nCONFIG_DEBUG_OBJECTS=y\n", 2 }, { "\nCONFIG_SLUB_DEBUG_ON=y\n", 2 },
	{ "\nCONFIG_DEBUG_KMEMLEAK=y\n", 2 },
};

unsigned cell_limits_longer(const char *config)
{
	_cleanup_free_ char *text = xasprintf("\n%s\n", config);
	unsigned longer = 1;

	for (size_t i = 0; i < ARRAY_SIZE(checkers); i++)
		if (strstr(text, checkers[i].line))
			longer = longer > checkers[i].longer ? longer : checkers[i].longer;
	return longer;
}
