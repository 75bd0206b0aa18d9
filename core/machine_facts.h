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

/* Each in a file of its own: machine_hardware.c, machine_kernel.c. */
void machine_hardware_facts(struct facts *f);
void machine_kernel_facts(struct facts *f);

/* "none", "integrity", "confidentiality", or "unknown". */
void machine_lockdown(char *buf, size_t size);
/* "none", "voluntary", "full", "lazy", "rt" or "unknown"; "(dynamic)" behind
 * it when it can be changed while the kernel runs. @debugfs: ask there too,
 * which a kernel in lockdown refuses and logs. */
void machine_preemption(char *buf, size_t size, bool debugfs);
/* Name of the hypervisor; "" when there is none. */
void machine_hypervisor(char *buf, size_t size);
/* Debugging options of the kernel that cost time, space separated. */
void machine_debug_options(struct str *s);

/* What the cgroups that hold us allow. */
struct cgroup_limits {
	bool version[2];       /* v1, v2 carry cpu or memory */
	uint64_t cpu_milli;    /* thousandths of a CPU; UINT64_MAX: no quota */
	uint64_t memory;       /* bytes; UINT64_MAX: no limit */
	uint64_t memory_rest;  /* of them still to be had */
};

void machine_cgroup_limits(struct cgroup_limits *l);
/* CPUs of the affinity mask. */
unsigned machine_cpus_affinity(void);

#endif
