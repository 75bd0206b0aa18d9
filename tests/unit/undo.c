/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The undo log without privilege: settings, files, directories, logs that are
 * not to be trusted. */
#include "base/dir.h"
#include "undo_kit.h"

static struct undo *open_log(void)
{
	struct undo *u = undo_open();

	assert_non_null(u);
	return u;
}

static void nothing_to_undo_leaves_nothing(void **state)
{
	struct undo *u = open_log();

	(void)state;
	assert_int_equal(undo_guardian_pid(u), 0);
	assert_int_equal(undo_mark(u), 0);
	close_clean(u);
	u = open_log();
	assert_int_equal(undo_arm(u), 0);
	assert_true(undo_guardian_pid(u) > 0);
	assert_true(logs_left());
	close_clean(u);
	assert_false(logs_left());
}

static void setting_goes_back(void **state)
{
	const char *knob = below("knob");
	struct undo *u = open_log();
	size_t mark;

	(void)state;
	put(knob, "1 2\t3\n");
	assert_int_equal(undo_set_value(u, knob, "4"), 0);
	has_text(knob, "4");
	mark = undo_mark(u);
	assert_int_equal(undo_set_value(u, knob, "555555"), 0);
	assert_int_equal(undo_set_value(u, knob, "6"), 0);
	has_text(knob, "6");
	assert_int_equal(undo_replay(u, mark, NULL, NULL), 0);
	has_text(knob, "4");
	assert_int_equal(undo_mark(u), mark); /* what is undone is forgotten */
	close_clean(u);
	has_text(knob, "1 2 3");
	assert_false(logs_left());
}

static void setting_of_somebody_else_stays(void **state)
{
	const char *knob = below("knob");
	struct told told = { 0, STR_INIT };
	struct undo *u = open_log();

	(void)state;
	put(knob, "1\n");
	assert_int_equal(undo_set_value(u, knob, "2"), 0);
	put(knob, "3\n");
	assert_int_equal(undo_replay(u, 0, on_note, &told), 1);
	assert_non_null(strstr(told.text.buf, "it is '3', not the '2'"));
	has_text(knob, "3");
	str_free(&told.text);
	close_clean(u); /* told once, not again */
	assert_false(logs_left());
}

static void wrong_settings_are_refused(void **state)
{
	const char *knob = below("knob");
	struct undo *u = open_log();

	(void)state;
	assert_int_equal(undo_set_value(u, knob, "1"), -ENOENT);
	put(knob, "a\nb\n");
	assert_int_equal(undo_set_value(u, knob, "1"), -ENOTSUP);
	if (geteuid())
		assert_int_equal(undo_set_value(u, "/proc/sys/vm/stat_interval",
						"2"),
				 -EACCES);
	else /* takes whole seconds only */
		assert_int_equal(undo_set_value(u, "/proc/sys/vm/stat_interval",
						"x"),
				 -EINVAL);
	close_clean(u);
}

/* Forks a run that does @change and waits to be killed. */
static pid_t fork_run(int (*change)(struct undo *u), pid_t *guardian)
{
	int fds[2], result[2] = { 0 };
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct undo *u = undo_open();

		result[0] = change(u);
		result[1] = undo_guardian_pid(u);
		if (write(fds[1], result, sizeof(result)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], result, sizeof(result)), sizeof(result));
	close(fds[0]);
	assert_int_equal(result[0], 0);
	*guardian = result[1];
	return pid;
}

static int set_knob(struct undo *u)
{
	const char *knob = below("knob");

	return undo_set_value(u, knob, "2");
}

static void setting_is_held_by_a_live_run(void **state)
{
	const char *knob = below("knob");
	struct undo *u = open_log();
	pid_t other, guardian;

	(void)state;
	put(knob, "1\n");
	other = fork_run(set_knob, &guardian);
	assert_int_equal(undo_set_value(u, knob, "3"), -EBUSY);
	has_text(knob, "2");
	kill(other, SIGKILL);
	reap(other);
	/* Whether or not its guardian was at work already. */
	assert_int_equal(undo_set_value(u, knob, "3"), 0);
	has_text(knob, "3");
	reap(guardian);
	has_text(knob, "3");
	close_clean(u);
	has_text(knob, "1");
}

