/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/counter_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

void counter_table_add(struct counter_table *t, const char *source,
		       const char *name, bool gauge)
{
	size_t n = t->n + 1;

	/* grows by doubling: a set has hundreds of counters */
	if ((n & (n - 1)) == 0) {
		t->counter = xrealloc(t->counter, 2 * n * sizeof(*t->counter));
		t->base = xrealloc(t->base, 2 * n * sizeof(*t->base));
	}
	t->base[t->n] = 0;
	t->counter[t->n++] = (struct counter){
		.name = xstrdup(name),
		.source = source,
		.gauge = gauge,
		.fraction = 1,
	};
}

void counter_table_set(struct counter_table *t, size_t i, uint64_t raw)
{
	struct counter *c = &t->counter[i];

	if (t->basing)
		t->base[i] = raw;
	/* per-CPU counts may be folded late: a count can step back a little */
	c->value = c->gauge ? (double)raw : (double)(int64_t)(raw - t->base[i]);
}

void counter_table_miss(struct counter_table *t, const char *name,
			const char *fmt, ...)
{
	struct str reason = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&reason, fmt, ap);
	va_end(ap);
	t->miss = xrealloc(t->miss, (t->n_miss + 1) * sizeof(*t->miss));
	t->miss[t->n_miss++] = (struct counter_miss){
		.name = xstrdup(name),
		.reason = str_take(&reason),
	};
}

/* Since Linux 5.8 a line for old readers ends it: no need to ask for its end. */
static bool is_whole_vmstat(const char *text, size_t n)
{
	static const char end[] = "\nnr_unstable 0\n";

	return n >= sizeof(end) && !strcmp(text + n - strlen(end), end);
}

/* The kernel hands out long files a page at a time, others at once. */
static bool slurp(struct counter_text *text, int fd, bool at_once)
{
	size_t have = 0, room;
	ssize_t n;

	do {
		if (have + 1 >= text->size) {
			text->size = text->size ? 2 * text->size : 16384;
			text->data = xrealloc(text->data, text->size);
		}
		room = text->size - have - 1;
		n = pread(fd, text->data + have, room, have);
		if (n > 0)
			have += n;
		text->data[have] = '\0';
	} while (n > 0 && (!at_once || (size_t)n == room) &&
		 !is_whole_vmstat(text->data, have));
	return have > 0;
}

bool counter_slurp(struct counter_text *text, int fd)
{
	return slurp(text, fd, false);
}

bool counter_slurp_record(struct counter_text *text, int fd)
{
	return slurp(text, fd, true);
}

int counter_open_file(struct counter_table *t, const struct counter_job *job,
		      const char *name, const char *path, const char *without)
{
	_cleanup_free_ char *full = xasprintf("%s%s", job->root, path);
	int fd = open(full, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && without)
		counter_table_miss(t, name, "%s", without);
	else if (fd < 0)
		counter_table_miss(t, name, "%s: %s", path, strerror(errno));
	return fd;
}

size_t counter_table_find(const struct counter_table *t, size_t first, size_t n,
			  size_t guess, const char *name, size_t len)
{
	for (size_t tried = 0; tried < n; tried++) {
		size_t i = (guess + tried) % n;
		const char *known = t->counter[first + i].name;

		if (!strncmp(known, name, len) &&
		    (!known[len] || known[len] == ':'))
			return i;
	}
	return n;
}

bool counter_number(const char **at, uint64_t *value)
{
	const char *p = *at;

	while (*p == ' ' || *p == '\t')
		p++;
	if (*p < '0' || *p > '9')
		return false;
	for (*value = 0; *p >= '0' && *p <= '9'; p++)
		*value = *value * 10 + (*p - '0');
	*at = p;
	return true;
}

const char *counter_next_line(const char *at)
{
	const char *end = strchr(at, '\n');

	return end && end[1] ? end + 1 : NULL;
}
