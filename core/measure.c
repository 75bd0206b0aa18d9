/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads counts, clocks and counters of a member at the borders of slices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "core/machine_facts.h"
#include "core/member.h"

/* Reading may take at most this share of a slice. */
#define READING_SHARE 100 /* 1/100 = 1 % */
#define DEAR_READINGS 4
/* Waiting for a CPU, or stolen, over this share of a slice: disturbed. */
#define DISTURBED_SHARE 10 /* 1/10 */
/* Run-queue waits are read of so many tasks; of more it would be too dear. */
#define WAIT_TASKS 32
/*
 * Some counts of vmstat, levels most of all, lag by up to 125 a CPU. To have them
 * folded takes a while and runs work on every CPU, where others may be measured:
 * only for stressors that move them.
 */
#define FOLDED MATTERS_MEMORY " kernel"

static size_t n_rates(const struct member *m)
{
	return registry_metrics(m->of->entry->stressor);
}

/* The clock of another process: its pid and CPUCLOCK_SCHED, see
 * clock_getcpuclockid(3); written out because that call would check twice. */
static clockid_t process_clock(pid_t pid)
{
	return (clockid_t)(~(unsigned)pid << 3 | 2);
}

static uint64_t usage_ns(const struct rusage *u)
{
	return (u->ru_utime.tv_sec + u->ru_stime.tv_sec) * NSEC_PER_SEC +
	       (u->ru_utime.tv_usec + u->ru_stime.tv_usec) * NSEC_PER_USEC;
}

static uint64_t read_cpu(const struct trial_area *a)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < a->n_processes; i++) {
		const struct process *p = &a->process[i];
		struct timespec t;

		if (p->reaped)
			sum += usage_ns(&p->usage);
		else if (!clock_gettime(process_clock(p->pid), &t))
			sum += t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
	}
	for (unsigned i = 0; i < a->n_slots; i++)
		if (!a->slot[i].reaped)
			sum += a->slot[i].helper_ns;
	return sum;
}

/* Since the task's start; the task itself knows it best when it has finished. */
static uint64_t wait_of(const struct slot *s)
{
	uint64_t time[2]; /* on a CPU, waiting for one */
	char path[64], line[64];

	if (!__atomic_load_n(&s->start_ns, __ATOMIC_ACQUIRE))
		return 0;
	if (s->finished)
		return s->run_delay_ns;
	snprintf(path, sizeof(path), "/proc/%d/schedstat", s->tid);
	if (file_read_line(path, line, sizeof(line)) ||
	    str_numbers(line, time, 2) != 2)
		return 0;
	return time[1] - s->delay_start;
}

static uint64_t read_wait(const struct trial_area *a)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < a->n_slots && i < WAIT_TASKS; i++)
		sum += wait_of(&a->slot[i]);
	return sum;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* @reread: the counters too, else as they were read last. */
static void take(struct member *m, struct reading *r, bool reread)
{
	const struct trial_area *a = m->area;
	const struct side *s = &a->side[m->side];
	const struct counter *c = NULL;
	size_t n;

	memset(r->count, 0, sizeof(r->count));
	for (unsigned i = 0; i < s->tasks; i++)
		for (size_t k = 0; k < n_rates(m); k++)
			r->count[k] += slot_count(trial_slot(a, m->side, i), k);
	/* a process that is being reaped this moment may be missing */
	r->cpu = later(read_cpu(a), m->last.cpu);
	r->wait = later(read_wait(a), m->last.wait);
	r->steal = machine_steal();
	if (m->counters)
		c = reread ? counter_read(m->counters, &n) :
			     counter_list(m->counters, &n);
	for (size_t i = 0; i < m->n_counters; i++)
		r->counter[i] = c[i].value;
	r->when = clock_now();
}

static bool moves_folded(const struct entry *e)
{
	const char *tags = e->stressor->tags;

	return words_meet(e->folder, FOLDED) || (tags && words_meet(tags, FOLDED));
}

void measure_open(struct member *m)
{
	struct trial_area *a = m->area;
	struct counter_want want = {
		.events = m->settings->perf ? m->settings->perf_events : NULL,
		.system = m->settings->counters,
		.folded = moves_folded(m->of->entry),
	};
	_cleanup_free_ char *room = xalloc(a->n_processes * sizeof(pid_t));
	pid_t *pids = (pid_t *)(void *)room;
	const struct counter *c = NULL;

	if (m->settings->perf && !want.events)
		want.events = counter_default_events();
	if (want.system && !strcmp(want.system, "none"))
		want.system = NULL;
	for (unsigned i = 0; i < a->n_processes; i++)
		pids[i] = a->process[i].pid;
	if (want.events || want.system) {
		m->counters = counter_open(&want, pids, a->n_processes);
		c = counter_list(m->counters, &m->n_counters);
	}
	m->last.counter = xalloc(m->n_counters * sizeof(double));
	if (m->settings->turns)
		m->own = xalloc((m->n_counters + 1) * sizeof(double));
	for (unsigned side = 0; side < a->n_sides; side++) {
		struct slices *s = &m->slices[side];

		slices_init(s, n_rates(m) + m->n_counters);
		for (size_t i = 0; i < m->n_counters; i++)
			s->gauge[n_rates(m) + i] = c[i].gauge;
	}
	m->warm_count = xalloc(a->n_slots * sizeof(*m->warm_count));
}

