/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/trial.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "core/exact.h"
#include "core/machine.h"

/* What of an area is filled in before it is there; its pages are new, and dear. */
#define PLANNED offsetof(struct trial_area, scratch)
#define SHARE_UNIT 65536 /* bytes: a word of 32 bits counts them up to 256 TiB */

long futex_wait(volatile uint32_t *word, uint32_t expected, uint64_t timeout_ns)
{
	struct timespec t = { timeout_ns / 1000000000, timeout_ns % 1000000000 };

	return syscall(SYS_futex, word, FUTEX_WAIT, expected,
		       timeout_ns == UINT64_MAX ? NULL : &t, NULL, 0);
}

void futex_wake(volatile uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

/* Who is about to wait counts itself first and looks at @word then. */
void side_wake(struct side *s, volatile uint32_t *word)
{
	if (__atomic_load_n(&s->parked, __ATOMIC_SEQ_CST) > 0)
		futex_wake(word);
}

const struct role *trial_roles(const struct run_case *c)
{
	if (c->method && c->method->roles)
		return c->method->roles;
	if (c->method && c->method->run)
		return NULL; /* the method's run stands for all of it */
	return c->entry->stressor->roles;
}

const struct variant *trial_variants(const struct run_case *c)
{
	if (c->method && c->method->variants)
		return c->method->variants;
	return c->entry->stressor->variants;
}

static unsigned role_count(const struct role *r)
{
	return r->count ? r->count : 1;
}

static unsigned tasks_per_worker(const struct run_case *c)
{
	const struct role *r = trial_roles(c);
	unsigned n = 0;

	for (; r && r->name; r++)
		n += role_count(r);
	return n ? n : 1;
}

static void lay_out_sides(struct trial_area *a)
{
	const struct variant *v = trial_variants(a->of);
	unsigned controls = 0;

	a->per_worker = tasks_per_worker(a->of);
	do {
		struct side *s = &a->side[a->n_sides++];

		s->workers = a->of->workers;
		if (v && v->workers && v->workers < s->workers)
			s->workers = v->workers;
		s->tasks = s->workers * a->per_worker;
		s->first_slot = a->n_slots;
		s->first_control = controls;
		a->n_slots += s->tasks;
		controls += s->workers;
		/* of one worker all variants are the same */
	} while (v && !a->of->exact && (++v)->id && a->n_sides < SIDES_MAX);
}

/* Cuts aligned pieces off a region; with a NULL base it only adds up. */
struct cutter {
	char *base;
	size_t used;
};

static void *cut(struct cutter *c, size_t size)
{
	void *p = c->base ? c->base + c->used : NULL;

	c->used += (size + 63) & ~(size_t)63;
	return p;
}

static void lay_out(struct trial_area *a, struct cutter *c)
{
	const struct stressor *s = a->of->entry->stressor;
	uint32_t mask = registry_metric_mask(s, a->of->method);
	size_t controls = 0;

	for (unsigned i = 0; i < a->n_sides; i++)
		controls += a->side[i].workers;
	a->control = cut(c, controls * sizeof(*a->control));
	a->slot = cut(c, a->n_slots * sizeof(*a->slot));
	a->process = cut(c, a->n_slots * sizeof(*a->process));
	for (unsigned i = 0; i < a->n_sides; i++)
		a->side[i].shared = s->shared_size ?
					    cut(c, s->shared_size) : NULL;
	for (size_t m = 0; m < registry_metrics(s); m++) {
		if (s->metrics[m].kind != METRIC_LATENCY || !(mask >> m & 1) ||
		    a->of->exact)
			continue;
		a->timed = strcmp(a->settings->latency, "off");
		for (unsigned i = 0; i < a->n_slots; i++) {
			struct hist *h = cut(c, sizeof(*h));

			if (a->slot)
				a->slot[i].hist[m] = h;
		}
	}
}

struct trial_area *trial_area_make(const struct run_case *c,
				   const struct run_settings *settings,
				   uint64_t seed)
{
	struct cutter cutter = { NULL, 0 };
	struct trial_area plan, *a;

	memset(&plan, 0, PLANNED);
	plan.of = c;
	plan.settings = settings;
	plan.seed = seed;
	plan.together = 1;
	lay_out_sides(&plan);
	cut(&cutter, sizeof(*a));
	lay_out(&plan, &cutter);
	a = mmap(NULL, cutter.used, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (a == MAP_FAILED)
		return NULL;
	memcpy(a, &plan, PLANNED);
	a->size = cutter.used;
	if (a->timed)
		a->counted_from = ticks_pair();
	cutter = (struct cutter){ (char *)a, 0 };
	cut(&cutter, sizeof(*a));
	lay_out(a, &cutter);
	for (unsigned i = 0; i < a->n_sides; i++)
		trial_set_state(a, i, WORKER_PAUSE);
	a->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->wake < 0) {
		munmap(a, a->size);
		return NULL;
	}
	return a;
}

void trial_area_free(struct trial_area *a)
{
	file_close(a->wake);
	munmap(a, a->size);
}

uint64_t worker_memory(const struct worker *w)
{
	struct trial_area *a = w->area;
	unsigned workers = a->of->workers ? a->of->workers : 1;
	uint32_t share = __atomic_load_n(&a->memory, __ATOMIC_RELAXED), none = 0;

	if (!share) {
		/* Half of what is there, split: the page cache and others live too. */
		share = machine_memory() / 2 / a->together / workers /
				SHARE_UNIT + 1;
		if (!__atomic_compare_exchange_n(&a->memory, &none, share, false,
						 __ATOMIC_RELAXED,
						 __ATOMIC_RELAXED))
			share = none; /* another task asked before us */
	}
	return (uint64_t)share * SHARE_UNIT;
}

static void fill_role(struct trial_area *a, struct worker *w)
{
	const struct role *r = trial_roles(a->of);
	unsigned rest = w->task % a->per_worker;

	for (; r && r->name; r++, w->role++) {
		if (rest < role_count(r))
			break;
		rest -= role_count(r);
	}
	w->role_index = rest;
	w->cpu_clock = a->of->threads || (r && r->name && r->thread) ?
			       CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID;
}

void trial_worker(struct trial_area *a, unsigned side, unsigned task,
		  struct worker *w)
{
	const struct run_case *c = a->of;
	const struct side *s = &a->side[side];
	uint64_t mixed = a->seed + ((uint64_t)task << 8) + 1;

	*w = (struct worker){
		.slot = trial_slot(a, side, task),
		.ops_limit = c->ops ? c->ops : UINT64_MAX,
		.exact = c->exact,
		.mutation = c->mutation,
		.index = task / a->per_worker,
		.workers = s->workers,
		.task = task,
		.tasks = s->tasks,
		.variant = side,
		.threads = c->threads,
		.verify = c->verify,
		.method = c->method,
		.opts = c->opts,
		.shared = s->shared,
		.scratch = a->scratch.dir[0] ? a->scratch.dir : NULL,
		.scratch_fd = -1,
		.fs = c->fs ? c->fs->name : "scratch",
		.device = a->scratch.device[0] ? a->scratch.device : NULL,
		.cgroup = a->cgroup[0] ? a->cgroup : NULL,
		.page_size = sysconf(_SC_PAGESIZE),
		.area = a,
	};
	w->control = &a->control[s->first_control + w->index];
	w->ops_end = w->ops_limit;
	if (c->exact) {
		w->ops_limit = exact_warm(c->ops);
		w->ops_end = w->ops_limit + c->ops;
	}
	fill_role(a, w);
	rng_seed(&w->rng, rng_mix(&mixed));
	rng_seed(&w->sample_rng, rng_mix(&mixed));
	if (c->exact || !strcmp(a->settings->latency, "off"))
		w->sample_left = UINT64_MAX;
	else
		w->sample_left = w->sample_every = 1;
	w->time_all = !c->exact && !strcmp(a->settings->latency, "all");
}

void trial_set_state(struct trial_area *a, unsigned side, enum worker_state state)
{
	struct side *s = &a->side[side];

	for (unsigned i = 0; i < s->workers; i++) {
		struct worker_control *c = &a->control[s->first_control + i];

		if (c->state != WORKER_STOP)
			c->state = state;
	}
	__atomic_add_fetch(&s->turn, 1, __ATOMIC_SEQ_CST);
	side_wake(s, &s->turn);
	if (state == WORKER_STOP)
		side_wake(s, &s->barrier_gen);
}

bool trial_quiet(const struct trial_area *a, unsigned side)
{
	const struct side *s = &a->side[side];

	return (int32_t)s->finished + s->parked >= (int32_t)s->tasks;
}

void trial_wake(struct trial_area *a)
{
	uint64_t one = 1;

	if (write(a->wake, &one, sizeof(one)) < 0)
		return; /* full: the monitor is awake already */
}
