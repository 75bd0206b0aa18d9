/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results of cells: folders, the cache, what is taken again; marks of the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/dir.h"
#include "base/file.h"
#include "vm-matrix/cell/cell.h"
#include "vm-matrix/cell/store.h"
#include "vm-matrix/cell/work.h"

static const char text[] =
	"{\"schema\": \"strain-matrix-file/1\", \"name\": \"m\","
	" \"kernels\": [{\"name\": \"a\", \"source\": \"series:6.12\"},"
	"               {\"name\": \"b\", \"source\": \"series:6.12\"}],"
	" \"architectures\": [\"amd64\"],"
	" \"machines\": [{\"name\": \"wide\", \"nodes\": ["
	"    {\"cpus\": 2, \"memory\": \"1G\", \"latency\": 10, \"bandwidth\": \"10G\"},"
	"    {\"memory\": \"512M\", \"distance\": 40,"
	"     \"latency\": 200, \"bandwidth\": \"1G\"}],"
	"  \"disks\": [{\"kind\": \"nvme\", \"size\": \"1G\", \"cache\": \"none\"}]}],"
	" \"jobs\": [{\"name\": \"j\", \"argv\": [\"--nop\", \"1\"]}]}";

static char dir[64];
static struct matrix_plan *plan;

static int begin(void **state)
{
	char *why = NULL;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/strain-store.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	plan = plan_parse("m.json", text, strlen(text), NULL, &why);
	if (!plan)
		fail_msg("%s", why);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	matrix_plan_free(plan);
	return dir_remove(dir);
}

