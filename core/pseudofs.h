/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of tracefs and debugfs, whether or not somebody mounted them. What is
 * not mounted is reached through a mount that no directory tree ever sees.
 */
#ifndef STRAIN_CORE_PSEUDOFS_H
#define STRAIN_CORE_PSEUDOFS_H

/*
 * Opens @path ("events/sched/sched_switch/id") of the filesystem @type
 * ("tracefs", "debugfs") with @flags and O_CLOEXEC. -errno on failure; -ENODEV:
 * this kernel has no such filesystem.
 */
int pseudofs_open(const char *type, const char *path, int flags);

#endif
