/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "core/counter_parts.h"

static const struct counter_source *const sources[] = {
	&counter_vmstat,    &counter_psi,  &counter_meminfo, &counter_stat,
	&counter_schedstat, &counter_interrupts, &counter_thp,
	&counter_disk,	    &counter_io,
};

struct counter_system {
	struct {
		const struct counter_source *source;
		void *state;
	} open[ARRAY_SIZE(sources)];
	size_t n;
	int refresh_fd; /* of the counts that the kernel keeps for each CPU; or -1 */
	struct counter_text text;
};

void counter_sources(void (*each)(void *ctx, const char *name,
				  const char *summary),
		     void *ctx)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		each(ctx, sources[i]->name, sources[i]->summary);
}

static const struct counter_source *find_source(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (!strcmp(sources[i]->name, name))
			return sources[i];
	return NULL;
}

char *counter_check_sources(const char *list)
{
	_cleanup_words_ struct words words = { 0 };

	words_split(&words, list, ",");
	for (size_t i = 0; i < words.n; i++) {
		const char *name = words.word[i];
		struct nearest near = { .wanted = name };

		if (!strcmp(name, "all") || !strcmp(name, "none") ||
		    find_source(name))
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(sources); j++)
			nearest_offer(&near, sources[j]->name);
		if (near.best)
			return xasprintf("unknown counter source '%s', did you mean '%s'?",
					 name, near.best);
		return xasprintf("unknown counter source '%s'", name);
	}
	return NULL;
}

struct counter_system *counter_system_open(const struct counter_want *want,
					   struct counter_table *t,
					   const pid_t *pids, size_t n)
{
	struct counter_system *s = xalloc(sizeof(*s));
	struct counter_job job = {
		.root = want->root ? want->root : "",
		.pids = pids,
		.n_pids = n,
		.text = &s->text,
	};
	_cleanup_free_ char *unknown = counter_check_sources(want->system);
	_cleanup_words_ struct words words = { 0 };
	bool all;

	if (unknown)
		counter_table_miss(t, want->system, "%s", unknown);
	words_split(&words, want->system, ",");
	all = words_has(&words, "all");
	s->refresh_fd = -1;
	if (want->folded && !*job.root && (all || words_has(&words, counter_vmstat.name)))
		s->refresh_fd = open("/proc/sys/vm/stat_refresh",
				     O_WRONLY | O_CLOEXEC);
	counter_system_refresh(s);
	t->basing = true;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		void *state;

		if (!all && !words_has(&words, sources[i]->name))
			continue;
		state = sources[i]->open(t, &job);
		if (!state)
			continue;
		s->open[s->n].source = sources[i];
		s->open[s->n++].state = state;
		if (!sources[i]->read_at_open)
			sources[i]->read(state, t, &s->text);
	}
	t->basing = false;
	return s;
}

void counter_system_read(struct counter_system *s, struct counter_table *t)
{
	for (size_t i = 0; i < s->n; i++)
		s->open[i].source->read(s->open[i].state, t, &s->text);
}

void counter_system_refresh(const struct counter_system *s)
{
	if (s->refresh_fd >= 0 && write(s->refresh_fd, "1", 1) != 1)
		return; /* counts come late then, no worse */
}

void counter_system_close(struct counter_system *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->open[i].source->close(s->open[i].state);
	file_close(s->refresh_fd);
	free(s->text.data);
	free(s);
}
