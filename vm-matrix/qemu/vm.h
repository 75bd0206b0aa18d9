/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One virtual machine: a QEMU process with a guest of ours inside.
 *
 * QEMU is a child that dies with this process whatever kills it, and talks over
 * socket pairs that it inherits: nothing of a machine is in the filesystem. One
 * thread drives any number of machines:
 *
 *	vm = vm_start(&spec, &events, &why);
 *	while (vm_work(vm)) {
 *		n = vm_fds(vm, fds, VM_FDS);
 *		poll(fds, n, timeout);
 *	}
 *	vm_free(vm);
 *
 * vm_work() calls what struct vm_events names, and nothing else here does: a
 * callback may use every function but vm_work(), vm_wait() and vm_free().
 *
 * *why, where a function has it, is one line to free on error and untouched
 * otherwise. Errors are negative errno values.
 */
#ifndef STRAIN_VM_MATRIX_QEMU_VM_H
#define STRAIN_VM_MATRIX_QEMU_VM_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <jansson.h>

enum vm_accel {
	VM_ACCEL_TCG,
	VM_ACCEL_KVM,
};

/* A memory node. Node 0 should have the CPUs; the others may have none. */
struct vm_node {
	unsigned cpus;
	uint64_t memory;     /* bytes */
	unsigned distance;   /* of the others from here; 0: 20 */
	unsigned latency;    /* ns of a read by the CPUs; 0: no attribute table */
	uint64_t bandwidth;  /* bytes a second; 0 as above */
};

enum vm_disk_kind {
	VM_DISK_VIRTIO_BLK,
	VM_DISK_NVME,
	VM_DISK_SCSI,
	VM_DISK_PMEM, /* /dev/pmemN by virtio-pmem */
};

struct vm_disk {
	enum vm_disk_kind kind;
	uint64_t size;         /* bytes; 0: that of the file */
	const char *path;      /* raw image; NULL: new, sparse, in memory, gone
				* with the machine */
	const char *cache;     /* none writeback unsafe directsync writethrough;
				* NULL: writeback */
	unsigned logical_block; /* 0: 512 */
	const char *log;       /* all writes go to this file too, in the format
				* of dm-log-writes, each as the guest made it;
				* NULL: no */
	const char *serial;    /* NULL: strainN */
	unsigned requests;     /* a second, at most, each for itself; 0: as they
				* come. Not with .log, nor for pmem. */
};

struct vm_spec {
	const char *arch;    /* Debian's name: amd64 */
	const char *kernel;  /* vmlinux where the architecture boots one (see
			      * arch.h), else the package's image */
	const char *initrd;
	const char *cmdline; /* comes after the default words; may be NULL */
	unsigned cpus;       /* 0: 1 */
	uint64_t memory;     /* 0: 512 MiB; ignored where there are nodes */
	const struct vm_node *node;
	size_t n_nodes;
	const struct vm_disk *disk;
	size_t n_disks;
	bool exact;          /* one instruction is one nanosecond; TCG, one CPU.
			      * Idle guests burn the host's CPU: vm_stop() them */
	bool paced;          /* the clock counts instructions as above, but an idle
			      * guest waits; TCG, one CPU */
	bool kaslr;          /* false: nokaslr on the command line */
	bool pvpanic;        /* the device, where the machine takes one */
	enum vm_accel accel;
	const char *state;   /* restored from what vm_save() wrote, instead of
			      * a boot; everything else as when it was saved */
	unsigned seed;       /* of what the guest gets as entropy (KASLR too);
			      * 0: 1 when exact, else the host's */
	int gdb_port;        /* 0: none. The guest waits for the debugger. */
	unsigned pin;        /* 1 + the host's CPU to run on; 0: any */
	const char *dump_command; /* file that gets QEMU's command line; NULL */
};

struct vm_events {
	void *ctx;
	/* A whole frame with the right checksum (vm-matrix/frame.h). */
	void (*frame)(void *ctx, uint8_t kind, const void *payload, size_t n);
	/* As it comes: no lines, any byte. */
	void (*console)(void *ctx, const char *text, size_t n);
	/* SHUTDOWN, RESET, GUEST_PANICKED, STOP, ...; @event is borrowed: the
	 * whole object with its "data". */
	void (*event)(void *ctx, const char *name, const json_t *event);
	/* The port said what no frame is, once for each such place. */
	void (*garbage)(void *ctx, const char *why);
};

