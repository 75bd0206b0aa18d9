/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Consoles and outcomes of cells, from recorded and made-up histories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/value.h"
#include "vm-matrix/cell/console.h"
#include "vm-matrix/cell/outcome.h"

#define S NSEC_PER_SEC

/* --- console ---------------------------------------------------------------- */

static void console_texts(void **state)
{
	(void)state;
	assert_string_equal(cell_console_text("[    1.5] x"), "x");
	assert_string_equal(cell_console_text("[   12.345678][  T123] x y"), "x y");
	assert_string_equal(cell_console_text("[    0.1][    C0] x"), "x");
	assert_string_equal(cell_console_text("x [1] y"), "x [1] y");
	assert_string_equal(cell_console_text("[cut] x"), "[cut] x");
	assert_string_equal(cell_console_text(""), "");
	assert_string_equal(cell_console_text("[]"), "[]");
}

/* The finding of @kind in what the console shows, in pieces of all sizes. */
static void finds(const char *text, const char *panic, const char *oops,
		  const char *complaint)
{
	for (size_t piece = 1; piece < 40; piece += 13) {
		struct cell_console c = { 0 };
		const char *found[3], *wanted[3] = { panic, oops, complaint };

		for (size_t at = 0; at < strlen(text); at += piece)
			cell_console_add(&c, text + at, strnlen(text + at, piece));
		found[0] = c.panic;
		found[1] = c.oops;
		found[2] = c.complaint;
		for (int i = 0; i < 3; i++) {
			if (!wanted[i] != !found[i])
				fail_msg("%d of '%s': '%s'", i, text, found[i] ? found[i] : "-");
			if (wanted[i])
				assert_string_equal(found[i], wanted[i]);
		}
		cell_console_free(&c);
	}
}

static void complaints(void **state)
{
	(void)state;
	finds("hello\n[ 1.0] Linux\n", NULL, NULL, NULL);
	finds("[    3.1] sysrq: Trigger a crash\r\n"
	      "[    3.1] Kernel panic - not syncing: sysrq triggered crash\r\n"
	      "[    3.2] CPU: 0 PID: 1 Comm: init Not tainted\r\n"
	      "[    3.3] Kernel panic - not syncing: again\n",
	      "Kernel panic - not syncing: sysrq triggered crash", NULL, NULL);
	finds("[  2.0] BUG: kernel NULL pointer dereference, address: 0000000000000000\n"
	      "[  2.0] #PF: supervisor write access in kernel mode\n"
	      "[  2.1] Oops: 0002 [#1] PREEMPT SMP NOPTI\n",
	      NULL, "BUG: kernel NULL pointer dereference, address: 0000000000000000", NULL);
	finds("[  2.0] ------------[ cut here ]------------\n"
	      "[  2.0] kernel BUG at mm/slub.c:123!\n", NULL, "kernel BUG at mm/slub.c:123!", NULL);
	finds("[  2.0] illegal operation: 0001 ilc:1 [#1] SMP\n", NULL,
	      "illegal operation: 0001 ilc:1 [#1] SMP", NULL);
	finds("[ 30.0][   C0] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [x:1]\n", NULL,
	      NULL, "watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [x:1]");
	/* harmless, and told in the report */
	finds("[ 3.0] Out of memory: Killed process 33 (x)\n", NULL, NULL, NULL);
	/* not finished */
	finds("[ 3.0] Kernel panic - not syncing: x", NULL, NULL, NULL);
	/* a terminal's colours, and no text at all */
	finds("\033[1;31m[ 3.0] Kernel panic - not syncing: x\033[0m\n\033\n\033[\n",
	      "Kernel panic - not syncing: x", NULL, NULL);
}

static void tails(void **state)
{
	struct cell_console c = { 0 };
	struct words w = { 0 };

	(void)state;
	cell_console_tail(&c, 5, &w);
	assert_int_equal(w.n, 0);
	for (int i = 0; i < 100; i++) {
		char line[1000];
		int n = snprintf(line, sizeof(line), "line %d %*s\n", i, i == 98 ? 900 : 0, "");

		cell_console_add(&c, line, (size_t)n);
	}
	cell_console_add(&c, "rest\t\001", 6);
	cell_console_tail(&c, 3, &w);
	assert_int_equal(w.n, 3);
	assert_memory_equal(w.word[0], "line 98", 7);
	assert_int_equal(strlen(w.word[0]), CONSOLE_LINE - 1);
	assert_string_equal(w.word[1], "line 99 ");
	assert_string_equal(w.word[2], "rest  ");
	words_free(&w);
	cell_console_tail(&c, 1000, &w);
	assert_int_equal(w.n, CONSOLE_TAIL + 1);
	words_free(&w);
	cell_console_tail(&c, 0, &w);
	assert_int_equal(w.n, 0);
	cell_console_free(&c);
}

