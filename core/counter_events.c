/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/counter_perf.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/counter.h"

/* An event that perf(1) knows by name; the alias is perf's, too. */
struct event_name {
	const char *name, *alias;
	uint32_t type;
	uint64_t config;
	bool kernel_only;
};

#define SW PERF_TYPE_SOFTWARE
#define HW PERF_TYPE_HARDWARE
/* clang-format off */
static const struct event_name names[] = {
	{ "cpu-clock",         NULL,         SW, PERF_COUNT_SW_CPU_CLOCK,        false },
	{ "task-clock",        NULL,         SW, PERF_COUNT_SW_TASK_CLOCK,       false },
	{ "page-faults",       "faults",     SW, PERF_COUNT_SW_PAGE_FAULTS,      false },
	{ "context-switches",  "cs",         SW, PERF_COUNT_SW_CONTEXT_SWITCHES, true },
	{ "cpu-migrations",    "migrations", SW, PERF_COUNT_SW_CPU_MIGRATIONS,   true },
	{ "minor-faults",      NULL,         SW, PERF_COUNT_SW_PAGE_FAULTS_MIN,  false },
	{ "major-faults",      NULL,         SW, PERF_COUNT_SW_PAGE_FAULTS_MAJ,  false },
	{ "alignment-faults",  NULL,         SW, PERF_COUNT_SW_ALIGNMENT_FAULTS, false },
	{ "emulation-faults",  NULL,         SW, PERF_COUNT_SW_EMULATION_FAULTS, false },
	{ "dummy",             NULL,         SW, PERF_COUNT_SW_DUMMY,            false },
	{ "bpf-output",        NULL,         SW, PERF_COUNT_SW_BPF_OUTPUT,       false },
	/* Linux 5.13; the headers of 5.10 have no name for it */
	{ "cgroup-switches",   NULL,         SW, 11,                             true },

	{ "cpu-cycles",        "cycles",     HW, PERF_COUNT_HW_CPU_CYCLES,          false },
	{ "instructions",      NULL,         HW, PERF_COUNT_HW_INSTRUCTIONS,        false },
	{ "cache-references",  NULL,         HW, PERF_COUNT_HW_CACHE_REFERENCES,    false },
	{ "cache-misses",      NULL,         HW, PERF_COUNT_HW_CACHE_MISSES,        false },
	{ "branch-instructions", "branches", HW, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, false },
	{ "branch-misses",     NULL,         HW, PERF_COUNT_HW_BRANCH_MISSES,       false },
	{ "bus-cycles",        NULL,         HW, PERF_COUNT_HW_BUS_CYCLES,          false },
	{ "stalled-cycles-frontend", "idle-cycles-frontend", HW, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, false },
	{ "stalled-cycles-backend",  "idle-cycles-backend",  HW, PERF_COUNT_HW_STALLED_CYCLES_BACKEND,  false },
	{ "ref-cycles",        NULL,         HW, PERF_COUNT_HW_REF_CPU_CYCLES,      false },
};
/* clang-format on */

/* Cache events are a product: CACHE-OPERATION; not every cache has every operation. */
#define READ (1 << PERF_COUNT_HW_CACHE_OP_READ)
#define WRITE (1 << PERF_COUNT_HW_CACHE_OP_WRITE)
#define PREFETCH (1 << PERF_COUNT_HW_CACHE_OP_PREFETCH)

static const struct {
	const char *name;
	unsigned id, operations;
} caches[] = {
	{ "L1-dcache", PERF_COUNT_HW_CACHE_L1D, READ | WRITE | PREFETCH },
	{ "L1-icache", PERF_COUNT_HW_CACHE_L1I, READ | PREFETCH },
	{ "LLC", PERF_COUNT_HW_CACHE_LL, READ | WRITE | PREFETCH },
	{ "dTLB", PERF_COUNT_HW_CACHE_DTLB, READ | WRITE | PREFETCH },
	{ "iTLB", PERF_COUNT_HW_CACHE_ITLB, READ },
	{ "branch", PERF_COUNT_HW_CACHE_BPU, READ },
	{ "node", PERF_COUNT_HW_CACHE_NODE, READ | WRITE | PREFETCH },
};

