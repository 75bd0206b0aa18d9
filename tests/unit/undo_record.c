/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of undo logs: what was written is read back, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "core/mountinfo.h"
#include "core/undo_log.h"

static void parse(struct record_list *list, const char *text)
{
	*list = (struct record_list){ 0 };
	records_parse(list, text, strlen(text));
}

static void every_byte_survives(void **state)
{
	_cleanup_str_ struct str line = STR_INIT;
	struct record_list list = { 0 };
	char odd[256];

	(void)state;
	for (int i = 1; i < 256; i++)
		odd[i - 1] = (char)i;
	odd[255] = '\0';
	record_add(&line, RECORD_VALUE, "1.2",
		   (const char *[]){ "/a b\tc%d\n", odd, "" });
	assert_non_null(strchr(line.buf, '\n'));
	assert_ptr_equal(strchr(line.buf, '\n'), line.buf + line.len - 1);
	records_parse(&list, line.buf, line.len);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.r[0].kind, RECORD_VALUE);
	assert_string_equal(list.r[0].id, "1.2");
	assert_string_equal(list.r[0].text[0], "/a b\tc%d\n");
	assert_string_equal(list.r[0].text[1], odd);
	assert_string_equal(list.r[0].text[2], "");
	records_free(&list);
}

static void amendments_find_their_record(void **state)
{
	struct record_list list;

	(void)state;
	parse(&list, "dir\t1.1\t/tmp/a\n"
		     "hugepages\t1.2\t/sys/p\t4\t10\t14\n"
		     "file\t1.3\t/tmp/f\n"
		     "made\t1.1\t5\t6\n"
		     "got\t1.2\t3\n"
		     "lowering\t1.2\t13\t10\n"
		     "undone\t1.3\n"
		     "undone\t9.9\n");
	assert_int_equal(list.n, 3);
	assert_int_equal(list.strange, 0);
	assert_true(list.r[0].made.set);
	assert_int_equal(list.r[0].made.a, 5);
	assert_int_equal(list.r[0].made.b, 6);
	assert_false(list.r[0].undone);
	assert_int_equal(list.r[1].number[3], 14);
	assert_int_equal(list.r[1].made.a, 3);
	assert_int_equal(list.r[1].lowering.b, 10);
	assert_true(list.r[2].undone);
	assert_false(list.r[2].made.set);
	records_free(&list);
}

static void last_line_without_end_is_none(void **state)
{
	struct record_list list;

	(void)state;
	parse(&list, "dir\t1.1\t/tmp/a\ndir\t1.2\t/tmp/b");
	assert_int_equal(list.n, 1);
	assert_int_equal(list.strange, 0);
	records_free(&list);
}

static void what_makes_no_sense_is_counted(void **state)
{
	static const char *const lines[] = {
		"\n", "\t\n", "dir\n", "dir\t\n", "dir\t1.1\n", "dir\t\t/a\n",
		"dir\t1.1\t/a\tmore\n", "dir\t1.1\trelative\n", "dir\t1.1\t/\n",
		"dir\t1.1\t/a/../etc\n", "dir\t1.1\t/a/..\n",
		"file\t1.1\t%2\n", "file\t1.1\t/%zz\n", "file\t1.1\t/a%00b\n",
		"volcano\t1.1\t/a\n", "value\t1.1\t/a\tx\n",
		"group\t1.1\t1\t2\n", "group\t1.1\t1\t2\tx\n",
		"group\t1.1\t-1\t2\t3\n",
		"group\t1.1\t99999999999999999999999\t2\t3\n",
		"loop\t1.1\t/dev/loop0\t/i\t\t4\n", "undone\t\n",
		"undone\t1.1\textra\n",
		"dir\t01234567890123456789012345678901234567890123\t/a\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct record_list list;

		parse(&list, lines[i]);
		if (list.n || list.strange != 1)
			fail_msg("line %zu was taken: %s", i, lines[i]);
		records_free(&list);
	}
}

static void nul_bytes_are_no_end(void **state)
{
	static const char text[] = "dir\t1.1\t/a\0b\nfile\t1.2\t/c\n";
	struct record_list list = { 0 };

	(void)state;
	records_parse(&list, text, sizeof(text) - 1);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.strange, 1);
	assert_int_equal(list.r[0].kind, RECORD_FILE);
	records_free(&list);
}

