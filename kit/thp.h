/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transparent huge pages as sysfs shows them (Documentation/admin-guide/mm/
 * transhuge.rst). All sizes are bytes and come from the kernel: with 64 KiB
 * pages a PMD maps 512 MiB.
 */
#ifndef STRAIN_KIT_THP_H
#define STRAIN_KIT_THP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct worker;

#define THP_DIR "/sys/kernel/mm/transparent_hugepage"
#define THP_SIZES_MAX 20

/* Size of a huge page that a PMD maps; 0: a kernel without them. */
size_t thp_pmd_size(void);
/* The same in setup; ends the trial as a skip when this process has none. */
size_t thp_require(struct worker *w);
/* Sizes that anonymous memory can have, smallest first; how many. Linux 6.8. */
unsigned thp_anon_sizes(size_t sizes[THP_SIZES_MAX]);
/*
 * Setup only: makes memory with MADV_HUGEPAGE eligible for pages of @size,
 * anonymous or @shmem, or ends the trial as a skip. Changes nothing when it
 * already is.
 */
void thp_require_allowed(struct worker *w, size_t size, bool shmem);
/* For as many of the sizes below and up to @pmd as can be; how many. A skip when
 * none is below. */
unsigned thp_require_sizes(struct worker *w, size_t pmd, size_t sizes[THP_SIZES_MAX]);
/*
 * Counter of one size, as "anon_fault_alloc" (Linux 6.10; before that those of
 * the PMD size come from /proc/vmstat). The whole machine's. 0, or -errno.
 */
int thp_count(size_t size, const char *name, uint64_t *value);

/* Attempts of one task to have pages of one size by faults in its memory. */
struct thp_tally {
	uint64_t tried, huge;
	uint64_t made, missed; /* the machine's counters at the start */
};

void thp_tally_begin(struct worker *w, size_t size, struct thp_tally *t);
static inline void thp_tally_add(struct thp_tally *t, size_t tried, size_t huge)
{
	t->tried += tried;
	t->huge += huge;
}
/*
 * Evaluates @check: each attempt is a page that the kernel counted, or a
 * fallback that it counted. Others use huge pages too, so it counts at least
 * what we saw. Broken when the setting was changed meanwhile.
 */
void thp_tally_check(struct worker *w, size_t size, const struct thp_tally *t,
		     unsigned check);
/* For .recorded: as seen on Linux 6.18, and as it would be if it were wrong. */
bool thp_tally_recorded(bool mutated);

#endif
