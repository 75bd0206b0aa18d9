/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files (/proc, /sys), and descriptors. */
#ifndef STRAIN_BASE_FILE_H
#define STRAIN_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

/* Adds the whole file to @s. 0, or -errno with @s as it was. */
int file_read(const char *path, struct str *s);
/*
 * The same for a file that the kernel prints in one piece, as meminfo or a
 * task's cgroup: a short read is the end of it. Not so for lists whose entries
 * come one by one (mountinfo, cpuinfo, vmstat).
 */
int file_read_record(const char *path, struct str *s);
/* First line without newline into @buf. 0, or -errno with @buf empty. */
int file_read_line(const char *path, char *buf, size_t size);
/* First number in the file. 0, or -errno. */
int file_read_u64(const char *path, uint64_t *value);
/* Writes @text to an existing file with one write(2). 0, or -errno. */
int file_write(const char *path, const char *text);
bool file_exists(const char *path);
/*
 * The program @name in the folders of @path ("/usr/sbin:/sbin"), as execvp()
 * would find it; @path NULL: in $PATH. NULL: there is none. To free.
 */
char *file_program(const char *name, const char *path);
/* All bytes or -errno; goes on after EINTR and short writes. */
int file_write_all(int fd, const void *data, size_t size);

/*
 * What a program does before it writes files. A closed standard descriptor
 * would be the next file's, and what is printed would go into it: they are
 * opened so that printing still fails. A limit on the size of files becomes an
 * error of write(2) instead of a signal that kills; what is executed gets the
 * default again.
 */
void file_prepare(void);

/*
 * Between the two, file_close() and _cleanup_close_ only note descriptors; those
 * in a row then go by one system call. For the many small files that a process
 * reads at its start and keeps open until its end. They nest. No fork in
 * between.
 */
void file_hold_closes(void);
void file_close_held(void);
/* Nothing happens to a negative one. */
void file_close(int fd);

static inline void file_closep(int *fd)
{
	file_close(*fd);
}

#define _cleanup_close_ __attribute__((cleanup(file_closep)))

#endif
