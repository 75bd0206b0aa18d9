/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System counters from recorded files of /proc and /sys, read twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/str.h"
#include "core/counter.h"

#define THP "/sys/kernel/mm/transparent_hugepage/hugepages-"

static char root[] = "/tmp/strain-counter-XXXXXX";

/* Writes @text to @path below the root, into the same file when it is there. */
static void put(const char *path, const char *text)
{
	_cleanup_free_ char *full = xasprintf("%s%s", root, path);
	_cleanup_free_ char *dir = xstrdup(full);
	FILE *f;

	*strrchr(dir, '/') = '\0';
	assert_int_equal(dir_make(dir, 0700), 0);
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static struct counter_set *open_set(const char *sources)
{
	const struct counter_want want = { .system = sources, .root = root };

	return counter_open(&want, NULL, 0);
}

static void expect(struct counter_set *set, const char *name, double value,
		   bool gauge)
{
	const struct counter *c;
	size_t n;

	c = counter_read_last(set, &n);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(c[i].name, name))
			continue;
		assert_float_equal(c[i].value, value, 0);
		assert_int_equal(c[i].gauge, gauge);
		return;
	}
	fail_msg("no counter '%s'", name);
}

static void vmstat_and_meminfo(void **state)
{
	struct counter_set *set;

	(void)state;
	put("/proc/vmstat", "nr_free_pages 100\nnr_dirtied 7\npgfault 1000\n"
			    "nr_tlb_remote_flush 3\nworkingset_nodes 5\n");
	put("/proc/meminfo", "MemTotal:        1024 kB\nActive(anon):   12 kB\n"
			     "HugePages_Total:       3\n");
	set = open_set("vmstat,meminfo");
	/* a line that appears later is passed over, order may change */
	put("/proc/vmstat", "new_line 1\npgfault 1500\nnr_free_pages 90\n"
			    "nr_dirtied 9\nnr_tlb_remote_flush 4\n"
			    "workingset_nodes 2\n");
	expect(set, "nr_free_pages", 90, true);
	expect(set, "nr_dirtied", 2, false);
	expect(set, "pgfault", 500, false);
	expect(set, "nr_tlb_remote_flush", 1, false);
	expect(set, "workingset_nodes", 2, true);
	expect(set, "MemTotal", 1024 * 1024, true);
	expect(set, "Active(anon)", 12 * 1024, true);
	expect(set, "HugePages_Total", 3, true);
	counter_close(set);
}

static void pressure(void **state)
{
	struct counter_set *set;

	(void)state;
	put("/proc/pressure/memory",
	    "some avg10=0.00 avg60=0.00 avg300=0.00 total=100\n"
	    "full avg10=0.00 avg60=0.00 avg300=0.00 total=50\n");
	put("/proc/pressure/irq",
	    "full avg10=0.00 avg60=0.00 avg300=0.00 total=9000000000\n");
	set = open_set("psi");
	put("/proc/pressure/memory",
	    "some avg10=1.50 avg60=0.00 avg300=0.00 total=350\n"
	    "full avg10=0.00 avg60=0.00 avg300=0.00 total=60\n");
	put("/proc/pressure/irq",
	    "full avg10=0.00 avg60=0.00 avg300=0.00 total=9000000007\n");
	expect(set, "memory.some.us", 250, false);
	expect(set, "memory.full.us", 10, false);
	expect(set, "irq.full.us", 7, false);
	counter_close(set);
}

static void interrupts(void **state)
{
	struct counter_set *set;

	(void)state;
	put("/proc/interrupts",
	    "           CPU0       CPU1\n"
	    "  4:          1         20  IO-APIC   4-edge      ttyS0\n"
	    " 41:       2640          0 PCI-MSIX-0000:00:04.0   1-edge      virtio3-rx\n"
	    "LOC:     100     200   Local timer interrupts\n"
	    "ERR:          0\n");
	set = open_set("interrupts");
	put("/proc/interrupts",
	    "           CPU0       CPU1\n"
	    "  4:          1         25  IO-APIC   4-edge      ttyS0\n"
	    " 40:          9          9  IO-APIC   5-edge      new\n"
	    " 41:       2640          2 PCI-MSIX-0000:00:04.0   1-edge      virtio3-rx\n"
	    "LOC:     110     203   Local timer interrupts\n"
	    "ERR:          1\n");
	expect(set, "4:ttyS0", 5, false);
	expect(set, "41:virtio3-rx", 2, false);
	expect(set, "LOC", 13, false);
	expect(set, "ERR", 1, false);
	counter_close(set);
}

