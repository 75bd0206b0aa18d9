/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/dir.h"
#include "base/str.h"
#include "core/class.h"

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/strain-unit.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	return setenv("XDG_CONFIG_HOME", dir, 1);
}

static int remove_dir(void **state)
{
	(void)state;
	return dir_remove(dir);
}

static char *put(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	_cleanup_free_ char *parent = xstrdup(path);
	FILE *f;

	*strrchr(parent, '/') = '\0';
	assert_int_equal(dir_make(parent, 0700), 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static void lines(void **state)
{
	_cleanup_free_ char *path =
		put("my.job", "# SPDX-License-Identifier: GPL-2.0-or-later\n"
			      "\n# what it is for\n# more\n"
			      "fault 4\r\n"
			      "  select memory & !thp   # a remark\n"
			      "verify\n"
			      "timeout = 10s\n"
			      "trials=5\n"
			      "temp-path /a#b\n"
			      "last 1");
	static const char *const wanted[][2] = {
		{ "fault", "4" },      { "select", "memory & !thp" },
		{ "verify", NULL },    { "timeout", "10s" },
		{ "trials", "5" },     { "temp-path", "/a#b" },
		{ "last", "1" },
	};
	struct job job;

	(void)state;
	assert_null(job_read(path, &job));
	assert_string_equal(job.about, "what it is for");
	assert_int_equal(job.n, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < job.n; i++) {
		assert_string_equal(job.line[i].option, wanted[i][0]);
		if (!wanted[i][1])
			assert_null(job.line[i].value);
		else
			assert_string_equal(job.line[i].value, wanted[i][1]);
	}
	assert_int_equal(job.line[0].number, 5);
	assert_int_equal(job.line[6].number, 11);
	job_free(&job);
}

static void first_found_counts(void **state)
{
	_cleanup_free_ char *other = xasprintf("%s/other", dir);
	_cleanup_free_ char *in_path = put("other/quick.job", "timeout 2s\n");
	struct job job;

	(void)state;
	assert_null(class_read("quick", NULL, &job));
	assert_string_equal(job.source, "built in");
	job_free(&job);
	assert_null(class_read("quick", other, &job));
	assert_string_equal(job.source, in_path);
	job_free(&job);
	free(put("strain/classes/quick.job", "timeout 1s\n"));
	assert_null(class_read("quick", other, &job));
	assert_string_equal(job.line[0].value, "1s");
	job_free(&job);
}

static void refuses(const char *name, const char *says)
{
	struct job job;
	char *why = class_read(name, NULL, &job);

	if (!why || !strstr(why, says))
		fail_msg("class '%s': '%s', not '%s'", name, why ? why : "taken",
			 says);
	free(why);
}

static void names(void **state)
{
	struct job job;
	char *why;

	(void)state;
	refuses("memroy", "unknown class 'memroy', did you mean 'memory'?");
	refuses("", "unknown class ''");
	refuses("../../etc/passwd", "unknown class");
	refuses(".hidden", "unknown class");
	/* a tag is a class */
	assert_null(class_read("pagetable", NULL, &job));
	assert_string_equal(job.line[0].option, "select");
	assert_string_equal(job.line[0].value, "pagetable");
	job_free(&job);
	why = job_read("/nonexistent/x.job", &job);
	assert_string_equal(why, "cannot read job '/nonexistent/x.job': No such file or directory");
	free(why);
}

struct seen {
	struct words names;
	unsigned ours;
};

static void see(void *ctx, const char *name, const struct job *job)
{
	struct seen *seen = ctx;

	assert_false(words_has(&seen->names, name));
	words_add(&seen->names, name);
	if (!strcmp(name, "mine") && strcmp(job->source, "built in"))
		seen->ours++;
	/* every class that we ship says what it is for, and does something */
	if (!strcmp(job->source, "built in"))
		assert_true(*job->about && job->n > 0);
}

static void each(void **state)
{
	struct seen seen = { 0 };

	(void)state;
	free(put("strain/classes/mine.job", "# mine\nselect io\n"));
	free(put("strain/classes/no-class.txt", "x\n"));
	class_each(NULL, see, &seen);
	assert_true(words_has(&seen.names, "quick"));
	assert_int_equal(seen.ours, 1);
	assert_false(words_has(&seen.names, "no-class"));
	words_free(&seen.names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(first_found_counts),
		cmocka_unit_test(names),
		cmocka_unit_test(each),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
