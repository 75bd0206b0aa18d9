/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/machine.h"
#include "core/need.h"
#include "core/need_table.h"
#include "tests/unit/tree.h"

/* A machine that has little. */
static int poor_machine(void **state)
{
	if (tree_setup(state))
		return -1;
	tree_put("/proc/sys/kernel/osrelease", "5.10.3-test\n");
	tree_put("/boot/config-5.10.3-test",
		 "CONFIG_SMP=y\n# CONFIG_HUGETLBFS is not set\nCONFIG_KSM=m\n");
	tree_put("/proc/self/status", "Name:\tx\nCapEff:\t0000000000800000\n");
	tree_put("/proc/filesystems", "nodev\ttmpfs\n");
	tree_put("/proc/meminfo", "MemAvailable: 102400 kB\n");
	tree_put("/dev/loop0", "");
	machine_set_root(tree_root);
	return 0;
}

/* What @needs misses must be exactly @wanted: "field: reason -> remedy\n"... */
static void misses(const struct needs *needs, const char *wanted)
{
	struct need_list list = { 0 };
	struct str got = STR_INIT;

	need_check(needs, &list);
	for (size_t i = 0; i < list.n; i++)
		str_addf(&got, "%s: %s -> %s\n", list.miss[i].field,
			 list.miss[i].reason, list.miss[i].remedy);
	assert_string_equal(got.buf, wanted);
	str_free(&got);
	need_free(&list);
	assert_int_equal(list.n, 0);
}

static void nothing_missing(void **state)
{
	struct utsname u;
	struct needs n = {
		.kernel = "5.10", .kconfig = "SMP KSM", .caps = "sys_nice",
		.filesystems = "tmpfs", .files = "/dev/loop* /proc/meminfo",
		.commands = "sh", .memory = 100 << 20, .cpus = 1, .nodes = 1,
		.writable = "/dev/loop0",
	};

	(void)state;
	assert_int_equal(uname(&u), 0);
	n.arch = u.machine;
	misses(&n, "");
	misses(NULL, "");
	misses(&(struct needs){ 0 }, "");
}

static void kernel(void **state)
{
	(void)state;
	misses(&(struct needs){ .kernel = "5.14",
				.kernel_note = "MADV_POPULATE_READ" },
	       "kernel: kernel 5.10.3-test is older than 5.14 "
	       "(MADV_POPULATE_READ) -> boot a newer kernel\n");
	misses(&(struct needs){ .kernel = "5.10.4" },
	       "kernel: kernel 5.10.3-test is older than 5.10.4 -> "
	       "boot a newer kernel\n");
	/* what a series brought is in its release candidates too */
	tree_put("/proc/sys/kernel/osrelease", "5.14-rc2\n");
	machine_set_root(tree_root);
	misses(&(struct needs){ .kernel = "5.14" }, "");
}

static void config(void **state)
{
	(void)state;
	misses(&(struct needs){ .kconfig = "SMP HUGETLBFS FOO" },
	       "kconfig: CONFIG_HUGETLBFS is off -> "
	       "build the kernel with CONFIG_HUGETLBFS=y\n"
	       "kconfig: CONFIG_FOO is off -> "
	       "build the kernel with CONFIG_FOO=y\n");
	/* no config to be found: only trying can tell */
	tree_put("/boot/config-5.10.3-test", "");
	machine_set_root(tree_root);
	misses(&(struct needs){ .kconfig = "HUGETLBFS" }, "");
}

static void capabilities(void **state)
{
	struct need_list list = { 0 };

	(void)state;
	need_check(&(struct needs){ .caps = "sys_nice sys_admin chown" }, &list);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.miss[0].reason,
			    "missing capability CAP_SYS_ADMIN");
	assert_string_equal(list.miss[1].reason, "missing capability CAP_CHOWN");
	assert_non_null(strstr(list.miss[0].remedy,
			       geteuid() ? "setcap cap_sys_admin+ep" :
					   "CAP_SYS_ADMIN"));
	need_free(&list);
	assert_string_equal(need_capabilities[21], "sys_admin");
	assert_string_equal(need_capabilities[40], "checkpoint_restore");
	assert_null(need_capabilities[41]);
}

static void files(void **state)
{
	char path[600];

	(void)state;
	misses(&(struct needs){ .files = "/dev/loop* /dev/fuse" },
	       "files: no file '/dev/fuse' -> modprobe fuse\n");
	misses(&(struct needs){ .writable = "/sys/nope" },
	       "writable: no file '/sys/nope' -> "
	       "use a kernel or machine that has it\n");
	snprintf(path, sizeof(path), "%s/dev/loop0", tree_root);
	assert_int_equal(chmod(path, 0400), 0);
	if (geteuid())
		misses(&(struct needs){ .writable = "/dev/loop0" },
		       "writable: cannot write '/dev/loop0' -> run as root\n");
}

