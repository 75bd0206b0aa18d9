/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/machine.h"
#include "tests/unit/tree.h"

#define CPU "/sys/devices/system/cpu/"

static const struct fact *fact(const char *group, const char *name)
{
	size_t n;
	const struct fact *f = machine_facts(NULL, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(f[i].group, group) && !strcmp(f[i].name, name))
			return &f[i];
	return NULL;
}

static void text_is(const char *group, const char *name, const char *text)
{
	const struct fact *f = fact(group, name);

	if (!f || !f->text)
		fail_msg("no text %s %s", group, name);
	assert_string_equal(f->text, text);
}

static void number_is(const char *group, const char *name, double number)
{
	const struct fact *f = fact(group, name);

	if (!f || f->text)
		fail_msg("no number %s %s", group, name);
	assert_true(f->number == number);
}

static const char cpuinfo[] =
	"processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\n"
	"model\t\t: 143\nmodel name\t: Xeon\nstepping\t: 8\n"
	"microcode\t: 0x2b000461\nphysical id\t: 0\ncore id\t: 0\n"
	"flags\t\t: fpu hypervisor sse\n\n"
	"processor\t: 1\nphysical id\t: 0\ncore id\t: 0\n\n"
	"processor\t: 2\nphysical id\t: 1\ncore id\t: 0\n\n"
	"processor\t: 3\nphysical id\t: 1\ncore id\t: 0\n";

