/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts kept for a boot: told again, and never believed in doubt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/str.h"
#include "core/machine.h"
#include "tests/unit/tree.h"

static char dir[80], kept[96];

static const char *told(const char *tags, const char *group, const char *name)
{
	static char number[32];
	size_t n;
	const struct fact *f = machine_facts(tags, &n);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(f[i].group, group) || strcmp(f[i].name, name))
			continue;
		if (f[i].text)
			return f[i].text;
		snprintf(number, sizeof(number), "%g", f[i].number);
		return number;
	}
	return "";
}

static const char *model(void)
{
	/* as another process would find it: /proc/cpuinfo is read once */
	machine_set_root(tree_root);
	return told("", "machine", "cpu.model");
}

static void put_model(const char *name)
{
	_cleanup_free_ char *text = xasprintf("model name\t: %s\n", name);

	tree_put("/proc/cpuinfo", text);
}

static int setup(void **state)
{
	if (tree_setup(state))
		return -1;
	snprintf(dir, sizeof(dir), "%s/undo", tree_root);
	snprintf(kept, sizeof(kept), "%s/facts", dir);
	setenv("STRAIN_UNDO_DIR", dir, 1);
	tree_put("/proc/sys/kernel/random/boot_id", "one\n");
	tree_put("/proc/sys/kernel/tainted", "0\n");
	tree_put("/sys/devices/system/cpu/online", "0-3\n");
	put_model("first");
	return strcmp(model(), "first");
}

static int teardown(void **state)
{
	unsetenv("STRAIN_UNDO_DIR");
	return tree_teardown(state);
}

static void kept_for_a_boot(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(kept, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	put_model("second");
	assert_string_equal(model(), "first");
	tree_put("/proc/sys/kernel/random/boot_id", "two\n");
	assert_string_equal(model(), "second");
	put_model("third");
	assert_string_equal(model(), "second");
}

static void all_arrive(void **state)
{
	size_t n, again;
	const struct fact *f;
	char **line;

	(void)state;
	unlink(kept);
	machine_set_root(tree_root);
	f = machine_facts(NULL, &n);
	line = xalloc(n * sizeof(*line));
	for (size_t i = 0; i < n; i++)
		line[i] = xasprintf("%s %s %s %.17g", f[i].group, f[i].name,
				    f[i].text ? f[i].text : "", f[i].number);
	f = machine_facts(NULL, &again);
	assert_int_equal(n, again);
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *now =
			xasprintf("%s %s %s %.17g", f[i].group, f[i].name,
				  f[i].text ? f[i].text : "", f[i].number);

		if (strcmp(f[i].name, "uptime"))
			assert_string_equal(now, line[i]);
		free(line[i]);
	}
	free(line);
}

static void changed(const char *path, const char *text)
{
	put_model("second");
	assert_string_equal(model(), "first");
	tree_put(path, text);
	assert_string_equal(model(), "second");
}

static void other_cpus(void **state)
{
	(void)state;
	changed("/sys/devices/system/cpu/online", "0-1\n");
}

static void new_taint(void **state)
{
	(void)state;
	changed("/proc/sys/kernel/tainted", "4\n");
	assert_string_equal(told("", "kernel", "tainted"), "4");
}

static void kvm_loaded(void **state)
{
	(void)state;
	changed("/sys/module/kvm_intel/refcnt", "0\n");
}

static void no_boot_id(void **state)
{
	char path[128];

	(void)state;
	unlink(kept);
	snprintf(path, sizeof(path), "%s/proc/sys/kernel/random/boot_id", tree_root);
	assert_int_equal(unlink(path), 0);
	assert_string_equal(model(), "first");
	assert_int_equal(access(kept, F_OK), -1);
}

/* After @damage, what is kept must be neither believed nor stay. */
static void distrusted(void)
{
	put_model("second");
	assert_string_equal(model(), "second");
	put_model("third");
	assert_string_equal(model(), "second");
}

static void other_mode(void **state)
{
	(void)state;
	assert_int_equal(chmod(kept, 0660), 0);
	distrusted();
}

static void other_owner(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(chown(kept, 1, 1), 0);
	distrusted();
}

static void symbolic_link(void **state)
{
	char real[112];

	(void)state;
	snprintf(real, sizeof(real), "%s.real", kept);
	assert_int_equal(rename(kept, real), 0);
	assert_int_equal(symlink("facts.real", kept), 0);
	distrusted();
}

