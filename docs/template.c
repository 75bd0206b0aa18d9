/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Here: which kernel paths this drives, and what a failed check means. This
 * one duplicates a descriptor: dup(2), fd_install() and the growth of the
 * descriptor table. A failure means that a descriptor refers to another open
 * file than the one it was made from.
 *
 * To copy: into stressors/FOLDER/NAME.c, with STRESSOR(NAME) at the end. Leave
 * out what you do not need; every field has a zero that means "no".
 */
#include <unistd.h>

#include "core/stressor.h"

#define DESCRIPTORS_MAX 512

/* Metric 0 is the operation: worker_count() and --NAME-ops count it. */
enum { M_DUPS, M_CPU, M_LATENCY };
enum { C_SAME_FILE };

struct template_opts {
	uint32_t descriptors;
};

/* Opens all duplicates, looks at one, closes them. */
static void one_round(struct worker *w, int fd, unsigned n)
{
	off_t place = rng_below(&w->rng, 4096), seen;
	int copy[DESCRIPTORS_MAX] = { -1 };

	for (unsigned i = 0; i < n; i++) {
		worker_time_begin(w);
		copy[i] = sys_must(w, dup(fd));
		worker_time_end(w, M_LATENCY);
	}
	sys_must(w, lseek(fd, place, SEEK_SET));
	seen = sys_must(w, lseek(copy[0], 0, SEEK_CUR));
	/* A mutation changes what is observed or done, never the condition. */
	if (worker_mutated(w, C_SAME_FILE))
		seen++;
	worker_check(w, C_SAME_FILE, seen == place,
		     "the copy is at offset %lld, the descriptor at %lld",
		     (long long)seen, (long long)place);
	for (unsigned i = 0; i < n; i++)
		sys_must(w, close(copy[i]));
	worker_count(w, M_DUPS, n);
}

static void run(struct worker *w)
{
	const struct template_opts *o = w->opts;
	int fd = sys_memfd(w, "strain-template", MFD_CLOEXEC, 4096);

	/* What stands before the first worker_running() is not measured. */
	while (worker_running(w))
		one_round(w, fd, worker_batch(w, o->descriptors));
	close(fd);
}

/* clang-format off */
static const struct option options[] = {
	OPTION(struct template_opts, descriptors, .min = 1, .max = DESCRIPTORS_MAX, .def = "16",
	       .help = "duplicates that are open at the same time"),
	{}
};

static const struct metric metrics[] = {
	[M_DUPS] = { "dups", "duplicates made", "dups/s", METRIC_RATE, BETTER_HIGHER, .primary = true, .version = 1 },
	[M_CPU] = { "cpu-per-dup", "CPU time per duplicate", "ns", METRIC_COST, BETTER_LOWER, .primary = true, .version = 1, .of = M_DUPS },
	[M_LATENCY] = { "latency", "duration of dup", "ns", METRIC_LATENCY, BETTER_LOWER, .version = 1 },
	{}
};

static const struct check checks[] = {
	[C_SAME_FILE] = { "same-file", "a duplicate shares the file offset of the descriptor it was made from" },
	{}
};
/* clang-format on */

STRESSOR(template) = {
	.summary = "duplicate a descriptor and close the copies",
	.details = "A paragraph for users: what is done, what the metrics mean, "
		   "and how to read them.",
	.refs = "https://man7.org/linux/man-pages/man2/dup.2.html",
	.tags = "latency", /* words of classes/tags.txt beside the folder's */
	.options = options,
	.opts_size = sizeof(struct template_opts),
	.metrics = metrics,
	.checks = checks,
	.run = run,
};
