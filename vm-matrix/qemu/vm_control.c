/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands to a running machine, its CPU time, what it looks like when it hangs. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/value.h"
#include "vm-matrix/qemu/vm_parts.h"

int vm_qmp(struct vm *vm, const char *command, json_t *args, json_t **reply,
	   char **why)
{
	return qmp_command(&vm->qmp, command, args, -1, VM_COMMAND_MS, reply,
			   why);
}

int vm_stop(struct vm *vm, char **why)
{
	return vm_qmp(vm, "stop", NULL, NULL, why);
}

int vm_cont(struct vm *vm, char **why)
{
	return vm_qmp(vm, "cont", NULL, NULL, why);
}

int vm_nmi(struct vm *vm, char **why)
{
	return vm_qmp(vm, "inject-nmi", NULL, NULL, why);
}

int vm_quit(struct vm *vm, char **why)
{
	return vm_qmp(vm, "quit", NULL, NULL, why);
}

const char *vm_accel_name(enum vm_accel accel)
{
	return accel == VM_ACCEL_KVM ? "kvm" : "tcg";
}

static bool has_thread(const struct vm *vm, pid_t tid)
{
	for (size_t i = 0; i < vm->n_cpus; i++)
		if (vm->cpu[i] == tid)
			return true;
	return false;
}

/* One TCG thread may run all CPUs: each thread once. */
static void find_threads(struct vm *vm)
{
	json_t *cpus = NULL, *cpu;
	char *why = NULL;
	size_t i;

	if (vm_qmp(vm, "query-cpus-fast", NULL, &cpus, &why)) {
		free(why);
		return;
	}
	vm->cpu = xalloc((json_array_size(cpus) + 1) * sizeof(*vm->cpu));
	json_array_foreach(cpus, i, cpu) {
		pid_t tid = json_integer_value(
			json_object_get(cpu, "thread-id"));

		if (tid && !has_thread(vm, tid))
			vm->cpu[vm->n_cpus++] = tid;
	}
	json_decref(cpus);
}

/* Time on a CPU is the first number of schedstat, in ns. */
static uint64_t thread_ns(pid_t pid, pid_t tid)
{
	char path[64];
	uint64_t ns = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	return file_read_u64(path, &ns) ? 0 : ns;
}

uint64_t vm_vcpu_ns(struct vm *vm)
{
	uint64_t sum = 0;

	if (!vm->pid)
		return 0;
	if (!vm->cpu)
		find_threads(vm);
	for (size_t i = 0; i < vm->n_cpus; i++)
		sum += thread_ns(vm->pid, vm->cpu[i]);
	return sum;
}

uint64_t vm_cpu_ns(const struct vm *vm)
{
	clockid_t clock;

	if (!vm->pid)
		return vm->spent;
	return clock_getcpuclockid(vm->pid, &clock) ? 0 : clock_ns(clock);
}

/* Vectors and floating point are most of what a CPU has and never say why it
 * hangs. Q and V: arm64, s390x. */
static bool is_vector(const char *line)
{
	static const char *const names[] = { "FPR", "XMM", "YMM", "ZMM" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(line, names[i], 3))
			return true;
	return (*line == 'Q' || *line == 'V') && line[1] >= '0' &&
	       line[1] <= '9';
}

static void add_registers(struct str *s, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (!is_vector(text))
			str_addf(s, "%.*s\n", (int)strcspn(text, "\r\n"), text);
		text += n + (text[n] == '\n');
	}
}

/* What the human monitor says to @line, which is about registers. */
static void add_monitor(struct vm *vm, struct str *s, const char *line)
{
	json_t *text = NULL;
	char *why = NULL;

	if (vm_qmp(vm, "human-monitor-command",
		   json_pack("{s:s}", "command-line", line), &text, &why))
		str_addf(s, "%s: %s\n", line, why);
	else
		add_registers(s, json_is_string(text) ?
					 json_string_value(text) :
					 "");
	free(why);
	json_decref(text);
}

static void add_status(struct vm *vm, struct str *s)
{
	json_t *status = NULL;
	char *why = NULL, *text;

	if (vm_qmp(vm, "query-status", NULL, &status, &why)) {
		str_addf(s, "status: %s\n", why);
		free(why);
		return;
	}
	text = json_dumps(status, JSON_COMPACT);
	str_addf(s, "status: %s\n", text ? text : "?");
	free(text);
	json_decref(status);
}

#define EVIDENCE_TAIL 8192U

char *vm_evidence(struct vm *vm)
{
	struct str s = STR_INIT;
	const char *seen;
	size_t n;

	add_status(vm, &s);
	str_addf(&s, "cpu time: %.2f s of the guest's CPUs, %.2f s in all\n",
		 vm_vcpu_ns(vm) / 1e9, vm_cpu_ns(vm) / 1e9);
	if (vm->pid && vm->qmp.fd >= 0)
		add_monitor(vm, &s, "info registers -a");
	seen = vm_console(vm, &n);
	if (n > EVIDENCE_TAIL) {
		seen += n - EVIDENCE_TAIL;
		n = EVIDENCE_TAIL;
	}
	str_add(&s, "console:\n");
	str_add_n(&s, seen, n);
	return str_take(&s);
}