static void any_bytes(void **state)
{
	struct rng r;
	struct cell_console c = { 0 };

	(void)state;
	rng_seed(&r, 5);
	for (int i = 0; i < 200000; i++) {
		char byte = (char)rng_below(&r, 256);

		cell_console_add(&c, &byte, 1);
	}
	for (size_t i = 0; i < CONSOLE_TAIL; i++)
		for (const char *p = c.line[i]; p && *p; p++)
			assert_true((unsigned char)*p >= ' ');
	cell_console_free(&c);
}

/* --- outcomes ---------------------------------------------------------------- */

static const struct cell_limits limits = { 60 * S, 30 * S, 300 * S, 1 };

static void is(struct cell_watch *w, enum matrix_outcome wanted, const char *reason)
{
	char *why = NULL;
	enum matrix_outcome o = cell_watch_judge(w, &why);

	if (o != wanted)
		fail_msg("%s (%s) instead of %s", matrix_outcomes[o], why ? why : "-",
			 matrix_outcomes[wanted]);
	if (!reason != !why || (reason && strcmp(reason, why)))
		fail_msg("'%s' instead of '%s'", why ? why : "-", reason ? reason : "-");
	free(why);
	cell_watch_free(w);
}

/* A guest that has got as far as its job. */
static struct cell_watch working(void)
{
	struct cell_watch w = { .limits = limits, .report = true };

	cell_watch_start(&w, 1000 * S, 0);
	cell_watch_hello(&w);
	cell_watch_job(&w, 1005 * S, 0);
	w.begun = true;
	return w;
}

/* One that has ended its job and switched itself off. */
static struct cell_watch done(int status)
{
	struct cell_watch w = working();

	w.complete = true;
	cell_watch_end(&w, status, 0, false);
	cell_watch_event(&w, "SHUTDOWN", "guest-shutdown");
	w.gone = true;
	return w;
}

static void jobs(void **state)
{
	struct cell_watch w = done(0);

	(void)state;
	is(&w, MATRIX_PASS, NULL);
	w = done(1);
	is(&w, MATRIX_FAIL, "a check failed, or the kernel complained");
	w = done(4);
	is(&w, MATRIX_SKIPPED, "nothing of the job could run in this guest");
	w = done(5);
	is(&w, MATRIX_BROKEN, "the job could not do its work");
	w = done(124);
	is(&w, MATRIX_HANG, "a stressor did not stop");
	w = done(7);
	is(&w, MATRIX_BROKEN, "the job ended with status 7");
	w = done(0);
	w.signal = 11;
	is(&w, MATRIX_BROKEN, "the job was killed by signal 11 (Segmentation fault)");
	w = done(0);
	w.signal = 9;
	w.out_of_memory = true;
	is(&w, MATRIX_BROKEN, "the guest had no memory left for the job");
	/* a report without an end is none, whatever the status */
	w = done(0);
	w.complete = false;
	is(&w, MATRIX_TRUNCATED, "the report has no end");
	w = done(0);
	w.begun = w.complete = false;
	is(&w, MATRIX_TRUNCATED, "the report has no end");
	w = done(0);
	w.begun = w.complete = w.report = false;
	is(&w, MATRIX_PASS, NULL);
	w = done(1);
	w.begun = w.complete = w.report = false;
	is(&w, MATRIX_FAIL, "the job ended with status 1");
	w = done(2);
	w.begun = w.complete = false;
	is(&w, MATRIX_BROKEN, "the job ended with status 2");
}

