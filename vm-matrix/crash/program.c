/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/crash/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "vm-matrix/kernel/tool.h"

/*
 * Filesystems are made as kernels since 5.10 take them, and at once: what mkfs
 * would leave for the kernel to do later is no part of the test.
 */
static const struct filesystem {
	const char *name;
	const char *make[12], *check[6]; /* the image comes last */
} filesystems[] = {
	{ "ext4",
	  { "mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0",
	    "-O", "^orphan_file,^metadata_csum_seed" },
	  { "e2fsck", "-f", "-n" } },
	{ "xfs", { "mkfs.xfs", "-q", "-f" }, { "xfs_repair", "-n" } },
};

static const struct filesystem *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(filesystems); i++)
		if (!strcmp(filesystems[i].name, name))
			return &filesystems[i];
	return NULL;
}

/* Runs @words with @path; *said gets the first line it printed that counts. The
 * exit status, or -errno. */
static int run(const char *const *words, const char *path, char **said)
{
	_cleanup_free_ char *program = tool_find(words[0]);
	_cleanup_words_ struct words lines = { 0 };
	_cleanup_str_ struct str text = STR_INIT;
	const char *argv[16] = { program };
	size_t n = 1;
	int status;

	if (!program)
		return -ENOENT;
	for (; n < ARRAY_SIZE(argv) - 2 && words[n]; n++)
		argv[n] = words[n];
	argv[n] = path;
	status = tool_run(argv, &text, NULL, NULL);
	words_split(&lines, text.buf, "\n");
	for (size_t i = 0; i < lines.n && !*said; i++)
		if (strncmp(lines.word[i], "e2fsck ", 7) &&
		    strncmp(lines.word[i], "Pass ", 5) &&
		    strncmp(lines.word[i], "Phase ", 6) &&
		    !strchr("\t -", lines.word[i][0]))
			*said = xstrdup(lines.word[i]);
	return status;
}

static int cannot(const char *program, int status, char *said, char **why)
{
	free(*why);
	*why = status == -ENOENT ? xasprintf("'%s' is not here", program) :
	       status < 0 ? xasprintf("'%s': %s", program, strerror(-status)) :
			    xasprintf("'%s': %s", program, said ? said : "failed");
	free(said);
	return status < 0 ? status : -EIO;
}

int crash_make(const char *filesystem, const char *path, uint64_t size, char **why)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
				      0600);
	const struct filesystem *f = find(filesystem);
	char *said = NULL;
	int status;

	if (!f || fd < 0 || ftruncate(fd, (off_t)size) < 0) {
		int err = f ? -errno : -EINVAL;

		*why = xasprintf("cannot create '%s': %s", path, strerror(-err));
		return err;
	}
	status = run(f->make, path, &said);
	if (status)
		return cannot(f->make[0], status, said, why);
	free(said);
	return 0;
}

int crash_check(const char *filesystem, const char *path, char **why)
{
	const struct filesystem *f = find(filesystem);
	char *said = NULL;
	int status = run(f->check, path, &said);

	if (!status) {
		free(said);
		return 0;
	}
	cannot(f->check[0], status, said, why);
	return status < 0 ? status : 1;
}
