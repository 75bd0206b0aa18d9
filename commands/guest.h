/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This program as process 1 of a virtual machine. */
#ifndef STRAIN_COMMANDS_GUEST_H
#define STRAIN_COMMANDS_GUEST_H

#include "base/msg.h"

/* Does not return when the kernel started this program, @name, as /init. Jobs
 * are command lines for @program. */
void guest_if_init(const char *name, int (*program)(int argc, char **argv));
/* The jobs that come over the descriptor of this number: for tests. */
enum exit_code guest_over(const char *number, int (*program)(int argc, char **argv));

#endif
