/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <sys/utsname.h>

#include "base/str.h"
#include "vm-matrix/qemu/arch.h"

/*
 * pauth-impdef: the architected pointer authentication doubles the time of a
 * boot under TCG. ppc64: x-vof boots without the firmware's 10 s; the caps are
 * what TCG cannot give. armhf: highmem=off keeps PCI below 4 GiB for kernels
 * without LPAE. riscv64 lost the timer's state in a migration before QEMU 8.
 *
 * Exact mode counts each byte of "rep stosb" as an instruction: with erms the
 * clearing of a page, some 64 cycles of a real CPU, would be 4096 of them and hide
 * what the fault itself takes. Without it kernels use loops of whole words.
 */
#define X86_EXACT "max,-erms,-fsrm"
/*
 * The kernel tries the timer's interrupt for a tenth of a second by the cycle
 * counter, and panics ("IO-APIC + timer doesn't work") where the host had no
 * CPU for the emulator just then. Under KVM it leaves that out by itself.
 */
#define X86_CMDLINE "no_timer_check"

/* clang-format off */
static const struct vm_arch table[] = {
	{ .name = "amd64", .uname = "x86_64", .binary = "qemu-system-x86_64",
	  .package = "qemu-system-x86", .machine = "q35", .cpu = "max",
	  .exact_cpu = X86_EXACT, .cmdline = X86_CMDLINE,
	  .console = "ttyS0", .cmdline_room = 2048, .vmlinux = true,
	  .numa = true, .hmat = true, .pmem = true, .pvpanic = true },
	{ .name = "arm64", .uname = "aarch64", .binary = "qemu-system-aarch64",
	  .package = "qemu-system-arm", .machine = "virt,gic-version=3",
	  .cpu = "max,pauth-impdef=on", .console = "ttyAMA0", .cmdline_room = 2048,
	  .numa = true, .pmem = true },
	{ .name = "armhf", .uname = "armv7l", .binary = "qemu-system-arm",
	  .package = "qemu-system-arm", .machine = "virt,highmem=off",
	  .cpu = "max", .console = "ttyAMA0", .cmdline_room = 1024 },
	{ .name = "i386", .uname = "i686", .binary = "qemu-system-i386",
	  .package = "qemu-system-x86", .machine = "pc", .cpu = "max",
	  .exact_cpu = X86_EXACT, .cmdline = X86_CMDLINE, .console = "ttyS0",
	  .cmdline_room = 2048, .pvpanic = true },
	{ .name = "ppc64el", .uname = "ppc64le", .binary = "qemu-system-ppc64",
	  .package = "qemu-system-ppc",
	  .machine = "pseries,x-vof=on,cap-cfpc=broken,cap-sbbc=broken,"
		     "cap-ibs=broken,cap-ccf-assist=off",
	  .console = "hvc0", .cmdline_room = 2048, .numa = true },
	{ .name = "riscv64", .uname = "riscv64", .binary = "qemu-system-riscv64",
	  .package = "qemu-system-misc", .machine = "virt", .console = "ttyS0",
	  .cmdline_room = 1024, .numa = true, .restores_from = 8 },
	{ .name = "s390x", .uname = "s390x", .binary = "qemu-system-s390x",
	  .package = "qemu-system-misc", .machine = "s390-ccw-virtio",
	  .cpu = "max", .console = "ttysclp0", .cmdline_room = 4096,
	  .sclp = true },
};
/* clang-format on */

const struct vm_arch *vm_arch_at(unsigned i)
{
	return i < ARRAY_SIZE(table) ? &table[i] : NULL;
}

const struct vm_arch *vm_arch(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

const char *vm_arch_native(void)
{
	struct utsname u;

	if (uname(&u))
		return NULL;
	/* A 32 bit program may see i386 to i686, armv6l to armv8l. */
	if (u.machine[0] == 'i' && !strcmp(u.machine + 2, "86"))
		return "i386";
	if (!strncmp(u.machine, "armv", 4))
		return "armhf";
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].uname, u.machine))
			return table[i].name;
	return NULL;
}
