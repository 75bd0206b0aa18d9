/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two proposed forms of mshare, which shares page tables between processes:
 * a filesystem with an ioctl (third version of the series, August 2025,
 * 20250820010415) and system calls (as shown at LSFMM+BPF in May 2026). No
 * released kernel has either; numbers of system calls come from the user only,
 * since a wrong one would be some other call.
 */
#ifndef STRAIN_KIT_MSHARE_H
#define STRAIN_KIT_MSHARE_H

#include "kit/shared_region.h"

/* In setup: mounts msharefs in the scratch directory, or ends as a skip. */
void mshare_fs_mount(struct worker *w);
/* Makes the region .length bytes of @r are in; sets .fd, .align and .length. */
void mshare_fs_create(struct worker *w, struct shared_region *r);

/* For the option's row: is it "CREATE,MAP,ATTACH"? NULL, or a message to free. */
char *mshare_calls_check(const char *numbers);
/* @numbers is "CREATE,MAP,ATTACH"; NULL, or a kernel without them: a skip. */
void mshare_calls_probe(struct worker *w, const char *numbers);
/* Makes the region of .length bytes; sets .fd and .map. */
void mshare_calls_create(struct worker *w, struct shared_region *r,
			 const char *numbers);

#endif
