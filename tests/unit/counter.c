/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters: names, parsing, and that what they count is really what happened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "core/counter.h"

#define TOUCH (8UL << 20)

static const struct counter *find(const struct counter *c, size_t n,
				  const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(c[i].name, name))
			return &c[i];
	return NULL;
}

/* Why @name is missing; "": it is not. */
static const char *reason(const struct counter_set *set, const char *name)
{
	size_t n;
	const struct counter_miss *m = counter_missing(set, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(m[i].name, name))
			return m[i].reason;
	return "";
}

/* Fresh anonymous memory in small pages. */
static char *fresh(void)
{
	char *p = mmap(NULL, TOUCH, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	madvise(p, TOUCH, MADV_NOHUGEPAGE);
	return p;
}

/* Without the sanitizer, whose shadow memory would fault as well. */
__attribute__((no_sanitize("address", "undefined"))) static void touch(char *p)
{
	for (size_t i = 0; i < TOUCH; i += 4096)
		((volatile char *)p)[i] = 1;
}

static void eight_mib_are_2048_page_faults(void **state)
{
	const struct counter_want want = { .events = "page-faults" };
	pid_t self = getpid();
	struct counter_set *set = counter_open(&want, &self, 1);
	const struct counter *c;
	double before;
	size_t n;
	char *p;

	(void)state;
	if (sysconf(_SC_PAGESIZE) != 4096)
		skip();
	p = fresh();
	c = counter_read(set, &n);
	if (!n)
		skip();
	counter_read(set, &n); /* now every page of ours is there */
	before = c[0].value;
	touch(p);
	c = counter_read(set, &n);
	assert_float_equal(c[0].value - before, TOUCH / 4096, 0);
	assert_float_equal(c[0].fraction, 1, 0);
	munmap(p, TOUCH);
	counter_close(set);
}

/* Children started later are followed, those started before are found. */
static void children_are_counted(void **state)
{
	const struct counter_want want = { .events = "page-faults,task-clock" };
	struct counter_set *set;
	const struct counter *c;
	int gate[2];
	pid_t old;
	size_t n;
	char *p = fresh(), *q = fresh();

	(void)state;
	assert_int_equal(pipe(gate), 0);
	old = fork();
	if (!old) {
		char go;

		if (read(gate[0], &go, 1) == 1)
			touch(p);
		if (!fork()) {
			touch(q);
			_exit(0);
		}
		wait(NULL);
		_exit(0);
	}
	set = counter_open(&want, &old, 1);
	assert_int_equal(write(gate[1], "g", 1), 1);
	assert_int_equal(waitpid(old, NULL, 0), old);
	c = counter_read_last(set, &n);
	if (!n)
		skip();
	assert_true(c[0].value >= 2.0 * TOUCH / 4096);
	/* far fewer than a third touch, or the grandchild was counted twice */
	assert_true(c[0].value < 2.9 * TOUCH / 4096);
	assert_true(c[1].value > 0);
	counter_close(set);
	munmap(p, TOUCH);
	munmap(q, TOUCH);
	close(gate[0]);
	close(gate[1]);
}

static void missing_events_are_named(void **state)
{
	const struct counter_want want = {
		.events = "page-faults,nosuch:tracepoint,nosuchpmu/event=1/,dummy",
		.system = NULL,
	};
	pid_t self = getpid();
	struct counter_set *set = counter_open(&want, &self, 1);
	size_t n;

	(void)state;
	assert_string_not_equal(reason(set, "nosuch:tracepoint"), "");
	assert_string_equal(reason(set, "nosuchpmu/event=1/"),
			    "no PMU 'nosuchpmu' in this machine");
	counter_read(set, &n);
	assert_null(find(counter_read(set, &n), n, "nosuch:tracepoint"));
	counter_close(set);
}

/* Descriptors that are open to events, and would survive an exec. */
static void count_descriptors(int *open, int *kept)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	*open = *kept = 0;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char target[64] = "";

		if (readlinkat(dirfd(dir), entry->d_name, target,
			       sizeof(target) - 1) < 0 ||
		    !strstr(target, "perf_event"))
			continue;
		++*open;
		*kept += !(fcntl(atoi(entry->d_name), F_GETFD) & FD_CLOEXEC);
	}
	closedir(dir);
}

static void descriptors_are_ours_alone(void **state)
{
	const struct counter_want want = { .events = "page-faults,task-clock" };
	pid_t self = getpid();
	struct counter_set *set = counter_open(&want, &self, 1);
	int open, kept;
	size_t n;

	(void)state;
	counter_read(set, &n);
	count_descriptors(&open, &kept);
	assert_int_equal(open, n);
	assert_int_equal(kept, 0);
	counter_close(set);
	count_descriptors(&open, &kept);
	assert_int_equal(open, 0);
}