static const struct {
	const char *name;
	unsigned operation, result;
} operations[] = {
	{ "loads", PERF_COUNT_HW_CACHE_OP_READ, PERF_COUNT_HW_CACHE_RESULT_ACCESS },
	{ "load-misses", PERF_COUNT_HW_CACHE_OP_READ, PERF_COUNT_HW_CACHE_RESULT_MISS },
	{ "stores", PERF_COUNT_HW_CACHE_OP_WRITE, PERF_COUNT_HW_CACHE_RESULT_ACCESS },
	{ "store-misses", PERF_COUNT_HW_CACHE_OP_WRITE, PERF_COUNT_HW_CACHE_RESULT_MISS },
	{ "prefetches", PERF_COUNT_HW_CACHE_OP_PREFETCH, PERF_COUNT_HW_CACHE_RESULT_ACCESS },
	{ "prefetch-misses", PERF_COUNT_HW_CACHE_OP_PREFETCH, PERF_COUNT_HW_CACHE_RESULT_MISS },
};

#define CACHE_NAME 40

/* Name of cache @c with operation @o into @buf; false: there is no such event. */
static bool cache_name(char buf[CACHE_NAME], size_t c, size_t o)
{
	snprintf(buf, CACHE_NAME, "%s-%s", caches[c].name, operations[o].name);
	return caches[c].operations & 1U << operations[o].operation;
}

const char *counter_default_events(void)
{
	return "task-clock,context-switches,cpu-migrations,page-faults,"
	       "major-faults,cycles,instructions,branches,branch-misses,"
	       "cache-references,cache-misses";
}

void counter_names(void (*each)(void *ctx, const char *name, const char *kind),
		   void *ctx)
{
	char name[CACHE_NAME];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *kind = names[i].type == SW ? "software" :
							 "hardware";

		each(ctx, names[i].name, kind);
		if (names[i].alias)
			each(ctx, names[i].alias, kind);
	}
	for (size_t c = 0; c < ARRAY_SIZE(caches); c++)
		for (size_t o = 0; o < ARRAY_SIZE(operations); o++)
			if (cache_name(name, c, o))
				each(ctx, name, "cache");
}

static bool find_named(struct counter_event *e, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct event_name *n = &names[i];

		if (strcmp(n->name, name) &&
		    (!n->alias || strcmp(n->alias, name)))
			continue;
		e->type = n->type;
		e->config = n->config;
		e->kernel_only = n->kernel_only;
		return true;
	}
	return false;
}

static bool find_cache(struct counter_event *e, const char *name)
{
	char known[CACHE_NAME];

	for (size_t c = 0; c < ARRAY_SIZE(caches); c++)
		for (size_t o = 0; o < ARRAY_SIZE(operations); o++) {
			if (!cache_name(known, c, o) || strcmp(known, name))
				continue;
			e->type = PERF_TYPE_HW_CACHE;
			e->config = caches[c].id |
				    operations[o].operation << 8 |
				    operations[o].result << 16;
			return true;
		}
	return false;
}

/* rNNN: a number of the CPU's manual. */
static bool find_raw(struct counter_event *e, const char *name)
{
	size_t digits = strspn(name + 1, "0123456789abcdefABCDEF");

	if (*name != 'r' || !digits || digits > 16 || name[1 + digits])
		return false;
	e->type = PERF_TYPE_RAW;
	e->config = strtoull(name + 1, NULL, 16);
	return true;
}

/* Takes the modifiers :u, :k or :uk off @name, when they are nothing else. */
static void take_modifiers(struct counter_event *e, char *name)
{
	char *mark = strrchr(name, *name && strrchr(name, '/') ? '/' : ':');
	size_t n = mark ? strspn(mark + 1, "uk") : 0;

	if (!n || mark[1 + n])
		return;
	e->exclude_kernel = !strchr(mark + 1, 'k');
	e->exclude_user = !strchr(mark + 1, 'u');
	mark[*mark == '/' ? 1 : 0] = '\0';
}

