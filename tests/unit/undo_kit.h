/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the undo log share: a directory of their own, settings
 * that are plain files, and a run that is killed. */
#ifndef STRAIN_TESTS_UNIT_UNDO_KIT_H
#define STRAIN_TESTS_UNIT_UNDO_KIT_H

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/dir.h"
#include "base/file.h"
#include "core/fskind.h"
#include "core/undo_log.h"

static char top[64]; /* everything of a test is below it */

/* Paths that live as long as the test, which may be left by a jump. */
static struct words kit_paths;

static inline const char *below(const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", top, name);

	words_add(&kit_paths, path);
	return kit_paths.word[kit_paths.n - 1];
}

static inline void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static inline void has_text(const char *path, const char *text)
{
	char line[256];

	assert_int_equal(file_read_line(path, line, sizeof(line)), 0);
	assert_string_equal(line, text);
}

static inline int kit_setup(void **state)
{
	const char *logs;

	(void)state;
	/* A dead monitor's guardian becomes our child, to be waited for. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	snprintf(top, sizeof(top), "/tmp/strain-undo-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	logs = below("logs");
	return setenv("STRAIN_UNDO_DIR", logs, 1);
}

/* Also after a test that failed in the middle of something. */
static inline int kit_teardown(void **state)
{
	struct undo_steps all = { 0 };

	(void)state;
	undo_restore(&all);
	words_free(&kit_paths);
	return dir_remove(top);
}

struct told {
	unsigned n;
	struct str text;
};

static inline void on_note(void *ctx, const char *text)
{
	struct told *t = ctx;

	t->n++;
	str_addf(&t->text, "%s\n", text);
}

/* Closes; nothing may be left, or be worth a note. */
static inline void close_clean(struct undo *u)
{
	struct told told = { 0, STR_INIT };
	unsigned left = undo_close(u, on_note, &told);

	if (left || told.n)
		fail_msg("%u left: %s", left, told.text.buf);
}

static inline void on_step(void *ctx, enum undo_step step, const char *text)
{
	(void)step;
	on_note(ctx, text);
}

/* How many changes are left. */
static inline unsigned restore(struct told *told)
{
	struct undo_steps all = { .step = on_step, .ctx = told };

	*told = (struct told){ 0, STR_INIT };
	assert_int_equal(undo_restore(&all), 0);
	return all.left;
}

static inline unsigned logs_left(void)
{
	const char *pattern = below("logs");

	return access(pattern, F_OK) == 0;
}

/* In the directory of the test, ours among them. */
static inline unsigned count_entries(void)
{
	_cleanup_free_ char *command =
		xasprintf("ls -A %s | grep -vc '^logs$'", top);
	FILE *p = popen(command, "r");
	unsigned n = 0;

	assert_non_null(p);
	assert_int_equal(fscanf(p, "%u", &n), 1);
	pclose(p);
	return n;
}

/* A child of ours that is over; its wait status. */
static inline int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

#endif
