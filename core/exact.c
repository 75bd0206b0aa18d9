/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/exact.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/value.h"

/* Instructions of a loop that is timed: shorter than the time between two ticks. */
#define SHORT_LOOP 100000
#define LONG_LOOP 300000
#define TRIES 8
/* A loop may take this share more or less: 1/200 = 0.5 %. */
#define TOLERANCE 200

/* Rest before a trial, and where in a second it begins: work that the kernel
 * does every second (vmstat) falls on whole ones. */
#define SETTLE (300 * NSEC_PER_MSEC)
#define OFFSET (100 * NSEC_PER_MSEC)

/* Of a loop of ten instructions: two grace periods of RCU, and time to call
 * what waits for them. */
#define REST_TURNS 8000000UL

/*
 * Two loops of known length: one of plain steps, and one of products that wait
 * for each other. No processor takes one cycle for both a step and a product,
 * so whoever finds one nanosecond an instruction in both counts instructions.
 */
/* clang-format off */
#if defined(__x86_64__) || defined(__i386__)
#define STEP_LOOP(n, x) __asm__ volatile("1: dec %0; jnz 1b" : "+r"(n) : : "cc")
#define MUL(x) "imul " x ", " x ";"
#define MUL_LOOP(n, x) __asm__ volatile("1:" MUL("%1") MUL("%1") MUL("%1") MUL("%1") MUL("%1") MUL("%1") "dec %0; jnz 1b" : "+r"(n), "+r"(x) : : "cc")
#define STEP_SIZE 2
#elif defined(__aarch64__)
#define STEP_LOOP(n, x) __asm__ volatile("1: subs %0, %0, #1; b.ne 1b" : "+r"(n) : : "cc")
#define MUL(x) "mul " x ", " x ", " x ";"
#define MUL_LOOP(n, x) __asm__ volatile("1:" MUL("%1") MUL("%1") MUL("%1") MUL("%1") MUL("%1") MUL("%1") "subs %0, %0, #1; b.ne 1b" : "+r"(n), "+r"(x) : : "cc")
#define STEP_SIZE 2
#elif defined(__riscv)
#define STEP_LOOP(n, x) __asm__ volatile("1: addi %0, %0, -1; bnez %0, 1b" : "+r"(n))
#define MUL(x) "mul " x ", " x ", " x ";"
#define MUL_LOOP(n, x) __asm__ volatile("1:" MUL("%1") MUL("%1") MUL("%1") MUL("%1") MUL("%1") MUL("%1") "addi %0, %0, -1; bnez %0, 1b" : "+r"(n), "+r"(x))
#define STEP_SIZE 2
#elif defined(__s390x__)
#define STEP_LOOP(n, x) __asm__ volatile("1: brctg %0, 1b" : "+d"(n))
#define MUL(x) "msgr " x ", " x ";"
#define MUL_LOOP(n, x) __asm__ volatile("1:" MUL("%1") MUL("%1") MUL("%1") MUL("%1") MUL("%1") MUL("%1") "brctg %0, 1b" : "+d"(n), "+d"(x))
#define STEP_SIZE 1
#elif defined(__powerpc64__)
#define STEP_LOOP(n, x) __asm__ volatile("mtctr %0; 1: bdnz 1b" : : "r"(n) : "ctr")
#define MUL(x) "mulld " x ", " x ", " x ";"
#define MUL_LOOP(n, x) __asm__ volatile("mtctr %1; 1:" MUL("%0") MUL("%0") MUL("%0") MUL("%0") MUL("%0") MUL("%0") "bdnz 1b" : "+r"(x) : "r"(n) : "ctr")
#define STEP_SIZE 1
#endif
/* clang-format on */

#ifdef STEP_LOOP
#define MUL_SIZE (STEP_SIZE + 6)

static uint64_t time_loop(bool products, unsigned long turns)
{
	volatile unsigned long start = turns;
	unsigned long n = start, x = 3;
	uint64_t from = clock_now();

	if (products)
		MUL_LOOP(n, x);
	else
		STEP_LOOP(n, x);
	return clock_now() - from + (x & 0);
}

/* What the longer loop takes more: without what reading the clock takes. */
static uint64_t difference(bool products, unsigned size)
{
	uint64_t shorter = UINT64_MAX, longer = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		uint64_t a = time_loop(products, SHORT_LOOP / size);
		uint64_t b = time_loop(products, LONG_LOOP / size);

		shorter = a < shorter ? a : shorter;
		longer = b < longer ? b : longer;
	}
	return longer > shorter ? longer - shorter : 0;
}
#endif

bool exact_agrees(const uint64_t count[2], const uint64_t ns[2])
{
	for (int i = 0; i < 2; i++) {
		uint64_t off = ns[i] > count[i] ? ns[i] - count[i] : count[i] - ns[i];

		if (off * TOLERANCE > count[i])
			return false;
	}
	return true;
}

const char *exact_refusal(void)
{
#ifdef STEP_LOOP
	static bool tried, counts;
	const unsigned size[2] = { STEP_SIZE, MUL_SIZE };
	uint64_t count[2], ns[2];

	for (int i = 0; !tried && i < 2; i++) {
		count[i] = (uint64_t)(LONG_LOOP / size[i] - SHORT_LOOP / size[i]) * size[i];
		ns[i] = difference(i, size[i]);
	}
	if (!tried)
		counts = exact_agrees(count, ns);
	tried = true;
	return counts ? NULL :
			"the clock of this machine does not count instructions, which exact mode needs";
#else
	return "exact mode does not know this architecture's instructions";
#endif
}

uint64_t exact_ops(const struct stressor *s, const struct method *m)
{
	if (m && m->exact_ops)
		return m->exact_ops;
	return s->exact_ops ? s->exact_ops : EXACT_OPS;
}

const char *exact_unfit(const struct stressor *s, const struct method *m,
			const char *fs)
{
	if (!s->exact && !(m && m->exact))
		return "not for exact mode: the work is not fixed, or is done by a device";
	if (fs && strcmp(fs, "tmpfs"))
		return "not for exact mode: the filesystem is not tmpfs";
	return NULL;
}

const struct metric exact_metric = {
	.id = "instructions",
	.name = "instructions of an operation",
	.unit = "instructions/op",
	.kind = METRIC_GAUGE,
	.better = BETTER_LOWER,
	.primary = true,
	.version = 2, /* 1: without what operations put off */
};

/* Two instructions; a compiler must not know what comes of them. */
static unsigned long step(unsigned long x)
{
	x = (x ^ 5) + 1;
	__asm__ volatile("" : "+r"(x));
	return x;
}

uint64_t exact_rest(void)
{
	uint64_t from = clock_now();
	unsigned long x = 0;

	for (unsigned long i = 0; i < REST_TURNS; i++)
		x = step(step(step(step(x))));
	return clock_now() - from;
}

void exact_settle(void)
{
	uint64_t at = clock_now() + SETTLE;
	struct timespec t;

	at = (at + NSEC_PER_SEC - OFFSET - 1) / NSEC_PER_SEC * NSEC_PER_SEC + OFFSET;
	t.tv_sec = (time_t)(at / NSEC_PER_SEC);
	t.tv_nsec = (long)(at % NSEC_PER_SEC);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}
