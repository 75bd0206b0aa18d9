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
	"  {\"name\": \"n\", \"nodes\": [{\"cpus\": 2, \"memory\": \"1G\", \"latency\": 10,"
	"   \"bandwidth\": \"10G\"}, {\"memory\": \"64M\","
	"   \"latency\": 500, \"bandwidth\": \"1G\", \"distance\": 40}],"
	"   \"disks\": [{\"kind\": \"pmem\", \"size\": \"1M\"},"
	"    {\"kind\": \"nvme\", \"size\": \"1M\", \"cache\": \"none\"}]}],"
	" \"cmdlines\": [{\"name\": \"c\", \"append\": \"a=b\"}],"
	" \"jobs\": [{\"name\": \"j\", \"argv\": [\"--nop\", \"1\"], \"modules\": [\"loop\"],"
	"  \"settings\": {\"/sys/x\": \"y\"}, \"timeout\": 1.5, \"quiet\": \"2s\", \"timed\": true}],"
	" \"exclude\": [{\"kernel\": \"6.1\", \"machine\": [\"n\", \"o\"]}],"
	" \"include\": [{\"kernels\": [\"6.1\"], \"architectures\": [\"s390x\"], \"machines\": [\"m\"]}],"
	" \"defaults\": {\"exact\": false}}";

static struct matrix_plan *load(const char *text)
{
	char *why = NULL;
	struct matrix_plan *plan = plan_parse("t.json", text, strlen(text), NULL, &why);

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
	assert_string_equal(numa->machine->disk[1].cache, "none");
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

/* --- what the archive offers ----------------------------------------------------- */

static enum plan_offer offers(void *ctx, const char *arch, const char *flavour,
			      struct words *out, char **why)
{
	unsigned *asked = ctx;