static uint8_t slice_flags(const struct member *m, uint64_t now, double wait,
			   double stolen, double seconds)
{
	const struct side *s = &m->area->side[m->side];
	unsigned tasks = s->tasks < WAIT_TASKS ? s->tasks : WAIT_TASKS;
	uint8_t flags = 0;

	if (m->warm_turn || (m->warm_until && now <= m->warm_until + m->slice / 2))
		flags |= SLICE_WARMUP;
	if (wait * DISTURBED_SHARE > seconds * tasks ||
	    stolen * DISTURBED_SHARE > seconds)
		flags |= SLICE_DISTURBED;
	return flags;
}

static void add_slice(struct member *m, const struct reading *r)
{
	size_t rates = n_rates(m);
	_cleanup_free_ char *room =
		xalloc((rates + m->n_counters) * sizeof(double));
	double *column = (double *)(void *)room;
	double seconds = (r->when - m->last.when) / 1e9;
	double wait = (r->wait - m->last.wait) / 1e9;
	double cpu = (r->cpu - m->last.cpu) / 1e9;
	struct slices *s = &m->slices[m->side];

	for (size_t i = 0; i < rates; i++)
		column[i] = (double)(r->count[i] - m->last.count[i]);
	for (size_t i = 0; i < m->n_counters; i++)
		column[rates + i] = s->gauge[rates + i] ?
					    r->counter[i] :
					    r->counter[i] - m->last.counter[i];
	for (size_t i = 0; m->own && i < m->n_counters; i++)
		m->own[i] = s->gauge[rates + i] ? r->counter[i] :
						  m->own[i] + column[rates + i];
	m->rate = seconds > 0 ? column[0] / seconds : 0;
	m->cpu[m->side] += (uint64_t)(cpu * 1e9);
	slices_add(s, (m->last.when - m->gate) / 1e9, seconds, cpu, wait,
		   slice_flags(m, r->when, wait, r->steal - m->last.steal, seconds),
		   column);
}

/*
 * Wall time is what a reading takes when nobody disturbs it, and much more when
 * the monitor has to wait for a CPU: only the least of several in a row counts.
 */
static void stretch(struct member *m, uint64_t cost)
{
	if (cost * READING_SHARE <= m->slice) {
		m->dear = 0;
		return;
	}
	if (!m->dear++ || cost < m->least_cost)
		m->least_cost = cost;
	if (m->dear < DEAR_READINGS)
		return;
	m->slice = m->least_cost * READING_SHARE;
	m->dear = 0;
}

/* @parked: since @now nothing runs. */
static void border(struct member *m, uint64_t now, bool reread, bool parked)
{
	_cleanup_free_ char *room = xalloc(m->n_counters * sizeof(double));
	struct reading r = { .counter = (double *)(void *)room };
	double *kept = m->last.counter;
	uint64_t cost;

	take(m, &r, reread);
	cost = r.when - now;
	if (parked)
		r.when = now;
	add_slice(m, &r);
	memcpy(kept, r.counter, m->n_counters * sizeof(double));
	m->last = r;
	m->last.counter = kept;
	m->border = r.when;
	stretch(m, cost);
}

void measure_border(struct member *m, uint64_t now)
{
	border(m, now, true, false);
}

void measure_turn(struct member *m, uint64_t now)
{
	if (!now) { /* the side's turn begins: what was before is not its own */
		/* unless they were just opened */
		take(m, &m->last, m->window != 1 || m->settings->turns);
		return;
	}
	m->one_slice = !trial_by_turns(m->area) && !m->slices[0].n;
	border(m, now, !m->one_slice, m->state == MEMBER_PAUSING);
	m->active[m->side] += now - m->turn_start;
}

/*
 * The counters of a trial that is one slice are those of the trial: read once,
 * and as precisely as the kernel can.
 */
void measure_last(struct member *m, const struct counter *c)
{
	struct slices *s = &m->slices[0];
	size_t rates = n_rates(m);

	if (!m->one_slice)
		return;
	for (size_t i = 0; i < m->n_counters; i++)
		s->column[rates + i][0] = c[i].value;
}

void measure_warm_turn(struct member *m)
{
	m->warm_turn = false;
	m->warm_active[m->side] = m->active[m->side];
	m->warm_cpu[m->side] = m->cpu[m->side];
	for (unsigned i = 0; i < m->area->side[m->side].tasks; i++) {
		unsigned slot = m->area->side[m->side].first_slot + i;

		for (size_t k = 0; k < n_rates(m); k++)
			m->warm_count[slot][k] = slot_count(&m->area->slot[slot], k);
	}
}

void measure_warm(struct member *m, uint64_t now)
{
	/* just before the border reads their CPU time */
	for (unsigned i = 0; i < m->area->n_slots; i++)
		for (size_t k = 0; k < n_rates(m); k++)
			m->warm_count[i][k] = slot_count(&m->area->slot[i], k);
	measure_border(m, now);
	m->warm_at = clock_now();
	m->warm_until = 0;
	for (unsigned side = 0; side < m->area->n_sides; side++) {
		m->warm_active[side] = m->active[side];
		m->warm_cpu[side] = m->cpu[side];
		m->area->side[side].warm = 0;
	}
	if (m->area->n_sides > 1)
		m->warm_active[m->side] += m->warm_at - m->turn_start;
}

void measure_close(struct member *m)
{
	for (unsigned i = 0; m->warm_count && i < m->area->n_sides; i++)
		slices_free(&m->slices[i]);
	if (m->counters)
		counter_close(m->counters);
	free(m->last.counter);
	free(m->own);
	free(m->own_list);
	free(m->warm_count);
	m->counters = NULL;
	m->warm_count = NULL;
}
