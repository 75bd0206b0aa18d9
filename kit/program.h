/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs: of the system, that a stressor needs (mkfs, fsck), and the user's. */
#ifndef STRAIN_KIT_PROGRAM_H
#define STRAIN_KIT_PROGRAM_H

#include <stddef.h>
#include <sys/types.h>

#include "base/cmdline.h"

/*
 * Runs argv[0] from PATH with empty input, waits for it, and keeps the last
 * line that it said in @said (may be empty). Its exit status, 128 + signal, or
 * -errno when it could not be started.
 */
int program_run(char *const argv[], char *said, size_t size);
/* Starts it with empty input, its output thrown away. 0, or -errno. */
int program_start(char *const argv[], pid_t *pid);

#endif
