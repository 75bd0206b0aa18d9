/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What healthy workers do and what is made of it: limits, turns, values. */
#include "engine_kit.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include "base/dir.h"
#include "base/file.h"

enum { M_OPS, M_LATENCY, M_GAUGE, M_COST };
enum { C_HOLDS };

static const struct metric metrics[] = {
	[M_OPS] = { "ops", "operations", "ops/s", METRIC_RATE, BETTER_HIGHER },
	[M_LATENCY] = { "latency", "latency", "ns", METRIC_LATENCY, BETTER_LOWER },
	[M_GAUGE] = { "level", "level", "levels", METRIC_GAUGE, BETTER_LOWER },
	[M_COST] = { "cost", "CPU time", "us", METRIC_COST, BETTER_LOWER,
		     .of = M_OPS, .scale = 1e-3 },
	{}
};

static const struct check checks[] = {
	[C_HOLDS] = { "holds", "what was done was done" }, {}
};

static void work(struct worker *w)
{
	while (worker_running(w)) {
		usleep(500);
		worker_count(w, M_OPS, 1);
	}
}

static void busy(struct worker *w)
{
	while (worker_running(w))
		worker_count(w, M_OPS, 1);
}

/* ---- limits ---- */

static const char *not_in_slices(const struct got *g)
{
	if (g->wall < 0.29) /* its clock starts when it has a CPU */
		return "it had less than its time";
	if (g->slices < 5)
		return "too few slices";
	/* what the slices hold is what the metric counts: there is no warm-up */
	if (!(g->slice_sum > g->metric[M_OPS].count * 0.9))
		return "the slices hold less than was counted";
	return not_punctual(g);
}

static void time_is_kept(void **state)
{
	struct stressor s = { .run = busy, .metrics = metrics };
	struct got g;

	(void)state;
	engine_run_until(&s, (struct ask){ .timeout = 300 * NSEC_PER_MSEC }, &g,
			 not_in_slices);
	assert_true(g.slice_sum > 0);
	assert_true(g.slice_sum <= g.metric[M_OPS].count);
}

/* The warm-up ends when it should, not at the border of a slice. */
static const char *not_warm_in_time(const struct got *g)
{
	if (g->slices != 2)
		return "not one slice to warm up and one after it";
	if (!(g->metric[M_OPS].count < g->worker_ops[0]))
		return "what warmed up was counted";
	if (g->first_slice < 0.06 || g->first_slice > 0.12)
		return "the warm-up was not 60 ms long";
	return not_punctual(g);
}

static void warm_up_ends(void **state)
{
	struct stressor s = { .run = work, .metrics = metrics };
	struct got g;

	(void)state;
	engine_run_until(&s, (struct ask){ .timeout = 300 * NSEC_PER_MSEC,
					   .warmup = 60 * NSEC_PER_MSEC,
					   .slice = 10 * NSEC_PER_SEC }, &g,
			 not_warm_in_time);
	assert_true(g.metric[M_OPS].valid);
}

static void blocked_is_kicked(struct worker *w)
{
	struct pollfd never = { -1, 0, 0 };

	while (worker_running(w)) {
		worker_count(w, M_OPS, 1);
		sys_must(w, poll(&never, 1, 5000)); /* EINTR at the stop is fine */
	}
}

static const char *not_once_each(const struct got *g)
{
	if (g->metric[M_OPS].count != 4)
		return "not each of the four came into the call once";
	return not_punctual(g);
}

static void a_blocked_call_is_left(void **state)
{
	struct stressor s = { .run = blocked_is_kicked, .metrics = metrics };
	struct got g;

	(void)state;
	engine_run_until(&s, (struct ask){ .workers = 4 }, &g, not_once_each);
}

static void operations_are_exact(void **state)
{
	struct stressor s = { .run = work, .metrics = metrics, .threads = true };

	(void)state;
	for (int threads = 0; threads < 2; threads++) {
		struct got g;

		engine_run(&s, (struct ask){ .workers = 3, .ops = 7,
					     .threads = threads }, &g);
		expect(&g, OUTCOME_PASS, "");
		assert_true(g.seconds < AT_ONCE);
		assert_int_equal(g.n_workers, 3);
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(g.worker_ops[i], 7);
		assert_int_equal(g.metric[M_OPS].count, 21);
	}
}

