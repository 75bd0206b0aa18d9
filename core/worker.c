/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The side of the engine that runs inside a task: loop, clocks, checks. */
#include "core/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "core/exact.h"
#include "core/trial.h"

/* A timed operation may cost at most this share more. */
#define TIMING_SHARE 50 /* 1/50 = 2 % */

static struct side *side_of(struct worker *w)
{
	return &w->area->side[w->variant];
}

static uint64_t run_delay(void)
{
	uint64_t time[2]; /* on a CPU, waiting for one */
	char line[64];

	if (file_read_line("/proc/thread-self/schedstat", line, sizeof(line)) ||
	    str_numbers(line, time, 2) != 2)
		return 0;
	return time[1];
}

static void start(struct worker *w)
{
	w->slot->helper_ns = 0;
	w->slot->delay_start = run_delay(); /* takes CPU time that is not the task's */
	w->cpu_start = clock_ns(w->cpu_clock);
	/* turns begin at times of the clock */
	if (w->area->timed && !trial_by_turns(w->area))
		w->tick_scale = ticks_scale(&w->area->counted_from);
	/* who sees a start sees what was before it */
	__atomic_store_n(&w->slot->start_ns, clock_now(), __ATOMIC_RELEASE);
}

static void stop(struct worker *w)
{
	struct slot *s = w->slot;

	if (s->stop_ns)
		return;
	s->stop_ns = clock_now();
	if (!s->start_ns) {
		s->start_ns = s->stop_ns;
		return;
	}
	s->cpu_ns = clock_ns(w->cpu_clock) - w->cpu_start + s->helper_ns;
	s->run_delay_ns = run_delay() - s->delay_start;
}

/* The other tasks of this worker end too, whatever they wait for. */
static void stop_partners(struct worker *w)
{
	unsigned first = w->index * w->area->per_worker;

	if (w->area->per_worker == 1)
		return;
	w->control->state = WORKER_STOP;
	__atomic_add_fetch(&side_of(w)->turn, 1, __ATOMIC_SEQ_CST);
	side_wake(side_of(w), &side_of(w)->turn);
	for (unsigned i = 0; i < w->area->per_worker; i++) {
		struct slot *s = trial_slot(w->area, w->variant, first + i);

		if (s != w->slot && s->tid && !s->finished)
			syscall(SYS_tgkill, s->pid, s->tid, KICK_SIGNAL);
	}
	trial_wake(w->area);
}

static void park(struct worker *w)
{
	__atomic_add_fetch(&side_of(w)->parked, 1, __ATOMIC_SEQ_CST);
	if (!trial_quiet(w->area, w->variant))
		return;
	side_of(w)->quiet_ns = clock_now();
	trial_wake(w->area);
}

/* The operations that warm up are done, and what they have put off: those that
 * count begin. */
static void exact_begin(struct worker *w)
{
	w->ops_limit = w->ops_end;
	exact_rest();
	w->slot->exact_first = w->slot->count[0];
	w->slot->exact_from = clock_now();
}

static void exact_end(struct slot *s)
{
	uint64_t ns = clock_now() - s->exact_from;
	uint64_t put_off = exact_rest();

	s->exact_ops = s->count[0] - s->exact_first;
	s->exact_ns = exact_sum(ns, put_off, exact_rest());
}

bool worker_running_slow(struct worker *w)
{
	struct side *s = side_of(w);

	for (;;) {
		/* before the state, which is set before the turn is counted */
		uint32_t turn = __atomic_load_n(&s->turn, __ATOMIC_ACQUIRE);

		if (w->control->state == WORKER_STOP) {
			stop(w);
			return false;
		}
		if (w->slot->count[0] >= w->ops_limit && w->ops_limit < w->ops_end) {
			exact_begin(w);
			continue;
		}
		if (w->slot->count[0] >= w->ops_limit) {
			if (w->exact && !w->slot->exact_ops)
				exact_end(w->slot);
			stop(w);
			stop_partners(w);
			return false;
		}
		if (w->control->state == WORKER_RUN)
			break;
		park(w);
		futex_wait(&s->turn, turn, UINT64_MAX);
		__atomic_sub_fetch(&s->parked, 1, __ATOMIC_SEQ_CST);
	}
	if (!w->slot->start_ns)
		start(w);
	return true;
}

/* The last one sets the others free, who wait and are counted as parked. */
static void barrier_open(struct side *s)
{
	s->barrier_in = 0;
	__atomic_sub_fetch(&s->parked, s->tasks - 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&s->barrier_gen, 1, __ATOMIC_SEQ_CST);
	futex_wake(&s->barrier_gen);
}

bool worker_barrier(struct worker *w)
{
	struct side *s = side_of(w);
	uint32_t gen = s->barrier_gen;

	if (s->finished)
		return false;
	if (__atomic_add_fetch(&s->barrier_in, 1, __ATOMIC_SEQ_CST) == s->tasks) {
		barrier_open(s);
		return true;
	}
	park(w);
	while (__atomic_load_n(&s->barrier_gen, __ATOMIC_ACQUIRE) == gen) {
		/* Who left will not come; all that are still inside see that.
		 * Unless he left after he had opened the barrier. */
		if (__atomic_load_n(&s->finished, __ATOMIC_ACQUIRE) &&
		    __atomic_load_n(&s->barrier_gen, __ATOMIC_ACQUIRE) == gen) {
			__atomic_sub_fetch(&s->parked, 1, __ATOMIC_SEQ_CST);
			return false;
		}
		futex_wait(&s->barrier_gen, gen, 20 * NSEC_PER_MSEC);
	}
	return true;
}

