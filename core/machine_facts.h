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
 * it when it can be changed while the kernel runs. */
void machine_preemption(char *buf, size_t size);
/* Name of the hypervisor; "" when there is none. */
void machine_hypervisor(char *buf, size_t size);
/* CPUs that the cgroup's quota allows ("1.5" is 1.5); 0: no quota. */
double machine_cpu_quota(void);
/* Least memory limit of the cgroups that hold us; 0: none. */
uint64_t machine_memory_limit(void);
/* Debugging options of the kernel that cost time, space separated. */
void machine_debug_options(struct str *s);

/* One small file; what could not be read has empty text. */
struct machine_file {
	char path[192];
	char text[512]; /* first line, cut to fit */
};

/* Reads all of them, in one go where the kernel lets us. */
void machine_read_files(struct machine_file *file, size_t n);

#endif
