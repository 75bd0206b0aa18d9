/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes numbers of this machine spread, or hides what would explain them:
 * a table of rows, each with a function that looks.
 */
#include <stdio.h>
#include <string.h>

#include "core/machine_noise.h"

#define CPU "/sys/devices/system/cpu/"
#define CPUFREQ CPU "cpu0/cpufreq/"

void noise_state(struct noise *n, bool noisy, const char *command,
		 const char *fmt, ...)
{
	struct str state = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&state, fmt, ap);
	va_end(ap);
	n->state = str_take(&state);
	n->noisy = noisy;
	n->command = noisy && command ? xstrdup(command) : NULL;
}

/* First line of a file; false when it is not there or empty. */
static bool look(const char *path, char *buf, size_t size)
{
	return !machine_read_line(buf, size, "%s", path) && *buf;
}

/* The word in brackets of "always [madvise] never", in place. */
static void chosen(char *text)
{
	char *from = strchr(text, '['), *to = strchr(text, ']');

	if (!from || !to || to < from)
		return;
	*to = '\0';
	memmove(text, from + 1, to - from);
}

static void governor(struct noise *n, const struct noise_sample *s)
{
	char word[64];

	(void)s;
	if (!look(CPUFREQ "scaling_governor", word, sizeof(word)))
		noise_state(n, false, NULL, "none: the frequency is not ours");
	else
		noise_state(n, strcmp(word, "performance"),
			    "cpupower frequency-set -g performance", "%s",
			    word);
}

static void driver(struct noise *n, const struct noise_sample *s)
{
	char name[64], preference[64] = "";
	bool own;

	(void)s;
	if (!look(CPUFREQ "scaling_driver", name, sizeof(name))) {
		noise_state(n, false, NULL, "none");
		return;
	}
	/* these two pick the frequency in the CPU, by a preference */
	own = look(CPUFREQ "energy_performance_preference", preference,
		   sizeof(preference));
	noise_state(n, own && strcmp(preference, "performance"),
		    "cpupower set --epp performance", "%s%s%s", name,
		    own ? ", preference " : "", preference);
}

static void turbo(struct noise *n, const struct noise_sample *s)
{
	char on[16];

	(void)s;
	if (look(CPU "intel_pstate/no_turbo", on, sizeof(on)))
		noise_state(n, on[0] == '0',
			    "echo 1 > " CPU "intel_pstate/no_turbo", "%s",
			    on[0] == '0' ? "on" : "off");
	else if (look(CPU "cpufreq/boost", on, sizeof(on)))
		noise_state(n, on[0] == '1', "echo 0 > " CPU "cpufreq/boost",
			    "%s", on[0] == '1' ? "on" : "off");
	else
		noise_state(n, false, NULL, "not ours to see");
}

static void smt(struct noise *n, const struct noise_sample *s)
{
	char active[16], control[32] = "";

	(void)s;
	if (!look(CPU "smt/active", active, sizeof(active))) {
		noise_state(n, false, NULL, "none");
		return;
	}
	look(CPU "smt/control", control, sizeof(control));
	noise_state(n, active[0] == '1',
		    strcmp(control, "on") ? NULL :
					    "echo off > " CPU "smt/control",
		    "%s", active[0] == '1' ? "on" : "off");
}

static void thp(struct noise *n, const struct noise_sample *s)
{
	char word[96];

	(void)s;
	if (!look("/sys/kernel/mm/transparent_hugepage/enabled", word,
		  sizeof(word))) {
		noise_state(n, false, NULL, "not built");
		return;
	}
	chosen(word);
	noise_state(n, !strcmp(word, "always"),
		    "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
		    "%s", word);
}

static void ksm(struct noise *n, const struct noise_sample *s)
{
	char run[16];

	(void)s;
	look("/sys/kernel/mm/ksm/run", run, sizeof(run));
	noise_state(n, run[0] == '1', "echo 0 > /sys/kernel/mm/ksm/run", "%s",
		    run[0] == '1' ? "scans" : "off");
}

static void numa_balancing(struct noise *n, const struct noise_sample *s)
{
	char mode[16];
	bool on;

	(void)s;
	on = look("/proc/sys/kernel/numa_balancing", mode, sizeof(mode)) &&
	     mode[0] != '0';
	noise_state(n, on && machine_nodes() > 1,
		    "sysctl kernel.numa_balancing=0", "%s, nodes: %u",
		    on ? "on" : "off", machine_nodes());
}

static void quota(struct noise *n, const struct noise_sample *s)
{
	_cleanup_free_ char *command = NULL;
	struct cgroup_limits l;

	(void)s;
	machine_cgroup_limits(&l, CGROUP_CPU);
	command = xasprintf("echo %s > %s",
			    strstr(l.cpu_file, "cpu.max") ? "max" : "-1", l.cpu_file);
	if (l.cpu_milli == UINT64_MAX)
		noise_state(n, false, NULL, "none");
	else
		noise_state(n, true, command, "%.1f CPUs", l.cpu_milli / 1000.0);
}

