/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs that are killed at random moments with changes of all kinds in hand. */
#include "tests/unit/undo_root_kit.h"

#include <sys/mman.h>

#include "base/clock.h"
#include "base/rng.h"

#define SYSCTL "/proc/sys/vm/stat_interval"

/* What a run told of itself before its violent end. */
struct shared_run {
	pid_t guardian, group;
	unsigned changes, rounds;
};

static void change_everything(struct undo *u, struct rng *rng,
			      volatile struct shared_run *shared)
{
	static const char *const kinds[] = { "scratch", "tmpfs", "ext4" };
	const char *knob = below("knob");
	_cleanup_free_ char *why = NULL;
	size_t mark = undo_mark(u);
	struct scratch s;
	char path[PATH_MAX];

	shared->changes += !undo_set_value(u, knob, "2");
	shared->changes += !undo_set_value(u, SYSCTL, "3");
	shared->changes += !undo_hugepages(u, 2 << 20, 1);
	shared->changes += !undo_make_cgroup(u, path, sizeof(path));
	shared->changes += !scratch_make(u,
					 fskind_find(kinds[rng_below(rng, 3)]),
					 top, NULL, 64 << 20, &s, &why);
	shared->changes += !undo_make_dir(u, top, path, sizeof(path));
	undo_replay(u, mark, NULL, NULL);
	shared->rounds++;
}

static void run_until_killed(volatile struct shared_run *shared, uint64_t seed)
{
	struct undo *u;
	struct rng rng;
	pid_t member;

	rng_seed(&rng, seed);
	undo_private_mounts();
	u = undo_open();
	if (undo_arm(u))
		_exit(1);
	shared->guardian = undo_guardian_pid(u);
	member = fork();
	if (member == 0) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	setpgid(member, member);
	undo_note_group(u, member);
	shared->group = member;
	for (;;)
		change_everything(u, &rng, shared);
}

static pid_t start_run(uint64_t seed, volatile struct shared_run *shared)
{
	pid_t pid;

	*shared = (struct shared_run){ 0 };
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		run_until_killed(shared, seed);
	while (!shared->group)
		undo_sleep_ms(1);
	return pid;
}

static void kill_at_random(bool guardian_too)
{
	const char *knob = below("knob");
	char before[64], after[64];
	uint64_t pool = access(POOL, F_OK) ? 0 : pool_size();
	unsigned changes = 0, rounds = 0;
	volatile struct shared_run *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct rng rng;

	rng_seed(&rng, clock_now());
	put(knob, "1\n");
	assert_int_equal(file_read_line(SYSCTL, before, sizeof(before)), 0);
	for (int i = 0; i < 8; i++) {
		pid_t pid = start_run(rng_next(&rng), shared);
		struct told told = { 0, STR_INIT };

		undo_sleep_ms((unsigned)rng_below(&rng, 250));
		if (guardian_too)
			kill(shared->guardian, SIGKILL);
		kill(pid, SIGKILL);
		reap(pid);
		reap(shared->guardian);
		if (guardian_too && restore(&told))
			fail_msg("left: %s", told.text.buf);
		str_free(&told.text);
		assert_int_equal(WTERMSIG(reap(shared->group)), SIGKILL);
		has_text(knob, "1");
		file_read_line(SYSCTL, after, sizeof(after));
		assert_string_equal(before, after);
		if (access(POOL, F_OK) == 0)
			pool_returns_to(pool);
		assert_int_equal(loops_left(), 0);
		assert_int_equal(count_entries(), 1);
		assert_false(logs_left());
		changes += shared->changes;
		rounds += shared->rounds;
	}
	munmap((void *)shared, sizeof(*shared));
	print_message("# killed amid %u changes in %u rounds\n", changes,
		      rounds);
	assert_true(changes > 0);
}

static void guardian_after_random_kills(void **state)
{
	(void)state;
	kill_at_random(false);
}

static void restore_after_random_kills(void **state)
{
	(void)state;
	kill_at_random(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(guardian_after_random_kills),
		TEST(restore_after_random_kills),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
