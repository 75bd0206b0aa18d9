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
	  "energy_performance_preference cpuinfo_min_freq cpuinfo_max_freq "
	  "scaling_min_freq scaling_max_freq" },
	{ "machine", "cpu.boost",       CPU "cpufreq/boost", NULL },
	{ "machine", "cpu.intel_pstate", CPU "intel_pstate", "status no_turbo" },
	{ "machine", "cpu.amd_pstate",  CPU "amd_pstate", "status" },
	{ "machine", "cpu.idle",        CPU "cpuidle", "current_driver current_governor" },
	{ "machine", "mitigation",      CPU "vulnerabilities/*", NULL },
	{ "machine", "clocksource",     "/sys/devices/system/clocksource/clocksource0",
	  "current_clocksource available_clocksource" },
	{ "machine", "dmi",             "/sys/class/dmi/id", "sys_vendor product_name bios_version" },
	{ "kernel",  "boot_id",         "/proc/sys/kernel/random/boot_id", NULL },
	{ "kernel",  "tainted",         "/proc/sys/kernel/tainted", NULL },
	{ "kernel",  "sched_ext",       "/sys/kernel/sched_ext/state", NULL },
	{ "kernel",  "thp",             MM "transparent_hugepage",
	  "enabled defrag shmem_enabled use_zero_page shrink_underused "
	  "khugepaged/defrag khugepaged/max_ptes_none khugepaged/scan_sleep_millisecs" },
	{ "kernel",  "thp",             THP "hugepages-*", "enabled shmem_enabled" },
	{ "kernel",  "hugetlb",         MM "hugepages/hugepages-*",
	  "nr_hugepages free_hugepages nr_overcommit_hugepages" },
	{ "kernel",  "ksm.run",         MM "ksm/run", NULL },
	{ "kernel",  "lru_gen",         MM "lru_gen", "enabled" },
	{ "kernel",  "zswap",           "/sys/module/zswap/parameters", "enabled compressor" },
	{ "sysctl",  "vm",              "/proc/sys/vm",
	  "overcommit_memory overcommit_ratio swappiness page-cluster max_map_count "
	  "min_free_kbytes watermark_scale_factor watermark_boost_factor "
	  "dirty_ratio dirty_background_ratio dirty_bytes dirty_background_bytes "
	  "dirty_expire_centisecs dirty_writeback_centisecs vfs_cache_pressure "
	  "zone_reclaim_mode compaction_proactiveness nr_hugepages "
	  "hugetlb_optimize_vmemmap percpu_pagelist_high_fraction stat_interval" },
	{ "sysctl",  "kernel",          "/proc/sys/kernel",
	  "sched_autogroup_enabled sched_cfs_bandwidth_slice_us sched_rr_timeslice_ms "
	  "sched_rt_period_us sched_rt_runtime_us sched_schedstats sched_energy_aware "
	  "sched_util_clamp_min numa_balancing split_lock_mitigate "
	  "perf_event_paranoid perf_event_max_sample_rate perf_cpu_time_max_percent "
	  "randomize_va_space watchdog nmi_watchdog soft_watchdog timer_migration "
	  "hung_task_timeout_secs io_uring_disabled unprivileged_bpf_disabled "
	  "kptr_restrict dmesg_restrict task_delayacct ftrace_enabled pid_max threads-max" },
	{ "sysctl",  "fs",              "/proc/sys/fs", "aio-max-nr nr_open pipe-max-size" },
};
/* clang-format on */

/* A file and the fact that it becomes. */
struct wish {
	const char *group;
	char name[96];
};

struct wishes {
	struct wish *wish;
	struct machine_file *file;
	size_t n;
};

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
static void wish_add(struct wishes *w, const struct row *row, const char *dir,
		     const char *part, const char *word)
{
	struct machine_file *file;
	struct wish *wish;

	w->wish = xrealloc(w->wish, (w->n + 1) * sizeof(*w->wish));
	w->file = xrealloc(w->file, (w->n + 1) * sizeof(*w->file));
	wish = &w->wish[w->n];
	file = &w->file[w->n++];
	wish->group = row->group;
	snprintf(wish->name, sizeof(wish->name), "%s%s%s%s%s", row->name,
		 *part ? "." : "", part, *word ? "." : "", word);
	for (char *c = wish->name; *c; c++)
		*c = *c == '/' ? '.' : *c;
	snprintf(file->path, sizeof(file->path), "%s%s%s", dir,
		 *word ? "/" : "", word);
	file->text[0] = '\0';
}

static void wish_words(struct wishes *w, const struct row *row, const char *dir,
		       const char *part)
{
	_cleanup_words_ struct words words = { 0 };

	if (!row->words) {
		wish_add(w, row, dir, part, "");
		return;
	}
	words_split(&words, row->words, " ");
	for (size_t i = 0; i < words.n; i++)
		wish_add(w, row, dir, part, words.word[i]);
}

static void wish_row(struct wishes *w, const struct row *row)
{
	char pattern[MACHINE_PATH];
	const char *star = strchr(row->dir, '*');
	size_t prefix = strlen(machine_path(pattern, "%s", ""));
	glob_t found = { 0 };

	if (!star) {
		wish_words(w, row, row->dir, "");
		return;
	}
	if (!glob(machine_path(pattern, "%s", row->dir), 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++) {
			const char *dir = found.gl_pathv[i] + prefix;

			wish_words(w, row, dir, strrchr(dir, '/') + 1);
		}
	globfree(&found);
}

static void file_facts(struct facts *f)
{
	struct wishes w = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		wish_row(&w, &rows[i]);
	machine_read_files(w.file, w.n);
	for (size_t i = 0; i < w.n; i++)
		facts_value(f, w.wish[i].group, w.wish[i].name, w.file[i].text);
	free(w.wish);
	free(w.file);
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
		file_facts(&facts);
	}
	*n = facts.n;
	return facts.fact;
}
