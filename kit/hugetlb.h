/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hugetlbfs of our own that is mounted nowhere: it has its own count of
 * pages (a subpool), so that what the kernel does with our pages can be told
 * apart from what others do with theirs, and it is gone with its descriptor.
 * Needs CAP_SYS_ADMIN and Linux 5.2.
 */
#ifndef STRAIN_KIT_HUGETLB_H
#define STRAIN_KIT_HUGETLB_H

#include <stdbool.h>
#include <stdint.h>

struct worker;

/* Setup only: makes @pages huge pages of @size available, or ends the trial as
 * a skip. Touches each once, since the host gives memory when it is first
 * touched (seconds for 1 GiB). */
void hugetlb_require(struct worker *w, uint64_t size, uint64_t pages);

struct hugetlb_pool {
	int mount; /* of a hugetlbfs with room for .pages, nowhere else in use */
	uint64_t pages;
	unsigned check; /* the stressor's: free pages fall by what is mapped */
};

/* Ends the task as broken when it cannot be made. */
void hugetlb_open(struct worker *w, struct hugetlb_pool *p, uint64_t size,
		  uint64_t pages, unsigned check);
/* A file of the whole pool. */
int hugetlb_file(struct worker *w, const struct hugetlb_pool *p);
/* Evaluates .check: just @mapped pages are mapped. */
void hugetlb_check(struct worker *w, const struct hugetlb_pool *p, uint64_t mapped,
		   const char *when);
void hugetlb_close(struct hugetlb_pool *p);
/* For .recorded of .check. */
bool hugetlb_recorded(bool mutated);

#endif
