/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An XFS of our own to crash, in memory: image files on a tmpfs below the
 * scratch directory, so that its flushes cost no disk anything. All but the
 * remounting is made in setup, through the engine, which takes it away again.
 */
#ifndef STRAIN_KIT_CRASHDISK_H
#define STRAIN_KIT_CRASHDISK_H

#include <stdint.h>

#include "core/worker.h"

#define CRASHDISK_PATH 320

/* PATH/TO/ROOM/@name. @path holds CRASHDISK_PATH bytes. */
const char *crashdisk_path(const struct worker *w, const char *name, char *path);
/* Setup: the tmpfs, with an empty XFS in the file "base" and directory "mnt". */
void crashdisk_make(struct worker *w);
/* Setup: a loop device on file @name; its name into @device (32 bytes). */
void crashdisk_attach(struct worker *w, const char *name, char *device);
/* Setup: mounts @device on "mnt" for the first time. */
void crashdisk_first_mount(struct worker *w, const char *device);
/*
 * Again and off, from a worker: the engine unmounts "mnt" in any case. The
 * device's file may have been changed meanwhile. 0, or -errno.
 */
int crashdisk_mount(struct worker *w, const char *device);
int crashdisk_unmount(struct worker *w);
/* Makes file @to equal to @from without storing zeros. 0, or -errno. */
int crashdisk_copy(int from, int to);
/* Opens file @name; the task is broken when it cannot. */
int crashdisk_open(struct worker *w, const char *name, int flags);
/*
 * One worker at a time: takes the turn, or returns -1 when the run ends first.
 * The descriptor is the turn; closing it, or dying, gives it on.
 */
int crashdisk_turn(struct worker *w);

#endif