static void stat_and_schedstat(void **state)
{
	struct counter_set *set;
	double tick = 1000.0 / sysconf(_SC_CLK_TCK);

	(void)state;
	put("/proc/stat",
	    "cpu  100 0 50 1000 5 0 3 8 0 0\ncpu0 100 0 50 1000 5 0 3 8 0 0\n"
	    "intr 500 1 2 3\nctxt 9000\nbtime 1\nprocesses 40\n"
	    "procs_running 2\nprocs_blocked 1\n"
	    "softirq 90 1 10 2 3 4 0 5 20 6 30\n");
	put("/proc/schedstat",
	    "version 17\ntimestamp 4294892296\n"
	    "cpu0 1 0 10 3 20 5 1000 200 9\ndomain0 MC 03 1 2 3 4 5 6 7 8\n"
	    "cpu1 0 0 10 3 20 5 1000 200 9\ndomain0 MC 03 1 2 3 4 5 6 7 8\n");
	set = open_set("stat,schedstat");
	put("/proc/stat",
	    "cpu  103 0 50 1000 5 0 3 18 0 0\ncpu0 103 0 50 1000 5 0 3 18 0 0\n"
	    "intr 507 1 2 3\nctxt 9100\nbtime 1\nprocesses 41\n"
	    "procs_running 5\nprocs_blocked 0\n"
	    "softirq 99 1 12 2 3 4 0 5 23 6 34\n");
	put("/proc/schedstat",
	    "version 17\ntimestamp 4294892297\n"
	    "cpu0 1 0 10 3 25 5 1500 250 9\ndomain0 MC 03 1 2 3 4 5 6 7 8\n"
	    "cpu1 2 0 10 3 21 5 1001 200 9\ndomain0 MC 03 1 2 3 4 5 6 7 8\n");
	expect(set, "cpu.user.ms", 3 * tick, false);
	expect(set, "cpu.steal.ms", 10 * tick, false);
	expect(set, "cpu.idle.ms", 0, false);
	expect(set, "intr", 7, false);
	expect(set, "ctxt", 100, false);
	expect(set, "processes", 1, false);
	expect(set, "procs_running", 5, true);
	expect(set, "procs_blocked", 0, true);
	expect(set, "softirq.timer", 2, false);
	expect(set, "softirq.sched", 3, false);
	expect(set, "softirq.rcu", 4, false);
	expect(set, "sched_yield", 2, false);
	expect(set, "wakeups", 6, false);
	expect(set, "run.ns", 501, false);
	expect(set, "wait.ns", 50, false);
	counter_close(set);
}

static void huge_pages_by_size(void **state)
{
	struct counter_set *set;

	(void)state;
	put(THP "64kB/stats/anon_fault_alloc", "10\n");
	put(THP "2048kB/stats/anon_fault_alloc", "1\n");
	put(THP "2048kB/stats/nr_anon", "4\n");
	set = open_set("thp");
	put(THP "64kB/stats/anon_fault_alloc", "17\n");
	put(THP "2048kB/stats/nr_anon", "3\n");
	expect(set, "64kB.anon_fault_alloc", 7, false);
	expect(set, "2048kB.anon_fault_alloc", 0, false);
	expect(set, "2048kB.nr_anon", 3, true);
	counter_close(set);
}

static void disks(void **state)
{
	struct counter_set *set;
	size_t n;

	(void)state;
	put("/proc/diskstats",
	    " 254 0 vda 10 0 80 5 20 1 160 7 0 9 12 0 0 0 0 3 4\n"
	    " 254 1 vda1 10 0 80 5 20 1 160 7 0 9 12 0 0 0 0 3 4\n"
	    "   7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\n"
	    "   7 1 loop1 1 0 8 0 0 0 0 0 0 0 0\n");
	put("/sys/block/vda/size", "2097152\n");
	put("/sys/block/loop0/size", "0\n");
	put("/sys/block/loop1/size", "8\n");
	set = open_set("disk");
	counter_read(set, &n);
	assert_int_equal(n, 20); /* vda and loop1 */
	put("/proc/diskstats",
	    " 254 0 vda 12 0 96 6 25 1 200 9 2 19 12 1 0 0 0 5 4\n"
	    " 254 1 vda1 99 0 99 9 99 1 999 9 9 99 99 0 0 0 0 9 9\n"
	    "   7 1 loop1 1 0 8 0 0 0 0 0 0 0 0\n");
	expect(set, "vda.reads", 2, false);
	expect(set, "vda.read.bytes", 16 * 512, false);
	expect(set, "vda.writes", 5, false);
	expect(set, "vda.write.bytes", 40 * 512, false);
	expect(set, "vda.in_flight", 2, true);
	expect(set, "vda.busy.ms", 10, false);
	expect(set, "vda.discards", 1, false);
	expect(set, "vda.flushes", 2, false);
	expect(set, "loop1.reads", 0, false);
	counter_close(set);
}

/* Our own reads and writes, on the real /proc. */
static void io_of_the_workers(void **state)
{
	const struct counter_want want = { .system = "io" };
	pid_t self = getpid();
	struct counter_set *set = counter_open(&want, &self, 1);
	char byte[1000] = { 0 };
	const struct counter *c;
	size_t n;
	FILE *f = tmpfile();

	(void)state;
	assert_non_null(f);
	c = counter_read(set, &n);
	if (!n)
		skip();
	assert_int_equal(fwrite(byte, 1, sizeof(byte), f), sizeof(byte));
	fclose(f);
	c = counter_read(set, &n);
	assert_string_equal(c[1].name, "wchar");
	assert_true(c[1].value >= sizeof(byte) && c[1].value < 1e6);
	counter_close(set);
}

static void missing_sources_are_named(void **state)
{
	const struct counter_want want = { .system = "all",
					   .root = "/nonexistent" };
	struct counter_set *set = counter_open(&want, NULL, 0);
	const struct counter_miss *m;
	size_t n;

	(void)state;
	counter_read(set, &n);
	assert_int_equal(n, 0);
	m = counter_missing(set, &n);
	assert_int_equal(n, 9);
	for (size_t i = 0; i < n; i++) {
		assert_true(strlen(m[i].reason) > 10);
		assert_null(counter_check_sources(m[i].name));
	}
	counter_close(set);
}

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	return dir_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vmstat_and_meminfo),
		cmocka_unit_test(pressure),
		cmocka_unit_test(interrupts),
		cmocka_unit_test(stat_and_schedstat),
		cmocka_unit_test(huge_pages_by_size),
		cmocka_unit_test(disks),
		cmocka_unit_test(io_of_the_workers),
		cmocka_unit_test(missing_sources_are_named),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
