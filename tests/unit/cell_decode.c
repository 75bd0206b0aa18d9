/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traces to lines: of a recorded panic, and of this program's own symbols. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vm-matrix/cell/decode.h"

static const char map_text[] = "ffffffff81000000 T _text\n"
			       "ffffffff8109a0c0 T panic\n"
			       "ffffffff8109a3a0 t next_to_panic\n"
			       "ffffffff81200000 t show\n"
			       "ffffffff81200040 t show_end\n"
			       "ffffffff81300000 t show\n"
			       "ffffffff81300200 t other_end\n"
			       "ffffffff81400000 d data\n"
			       "ffffffff82000000 T prepare_namespace\n"
			       "nonsense\n"
			       "ffffffff82000200 T last";

/* Printed by 6.12 when there was no root to mount. */
static const struct {
	const char *line;
	uint64_t address; /* 0: none */
} rows[] = {
	{ "[    7.003375]  panic+0x118/0x2db", 0xffffffff8109a1d7 },
	{ "[    7.003764]  prepare_namespace+0x1e7/0x1f0", 0xffffffff820001e6 },
	{ "[    7.004] RIP: 0010:panic+0x118/0x2db", 0xffffffff8109a1d8 },
	{ "[    7.004] RIP: 0010:panic+0x0/0x2db", 0xffffffff8109a0c0 },
	{ "[    7.004581]  ? show+0x10/0x3e", 0xffffffff8120000f }, /* by its size */
	{ "[    7.004581]  ? show+0x10/0x1f8", 0xffffffff8130000f },
	{ "[    7.004581]  ? show+0x10/0x999", 0 },
	{ "[    7.004581]  panic+0x10/0x20 [xfs]", 0 },
	{ "[    7.004581]  data+0x10/0x20", 0 },
	{ "[    7.004581]  panic+0x400/0x2db", 0 }, /* not in it */
	{ "[    7.004581]  unknown_function+0x10/0x20", 0 },
	{ "[    7.009056] Kernel Offset: disabled", 0 },
	{ "+0x1/0x2", 0 },
	{ "panic+0x", 0 },
	{ "", 0 },
};

static void recorded(void **state)
{
	struct decode_map map = { 0 };

	(void)state;
	decode_map_read(&map, map_text);
	assert_int_equal(map.n, 9);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t address = 0;
		bool found = decode_line(&map, rows[i].line, &address);

		if (found != (rows[i].address != 0) || (found && address != rows[i].address))
			fail_msg("'%s': %#" PRIx64, rows[i].line, found ? address : 0);
	}
	decode_map_free(&map);
	decode_map_read(&map, "");
	assert_false(decode_line(&map, rows[0].line, &(uint64_t){ 0 }));
	decode_map_free(&map);
}

static void own_lines(void **state)
{
	char program[4096] = "", map[] = "/tmp/strain-map.XXXXXX";
	char *command, *decoded;
	struct words lines = { 0 };
	int fd = mkstemp(map);

	(void)state;
	assert_true(fd >= 0 && readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
	close(fd);
	command = xasprintf("command -v addr2line >/dev/null && nm '%s' >%s 2>/dev/null && "
			    "readelf -S '%s' | grep -q debug_line", program, map, program);
	if (system(command)) {
		unlink(map);
		free(command);
		skip(); /* no binutils, or built without -g */
	}
	words_add(&lines, "[ 1.0] Call Trace:");
	words_add(&lines, "[ 1.0]  decode_line+0x1/0x20");
	words_add(&lines, "[ 1.0]  nowhere+0x1/0x20");
	words_add(&lines, "[ 1.0] RIP: 0010:decode_map_free+0x0/0x20");
	decoded = decode_lines(&lines, program, map);
	assert_non_null(decoded);
	assert_non_null(strstr(decoded, "Call Trace:\n[ 1.0]  decode_line+0x1/0x20 ("));
	assert_non_null(strstr(decoded, "decode.c:"));
	assert_non_null(strstr(decoded, "nowhere+0x1/0x20\n"));
	assert_null(decode_lines(&lines, NULL, map));
	assert_null(decode_lines(&lines, program, "/no/such/map"));
	assert_null(decode_lines(&lines, "/no/such/vmlinux", map));
	free(decoded);
	words_free(&lines);
	unlink(map);
	free(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded),
		cmocka_unit_test(own_lines),
	};

	return cmocka_run_group_tests_name("cell_decode", tests, NULL, NULL);
}
