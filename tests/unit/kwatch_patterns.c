/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which lines of a kernel log are complaints, of what kind, and about what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "core/kwatch.h"

/* clang-format off */
static const struct { const char *kind, *text; } complaints[] = {
	{ "warn", "------------[ cut here ]------------" },
	{ "warn", "WARNING: CPU: 3 PID: 4127 at mm/page_alloc.c:4567 __alloc_pages_noprof+0x2f1/0x340" },
	{ "warn", "WARNING: CPU: 0 PID: 0 at kernel/rcu/tree.c:2645" },
	{ "warn", "WARNING: at fs/inode.c:417 drop_nlink+0x2c/0x40()" },
	{ "warn", "WARNING: net/core/dev.c:5881 at netif_receive_generic_xdp+0x1b/0x90, CPU#2: ksoftirqd/2/29" },
	{ "kasan", "BUG: KASAN: slab-use-after-free in ext4_release_file+0x8f/0x120" },
	{ "kcsan", "BUG: KCSAN: data-race in folio_add_lru / page_vma_mapped_walk" },
	{ "kmsan", "BUG: KMSAN: uninit-value in copy_page_to_iter+0x4e/0x290" },
	{ "kfence", "BUG: KFENCE: out-of-bounds read in test_out_of_bounds_read+0xa6/0x234" },
	{ "ubsan", "UBSAN: array-index-out-of-bounds in fs/jfs/jfs_dmap.c:1971:9" },
	{ "ubsan", "UBSAN: shift-out-of-bounds in ./include/linux/log2.h:67:13" },
	{ "kmemleak", "kmemleak: 14 new suspected memory leaks (see /sys/kernel/debug/kmemleak)" },
	{ "lockdep", "WARNING: possible circular locking dependency detected" },
	{ "lockdep", "WARNING: possible recursive locking detected" },
	{ "lockdep", "WARNING: possible irq lock inversion dependency detected" },
	{ "lockdep", "WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected" },
	{ "lockdep", "WARNING: inconsistent lock state" },
	{ "lockdep", "WARNING: suspicious RCU usage" },
	{ "lockdep", "WARNING: bad unlock balance detected!" },
	{ "lockdep", "INFO: possible recursive locking detected" },
	{ "lockdep", "INFO: trying to register non-static key." },
	{ "lockdep", "[ BUG: Invalid wait context ]" },
	{ "soft-lockup", "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [strain:911]" },
	{ "soft-lockup", "BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 43s!" },
	{ "hard-lockup", "NMI watchdog: Watchdog detected hard LOCKUP on cpu 5" },
	{ "hard-lockup", "watchdog: Watchdog detected hard LOCKUP on cpu 5" },
	{ "hard-lockup", "watchdog: CPU 3 detected hard LOCKUP on other CPUs 1" },
	{ "rcu-stall", "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:" },
	{ "rcu-stall", "rcu: INFO: rcu_sched self-detected stall on CPU" },
	{ "rcu-stall", "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-...D } 6012 jiffies s: 221" },
	{ "rcu-stall", "INFO: rcu_tasks detected stalls on tasks:" },
	{ "rcu-stall", "rcu: INFO: rcu_preempt detected stall, but suppressed full report due to a stuck CSD-lock." },
	{ "hung-task", "INFO: task kworker/u8:3:812 blocked for more than 122 seconds." },
	{ "hung-task", "INFO: task dd:5120 blocked in I/O wait for more than 120 seconds." },
	{ "oops", "BUG: unable to handle page fault for address: ffffc90000a3f000" },
	{ "oops", "BUG: kernel NULL pointer dereference, address: 0000000000000018" },
	{ "oops", "BUG: Kernel NULL pointer dereference on read at 0x00000000" },
	{ "oops", "Unable to handle kernel paging request at virtual address ffff80001234f000" },
	{ "oops", "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008" },
	{ "oops", "CPU 1 Unable to handle kernel paging request at virtual address 0000000000000018, era == 9000000000222f00, ra == 9000000000222ef0" },
	{ "oops", "general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] PREEMPT SMP" },
	{ "oops", "Oops: general protection fault, probably for non-canonical address 0xdffffc0000000003: 0000 [#1] SMP KASAN" },
	{ "oops", "Oops: 0002 [#2] SMP NOPTI" },
	{ "oops", "Internal error: Oops: 0000000096000004 [#1] SMP" },
	{ "oops", "Oops [#1]" },
	{ "oops", "invalid opcode: 0000 [#1] PREEMPT SMP" },
	{ "oops", "divide error: 0000 [#1] SMP" },
	{ "panic", "Kernel panic - not syncing: Fatal exception" },
	{ "atomic", "BUG: scheduling while atomic: swapper/2/0/0x00000100" },
	{ "atomic", "BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580" },
	{ "atomic", "BUG: using smp_processor_id() in preemptible [00000000] code: strain/733" },
	{ "bad-page", "BUG: Bad page state in process strain  pfn:1a2b3c" },
	{ "bad-page", "BUG: Bad page map in process cc1  pte:8000000123456067 pmd:1234067" },
	{ "bad-page", "BUG: Bad rss-counter state mm:00000000c0ffee00 type:MM_ANONPAGES val:3" },
	{ "slab", "BUG kmalloc-64 (Not tainted): Right Redzone overwritten" },
	{ "slab", "BUG dentry (Tainted: G    B             ): Poison overwritten" },
	{ "list", "list_del corruption. prev->next should be ffff888004a1c0c8, but was 0000000000000000. (prev=ffff888004a1c0c8)" },
	{ "list", "list_add corruption. next->prev should be prev (ffffffff82e5f2c0), but was ffff88810a7b1e08. (next=ffff88810a7b1e08)." },
	{ "refcount", "refcount_t: underflow; use-after-free." },
	{ "bug", "kernel BUG at mm/huge_memory.c:3121!" },
	{ "bug", "Kernel bug detected[#1]:" },
	{ "bug", "BUG: spinlock bad magic on CPU#0, swapper/0/1" },
	{ "bug", "usercopy: Kernel memory exposure attempt detected from SLUB object 'task_struct' (offset 8, size 512)!" },
	{ "fs", "EXT4-fs error (device loop0): ext4_lookup:1785: inode #12: comm strain: deleted inode referenced: 77" },
	{ "fs", "Aborting journal on device loop0-8." },
	{ "fs", "XFS (loop0): Corruption of in-memory data (0x8) detected at xfs_trans_cancel+0x11c/0x1a0.  Shutting down filesystem." },
	{ "fs", "XFS (vdb): Metadata corruption detected at xfs_agf_read_verify+0x1a/0xd0 [xfs], xfs_agf block 0x1" },
	{ "fs", "XFS: Assertion failed: ip->i_nblocks == 0, file: fs/xfs/xfs_inode.c, line: 2100" },
	{ "fs", "BTRFS error (device loop0): parent transid verify failed on logical 30523392 mirror 1 wanted 7 found 5" },
	{ "fs", "BTRFS: error (device loop0: state A) in btrfs_run_delayed_refs:2151: errno=-5 IO failure" },
	{ "io", "I/O error, dev vdb, sector 204800 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2" },
	{ "io", "blk_update_request: I/O error, dev loop3, sector 0 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0" },
	{ "io", "critical medium error, dev sda, sector 8 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 2" },
	{ "io", "Buffer I/O error on device sda1, logical block 9" },
	{ "io", "Buffer I/O error on dev loop0, logical block 8193, lost async page write" },
	{ "io", "EXT4-fs warning (device loop0): ext4_end_bio:343: I/O error 10 writing to inode 13 starting block 34816)" },
	{ "hardware", "mce: [Hardware Error]: CPU 2: Machine Check: 0 Bank 5: be00000000800400" },
	{ "oom", "Out of memory: Killed process 2411 (strain) total-vm:4194304kB, anon-rss:3903412kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:7712kB oom_score_adj:1000" },
	{ "oom", "Memory cgroup out of memory: Killed process 977 (strain) total-vm:71504kB, anon-rss:65124kB, file-rss:1280kB, shmem-rss:0kB, UID:0 pgtables:172kB oom_score_adj:0" },
};

