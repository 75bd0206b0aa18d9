/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saved machines: a machine that has booted and waits for its first job, written
 * by QEMU as a migration stream.
 *
 * A restored guest goes on in the middle of a moment that is past. Its monotonic
 * clock goes on from there; its real-time clock is late by the age of the state,
 * and its random numbers are those of every other restore: a job for it brings
 * both anew. It has the boot id of its state.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/value.h"
#include "vm-matrix/digest.h"
#include "vm-matrix/qemu/arch.h"
#include "vm-matrix/qemu/process.h"
#include "vm-matrix/qemu/vm_parts.h"

#define MOVE_MS 120000
#define POLL_US 5000
#define FULL (1U << 20) /* bytes that are left of a disk that is full */

static const unsigned char zstd_magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };

bool vm_can_restore(const struct vm_spec *spec, const char **why)
{
	const struct vm_arch *a = vm_arch(spec->arch);
	const char *version = vm_emulator_version(spec->arch);
	const char *reason = NULL;

	if (!a || !version)
		reason = "there is no QEMU for it";
	else if (a->restores_from &&
		 strtoul(version, NULL, 10) < a->restores_from)
		reason = "this QEMU loses its timer";
	else if (spec->exact || spec->paced)
		reason = "where instructions are counted a boot is the unit";
	else if (spec->accel != VM_ACCEL_TCG)
		reason = "proven under TCG only";
	else if (spec->gdb_port)
		reason = "a debugger wants the boot";
	for (size_t i = 0; !reason && i < spec->n_disks; i++)
		if (spec->disk[i].kind == VM_DISK_NVME)
			reason = "QEMU does not save the state of an nvme disk";
		else if (spec->disk[i].path || spec->disk[i].log)
			reason = "a disk is a file, which has changed since";
	if (why)
		*why = reason;
	return !reason;
}

/* What was measured of this host's counter differs a little each time, and is no
 * matter of a machine that has booted. */
static void forget_rate(char *word)
{
	static const char option[] = " tsc_early_khz=";
	char *at = strstr(word, option), *end;

	if (!at)
		return;
	end = at + strlen(option);
	end += strspn(end, "0123456789");
	memmove(at, end, strlen(end) + 1);
}

/*
 * An x86 guest goes on with the rate that the host's counter had: states in a cache
 * that came from another host would have a wrong clock. Steps of 100 MHz, with
 * borders where no CPU's rate is.
 */
static void add_host(struct digest *d)
{
	char rate[16];

	snprintf(rate, sizeof(rate), "%u", (command_tsc_mhz() + 41) / 100);
	digest_text(d, rate);
}

char *vm_state_key(const struct vm_spec *spec, const char *kernel_digest,
		   const char *initrd_digest)
{
	const char *version = vm_emulator_version(spec->arch);
	struct command_wires w = { 3, 4, 5, 6, { 0 } };
	_cleanup_words_ struct words argv = { 0 };
	struct vm_spec same = *spec;
	char hex[DIGEST_HEX], *why = NULL;
	struct digest d;

	same.kernel = kernel_digest;
	same.initrd = initrd_digest;
	if (command_build(&argv, "qemu", &same, &w, &why)) {
		free(why);
		return NULL;
	}
	digest_start(&d);
	digest_text(&d, version);
	add_host(&d);
	for (size_t i = 0; i < argv.n; i++) {
		forget_rate(argv.word[i]);
		digest_text(&d, argv.word[i]);
	}
	digest_end(&d, hex);
	return xstrdup(hex);
}

/* Starts zstd between @in and @out, both stay open here. 0: there is none. */
static pid_t start_zstd(const char *how, int in, int out)
{
	char *argv[] = { (char *)"zstd", (char *)how, (char *)"-qc", NULL };
	struct process_spec s = { .argv = argv, .std = { in, out, -1 } };

	return process_start(&s);
}

int vm_state_open(struct vm *vm, const char *path, char **why)
{
	unsigned char head[sizeof(zstd_magic)];
	int file = open(path, O_RDONLY | O_CLOEXEC), fds[2];
	pid_t pid;

	if (file < 0) {
		*why = xasprintf("saved state '%s': %s", path, strerror(errno));
		return -errno;
	}
	/* What is used is not what leaves the cache first. */
	futimens(file, NULL);
	if (pread(file, head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head, zstd_magic, sizeof(head)) != 0)
		return file;
	if (pipe2(fds, O_CLOEXEC)) {
		*why = xasprintf("pipe: %s", strerror(errno));
		close(file);
		return -EMFILE;
	}
	pid = start_zstd("-d", file, fds[1]);
	close(file);
	close(fds[1]);
	if (pid > 0) {
		vm->unpacker = pid;
		return fds[0];
	}
	close(fds[0]);
	*why = xasprintf("saved state '%s': zstd does not start: %s", path,
			 strerror(-pid));
	return pid;
}

/* The "status" of what @query answers, to free; NULL with *why. */
static char *status_of(struct vm *vm, const char *query, char **why)
{
	json_t *reply = NULL;
	const char *status;
	char *copy = NULL;

	if (vm_qmp(vm, query, NULL, &reply, why))
		return NULL;
	status = json_string_value(json_object_get(reply, "status"));
	copy = xstrdup(status ? status : "");
	json_decref(reply);
	return copy;
}