static void many(struct worker *w)
{
	told->number[0] = w->workers;
	while (worker_running(w)) {
		worker_count(w, M_OPS, 1);
		usleep(20000); /* so seldom that two CPUs are enough for all */
	}
}

static const char *not_many(const struct got *g)
{
	if (g->n_workers != 256 || told->number[0] != 256)
		return "not 256 workers";
	if (g->outcome != OUTCOME_PASS)
		return "it did not pass";
	/* Dear to try again: told by what a worker waited for a CPU, and of so many
	 * the last one waits longest. */
	return g->overrun > 0.2 + 4 * g->wait / 256 ? "it is late" : NULL;
}

static void many_workers(void **state)
{
	struct stressor s = { .run = many, .metrics = metrics, .threads = true };

	(void)state;
	for (int threads = 0; threads < 2; threads++) {
		struct got g;

		engine_run_until(&s, (struct ask){ .workers = 256, .threads = threads,
						   .timeout = 500 * NSEC_PER_MSEC },
				 &g, not_many);
	}
}

/* ---- descriptors and processes of the monitor ---- */

static unsigned entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static void nothing_leaks(void **state)
{
	struct stressor s = { .run = work, .metrics = metrics };
	unsigned files = entries("/proc/self/fd");
	struct got g;

	(void)state;
	engine_run(&s, (struct ask){ .ops = 1, .trials = 200 }, &g);
	expect(&g, OUTCOME_PASS, "");
	assert_int_equal(g.trials, 200);
	assert_int_equal(entries("/proc/self/fd"), files);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* ---- barrier, roles, variants ---- */

static void meets(struct worker *w)
{
	uint64_t rounds = 0;

	while (worker_running(w)) {
		if (!worker_barrier(w))
			break;
		__atomic_fetch_add(&told->number[0], 1, __ATOMIC_SEQ_CST);
		if (!worker_barrier(w))
			break;
		/* all of them came, and nobody came twice */
		rounds++;
		worker_check(w, C_HOLDS, told->number[0] >= rounds * w->tasks,
			     "%llu of round %llu", (unsigned long long)told->number[0],
			     (unsigned long long)rounds);
		if (!worker_barrier(w))
			break;
		worker_count(w, M_OPS, w->index == 1 ? 2 : 1); /* it ends first */
	}
}

static void barriers_end(void **state)
{
	struct stressor s = { .run = meets, .metrics = metrics, .checks = checks,
			      .threads = true };

	(void)state;
	for (int threads = 0; threads < 2; threads++) {
		struct got g;

		engine_run(&s, (struct ask){ .workers = 4, .threads = threads,
					     .ops = 50 }, &g);
		expect(&g, OUTCOME_PASS, "");
		assert_true(g.seconds < AT_ONCE);
		assert_int_equal(g.worker_ops[1], 50);
		engine_run_until(&s, (struct ask){ .workers = 4, .threads = threads }, &g,
				 not_punctual);
	}
}

static void first_role(struct worker *w)
{
	told->pid[w->task] = getpid();
	work(w);
}

static void failing_role(struct worker *w)
{
	told->pid[w->task] = getpid();
	worker_running(w);
	worker_broken(w, "role %u of row %u", w->role_index, w->role);
}

static void roles_fail(void **state)
{
	static const struct role processes[] = {
		{ "first", first_role, 1, false }, { "second", failing_role, 2, false }, {}
	};
	static const struct role threads[] = {
		{ "first", first_role, 1, true }, { "second", failing_role, 2, true }, {}
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct stressor s = { .roles = i ? threads : processes,
				      .metrics = metrics };
		struct got g;

		engine_run(&s, (struct ask){ .timeout = 60 * NSEC_PER_SEC }, &g);
		expect(&g, OUTCOME_BROKEN, "of row 1");
		assert_true(g.seconds < AT_ONCE);
		assert_int_equal(told->pid[0] == told->pid[1], i);
		assert_int_equal(told->pid[1] == told->pid[2], i);
	}
}

static void one_side_ends(struct worker *w)
{
	while (worker_running(w)) {
		usleep(1000);
		worker_count(w, M_OPS, w->variant ? 1 : 10);
	}
}

static const struct variant two[] = { { "short", "", 0 }, { "long", "", 0 }, {} };

static const struct metric of_two[] = {
	{ "ops", "operations", "ops/s", METRIC_RATE, BETTER_HIGHER },
	{ "ratio", "ratio", "ratio", METRIC_RATIO, BETTER_HIGHER, .of = 0,
	  .num = "short", .den = "long" },
	{}
};

static const char *not_ten_times(const struct got *g)
{
	if (!(g->metric[2].value > 4 && g->metric[2].value < 25))
		return "the ratio is not about 10";
	return not_punctual(g);
}

static void sides_end_apart(void **state)
{
	struct stressor s = { .run = one_side_ends, .metrics = of_two, .variants = two };
	struct got g;

	(void)state;
	engine_run_until(&s, (struct ask){ .ops = 40, .slice = 20 * NSEC_PER_SEC }, &g,
			 not_ten_times);
	assert_true(g.seconds < AT_ONCE); /* nobody waits for the end of a window */
	assert_int_equal(g.metric[0].count, 40);
	assert_int_equal(g.metric[1].count, 40);
	assert_int_equal(g.n_metrics, 3);
}

static const char *not_by_turns(const struct got *g)
{
	if (!(g->metric[2].value > 8 && g->metric[2].value < 12))
		return "the ratio is not 10";
	return g->n_slices == 2 ? not_punctual(g) : "not two sides";
}

static void sides_take_turns(void **state)
{
	struct stressor s = { .run = one_side_ends, .metrics = of_two, .variants = two };
	struct got g;

	(void)state;
	engine_run_until(&s, (struct ask){ .timeout = 400 * NSEC_PER_MSEC, .workers = 2,
					   .warmup = 1, .slice = 20 * NSEC_PER_MSEC }, &g,
			 not_by_turns);
	/* so short that there is no time for a turn; it ends all the same */
	engine_run(&s, (struct ask){ .timeout = NSEC_PER_MSEC }, &g);
	assert_true(g.seconds < AT_ONCE);
	assert_int_equal(g.n_slices, 2);
}

/* ---- values ---- */

static void values(struct worker *w)
{
	for (int i = 0; worker_running(w); i++) {
		worker_count(w, M_OPS, 1);
		worker_gauge(w, M_GAUGE, w->index ? 10 + i % 3 : -4);
		worker_latency(w, M_LATENCY, 1000);
		worker_note(w, "remark %d", i);
	}
}

static void values_are_kept(void **state)
{
	struct stressor s = { .run = values, .metrics = metrics };
	struct got g;

	(void)state;
	engine_run(&s, (struct ask){ .workers = 2, .ops = 30 }, &g);
	expect(&g, OUTCOME_PASS, "");
	assert_int_equal(g.metric[M_GAUGE].count, 60);
	assert_true(g.metric[M_GAUGE].min > -4.1 && g.metric[M_GAUGE].min < -3.9);
	assert_true(g.metric[M_GAUGE].max > 11.9 && g.metric[M_GAUGE].max < 12.1);
	assert_true(g.metric[M_GAUGE].value > 3.4 && g.metric[M_GAUGE].value < 3.6);
	assert_int_equal(g.metric[M_LATENCY].count, 60);
	assert_true(g.percentile >= 984 && g.percentile <= 1016);
	assert_int_equal(g.n_notes, NOTES_MAX); /* the rest is dropped */
	assert_non_null(strstr(g.notes, "remark 0;"));
	assert_true(g.metric[M_COST].valid);
	assert_true(g.metric[M_COST].value > 0.01 && g.metric[M_COST].value < 5000);
}

static void timed(struct worker *w)
{
	while (worker_running(w)) {
		worker_time_begin(w);
		usleep(2000);
		worker_time_end(w, M_LATENCY);
		worker_count(w, M_OPS, 1);
	}
}

static void latency_is_recorded(void **state)
{
	struct stressor s = { .run = timed, .metrics = metrics };
	struct got g;

	(void)state;
	engine_run(&s, (struct ask){ .ops = 20, .timed = true }, &g);
	expect(&g, OUTCOME_PASS, "");
	assert_int_equal(g.metric[M_LATENCY].count, 20);
	assert_true(g.metric[M_LATENCY].min >= 2000000);
	engine_run(&s, (struct ask){ .ops = 20 }, &g); /* off */
	assert_false(g.metric[M_LATENCY].valid);
}

/* ---- the machine is changed and put back ---- */

static char top[] = "/tmp/strain-engine-XXXXXX";
static char setting[64];

static void change(struct worker *w)
{
	told->number[0] = worker_set_value(w, setting, "7") == 0;
	told->number[1] = worker_set_value(w, "/nonexistent/value", "7") != 0;
}

static void see(struct worker *w)
{
	uint64_t value = 0;

	told->number[2] = !file_read_u64(setting, &value) && value == 7;
	snprintf(told->text, sizeof(told->text), "%s", w->scratch ? w->scratch : "");
	told->number[3] = w->scratch_fd >= 0 && w->scratch && file_exists(w->scratch);
	work(w);
}

static void changes_are_undone(void **state)
{
	static const struct uses uses = { .settings = true, .scratch = true };
	struct stressor s = { .run = see, .setup = change, .metrics = metrics,
			      .uses = &uses };
	uint64_t value = 0;
	struct got g;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(top));
	snprintf(setting, sizeof(setting), "%s/setting", top);
	fd = open(setting, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(fd, "3\n", 2), 2);
	close(fd);
	engine_run(&s, (struct ask){ .ops = 5, .temp_path = top }, &g);
	expect(&g, OUTCOME_PASS, "");
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(told->number[i], 1);
	assert_false(file_exists(told->text)); /* the scratch directory */
	assert_int_equal(file_read_u64(setting, &value), 0);
	assert_int_equal(value, 3);
	assert_int_equal(dir_remove(top), 0);
}