static void hardware(void **state)
{
	(void)state;
	tree_put("/proc/cpuinfo", cpuinfo);
	tree_put("/proc/meminfo", "MemTotal: 1024 kB\nMemAvailable: 512 kB\n"
				  "SwapTotal: 0 kB\n");
	tree_put("/proc/loadavg", "1.50 0.25 0.00 1/100 4321\n");
	tree_put("/sys/class/dmi/id/product_name", "Standard PC (QEMU)\n");
	tree_put("/sys/class/dmi/id/sys_vendor", "Vendor\n");
	tree_put(CPU "online", "0-3\n");
	tree_put(CPU "smt/active", "1\n");
	tree_put(CPU "cpu0/cpufreq/scaling_governor", "powersave\n");
	tree_put(CPU "vulnerabilities/meltdown", "Not affected\n");
	tree_put("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	machine_set_root(tree_root);
	text_is("machine", "cpu.vendor", "GenuineIntel");
	text_is("machine", "cpu.model", "Xeon");
	text_is("machine", "cpu.family", "6");
	text_is("machine", "cpu.model_number", "143");
	text_is("machine", "cpu.microcode", "0x2b000461");
	number_is("machine", "cpu.sockets", 2);
	number_is("machine", "cpu.cores", 2);
	number_is("machine", "cpu.threads", 4);
	number_is("machine", "cpu.smt.active", 1);
	text_is("machine", "cpu.online", "0-3");
	text_is("machine", "cpu.frequency.scaling_governor", "powersave");
	text_is("machine", "mitigation.meltdown", "Not affected");
	text_is("machine", "hypervisor", "qemu");
	text_is("machine", "dmi.sys_vendor", "Vendor");
	number_is("machine", "memory.total", 1024 * 1024);
	number_is("now", "load.1m", 1.5);
	assert_non_null(fact("machine", "cpu.flags_digest"));
	/* a digest, and nothing of the id itself */
	assert_non_null(fact("machine", "fingerprint"));
	assert_null(strstr(fact("machine", "fingerprint")->text, "0123456789"));
	assert_null(fact("sysctl", "vm.swappiness")); /* not in the tree */
}

static void other_architecture(void **state)
{
	(void)state;
	tree_put("/proc/cpuinfo",
		 "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n"
		 "CPU architecture: 8\nCPU part\t: 0xd0c\n");
	tree_put(CPU "cpu0/topology/core_cpus_list", "0\n");
	tree_put(CPU "cpu1/topology/core_cpus_list", "1\n");
	tree_put(CPU "cpu0/topology/package_cpus_list", "0-1\n");
	tree_put(CPU "cpu1/topology/package_cpus_list", "0-1\n");
	machine_set_root(tree_root);
	text_is("machine", "cpu.vendor", "0x41");
	text_is("machine", "cpu.family", "8");
	text_is("machine", "cpu.model_number", "0xd0c");
	number_is("machine", "cpu.sockets", 1);
	number_is("machine", "cpu.cores", 2);
	text_is("machine", "hypervisor", "none");
}

static void kernel(void **state)
{
	(void)state;
	tree_put("/proc/sys/kernel/osrelease", "9.9.9\n");
	tree_put("/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC now\n");
	tree_put("/proc/sys/kernel/tainted", "512\n");
	tree_put("/proc/cmdline", "quiet preempt=full lockdown=integrity\n");
	tree_put("/boot/config-9.9.9", "CONFIG_HZ=250\nCONFIG_PREEMPT_NONE=y\n"
				       "CONFIG_KASAN=y\nCONFIG_LSM=\"bpf\"\n");
	tree_put("/proc/sys/vm/swappiness", "60\n");
	tree_put("/proc/sys/vm/compact_memory", "1\n");
	tree_put("/sys/kernel/mm/transparent_hugepage/enabled",
		 "always [madvise] never\n");
	tree_put("/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled",
		 "always inherit madvise [never]\n");
	tree_put("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8\n");
	machine_set_root(tree_root);
	text_is("kernel", "release", "9.9.9");
	text_is("kernel", "preemption", "full (dynamic)");
	text_is("kernel", "lockdown", "integrity");
	text_is("kernel", "lsm", "bpf");
	text_is("kernel", "debug", "KASAN");
	text_is("kernel", "config.source", "/boot/config-9.9.9");
	text_is("kernel", "command_line", "quiet preempt=full lockdown=integrity");
	text_is("kernel", "thp.enabled", "madvise");
	text_is("kernel", "thp.hugepages-64kB.enabled", "never");
	number_is("kernel", "hugetlb.hugepages-2048kB.nr_hugepages", 8);
	number_is("kernel", "hz", 250);
	number_is("kernel", "tainted", 512);
	number_is("sysctl", "vm.swappiness", 60);
	assert_null(fact("sysctl", "vm.compact_memory"));

	tree_put("/sys/kernel/security/lockdown", "[none] integrity\n");
	tree_put("/sys/kernel/debug/sched/preempt", "none (voluntary) full\n");
	machine_set_root(tree_root);
	text_is("kernel", "lockdown", "none");
	text_is("kernel", "preemption", "voluntary (dynamic)");
	tree_put("/proc/sys/kernel/version", "#1 SMP PREEMPT_RT now\n");
	machine_set_root(tree_root);
	text_is("kernel", "preemption", "rt");
}

/* Nobody's name in a report: the real machine's facts. */
static void no_host_name(void **state)
{
	char host[256] = "";
	size_t n;
	const struct fact *f = machine_facts(NULL, &n);

	(void)state;
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	assert_true(n > 30);
	for (size_t i = 0; i < n; i++) {
		assert_string_not_equal(f[i].name, "hostname");
		if (f[i].text)
			assert_string_not_equal(f[i].text, host);
		for (size_t k = 0; k < i; k++)
			assert_false(!strcmp(f[i].group, f[k].group) &&
				     !strcmp(f[i].name, f[k].name));
	}
}

static const struct noise *noise(const char *name)
{
	static const struct noise *all;
	static size_t n;

	if (!name) {
		all = machine_noise(&n);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		if (!strcmp(all[i].name, name))
			return &all[i];
	fail_msg("no noise '%s'", name);
	return NULL;
}

static void noise_is(const char *name, const char *state, const char *command)
{
	const struct noise *n = noise(name);

	assert_string_equal(n->state, state);
	assert_true(n->noisy);
	if (command)
		assert_string_equal(n->command, command);
	else
		assert_null(n->command);
	assert_true(strlen(n->why) > 20);
}

static void noisy_machine(void **state)
{
	(void)state;
	tree_put(CPU "cpu0/cpufreq/scaling_governor", "powersave\n");
	tree_put(CPU "cpu0/cpufreq/scaling_driver", "intel_pstate\n");
	tree_put(CPU "cpu0/cpufreq/energy_performance_preference", "power\n");
	tree_put(CPU "intel_pstate/no_turbo", "0\n");
	tree_put(CPU "smt/active", "1\n");
	tree_put(CPU "smt/control", "on\n");
	tree_put("/sys/kernel/mm/transparent_hugepage/enabled",
		 "[always] madvise never\n");
	tree_put("/sys/kernel/mm/ksm/run", "1\n");
	tree_put("/sys/devices/system/node/has_memory", "0-1\n");
	tree_put("/proc/sys/kernel/numa_balancing", "1\n");
	tree_put("/proc/sys/kernel/randomize_va_space", "2\n");
	tree_put("/proc/sys/kernel/nmi_watchdog", "1\n");
	tree_put("/proc/meminfo", "SwapTotal: 2048 kB\nSwapFree: 1024 kB\n");
	tree_put("/proc/loadavg", "99.0 1 1 1/1 1\n");
	tree_put("/proc/77/comm", "irqbalance\n");
	tree_put("/sys/hypervisor/type", "xen\n");
	tree_put("/sys/devices/system/clocksource/clocksource0/"
		 "current_clocksource", "hpet\n");
	tree_put("/sys/devices/system/clocksource/clocksource0/"
		 "available_clocksource", "tsc hpet \n");
	tree_put("/sys/kernel/security/lockdown", "none [integrity]\n");
	tree_put("/proc/sys/kernel/osrelease", "9.9.9\n");
	tree_put("/boot/config-9.9.9", "CONFIG_PROVE_LOCKING=y\nCONFIG_KASAN=y\n");
	machine_set_root(tree_root);
	noise(NULL);
	noise_is("governor", "powersave", "cpupower frequency-set -g performance");
	noise_is("frequency driver", "intel_pstate, preference power",
		 "cpupower set --epp performance");
	noise_is("turbo", "on", "echo 1 > " CPU "intel_pstate/no_turbo");
	noise_is("smt", "on", "echo off > " CPU "smt/control");
	noise_is("thp", "always",
		 "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
	noise_is("ksm", "scans", "echo 0 > /sys/kernel/mm/ksm/run");
	noise_is("numa balancing", "on, nodes: 2",
		 "sysctl kernel.numa_balancing=0");
	noise_is("aslr", "on", "setarch -R strain run ...");
	noise_is("nmi watchdog", "on", "sysctl kernel.nmi_watchdog=0");
	noise_is("swap", "1 of 2 MiB used, 0 pages moved in 0.2 s", "swapoff -a");
	noise_is("irqbalance", "runs", "systemctl stop irqbalance");
	noise_is("tenants", "a guest of 'xen'", "run on a machine of your own");
	noise_is("clocksource", "hpet", "echo tsc > /sys/devices/system/"
		 "clocksource/clocksource0/current_clocksource");
	noise_is("debug options", "KASAN PROVE_LOCKING",
		 "boot a kernel built without them");
	assert_true(noise("lockdown")->noisy);
	assert_true(noise("load")->noisy);
	assert_false(noise("steal")->noisy);
}

/* Nothing to be seen is not noisy, and has no command. */
static void quiet_machine(void **state)
{
	size_t n;
	const struct noise *all = machine_noise(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(all[i].name, "pmu"))
			continue; /* asks the real kernel */
		if (all[i].noisy || all[i].command)
			fail_msg("'%s' is noisy: %s", all[i].name, all[i].state);
		assert_true(strlen(all[i].state) > 0);
	}
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(hardware),
		TREE_TEST(other_architecture),
		TREE_TEST(kernel),
		cmocka_unit_test(no_host_name),
		TREE_TEST(noisy_machine),
		TREE_TEST(quiet_machine),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