/* QEMU's own words say most about a state that it does not take. */
static void explain(struct vm *vm, const char *path, char **why)
{
	char *before = *why;

	vm_kill(vm);
	vm_reap(vm, true);
	vm_work(vm);
	*why = xasprintf("saved state '%s' does not restore: %.*s", path,
			 (int)strcspn(vm->said.len ? vm->said.buf : before,
				      "\n"),
			 vm->said.len ? vm->said.buf : before);
	free(before);
}

int vm_state_wait(struct vm *vm, const char *path, char **why)
{
	uint64_t end = clock_now() + MOVE_MS * NSEC_PER_MSEC;

	while (clock_now() < end) {
		_cleanup_free_ char *status =
			status_of(vm, "query-status", why);

		if (!status) {
			explain(vm, path, why);
			return -EIO;
		}
		if (!strcmp(status, "paused") || !strcmp(status, "prelaunch"))
			return 0;
		usleep(POLL_US);
	}
	*why = xstrdup("it takes too long");
	explain(vm, path, why);
	return -ETIMEDOUT;
}

/* A descriptor that QEMU was given and did not take. */
static void forget_fd(struct vm *vm)
{
	char *why = NULL;

	vm_qmp(vm, "closefd", json_pack("{s:s}", "fdname", "state"), NULL, &why);
	free(why);
}

static int migrate(struct vm *vm, int fd, char **why)
{
	uint64_t end = clock_now() + MOVE_MS * NSEC_PER_MSEC;
	int err;

	err = qmp_command(&vm->qmp, "getfd",
			  json_pack("{s:s}", "fdname", "state"), fd,
			  VM_COMMAND_MS, NULL, why);
	/* 0: as fast as it goes. */
	if (!err)
		err = vm_qmp(vm, "migrate-set-parameters",
			     json_pack("{s:i}", "max-bandwidth", 0), NULL, why);
	if (!err)
		err = vm_qmp(vm, "migrate", json_pack("{s:s}", "uri", "fd:state"),
			     NULL, why);
	if (err)
		forget_fd(vm);
	while (!err && clock_now() < end) {
		_cleanup_free_ char *status =
			status_of(vm, "query-migrate", why);

		if (!status)
			return -EIO;
		if (!strcmp(status, "completed"))
			return 0;
		if (!strcmp(status, "failed") || !strcmp(status, "cancelled")) {
			*why = xasprintf("qemu says it %s", status);
			return -EIO;
		}
		usleep(POLL_US);
	}
	if (!err)
		*why = xstrdup("it takes too long");
	return err ? err : -ETIMEDOUT;
}

/* Through zstd where there is one. */
static int write_state(struct vm *vm, int file, char **why)
{
	_cleanup_free_ char *zstd = file_program("zstd", NULL);
	int fds[2], err, status = 0;
	pid_t pid;

	if (!zstd)
		return migrate(vm, file, why);
	if (pipe2(fds, O_CLOEXEC)) {
		*why = xasprintf("pipe: %s", strerror(errno));
		return -EMFILE;
	}
	pid = start_zstd("-1", fds[0], file);
	close(fds[0]);
	if (pid < 0)
		*why = xasprintf("zstd does not start: %s", strerror(-pid));
	err = pid < 0 ? pid : migrate(vm, fds[1], why);
	close(fds[1]);
	/* Not an end for it: QEMU may still have the descriptor. */
	if (err && pid > 0)
		kill(pid, SIGKILL);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!err && status) {
		*why = xstrdup("zstd failed: is the disk full?");
		err = -EIO;
	}
	return err;
}

/* What QEMU and zstd say of it is that they failed. */
static bool is_full(int file)
{
	struct statvfs s;

	return !fstatvfs(file, &s) && (uint64_t)s.f_bavail * s.f_frsize < FULL;
}

/* A file without a name where that can be had: killed, we leave none behind. */
static int open_unnamed(const char *path, const char *temp, bool *named)
{
	_cleanup_free_ char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');
	int fd;

	if (slash)
		slash[slash == dir] = '\0';
	fd = open(slash ? dir : ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	*named = fd < 0;
	if (fd < 0)
		fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd;
}

static int name_it(int fd, bool named, const char *temp, const char *path)
{
	_cleanup_free_ char *self = xasprintf("/proc/self/fd/%d", fd);

	if (!named && linkat(AT_FDCWD, self, AT_FDCWD, temp, AT_SYMLINK_FOLLOW))
		return -errno;
	return rename(temp, path) ? -errno : 0;
}

int vm_save(struct vm *vm, const char *path, char **why)
{
	_cleanup_free_ char *temp = xasprintf("%s.%d.new", path, getpid());
	char *reason = NULL;
	bool named = false;
	int file, err = vm_stop(vm, why);

	if (err)
		return err;
	file = open_unnamed(path, temp, &named);
	if (file < 0) {
		err = -errno;
		*why = xasprintf("'%s': %s", temp, strerror(-err));
		return err;
	}
	err = write_state(vm, file, &reason);
	if (err && is_full(file)) {
		free(reason);
		reason = xstrdup(strerror(ENOSPC));
		err = -ENOSPC;
	}
	if (!err) {
		err = name_it(file, named, temp, path);
		if (err)
			reason = xstrdup(strerror(-err));
	}
	close(file);
	if (err) {
		unlink(temp);
		*why = xasprintf("state of the machine to '%s': %s", path,
				 reason);
	}
	free(reason);
	return err;
}
