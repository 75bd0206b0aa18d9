/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that a selfcheck is kept in: stored, planted by others, damaged. */
#include "tests/unit/selfcheck_kit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "reports/compare/floor.h"

static char dir[] = "/tmp/strain-selfcheck-XXXXXX";

static int enter(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return mkdtemp(dir) && !setenv("XDG_STATE_HOME", dir, 1) ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	unsetenv("XDG_STATE_HOME");
	return dir_remove(dir);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode;
}

static void stored_and_used(void **state)
{
	_cleanup_json_ json_t *doc = usual(&(struct machine){ .bias = 2 }, PAIRS, "fnv1a64:12ab");
	_cleanup_free_ char *path = NULL, *folder = NULL, *why = NULL, *reason = NULL;
	struct floor f = { 0 };
	struct compare_floor use = floor_use(&f);

	(void)state;
	assert_null(floor_load("fnv1a64:12ab", &why));
	assert_null(why);
	assert_null(use.refuses(use.ctx, "fnv1a64:12ab"));
	floor_free(&f);
	assert_true(floor_store(doc, &why));
	path = floor_path("fnv1a64:12ab");
	folder = xasprintf("%s/strain/selfcheck", dir);
	assert_int_equal(mode_of(path), S_IFREG | 0600);
	assert_int_equal(mode_of(folder), S_IFDIR | 0700);
	reason = use.refuses(use.ctx, "fnv1a64:12ab");
	assert_non_null(strstr(reason, "strain selfcheck failed on 1971-01-02"));
	assert_true(json_equal((json_t *)(uintptr_t)use.about(use.ctx, "fnv1a64:12ab"), f.doc));
	assert_null(use.about(use.ctx, "another"));
	assert_null(use.about(use.ctx, NULL));
	floor_free(&f);
}

/* What somebody put there instead is neither followed nor believed. */
static void planted_files(void **state)
{
	_cleanup_json_ json_t *doc = usual(&(struct machine){ 0 }, PAIRS, "here");
	_cleanup_free_ char *path = NULL, *other = xasprintf("%s/other", dir), *why = NULL, *here = NULL;

	(void)state;
	assert_null(floor_path("../../etc/passwd"));
	assert_null(floor_path(""));
	assert_true(floor_store(doc, &why));
	path = floor_path("here");
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_null(floor_load("here", &why));
	assert_non_null(strstr(why, "cannot use the selfcheck"));
	free(why);
	assert_false(floor_store(doc, &why));
	assert_non_null(strstr(why, "symbolic link"));
	free(why);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(floor_load("here", &why));
	assert_non_null(strstr(why, "not a regular file"));
	free(why);
	why = NULL;
	unlink(path);
	js_set(doc, "fingerprint", json_string("there"));
	assert_true(floor_store(doc, &why));
	free(path);
	path = floor_path("there");
	here = floor_path("here");
	assert_int_equal(rename(path, here), 0);
	assert_null(floor_load("here", &why));
	assert_non_null(strstr(why, "of another machine"));
	unlink(here);
	unlink(other);
}

static void damaged_files(void **state)
{
	static const struct {
		const char *text, *wrong;
	} cases[] = {
		{ "", "it is empty" },
		{ "{\"schema\": ", "line 1: " },
		{ "[]", "line 1: " },
		{ "{\"schema\": \"strain-selfcheck/2\"}", "this strain reads strain-selfcheck/1" },
		{ "{\"schema\": \"strain-selfcheck/1\"}", "fingerprint is missing" },
		{ "{\"schema\": \"strain-selfcheck/1\", \"fingerprint\": \"here\", \"started\": -1}", "started" },
		{ "{\"schema\": \"strain-selfcheck/1\", \"fingerprint\": \"here\", \"started\": 1, \"passed\": 1}", "passed" },
	};
	_cleanup_free_ char *folder = xasprintf("%s/strain/selfcheck", dir), *path = NULL;

	(void)state;
	assert_int_equal(dir_make(folder, 0700), 0);
	path = floor_path("here");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		FILE *f = fopen(path, "w");
		char *why = NULL;

		fputs(cases[i].text, f);
		fclose(f);
		assert_null(floor_load("here", &why));
		assert_non_null(strstr(why, cases[i].wrong));
		free(why);
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stored_and_used, enter, leave),
		cmocka_unit_test_setup_teardown(planted_files, enter, leave),
		cmocka_unit_test_setup_teardown(damaged_files, enter, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