/* Runs @check in a child, which may spoil its limits and its identity. */
static void in_a_child(const char *(*check)(void))
{
	char wrong[200] = "";
	int out[2], status;
	pid_t child;

	assert_int_equal(pipe(out), 0);
	child = fork();
	if (!child) {
		const char *text = check();

		if (text && write(out[1], text, strlen(text)) < 0)
			_exit(2);
		_exit(text != NULL);
	}
	close(out[1]);
	if (read(out[0], wrong, sizeof(wrong) - 1) < 0)
		wrong[0] = '?';
	close(out[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (status)
		fail_msg("%s", *wrong ? wrong : "the child died");
}

static const char *few_descriptors(void)
{
	const struct counter_want want = { .events = "page-faults" };
	struct rlimit limit, now;
	struct counter_set *set;
	pid_t self = getpid();
	size_t n;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 100;
	setrlimit(RLIMIT_NOFILE, &limit);
	set = counter_open(&want, &self, 1);
	getrlimit(RLIMIT_NOFILE, &now);
	counter_read(set, &n);
	if (n && now.rlim_cur != now.rlim_max)
		return "the soft limit was not raised";
	counter_close(set);
	getrlimit(RLIMIT_NOFILE, &now);
	if (now.rlim_cur != 100)
		return "the soft limit was not restored";
	limit.rlim_max = 100;
	setrlimit(RLIMIT_NOFILE, &limit);
	set = counter_open(&want, &self, 1);
	if (n && !strstr(reason(set, "page-faults"), "limit of open files"))
		return "an event without descriptors is not missing";
	counter_read(set, &n);
	counter_close(set);
	return n ? "an event without descriptors was counted" : NULL;
}

static void descriptor_limits(void **state)
{
	(void)state;
	in_a_child(few_descriptors);
}

/* What an unprivileged user gets where perf_event_paranoid is 2. */
static const char *unprivileged(void)
{
	const struct counter_want want = { .events = "page-faults,cs" };
	struct counter_set *set;
	pid_t self = getpid();
	const struct counter *c;
	size_t n;

	if (setuid(65534))
		return "cannot change the user";
	set = counter_open(&want, &self, 1);
	c = counter_read(set, &n);
	if (n != 1 || strcmp(c[0].name, "page-faults:u"))
		return "page faults are not counted in user mode";
	if (!strstr(reason(set, "cs"), "perf_event_paranoid is 2"))
		return "context switches are not missing";
	counter_close(set);
	return NULL;
}

static void without_privilege(void **state)
{
	uint64_t paranoid = 0;

	(void)state;
	file_read_u64("/proc/sys/kernel/perf_event_paranoid", &paranoid);
	if (geteuid() || paranoid != 2)
		skip();
	in_a_child(unprivileged);
}

static void tracepoints_count(void **state)
{
	const struct counter_want want = { .events = "sched:sched_switch" };
	pid_t self = getpid();
	struct counter_set *set = counter_open(&want, &self, 1);
	const struct counter *c;
	size_t n;

	(void)state;
	c = counter_read(set, &n);
	if (!n)
		skip();
	/* A sleep whose timer fires before the switch is none. */
	for (int i = 0; i < 20; i++)
		usleep(2000);
	c = counter_read(set, &n);
	assert_true(c[0].value >= 10 && c[0].value < 1000);
	counter_close(set);
}

static void names_are_checked(void **state)
{
	static const char *const good[] = {
		"page-faults", "faults,cs,migrations", "cycles:u", "r1a8",
		"L1-dcache-loads", "LLC-store-misses", "iTLB-load-misses",
		"sched:sched_switch", "cpu/event=0x3c,umask=1/u,page-faults",
		"branch-loads", "", "instructions:uk",
	};
	static const struct {
		const char *list, *message;
	} bad[] = {
		{ "cycels", "unknown event 'cycels', did you mean 'cycles'?" },
		{ "cs,L1-dcache-lods",
		  "unknown event 'L1-dcache-lods', did you mean 'L1-dcache-loads'?" },
		{ "iTLB-stores", NULL },  /* there is no such cache event */
		{ "cycles:x", NULL },     /* nor such a modifier */
		{ "rxyz", NULL },
		{ "cpu/", NULL },
		{ "zzzzzzzzzz", "unknown event 'zzzzzzzzzz'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_null(counter_check_events(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char *message = counter_check_events(bad[i].list);

		assert_non_null(message);
		if (bad[i].message)
			assert_string_equal(message, bad[i].message);
		free(message);
	}
}

static void check_name(void *ctx, const char *name, const char *kind)
{
	char *message = counter_check_events(name);

	assert_null(message);
	assert_non_null(kind);
	++*(int *)ctx;
}

static void every_known_name_parses(void **state)
{
	int n = 0;

	(void)state;
	counter_names(check_name, &n);
	assert_true(n > 50);
	assert_null(counter_check_events(counter_default_events()));
}

static void sources_are_checked(void **state)
{
	char *message = counter_check_sources("vmstat,pis");

	(void)state;
	assert_string_equal(message,
			    "unknown counter source 'pis', did you mean 'psi'?");
	free(message);
	assert_null(counter_check_sources("vmstat,psi"));
	assert_null(counter_check_sources("all"));
}

static void system_counts_are_deltas(void **state)
{
	const struct counter_want want = { .system = "vmstat", .folded = true };
	struct counter_set *set = counter_open(&want, NULL, 0);
	const struct counter *c, *faults, *free_pages;
	char *p = fresh();
	size_t n, again;

	(void)state;
	touch(p);
	c = counter_read_last(set, &n);
	assert_true(n > 20);
	faults = find(c, n, "pgfault");
	free_pages = find(c, n, "nr_free_pages");
	assert_non_null(faults);
	assert_non_null(free_pages);
	/* only root can have the per-CPU counts folded in */
	if (!geteuid())
		assert_true(faults->value >= TOUCH / 4096);
	assert_true(faults->value < 1e8);
	assert_false(faults->gauge);
	assert_true(free_pages->gauge);
	assert_true(free_pages->value > 0);
	assert_ptr_equal(counter_read(set, &again), c);
	assert_int_equal(again, n);
	counter_close(set);
	munmap(p, TOUCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eight_mib_are_2048_page_faults),
		cmocka_unit_test(children_are_counted),
		cmocka_unit_test(missing_events_are_named),
		cmocka_unit_test(descriptors_are_ours_alone),
		cmocka_unit_test(descriptor_limits),
		cmocka_unit_test(without_privilege),
		cmocka_unit_test(tracepoints_count),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(every_known_name_parses),
		cmocka_unit_test(sources_are_checked),
		cmocka_unit_test(system_counts_are_deltas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
