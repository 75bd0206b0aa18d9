/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the parts of the machine module hand in their facts. Internal. */
#ifndef STRAIN_CORE_MACHINE_FACTS_H
#define STRAIN_CORE_MACHINE_FACTS_H

#include "core/machine.h"
#include "core/machine_files.h"

struct facts {
	struct fact *fact;
	size_t n;
};

/* @group must be static; @name and @text are copied. Empty text is no fact. */
void facts_text(struct facts *f, const char *group, const char *name,
		const char *text);
void facts_number(struct facts *f, const char *group, const char *name,
		  double number);
/* A number when the text is one, the chosen word of "always [madvise] never",
 * or the text. */
void facts_value(struct facts *f, const char *group, const char *name,
		 const char *text);
void facts_digest(struct facts *f, const char *group, const char *name,
		  uint64_t digest);

void facts_clear(struct facts *f);
/* Has @tags one of the words @when? Yes for NULL as either. */
bool facts_matter(const char *tags, const char *when);
/* To whose work the kernel belongs: how it is entered and preempted matters. */
#define MATTERS_KERNEL "memory scheduler filesystem io kernel hurts-host"
/* To whom memory is short or abundant, and its limits matter. */
#define MATTERS_MEMORY "memory thp hugetlb pagetable filesystem io"
const struct fact *facts_find(const struct facts *f, const char *group,
			      const char *name);
/* The same of what machine_facts() found last; NULL before. */
const struct fact *facts_found(const char *group, const char *name);

/*
 * Each in a file of its own: machine_hardware.c, machine_kernel.c. _boot: what
 * stays as it is until the next boot, or until what machine_boot.c's key holds
 * changes. _now: the rest, as far as it matters to stressors with one of @tags;
 * @f has those of _boot.
 */
void machine_hardware_boot(struct facts *f);
void machine_hardware_now(struct facts *f, const char *tags);
/* core/machine_nodes.c: part of machine_hardware_now(). */
void machine_node_facts(struct facts *f);
void machine_kernel_boot(struct facts *f);
void machine_kernel_now(struct facts *f, const char *tags);

/* core/machine_boot.c: facts of _boot, kept in a file until the next boot. */
struct str machine_boot_key(void);
/* False, and @f as it was, when there is no such file, or not one to trust. */
bool machine_boot_load(struct facts *f, const char *key);
void machine_boot_store(const struct facts *f, const char *key);

/* "none", "integrity", "confidentiality", or "unknown". */
void machine_lockdown(char *buf, size_t size);
/* Is it one of the two in the middle? What was found in this boot is enough. */
bool machine_locked_down(void);
/* Name of the hypervisor; "" when there is none. */
void machine_hypervisor(char *buf, size_t size);
/* Can the kernel know of time that others had our CPUs? Where CPUID says that the
 * machine is real, or emulated, its count stays 0. */
bool machine_counts_steal(void);
/* Debugging options of the kernel that cost time, space separated. */
void machine_debug_options(struct str *s);

/* What the cgroups that hold us allow. */
struct cgroup_limits {
	bool version[2];       /* v1, v2 carry cpu or memory */
	/* where asked: */
	uint64_t cpu_milli;    /* thousandths of a CPU; UINT64_MAX: no quota */
	char cpu_file[512];    /* that sets this quota */
	uint64_t memory;       /* bytes; UINT64_MAX: no limit */
	uint64_t memory_rest;  /* of them still to be had */
};

enum cgroup_ask { CGROUP_CPU = 1, CGROUP_MEMORY = 2 };

/* @ask: a sum of these. */
void machine_cgroup_limits(struct cgroup_limits *l, unsigned ask);
/* CPUs of the affinity mask. */
unsigned machine_cpus_affinity(void);

#endif
