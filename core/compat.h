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
#define STATX_ATTR_WRITE_ATOMIC 0x00400000
#endif

#endif
