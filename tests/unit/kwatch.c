/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of complaints in a kernel log: splats, and what they do to a trial. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "core/kwatch.h"

/* A log in a file, to which a test adds. */
struct log {
	char path[64];
	FILE *file;
	struct kwatch *k;
	unsigned seq;
};

static int open_log(void **state)
{
	struct log *l = calloc(1, sizeof(*l));
	int fd;

	assert_non_null(l);
	strcpy(l->path, "/tmp/strain-kwatch-XXXXXX");
	fd = mkstemp(l->path);
	assert_true(fd >= 0);
	l->file = fdopen(fd, "w");
	assert_non_null(l->file);
	fputs("4,7,1000,-;WARNING: CPU: 0 PID: 1 at old/news.c:1 f+0x1/0x2\n",
	      l->file);
	fflush(l->file);
	l->seq = 8;
	l->k = kwatch_open_at(l->path);
	kwatch_begin(l->k);
	*state = l;
	return 0;
}

static int close_log(void **state)
{
	struct log *l = *state;

	kwatch_close(l->k);
	fclose(l->file);
	unlink(l->path);
	free(l);
	return 0;
}

static void say(struct log *l, const char *text)
{
	fprintf(l->file, "4,%u,%u,-;%s\n", l->seq, 1000 * l->seq, text);
	fflush(l->file);
	l->seq++;
}

static void old_lines_do_not_count(void **state)
{
	struct log *l = *state;
	const struct kwatch_result *r = kwatch_end(l->k);

	assert_true(r->watched);
	assert_int_equal(r->n, 0);
	assert_int_equal(r->splats, 0);
	say(l, "BUG: Bad page state in process a  pfn:1");
	kwatch_begin(l->k);
	r = kwatch_end(l->k);
	assert_int_equal(r->n, 0);
}

static void a_warning_is_one_splat_with_its_trace(void **state)
{
	struct log *l = *state;
	const struct kwatch_result *r;
	char *reason;

	say(l, "EXT4-fs (loop0): mounted filesystem r/w");
	say(l, "------------[ cut here ]------------");
	say(l, "refcount_t: underflow; use-after-free.");
	say(l, "WARNING: CPU: 1 PID: 99 at lib/refcount.c:28 refcount_warn_saturate+0x8f/0x120");
	say(l, "Call Trace:");
	say(l, " foo+0x1/0x2");
	say(l, "---[ end trace 0000000000000000 ]---");
	say(l, "EXT4-fs (loop0): unmounting filesystem");
	r = kwatch_end(l->k);
	assert_int_equal(r->splats, 1);
	assert_int_equal(r->n, 6);
	assert_null(r->line[0].kind);
	assert_string_equal(r->line[1].kind, "refcount");
	assert_null(r->line[2].kind);
	assert_string_equal(r->line[5].text,
			    "---[ end trace 0000000000000000 ]---");
	assert_int_equal(r->line[1].usec, 10000);
	assert_int_equal(r->dropped, 0);
	reason = kwatch_complaint(r);
	assert_string_equal(reason, "kernel log: refcount: refcount_t: underflow; use-after-free.");
	free(reason);
}

static void an_oops_is_one_splat(void **state)
{
	struct log *l = *state;
	const struct kwatch_result *r;

	say(l, "BUG: kernel NULL pointer dereference, address: 0000000000000008");
	for (int i = 0; i < 6; i++)
		say(l, "#PF: supervisor read access in kernel mode");
	say(l, "Oops: 0000 [#1] PREEMPT SMP NOPTI");
	say(l, "---[ end trace 0000000000000000 ]---");
	say(l, "list_del corruption, ffff88 is NULL");
	say(l, "------------[ cut here ]------------");
	say(l, "kernel BUG at lib/list_debug.c:52!");
	say(l, "invalid opcode: 0000 [#2] SMP");
	r = kwatch_end(l->k);
	assert_int_equal(r->splats, 2);
	assert_string_equal(r->line[0].kind, "oops");
	assert_string_equal(r->line[9].kind, "list");
	assert_int_equal(r->n, 13);
}

static void two_hung_tasks_are_two(void **state)
{
	struct log *l = *state;
	const struct kwatch_result *r;

	say(l, "INFO: task a:1 blocked for more than 120 seconds.");
	say(l, "      Not tainted 6.12.0 #1");
	say(l, "INFO: task b:2 blocked for more than 120 seconds.");
	say(l, "task:b state:D stack:0 pid:2");
	l->seq += 4000; /* 4 s later: not of that report any more */
	say(l, "random: crng reseeded");
	r = kwatch_end(l->k);
	assert_int_equal(r->splats, 2);
	assert_int_equal(r->n, 4);
}