static bool is_word(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("_-.", s[i]))
			return false;
	return n > 0;
}

/* subsystem:tracepoint and pmu/terms/ are looked up when they are opened. */
static bool find_shape(struct counter_event *e, const char *name)
{
	const char *colon = strchr(name, ':'), *slash = strchr(name, '/');
	_cleanup_free_ char *head =
		xasprintf("%.*s", (int)strcspn(name, ":"), name);
	size_t n = strlen(name);

	if (slash && is_word(name, slash - name) && name[n - 1] == '/' &&
	    slash + 1 < name + n - 1) {
		e->type = PERF_TYPE_MAX;
	} else if (colon && is_word(head, colon - name) &&
		   !find_named(e, head) && !find_cache(e, head) &&
		   is_word(colon + 1, strlen(colon + 1))) {
		e->type = PERF_TYPE_TRACEPOINT;
		e->kernel_only = true;
	} else {
		return false;
	}
	e->resolve = true;
	return true;
}

static char *unknown_event(const char *name)
{
	char cache[ARRAY_SIZE(caches) * ARRAY_SIZE(operations)][CACHE_NAME];
	struct nearest near = { .wanted = name };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		nearest_offer(&near, names[i].name);
		if (names[i].alias)
			nearest_offer(&near, names[i].alias);
	}
	for (size_t c = 0; c < ARRAY_SIZE(caches); c++)
		for (size_t o = 0; o < ARRAY_SIZE(operations); o++)
			if (cache_name(cache[n], c, o))
				nearest_offer(&near, cache[n++]);
	if (near.best)
		return xasprintf("unknown event '%s', did you mean '%s'?", name,
				 near.best);
	return xasprintf("unknown event '%s'", name);
}

/* One event of the list. NULL or a message to free. */
static char *parse_event(struct counter_events *all, const char *text)
{
	struct counter_event e = { 0 };
	_cleanup_free_ char *name = xstrdup(text);

	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->event[i].name, text))
			return NULL;
	take_modifiers(&e, name);
	if (!find_named(&e, name) && !find_cache(&e, name) &&
	    !find_raw(&e, name) && !find_shape(&e, name))
		return unknown_event(text);
	e.name = xstrdup(text);
	e.plain = xstrdup(name);
	all->event = xrealloc(all->event, (all->n + 1) * sizeof(e));
	all->event[all->n++] = e;
	return NULL;
}

char *counter_events_parse(struct counter_events *e, const char *list)
{
	while (*list) {
		_cleanup_free_ char *name = NULL;
		bool inside = false;
		size_t n = 0;
		char *error;

		for (; list[n] && (inside || list[n] != ','); n++)
			if (list[n] == '/')
				inside = !inside;
		name = xasprintf("%.*s", (int)n, list);
		list += n + (list[n] == ',');
		if (!*name)
			continue;
		error = parse_event(e, name);
		if (error)
			return error;
	}
	return NULL;
}

void counter_events_free(struct counter_events *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free(e->event[i].name);
		free(e->event[i].plain);
	}
	free(e->event);
	*e = (struct counter_events){ 0 };
}

char *counter_check_events(const char *events)
{
	struct counter_events e = { 0 };
	char *error = counter_events_parse(&e, events);

	for (size_t i = 0; i < e.n && !error; i++)
		if (e.event[i].type == PERF_TYPE_TRACEPOINT)
			error = counter_tracepoint_unknown(e.event[i].plain);
	counter_events_free(&e);
	return error;
}

char *counter_event_resolve(struct counter_event *e)
{
	if (!e->resolve)
		return NULL;
	return e->type == PERF_TYPE_TRACEPOINT ? counter_tracepoint_find(e) :
						 counter_pmu_find(e);
}