/* The sanitizers are the check here. */
static void random_bytes_are_harmless(void **state)
{
	static const char seed[] = "value\t1.1\t/proc/x\t1\t2\nundone\t1.1\n"
				   "loop\t1.2\t/dev/loop0\t/i\t3\t4\n";
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (int i = 0; i < 20000; i++) {
		struct record_list list = { 0 };
		struct owner owner;
		char text[sizeof(seed)];
		size_t size = rng_below(&rng, sizeof(seed));

		memcpy(text, seed, sizeof(seed));
		for (int k = 0; k < 4; k++)
			text[rng_below(&rng, sizeof(seed))] =
				(char)rng_next(&rng);
		records_parse(&list, text, size);
		record_header(text, size, &owner);
		assert_true(list.n + list.strange <= sizeof(seed));
		records_free(&list);
	}
}

static void header_names_the_owner(void **state)
{
	struct owner owner = { 42, 1234567, 4026531836,
			       "01234567-89ab-cdef-0123-456789abcdef" };
	_cleanup_str_ struct str head = STR_INIT;
	struct owner read;

	(void)state;
	record_add_header(&head, &owner);
	assert_int_equal(record_header(head.buf, head.len, &read), head.len);
	assert_int_equal(read.pid, 42);
	assert_int_equal(read.start, 1234567);
	assert_int_equal(read.pid_ns, 4026531836);
	assert_string_equal(read.boot, owner.boot);
	for (size_t n = 0; n < head.len; n++)
		assert_true(record_header(head.buf, n, &read) < 0);
	head.buf[head.len - 1] = 'x';
	assert_true(record_header(head.buf, head.len, &read) < 0);
}

static void values_are_compared_by_meaning(void **state)
{
	(void)state;
	assert_true(undo_value_same("always [madvise] never", "madvise"));
	assert_false(undo_value_same("always [madvise] never", "never"));
	assert_false(undo_value_same("always [madvise] never", "always"));
	assert_true(undo_value_same("[none] mq-deadline", "none"));
	assert_true(undo_value_same("4\t4\t1\t7", "4 4 1 7"));
	assert_true(undo_value_same("16", "0x10"));
	assert_true(undo_value_same("010", "10"));
	assert_true(undo_value_same("-1", "-1"));
	assert_true(undo_value_same("Y", "1"));
	assert_true(undo_value_same("N", "0"));
	assert_false(undo_value_same("Y", "0"));
	assert_false(undo_value_same("10", "100"));
	assert_false(undo_value_same("", "0"));
	assert_true(undo_value_same("", ""));
	assert_true(undo_value_same("a[1]b", "a[1]b"));
	assert_false(undo_value_same("a[1]b", "1"));
}

static void mountinfo_is_read_by_its_rules(void **state)
{
	struct mount_row row;

	(void)state;
	assert_true(mountinfo_parse(
		"36 35 98:0 /mnt1 /a\\040b\\134c rw,noatime master:1 shared:2 - "
		"ext3 /dev/root rw,errors=continue",
		&row));
	assert_string_equal(row.root, "/mnt1");
	assert_string_equal(row.target, "/a b\\c");
	assert_string_equal(row.options, "rw,noatime");
	assert_string_equal(row.type, "ext3");
	assert_string_equal(row.source, "/dev/root");
	assert_string_equal(row.super, "rw,errors=continue");
	free(row.line);
	assert_false(mountinfo_parse("", &row));
	assert_false(mountinfo_parse("36 35 98:0 / /a rw master:1", &row));
	assert_false(mountinfo_parse("36 35 98:0 / /a rw - ext3 dev", &row));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_survives),
		cmocka_unit_test(amendments_find_their_record),
		cmocka_unit_test(last_line_without_end_is_none),
		cmocka_unit_test(what_makes_no_sense_is_counted),
		cmocka_unit_test(nul_bytes_are_no_end),
		cmocka_unit_test(random_bytes_are_harmless),
		cmocka_unit_test(header_names_the_owner),
		cmocka_unit_test(values_are_compared_by_meaning),
		cmocka_unit_test(mountinfo_is_read_by_its_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
