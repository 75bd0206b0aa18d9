/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds of a round while the kernel keeps its promises. */
#include "kit/memcg.h"

#include <inttypes.h>

/* --- judgement ---------------------------------------------------------------------- */

static bool limit_holds(const struct memcg_round *r)
{
	return r->now.current <= r->max;
}

static bool charged_holds(const struct memcg_round *r)
{
	return r->now.current >= r->touched && r->now.anon + r->slack >= r->touched;
}

static bool stat_holds(const struct memcg_round *r)
{
	return r->now.anon + r->now.file <= r->now.current + r->slack;
}

static bool uncharged_holds(const struct memcg_round *r)
{
	return r->now.current <= r->before.current + r->slack;
}

static bool reached_holds(const struct memcg_round *r)
{
	return r->now.reached > r->before.reached && r->now.killed == r->before.killed;
}

static bool group_holds(const struct memcg_round *r)
{
	return r->dead == MEMCG_DEATHS;
}

static bool only_holds(const struct memcg_round *r)
{
	return r->now.killed == r->before.killed;
}

static bool counted_holds(const struct memcg_round *r)
{
	uint64_t counted = r->now.killed - r->before.killed;

	/* who went over is killed first, and once more with the group */
	return counted == r->dead || counted == r->dead + 1;
}

static bool content_holds(uint64_t found, uint64_t wanted, bool given_up)
{
	return found == wanted || (given_up && !found);
}

/* --- checks --------------------------------------------------------------------------- */

void memcg_check_used(struct memcg_round *r)
{
	struct worker *w = r->group->w;

	memcg_look(r);
	if (worker_mutated(w, MEMCG_LIMIT))
		r->now.current += r->max;
	worker_check(w, MEMCG_LIMIT, limit_holds(r), "%" PRIu64 " bytes are used, memory.max is %" PRIu64,
		     r->now.current, r->max);
	if (worker_mutated(w, MEMCG_STAT))
		r->now.file += r->max;
	worker_check(w, MEMCG_STAT, stat_holds(r), "memory.stat has %" PRIu64 " bytes anon and %" PRIu64 " file, memory.current is %" PRIu64,
		     r->now.anon, r->now.file, r->now.current);
}

void memcg_check_charged(struct memcg_round *r)
{
	struct worker *w = r->group->w;

	if (worker_mutated(w, MEMCG_CHARGED))
		r->touched += r->max;
	worker_check(w, MEMCG_CHARGED, charged_holds(r), "%" PRIu64 " bytes were touched, memory.current is %" PRIu64 ", anon %" PRIu64,
		     r->touched, r->now.current, r->now.anon);
}

void memcg_check_gone(struct memcg_round *r)
{
	struct worker *w = r->group->w;

	memcg_look(r);
	if (worker_mutated(w, MEMCG_UNCHARGED))
		r->now.current += r->max;
	worker_check(w, MEMCG_UNCHARGED, uncharged_holds(r), "%" PRIu64 " bytes are charged when all is unmapped, %" PRIu64 " were before",
		     r->now.current, r->before.current);
}

void memcg_check_reached(struct memcg_round *r)
{
	struct worker *w = r->group->w;

	if (worker_mutated(w, MEMCG_REACHED))
		r->now.reached = r->before.reached;
	worker_check(w, MEMCG_REACHED, reached_holds(r), "memory.events counts max %" PRIu64 " times more, oom_kill %" PRIu64 " times",
		     r->now.reached - r->before.reached, r->now.killed - r->before.killed);
}

void memcg_check_content(struct worker *w, uint64_t page, uint64_t found, bool given_up)
{
	uint64_t wanted = memcg_word(w->index, page);

	if (worker_mutated(w, MEMCG_CONTENT))
		found = ~wanted;
	worker_check(w, MEMCG_CONTENT, content_holds(found, wanted, given_up),
		     "page %" PRIu64 " begins with %#" PRIx64 " instead of %#" PRIx64, page, found, wanted);
}