static int make_things(struct undo *u)
{
	const char *file = below("file");
	char dir[PATH_MAX], path[PATH_MAX + 16];
	int err = set_knob(u);

	if (!err)
		err = undo_note_file(u, file);
	if (!err) {
		int fd = open(file, O_CREAT | O_EXCL | O_WRONLY, 0600);

		close(fd);
		err = undo_make_dir(u, top, dir, sizeof(dir));
	}
	if (!err) {
		snprintf(path, sizeof(path), "%s/a/b/c", dir);
		err = dir_make(path, 0700);
	}
	return err;
}

static void guardian_puts_back(void **state)
{
	const char *knob = below("knob");
	pid_t run, guardian;

	(void)state;
	put(knob, "1\n");
	run = fork_run(make_things, &guardian);
	assert_int_equal(count_entries(), 3);
	assert_true(guardian > 0);
	/* Signals for a whole session do not end it. */
	kill(guardian, SIGTERM);
	kill(guardian, SIGINT);
	kill(guardian, SIGHUP);
	kill(run, SIGKILL);
	reap(run);
	assert_int_equal(reap(guardian), 0);
	has_text(knob, "1");
	assert_int_equal(count_entries(), 1);
	assert_false(logs_left());
}

static void restore_after_all_were_killed(void **state)
{
	const char *knob = below("knob");
	struct undo_steps dry = { .dry_run = true };
	pid_t run, guardian;
	struct told told;

	(void)state;
	put(knob, "1\n");
	run = fork_run(make_things, &guardian);
	assert_int_equal(restore(&told), 0); /* alive: none of our business */
	assert_int_equal(told.n, 0);
	kill(guardian, SIGKILL);
	kill(run, SIGKILL);
	reap(run);
	reap(guardian);
	has_text(knob, "2");
	assert_int_equal(undo_restore(&dry), 0);
	assert_int_equal(dry.pending, 3);
	has_text(knob, "2");
	assert_int_equal(restore(&told), 0);
	assert_int_equal(told.n, 3);
	str_free(&told.text);
	has_text(knob, "1");
	assert_int_equal(count_entries(), 1);
	assert_int_equal(restore(&told), 0);
	assert_int_equal(told.n, 0);
	assert_false(logs_left());
}

