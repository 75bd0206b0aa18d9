/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/pair/exact.h"

#include <poll.h>

#include "base/rng.h"

#define LOOK_MS 500
#define AT_ONCE 64

void pair_order(size_t n_sides, unsigned boots, uint64_t seed, size_t *order)
{
	struct rng rng;

	rng_seed(&rng, seed);
	for (unsigned number = 0; number < boots; number++) {
		size_t *row = &order[number * n_sides];

		for (size_t i = 0; i < n_sides; i++)
			row[i] = i * boots + number;
		for (size_t i = n_sides; i > 1; i--) {
			size_t pick = rng_below(&rng, i), kept = row[i - 1];

			row[i - 1] = row[pick];
			row[pick] = kept;
		}
	}
}

void pair_lay_out(struct pair_run *r)
{
	uint64_t state = r->seed;

	r->n = r->sides->n * r->boots;
	r->boot = xalloc(r->n * sizeof(*r->boot));
	for (size_t i = 0; i < r->n; i++)
		r->boot[i] = (struct pair_boot){
			.side = &r->sides->side[i / r->boots],
			.job = r->job,
			.number = (unsigned)(i % r->boots),
			.seed = r->fixed ? 0 : (uint32_t)rng_mix(&state) | 1,
		};
}

static void wait_any(struct pair_boot *const *running, size_t n)
{
	struct pollfd fds[AT_ONCE * VM_FDS];
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		used += vm_fds(running[i]->vm, fds + used, VM_FDS);
	poll(fds, used, LOOK_MS);
}

static void interrupt_all(struct pair_boot *const *running, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!running[i]->watch.interrupted)
			pair_boot_interrupt(running[i]);
}

static bool interrupted(const struct pair_run *r)
{
	return r->interrupted && *r->interrupted;
}

bool pair_run(struct pair_run *r, char **why)
{
	struct pair_boot *running[AT_ONCE];
	size_t n = 0, next = 0, done = 0, *order;
	unsigned at_once = r->at_once < AT_ONCE ? r->at_once : AT_ONCE;
	bool good = true;

	pair_lay_out(r);
	order = xalloc(r->n * sizeof(*order));
	pair_order(r->sides->n, r->boots, r->seed, order);
	while (n || (good && next < r->n && !interrupted(r))) {
		while (good && n < at_once && next < r->n && !interrupted(r)) {
			running[n] = &r->boot[order[next++]];
			good = pair_boot_start(running[n], why);
			n += good;
		}
		if (!good || interrupted(r))
			interrupt_all(running, n);
		wait_any(running, n);
		for (size_t i = n; i-- > 0;) {
			struct pair_boot *b = running[i];

			if (pair_boot_work(b))
				continue;
			running[i] = running[--n];
			done++;
			if (r->over)
				r->over(r->ctx, b, (unsigned)(r->n - done));
		}
	}
	free(order);
	return good;
}

void pair_run_free(struct pair_run *r)
{
	for (size_t i = 0; i < r->n; i++)
		pair_boot_free(&r->boot[i]);
	free(r->boot);
	r->boot = NULL;
	r->n = 0;
}