static void hard_link(void **state)
{
	char other[112];

	(void)state;
	snprintf(other, sizeof(other), "%s.other", kept);
	assert_int_equal(link(kept, other), 0);
	distrusted();
}

static void open_directory(void **state)
{
	(void)state;
	assert_int_equal(chmod(dir, 0777), 0);
	put_model("second");
	assert_string_equal(model(), "second");
	put_model("third");
	assert_string_equal(model(), "third");
}

/* Cut anywhere, or with one byte changed: the facts are found anew. */
static void garbage(void **state)
{
	_cleanup_str_ struct str good = STR_INIT;

	(void)state;
	assert_int_equal(file_read(kept, &good), 0);
	assert_true(good.len > 100);
	put_model("second");
	for (size_t n = 0; n < good.len; n++) {
		FILE *f = fopen(kept, "w");

		assert_non_null(f);
		assert_int_equal(fwrite(good.buf, 1, n, f), n);
		fclose(f);
		assert_string_equal(model(), "second");
	}
	for (const char *bad = "\n\t\1"; *bad; bad++) {
		_cleanup_free_ char *text = xstrdup(good.buf);
		FILE *f = fopen(kept, "w");

		*strstr(text, "\tcpu.model") = *bad;
		fputs(text, f);
		fclose(f);
		assert_string_equal(model(), *bad == '\t' ? "first" : "second");
	}
}

/* A killed run's half of a file is in nobody's way for long. */
static void half_written(void **state)
{
	char part[112];

	(void)state;
	snprintf(part, sizeof(part), "%s.part", kept);
	tree_put("/undo/facts.part", "half");
	unlink(kept);
	put_model("second");
	assert_string_equal(model(), "second");
	assert_int_equal(access(part, F_OK), -1);
	assert_string_equal(model(), "second");
	put_model("third");
	assert_string_equal(model(), "second");
}

static void what_matters(void **state)
{
	(void)state;
	tree_put("/proc/sys/vm/dirty_ratio", "20\n");
	tree_put("/proc/sys/vm/overcommit_memory", "1\n");
	tree_put("/proc/sys/kernel/sched_rt_runtime_us", "950000\n");
	tree_put("/proc/sys/kernel/split_lock_mitigate", "1\n");
	tree_put("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "3\n");
	tree_put("/sys/kernel/mm/transparent_hugepage/enabled", "[always] never\n");
	assert_string_equal(told("cpu harness", "kernel", "thp.enabled"), "");
	assert_string_equal(told("memory", "kernel", "thp.enabled"), "always");
	assert_string_equal(told("cpu harness", "sysctl", "kernel.split_lock_mitigate"), "");
	assert_string_equal(told("cpu hurts-host", "sysctl", "kernel.split_lock_mitigate"), "1");
	assert_string_equal(told("cpu harness", "sysctl", "vm.dirty_ratio"), "");
	assert_string_equal(told("filesystem loop", "sysctl", "vm.dirty_ratio"), "20");
	assert_string_equal(told("filesystem loop", "sysctl", "vm.overcommit_memory"), "");
	assert_string_equal(told("memory", "sysctl", "vm.overcommit_memory"), "1");
	assert_string_equal(told("memory", "kernel", "hugetlb.hugepages-2048kB.nr_hugepages"), "3");
	assert_string_equal(told("scheduler", "sysctl", "kernel.sched_rt_runtime_us"), "950000");
	assert_string_equal(told("memory", "sysctl", "kernel.sched_rt_runtime_us"), "");
	assert_string_equal(told(NULL, "sysctl", "kernel.sched_rt_runtime_us"), "950000");
	assert_string_equal(told(NULL, "sysctl", "vm.dirty_ratio"), "20");
}

#define BOOT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOOT_TEST(kept_for_a_boot), BOOT_TEST(all_arrive),
		BOOT_TEST(other_cpus),	    BOOT_TEST(new_taint),
		BOOT_TEST(kvm_loaded),	    BOOT_TEST(no_boot_id),
		BOOT_TEST(other_mode),	    BOOT_TEST(other_owner),
		BOOT_TEST(symbolic_link),   BOOT_TEST(hard_link),
		BOOT_TEST(open_directory),  BOOT_TEST(garbage),
		BOOT_TEST(half_written),    BOOT_TEST(what_matters),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
