/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts that are one small file each are rows of a table; what has to be
 * worked out comes from machine_hardware.c and machine_kernel.c.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "core/machine_facts.h"

#define CPU "/sys/devices/system/cpu/"
#define FREQUENCY CPU "cpu0/cpufreq"
#define MM "/sys/kernel/mm/"
#define THP MM "transparent_hugepage/"

/* .when of a row: at the first run of a boot, at every run. Tags behind BOOT say
 * to whom it matters, where nothing is kept for later runs. */
#define BOOT "boot"
#define EVER NULL

/*
 * Files DIR/WORD for each of .words. A DIR with '*' at its end stands for all
 * that match; the name of the fact is .name, then what was found there, then the
 * word, with dots between. A row whose .when is a list of tags is read for runs of
 * stressors that have one of them; "perf" is the tag of a run with perf events.
 */
/* clang-format off */
static const struct row {
	const char *group, *name, *when, *dir, *words;
} rows[] = {
	{ "machine", "cpu.online",      BOOT, CPU "online", NULL },
	{ "machine", "cpu.nohz_full",   BOOT, CPU "nohz_full", NULL },
	{ "machine", "cpu.smt",         BOOT, CPU "smt", "active control" },
	{ "machine", "mitigation",      BOOT " " MATTERS_KERNEL, CPU "vulnerabilities/*", NULL },
	{ "machine", "dmi",             BOOT, "/sys/class/dmi/id",
	  "sys_vendor product_name bios_version" },
	{ "kernel",  "boot_id",         BOOT, "/proc/sys/kernel/random/boot_id", NULL },
	{ "kernel",  "tainted",         BOOT, "/proc/sys/kernel/tainted", NULL },
	{ "sysctl",  "kernel",          BOOT, "/proc/sys/kernel", "unprivileged_bpf_disabled" },
	{ "machine", "cpu.frequency",   EVER, FREQUENCY, "scaling_driver scaling_governor "
	  "energy_performance_preference scaling_min_freq scaling_max_freq" },
	{ "machine", "cpu.boost",       EVER, CPU "cpufreq/boost", NULL },
	{ "machine", "cpu.intel_pstate", EVER, CPU "intel_pstate", "status no_turbo" },
	{ "machine", "cpu.amd_pstate",  EVER, CPU "amd_pstate", "status" },
	{ "machine", "clocksource",     EVER, "/sys/devices/system/clocksource/clocksource0",
	  "current_clocksource" },
	{ "kernel",  "sched_ext",       EVER, "/sys/kernel/sched_ext/state", NULL },
	{ "sysctl",  "kernel",          "hurts-host", "/proc/sys/kernel",
	  "split_lock_mitigate" },
	{ "sysctl",  "kernel",          "perf", "/proc/sys/kernel",
	  "perf_event_paranoid" },
	{ "machine", "cpu.isolated",    "scheduler latency", CPU "isolated", NULL },
	{ "machine", "cpu.idle",        "scheduler io latency", CPU "cpuidle",
	  "current_driver current_governor" },
	{ "kernel",  "thp",             "memory thp filesystem io", MM "transparent_hugepage",
	  "enabled" },
	{ "kernel",  "thp",             "memory thp filesystem", MM "transparent_hugepage",
	  "defrag shmem_enabled use_zero_page khugepaged/defrag "
	  "khugepaged/scan_sleep_millisecs" },
	{ "kernel",  "thp",             "memory thp filesystem", THP "hugepages-*",
	  "enabled shmem_enabled" },
	{ "kernel",  "hugetlb",         "memory hugetlb", MM "hugepages/hugepages-*",
	  "nr_hugepages free_hugepages" },
	{ "kernel",  "ksm.run",         "memory", MM "ksm/run", NULL },
	{ "kernel",  "lru_gen",         "memory filesystem io", MM "lru_gen", "enabled" },
	{ "kernel",  "zswap",           "memory", "/sys/module/zswap/parameters",
	  "enabled compressor" },
	{ "sysctl",  "vm",              "memory",  "/proc/sys/vm",
	  "overcommit_memory page-cluster max_map_count compaction_proactiveness "
	  "hugetlb_optimize_vmemmap" },
	{ "sysctl",  "vm",              "memory filesystem io", "/proc/sys/vm",
	  "swappiness min_free_kbytes watermark_scale_factor watermark_boost_factor "
	  "dirty_ratio dirty_background_ratio dirty_bytes dirty_background_bytes "
	  "dirty_expire_centisecs dirty_writeback_centisecs vfs_cache_pressure "
	  "zone_reclaim_mode" },
	{ "sysctl",  "kernel",          "scheduler memory", "/proc/sys/kernel",
	  "numa_balancing" },
	{ "sysctl",  "kernel",          "scheduler", "/proc/sys/kernel",
	  "sched_autogroup_enabled sched_cfs_bandwidth_slice_us sched_rt_runtime_us "
	  "sched_schedstats watchdog nmi_watchdog timer_migration pid_max" },
	{ "sysctl",  "kernel",          "scheduler io filesystem", "/proc/sys/kernel",
	  "task_delayacct" },
	{ "sysctl",  "kernel",          "memory kernel", "/proc/sys/kernel",
	  "randomize_va_space" },
	{ "sysctl",  "kernel",          "io async", "/proc/sys/kernel", "io_uring_disabled" },
	{ "sysctl",  "fs",              "io async", "/proc/sys/fs", "aio-max-nr" },
};
/* clang-format on */