static void in_cgroup(struct worker *w)
{
	_cleanup_str_ struct str list = STR_INIT;
	_cleanup_free_ char *path = xasprintf("%s/cgroup.procs", w->cgroup);
	_cleanup_free_ char *self = xasprintf("\n%d\n", getpid());

	snprintf(told->text, sizeof(told->text), "%s", w->cgroup);
	str_add(&list, "\n");
	file_read(path, &list);
	worker_check(w, C_HOLDS, strstr(list.buf, self), "%s is not in it: %s", self,
		     list.buf);
	work(w);
}

static void cgroups_end(void **state)
{
	static const struct uses uses = { .cgroup = true };
	struct stressor s = { .run = in_cgroup, .metrics = metrics, .checks = checks,
			      .uses = &uses };
	struct got g;

	(void)state;
	engine_run(&s, (struct ask){ .workers = 2, .ops = 5 }, &g);
	if (g.outcome == OUTCOME_SKIP) {
		print_message("%s\n", g.reason);
		skip();
	}
	expect(&g, OUTCOME_PASS, "");
	assert_int_equal(g.evaluated[C_HOLDS], 2);
	assert_true(told->text[0] == '/');
	assert_false(file_exists(told->text));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_kept),
		cmocka_unit_test(warm_up_ends),
		cmocka_unit_test(a_blocked_call_is_left),
		cmocka_unit_test(operations_are_exact),
		cmocka_unit_test(many_workers),
		cmocka_unit_test(nothing_leaks),
		cmocka_unit_test(barriers_end),
		cmocka_unit_test(roles_fail),
		cmocka_unit_test(sides_end_apart),
		cmocka_unit_test(sides_take_turns),
		cmocka_unit_test(values_are_kept),
		cmocka_unit_test(latency_is_recorded),
		cmocka_unit_test(changes_are_undone),
		cmocka_unit_test(cgroups_end),
	};

	engine_titles(argc, argv);
	return cmocka_run_group_tests_name("engine: at work", tests, make_told, NULL);
}
