/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/machine.h"
#include "core/machine_facts.h"
#include "core/machine_files.h"
#include "tests/unit/tree.h"

#define MIB (UINT64_C(1) << 20)

#define MOUNT_V2 "30 20 0:26 / /cg rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"

/* Affinity of this process to one CPU or all it started with. */
static cpu_set_t all_cpus;

static void pin(bool one)
{
	cpu_set_t set = all_cpus;

	if (one) {
		int cpu = 0;

		while (!CPU_ISSET(cpu, &all_cpus))
			cpu++;
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
	}
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

static void cpus_of_the_mask(void **state)
{
	(void)state;
	assert_int_equal(machine_cpus(), CPU_COUNT(&all_cpus));
	pin(true);
	assert_int_equal(machine_cpus(), 1);
	pin(false);
}

/* The quota that @put made, in CPUs, however many this machine has. */
static void quota_is(unsigned cpus)
{
	unsigned mask = CPU_COUNT(&all_cpus);

	assert_int_equal(machine_cpus(), cpus < mask ? cpus : mask);
}

static void quota_v2(void **state)
{
	(void)state;
	tree_put("/proc/self/cgroup", "0::/a/b\n");
	tree_put("/proc/self/mountinfo", MOUNT_V2);
	tree_put("/cg/a/b/cpu.max", "max 100000\n");
	quota_is(UINT32_MAX);
	tree_put("/cg/a/cpu.max", "150000 100000\n");
	quota_is(2); /* rounded up */
	tree_put("/cg/a/cpu.max", "100000 100000\n");
	quota_is(1);
	tree_put("/cg/a/cpu.max", "max 100000\n");
	tree_put("/cg/cpu.max", "5000 100000\n");
	quota_is(1); /* never 0; the root of the mount counts */
}

static void quota_v1(void **state)
{
	struct cgroup_limits l;

	(void)state;
	tree_put("/proc/self/cgroup", "4:memory:/m\n3:cpu,cpuacct:/c\n0::/\n");
	tree_put("/proc/self/mountinfo",
		 "31 30 0:27 / /cg/acct rw - cgroup cgroup rw,cpuacct\n"
		 "32 30 0:28 / /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n" MOUNT_V2);
	tree_put("/cg/cpu/c/cpu.cfs_quota_us", "-1\n");
	tree_put("/cg/cpu/c/cpu.cfs_period_us", "100000\n");
	quota_is(UINT32_MAX);
	tree_put("/cg/cpu/c/cpu.cfs_quota_us", "20000\n");
	quota_is(1);
	machine_cgroup_limits(&l, CGROUP_CPU);
	assert_string_equal(l.cpu_file, "/cg/cpu/c/cpu.cfs_quota_us");
}

static void memory_v2(void **state)
{
	(void)state;
	tree_put("/proc/meminfo", "MemTotal: 4194304 kB\nMemFree: 1024 kB\n"
				  "MemAvailable:    2097152 kB\n");
	assert_true(machine_memory() == 2048 * MIB);
	tree_put("/proc/self/cgroup", "0::/a/b\n");
	tree_put("/proc/self/mountinfo", MOUNT_V2);
	tree_put("/cg/a/b/memory.max", "max\n");
	tree_put("/cg/a/b/memory.current", "99999999\n");
	assert_true(machine_memory() == 2048 * MIB);
	tree_put("/cg/a/memory.max", "1073741824\n"); /* 1024 MiB */
	tree_put("/cg/a/memory.current", "268435456\n"); /* 256 MiB */
	assert_true(machine_memory() == 768 * MIB);
	tree_put("/cg/a/memory.stat", "anon 5\ninactive_file 67108864\n");
	assert_true(machine_memory() == 832 * MIB);
	tree_put("/cg/a/memory.high", "536870912\n"); /* 512 MiB */
	assert_true(machine_memory() == 320 * MIB);
	tree_put("/cg/a/b/memory.max", "4096\n"); /* used up */
	assert_true(machine_memory() == 0);
}

static void memory_v1(void **state)
{
	(void)state;
	tree_put("/proc/meminfo", "MemAvailable: 2097152 kB\n");
	tree_put("/proc/self/cgroup", "4:memory:/docker/x/y\n");
	/* a container sees its part of the hierarchy only */
	tree_put("/proc/self/mountinfo",
		 "32 30 0:28 /docker/x /cg/memory ro - cgroup cgroup rw,memory\n");
	tree_put("/cg/memory/y/memory.limit_in_bytes", "9223372036854771712\n");
	tree_put("/cg/memory/y/memory.usage_in_bytes", "1048576\n");
	assert_true(machine_memory() == 2048 * MIB);
	tree_put("/cg/memory/memory.limit_in_bytes", "104857600\n");
	tree_put("/cg/memory/memory.usage_in_bytes", "41943040\n");
	tree_put("/cg/memory/memory.stat", "total_inactive_file 1048576\n");
	assert_true(machine_memory() == 61 * MIB);
}

static void lists(void **state)
{
	static const struct {
		const char *list;
		unsigned n;
	} rows[] = {
		{ "0", 1 },	{ "0-3", 4 },	 { "0-1,4,6-7", 5 },
		{ "", 0 },	{ "3-1", 0 },	 { "0-127,256-383", 256 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(machine_list_count(rows[i].list), rows[i].n);
	tree_put("/sys/devices/system/cpu/online", "0-2,5\n");
	tree_put("/sys/devices/system/node/has_memory", "0,2\n");
	assert_int_equal(machine_cpus_online(), 4);
	assert_int_equal(machine_nodes(), 2);
}

static void releases(void **state)
{
	static const struct {
		const char *a, *b;
		int cmp, series; /* a to b as releases; a in series b */
	} rows[] = {
		{ "6.18.44-fc", "6.9", 1, 1 },
		{ "6.9", "6.18.44-fc", -1, -1 },
		{ "5.14", "5.14.0", 0, 0 },
		{ "5.14.0-rc3", "5.14", -1, 0 },
		{ "6.12-rc2", "6.12-rc10", -1, 0 },
		{ "5.14.0-9-amd64", "5.14.0-10-amd64", -1, 0 },
		{ "6.12.5", "6.12", 1, 0 },
		{ "6.1", "6.12", -1, -1 },
		{ "7", "6.18", 1, 1 },
		{ "6.18.0", "6.18.0", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int cmp = machine_release_cmp(rows[i].a, rows[i].b);
		int series = machine_series_cmp(rows[i].a, rows[i].b);

		if ((cmp > 0) - (cmp < 0) != rows[i].cmp ||
		    (series > 0) - (series < 0) != rows[i].series)
			fail_msg("'%s' to '%s': %d, %d", rows[i].a, rows[i].b,
				 cmp, series);
	}
}

static void kconfig(void **state)
{
	char value[32];
	uint64_t digest;

	(void)state;
	tree_put("/proc/sys/kernel/osrelease", "9.9.9-test\n");
	machine_set_root(tree_root);
	assert_string_equal(machine_release(), "9.9.9-test");
	assert_int_equal(machine_kconfig("XFS_FS"), '?');
	assert_null(machine_kconfig_source());
	assert_true(machine_kconfig_digest() == 0);

	tree_put("/boot/config-9.9.9-test", "# Linux 9.9.9\nCONFIG_SMP=y\n"
		 "# CONFIG_XFS_FS is not set\nCONFIG_EXT4_FS=m\nCONFIG_HZ=250\n"
		 "CONFIG_LSM=\"yama,bpf\"\n");
	machine_set_root(tree_root); /* what was read before is stale */
	assert_int_equal(machine_kconfig("SMP"), 'y');
	assert_int_equal(machine_kconfig("XFS_FS"), 'n');
	assert_int_equal(machine_kconfig("EXT4"), 'n');
	assert_int_equal(machine_kconfig("EXT4_FS"), 'm');
	assert_true(machine_kconfig_value("HZ", value, sizeof(value)));
	assert_string_equal(value, "250");
	assert_true(machine_kconfig_value("LSM", value, sizeof(value)));
	assert_string_equal(value, "yama,bpf");
	assert_string_equal(machine_kconfig_source(), "/boot/config-9.9.9-test");

	digest = machine_kconfig_digest();
	tree_put("/boot/config-9.9.9-test", "# of another day\nCONFIG_SMP=y\n"
		 "CONFIG_EXT4_FS=m\nCONFIG_HZ=250\nCONFIG_LSM=\"yama,bpf\"\n");
	machine_set_root(tree_root);
	assert_true(machine_kconfig_digest() == digest);
	assert_true(machine_kconfig_digest_of("CONFIG_SMP=y\n# CONFIG_X is not set\nCONFIG_EXT4_FS=m\n"
					      "CONFIG_HZ=250\nCONFIG_LSM=\"yama,bpf\"") == digest);
	tree_put("/boot/config-9.9.9-test", "CONFIG_SMP=y\n");
	machine_set_root(tree_root);
	assert_false(machine_kconfig_digest() == digest);
}

/* FNV-1a of "foobar", a test vector of its authors. */
static void digest_vector(void **state)
{
	(void)state;
	assert_true(machine_digest("foobar", 6, MACHINE_DIGEST_START) ==
		    UINT64_C(0x85944171f73967e8));
	assert_true(machine_digest("", 0, MACHINE_DIGEST_START) ==
		    UINT64_C(0xcbf29ce484222325));
}

static void modules(void **state)
{
	(void)state;
	tree_put("/proc/sys/kernel/osrelease", "9.9.9-test\n");
	machine_set_root(tree_root);
	assert_false(machine_module("xfs"));
	tree_put("/lib/modules/9.9.9-test/modules.dep",
		 "kernel/fs/xfs/xfs.ko.xz: kernel/lib/libcrc32c.ko.xz\n"
		 "kernel/drivers/block/null_blk.ko:\n");
	tree_put("/lib/modules/9.9.9-test/modules.builtin",
		 "kernel/drivers/block/loop.ko\n");
	tree_put("/sys/module/dm_mod/refcnt", "1\n");
	assert_true(machine_module("xfs"));
	assert_true(machine_module("null-blk"));
	assert_true(machine_module("loop"));
	assert_true(machine_module("dm-mod"));
	assert_false(machine_module("libcrc32c")); /* a dependency, no key */
	assert_false(machine_module("xf"));
	assert_false(machine_module("xfs2"));
	tree_put("/proc/filesystems", "nodev\ttmpfs\n\text4\n");
	assert_true(machine_filesystem("tmpfs"));
	assert_true(machine_filesystem("ext4"));
	assert_true(machine_filesystem("xfs"));
	assert_false(machine_filesystem("nodev"));
	assert_false(machine_filesystem("ext"));
}

/* Two nodes as QEMU makes them of hmat, with a hole in the numbers. */
static void nodes_and_tiers(void **state)
{
	struct memory_node nodes[4];
	bool on = false;

	(void)state;
	assert_int_equal(machine_memory_nodes(nodes, 4), 0);
	assert_false(machine_demotion(&on));
	tree_put("/sys/devices/system/node/has_memory", "0,2\n");
	tree_put("/sys/devices/system/node/node0/cpulist", "0-1\n");
	tree_put("/sys/devices/system/node/node0/distance", "10 20 40\n");
	tree_put("/sys/devices/system/node/node0/meminfo",
		 "Node 0 MemTotal:         524288 kB\nNode 0 MemFree: 9 kB\n");
	tree_put("/sys/devices/system/node/node2/cpulist", "\n");
	tree_put("/sys/devices/system/node/node2/meminfo",
		 "Node 2 MemTotal:         1024 kB\n");
	tree_put("/sys/devices/system/node/node2/access0/initiators/read_latency",
		 "500\n");
	tree_put("/sys/devices/virtual/memory_tiering/memory_tier4/nodelist", "0-1\n");
	tree_put("/sys/devices/virtual/memory_tiering/memory_tier22/nodelist", "2\n");
	tree_put("/sys/kernel/mm/numa/demotion_enabled", "true\n");
	assert_int_equal(machine_memory_nodes(nodes, 4), 2);
	assert_int_equal(nodes[0].node, 0);
	assert_int_equal(nodes[0].bytes, 512 * MIB);
	assert_string_equal(nodes[0].cpus, "0-1");
	assert_string_equal(nodes[0].tier, "memory_tier4");
	assert_string_equal(nodes[0].distances, "10 20 40");
	assert_int_equal(nodes[0].read_ns, 0);
	assert_int_equal(nodes[1].node, 2);
	assert_int_equal(nodes[1].bytes, MIB);
	assert_string_equal(nodes[1].cpus, "");
	assert_string_equal(nodes[1].tier, "memory_tier22");
	assert_int_equal(nodes[1].read_ns, 500);
	assert_int_equal(machine_memory_nodes(nodes, 1), 1);
	assert_true(machine_demotion(&on) && on);
}

#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpus_of_the_mask),
		TREE_TEST(quota_v2),
		TREE_TEST(quota_v1),
		TREE_TEST(memory_v2),
		TREE_TEST(memory_v1),
		TREE_TEST(lists),
		TREE_TEST(nodes_and_tiers),
		cmocka_unit_test(releases),
		TREE_TEST(kconfig),
		cmocka_unit_test(digest_vector),
		TREE_TEST(modules),
	};

	if (sched_getaffinity(0, sizeof(all_cpus), &all_cpus))
		return 1;
	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