static void ends(void **state)
{
	struct cell_watch w = working();

	(void)state;
	cell_watch_event(&w, "SHUTDOWN", "guest-reset");
	w.gone = true;
	is(&w, MATRIX_TRUNCATED, "the guest rebooted before the job had ended");
	w = working();
	w.gone = true; /* riscv64 tells of no event */
	is(&w, MATRIX_TRUNCATED, "the guest powered off before the job had ended");
	w = working();
	w.gone = true;
	w.exit_status = 9; /* as waitpid() gives a signal */
	is(&w, MATRIX_QEMU_FAILED, "QEMU was killed by signal 9 (Killed)");
	w = (struct cell_watch){ .limits = limits };
	w.gone = true;
	w.exit_status = 1 << 8;
	w.said = strdup("qemu: no such device");
	is(&w, MATRIX_QEMU_FAILED, "QEMU ended with status 1: qemu: no such device");
	w = (struct cell_watch){ .limits = limits };
	w.gone = true;
	cell_watch_event(&w, "RESET", NULL);
	is(&w, MATRIX_NO_BOOT, "the guest rebooted before it asked for its job");
	/* the kernel's word goes before all others */
	w = done(0);
	w.panic = strdup("Kernel panic - not syncing: x");
	is(&w, MATRIX_PANIC, "Kernel panic - not syncing: x");
	w = working();
	cell_watch_event(&w, "GUEST_PANICKED", NULL);
	w.oops = strdup("Oops: 0002 [#1]");
	is(&w, MATRIX_PANIC, "the kernel panicked");
	w = done(1);
	w.oops = strdup("Oops: 0002 [#1]");
	is(&w, MATRIX_OOPS, "Oops: 0002 [#1]");
	w = working();
	w.nonsense = strdup("7 bytes that are no frame");
	is(&w, MATRIX_TRUNCATED, "the guest's port: 7 bytes that are no frame");
	w = done(0);
	w.interrupted = true;
	is(&w, MATRIX_INTERRUPTED, "interrupted");
}

static void deadlines(void **state)
{
	struct cell_watch w = { .limits = limits };

	(void)state;
	cell_watch_start(&w, 1000 * S, 3 * S);
	assert_int_equal(cell_watch_tick(&w, 1060 * S, 3 * S), CELL_GO_ON);
	/* 100 s, but half of them without a CPU */
	assert_int_equal(cell_watch_tick(&w, 1100 * S, 53 * S), CELL_GO_ON);
	assert_int_equal(cell_watch_tick(&w, 1114 * S, 53 * S), CELL_STOP_BOOT);
	w.gone = w.by_us = true;
	w.exit_status = 9;
	is(&w, MATRIX_NO_BOOT, "did not ask for its job within 1m");

	w = working();
	assert_int_equal(cell_watch_tick(&w, 1035 * S, 0), CELL_GO_ON);
	cell_watch_alive(&w, 1035 * S, 2 * S);
	assert_int_equal(cell_watch_tick(&w, 1066 * S, 4 * S), CELL_GO_ON);
	assert_int_equal(cell_watch_tick(&w, 1068 * S, 4 * S), CELL_STOP_BEAT);
	w.complaint = strdup("rcu: stall");
	is(&w, MATRIX_HANG, "no sign of life for 30s; the kernel said 'rcu: stall'");

	w = working();
	for (uint64_t now = 1010; now < 1306; now += 10) {
		cell_watch_alive(&w, now * S, 0);
		assert_int_equal(cell_watch_tick(&w, now * S, 0), CELL_GO_ON);
	}
	cell_watch_alive(&w, 1306 * S, 0);
	assert_int_equal(cell_watch_tick(&w, 1306 * S, 0), CELL_STOP_JOB);
	is(&w, MATRIX_TIMEOUT, "the job took longer than 5m");

	w = working(); /* nothing is sent, nothing is missed */
	w.limits.beat = 0;
	assert_int_equal(cell_watch_tick(&w, 1200 * S, 0), CELL_GO_ON);
	/* waited longer than there was time: a clock that lags is no matter */
	assert_int_equal(cell_watch_tick(&w, 1400 * S, 500 * S), CELL_GO_ON);
	cell_watch_free(&w);
}

static void checkers(void **state)
{
	(void)state;
	assert_int_equal(cell_limits_longer(""), 1);
	assert_int_equal(cell_limits_longer("CONFIG_X=y\n# CONFIG_KASAN is not set\n"), 1);
	assert_int_equal(cell_limits_longer("CONFIG_KASAN=y"), 3);
	assert_int_equal(cell_limits_longer("CONFIG_A=m\nCONFIG_KCSAN=y\nCONFIG_KASAN=y\n"), 5);
	assert_int_equal(cell_limits_longer("CONFIG_PROVE_LOCKING=y\n"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(console_texts), cmocka_unit_test(complaints),
		cmocka_unit_test(tails),	 cmocka_unit_test(any_bytes),
		cmocka_unit_test(jobs),		 cmocka_unit_test(ends),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(checkers),
	};

	return cmocka_run_group_tests_name("cell_outcome", tests, NULL, NULL);
}
