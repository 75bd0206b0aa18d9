/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/value.h"
#include "vm-matrix/digest.h"
#include "vm-matrix/frame.h"
#include "vm-matrix/qemu/accel.h"
#include "vm-matrix/qemu/arch.h"

#define HELLO_SECONDS 10
#define WAIT_MS 50

static void see_hello(void *ctx, uint8_t kind, const void *payload, size_t n)
{
	bool *seen = ctx;

	(void)payload;
	(void)n;
	if (kind == FRAME_HELLO)
		*seen = true;
}

/* Why KVM is out of the question without a look; NULL: it may work. */
static const char *impossible(const struct vm_spec *spec)
{
	const char *native = vm_arch_native();

	if (spec->exact || spec->paced)
		return "instructions are counted by tcg only";
	if (!native || (strcmp(native, spec->arch) != 0 &&
			(strcmp(native, "amd64") != 0 ||
			 strcmp(spec->arch, "i386") != 0)))
		return "the guest's architecture is not the host's";
	if (access("/dev/kvm", R_OK | W_OK))
		return "there is no '/dev/kvm' to use";
	return NULL;
}

/* Name of what was found for this kernel in this boot of the host; to free. */
static char *cache_path(const struct vm_spec *spec, const char *digest,
			const char *cache_dir)
{
	char boot[64], hex[DIGEST_HEX];
	struct digest d;

	if (!cache_dir ||
	    file_read_line("/proc/sys/kernel/random/boot_id", boot,
			   sizeof(boot)))
		return NULL;
	digest_start(&d);
	digest_text(&d, boot);
	digest_text(&d, vm_emulator_version(spec->arch));
	digest_text(&d, spec->arch);
	digest_text(&d, digest);
	digest_end(&d, hex);
	return xasprintf("%s/accel/%.32s", cache_dir, hex);
}

/* A lost file costs a probe: no error is worth a word. */
static void remember(const char *path, const char *what)
{
	_cleanup_free_ char *dir = xstrdup(path);
	_cleanup_free_ char *temp = xasprintf("%s.%d", path, getpid());
	int fd;

	*strrchr(dir, '/') = '\0';
	if (dir_make(dir, 0755))
		return;
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	if (file_write_all(fd, what, strlen(what)) || rename(temp, path))
		unlink(temp);
	close(fd);
}

/* NULL: it boots; else why not, to free. */
static char *try_kvm(const struct vm_spec *spec)
{
	uint64_t end = clock_now() + HELLO_SECONDS * NSEC_PER_SEC;
	bool seen = false;
	struct vm_events events = { .ctx = &seen, .frame = see_hello };
	struct vm_spec kvm = *spec;
	char *why = NULL;
	struct vm *vm;
	bool alive = true;

	kvm.accel = VM_ACCEL_KVM;
	kvm.state = NULL;
	kvm.gdb_port = 0;
	vm = vm_start(&kvm, &events, &why);
	if (!vm)
		return why;
	while (alive && !seen && clock_now() < end)
		alive = vm_wait(vm, WAIT_MS);
	if (!seen && alive)
		why = xasprintf("the kernel did not boot in %d s",
				HELLO_SECONDS);
	else if (!seen)
		why = xasprintf("qemu ended: %.*s",
				(int)strcspn(vm_said(vm), "\n"), vm_said(vm));
	vm_free(vm);
	return why;
}

static enum vm_accel told(const char *line, char **why)
{
	bool kvm = !strncmp(line, "kvm", 3);

	*why = xasprintf("%s: %s", kvm ? "kvm" : "tcg",
			 kvm ? "this kernel was seen to boot under it" :
			       line + strcspn(line, " ") + 1);
	return kvm ? VM_ACCEL_KVM : VM_ACCEL_TCG;
}

enum vm_accel vm_accel_probe(const struct vm_spec *spec, const char *digest,
			     const char *cache_dir, char **why)
{
	const char *reason = impossible(spec);
	_cleanup_free_ char *path = NULL, *failed = NULL, *line = NULL;
	char known[512];

	if (reason) {
		*why = xasprintf("tcg: %s", reason);
		return VM_ACCEL_TCG;
	}
	path = cache_path(spec, digest, cache_dir);
	if (path && !file_read_line(path, known, sizeof(known)) && known[0])
		return told(known, why);
	failed = try_kvm(spec);
	line = failed ? xasprintf("tcg %.400s", failed) : xstrdup("kvm");
	if (path)
		remember(path, line);
	return told(line, why);
}