/* root may open it by this capability, which others lack */
static void closed_device(void **state)
{
	struct __user_cap_header_struct self = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct all[2], few[2];
	char path[600];

	(void)state;
	snprintf(path, sizeof(path), "%s/dev/loop0", tree_root);
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(syscall(SYS_capget, &self, all), 0);
	memcpy(few, all, sizeof(few));
	few[0].effective &= ~(1U << CAP_DAC_OVERRIDE);
	assert_int_equal(syscall(SYS_capset, &self, few), 0);
	misses(&(struct needs){ .files = "/dev/loop* /proc/meminfo" },
	       geteuid() ? "files: may not open '/dev/loop*' -> run as root\n" :
			   "files: may not open '/dev/loop*' -> "
			   "let this container or service open it\n");
	tree_put("/dev/loop1", "");
	misses(&(struct needs){ .files = "/dev/loop*" }, "");
	assert_int_equal(syscall(SYS_capset, &self, all), 0);
}

static void commands(void **state)
{
	_cleanup_free_ char *before = xstrdup(getenv("PATH") ?: "");

	(void)state;
	setenv("PATH", "/nonexistent", 1);
	misses(&(struct needs){ .commands = "mkfs.nosuch" },
	       "commands: no program 'mkfs.nosuch' in PATH -> "
	       "install 'mkfs.nosuch'\n");
	assert_string_equal(need_package("mkfs.xfs"), "xfsprogs");
	assert_null(need_package("mkfs.nosuch"));
	setenv("PATH", before, 1);
}

static void filesystems(void **state)
{
	(void)state;
	misses(&(struct needs){ .filesystems = "tmpfs xfs wunderfs" },
	       "filesystems: kernel 5.10.3-test has no filesystem 'xfs' -> "
	       "build the kernel with CONFIG_XFS_FS=y\n"
	       "filesystems: kernel 5.10.3-test has no filesystem 'wunderfs' -> "
	       "use a kernel with the filesystem 'wunderfs'\n");
	tree_put("/lib/modules/5.10.3-test/modules.dep", "kernel/fs/xfs.ko:\n");
	misses(&(struct needs){ .filesystems = "xfs", .module = "xfs" }, "");
	misses(&(struct needs){ .module = "dummy" },
	       "module: no module 'dummy' for kernel 5.10.3-test -> "
	       "build the kernel's module 'dummy'\n");
}

static void amounts(void **state)
{
	(void)state;
	tree_put("/sys/devices/system/node/has_memory", "0\n");
	misses(&(struct needs){ .memory = 256 << 20 },
	       "memory: 256M of memory needed, 100M available -> "
	       "free memory or raise the cgroup's limit\n");
	misses(&(struct needs){ .nodes = 2 },
	       "nodes: 2 NUMA nodes with memory needed, 1 there -> boot with "
	       "numa=fake=2, or use a machine with more nodes\n");
	tree_put("/proc/self/cgroup", "0::/\n");
	tree_put("/proc/self/mountinfo", "1 0 0:1 / /cg rw - cgroup2 none rw\n");
	tree_put("/cg/cpu.max", "100000 100000\n");
	misses(&(struct needs){ .cpus = 2 },
	       "cpus: 2 CPUs needed, 1 usable -> widen the affinity mask or "
	       "the cgroup's CPU quota, or use a larger machine\n");
}

static void architecture(void **state)
{
	struct need_list list = { 0 };

	(void)state;
	need_check(&(struct needs){ .arch = "pdp11 vax" }, &list);
	assert_int_equal(list.n, 1);
	assert_string_equal(list.miss[0].remedy, "run it on one of: pdp11 vax");
	need_free(&list);
}

static void fragment(void **state)
{
	struct need_kconfig k = { 0 };
	char *text;

	(void)state;
	need_kconfig(&k, NULL, "nop");
	need_kconfig(&k, &(struct needs){ .kconfig = "SHMEM HUGETLBFS" }, "fault");
	need_kconfig(&k, &(struct needs){ .kconfig = "SHMEM",
					  .filesystems = "xfs wunderfs" }, "mshare");
	need_kconfig(&k, &(struct needs){ .kconfig = "SHMEM ARCH_HAS_IT" }, "mshare");
	need_kconfig(&k, &(struct needs){ .kconfig = "HUGETLB_PAGE",
					  .writable = "/sys/kernel/mm/hugepages/x/y" }, "fault");
	need_kconfig(&k, &(struct needs){ .files = "/dev/loop-control /dev/null" }, "mshare");
	text = need_kconfig_text(&k);
	assert_string_equal(text, "# mshare\nCONFIG_BLK_DEV_LOOP=y\nCONFIG_XFS_FS=y\n"
				  "# fault\nCONFIG_HUGETLBFS=y\n"
				  "# fault, mshare\nCONFIG_SHMEM=y\n");
	free(text);
	need_kconfig_free(&k);
}

#define POOR_TEST(f) cmocka_unit_test_setup_teardown(f, poor_machine, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		POOR_TEST(nothing_missing),
		POOR_TEST(kernel),
		POOR_TEST(config),
		POOR_TEST(capabilities),
		POOR_TEST(files),
		POOR_TEST(closed_device),
		POOR_TEST(commands),
		POOR_TEST(filesystems),
		POOR_TEST(amounts),
		POOR_TEST(architecture),
		cmocka_unit_test(fragment),
	};

	return cmocka_run_group_tests_name("need", tests, NULL, NULL);
}
