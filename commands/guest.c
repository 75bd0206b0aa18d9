/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/guest.h"

#include <fcntl.h>

#include "base/value.h"
#include "vm-matrix/guest/guest.h"

void guest_if_init(const char *name, int (*program)(int argc, char **argv))
{
	if (guest_is_init(name))
		guest_init(program);
}

enum exit_code guest_over(const char *number, int (*program)(int argc, char **argv))
{
	uint64_t fd;

	if (value_count(number, &fd) || fd < 3 || fd > INT32_MAX ||
	    fcntl((int)fd, F_GETFL) < 0)
		die(EXIT_USAGE, "'%s' is no descriptor to be a guest over", number);
	guest_serve((int)fd, program);
	return EXIT_PASS;
}
