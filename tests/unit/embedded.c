/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files inside the program equal those of the source tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/embedded.h"

static const struct embedded *find(const char *name)
{
	for (const struct embedded *e = embedded_files; e->name; e++)
		if (!strcmp(e->name, name))
			return e;
	return NULL;
}

static void tags_equal_the_file(void **state)
{
	const struct embedded *e = find("tags.txt");
	const char *src = getenv("SRC");
	char path[4096], text[65536];
	size_t n;
	FILE *f;

	(void)state;
	assert_non_null(src);
	assert_non_null(e);
	snprintf(path, sizeof(path), "%s/classes/tags.txt", src);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	assert_string_equal(e->text, text);
}

static void names_are_unique(void **state)
{
	(void)state;
	for (const struct embedded *e = embedded_files; e->name; e++)
		assert_ptr_equal(find(e->name), e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_equal_the_file),
		cmocka_unit_test(names_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
