/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says of a range of our own address space:
 * /proc/self/smaps (Documentation/filesystems/proc.rst), summed over the
 * mappings that overlap the range. A mapping counts whole, so keep the range
 * apart from its neighbours with kit/region.h: the kernel joins equal ones.
 */
#ifndef STRAIN_KIT_SMAPS_H
#define STRAIN_KIT_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct smaps { /* bytes */
	uint64_t size, rss, swap;
	uint64_t anon_huge;       /* PMD-mapped anonymous memory */
	uint64_t shmem_pmd, file_pmd;
	uint64_t hugetlb;         /* private and shared */
	unsigned mappings;
	bool thp_eligible;        /* of any */
};

/* Of [@from, @from + @size). 0, or -errno. Kernel 4.5 has all but thp_eligible. */
int smaps_read(const void *from, size_t size, struct smaps *sum);
/* The same from an open text: what smaps_read() does after opening. */
void smaps_parse(FILE *text, uint64_t from, uint64_t to, struct smaps *sum);

#endif