static void programs_cannot_fail_a_trial(void **state)
{
	struct log *l = *state;
	const struct kwatch_result *r;

	/* facility user (1) and daemon (3), as written to /dev/kmsg by programs */
	fprintf(l->file, "12,%u,1,-;WARNING: CPU: 0 PID: 1 at a/b.c:1 f+0x1/0x2\n", l->seq++);
	fprintf(l->file, "28,%u,2,-;BUG: unable to handle page fault for address: 0\n", l->seq++);
	/* a piece of a line, with dictionary lines after it */
	fprintf(l->file, "4,%u,3,c;BUG: in the middle of a line\n SUBSYSTEM=BUG: x\n DEVICE=+x\n", l->seq++);
	fflush(l->file);
	r = kwatch_end(l->k);
	assert_int_equal(r->splats, 0);
	assert_int_equal(r->n, 0);
	assert_int_equal(r->dropped, 0);
}

static void records_may_come_in_pieces(void **state)
{
	struct log *l = *state;
	const struct kwatch_result *r;

	fprintf(l->file, "2,%u,5,-,caller=T1;\\x0aBUG: Bad page st", l->seq++);
	fflush(l->file);
	kwatch_poll(l->k);
	fputs("ate in process a  pfn:1\n", l->file);
	fflush(l->file);
	r = kwatch_end(l->k);
	assert_int_equal(r->splats, 1);
	assert_string_equal(r->line[0].text,
			    "BUG: Bad page state in process a  pfn:1");
}

static void lost_records_are_counted(void **state)
{
	struct log *l = *state;

	say(l, "one");
	l->seq += 5;
	say(l, "two");
	assert_int_equal(kwatch_end(l->k)->dropped, 5);
}

static void limits_drop_context_not_complaints(void **state)
{
	struct log *l = *state;
	const struct kwatch_result *r;

	for (int splat = 0; splat < 10; splat++) {
		say(l, "WARNING: suspicious RCU usage");
		for (int i = 0; i < 99; i++)
			say(l, " context");
		say(l, "---[ end trace 0000000000000000 ]---");
	}
	r = kwatch_end(l->k);
	assert_int_equal(r->splats, 10);
	assert_int_equal(r->n, 512);
	assert_int_equal(r->dropped, 10 * 101 - 512);
}

static void oom_kills_are_apart(void **state)
{
	struct log *l = *state;
	const struct kwatch_result *r;

	say(l, "strain invoked oom-killer: gfp_mask=0x0, order=0, oom_score_adj=0");
	say(l, "Memory cgroup out of memory: Killed process 977 (strain) total-vm:1kB");
	say(l, "Out of memory: Killed process 2411 (a) total-vm:1kB");
	say(l, "Out of memory: Killed process 2411 (a) total-vm:1kB");
	say(l, "I/O error, dev vdb, sector 8 op 0x1:(WRITE)");
	r = kwatch_end(l->k);
	assert_int_equal(r->splats, 0);
	assert_int_equal(r->oom_n, 2);
	assert_int_equal(r->oom_pids[0], 977);
	assert_int_equal(r->oom_pids[1], 2411);
	assert_int_equal(r->n, 4);
	assert_string_equal(r->line[3].kind, "io");
}

static bool owns_loop7(void *ctx, const char *device)
{
	++*(unsigned *)ctx;
	return !strcmp(device, "loop7");
}