/* Without it no driver, and nothing that the rows about frequency ask. */
static bool is_moot(const struct row *row)
{
	static const char *const drivers[] = { FREQUENCY, CPU "cpufreq/",
					       CPU "intel_pstate",
					       CPU "amd_pstate" };
	static bool scales;
	static unsigned version = -1U;

	if (version != machine_root_version()) {
		version = machine_root_version();
		scales = machine_exists(FREQUENCY);
	}
	for (size_t i = 0; i < ARRAY_SIZE(drivers) && !scales; i++)
		if (!strncmp(row->dir, drivers[i], strlen(drivers[i])))
			return true;
	return false;
}

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
			      *word ? "/" : "", word) ||
	    !strcmp(text, "(null)")) /* nohz_full without a mask */
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

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in the directory @dir that begin with the @n bytes at @begin, in order. */
static void list_names(struct words *names, const char *dir, const char *begin,
		       size_t n)
{
	char path[MACHINE_PATH];
	DIR *d = opendir(machine_path(path, "%s", dir));
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && !strncmp(e->d_name, begin, n))
			words_add(names, e->d_name);
	if (d)
		closedir(d);
	if (names->n)
		qsort(names->word, names->n, sizeof(*names->word), by_name);
}

/* glob() would do, and take a tenth of a short run's facts for itself. */
static void row_facts(struct facts *f, const struct row *row)
{
	_cleanup_free_ char *dir = xstrdup(row->dir);
	char *star = strchr(dir, '*'), *begin = strrchr(dir, '/') + 1;
	_cleanup_words_ struct words names = { 0 };

	if (!star) {
		word_facts(f, row, row->dir, "");
		return;
	}
	begin[-1] = '\0';
	list_names(&names, dir, begin, star - begin);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, names.word[i]);

		word_facts(f, row, path, names.word[i]);
	}
}

static bool is_boot(const struct row *row)
{
	return row->when && !strncmp(row->when, BOOT, strlen(BOOT));
}

bool facts_matter(const char *tags, const char *when)
{
	return !when || !tags || words_meet(when, tags);
}

static void boot_facts(struct facts *f, const char *tags)
{
	_cleanup_str_ struct str key = machine_boot_key();

	if (machine_boot_load(f, key.buf))
		return;
	machine_hardware_boot(f);
	machine_kernel_boot(f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (is_boot(&rows[i]) &&
		    (*key.buf || !strcmp(rows[i].when, BOOT) ||
		     facts_matter(tags, rows[i].when)))
			row_facts(f, &rows[i]);
	machine_boot_store(f, key.buf);
}

void facts_clear(struct facts *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free((char *)f->fact[i].name);
		free(f->fact[i].text);
	}
	free(f->fact);
	*f = (struct facts){ 0 };
}

const struct fact *facts_find(const struct facts *f, const char *group,
			      const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->fact[i].group, group) &&
		    !strcmp(f->fact[i].name, name))
			return &f->fact[i];
	return NULL;
}

static struct facts facts; /* that were found last */
static unsigned facts_version = -1U; /* of the root of the tree they are from */

const struct fact *facts_found(const char *group, const char *name)
{
	return facts_version == machine_root_version() ?
		       facts_find(&facts, group, name) : NULL;
}

const struct fact *machine_facts(const char *tags, size_t *n)
{
	facts_clear(&facts);
	facts_version = machine_root_version();
	file_hold_closes();
	boot_facts(&facts, tags);
	machine_hardware_now(&facts, tags);
	machine_kernel_now(&facts, tags);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!is_boot(&rows[i]) && !is_moot(&rows[i]) &&
		    facts_matter(tags, rows[i].when))
			row_facts(&facts, &rows[i]);
	file_close_held();
	*n = facts.n;
	return facts.fact;
}
