/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's complaints by the words of its own source: kernel/panic.c,
 * kernel/locking/lockdep.c, mm/kasan/report.c, lib/ubsan.c, kernel/hung_task.c
 * and so on, back to Linux 5.10. Patterns hold on to the beginning of a line
 * wherever the kernel does, because the rest may quote names that a program
 * chose for itself.
 */
#include "core/kwatch_patterns.h"

#include <string.h>

#include "base/str.h"
#include "core/kwatch.h"

#define FOLLOWS KWATCH_FOLLOWS
#define LINE KWATCH_LINE
#define TOLD (KWATCH_TOLD | KWATCH_LINE)
#define FS (KWATCH_LINE | KWATCH_DEVICE)
#define IO (TOLD | KWATCH_DEVICE)

/* clang-format off */
static const struct kwatch_pattern patterns[] = {
	/* the first match counts: exceptions and the special before the general */
	{ "warn", "------------[ cut here ]------------", NULL, KWATCH_CUT | FOLLOWS },
	{ "warn", "WARNING: CPU: ", " at ", FOLLOWS },
	{ "warn", "WARNING: at ", NULL, FOLLOWS },
	{ "warn", "WARNING: ", ", CPU#", FOLLOWS },       /* Linux 6.19 */

	{ "kasan", "BUG: KASAN: ", NULL, 0 },
	{ "kcsan", "BUG: KCSAN: ", NULL, 0 },
	{ "kmsan", "BUG: KMSAN: ", NULL, 0 },
	{ "kfence", "BUG: KFENCE: ", NULL, 0 },
	{ "ubsan", "UBSAN: ", NULL, FOLLOWS },
	{ "kmemleak", "kmemleak: ", "new suspected memory leak", LINE },

	/* the checker ran out of its own tables: nothing of the kernel is wrong */
	{ NULL, "BUG: MAX_LOCK", " too low", 0 },
	{ "lockdep", "WARNING: ", "possible circular locking", 0 },
	{ "lockdep", "WARNING: ", "possible recursive locking", 0 },
	{ "lockdep", "WARNING: ", "possible irq lock inversion", 0 },
	{ "lockdep", "WARNING: ", "lock order detected", 0 },
	{ "lockdep", "WARNING: inconsistent lock state", NULL, 0 },
	{ "lockdep", "WARNING: bad unlock balance detected", NULL, 0 },
	{ "lockdep", "WARNING: bad contention detected", NULL, 0 },
	{ "lockdep", "WARNING: lock held when returning to user space", NULL, 0 },
	{ "lockdep", "WARNING: held lock freed", NULL, 0 },
	{ "lockdep", "WARNING: Nested lock was not taken", NULL, 0 },
	{ "lockdep", "WARNING: ", "still has locks held", 0 },
	{ "lockdep", "WARNING: suspicious RCU usage", NULL, 0 },
	{ "lockdep", "INFO: possible ", "detected", 0 },
	{ "lockdep", "INFO: trying to register non-static key", NULL, 0 },
	{ "lockdep", "[ BUG: ", NULL, 0 },
	{ "lockdep", "[ INFO: possible ", NULL, 0 },
	{ "lockdep", "[ INFO: suspicious RCU usage", NULL, 0 },

	{ "soft-lockup", "watchdog: BUG: soft lockup", NULL, 0 },
	{ "soft-lockup", "BUG: soft lockup", NULL, 0 },
	{ "soft-lockup", "BUG: workqueue lockup", NULL, 0 },
	{ "hard-lockup", "watchdog: ", "detected hard LOCKUP", 0 },
	{ "hard-lockup", "watchdog: ", " Hard LOCKUP", 0 },
	{ "hard-lockup", "NMI watchdog: ", "detected hard LOCKUP", 0 },
	{ "hard-lockup", "Watchdog detected hard LOCKUP", NULL, 0 },
	{ NULL, "INFO: rcu", " detected stalls? (Late IPI?)", 0 },
	{ "rcu-stall", "rcu: INFO: ", " detected stall", 0 },
	{ "rcu-stall", "rcu: INFO: ", " detected expedited stall", 0 },
	{ "rcu-stall", "rcu: INFO: ", " self-detected stall on ", 0 },
	{ "rcu-stall", "INFO: rcu", " detected stall", 0 },
	{ "rcu-stall", "INFO: rcu", " detected expedited stall", 0 },
	{ "rcu-stall", "INFO: rcu", " self-detected stall on ", 0 },
	{ "hung-task", "INFO: task ", " blocked for more than ", 0 },
	{ "hung-task", "INFO: task ", " blocked in I/O wait for more than ", 0 },

	{ "oops", "BUG: unable to handle ", NULL, 0 },
	{ "oops", "BUG: kernel NULL pointer dereference", NULL, 0 },
	{ "oops", "BUG: Kernel NULL pointer dereference", NULL, 0 },
	{ "oops", "BUG: Unable to handle kernel ", NULL, 0 },
	{ "oops", "Unable to handle kernel ", NULL, 0 },
	{ "oops", "CPU ", " Unable to handle kernel ", 0 },
	{ "oops", "general protection fault", "[#", FOLLOWS },
	{ "oops", "Oops", "[#", FOLLOWS },
	{ "oops", "Internal error: ", "[#", FOLLOWS },
	{ "oops", "invalid opcode: ", "[#", FOLLOWS },
	{ "oops", "divide error: ", "[#", FOLLOWS },
	{ "oops", "stack segment: ", "[#", FOLLOWS },
	{ "oops", "double fault: ", "[#", FOLLOWS },
	{ "oops", "int3: ", "[#", FOLLOWS },
	{ "oops", "Bad pagetable: ", "[#", FOLLOWS },
	{ "oops", "PANIC: double fault", NULL, FOLLOWS },
	{ "panic", "Kernel panic - not syncing", NULL, FOLLOWS },

	{ "atomic", "BUG: scheduling while atomic", NULL, 0 },
	{ "atomic", "BUG: sleeping function called from invalid context", NULL, 0 },
	{ "atomic", "BUG: using ", " in preemptible ", 0 },
	{ "atomic", "softirq: huh, entered softirq ", NULL, LINE },
	{ "bad-page", "BUG: Bad page ", NULL, 0 },
	{ "bad-page", "BUG: Bad rss-counter ", NULL, LINE },
	{ "bad-page", "BUG: non-zero pgtables_bytes ", NULL, LINE },
	{ "bad-page", "swap_info_get: Bad swap ", NULL, LINE },
	{ "bad-page", "_swap_info_get: Bad swap ", NULL, LINE },
	{ "bad-page", "get_swap_device: Bad swap ", NULL, LINE },
	{ "slab", "BUG ", " (Not tainted): ", 0 },
	{ "slab", "BUG ", " (Tainted: ", 0 },
	{ "slab", "Slab corruption", NULL, 0 },
	{ "list", "list_add corruption", NULL, FOLLOWS },
	{ "list", "list_add double add", NULL, FOLLOWS },
	{ "list", "list_del corruption", NULL, FOLLOWS },
	{ "refcount", "refcount_t: ", NULL, FOLLOWS },
	{ "bug", "usercopy: Kernel memory ", " attempt detected ", 0 },
	{ "bug", "kernel BUG at ", NULL, FOLLOWS },
	{ "bug", "Kernel BUG at ", NULL, FOLLOWS },
	{ "bug", "kernel BUG [#", NULL, FOLLOWS },
	{ "bug", "Kernel BUG [#", NULL, FOLLOWS },
	{ "bug", "Kernel bug detected[#", NULL, FOLLOWS }, /* MIPS, LoongArch */
	{ "bug", "BUG: ", NULL, 0 },

	{ "io", "EXT4-fs error", "I/O error", IO },
	{ "fs", "EXT4-fs error ", NULL, FS },
	{ "fs", "EXT4-fs (", "Data will be lost", FS },
	{ "fs", "EXT2-fs (", "): error: ", FS },
	{ "fs", "Aborting journal on device ", NULL, FS },
	{ "fs", "XFS (", "orruption", FS },
	{ "fs", "XFS (", "Internal error ", FS },
	{ "fs", "XFS (", "Assertion failed", FS },
	{ "fs", "XFS: Assertion failed", NULL, FS },
	{ "fs", "BTRFS error ", NULL, FS },
	{ "fs", "BTRFS critical ", NULL, FS },
	{ "fs", "BTRFS: error ", NULL, FS },
	{ "fs", "BTRFS: Transaction aborted", NULL, FS },
	{ "fs", "FAT-fs (", "): error, ", FS },

	{ "oom", "Out of memory", "Killed process ", TOLD },
	{ "oom", "Memory cgroup out of memory: Killed process ", NULL, TOLD },
	{ "hardware", "mce: [Hardware Error]", NULL, TOLD },
	{ "hardware", "{", "[Hardware Error]", TOLD },
	{ "hardware", "[Hardware Error]", NULL, TOLD },
	{ "io", "", " error, dev ", IO }, /* I/O, critical medium, timeout, ... */
	{ "io", "Buffer I/O error on dev", NULL, IO },
	{ "io", "EXT4-fs warning ", "I/O error", IO },
	{ "io", "XFS (", "I/O error", IO },
	{ "io", "JBD2: ", "IO error", IO },
	{ "io", "loop: Write error at byte offset ", NULL, IO },
};
/* clang-format on */

const struct kwatch_pattern *kwatch_match(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		const struct kwatch_pattern *p = &patterns[i];
		size_t n = strlen(p->start);

		if (!strncmp(text, p->start, n) &&
		    (!p->also || strstr(text + n, p->also)))
			return p;
	}
	return NULL;
}

const char *kwatch_classify(const char *text)
{
	const struct kwatch_pattern *p = kwatch_match(text);

	return p ? p->kind : NULL;
}

bool kwatch_kind_fails(const char *kind)
{
	if (kind && !strcmp(kind, KWATCH_FOREIGN))
		return false;
	for (size_t i = 0; kind && i < ARRAY_SIZE(patterns); i++)
		if (patterns[i].kind && !strcmp(patterns[i].kind, kind))
			return !(patterns[i].flags & KWATCH_TOLD);
	return kind != NULL;
}