static void tenants(struct noise *n, const struct noise_sample *s)
{
	char name[96];

	(void)s;
	machine_hypervisor(name, sizeof(name));
	if (*name)
		noise_state(n, true, "run on a machine of your own",
			    "a guest of '%s'", name);
	else
		noise_state(n, false, NULL, "no hypervisor");
}

static void clocksource(struct noise *n, const struct noise_sample *s)
{
	/* those that the vDSO reads without entering the kernel */
	static const char quick[] = "tsc arch_sys_counter timebase tod "
				    "riscv_clocksource stable_counter kvm-clock "
				    "hyperv_clocksource_tsc_page";
	char name[64], all[256] = "";

	(void)s;
	if (!look("/sys/devices/system/clocksource/clocksource0/"
		  "current_clocksource", name, sizeof(name))) {
		noise_state(n, false, NULL, "unknown");
		return;
	}
	look("/sys/devices/system/clocksource/clocksource0/"
	     "available_clocksource", all, sizeof(all));
	noise_state(n, !word_in(quick, name),
		    word_in(all, "tsc") ?
			    "echo tsc > /sys/devices/system/clocksource/"
			    "clocksource0/current_clocksource" :
			    "boot with clocksource= and a faster one",
		    "%s", name);
}

static void lockdown(struct noise *n, const struct noise_sample *s)
{
	char mode[64];

	(void)s;
	machine_lockdown(mode, sizeof(mode));
	noise_state(n, strcmp(mode, "none") && strcmp(mode, "unknown"),
		    "boot without lockdown= (and without secure boot)", "%s",
		    mode);
}

static void aslr(struct noise *n, const struct noise_sample *s)
{
	char mode[16];
	bool on;

	(void)s;
	on = look("/proc/sys/kernel/randomize_va_space", mode, sizeof(mode)) &&
	     mode[0] != '0';
	noise_state(n, on, "setarch -R strain run ...", "%s",
		    on ? "on" : "off");
}

static void debug_options(struct noise *n, const struct noise_sample *s)
{
	_cleanup_str_ struct str on = STR_INIT;

	(void)s;
	machine_debug_options(&on);
	if (!machine_kconfig_source())
		noise_state(n, false, NULL, "no kernel config to be found");
	else
		noise_state(n, on.len, "boot a kernel built without them", "%s",
			    on.len ? on.buf : "none");
}

static void watchdog(struct noise *n, const struct noise_sample *s)
{
	char nmi[16];

	(void)s;
	look("/proc/sys/kernel/nmi_watchdog", nmi, sizeof(nmi));
	noise_state(n, nmi[0] == '1', "sysctl kernel.nmi_watchdog=0", "%s",
		    nmi[0] == '1' ? "on" : "off");
}

/* clang-format off */
static const struct {
	const char *name, *why;
	void (*look)(struct noise *n, const struct noise_sample *s);
} rows[] = {
	{ "load", "others take CPU, cache and memory bandwidth: wall times spread", noise_load },
	{ "steal", "the host runs others on our CPUs: wall times spread, CPU times less", noise_steal },
	{ "tenants", "neighbours on the host share caches and memory unseen; first touch of a page pays the host too", tenants },
	{ "cpu quota", "used up, all tasks stop until the next period: latency jumps by tens of ms", quota },
	{ "governor", "the frequency follows the load: the first seconds are slower", governor },
	{ "frequency driver", "the CPU picks its frequency by itself: work per second drifts", driver },
	{ "turbo", "the frequency depends on heat and on how many cores are busy", turbo },
	{ "smt", "two tasks share a core: each is slower when its sibling works", smt },
	{ "clocksource", "reading the time enters the kernel or the host: latency grows by it", clocksource },
	{ "thp", "memory is huge or not by chance: faults and TLB misses differ from run to run", thp },
	{ "ksm", "pages are merged behind our back: writes fault again", ksm },
	{ "numa balancing", "pages are unmapped to see who uses them: extra faults and moves", numa_balancing },
	{ "swap", "memory comes back from disk: latency of milliseconds in between", noise_swap },
	{ "aslr", "addresses differ from process to process, and cache conflicts with them", aslr },
	{ "irqbalance", "interrupts move between CPUs during a trial", noise_irqbalance },
	{ "nmi watchdog", "takes one hardware counter of each CPU away", watchdog },
	{ "pmu", "without cycles and misses less explains a change; rates are not affected", noise_pmu },
	{ "lockdown", "hides debugfs and kernel addresses: less explains a change; rates are not affected", lockdown },
	{ "debug options", "every kernel path is slower by its checks: compare only with the like", debug_options },
};
/* clang-format on */

const struct noise *machine_noise(size_t *n)
{
	static struct noise noise[ARRAY_SIZE(rows)];
	struct noise_sample sample;

	noise_sample(&sample);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		free(noise[i].state);
		free(noise[i].why);
		free(noise[i].command);
		noise[i] = (struct noise){ .name = rows[i].name,
					   .why = xstrdup(rows[i].why) };
		rows[i].look(&noise[i], &sample);
	}
	*n = ARRAY_SIZE(rows);
	return noise;
}