static void a_device_of_others_fails_nothing(void **state)
{
	struct log *l = *state;
	const struct kwatch_result *r;
	unsigned asked = 0;
	char *reason;

	kwatch_set_owner(l->k, owns_loop7, &asked);
	say(l, "EXT4-fs error (device loop3): ext4_lookup:1785: inode #12: comm a: deleted inode referenced: 77");
	say(l, "Aborting journal on device loop3-8.");
	say(l, "XFS (loop3): Corruption of in-memory data (0x8) detected");
	say(l, "I/O error, dev loop3, sector 8 op 0x1:(WRITE)");
	say(l, "I/O error, dev loop7, sector 8 op 0x1:(WRITE)");
	r = kwatch_end(l->k);
	assert_int_equal(r->splats, 0);
	assert_int_equal(r->n, 5);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(r->line[i].kind, "foreign");
	assert_string_equal(r->line[4].kind, "io");
	assert_null(kwatch_complaint(r));
	assert_int_equal(asked, 5);

	/* the owner is asked in the next trial as well */
	kwatch_begin(l->k);
	say(l, "XFS (loop3): Corruption of in-memory data (0x8) detected");
	say(l, "XFS (loop7): Corruption of in-memory data (0x8) detected");
	r = kwatch_end(l->k);
	assert_int_equal(r->splats, 1);
	reason = kwatch_complaint(r);
	assert_string_equal(reason, "kernel log: fs: XFS (loop7): Corruption of in-memory data (0x8) detected");
	free(reason);
}

static void what_others_do_to_the_kernel_fails(void **state)
{
	static const char *const texts[] = {
		"BUG: Bad page state in process loop3  pfn:1",
		"WARNING: CPU: 0 PID: 9 at drivers/block/loop.c:1 lo_rw_aio+0x1/0x2",
		"BTRFS: Transaction aborted (error -5)",
		"EXT4-fs error (device vda): ext4_lookup:1785: inode #12: comm a: deleted inode referenced: 77",
	};
	struct log *l = *state;
	unsigned asked = 0;

	kwatch_set_owner(l->k, owns_loop7, &asked);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		kwatch_begin(l->k);
		say(l, texts[i]);
		assert_int_equal(kwatch_end(l->k)->splats, 1);
	}
	assert_int_equal(asked, 0);
}

static void an_unreadable_log_is_not_watched(void **state)
{
	struct kwatch *k = kwatch_open_at("/nonexistent/kmsg");
	const struct kwatch_result *r;

	(void)state;
	kwatch_begin(k);
	r = kwatch_end(k);
	assert_false(r->watched);
	assert_non_null(strstr(r->unwatched, "No such file"));
	assert_int_equal(r->n, 0);
	kwatch_close(k);
}

static void a_fifo_is_read_without_waiting(void **state)
{
	char path[] = "/tmp/strain-kwatch-fifo-XXXXXX";
	struct kwatch *k;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(path));
	rmdir(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	k = kwatch_open_at(path);
	kwatch_begin(k);
	assert_int_equal(kwatch_end(k)->splats, 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("1,5,5,-;BUG: scheduling while atomic: a/1/0x2\n", f);
	fclose(f);
	assert_int_equal(kwatch_end(k)->splats, 1);
	kwatch_close(k);
	unlink(path);
}

static void taint_and_counters_complain_too(void **state)
{
	struct kwatch_result r = { .watched = false };
	char *reason;

	(void)state;
	assert_int_equal(kwatch_taint_failures(0, 1 << 0 | 1 << 12 | 1 << 13), 0);
	assert_int_equal(kwatch_taint_failures(0, 1 << 9 | 1 << 12), 1 << 9);
	assert_int_equal(kwatch_taint_failures(1 << 9, 1 << 9), 0);
	assert_null(kwatch_complaint(&r));
	r.taint_after = 1 << 5;
	reason = kwatch_complaint(&r);
	assert_string_equal(reason, "the kernel is tainted by a bad page (B)");
	free(reason);
	r.counter[0].name = "warn_count";
	r.counter[0].before = 2;
	r.counter[0].after = 5;
	reason = kwatch_complaint(&r);
	assert_string_equal(reason, "/sys/kernel/warn_count rose by 3");
	free(reason);
}

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, open_log, close_log)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(old_lines_do_not_count),
		LOG_TEST(a_warning_is_one_splat_with_its_trace),
		LOG_TEST(an_oops_is_one_splat),
		LOG_TEST(two_hung_tasks_are_two),
		LOG_TEST(programs_cannot_fail_a_trial),
		LOG_TEST(records_may_come_in_pieces),
		LOG_TEST(lost_records_are_counted),
		LOG_TEST(limits_drop_context_not_complaints),
		LOG_TEST(oom_kills_are_apart),
		LOG_TEST(a_device_of_others_fails_nothing),
		LOG_TEST(what_others_do_to_the_kernel_fails),
		cmocka_unit_test(an_unreadable_log_is_not_watched),
		cmocka_unit_test(a_fifo_is_read_without_waiting),
		cmocka_unit_test(taint_and_counters_complain_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
