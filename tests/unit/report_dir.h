/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An empty directory for each test of reports, and the fixture's report in it. */
#ifndef STRAIN_TESTS_REPORT_DIR_H
#define STRAIN_TESTS_REPORT_DIR_H

#include "base/dir.h"
#include "reports/load.h"
#include "tests/unit/report_fixture.h"

static char dir[] = "/tmp/strain-report-XXXXXX";
static char path[64], other[64];

static int enter(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/report.json", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	return dir_remove(dir);
}

static void no_error(char *why)
{
	if (why)
		fail_msg("%s", why);
}

static struct report_writer *written(const char *at)
{
	char *why = NULL;
	struct report_writer *w = report_create(at, &why);
	struct sink sink;

	no_error(why);
	sink = report_sink(w);
	fixture_run(&sink);
	assert_false(report_failed(w));
	return w;
}

static json_t *loaded(const char *at, enum report_part part)
{
	char *why = NULL;
	json_t *doc = report_load(at, part, &why);

	no_error(why);
	assert_non_null(doc);
	return doc;
}

static json_t *at(json_t *doc, const char *key, size_t index)
{
	return json_array_get(json_object_get(doc, key), index);
}

static unsigned files_in_dir(void)
{
	_cleanup_free_ char *command = xasprintf("ls -A %s | wc -l", dir);
	FILE *ls = popen(command, "r");
	unsigned n = 0;

	assert_int_equal(fscanf(ls, "%u", &n), 1);
	pclose(ls);
	return n;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

#endif