static const char *const harmless[] = {
	"Linux version 6.12.0 (gcc (Debian 12.2.0-14) 12.2.0) #1 SMP PREEMPT_DYNAMIC",
	"Warning: unable to open an initial console.",
	"WARNING: Unprivileged eBPF is enabled, data leaks possible via Spectre v2 BHB attacks!",
	"Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on, data leaks possible",
	"WARNING! power/level is deprecated; use power/control instead",
	"[Firmware Bug]: TSC ADJUST differs: CPU0 -5 CPU1 0. Restoring",
	"ACPI BIOS Error (bug): Could not resolve symbol [\\_SB.PCI0], AE_NOT_FOUND (20240827/psargs-332)",
	"DEBUG: scheduling while bored",
	"BUG: MAX_LOCKDEP_ENTRIES too low!",
	"BUG: MAX_LOCKDEP_CHAINS too low!",
	"INFO: lockdep is turned off.",
	"traps: strain[4412] general protection fault ip:55d0c1a2b3c4 sp:7ffd1c2b3a40 error:0 in strain[55d0c1a00000+9000]",
	"traps: strain[4413] trap invalid opcode ip:4011b6 sp:7ffe01234560 error:0 in a[401000+1000]",
	"strain[4414]: segfault at 0 ip 0000000000401136 sp 00007ffc9e0b1c30 error 6 in oops[401000+1000] likely on CPU 1 (core 1, socket 0)",
	"strain[4415]: unhandled level 2 translation fault (11) at 0x00000000, esr 0x92000046, in a.out[400000+1000]",
	"kasan: KernelAddressSanitizer initialized (generic)",
	"kcsan: enabled early",
	"kfence: initialized - using 2097152 bytes for 255 objects at 0x(____ptrval____)-0x(____ptrval____)",
	"kmemleak: Kernel memory leak detector initialized (mem pool available: 15612)",
	"kmemleak: Automatic memory scanning thread started",
	"NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.",
	"watchdog: Delayed init of the lockup detector failed: -19",
	"rcu: \tRCU restricting CPUs from NR_CPUS=64 to nr_cpu_ids=2.",
	"INFO: rcu_tasks_trace detected stalls? (Late IPI?)",
	"rcu: Hierarchical SRCU implementation.",
	"sched: RT throttling activated",
	"workqueue: drain_vmap_area_work hogged CPU for >10000us 4 times, consider switching to WQ_UNBOUND",
	"perf: interrupt took too long (2503 > 2500), lowering kernel.perf_event_max_sample_rate to 79750",
	"INFO: NMI handler (perf_event_nmi_handler) took too long to run: 1.202 msecs",
	"INFO: task strain:22 is blocked on a mutex likely owned by task strain:21.",
	"clocksource: timekeeping watchdog on CPU1: Marking clocksource 'tsc' as unstable because the skew is too large:",
	"hrtimer: interrupt took 3512345 ns",
	"strain: page allocation failure: order:9, mode:0xcc0(GFP_KERNEL), nodemask=(null),cpuset=/,mems_allowed=0",
	"strain (3310): drop_caches: 3",
	"Lockdown: strain: /dev/mem,kmem,port is restricted; see man kernel_lockdown.7",
	"EXT4-fs (loop0): mounted filesystem 3b1f1c8e r/w with ordered data mode. Quota mode: none.",
	"EXT4-fs (loop0): shut down requested (0)",
	"EXT4-fs (loop0): Mount option(s) incompatible with ext2",
	"EXT4-fs warning (device loop0): ext4_dx_add_entry:2537: Directory (ino: 13) index full, reach max htree level :2",
	"XFS (loop0): Mounting V5 Filesystem 8f0b3a3c",
	"XFS (loop0): User initiated shutdown received.",
	"XFS (loop0): Ending clean mount",
	"BTRFS info (device loop0): using crc32c (crc32c-x86_64) checksum algorithm",
	"BTRFS warning (device loop0): excessive commit interval 300",
	"strain invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
	"oom_reaper: reaped process 2411 (strain), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
	"Memory cgroup stats for /strain/oom:",
	"audit: type=1701 audit(1.2:3): auid=0 uid=0 comm=\"WARNING: CPU: 0 PID: 1 at x\" exe=\"/x\" sig=11",
	"device-mapper: table: 254:0: linear: Invalid argument count",
	"TCP: request_sock_TCP: Possible SYN flooding on port 80. Sending cookies.",
	"mce: CPU supports 32 MCE banks",
	"Oops, I did it again",
	"",
};
/* clang-format on */

