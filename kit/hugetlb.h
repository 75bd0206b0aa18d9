/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hugetlbfs of our own that is mounted nowhere: it has its own count of
 * pages (a subpool), so that what the kernel does with our pages can be told
 * apart from what others do with theirs, and it is gone with its descriptor.
 * Needs CAP_SYS_ADMIN and Linux 5.2.
 */
#ifndef STRAIN_KIT_HUGETLB_H
#define STRAIN_KIT_HUGETLB_H

#include <stdint.h>

/* For at most @pages huge pages of @size bytes. A descriptor, or -errno. */
int hugetlb_open(uint64_t size, uint64_t pages);
/*
 * Touches every page of the pool once, since the host gives memory when it is
 * first touched (seconds for 1 GiB). 0, or -errno.
 */
int hugetlb_touch(uint64_t size, uint64_t pages);
/* Pages of it that nobody has or has reserved; -errno. */
int64_t hugetlb_free(int fd);

#endif
