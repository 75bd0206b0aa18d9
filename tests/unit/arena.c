/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages and arenas as a stressor's checks see them; THP settings as they are. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "core/worker.h"
#include "kit/arena.h"
#include "kit/smaps.h"
#include "kit/thp.h"

enum { C_BEFORE, C_STAMP, C_WHOLE, C_ARENA };

static struct slot slot;

static struct worker task(bool verify, int mutation)
{
	struct worker w = { .slot = &slot, .mutation = mutation,
			    .verify = verify, .page_size = sysconf(_SC_PAGESIZE) };

	memset(&slot, 0, sizeof(slot));
	rng_seed(&w.rng, 1);
	return w;
}

static uint64_t failed(int check)
{
	return slot.check[check].failed;
}

/* Which of the three checks fail under each mutation, without and with verify. */
static void pages_checks_fail_alone(void **state)
{
	static const struct pages_checks checks = { C_BEFORE, C_STAMP, C_WHOLE };

	(void)state;
	for (int mutation = -1; mutation <= C_WHOLE; mutation++) {
		struct worker w = task(true, mutation);
		struct pages s;

		pages_make(&s, 64 * w.page_size, w.page_size, "reverse");
		pages_renew(&s, &w.rng, NULL);
		s.start = aligned_alloc(w.page_size, s.bytes);
		memset(s.start, 0, s.bytes);
		for (size_t i = 0; i < s.walk.n; i++)
			*pages_word(&s, i, 0) = s.stamp + i;
		pages_check(&w, &s, s.walk.n, 0, &checks);
		for (int k = C_BEFORE; k <= C_WHOLE; k++)
			assert_int_equal(slot.check[k].evaluated, 1);
		assert_int_equal(failed(C_BEFORE), mutation == C_BEFORE);
		assert_int_equal(failed(C_STAMP), mutation == C_STAMP);
		assert_int_equal(failed(C_WHOLE),
				 mutation == C_WHOLE || mutation == C_BEFORE);
		w.verify = false;
		pages_check(&w, &s, s.walk.n, 1, &checks);
		assert_int_equal(failed(C_BEFORE), 1 + (mutation == C_BEFORE));
		assert_int_equal(slot.check[C_WHOLE].evaluated, 1);
		free(s.start);
	}
}

static void arena_pages_go_and_come_back(void **state)
{
	struct worker w = task(false, -1);
	const size_t block = 32 * w.page_size;
	struct arena *a = arena_make(&w, block, 4);
	struct smaps s;

	(void)state;
	arena_begin(a);
	arena_judge(&w, a, C_ARENA);
	assert_int_equal(failed(C_ARENA), 0);
	for (unsigned replace = 0; replace < 2; replace++) {
		size_t at = 33 + 2 * replace;

		arena_take(&w, a, at, replace);
		assert_int_equal(*pages_word(&a->pages, at, 0), 0);
		arena_judge(&w, a, C_ARENA);
		assert_int_equal(failed(C_ARENA), replace + 1);
		arena_put_back(a, at);
		arena_judge(&w, a, C_ARENA);
		assert_int_equal(failed(C_ARENA), replace + 1);
	}
	arena_cut(&w, a);
	arena_judge(&w, a, C_ARENA);
	assert_int_equal(failed(C_ARENA), 2);
	assert_int_equal(arena_huge(&w, a), 0);
	/* Cutting leaves no more mappings behind than there were. */
	assert_int_equal(smaps_read(a->region.start, a->region.size, &s), 0);
	assert_in_range(s.mappings, 1, 3);
	w.mutation = C_ARENA;
	arena_judge(&w, a, C_ARENA);
	assert_int_equal(failed(C_ARENA), 3);
	region_release(&a->region);
	munmap(a, sizeof(*a));
}

static void thp_sizes_and_counters(void **state)
{
	size_t sizes[THP_SIZES_MAX], pmd = thp_pmd_size();
	unsigned n = thp_anon_sizes(sizes);
	uint64_t made;

	(void)state;
	if (!pmd) {
		assert_int_equal(n, 0);
		return;
	}
	assert_int_equal(pmd & (pmd - 1), 0);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(sizes[i] & (sizes[i] - 1), 0);
		assert_true(sizes[i] <= pmd && (!i || sizes[i] > sizes[i - 1]));
	}
	assert_int_equal(thp_count(pmd, "anon_fault_alloc", &made), 0);
	assert_true(thp_count(pmd, "no_such_counter", &made) < 0);
	assert_true(thp_count(3000, "anon_fault_alloc", &made) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_checks_fail_alone),
		cmocka_unit_test(arena_pages_go_and_come_back),
		cmocka_unit_test(thp_sizes_and_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
