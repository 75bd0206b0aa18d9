/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of CPUs as the kernel and taskset write them: "0-3,8,10-11". */
#ifndef STRAIN_CORE_CPULIST_H
#define STRAIN_CORE_CPULIST_H

#include <sched.h>

#define CPULIST_MAX 4096

/* Calls for each CPU of @list in turn fill @cpus (CPULIST_MAX of them at most);
 * returns how many, or -1 when it is no list or names a CPU that is not ours. */
int cpulist_parse(const char *list, unsigned *cpus);
/* How many different CPUs it has; 0 where that returns -1. */
unsigned cpulist_count(const char *list);
/* Pins the calling thread to CPU number @index (modulo) of a valid list. */
void cpulist_pin(const char *list, unsigned index);

#endif