struct vm;

/* Can there be such a machine? 0, or -EINVAL with *why. Looks at nothing else. */
int vm_check(const struct vm_spec *spec, char **why);
/*
 * Starts QEMU; returns at once, the guest then boots. With a state it returns
 * when the guest has been restored, paused: vm_cont() lets it go on, and the
 * job for it must set its clock and its random numbers anew. NULL: *why.
 */
struct vm *vm_start(const struct vm_spec *spec, const struct vm_events *events,
		    char **why);
/* Kills QEMU if it runs, reaps it, frees. NULL: nothing. */
void vm_free(struct vm *vm);

/* What to poll; at most VM_FDS. Ask again before each poll. */
#define VM_FDS 8
size_t vm_fds(const struct vm *vm, struct pollfd *fds, size_t max);
/*
 * Takes what is there, never blocks, a bounded amount a call: a guest that
 * floods its port waits for us. False: QEMU has ended and all that it left
 * behind was given to the callbacks.
 */
bool vm_work(struct vm *vm);
/* One machine alone: poll and work for up to @ms. As vm_work(). */
bool vm_wait(struct vm *vm, int ms);

/* Queues a frame to the guest. -ENOBUFS: 32 MiB wait already, -EPIPE: ended. */
int vm_send(struct vm *vm, uint8_t kind, const void *payload, size_t n);
/* Queues bytes for the guest's console, as typed. */
int vm_type(struct vm *vm, const char *text, size_t n);

/*
 * One command to QEMU and its answer, at most 10 s. Takes over the reference to
 * @args (NULL: none). @reply (may be NULL) gets a new reference to "return".
 * -EREMOTEIO: QEMU refused, -ETIMEDOUT, -EPIPE: it has ended.
 */
int vm_qmp(struct vm *vm, const char *command, json_t *args, json_t **reply,
	   char **why);
int vm_stop(struct vm *vm, char **why); /* returns when all CPUs stand still */
int vm_cont(struct vm *vm, char **why);
int vm_nmi(struct vm *vm, char **why);
/* Asks QEMU to end in order (logs of disks are flushed); vm_work() sees it. */
int vm_quit(struct vm *vm, char **why);
/* SIGKILL. */
void vm_kill(struct vm *vm);
bool vm_running(const struct vm *vm);
pid_t vm_pid(const struct vm *vm);
/* As of waitpid(); -1 while it runs. */
int vm_exit_status(const struct vm *vm);

/* CPU time in ns: of the guest's CPUs (a stopped guest's is exact, that of a
 * running one lags by a tick), and of all of QEMU, also after its end. */
uint64_t vm_vcpu_ns(struct vm *vm);
uint64_t vm_cpu_ns(const struct vm *vm);

/* The last 256 KiB of the console; @n gets the length. Borrowed. */
const char *vm_console(const struct vm *vm, size_t *n);
/* What QEMU itself printed, the first 16 KiB; "" when nothing. Borrowed. */
const char *vm_said(const struct vm *vm);
/* Status, registers of all CPUs, tail of the console: evidence of a hang, before
 * the kill. To free. */
char *vm_evidence(struct vm *vm);

/*
 * Stops the machine and writes its state to @path, atomically, compressed where
 * zstd is installed. The machine stays stopped, on error too; vm_cont() lets it
 * go on. Only where vm_can_restore().
 */
int vm_save(struct vm *vm, const char *path, char **why);
/*
 * Does a machine as @spec behave the same after a restore? No where QEMU is known
 * to lose state, in exact mode and with disks that are files. *why (may be NULL)
 * gets a static reason.
 */
bool vm_can_restore(const struct vm_spec *spec, const char **why);
/*
 * Identity of a state: digest of the command line with the digests of kernel and
 * initrd in place of their names, of QEMU's version and the host's counter. To
 * free.
 */
char *vm_state_key(const struct vm_spec *spec, const char *kernel_digest,
		   const char *initrd_digest);

/* Path of QEMU for @arch, to free; NULL: *why names the package to install. */
char *vm_binary(const char *arch, char **why);
/* "7.2.22", kept for the life of the process; NULL: no QEMU for @arch. */
const char *vm_emulator_version(const char *arch);
const char *vm_accel_name(enum vm_accel accel); /* "tcg", "kvm" */

#endif
