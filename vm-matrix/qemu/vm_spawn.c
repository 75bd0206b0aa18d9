/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a spec to a running QEMU, and its end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/value.h"
#include "vm-matrix/qemu/arch.h"
#include "vm-matrix/qemu/process.h"
#include "vm-matrix/qemu/vm_parts.h"

char *vm_binary(const char *arch, char **why)
{
	const struct vm_arch *a = vm_arch(arch);
	char *path;

	if (!a) {
		*why = xasprintf("architecture '%s' is not known", arch);
		return NULL;
	}
	path = file_program(a->binary, NULL);
	if (!path)
		*why = xasprintf("'%s' is not installed; it is in package '%s'",
				 a->binary, a->package);
	return path;
}

/* Our side does not block, QEMU sets its own. */
static int make_pair(int *ours, int *theirs)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	*ours = pair[0];
	*theirs = pair[1];
	return fcntl(*ours, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

static int make_disk(uint64_t size)
{
	int fd = memfd_create("strain-disk", MFD_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, size))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

#define KEEP_MAX (COMMAND_DISKS + 4)

static size_t list_wires(const struct command_wires *w, int *keep)
{
	const int first[] = { w->qmp, w->port, w->console, w->state };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		if (first[i] >= 0)
			keep[n++] = first[i];
	for (size_t i = 0; i < COMMAND_DISKS; i++)
		if (w->disk[i] >= 0)
			keep[n++] = w->disk[i];
	return n;
}

static int make_wires(struct vm *vm, const struct vm_spec *spec,
		      struct command_wires *w, char **why)
{
	int qmp = -1, err = make_pair(&qmp, &w->qmp);

	if (!err) {
		qmp_init(&vm->qmp, qmp);
		err = make_pair(&vm->port.fd, &w->port);
	}
	if (!err)
		err = make_pair(&vm->console.fd, &w->console);
	for (size_t i = 0; !err && i < spec->n_disks && i < COMMAND_DISKS; i++) {
		const struct vm_disk *d = &spec->disk[i];

		if (d->path || d->kind == VM_DISK_PMEM)
			continue;
		w->disk[i] = make_disk(d->size);
		if (w->disk[i] < 0)
			err = w->disk[i];
	}
	if (err)
		*why = xasprintf("wires to qemu: %s", strerror(-err));
	if (err || !spec->state)
		return err;
	w->state = vm_state_open(vm, spec->state, why);
	return w->state < 0 ? w->state : 0;
}

/* One word a line, quoted for a shell. */
static void dump(const struct words *argv, const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return;
	for (size_t i = 0; i < argv->n; i++) {
		fputs(i ? " \\\n\t'" : "'", f);
		for (const char *p = argv->word[i]; *p; p++)
			if (*p == '\'')
				fputs("'\\''", f);
			else
				fputc(*p, f);
		fputc('\'', f);
	}
	fputc('\n', f);
	fclose(f);
}

static int run_qemu(struct vm *vm, const struct vm_spec *spec,
		    struct words *argv, const struct command_wires *w, char **why)
{
	int keep[KEEP_MAX], said[2];
	struct process_spec s = { .argv = argv->word, .keep = keep,
				  .pin = spec->pin };
	pid_t pid;

	if (pipe2(said, O_CLOEXEC | O_NONBLOCK)) {
		int err = -errno;

		*why = xasprintf("pipe: %s", strerror(-err));
		return err;
	}
	vm->said_fd = said[0];
	/* QEMU's words are few; it must not see a full pipe all the same. */
	fcntl(said[1], F_SETFL, 0);
	s.std[0] = -1;
	s.std[1] = s.std[2] = said[1];
	s.n_keep = list_wires(w, keep);
	pid = process_start(&s);
	close(said[1]);
	if (pid < 0) {
		*why = xasprintf("'%s' does not start: %s", argv->word[0],
				 strerror(-pid));
		return pid;
	}
	vm->pid = vm->last_pid = pid;
	vm->pid_fd = process_fd(pid);
	if (vm->pid_fd < 0) {
		*why = xasprintf("pidfd_open: %s", strerror(-vm->pid_fd));
		return vm->pid_fd;
	}
	return 0;
}

int vm_spawn(struct vm *vm, const struct vm_spec *spec, char **why)
{
	struct command_wires w = { -1, -1, -1, -1, { 0 } };
	_cleanup_free_ char *binary = vm_binary(spec->arch, why);
	_cleanup_words_ struct words argv = { 0 };
	int keep[KEEP_MAX];
	size_t n;
	int err;

	if (!binary)
		return -ENOENT;
	for (size_t i = 0; i < COMMAND_DISKS; i++)
		w.disk[i] = -1;
	err = make_wires(vm, spec, &w, why);
	if (!err)
		err = command_build(&argv, binary, spec, &w, why);
	words_end(&argv);
	if (!err && spec->dump_command)
		dump(&argv, spec->dump_command);
	if (!err)
		err = run_qemu(vm, spec, &argv, &w, why);
	n = list_wires(&w, keep);
	for (size_t i = 0; i < n; i++)
		close(keep[i]);
	return err;
}

void vm_reap(struct vm *vm, bool block)
{
	struct rusage used;
	pid_t pid;

	if (vm->unpacker &&
	    waitpid(vm->unpacker, NULL, WNOHANG) == vm->unpacker)
		vm->unpacker = 0;
	if (!vm->pid)
		return;
	do {
		pid = wait4(vm->pid, &vm->status, block ? 0 : WNOHANG, &used);
	} while (pid < 0 && errno == EINTR);
	if (!pid)
		return;
	/* Not ours any more (-1): somebody reaped it; then its status is lost. */
	if (pid > 0)
		vm->spent = used.ru_utime.tv_sec * NSEC_PER_SEC +
			    used.ru_utime.tv_usec * NSEC_PER_USEC +
			    used.ru_stime.tv_sec * NSEC_PER_SEC +
			    used.ru_stime.tv_usec * NSEC_PER_USEC;
	vm->pid = 0;
	if (vm->pid_fd >= 0)
		close(vm->pid_fd);
	vm->pid_fd = -1;
}

void vm_kill(struct vm *vm)
{
	if (vm->pid)
		kill(vm->pid, SIGKILL);
}

bool vm_running(const struct vm *vm)
{
	return vm->pid != 0;
}

pid_t vm_pid(const struct vm *vm)
{
	return vm->last_pid;
}

int vm_exit_status(const struct vm *vm)
{
	return vm->pid ? -1 : vm->status;
}
