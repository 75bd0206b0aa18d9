/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A worker that the OOM killer ends is told apart from one that was killed. */
#include "engine_kit.h"

#include <sys/stat.h>

#include "base/file.h"

#define LIMIT (32u << 20)

static const struct metric metrics[] = {
	{ "ops", "operations", "ops/s", METRIC_RATE, BETTER_HIGHER }, {}
};

static char group[128]; /* "": there is no memory cgroup that we can make */
static bool v1;

static int set(const char *name, const char *value)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", group, name);

	return file_write(path, value);
}

/* Into the group, and over its limit. */
static void greedy(struct worker *w)
{
	_cleanup_free_ char *pid = xasprintf("%d", getpid());
	char *p;

	if (set("cgroup.procs", pid))
		worker_skip(w, "cannot enter '%s'", group);
	worker_running(w);
	worker_count(w, 0, 1);
	p = sys_mmap(w, 4 * LIMIT, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t at = 0; at < 4 * LIMIT; at += w->page_size)
		((volatile char *)p)[at] = 1;
	worker_broken(w, "the limit did not hold");
}

static int make_group(void **state)
{
	_cleanup_free_ char *limit = xasprintf("%u", LIMIT);

	v1 = file_exists("/sys/fs/cgroup/memory/memory.limit_in_bytes");
	snprintf(group, sizeof(group), "/sys/fs/cgroup/%sstrain-oom-%d",
		 v1 ? "memory/" : "", getpid());
	if (mkdir(group, 0700) || set(v1 ? "memory.limit_in_bytes" : "memory.max", limit)) {
		rmdir(group);
		group[0] = '\0';
	} else if (set(v1 ? "memory.memsw.limit_in_bytes" : "memory.swap.max",
		       v1 ? limit : "0")) {
		print_message("swap is not limited\n");
	}
	return make_told(state);
}

static int remove_group(void **state)
{
	(void)state;
	return group[0] ? rmdir(group) : 0;
}

static void oom_is_named(void **state)
{
	struct stressor s = { .run = greedy, .metrics = metrics };
	struct got g;

	(void)state;
	if (!group[0])
		skip();
	engine_run(&s, (struct ask){ .timeout = 10 * NSEC_PER_SEC }, &g);
	if (g.outcome == OUTCOME_SKIP)
		skip();
	assert_int_equal(g.code, EXIT_BROKEN);
	if (access("/dev/kmsg", R_OK))
		expect(&g, OUTCOME_KILLED, "killed by signal 9");
	else
		expect(&g, OUTCOME_KILLED, "was killed by the OOM killer");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oom_is_named),
	};

	engine_titles(argc, argv);
	return cmocka_run_group_tests_name("engine: out of memory", tests, make_group,
					   remove_group);
}
