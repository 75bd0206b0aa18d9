/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/counter.h"

#include "base/str.h"
#include "core/counter_parts.h"

struct counter_set {
	struct counter_table table;
	struct counter_perf *perf;     /* NULL: no events were asked for */
	struct counter_system *system; /* NULL: no sources were asked for */
};

struct counter_set *counter_open(const struct counter_want *want,
				 const pid_t *pids, size_t n)
{
	struct counter_set *set = xalloc(sizeof(*set));

	if (want->system)
		set->system = counter_system_open(want, &set->table, pids, n);
	/* last: its events count from the moment they are open */
	if (want->events)
		set->perf = counter_perf_open(want->events, &set->table, pids, n);
	return set;
}

const struct counter *counter_read(struct counter_set *set, size_t *n)
{
	if (set->perf)
		counter_perf_read(set->perf, &set->table);
	if (set->system)
		counter_system_read(set->system, &set->table);
	*n = set->table.n;
	return set->table.counter;
}

const struct counter *counter_list(const struct counter_set *set, size_t *n)
{
	*n = set->table.n;
	return set->table.counter;
}

const struct counter *counter_read_last(struct counter_set *set, size_t *n)
{
	if (set->perf)
		counter_perf_settle(set->perf, &set->table);
	if (set->system) {
		counter_system_refresh(set->system);
		counter_system_read(set->system, &set->table);
	}
	*n = set->table.n;
	return set->table.counter;
}

const struct counter_miss *counter_missing(const struct counter_set *set,
					   size_t *n)
{
	*n = set->table.n_miss;
	return set->table.miss;
}

void counter_close(struct counter_set *set)
{
	struct counter_table *t;

	if (!set)
		return;
	t = &set->table;
	if (set->perf)
		counter_perf_close(set->perf);
	if (set->system)
		counter_system_close(set->system);
	for (size_t i = 0; i < t->n; i++)
		free((char *)t->counter[i].name);
	for (size_t i = 0; i < t->n_miss; i++) {
		free((char *)t->miss[i].name);
		free((char *)t->miss[i].reason);
	}
	free(t->counter);
	free(t->base);
	free(t->miss);
	free(set);
}