void worker_gauge(struct worker *w, unsigned metric, double value)
{
	struct slot *s = w->slot;

	if (!s->gauge[metric].n || value < s->gauge[metric].min)
		s->gauge[metric].min = value;
	if (!s->gauge[metric].n || value > s->gauge[metric].max)
		s->gauge[metric].max = value;
	s->gauge[metric].sum += value;
	s->gauge[metric].n++;
}

static uint64_t time_begins(const struct worker *w)
{
	return w->tick_scale ? ticks_now() : clock_now();
}

static uint64_t time_since(const struct worker *w, uint64_t begin)
{
	return w->tick_scale ? ticks_ns(ticks_done() - begin, w->tick_scale) :
			       clock_now() - begin;
}

void worker_time_begin_slow(struct worker *w)
{
	w->sample_start = time_begins(w);
}

/* What timing an operation costs, measured once a task. */
static uint64_t timing_cost(struct worker *w)
{
	if (!w->sample_ns) {
		uint64_t from = clock_now();

		for (int i = 0; i < 8; i++)
			time_since(w, time_begins(w));
		w->sample_ns = (clock_now() - from) / 8 + 1;
	}
	return w->sample_ns;
}

/* The rarer an operation is timed the less it costs; random, so that no
 * rhythm of the operations is met again and again. */
static void plan_sample(struct worker *w, uint64_t ns)
{
	uint64_t every;

	if (w->time_all) {
		w->sample_left = 1;
		return;
	}
	every = timing_cost(w) * TIMING_SHARE / (ns + 1) + 1;
	w->sample_every = (7 * w->sample_every + every + 4) / 8;
	w->sample_left = 1 + rng_below(&w->sample_rng, 2 * w->sample_every);
}

static void record(struct worker *w, unsigned metric, uint64_t ns)
{
	struct hist *h = w->slot->hist[metric];

	if (h && !side_of(w)->warm)
		hist_record(h, ns);
}

void worker_time_end_slow(struct worker *w, unsigned metric)
{
	const struct metric *m = &w->area->of->entry->stressor->metrics[metric];
	uint64_t ns = time_since(w, w->sample_start);
	bool whole = w->sample_start >= side_of(w)->since;

	w->sample_start = 0;
	if (whole)
		record(w, metric, m->scale > 0 ? (uint64_t)(ns * m->scale) : ns);
	plan_sample(w, ns);
}

void worker_latency(struct worker *w, unsigned metric, uint64_t ns)
{
	uint64_t since = side_of(w)->since;

	/* What began before this turn has the pause in it. */
	if (!since || clock_now() - ns >= since)
		record(w, metric, ns);
}

bool worker_check_failed(struct worker *w, unsigned check, const char *fmt, ...)
{
	struct slot *s = w->slot;
	va_list ap;

	if (!__atomic_fetch_add(&s->check[check].failed, 1, __ATOMIC_RELAXED)) {
		va_start(ap, fmt);
		vsnprintf(s->check_reason[check], WORKER_REASON, fmt, ap);
		va_end(ap);
	}
	return false;
}

static void __attribute__((format(printf, 3, 0)))
tell(struct worker *w, enum slot_outcome outcome, const char *fmt, va_list ap)
{
	if (w->slot->outcome != SLOT_NONE && w->slot->outcome <= outcome)
		return; /* the first, gravest word stands */
	vsnprintf(w->slot->reason, WORKER_REASON, fmt, ap);
	w->slot->outcome = outcome;
}

void worker_fail(struct worker *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(w, SLOT_FAIL, fmt, ap);
	va_end(ap);
}

void task_leave(struct worker *w)
{
	w->area->abort = 1;
	trial_wake(w->area);
	if (w->helper)
		_exit(1);
	longjmp(*(jmp_buf *)w->jump, 1);
}

void task_quit(struct worker *w)
{
	if (w->setup || w->control->state != WORKER_STOP)
		return;
	if (w->helper)
		_exit(0);
	longjmp(*(jmp_buf *)w->jump, 1);
}

void worker_broken(struct worker *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(w, SLOT_BROKEN, fmt, ap);
	va_end(ap);
	task_leave(w);
}

void worker_skip(struct worker *w, const char *fmt, ...)
{
	bool late = w->slot->count[0] > 0;
	va_list ap;

	va_start(ap, fmt);
	tell(w, late ? SLOT_BROKEN : SLOT_SKIP, fmt, ap);
	va_end(ap);
	task_leave(w);
}

void worker_note(struct worker *w, const char *fmt, ...)
{
	uint32_t n = __atomic_fetch_add(&w->area->n_notes, 1, __ATOMIC_RELAXED);
	va_list ap;

	if (n >= NOTES_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(w->area->note[n], WORKER_REASON, fmt, ap);
	va_end(ap);
}

void task_main(struct worker *w, void (*run)(struct worker *w))
{
	struct side *s = side_of(w);
	jmp_buf env;

	w->jump = &env;
	if (!setjmp(env))
		run(w);
	stop(w);
	if (__atomic_exchange_n(&w->slot->finished, 1, __ATOMIC_SEQ_CST))
		return;
	__atomic_add_fetch(&s->finished, 1, __ATOMIC_SEQ_CST);
	stop_partners(w);
	side_wake(s, &s->barrier_gen);
	trial_wake(w->area);
}
