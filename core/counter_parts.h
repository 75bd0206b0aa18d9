/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to core/counter*.c: the table that the parts of a counter set fill,
 * and the interface of a source of system counters.
 */
#ifndef STRAIN_CORE_COUNTER_PARTS_H
#define STRAIN_CORE_COUNTER_PARTS_H

#include "core/counter.h"

/* All counters of a set and all that is missing; names and reasons are owned. */
struct counter_table {
	struct counter *counter;
	uint64_t *base; /* raw value when the set was opened */
	bool basing;    /* raw values now become the base */
	size_t n;
	struct counter_miss *miss;
	size_t n_miss;
};

/* Adds a counter at the end. @source is borrowed, @name copied. */
void counter_table_add(struct counter_table *t, const char *source,
		       const char *name, bool gauge);
/* The raw value of counter @i, as the kernel shows it. */
void counter_table_set(struct counter_table *t, size_t i, uint64_t raw);
void counter_table_miss(struct counter_table *t, const char *name,
			const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The text of a file, kept between readings so that none allocates. */
struct counter_text {
	char *data; /* NUL-terminated */
	size_t size;
};

/* Whole file behind @fd from its beginning. False: could not be read. */
bool counter_slurp(struct counter_text *text, int fd);
/* The same for a file that the kernel prints as one record: one read. */
bool counter_slurp_record(struct counter_text *text, int fd);
/*
 * Which of the @n counters from @first on is called @name[0..@len), or is with
 * a ':' after it? @guess, counted from @first, is tried first. @n: none.
 */
size_t counter_table_find(const struct counter_table *t, size_t first, size_t n,
			  size_t guess, const char *name, size_t len);
/* Reads decimal digits at *@at after spaces, moves *@at behind them. */
bool counter_number(const char **at, uint64_t *value);
/* Start of the next line, NULL after the last. */
const char *counter_next_line(const char *at);

/* What a source may look at when it is opened. */
struct counter_job {
	const char *root; /* before "/proc" and "/sys"; "" but in tests */
	const pid_t *pids;
	size_t n_pids;
	struct counter_text *text; /* scratch */
};

/*
 * Opens @path below the root for counter_slurp(). -1: it is told as missing
 * under @name, because @without (NULL: errno's words).
 */
int counter_open_file(struct counter_table *t, const struct counter_job *job,
		      const char *name, const char *path, const char *without);

/*
 * One source. open() adds counters to the table's end and returns its state,
 * or NULL after counter_table_miss(). read() sets just these counters.
 */
struct counter_source {
	const char *name;
	const char *summary;
	bool read_at_open; /* open() has set the counters already */
	void *(*open)(struct counter_table *t, const struct counter_job *job);
	void (*read)(void *state, struct counter_table *t,
		     struct counter_text *text);
	void (*close)(void *state);
};

extern const struct counter_source counter_vmstat, counter_psi, counter_meminfo,
	counter_stat, counter_schedstat, counter_interrupts, counter_thp,
	counter_disk, counter_io;

/* The system half of a set; opening it reads the base. */
struct counter_system;
struct counter_system *counter_system_open(const struct counter_want *want,
					   struct counter_table *t,
					   const pid_t *pids, size_t n);
void counter_system_read(struct counter_system *s, struct counter_table *t);
/* Makes the kernel fold its per-CPU vmstat counts; root only, takes a moment. */
void counter_system_refresh(const struct counter_system *s);
void counter_system_close(struct counter_system *s);

/* The perf half. */
struct counter_perf;
struct counter_perf *counter_perf_open(const char *list, struct counter_table *t,
				       const pid_t *pids, size_t n);
void counter_perf_read(struct counter_perf *p, struct counter_table *t);
/* The last reading: names what was never counted. */
void counter_perf_settle(struct counter_perf *p, struct counter_table *t);
void counter_perf_close(struct counter_perf *p);

#endif
