/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/trial.h"

static void broken(struct worker *w, struct sys_at at, const char *call)
	__attribute__((noreturn));

static void broken(struct worker *w, struct sys_at at, const char *call)
{
	int error = errno;
	const char *slash = strrchr(at.file, '/');

	if (error == EINTR)
		task_quit(w);
	worker_broken(w, "%s:%d: %s: %s", slash ? slash + 1 : at.file, at.line,
		      call, strerror(error));
}

long sys_must_at(struct worker *w, struct sys_at at, long result, const char *call)
{
	if (result < 0)
		broken(w, at, call);
	return result;
}

void *sys_mmap_at(struct worker *w, struct sys_at at, size_t size, int prot,
		  int flags, int fd, off_t offset)
{
	void *p = mmap(NULL, size, prot, flags, fd, offset);

	if (p == MAP_FAILED)
		broken(w, at, "mmap");
	return p;
}

void sys_munmap_at(struct worker *w, struct sys_at at, void *p, size_t size)
{
	sys_must_at(w, at, munmap(p, size), "munmap");
}

int sys_openat_at(struct worker *w, struct sys_at at, int dir, const char *path,
		  int flags, mode_t mode)
{
	int fd = openat(dir, path, flags | O_CLOEXEC, mode);

	if (fd < 0) {
		int error = errno;
		const char *slash = strrchr(at.file, '/');

		if (error == EINTR)
			task_quit(w);
		worker_broken(w, "%s:%d: open '%s': %s",
			      slash ? slash + 1 : at.file, at.line, path,
			      strerror(error));
	}
	return fd;
}

void sys_ftruncate_at(struct worker *w, struct sys_at at, int fd, off_t size)
{
	sys_must_at(w, at, ftruncate(fd, size), "ftruncate");
}

/* Moves @size bytes with @step; a transfer of nothing counts as an I/O error. */
static void transfer(struct worker *w, struct sys_at at, const char *call,
		     ssize_t (*step)(int, void *, size_t, off_t), int fd,
		     char *buf, size_t size, off_t offset)
{
	while (size) {
		ssize_t n = step(fd, buf, size, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			broken(w, at, call);
		buf += n;
		size -= n;
		offset += n;
	}
}

static ssize_t write_step(int fd, void *buf, size_t size, off_t offset)
{
	return pwrite(fd, buf, size, offset);
}

void sys_pread_at(struct worker *w, struct sys_at at, int fd, void *buf,
		  size_t size, off_t offset)
{
	transfer(w, at, "pread", pread, fd, buf, size, offset);
}

void sys_pwrite_at(struct worker *w, struct sys_at at, int fd, const void *buf,
		   size_t size, off_t offset)
{
	transfer(w, at, "pwrite", write_step, fd, (char *)(uintptr_t)buf, size,
		 offset);
}

void sys_pipe_at(struct worker *w, struct sys_at at, int fds[2], int flags)
{
	sys_must_at(w, at, pipe2(fds, flags | O_CLOEXEC), "pipe2");
}

int sys_memfd_at(struct worker *w, struct sys_at at, const char *name,
		 unsigned flags, off_t size)
{
	int fd = memfd_create(name, flags | MFD_CLOEXEC);

	if (fd < 0)
		broken(w, at, "memfd_create");
	sys_must_at(w, at, ftruncate(fd, size), "ftruncate");
	return fd;
}

void *sys_alloc_at(struct worker *w, struct sys_at at, size_t align, size_t size)
{
	void *p = NULL;

	errno = posix_memalign(&p, align, size);
	if (errno)
		broken(w, at, "posix_memalign");
	return memset(p, 0, size);
}
