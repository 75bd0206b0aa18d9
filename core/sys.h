/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that a stressor expects to work: each ends the task as broken,
 * with file, line, call and errno, when it does not. For calls that may fail
 * as part of the test, use the plain ones.
 */
#ifndef STRAIN_CORE_SYS_H
#define STRAIN_CORE_SYS_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

struct worker;

struct sys_at {
	const char *file;
	int line;
};
#define SYS_AT ((struct sys_at){ __FILE__, __LINE__ })

void *sys_mmap_at(struct worker *w, struct sys_at at, size_t size, int prot,
		  int flags, int fd, off_t offset);
void sys_munmap_at(struct worker *w, struct sys_at at, void *p, size_t size);
int sys_openat_at(struct worker *w, struct sys_at at, int dir, const char *path,
		  int flags, mode_t mode);
void sys_ftruncate_at(struct worker *w, struct sys_at at, int fd, off_t size);
/* All bytes; a short transfer is broken. */
void sys_pread_at(struct worker *w, struct sys_at at, int fd, void *buf,
		  size_t size, off_t offset);
void sys_pwrite_at(struct worker *w, struct sys_at at, int fd, const void *buf,
		   size_t size, off_t offset);
void sys_pipe_at(struct worker *w, struct sys_at at, int fds[2], int flags);
int sys_memfd_at(struct worker *w, struct sys_at at, const char *name,
		 unsigned flags, off_t size);
/* Memory aligned to @align, zeroed; freed with free(). */
void *sys_alloc_at(struct worker *w, struct sys_at at, size_t align, size_t size);
/* Any call that returns negative on failure: sys_must(w, fsync(fd)). */
long sys_must_at(struct worker *w, struct sys_at at, long result, const char *call);

#define sys_mmap(w, size, prot, flags, fd, offset) \
	sys_mmap_at(w, SYS_AT, size, prot, flags, fd, offset)
#define sys_munmap(w, p, size) sys_munmap_at(w, SYS_AT, p, size)
#define sys_open(w, path, flags, mode) \
	sys_openat_at(w, SYS_AT, AT_FDCWD, path, flags, mode)
#define sys_openat(w, dir, path, flags, mode) \
	sys_openat_at(w, SYS_AT, dir, path, flags, mode)
#define sys_ftruncate(w, fd, size) sys_ftruncate_at(w, SYS_AT, fd, size)
#define sys_pread(w, fd, buf, size, offset) \
	sys_pread_at(w, SYS_AT, fd, buf, size, offset)
#define sys_pwrite(w, fd, buf, size, offset) \
	sys_pwrite_at(w, SYS_AT, fd, buf, size, offset)
#define sys_pipe(w, fds, flags) sys_pipe_at(w, SYS_AT, fds, flags)
#define sys_memfd(w, name, flags, size) \
	sys_memfd_at(w, SYS_AT, name, flags, size)
#define sys_alloc(w, align, size) sys_alloc_at(w, SYS_AT, align, size)
#define sys_must(w, call) sys_must_at(w, SYS_AT, (call), #call)

#endif
