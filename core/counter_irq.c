/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/interrupts: a line an interrupt, a column a CPU; CPUs are summed. */
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "core/counter_parts.h"

struct interrupts {
	int fd;
	size_t first, n;
};

/* Numbered lines are called by their last word, too: "41:virtio3-rx". */
static void add_line(struct counter_table *t, const char *line)
{
	size_t len = strcspn(line, "\n"), key = strcspn(line, ":\n"), word = len;
	_cleanup_free_ char *name = NULL;

	if (key >= len)
		return;
	while (word > key + 1 && line[word - 1] != ' ')
		word--;
	if (*line >= '0' && *line <= '9')
		name = xasprintf("%.*s:%.*s", (int)key, line, (int)(len - word),
				 line + word);
	else
		name = xasprintf("%.*s", (int)key, line);
	counter_table_add(t, "interrupts", name, false);
}

static const char *skip_spaces(const char *at)
{
	return at + strspn(at, " ");
}

static void *open_interrupts(struct counter_table *t,
			     const struct counter_job *job)
{
	int fd = counter_open_file(t, job, "interrupts", "/proc/interrupts",
				   NULL);
	struct interrupts *s;
	const char *at;

	if (fd < 0)
		return NULL;
	s = xalloc(sizeof(*s));
	s->fd = fd;
	s->first = t->n;
	counter_slurp(job->text, fd);
	/* the first line names the CPUs */
	at = counter_next_line(job->text->data);
	for (; at; at = counter_next_line(at))
		add_line(t, skip_spaces(at));
	s->n = t->n - s->first;
	return s;
}

static void read_interrupts(void *state, struct counter_table *t,
			    struct counter_text *text)
{
	struct interrupts *s = state;
	size_t next = 0;
	const char *at;

	if (!counter_slurp(text, s->fd))
		return;
	at = counter_next_line(text->data);
	for (; at; at = counter_next_line(at)) {
		const char *line = skip_spaces(at);
		size_t key = strcspn(line, ":\n"), i;
		uint64_t sum = 0, value;
		const char *number = line + key + 1;

		if (line[key] != ':')
			continue;
		i = counter_table_find(t, s->first, s->n, next, line, key);
		if (i == s->n)
			continue;
		while (counter_number(&number, &value))
			sum += value;
		counter_table_set(t, s->first + i, sum);
		next = i + 1;
	}
}

static void close_interrupts(void *state)
{
	struct interrupts *s = state;

	close(s->fd);
	free(s);
}

const struct counter_source counter_interrupts = {
	.name = "interrupts",
	.summary = "interrupts by line, over all CPUs",
	.open = open_interrupts,
	.read = read_interrupts,
	.close = close_interrupts,
};
