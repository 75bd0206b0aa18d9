/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/machine_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "core/machine.h"

static const char *machine_root = "";
static unsigned root_version;

void machine_set_root(const char *root)
{
	machine_root = root;
	root_version++;
}

unsigned machine_root_version(void)
{
	return root_version;
}

__attribute__((format(printf, 2, 0)))
static void path_format(char *buf, const char *fmt, va_list ap)
{
	int n = snprintf(buf, MACHINE_PATH, "%s", machine_root);

	vsnprintf(buf + n, MACHINE_PATH - n, fmt, ap);
}

/* Fills path[] from the arguments after @fmt. */
#define PATH_FROM_ARGS(path, fmt)                                              \
	do {                                                                   \
		va_list ap;                                                    \
		va_start(ap, fmt);                                             \
		path_format(path, fmt, ap);                                    \
		va_end(ap);                                                    \
	} while (0)

const char *machine_path(char *buf, const char *fmt, ...)
{
	PATH_FROM_ARGS(buf, fmt);
	return buf;
}

int machine_read(struct str *s, const char *fmt, ...)
{
	char path[MACHINE_PATH];

	PATH_FROM_ARGS(path, fmt);
	return file_read(path, s);
}

int machine_read_record(struct str *s, const char *fmt, ...)
{
	char path[MACHINE_PATH];

	PATH_FROM_ARGS(path, fmt);
	return file_read_record(path, s);
}

int machine_read_line(char *buf, size_t size, const char *fmt, ...)
{
	char path[MACHINE_PATH];

	PATH_FROM_ARGS(path, fmt);
	return file_read_line(path, buf, size);
}

int machine_read_u64(uint64_t *value, const char *fmt, ...)
{
	char path[MACHINE_PATH];

	PATH_FROM_ARGS(path, fmt);
	return file_read_u64(path, value);
}

bool machine_exists(const char *fmt, ...)
{
	char path[MACHINE_PATH];

	PATH_FROM_ARGS(path, fmt);
	return file_exists(path);
}

bool machine_read_kept(struct machine_kept *k, const char *path, char *buf,
		       size_t size)
{
	char full[MACHINE_PATH];
	ssize_t n;

	if (k->version != machine_root_version()) {
		file_close(k->fd);
		k->version = machine_root_version();
		k->fd = open(machine_path(full, "%s", path), O_RDONLY | O_CLOEXEC);
	}
	n = pread(k->fd, buf, size - 1, 0);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

uint64_t machine_digest(const void *data, size_t n, uint64_t digest)
{
	const unsigned char *byte = data;

	for (size_t i = 0; i < n; i++)
		digest = (digest ^ byte[i]) * UINT64_C(0x100000001b3);
	return digest;
}

unsigned machine_list_count(const char *list)
{
	unsigned n = 0;
	char *end;

	for (;; list = end + 1) {
		unsigned long from = strtoul(list, &end, 10), to = from;

		if (end == list)
			return n;
		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		if (to >= from)
			n += to - from + 1;
		if (*end != ',')
			return n;
	}
}

static bool same_module(const char *file, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		char a = file[i] == '-' ? '_' : file[i];
		char b = name[i] == '-' ? '_' : name[i];

		if (a != b)
			return false;
	}
	return name[n] == '\0';
}

/*
 * Is @name the module of a line "kernel/fs/xfs/xfs.ko.xz: ..." in one of depmod's
 * lists? Only the path before the colon counts: the rest are its dependencies.
 */
static bool in_module_list(const char *list, const char *name)
{
	_cleanup_str_ struct str s = STR_INIT;

	if (machine_read(&s, "/lib/modules/%s/%s", machine_release(), list))
		return false;
	for (const char *line = s.buf; *line;) {
		size_t n = strcspn(line, ":\n");
		const char *file = line;

		for (size_t i = 0; i < n; i++)
			if (line[i] == '/')
				file = line + i + 1;
		if (same_module(file, strcspn(file, ".:\n"), name))
			return true;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

bool machine_module(const char *name)
{
	char underscores[64];

	snprintf(underscores, sizeof(underscores), "%s", name);
	for (char *c = underscores; *c; c++)
		*c = *c == '-' ? '_' : *c;
	return machine_exists("/sys/module/%s", underscores) ||
	       in_module_list("modules.builtin", name) ||
	       in_module_list("modules.dep", name);
}

bool machine_filesystem(const char *type)
{
	_cleanup_str_ struct str s = STR_INIT;
	_cleanup_words_ struct words words = { 0 };

	if (!machine_read(&s, "/proc/filesystems"))
		words_split(&words, s.buf, " \t\n");
	if (strcmp(type, "nodev") && words_has(&words, type))
		return true;
	return machine_module(type);
}
