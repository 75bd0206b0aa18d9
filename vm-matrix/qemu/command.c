/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "vm-matrix/qemu/arch.h"
#include "vm-matrix/qemu/command.h"

void command_option(struct words *argv, const char *option, const char *fmt, ...)
{
	struct str s = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	words_add(argv, option);
	words_add(argv, s.buf);
	str_free(&s);
}

/*
 * panic=-1: with -no-reboot a panic ends QEMU at once. The self-tests of the
 * crypto layer are a quarter of a boot under TCG and test nothing of ours.
 */
char *command_append(const struct vm_spec *spec)
{
	const struct vm_arch *a = vm_arch(spec->arch);
	const char *more = spec->cmdline ? spec->cmdline : "";
	bool host = word_in("amd64 i386", a->name) && !command_counts(spec) &&
		      spec->accel == VM_ACCEL_TCG;
	unsigned mhz = host ? command_tsc_mhz() : 0;
	_cleanup_free_ char *tsc = mhz ? xasprintf(" tsc_early_khz=%u000", mhz) : xstrdup("");

	return xasprintf("console=%s panic=-1 quiet cryptomgr.notests%s%s%s%s%s%s",
			 a->console, a->cmdline ? " " : "",
			 a->cmdline ? a->cmdline : "", tsc,
			 spec->kaslr ? "" : " nokaslr", *more ? " " : "", more);
}

static void add_machine(struct words *argv, const struct vm_spec *spec,
			const struct vm_arch *a)
{
	bool hmat = false;

	for (size_t i = 0; i < spec->n_nodes; i++)
		hmat |= spec->node[i].latency || spec->node[i].bandwidth;
	command_option(argv, "-machine", "%s%s", a->machine,
		       hmat ? ",hmat=on" : "");
	if (spec->accel == VM_ACCEL_KVM)
		command_option(argv, "-cpu", "host");
	else if (command_counts(spec) && a->exact_cpu)
		command_option(argv, "-cpu", "%s", a->exact_cpu);
	else if (a->cpu)
		command_option(argv, "-cpu", "%s", a->cpu);
	if (spec->accel == VM_ACCEL_KVM)
		command_option(argv, "-accel", "kvm");
	else
		command_option(argv, "-accel", "tcg,thread=%s",
			       command_counts(spec) ? "single" : "multi");
}

/*
 * One virtual nanosecond an instruction, idle time passes at once, and the clock
 * of the board is that of the instructions: nothing of the host's time is left.
 */
static void add_exact(struct words *argv, const struct vm_spec *spec)
{
	if (spec->exact) {
		command_option(argv, "-icount", "shift=0,sleep=off");
		command_option(argv, "-rtc",
			       "base=2026-01-01T00:00:00,clock=vm");
	} else if (spec->paced) {
		command_option(argv, "-icount", "shift=0,sleep=on");
	}
	if (spec->exact || spec->seed)
		command_option(argv, "-seed", "%u",
			       spec->seed ? spec->seed : 1);
}

static void add_socket(struct words *argv, const char *id, int fd)
{
	command_option(argv, "-chardev", "socket,id=%s,fd=%d", id, fd);
}

/*
 * ioeventfd: QEMU's main loop takes what the guest writes when the host lets it;
 * without, the virtual CPU does so by itself, at an instruction that is always the
 * same.
 */
static void add_wires(struct words *argv, const struct vm_spec *spec, const struct vm_arch *a,
		      const struct command_wires *w)
{
	add_socket(argv, "qmp", w->qmp);
	command_option(argv, "-mon", "chardev=qmp,mode=control");
	add_socket(argv, "console", w->console);
	if (a->sclp)
		command_option(argv, "-device", "sclpconsole,chardev=console");
	else
		command_option(argv, "-serial", "chardev:console");
	add_socket(argv, "port", w->port);
	command_option(argv, "-device", "virtio-serial%s", spec->exact ? ",ioeventfd=off" : "");
	command_option(argv, "-device",
		       "virtserialport,chardev=port,name=strain");
}

static void add_kernel(struct words *argv, const struct vm_spec *spec)
{
	char *append = command_append(spec);

	command_option(argv, "-kernel", "%s", spec->kernel);
	if (spec->initrd)
		command_option(argv, "-initrd", "%s", spec->initrd);
	command_option(argv, "-append", "%s", append);
	free(append);
}

static int refuse(char **why, const char *what, const char *arch)
{
	*why = xasprintf("a machine of architecture '%s' %s", arch, what);
	return -EINVAL;
}

static int check_append(const struct vm_spec *spec, const struct vm_arch *a, char **why)
{
	_cleanup_free_ char *append = command_append(spec);

	if (strlen(append) < a->cmdline_room)
		return 0;
	*why = xasprintf("the kernel's command line is %zu bytes long, kernels of architecture '%s' take %u",
			 strlen(append), a->name, a->cmdline_room - 1);
	return -EINVAL;
}

static int check(const struct vm_spec *spec, char **why)
{
	const struct vm_arch *a = vm_arch(spec->arch);

	if (!a) {
		*why = xasprintf("architecture '%s' is not known", spec->arch);
		return -EINVAL;
	}
	if (command_counts(spec) && spec->cpus > 1)
		return refuse(why, "counts instructions with one CPU only", a->name);
	if (command_counts(spec) && spec->accel != VM_ACCEL_TCG)
		return refuse(why, "counts instructions under TCG only", a->name);
	if (spec->n_nodes && !a->numa)
		return refuse(why, "has no memory nodes", a->name);
	return check_append(spec, a, why);
}

int command_build(struct words *argv, const char *binary,
		  const struct vm_spec *spec, const struct command_wires *wires,
		  char **why)
{
	const struct vm_arch *a = vm_arch(spec->arch);
	int err = check(spec, why);

	if (err)
		return err;
	words_add(argv, binary);
	words_split(argv, "-nodefaults -no-user-config -display none -no-reboot",
		    " ");
	add_machine(argv, spec, a);
	add_exact(argv, spec);
	err = command_memory(argv, spec, why);
	if (err)
		return err;
	add_wires(argv, spec, a, wires);
	err = command_disks(argv, spec, wires, why);
	if (err)
		return err;
	if (spec->pvpanic && a->pvpanic)
		command_option(argv, "-device", "pvpanic-pci");
	if (spec->gdb_port)
		command_option(argv, "-gdb", "tcp:127.0.0.1:%d",
			       spec->gdb_port);
	if (spec->gdb_port || wires->state >= 0)
		words_add(argv, "-S");
	if (wires->state >= 0)
		command_option(argv, "-incoming", "fd:%d", wires->state);
	add_kernel(argv, spec);
	return 0;
}

int vm_check(const struct vm_spec *spec, char **why)
{
	const struct command_wires wires = { 3, 4, 5, -1, { 0 } };
	_cleanup_words_ struct words argv = { 0 };

	return command_build(&argv, "qemu", spec, &wires, why);
}