	++*asked;
	if (!strcmp(flavour, "clod") || (!strcmp(flavour, "rt") && !strcmp(arch, "s390x"))) {
		*why = xasprintf("%s has no flavour '%s'", arch, flavour);
		return PLAN_NO_FLAVOUR;
	}
	if (!strcmp(arch, "riscv64")) {
		*why = xstrdup("it is raining");
		return PLAN_NOT_KNOWN;
	}
	words_add(out, "5.10");
	if (strcmp(flavour, "rt"))
		words_add(out, "6.2");
	words_add(out, "6.12");
	if (!strcmp(arch, "amd64"))
		words_add(out, "7.3");
	return PLAN_OFFERED;
}

static char *offered_ids(const char *kernels, const char *arches, const char *more,
			 char **why)
{
	_cleanup_free_ char *text = xasprintf(
		"{\"kernels\": [%s], \"architectures\": [%s],"
		" \"jobs\": [{\"name\": \"j\", \"argv\": [\"x\"]}]%s}", kernels, arches, more);
	unsigned asked = 0;
	const struct plan_archive archive = { offers, &asked };
	struct matrix_plan *plan = plan_parse("t.json", text, strlen(text), &archive, why);
	_cleanup_str_ struct str ids = STR_INIT;

	if (!plan)
		return NULL;
	for (size_t i = 0; i < plan->n_cells; i++) {
		const struct cell_plan *cell = &plan->cell[i];

		assert_null(cell->kernel->pattern);
		str_addf(&ids, "%s%s@%s", i ? " " : "", cell->kernel->source + 7, cell->arch);
	}
	for (size_t i = 0; i < plan->notes.n; i++)
		str_addf(&ids, "; %s", plan->notes.word[i]);
	matrix_plan_free(plan);
	return xstrdup(ids.len ? ids.buf : "");
}

static void offered(void **state)
{
	static const struct {
		const char *kernels, *arches, *more, *ids;
	} rows[] = {
		{ "\"series:*\"", "\"amd64\"", "",
		  "5.10@amd64 6.2@amd64 6.12@amd64 7.3@amd64" },
		/* where it is offered only, and 6.2 before 6.12 */
		{ "\"series:*-cloud\"", "\"arm64\", \"amd64\"", "",
		  "5.10-cloud@arm64 5.10-cloud@amd64 6.2-cloud@arm64 6.2-cloud@amd64 "
		  "6.12-cloud@arm64 6.12-cloud@amd64 7.3-cloud@amd64" },
		/* a listed one keeps its place and is not lost with its offer */
		{ "\"series:6.12-cloud\", \"series:*-rt\", \"series:6.9-rt\", \"series:6.12-rt\","
		  " \"series:6.9\"", "\"arm64\"", "",
		  "6.12-cloud@arm64 5.10-rt@arm64 6.9-rt@arm64 6.12-rt@arm64 6.9@arm64" },
		{ "\"series:6.*\"", "\"amd64\"", "", "6.2@amd64 6.12@amd64" },
		{ "\"series:6.*\", \"series:*\"", "\"arm64\"", "",
		  "6.2@arm64 6.12@arm64 5.10@arm64" },
		/* one of the architectures has the flavour: that is enough */
		{ "\"series:*-rt\"", "\"s390x\", \"arm64\"", "", "5.10-rt@arm64 6.12-rt@arm64" },
		{ "{\"source\": \"series:*\", \"architectures\": [\"arm*\"]}", "\"amd64\", \"arm64\"",
		  "", "5.10@arm64 6.2@arm64 6.12@arm64" },
		{ "\"series:*\"", "\"arm64\"",
		  ", \"exclude\": [{\"kernel\": [\"6.2\", \"4.19\"]}, {\"kernel\": \"4.4\"}]",
		  "5.10@arm64 6.12@arm64" },
		{ "\"series:6.12\"", "\"arm64\"",
		  ", \"include\": [{\"kernels\": [\"series:7.*\"], \"architectures\": [\"s390x\"]},"
		  " {\"kernels\": [\"series:5.*\"], \"architectures\": [\"amd64\"]}]",
		  "6.12@arm64 5.10@amd64" },
		{ "\"series:*\", \"series:6.1\"", "\"riscv64\", \"arm64\"", "",
		  "5.10@arm64 6.1@riscv64 6.1@arm64 6.2@arm64 6.12@arm64; "
		  "which kernels the archive offers for riscv64 is not known: it is raining" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *why = NULL, *ids =
			offered_ids(rows[i].kernels, rows[i].arches, rows[i].more, &why);

		if (!ids)
			fail_msg("%s: %s", rows[i].kernels, why);
		assert_string_equal(ids, rows[i].ids);
	}
}

static void not_offered(void **state)
{
	static const struct {
		const char *kernels, *arches, *why;
	} rows[] = {
		{ "\"series:*-clod\"", "\"amd64\"",
		  "kernel 'series:*-clod': amd64 has no flavour 'clod'" },
		{ "\"series:*\"", "\"riscv64\"",
		  "there are no cells: which kernels the archive offers for riscv64 is not known: it is raining" },
		{ "\"series:4.*\"", "\"amd64\"",
		  "there are no cells: kernels and jobs are needed, and not all excluded" },
		{ "\"series:six*\"", "\"amd64\"",
		  "kernels[0]: 'series:six*' is neither series:PATTERN nor series:PATTERN-FLAVOUR" },
		{ "\"series:*-\"", "\"amd64\"",
		  "kernels[0]: 'series:*-' is neither series:PATTERN nor series:PATTERN-FLAVOUR" },
		{ "{\"source\": \"series:*\", \"name\": \"all\"}", "\"amd64\"",
		  "kernels[0]: 'series:*' stands for kernels that have names of their own" },
		{ "\"series:*\", \"series:*\"", "\"amd64\"",
		  "kernels[1]: the name '*' is there twice" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *why = NULL, *wanted =
			xasprintf("cannot read matrix 't.json': %s", rows[i].why);

		assert_null(offered_ids(rows[i].kernels, rows[i].arches, "", &why));
		assert_string_equal(why, wanted);
	}
}

/* Nobody to ask: what the file is for can be said all the same. */
static void nobody_to_ask(void **state)
{
	struct matrix_plan *plan = load(
		"{\"about\": \"all\", \"kernels\": [\"series:*\"], \"architectures\": [\"amd64\"],"
		" \"jobs\": [{\"name\": \"j\", \"argv\": [\"x\"]}]}");

	(void)state;
	assert_string_equal(plan->about, "all");
	assert_int_equal(plan->n_cells, 0);
	matrix_plan_free(plan);
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
		plan = plan_parse("t.json", text, n, NULL, &why);
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
		cmocka_unit_test(damage), cmocka_unit_test(offered),
		cmocka_unit_test(not_offered), cmocka_unit_test(nobody_to_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
