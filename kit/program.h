/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of the system that a stressor needs in its setup: mkfs, fsck. */
#ifndef STRAIN_KIT_PROGRAM_H
#define STRAIN_KIT_PROGRAM_H

#include <stddef.h>

/*
 * Runs argv[0] from PATH with empty input, waits for it, and keeps the last
 * line that it said in @said (may be empty). Its exit status, 128 + signal, or
 * -errno when it could not be started.
 */
int program_run(char *const argv[], char *said, size_t size);

#endif
