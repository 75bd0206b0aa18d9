/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directory trees. */
#ifndef STRAIN_BASE_DIR_H
#define STRAIN_BASE_DIR_H

#include <sys/types.h>

/* Creates missing directories of @path with @mode. 0, or -errno. */
int dir_make(const char *path, mode_t mode);
/* ${XDG_STATE_HOME:-$HOME/.local/state}/strain/@name, to free; makes nothing.
 * NULL: neither variable is an absolute path. */
char *dir_state(const char *name);
/* Makes what dir_state() named, as dir_make(); but no home directory. */
int dir_make_state(const char *path, mode_t mode);
/*
 * Removes @path and all below it without following symbolic links or leaving
 * its filesystem. 0, or the first -errno; a missing @path is 0.
 */
int dir_remove(const char *path);

#endif