void memcg_check_deaths(struct memcg_round *r)
{
	struct worker *w = r->group->w;

	worker_check(w, MEMCG_GROUP, group_holds(r), "%u of %d processes of the group were killed",
		     r->dead, MEMCG_DEATHS);
	if (worker_mutated(w, MEMCG_COUNTED))
		r->now.killed = r->before.killed + 1;
	worker_check(w, MEMCG_COUNTED, counted_holds(r), "%u processes were killed, oom_kill counts %" PRIu64,
		     r->dead, r->now.killed - r->before.killed);
}

void memcg_check_only(struct memcg_round *others)
{
	struct worker *w = others->group->w;

	memcg_look(others);
	if (worker_mutated(w, MEMCG_ONLY))
		others->now.killed++;
	worker_check(w, MEMCG_ONLY, only_holds(others), "%" PRIu64 " processes beside the group were killed",
		     others->now.killed - others->before.killed);
}

/* --- the same of what a 6.12 kernel said; mutated, it has to be false ---------------------- */

#define MIB (1ULL << 20)

/* 6 MiB of 8 touched, on one CPU with pages of 4 KiB. */
static const struct memcg_round charged = {
	.before = { .current = 262144, .anon = 4096, .reached = 3 },
	.now = { .current = 6 * MIB + 528384, .anon = 6 * MIB + 4096, .reached = 3 },
	.max = 8 * MIB, .slack = 913408, .touched = 6 * MIB,
};

static bool limit_recorded(bool mutated)
{
	struct memcg_round r = charged;

	r.now.current += mutated ? 2 * MIB : 0;
	return limit_holds(&r);
}

static bool charged_recorded(bool mutated)
{
	struct memcg_round r = charged;

	r.now.anon -= mutated ? 2 * MIB : 0;
	return charged_holds(&r);
}

static bool stat_recorded(bool mutated)
{
	struct memcg_round r = charged;

	r.now.file += mutated ? 2 * MIB : 0;
	return stat_holds(&r);
}

static bool uncharged_recorded(bool mutated)
{
	struct memcg_round r = charged;

	if (!mutated)
		r.now.current -= r.touched;
	return uncharged_holds(&r);
}

static bool reached_recorded(bool mutated)
{
	struct memcg_round r = charged;

	r.now.reached += mutated ? 0 : 64;
	return reached_holds(&r);
}

static bool content_recorded(bool mutated)
{
	return content_holds(0, 5, true) && content_holds(5, 5, false) &&
	       content_holds(0, 5, !mutated);
}

static bool group_recorded(bool mutated)
{
	const struct memcg_round r = { .dead = mutated ? 1 : MEMCG_DEATHS };

	return group_holds(&r);
}

static bool only_recorded(bool mutated)
{
	const struct memcg_round r = { .now = { .killed = mutated } };

	return only_holds(&r);
}

static bool counted_recorded(bool mutated)
{
	const struct memcg_round r = { .now = { .killed = mutated ? 1 : MEMCG_DEATHS + 1 },
				       .dead = MEMCG_DEATHS };

	return counted_holds(&r);
}

/* clang-format off */
const struct check memcg_checks[] = {
	[MEMCG_LIMIT] = { "limit", "memory.current does not exceed memory.max", .recorded = limit_recorded },
	[MEMCG_CHARGED] = { "charged", "memory that was touched is in memory.current and in memory.stat", .recorded = charged_recorded },
	[MEMCG_STAT] = { "stat", "what memory.stat has of anon and file is not more than memory.current", .recorded = stat_recorded },
	[MEMCG_UNCHARGED] = { "uncharged", "memory that is gone is charged no more", .recorded = uncharged_recorded },
	[MEMCG_REACHED] = { "reached", "at the limit memory.events counts max, and kills nobody while pages can be given back", .recorded = reached_recorded },
	[MEMCG_CONTENT] = { "content", "a page that was reclaimed reads as the file has it, one given up as written or as zero", .recorded = content_recorded },
	[MEMCG_GROUP] = { "group", "with memory.oom.group all of the group are killed", .recorded = group_recorded },
	[MEMCG_ONLY] = { "only", "nobody beside the group is killed", .recorded = only_recorded },
	[MEMCG_COUNTED] = { "counted", "oom_kill counts each process that was killed", .recorded = counted_recorded },
	{}
};
/* clang-format on */