static char *in(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put(const char *folder, size_t cell, enum matrix_outcome outcome, const char *key)
{
	struct matrix_cell c = { .plan = &plan->cell[cell], .outcome = outcome,
				 .reason = outcome ? "why" : NULL, .digest = key,
				 .release = "6.12.1", .report_file = "cells/x/report.json" };
	_cleanup_json_ json_t *o = matrix_cell(&c);
	_cleanup_free_ char *path = xasprintf("%s/report.json", folder);
	char *why = NULL;
	FILE *f;

	if (!cell_store_put(folder, o, &why))
		fail_msg("%s", why);
	f = fopen(path, "w");
	fputs("{}\n", f);
	fclose(f);
}

static bool finds(const char *folder, const char *key)
{
	json_t *o = cell_store_find(folder, key);

	json_decref(o);
	return o != NULL;
}

static void found_again(void **state)
{
	char *folder = xstrdup(in("cells/one"));
	FILE *f;

	(void)state;
	assert_false(finds(folder, "k1"));
	put(folder, 0, MATRIX_PASS, "k1");
	assert_true(finds(folder, "k1"));
	assert_false(finds(folder, "k2"));
	put(folder, 0, MATRIX_HANG, "k1");
	assert_true(finds(folder, "k1"));
	put(folder, 0, MATRIX_QEMU_FAILED, "k1");
	assert_false(finds(folder, "k1"));
	put(folder, 0, MATRIX_BROKEN, "k1");
	assert_false(finds(folder, "k1"));
	put(folder, 0, MATRIX_PASS, "k1");
	cell_store_clear(folder);
	assert_false(finds(folder, "k1"));
	/* cut off in the middle: none */
	f = fopen(in("cells/one/cell.json"), "w");
	fputs("{\"outcome\": \"pass\", \"dig", f);
	fclose(f);
	assert_null(cell_store_read(folder));
	free(folder);
}

static void cached(void **state)
{
	char *one = xstrdup(in("cells/one")), *two = xstrdup(in("cells/two"));
	json_t *cell, *adopted;

	(void)state;
	put(one, 0, MATRIX_HANG, "k1");
	cell_cache_put(dir, "k1", one);
	assert_null(cell_cache_get(dir, "k1", two)); /* not for others */
	put(one, 0, MATRIX_FAIL, "k1");
	cell_cache_put(dir, "k1", one);
	cell_cache_put(dir, "k1", one); /* again: no matter */
	assert_null(cell_cache_get(dir, "k2", two));
	cell = cell_cache_get(dir, "k1", two);
	assert_non_null(cell);
	assert_true(file_exists(in("cells/two/report.json")));
	assert_string_equal(js_get_text(cell, "id"), plan->cell[0].id);
	adopted = cell_store_adopt(&plan->cell[1], cell, true);
	assert_string_equal(js_get_text(adopted, "id"), plan->cell[1].id);
	assert_string_equal(js_get_text(adopted, "outcome"), "fail");
	assert_string_equal(js_get_text(adopted, "reason"), "why");
	assert_string_equal(js_get_text(json_object_get(adopted, "kernel"), "release"), "6.12.1");
	assert_string_equal(js_get_text(json_object_get(adopted, "kernel"), "name"), "b");
	assert_string_equal(js_get_text(adopted, "report_file"),
			    "cells/b_amd64_wide_default_j/report.json");
	assert_true(js_get_true(adopted, "from_cache"));
	json_decref(adopted);
	json_decref(cell);
	free(one);
	free(two);
}

static void machines(void **state)
{
	struct vm_node node[PLAN_NODES];
	struct vm_disk disk[PLAN_DISKS];
	struct vm_spec spec = cell_machine(&plan->cell[0], node, disk);

	(void)state;
	assert_string_equal(spec.arch, "amd64");
	assert_int_equal(spec.n_nodes, 2);
	assert_int_equal(spec.node[0].cpus, 2);
	assert_int_equal(spec.node[0].latency, 10);
	assert_int_equal(spec.node[1].cpus, 0);
	assert_int_equal(spec.node[1].memory, 512 << 20);
	assert_int_equal(spec.node[1].distance, 40);
	assert_int_equal(spec.n_disks, 1);
	assert_int_equal(spec.disk[0].kind, VM_DISK_NVME);
	assert_string_equal(spec.disk[0].cache, "none");
}

static void marks(void **state)
{
	json_t *line = json_pack("{s:s, s:{s:s}}", "line", "run", "machine", "hypervisor", "none");
	json_t *machine = json_object_get(line, "machine");

	(void)state;
	cell_mark_run(line, "tcg", "QEMU 7.2.22", false);
	assert_string_equal(js_get_text(machine, "accel"), "tcg");
	assert_string_equal(js_get_text(machine, "emulator"), "QEMU 7.2.22");
	assert_non_null(strstr(js_get_text(machine, "hypervisor"), "tcg"));
	assert_null(json_object_get(machine, "exact"));
	js_set(machine, "hypervisor", js_text("kvm"));
	cell_mark_run(line, "kvm", "QEMU 7.2.22", true);
	assert_string_equal(js_get_text(machine, "hypervisor"), "kvm");
	assert_true(js_get_true(machine, "exact"));
	assert_non_null(strstr(js_get_text(machine, "exact_blind"), "caches"));
	json_decref(line);
	/* what the guest found out itself is right */
	line = json_pack("{s:s, s:{s:s}}", "line", "run", "kernel", "release", "6.12");
	cell_mark_config(line, 0);
	assert_int_equal(json_object_size(json_object_get(line, "kernel")), 1);
	cell_mark_config(line, 0xabc);
	cell_mark_config(line, 0xdef);
	assert_string_equal(js_get_text(json_object_get(line, "kernel"), "config.digest"),
			    "fnv1a64:0000000000000abc");
	json_decref(line);
	/* a guest may say anything */
	line = json_pack("{s:s, s:i}", "line", "run", "kernel", 5);
	cell_mark_config(line, 1);
	json_decref(line);
	line = json_pack("{s:s, s:i}", "line", "run", "machine", 5);
	cell_mark_run(line, "tcg", "QEMU 9", false);
	assert_string_equal(js_get_text(json_object_get(line, "machine"), "hypervisor"),
			    "qemu-tcg");
	json_decref(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_again),
		cmocka_unit_test(cached),
		cmocka_unit_test(machines),
		cmocka_unit_test(marks),
	};

	return cmocka_run_group_tests_name("cell_store", tests, begin, finish);
}
