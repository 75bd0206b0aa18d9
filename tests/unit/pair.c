/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boots and turns of two or more sides, without a machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "commands/matrix_compare.h"

/* --- labels -------------------------------------------------------------------- */

static void label(struct pair_sides *s, const char *source, const char *cmdline)
{
	s->side[s->n++] = (struct pair_side){ .source = source, .cmdline = cmdline };
}

static void labels(void **state)
{
	struct pair_sides s = { 0 };

	(void)state;
	label(&s, "series:6.1-cloud", NULL);
	label(&s, "series:6.12-cloud", NULL);
	label(&s, "series:6.12-cloud", NULL);
	pair_labels(&s);
	assert_string_equal(s.side[0].label, "6.1-cloud");
	assert_string_equal(s.side[1].label, "6.12-cloud");
	assert_string_equal(s.side[2].label, "6.12-cloud (2)");
	pair_sides_close(&s);

	label(&s, "series:6.12-cloud", "");
	label(&s, "series:6.12-cloud", "slub_debug=FZP");
	pair_labels(&s);
	assert_string_equal(s.side[0].label, "default");
	assert_string_equal(s.side[1].label, "slub_debug=FZP");
	pair_sides_close(&s);

	label(&s, "series:6.1-cloud", "a=1");
	label(&s, "series:6.12-cloud", "b");
	pair_labels(&s);
	assert_string_equal(s.side[0].label, "6.1-cloud a=1");
	assert_string_equal(s.side[1].label, "6.12-cloud b");
	pair_sides_close(&s);
}

/* What the guest is told, over the port or in its initramfs. */
static void request(void **state)
{
	struct cell_job job = { .request = json_pack("{s:s, s:b}", "kind", "run", "exact", 1) };
	struct words load = { 0 };
	char *text;

	(void)state;
	words_add(&load, "loop max_loop=8");
	words_add(&load, "xfs");
	text = cell_request(&job, &load);
	assert_string_equal(text, "{\"kind\":\"run\",\"exact\":true,"
				  "\"modules\":[\"loop max_loop=8\",\"xfs\"]}");
	free(text);
	/* the other kernel's modules are not those of this one */
	words_free(&load);
	memset(&load, 0, sizeof(load));
	text = cell_request(&job, &load);
	assert_string_equal(text, "{\"kind\":\"run\",\"exact\":true,\"modules\":[]}");
	free(text);
	cell_job_free(&job);
}

static void folders(void **state)
{
	char *name = matrix_compare_name("6.1-cloud a=1 ../b");

	(void)state;
	assert_string_equal(name, "6.1-cloud_a=1_.._b");
	free(name);
	name = matrix_compare_name("..");
	assert_string_equal(name, "_.");
	free(name);
}

/* --- order --------------------------------------------------------------------- */

static void order_of_boots(void **state)
{
	size_t order[3 * 50], seen[3 * 50] = { 0 }, first[3] = { 0 };

	(void)state;
	pair_order(3, 50, 7, order);
	for (size_t i = 0; i < 150; i++) {
		assert_true(order[i] < 150);
		seen[order[i]]++;
		/* the boots of one number stand together */
		assert_int_equal(order[i] % 50, i / 3);
		if (i % 3 == 0)
			first[order[i] / 50]++;
	}
	for (size_t i = 0; i < 150; i++)
		assert_int_equal(seen[i], 1);
	for (int i = 0; i < 3; i++) /* of 50, with one chance in three */
		assert_in_range(first[i], 6, 30);
}

static void order_of_windows(void **state)
{
	unsigned order[200], first = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3);
	timed_order(&rng, 100, order);
	for (unsigned i = 0; i < 200; i += 2) {
		assert_int_equal(order[i] + order[i + 1], 1);
		first += order[i];
	}
	assert_in_range(first, 25, 75);
}

/* --- what the host measured ---------------------------------------------------- */

static void lines_of_a_timed_run(void **state)
{
	json_t *line = json_pack("{s:s, s:f, s:[{s:s, s:b}]}", "line", "case", "started", 1.0,
				 "metrics", "id", "switches", "primary", 1);
	json_t *list, *metric;

	(void)state;
	timed_line(line, 0, 0, 9);
	list = json_object_get(line, "metrics");
	assert_int_equal(json_array_size(list), 2);
	assert_false(js_get_true(json_array_get(list, 0), "primary"));
	assert_true(js_get_true(json_array_get(list, 1), "primary"));
	assert_string_equal(js_get_text(json_array_get(list, 1), "better"), "higher");
	json_decref(line);

	/* both variants of the operation; of nothing else */
	line = json_pack("{s:s, s:[{s:[{s:s, s:s, s:i}, {s:s, s:s, s:i}, {s:s, s:i}]}]}",
			 "line", "trial", "cases", "metrics", "id", "ops", "variant", "a",
			 "count", 300, "id", "ops", "variant", "b", "count", 100, "id",
			 "latency", "count", 77);
	timed_line(line, 0.5, 4, 9);
	assert_int_equal(js_get_number(line, "pair", -1), 4);
	list = json_object_get(json_array_get(json_object_get(line, "cases"), 0), "metrics");
	metric = json_array_get(list, 3);
	assert_string_equal(js_get_text(metric, "id"), "vcpu-rate");
	assert_true(js_get_number(metric, "value", 0) == 800);
	json_decref(line);

	/* no time was measured: no rate */
	line = json_pack("{s:s, s:[{s:[{s:s, s:i}]}]}", "line", "trial", "cases", "metrics", "id",
			 "ops", "count", 300);
	timed_line(line, 0, 0, 9);
	list = json_object_get(json_array_get(json_object_get(line, "cases"), 0), "metrics");
	assert_true(json_is_null(json_object_get(json_array_get(list, 1), "value")));
	json_decref(line);

	line = json_pack("{s:s, s:f}", "line", "run", "started", 1.0);
	timed_line(line, 0, 0, 9);
	assert_true(js_get_number(line, "started", 0) == 9);
	json_decref(line);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels),	     cmocka_unit_test(folders),
		cmocka_unit_test(order_of_boots),    cmocka_unit_test(order_of_windows),
		cmocka_unit_test(lines_of_a_timed_run),
		cmocka_unit_test(request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
