/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the memory stressors stand on: patterns, walks, pages, smaps, regions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "kit/pages.h"
#include "kit/region.h"
#include "kit/smaps.h"

#define PAGE 4096

static void patterns_differ_by_place_and_seed(void **state)
{
	static uint64_t a[PAGE / 8];

	(void)state;
	pattern_fill(a, PAGE, 7, 512);
	assert_int_equal(pattern_differs(a, PAGE, 7, 512), PATTERN_SAME);
	assert_int_equal(pattern_differs(a, PAGE, 7, 511), 0);
	assert_int_equal(pattern_differs(a, PAGE, 8, 512), 0);
	for (unsigned bit = 0; bit < 64; bit++) {
		a[500] ^= 1ULL << bit;
		assert_int_equal(pattern_differs(a, PAGE, 7, 512), 4000);
		a[500] ^= 1ULL << bit;
	}
	memset(a, 0, PAGE);
	assert_int_equal(pattern_not_zero(a, PAGE), PATTERN_SAME);
	a[511] = 1ULL << 63;
	assert_int_equal(pattern_not_zero(a, PAGE), 4088);
}

static void meets_every_place_once(const char *order, size_t n)
{
	struct walk k = walk_make(order, n);
	char *seen = calloc(n, 1);
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		assert_true(at < n);
		assert_false(seen[at]);
		assert_int_equal(walk_at(&k, i), at);
		seen[at] = 1;
		at = walk_next(&k, at);
	}
	assert_int_equal(at, 0);
	free(seen);
}

static void walks(void **state)
{
	static const char *const orders[] = { "forward", "reverse", "scattered" };

	(void)state;
	for (size_t n = 1; n < 300; n++)
		for (unsigned i = 0; i < 3; i++)
			meets_every_place_once(orders[i], n);
	meets_every_place_once("scattered", 262144);
	assert_true(walk_make("scattered", 4096).stride > 1000);
}

static struct pages some_pages(bool zero)
{
	uint64_t seed = 99;
	struct pages s;
	struct rng r;

	rng_seed(&r, 5);
	pages_make(&s, 10 * PAGE - 1, PAGE, "scattered");
	s.start = aligned_alloc(PAGE, s.bytes);
	memset(s.start, 0, s.bytes);
	pages_renew(&s, &r, zero ? NULL : &seed);
	if (!zero)
		pages_fill(&s, true);
	for (size_t i = 0; i < s.walk.n; i++)
		*pages_word(&s, i, 0) = s.stamp + i;
	return s;
}

static void judged(const struct pages *s, size_t lost, size_t changed, size_t torn)
{
	struct pages_verdict v = pages_judge(s, s->walk.n, 1, true);

	assert_int_equal(v.lost, lost);
	assert_int_equal(v.changed, changed);
	assert_int_equal(v.torn, torn);
}

static void pages_tell_lost_changed_and_torn(void **state)
{
	(void)state;
	for (int zero = 0; zero < 2; zero++) {
		struct pages s = some_pages(zero);
		size_t other = 1 + s.probe % (s.words - 1);

		assert_int_equal(s.walk.n, 10);
		judged(&s, PAGES_NONE, PAGES_NONE, PAGES_NONE);
		*pages_word(&s, 3, 0) ^= 1;
		judged(&s, 3, PAGES_NONE, PAGES_NONE);
		*pages_word(&s, 3, 0) ^= 1;
		*pages_word(&s, 9, s.probe) ^= 1;
		judged(&s, PAGES_NONE, 9, 9);
		*pages_word(&s, 9, s.probe) ^= 1;
		*pages_word(&s, 0, other) ^= 1;
		judged(&s, PAGES_NONE, PAGES_NONE, 0);
		free(s.start);
	}
}

static const char smaps_text[] =
	"7f0000000000-7f0000200000 rw-p 00000000 00:00 0 \n"
	"Size:               2048 kB\n"
	"Rss:                2048 kB\n"
	"AnonHugePages:      2048 kB\n"
	"Swap:                  0 kB\n"
	"THPeligible:           1\n"
	"VmFlags: rd wr mr mw me ac sd hg \n"
	"7f0000200000-7f0000400000 rw-p 00000000 00:00 0                          [anon: a name]\n"
	"Size:               2048 kB\n"
	"Rss:                   4 kB\n"
	"Swap:                  8 kB\n"
	"Private_Hugetlb:    2048 kB\n"
	"Shared_Hugetlb:     2048 kB\n"
	"THPeligible:           0\n"
	"7f0000400000-7f0000600000 rw-p 00000000 00:00 0 \n"
	"Rss:                 100 kB\n";

static struct smaps parsed(uint64_t from, uint64_t to)
{
	FILE *f = fmemopen((void *)(uintptr_t)smaps_text, strlen(smaps_text), "r");
	struct smaps s;

	smaps_parse(f, from, to, &s);
	fclose(f);
	return s;
}

static void smaps_sums_what_overlaps(void **state)
{
	struct smaps s;

	(void)state;
	s = parsed(0x7f0000000000, 0x7f0000200000);
	assert_int_equal(s.mappings, 1);
	assert_int_equal(s.anon_huge, 2 << 20);
	assert_true(s.thp_eligible);
	s = parsed(0x7f0000200000, 0x7f0000200001);
	assert_int_equal(s.mappings, 1);
	assert_int_equal(s.rss, 4096);
	assert_int_equal(s.swap, 8192);
	assert_int_equal(s.hugetlb, 4 << 20);
	assert_false(s.thp_eligible);
	s = parsed(0x7f00001ff000, 0x7f0000201000);
	assert_int_equal(s.mappings, 2);
	assert_int_equal(s.size, 4 << 20);
	assert_int_equal(parsed(0x1000, 0x2000).mappings, 0);
}

static void regions_stand_alone(void **state)
{
	const size_t page = sysconf(_SC_PAGESIZE), align = 64 * page;
	struct region r;
	struct smaps s;

	(void)state;
	assert_int_equal(region_reserve(&r, 3 * align, align), 0);
	assert_int_equal((uintptr_t)r.start % align, 0);
	assert_int_equal(region_map(&r, align, MAP_PRIVATE, -1), 0);
	madvise(r.start, align, MADV_NOHUGEPAGE);
	r.start[0] = 1;
	r.start[5 * page] = 1;
	assert_int_equal(region_resident(r.start, align), 2);
	assert_int_equal(smaps_read(r.start, align, &s), 0);
	assert_int_equal(s.mappings, 1);
	assert_int_equal(s.size, align);
	assert_int_equal(s.rss, 2 * page);
	assert_int_equal(region_clear(&r), 0);
	assert_int_equal(smaps_read(r.start, align, &s), 0);
	assert_int_equal(s.rss, 0);
	region_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_differ_by_place_and_seed),
		cmocka_unit_test(walks),
		cmocka_unit_test(pages_tell_lost_changed_and_torn),
		cmocka_unit_test(smaps_sums_what_overlaps),
		cmocka_unit_test(regions_stand_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
