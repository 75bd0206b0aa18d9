/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/value.h"
#include "vm-matrix/plan/parts.h"
#include "vm-matrix/qemu/arch.h"

static const char small[] =
	"{\"name\": \"t\", \"about\": \"x\","
	" \"kernels\": [\"series:6.1\", {\"source\": \"deb:linux-image-6.12.1-rt@sid\"}],"
	" \"architectures\": [\"amd64\", \"arm64\"],"
	" \"machines\": [{\"name\": \"m\", \"memory\": \"512M\"},"
	"  {\"name\": \"n\", \"nodes\": [{\"cpus\": 2, \"memory\": \"1G\"}, {\"memory\": \"64M\","
	"   \"latency\": 500, \"bandwidth\": \"1G\", \"distance\": 40}],"
	"   \"disks\": [{\"kind\": \"pmem\", \"size\": \"1M\", \"cache\": \"none\"}]}],"
	" \"cmdlines\": [{\"name\": \"c\", \"append\": \"a=b\"}],"
	" \"jobs\": [{\"name\": \"j\", \"argv\": [\"--nop\", \"1\"], \"modules\": [\"loop\"],"
	"  \"settings\": {\"/sys/x\": \"y\"}, \"timeout\": 1.5, \"quiet\": \"2s\", \"timed\": true}],"
	" \"exclude\": [{\"kernel\": \"6.1\", \"machine\": [\"n\", \"o\"]}],"
	" \"include\": [{\"kernels\": [\"6.1\"], \"architectures\": [\"s390x\"], \"machines\": [\"m\"]}],"
	" \"defaults\": {\"exact\": false}}";

static struct matrix_plan *load(const char *text)
{
	char *why = NULL;
	struct matrix_plan *plan = plan_parse("t.json", text, strlen(text), &why);

	if (!plan)
		fail_msg("%s", why);
	return plan;
}

static void everything(void **state)
{
	struct matrix_plan *plan = load(small);
	const struct cell_plan *last = &plan->cell[plan->n_cells - 1];
	const struct cell_plan *numa = &plan->cell[3];
	_cleanup_free_ char *folder = plan_folder(last);

	(void)state;
	assert_int_equal(plan->n_cells, 7);
	assert_int_equal(plan->n_all, 7);
	assert_string_equal(plan->cell[0].id, "6.1/amd64/m/c/j");
	assert_string_equal(last->id, "6.1/s390x/m/c/j");
	assert_string_equal(folder, "6.1_s390x_m_c_j");
	assert_int_equal(last->order, 6);
	assert_ptr_equal(last->kernel, plan->cell[0].kernel);
	assert_string_equal(numa->id, "6.12.1-rt/amd64/n/c/j");
	assert_string_equal(numa->kernel->source, "deb:linux-image-6.12.1-rt@sid");
	assert_int_equal(numa->machine->cpus, 2);
	assert_int_equal(numa->machine->memory, (1ULL << 30) + (64 << 20));
	assert_int_equal(numa->machine->node[1].distance, 40);
	assert_int_equal(numa->machine->node[1].bandwidth, 1 << 30);
	assert_string_equal(numa->machine->disk[0].kind, "pmem");
	assert_string_equal(numa->cmdline->append, "a=b");
	assert_int_equal(numa->job->timeout, 1500 * NSEC_PER_MSEC);
	assert_int_equal(numa->job->quiet, 2 * NSEC_PER_SEC);
	assert_true(numa->job->timed);
	assert_int_equal(numa->job->kind, PLAN_RUN);
	assert_string_equal(numa->job->setting[0].value, "y");
	matrix_plan_free(plan);
}

static void names(void **state)
{
	static const struct {
		const char *source, *name;
	} rows[] = {
		{ "series:6.12-cloud", "6.12-cloud" },
		{ "deb:linux-image-amd64", "amd64" },
		{ "deb:linux-binary-7.0.13+deb14-cloud-amd64@trixie-backports",
		  "7.0.13+deb14-cloud-amd64" },
		{ "/boot/vmlinuz-6.1.0-50", "6.1.0-50" },
		{ "/a/b/vmlinux-6.1,modules=/lib/modules/6.1", "6.1" },
		{ "./linux/", "linux" },
		{ "/src/my_tree", "my-tree" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = xasprintf(
			"{\"kernels\": [\"%s\"], \"architectures\": [\"amd64\"],"
			" \"jobs\": [{\"name\": \"j\", \"argv\": [\"x\"]}]}", rows[i].source);
		struct matrix_plan *plan = load(text);

		assert_string_equal(plan->cell[0].kernel->row.name, rows[i].name);
		assert_string_equal(plan->name, "t");
		matrix_plan_free(plan);
	}
}

/* What a plan may name QEMU can be started for. */
static void architectures(void **state)
{
	_cleanup_words_ struct words known = { 0 };

	(void)state;
	words_split(&known, PLAN_ARCHITECTURES, " ");
	for (size_t i = 0; i < known.n; i++)
		assert_non_null(vm_arch(known.word[i]));
	assert_true(words_has(&known, plan_native()));
}

static void shards(void **state)
{
	enum { SHARDS = 7, CELLS = 14000 };
	size_t count[SHARDS + 1] = { 0 };

	(void)state;
	for (unsigned i = 0; i < CELLS; i++) {
		_cleanup_free_ char *id = xasprintf("6.%u/amd64/small/default/quick", i);
		unsigned shard = plan_shard_of(id, SHARDS);

		assert_in_range(shard, 1, SHARDS);
		count[shard]++;
	}
	/* 2000 each, with a standard deviation of 41 */
	for (unsigned i = 1; i <= SHARDS; i++)
		assert_in_range(count[i], 1800, 2200);
	/* nor do cells move with another version of this program: SHA-256 */
	assert_int_equal(plan_shard_of("6.12-cloud/amd64/small/default/quick", 4), 3);
}

/* Any damage to a file gives a plan or one line, and leaves nothing behind. */
static void damage(void **state)
{
	struct rng rng;
	size_t plans = 0;

	(void)state;
	rng_seed(&rng, 4);
	for (int i = 0; i < 4000; i++) {
		_cleanup_free_ char *text = xstrdup(small), *why = NULL;
		size_t n = strlen(text), at = rng_below(&rng, n);
		struct matrix_plan *plan;

		switch (rng_below(&rng, 3)) {
		case 0: /* another letter */
			text[at] = "{}[],:\"09-.eax\\\n\001\377"[rng_below(&rng, 18)];
			break;
		case 1: /* the end is missing */
			n = at;
			break;
		default: /* a part is missing */
			memmove(text + at, text + at + 1 + (n - at) / 3,
				n - at - (n - at) / 3);
			n -= 1 + (n - at) / 3;
		}
		plan = plan_parse("t.json", text, n, &why);
		assert_true((plan != NULL) != (why != NULL));
		if (why)
			assert_null(strchr(why, '\n'));
		plans += plan != NULL;
		matrix_plan_free(plan);
	}
	assert_in_range(plans, 1, 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything), cmocka_unit_test(names),
		cmocka_unit_test(architectures), cmocka_unit_test(shards),
		cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
