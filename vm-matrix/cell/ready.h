/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a kernel's name, a machine and a job to what QEMU is started with: the
 * kernel is found or fetched, the initramfs made, the acceleration chosen.
 *
 * What is made lies in the cache under the digest of its content (initrds/,
 * vmlinux/) and serves the next cell too.
 */
#ifndef STRAIN_VM_MATRIX_CELL_READY_H
#define STRAIN_VM_MATRIX_CELL_READY_H

#include "reports/json.h"
#include "vm-matrix/cell/needs.h"
#include "vm-matrix/digest.h"
#include "vm-matrix/kernel/kernel.h"
#include "vm-matrix/qemu/vm.h"

/* What the guest is told to do. Everything is owned; cell_job_free(). */
struct cell_job {
	json_t *request;         /* of the job frame (docs/matrix.md), without "modules" */
	struct cell_needs needs; /* modules and programs that may be missing: the
				  * guest says by itself what it lacks then */
	struct words modules;    /* "scsi_debug dev_size_mb=64": must be there */
	struct words programs;   /* the same */
	uint64_t timeout;        /* ns; 0: from what the job plans */
	bool report;             /* it makes one */
	bool exact;
	bool aboard;             /* lies in the initramfs as FRAME_JOB_FILE: the guest starts by
				  * itself, so that nothing depends on when the host answers */
	bool timed;              /* its figures are wanted: a boot of its own */
};

void cell_job_free(struct cell_job *job);
/* The job frame: the request and the modules to load. JSON, to free. */
char *cell_request(const struct cell_job *job, const struct words *load);

enum cell_accel { CELL_ACCEL_AUTO, CELL_ACCEL_TCG, CELL_ACCEL_KVM };

/* What cells share. */
struct cell_host {
	struct kernel_cache *cache;
	enum cell_accel accel;
	bool no_state;        /* boot always, save nothing */
	const char *guests;   /* NULL: $STRAIN_GUESTS and where they are installed */
};

struct cell_spec {
	const char *source;   /* kernel.h */
	/* .arch .cpus .memory .node .disk .cmdline .exact .kaslr .seed .gdb_port
	 * .pin and so on; the rest is filled in. Borrowed. */
	struct vm_spec machine;
	const struct cell_job *job;
};

struct cell_ready {
	struct kernel kernel;
	struct vm_spec vm;     /* of the spec, with what follows; its strings live
				* as long as this and the spec */
	char *boots, *initrd;  /* paths */
	char initrd_digest[DIGEST_HEX];
	char *guest;           /* path of the guest's program */
	struct words load;     /* modules for the job frame, in their order */
	char *accel_why;       /* what decided */
	uint64_t config;       /* digest of the kernel's config; 0: none is here */
	unsigned longer;       /* outcome.h: limits are stretched so much */
	char *state;           /* path of the saved machine; NULL: none is wanted */
	char key[DIGEST_HEX];  /* of all that the result depends on */
};

/*
 * 0; or with one line in *@why, to free, a negative error: of enum kernel_error
 * (KERNEL_GONE: also a module or program that the job must have is not there),
 * or another errno. @out is to be freed in any case.
 */
int cell_ready(const struct cell_spec *spec, const struct cell_host *host,
	       struct cell_ready *out, char **why);
void cell_ready_free(struct cell_ready *r);

/* The static program for guests of @arch, to free. NULL: *why. */
char *cell_guest_find(const struct cell_host *host, const char *arch, char **why);

#endif
