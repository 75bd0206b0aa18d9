/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts that are one small file each are rows of a table; what has to be
 * worked out comes from machine_hardware.c and machine_kernel.c.
 */
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/machine_facts.h"

#define CPU "/sys/devices/system/cpu/"
#define MM "/sys/kernel/mm/"
#define THP MM "transparent_hugepage/"

/*
 * Files DIR/WORD for each of .words. A DIR with '*' stands for all that match,
 * and so does an empty .words; the name of the fact is .name, then what the
 * '*' stood for, then the word, with dots between.
 */
/* clang-format off */
static const struct row {
	const char *group, *name, *dir, *words;
} rows[] = {
	{ "machine", "cpu.online",      CPU "online", NULL },
	{ "machine", "cpu.isolated",    CPU "isolated", NULL },
	{ "machine", "cpu.nohz_full",   CPU "nohz_full", NULL },
	{ "machine", "cpu.smt",         CPU "smt", "active control" },
	{ "machine", "cpu.frequency",   CPU "cpu0/cpufreq", "scaling_driver scaling_governor "
	  "energy_performance_preference scaling_min_freq scaling_max_freq" },
	{ "machine", "cpu.boost",       CPU "cpufreq/boost", NULL },
	{ "machine", "cpu.intel_pstate", CPU "intel_pstate", "status no_turbo" },
	{ "machine", "cpu.amd_pstate",  CPU "amd_pstate", "status" },
	{ "machine", "cpu.idle",        CPU "cpuidle", "current_driver current_governor" },
	{ "machine", "mitigation",      CPU "vulnerabilities/*", NULL },
	{ "machine", "clocksource",     "/sys/devices/system/clocksource/clocksource0",
	  "current_clocksource" },
	{ "machine", "dmi",             "/sys/class/dmi/id", "sys_vendor product_name bios_version" },
	{ "kernel",  "boot_id",         "/proc/sys/kernel/random/boot_id", NULL },
	{ "kernel",  "tainted",         "/proc/sys/kernel/tainted", NULL },
	{ "kernel",  "sched_ext",       "/sys/kernel/sched_ext/state", NULL },
	{ "kernel",  "thp",             MM "transparent_hugepage",
	  "enabled defrag shmem_enabled use_zero_page khugepaged/defrag "
	  "khugepaged/scan_sleep_millisecs" },
	{ "kernel",  "thp",             THP "hugepages-*", "enabled shmem_enabled" },
	{ "kernel",  "hugetlb",         MM "hugepages/hugepages-*",
	  "nr_hugepages free_hugepages" },
	{ "kernel",  "ksm.run",         MM "ksm/run", NULL },
	{ "kernel",  "lru_gen",         MM "lru_gen", "enabled" },
	{ "kernel",  "zswap",           "/sys/module/zswap/parameters", "enabled compressor" },
	{ "sysctl",  "vm",              "/proc/sys/vm",
	  "overcommit_memory swappiness page-cluster max_map_count min_free_kbytes "
	  "watermark_scale_factor watermark_boost_factor dirty_ratio "
	  "dirty_background_ratio dirty_bytes dirty_background_bytes "
	  "dirty_expire_centisecs dirty_writeback_centisecs vfs_cache_pressure "
	  "zone_reclaim_mode compaction_proactiveness hugetlb_optimize_vmemmap" },
	{ "sysctl",  "kernel",          "/proc/sys/kernel",
	  "sched_autogroup_enabled sched_cfs_bandwidth_slice_us sched_rt_runtime_us "
	  "sched_schedstats numa_balancing split_lock_mitigate perf_event_paranoid "
	  "randomize_va_space watchdog nmi_watchdog timer_migration "
	  "io_uring_disabled unprivileged_bpf_disabled task_delayacct pid_max" },
	{ "sysctl",  "fs",              "/proc/sys/fs", "aio-max-nr" },
};
/* clang-format on */

void facts_text(struct facts *f, const char *group, const char *name,
		const char *text)
{
	if (!*text)
		return;
	f->fact = xrealloc(f->fact, (f->n + 1) * sizeof(*f->fact));
	f->fact[f->n++] = (struct fact){ .group = group,
					 .name = xstrdup(name),
					 .text = xstrdup(text) };
}

void facts_number(struct facts *f, const char *group, const char *name,
		  double number)
{
	f->fact = xrealloc(f->fact, (f->n + 1) * sizeof(*f->fact));
	f->fact[f->n++] = (struct fact){ .group = group,
					 .name = xstrdup(name),
					 .number = number };
}

void facts_digest(struct facts *f, const char *group, const char *name,
		  uint64_t digest)
{
	char text[32];

	snprintf(text, sizeof(text), "fnv1a64:%016" PRIx64, digest);
	facts_text(f, group, name, text);
}

void facts_value(struct facts *f, const char *group, const char *name,
		 const char *text)
{
	const char *from = strchr(text, '['), *to = strchr(text, ']');
	char *end;
	double number = strtoll(text, &end, 10);

	if (end != text && !*end) {
		facts_number(f, group, name, number);
	} else if (from && to > from) {
		_cleanup_free_ char *word =
			xasprintf("%.*s", (int)(to - from - 1), from + 1);

		facts_text(f, group, name, word);
	} else {
		_cleanup_free_ char *trimmed = xstrdup(text);
		size_t n = strlen(trimmed);

		while (n && trimmed[n - 1] == ' ')
			trimmed[--n] = '\0';
		facts_text(f, group, name, trimmed);
	}
}

/* @part is what the '*' stood for, @word comes from the row; both may be "". */
static void file_fact(struct facts *f, const struct row *row, const char *dir,
		      const char *part, const char *word)
{
	char name[96], text[512];

	if (machine_read_line(text, sizeof(text), "%s%s%s", dir,
			      *word ? "/" : "", word))
		return;
	snprintf(name, sizeof(name), "%s%s%s%s%s", row->name,
		 *part ? "." : "", part, *word ? "." : "", word);
	for (char *c = name; *c; c++)
		*c = *c == '/' ? '.' : *c;
	facts_value(f, row->group, name, text);
}

static void word_facts(struct facts *f, const struct row *row, const char *dir,
		       const char *part)
{
	_cleanup_words_ struct words words = { 0 };

	if (!row->words) {
		file_fact(f, row, dir, part, "");
		return;
	}
	words_split(&words, row->words, " ");
	for (size_t i = 0; i < words.n; i++)
		file_fact(f, row, dir, part, words.word[i]);
}

static void row_facts(struct facts *f, const struct row *row)
{
	char pattern[MACHINE_PATH];
	const char *star = strchr(row->dir, '*');
	size_t prefix = strlen(machine_path(pattern, "%s", ""));
	glob_t found = { 0 };

	if (!star) {
		word_facts(f, row, row->dir, "");
		return;
	}
	if (!glob(machine_path(pattern, "%s", row->dir), 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++) {
			const char *dir = found.gl_pathv[i] + prefix;

			word_facts(f, row, dir, strrchr(dir, '/') + 1);
		}
	globfree(&found);
}

const struct fact *machine_facts(size_t *n)
{
	static struct facts facts;
	static unsigned version = -1U;

	if (version != machine_root_version()) {
		for (size_t i = 0; i < facts.n; i++) {
			free((char *)facts.fact[i].name);
			free(facts.fact[i].text);
		}
		facts.n = 0;
		version = machine_root_version();
		machine_hardware_facts(&facts);
		machine_kernel_facts(&facts);
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			row_facts(&facts, &rows[i]);
	}
	*n = facts.n;
	return facts.fact;
}
