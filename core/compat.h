/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel constants that the oldest supported headers (Linux 5.10, glibc 2.31)
 * do not have. Each is guarded by #ifndef; the value is the kernel's UAPI.
 */
#ifndef STRAIN_CORE_COMPAT_H
#define STRAIN_CORE_COMPAT_H

#include <linux/types.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#ifndef MADV_POPULATE_READ /* Linux 5.14 */
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE /* Linux 6.1 */
#define MADV_COLLAPSE 25
#endif
#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif
#ifndef RWF_ATOMIC /* Linux 6.11 */
#define RWF_ATOMIC 0x00000040
#endif
#ifndef STATX_WRITE_ATOMIC /* Linux 6.11 */
#define STATX_WRITE_ATOMIC 0x00010000U
#endif

/* struct statx as of Linux 6.16, for headers whose own ends before the fields
 * of atomic writes; include/uapi/linux/stat.h. */
struct compat_statx {
	__u32 stx_mask, stx_blksize;
	__u64 stx_attributes;
	__u32 stx_nlink, stx_uid, stx_gid;
	__u16 stx_mode, spare0;
	__u64 stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	__u64 times[8];
	__u32 devices[4];
	__u64 stx_mnt_id;
	__u32 stx_dio_mem_align, stx_dio_offset_align;
	__u64 stx_subvol;
	__u32 stx_atomic_write_unit_min, stx_atomic_write_unit_max;
	__u32 stx_atomic_write_segments_max;
	__u32 stx_dio_read_offset_align;
	__u32 stx_atomic_write_unit_max_opt; /* Linux 6.16 */
	__u32 spare2;
	__u64 spare3[8];
};

_Static_assert(sizeof(struct compat_statx) == 256, "the kernel's size");

#endif