static void files_of_others_are_not_taken(void **state)
{
	const char *file = below("file");
	char dir[PATH_MAX], away[PATH_MAX + 8], keep[PATH_MAX + 8];
	struct told told = { 0, STR_INIT };
	struct undo *u = open_log();

	(void)state;
	put(file, "mine\n");
	assert_int_equal(undo_note_file(u, file), -EEXIST);
	assert_int_equal(undo_make_dir(u, top, dir, sizeof(dir)), 0);
	snprintf(away, sizeof(away), "%s.away", dir);
	snprintf(keep, sizeof(keep), "%s/keep", dir);
	assert_int_equal(rename(dir, away), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
	put(keep, "mine\n");
	assert_int_equal(undo_close(u, on_note, &told), 1);
	str_free(&told.text);
	has_text(file, "mine");
	has_text(keep, "mine");
}

static void symbolic_links_are_not_followed(void **state)
{
	const char *file = below("file");
	const char *link = below("link");
	char dir[PATH_MAX], inside[PATH_MAX + 8];
	struct undo *u = open_log();

	(void)state;
	put(file, "mine\n");
	assert_int_equal(undo_note_file(u, link), 0);
	assert_int_equal(symlink(file, link), 0);
	assert_int_equal(undo_make_dir(u, top, dir, sizeof(dir)), 0);
	snprintf(inside, sizeof(inside), "%s/link", dir);
	assert_int_equal(symlink(top, inside), 0);
	close_clean(u);
	has_text(file, "mine");
	assert_int_equal(count_entries(), 1);
}

/* A log as somebody else may have left it. */
static const char *plant(const char *boot, int start, const char *records)
{
	const char *logs = below("logs");
	_cleanup_str_ struct str text = STR_INIT;
	const char *path = below("logs/log-1-1-0");
	struct owner owner;

	assert_int_equal(undo_owner_self(&owner), 0);
	owner.start += start; /* a process that once had our pid */
	if (boot)
		snprintf(owner.boot, sizeof(owner.boot), "%s", boot);
	record_add_header(&text, &owner);
	str_add(&text, records);
	assert_int_equal(dir_make(logs, 0700), 0);
	put(path, text.buf);
	assert_int_equal(chmod(path, 0600), 0);
	return path;
}

static void untrusted_logs_are_refused(void **state)
{
	const char *file = below("file");
	_cleanup_free_ char *record = xasprintf("file\t1.1\t%s\n", file);
	const char *log = plant(NULL, 1, record);
	const char *elsewhere = below("elsewhere");
	struct told told;

	(void)state;
	put(file, "mine\n");
	assert_int_equal(chmod(log, 0620), 0);
	assert_int_equal(restore(&told), 1);
	assert_non_null(strstr(told.text.buf, "others can write it"));
	str_free(&told.text);
	assert_int_equal(chmod(log, 0600), 0);
	assert_int_equal(rename(log, elsewhere), 0);
	assert_int_equal(symlink(elsewhere, log), 0);
	assert_int_equal(restore(&told), 1);
	str_free(&told.text);
	assert_int_equal(unlink(log), 0);
	if (!geteuid()) {
		assert_int_equal(rename(elsewhere, log), 0);
		assert_int_equal(chown(log, 1, 1), 0);
		assert_int_equal(restore(&told), 1);
		str_free(&told.text);
		assert_int_equal(unlink(log), 0);
	}
	put(log, "no header\n");
	assert_int_equal(restore(&told), 1);
	str_free(&told.text);
	has_text(file, "mine");
	put(log, ""); /* killed before its first write */
	assert_int_equal(restore(&told), 0);
	assert_false(logs_left());
}

static void directory_of_others_is_refused(void **state)
{
	const char *logs = below("logs");
	struct undo_steps all = { 0 };

	(void)state;
	assert_int_equal(mkdir(logs, 0700), 0);
	assert_int_equal(chmod(logs, 0770), 0);
	assert_null(undo_open());
	assert_int_equal(errno, EPERM);
	assert_int_equal(undo_restore(&all), -EPERM);
	assert_int_equal(rmdir(logs), 0);
	assert_int_equal(symlink("/tmp", logs), 0);
	assert_null(undo_open());
	assert_int_equal(unlink(logs), 0);
}

static void damaged_log_does_what_it_can(void **state)
{
	const char *a = below("a");
	const char *b = below("b");
	_cleanup_free_ char *records =
		xasprintf("file\t1.1\t%s\nvolcano\t1.2\t/x\nfile\t1.3\t%s", a,
			  b);
	const char *log = plant(NULL, 1, records);
	struct told told;

	(void)state;
	put(a, "x\n");
	put(b, "x\n");
	assert_int_equal(restore(&told), 1); /* the line nobody knows */
	str_free(&told.text);
	assert_false(file_exists(a));
	has_text(b, "x"); /* its record never ended: the change was not made */
	assert_int_equal(unlink(log), 0);
}

static void reboot_voids_what_the_kernel_forgot(void **state)
{
	const char *knob = below("knob");
	const char *file = below("file");
	_cleanup_free_ char *records = xasprintf(
		"value\t1.1\t%s\t1\t2\nfile\t1.2\t%s\n", knob, file);
	const char *log =
		plant("00000000-0000-0000-0000-000000000000", 0, records);
	struct told told;

	(void)state;
	assert_non_null(log);
	put(knob, "2\n");
	put(file, "x\n");
	assert_int_equal(restore(&told), 0);
	str_free(&told.text);
	has_text(knob, "2");
	assert_false(file_exists(file));
	assert_false(logs_left());
}

static void replay_cut_short_is_repeated(void **state)
{
	const char *knob = below("knob");
	_cleanup_free_ char *records = xasprintf(
		"value\t1.1\t%s\t1\t2\nvalue\t1.2\t%s\t2\t3\nundone\t1.2\n",
		knob, knob);
	struct told told;

	(void)state;
	/* Before the older value was written, and after that. */
	for (const char *now = "2\n"; now; now = *now == '2' ? "1\n" : NULL) {
		plant(NULL, 1, records);
		put(knob, now);
		assert_int_equal(restore(&told), 0);
		str_free(&told.text);
		has_text(knob, "1");
		assert_false(logs_left());
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_to_undo_leaves_nothing),
		TEST(setting_goes_back),
		TEST(setting_of_somebody_else_stays),
		TEST(wrong_settings_are_refused),
		TEST(setting_is_held_by_a_live_run),
		TEST(guardian_puts_back),
		TEST(restore_after_all_were_killed),
		TEST(files_of_others_are_not_taken),
		TEST(symbolic_links_are_not_followed),
		TEST(untrusted_logs_are_refused),
		TEST(directory_of_others_is_refused),
		TEST(damaged_log_does_what_it_can),
		TEST(reboot_voids_what_the_kernel_forgot),
		TEST(replay_cut_short_is_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
