/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of QEMU's command line share: to build one, and to look into it. */
#ifndef STRAIN_TESTS_UNIT_VM_COMMAND_KIT_H
#define STRAIN_TESTS_UNIT_VM_COMMAND_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "vm-matrix/qemu/command.h"

static const struct command_wires wires = {
	.qmp = 10, .port = 11, .console = 12, .state = -1, .disk = { 20, 21, 22 }
};

static struct words argv;

static inline int teardown(void **state)
{
	(void)state;
	words_free(&argv);
	memset(&argv, 0, sizeof(argv));
	return 0;
}

static inline void build(const struct vm_spec *spec)
{
	char *why = NULL;

	words_free(&argv);
	memset(&argv, 0, sizeof(argv));
	if (command_build(&argv, "qemu", spec, &wires, &why))
		fail_msg("%s", why);
	assert_null(why);
}

static inline void refused(const struct vm_spec *spec, const char *expected)
{
	struct words none = { 0 };
	char *why = NULL;

	assert_true(command_build(&none, "qemu", spec, &wires, &why) < 0);
	assert_non_null(why);
	if (!strstr(why, expected))
		fail_msg("'%s' does not say '%s'", why, expected);
	assert_null(strchr(why, '\n'));
	free(why);
	words_free(&none);
}

/* Is there @option with exactly @value? */
static inline bool has(const char *option, const char *value)
{
	for (size_t i = 0; i + 1 < argv.n; i++)
		if (!strcmp(argv.word[i], option) &&
		    !strcmp(argv.word[i + 1], value))
			return true;
	return false;
}

static inline bool has_option(const char *option)
{
	return words_has(&argv, option);
}

static inline void expect(const char *option, const char *value)
{
	if (has(option, value))
		return;
	for (size_t i = 0; i < argv.n; i++)
		print_message("  %s\n", argv.word[i]);
	fail_msg("no '%s %s'", option, value);
}

#define PLAIN(name) \
	{ .arch = name, .kernel = "/k", .initrd = "/i", .cmdline = "quick" }

#endif