static void complaints_are_told_by_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(complaints); i++) {
		const char *kind = kwatch_classify(complaints[i].text);

		if (!kind || strcmp(kind, complaints[i].kind))
			fail_msg("'%s' is %s, not %s", complaints[i].text,
				 kind ? kind : "nothing", complaints[i].kind);
	}
}

static void look_alikes_are_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++) {
		const char *kind = kwatch_classify(harmless[i]);

		if (kind)
			fail_msg("'%s' is %s", harmless[i], kind);
	}
}

static void some_kinds_only_tell(void **state)
{
	(void)state;
	assert_true(kwatch_kind_fails("warn"));
	assert_true(kwatch_kind_fails("fs"));
	assert_false(kwatch_kind_fails("io"));
	assert_false(kwatch_kind_fails("oom"));
	assert_false(kwatch_kind_fails("hardware"));
	assert_false(kwatch_kind_fails("foreign"));
	assert_false(kwatch_kind_fails(NULL));
}

/* clang-format off */
static const struct { const char *device, *text; } devices[] = {
	{ "loop7", "EXT4-fs error (device loop7): ext4_lookup:1785: inode #12: comm strain: deleted inode referenced: 77" },
	{ "loop7", "EXT4-fs (loop7): Delayed block allocation failed for inode 12 at logical offset 0 with max blocks 1 with error 117: This should not happen!! Data will be lost" },
	{ "loop0", "Aborting journal on device loop0-8." },
	{ "dm-1", "Aborting journal on device dm-1-8." },
	{ "loop12", "JBD2: Detected IO errors while flushing file data on loop12-8" },
	{ "loop3", "XFS (loop3): Corruption of in-memory data (0x8) detected at xfs_trans_cancel+0x11c/0x1a0.  Shutting down filesystem." },
	{ "dm-0", "XFS (dm-0): Internal error xfs_trans_cancel at line 1097 of file fs/xfs/xfs_trans.c." },
	{ "loop0", "BTRFS: error (device loop0: state A) in btrfs_run_delayed_refs:2151: errno=-5 IO failure" },
	{ "loop0", "BTRFS critical (device loop0 state EA): corrupt leaf" },
	{ "loop0p1", "FAT-fs (loop0p1): error, fat_get_cluster: invalid cluster chain (i_pos 0)" },
	{ "loop5", "I/O error, dev loop5, sector 0 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0" },
	{ "zram0", "Buffer I/O error on dev zram0, logical block 8193, lost async page write" },
	{ "nbd2", "Buffer I/O error on device nbd2, logical block 9" },
	/* of the machine, or of nobody */
	{ NULL, "EXT4-fs error (device vda): ext4_lookup:1785: inode #12: comm loop7: deleted inode referenced: 77" },
	{ NULL, "EXT4-fs error (device sda1): ext4_validate_block_bitmap:423: comm EXT4-fs (loop7): bg 0: bad block bitmap checksum" },
	{ NULL, "XFS (nvme0n1p2): Metadata corruption detected at xfs_agf_read_verify+0x1a/0xd0 [xfs], xfs_agf block 0x1" },
	{ NULL, "Aborting journal on device sdb1-8." },
	{ NULL, "XFS: Assertion failed: ip->i_nblocks == 0, file: fs/xfs/xfs_inode.c, line: 2100" },
	{ NULL, "BTRFS: Transaction aborted (error -28)" },
	{ NULL, "EXT4-fs error (device loop): x" },
	{ NULL, "XFS (" },
	{ NULL, "" },
};
/* clang-format on */

static void devices_of_programs_are_named(void **state)
{
	char name[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		bool made = kwatch_made_device(devices[i].text, name);

		if (made != !!devices[i].device ||
		    (made && strcmp(name, devices[i].device)))
			fail_msg("'%s' speaks of %s, not %s", devices[i].text,
				 made ? name : "nothing made",
				 devices[i].device ? devices[i].device : "nothing made");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complaints_are_told_by_kind),
		cmocka_unit_test(look_alikes_are_not),
		cmocka_unit_test(some_kinds_only_tell),
		cmocka_unit_test(devices_of_programs_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
