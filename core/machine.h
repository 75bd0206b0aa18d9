/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts about the machine, read-only: what is really available to us (affinity
 * mask, cpu.max, MemAvailable, cgroup limits v1 and v2), and what a report must
 * say of kernel and hardware.
 */
#ifndef STRAIN_CORE_MACHINE_H
#define STRAIN_CORE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* In the environment of what a guest of the VM matrix starts from another build. */
#define MACHINE_GUEST "STRAIN_IN_GUEST"

/* Is the whole machine ours, as such a guest is? Builds for guests need not ask. */
#ifdef STRAIN_GUEST
static inline bool machine_is_guest(void)
{
	return true;
}
#else
bool machine_is_guest(void);
#endif

/* CPUs of the affinity mask, cut by the cgroup's CPU quota (rounded up). >= 1 */
unsigned machine_cpus(void);
/* CPUs online. */
unsigned machine_cpus_online(void);
/* Bytes we may use: the least of MemAvailable and every cgroup limit's rest. */
uint64_t machine_memory(void);
unsigned machine_nodes(void);

/* A NUMA node that has memory. Text is "" and a number 0 where the kernel does
 * not tell. */
struct memory_node {
	unsigned node;
	uint64_t bytes;
	char cpus[128];      /* its CPUs, "0-3,8"; "": it has memory alone */
	char distances[256]; /* to nodes 0, 1, ...: "10 40" */
	char tier[32];       /* "memory_tier4": a smaller number is faster */
	uint64_t read_ns;    /* from the nearest node with CPUs, as firmware says */
	uint64_t read_mib;   /* the same, MiB/s */
};

#define MACHINE_NODES 1024 /* the highest number that a kernel is built for */
/* Those with memory, @max at most, in order; 0: a kernel without NUMA. */
size_t machine_memory_nodes(struct memory_node *nodes, size_t max);
/* Does reclaim move pages to a slower tier? False: the kernel cannot. */
bool machine_demotion(bool *on);
/* Seconds that the host ran others on our CPUs, all CPUs, since boot; 0 when
 * it cannot be read (field 8 of the first line of /proc/stat, proc_stat(5)). */
double machine_steal(void);
/* Compares release strings: <0, 0, >0 as strcmp; "6.18.44-fc" > "6.9". */
int machine_release_cmp(const char *a, const char *b);
/*
 * The same over the numbers that @series gives and nothing behind them:
 * 6.12.5 and 6.12-rc4 are both 6.12. What needs and ranges are judged by.
 */
int machine_series_cmp(const char *release, const char *series);
const char *machine_release(void);
/* The kernel's taint word; 0 when it cannot be read. */
uint64_t machine_taint(void);
/* "" when /proc does not tell. */
const char *machine_boot_id(void);
/* Directory of the version 2 control group that the program was in when it
 * asked for its limits last; NULL: the root, or no such hierarchy. */
const char *machine_cgroup_v2(void);

/* 'y', 'm', 'n' (known to be off) or '?' (no config to be found). */
char machine_kconfig(const char *symbol);
/* Where the kernel config was read from, or NULL. */
const char *machine_kconfig_source(void);

/* One fact for the report and `doctor`; values are text or numbers. */
struct fact {
	const char *group; /* "machine", "kernel", "sysctl", "libraries" */
	const char *name;
	char *text;        /* NULL: number */
	double number;
};

/*
 * The facts that matter to stressors with one of @tags, space separated; NULL:
 * all. Those that cannot change before the next boot come from a file that the
 * first run of a boot leaves beside the undo logs. Owned by the machine module
 * until the next call.
 */
const struct fact *machine_facts(const char *tags, size_t *n);

/* Something that makes numbers of this machine noisy, for `doctor`. */
struct noise {
	const char *name;   /* "governor" */
	char *state;        /* "powersave" */
	bool noisy;
	char *why;          /* what it does to numbers */
	char *command;      /* what changes it, or NULL */
};

const struct noise *machine_noise(size_t *n);

#endif
