/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs that break the guest on purpose, each in one way, so that what the host
 * makes of it can be seen. Member "fault" of the job names it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "base/file.h"
#include "base/msg.h"
#include "vm-matrix/guest/crash.h"

static void fault_panic(const struct guest *g)
{
	(void)g;
	file_write("/proc/sys/kernel/sysrq", "1");
	file_write("/proc/sysrq-trigger", "c");
	die(EXIT_BROKEN, "the kernel did not panic");
}

/*
 * By the kernel's own test module where it is built in. Kernels of distributions
 * have nothing that oopses on request; there the console at least says the words.
 */
static void fault_oops(const struct guest *g)
{
	static const char *const words[] = {
		"<0>BUG: kernel NULL pointer dereference, address: 0000000000000000",
		"<0>Oops: 0002 [#1] SMP",
		"<0>---[ end trace 0000000000000000 ]---",
	};

	(void)g;
	file_write("/proc/sys/kernel/panic_on_oops", "0");
	if (!file_write("/sys/kernel/debug/provoke-crash/DIRECT", "EXCEPTION"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (file_write("/dev/kmsg", words[i]))
			die(EXIT_BROKEN, "/dev/kmsg: %s", strerror(errno));
}

/* Nothing but us gets the CPU any more, heartbeats neither. From Linux 6.12 on a
 * server of each CPU would see to it that others do. */
static void fault_hang(const struct guest *g)
{
	struct sched_param highest = { .sched_priority = 99 };
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);

	(void)g;
	file_write("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	for (int i = 0; i < cpus; i++) {
		_cleanup_free_ char *path = xasprintf(
			"/sys/kernel/debug/sched/fair_server/cpu%d/runtime", i);

		file_write(path, "0");
	}
	for (int i = cpus; i > 1; i--)
		if (!fork())
			break;
	if (sched_setscheduler(0, SCHED_FIFO, &highest) < 0)
		die(EXIT_BROKEN, "real-time priority: %s", strerror(errno));
	for (volatile unsigned i = 0;; i++)
		;
}

static void fault_reboot(const struct guest *g)
{
	(void)g;
	reboot(RB_AUTOBOOT);
	die(EXIT_BROKEN, "reboot: %s", strerror(errno));
}

static void fault_power_off(const struct guest *g)
{
	(void)g;
	reboot(RB_POWER_OFF);
	die(EXIT_BROKEN, "power off: %s", strerror(errno));
}

/* More than any report, and without end. */
static void fault_flood(const struct guest *g)
{
	static char line[65536];

	(void)g;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (;;)
		if (file_write_all(STDERR_FILENO, line, sizeof(line)))
			return;
}

/* To the port itself, past the guest's frames: this process is still its copy. */
static void fault_garbage(const struct guest *g)
{
	static const char nonsense[] = "this is no frame, and never will be\n";

	fcntl(g->port, F_SETFL, 0);
	file_write_all(g->port, nonsense, sizeof(nonsense) - 1);
}

static void fault_out_of_memory(const struct guest *g)
{
	(void)g;
	/* process 1 must not be the one that is chosen */
	file_write("/proc/self/oom_score_adj", "1000");
	for (;;) {
		char *more = malloc(1 << 20);

		if (more)
			memset(more, 1, 1 << 20);
	}
}

static void fault_exit(const struct guest *g)
{
	(void)g;
	_exit(7);
}

static const struct {
	const char *name;
	void (*run)(const struct guest *g);
} faults[] = {
	{ "panic", fault_panic },
	{ "oops", fault_oops },
	{ "hang", fault_hang },
	{ "reboot", fault_reboot },
	{ "power-off", fault_power_off },
	{ "flood", fault_flood },
	{ "garbage", fault_garbage },
	{ "out-of-memory", fault_out_of_memory },
	{ "exit", fault_exit },
};

int fault_run(const struct guest *g, const json_t *job)
{
	const char *name = json_string_value(json_object_get(job, "fault"));

	if (!g->machine)
		die(EXIT_BROKEN, "this is no virtual machine");
	for (size_t i = 0; name && i < ARRAY_SIZE(faults); i++)
		if (!strcmp(faults[i].name, name)) {
			faults[i].run(g);
			return EXIT_PASS;
		}
	error("unknown fault '%s'", name ? name : "");
	return EXIT_BROKEN;
}
