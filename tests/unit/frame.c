/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames between host and guest: whole, in pieces, damaged, and mere noise. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/rng.h"
#include "vm-matrix/frame.h"

static void checksum_is_the_usual_one(void **state)
{
	(void)state;
	/* the check value of CRC-32/ISO-HDLC in every catalogue of them */
	assert_int_equal(frame_crc(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(frame_crc(0, "", 0), 0);
	assert_int_equal(frame_crc(frame_crc(0, "1234", 4), "56789", 5), 0xcbf43926);
}

static void bytes_are_as_described(void **state)
{
	static const unsigned char bytes[] = {
		's', 'T', 'r', 'F', 'L', 0, 0, 0, 9, 0, 0, 0, 0x26, 0x39, 0xf4, 0xcb,
		'1', '2', '3', '4', '5', '6', '7', '8', '9',
	};
	_cleanup_str_ struct str s = STR_INIT;

	(void)state;
	frame_add(&s, FRAME_LINE, "123456789", 9);
	assert_int_equal(s.len, sizeof(bytes));
	assert_memory_equal(s.buf, bytes, sizeof(bytes));
}

/* What comes out: a letter for each frame, signs for strange kinds and faults. */
static void read_all(struct frame_reader *r, struct str *out)
{
	static const char signs[] = { [FRAME_GARBAGE] = '?', [FRAME_CHECKSUM] = '!',
				      [FRAME_TOO_LONG] = '>' };
	struct frame f;
	enum frame_result result;

	while ((result = frame_next(r, &f)) != FRAME_NONE) {
		if (result != FRAME_ONE) {
			str_addf(out, "%c%zu ", signs[result], f.n);
			continue;
		}
		assert_int_equal(f.payload[f.n], '\0');
		str_addf(out, "%c(%.*s) ", isalpha((int)f.kind) ? (int)f.kind : '~',
			 (int)f.n, f.payload);
	}
}

/* Fed in pieces of @step bytes. */
static char *told(const struct str *s, size_t step)
{
	struct frame_reader r = { 0 };
	struct str out = STR_INIT;

	for (size_t at = 0; at < s->len; at += step) {
		size_t n = s->len - at < step ? s->len - at : step;

		frame_feed(&r, s->buf + at, n);
		read_all(&r, &out);
	}
	if (frame_pending(&r))
		str_addf(&out, "+%zu", frame_pending(&r));
	frame_reader_free(&r);
	return str_take(&out);
}

static void sample(struct str *s)
{
	frame_add(s, FRAME_HELLO, "{}", 2);
	frame_add(s, FRAME_HEARTBEAT, NULL, 0);
	frame_add(s, FRAME_HEARTBEAT, NULL, 0);
	frame_add(s, FRAME_LINE, "sTrF inside", 11);
	frame_add(s, FRAME_END, "end", 3);
}

static void pieces_make_no_difference(void **state)
{
	_cleanup_str_ struct str s = STR_INIT;

	(void)state;
	sample(&s);
	for (size_t step = 1; step <= s.len; step++) {
		_cleanup_free_ char *text = told(&s, step);

		assert_string_equal(text, "H({}) B() B() L(sTrF inside) E(end) ");
	}
}

static void expect(const struct str *s, const char *text)
{
	_cleanup_free_ char *is = told(s, s->len);

	assert_string_equal(is, text);
}

static void faults_are_told_apart(void **state)
{
	_cleanup_str_ struct str s = STR_INIT;

	(void)state;
	str_add(&s, "noise!");
	frame_add(&s, FRAME_LINE, "one", 3);
	s.buf[s.len - 1] ^= 1;
	frame_add(&s, FRAME_LINE, "two", 3);
	expect(&s, "?6 !3 L(two) ");
	str_add_n(&s, "sTrFL\0\0\0\x01\0\0\x01....", 16);
	frame_add(&s, FRAME_END, "3", 1);
	expect(&s, "?6 !3 L(two) >16777217 E(3) ");
	str_add_n(&s, "sTrFL\0\1\0\1\0\0\0....", 16);
	expect(&s, "?6 !3 L(two) >16777217 E(3) ?4 ?12 ");
	str_add(&s, "sTr");
	expect(&s, "?6 !3 L(two) >16777217 E(3) ?4 ?12 +3");
}

/* A stream that was cut anywhere gives a beginning of what was sent. */
static void cut_streams(void **state)
{
	_cleanup_str_ struct str s = STR_INIT;
	_cleanup_free_ char *all = NULL;

	(void)state;
	sample(&s);
	all = told(&s, s.len);
	for (; s.len; s.len--) {
		_cleanup_free_ char *text = told(&s, 7);
		char *rest = strchr(text, '+');

		if (rest)
			*rest = '\0';
		assert_memory_equal(text, all, strlen(text));
	}
}

/* Any byte changed: never a frame that was not sent. */
static void changed_streams(void **state)
{
	static const char *const sent[] = { "H({})", "B()", "L(sTrF", "inside)",
					    "E(end)" };
	_cleanup_str_ struct str s = STR_INIT;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	sample(&s);
	for (unsigned i = 0; i < 20000; i++) {
		size_t at = rng_below(&rng, s.len);
		char old = s.buf[at];
		_cleanup_words_ struct words w = { 0 };
		_cleanup_free_ char *text = NULL;

		s.buf[at] ^= (char)(1 + rng_below(&rng, 255));
		text = told(&s, 1 + rng_below(&rng, 40));
		s.buf[at] = old;
		words_split(&w, text, " ");
		for (size_t j = 0; j < w.n; j++) {
			bool known = strchr("?!>+", w.word[j][0]) != NULL;

			/* the kind is outside of the checksum */
			for (size_t k = 0; k < ARRAY_SIZE(sent); k++)
				known = known || !strcmp(w.word[j] + 1, sent[k] + 1) ||
					!strcmp(w.word[j], sent[k]);
			assert_true(known);
		}
	}
}

static void large_payloads(void **state)
{
	struct frame_reader r = { 0 };
	_cleanup_str_ struct str s = STR_INIT;
	char *big = xalloc(FRAME_MAX);
	struct frame f;

	(void)state;
	memset(big, 'x', FRAME_MAX);
	frame_add(&s, FRAME_TEXT, big, FRAME_MAX);
	for (size_t at = 0; at < s.len; at += 65536)
		frame_feed(&r, s.buf + at, s.len - at < 65536 ? s.len - at : 65536);
	assert_int_equal(frame_next(&r, &f), FRAME_ONE);
	assert_int_equal(f.n, FRAME_MAX);
	assert_memory_equal(f.payload, big, FRAME_MAX);
	assert_int_equal(frame_next(&r, &f), FRAME_NONE);
	frame_reader_free(&r);
	free(big);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksum_is_the_usual_one),
		cmocka_unit_test(bytes_are_as_described),
		cmocka_unit_test(pieces_make_no_difference),
		cmocka_unit_test(faults_are_told_apart),
		cmocka_unit_test(cut_streams),
		cmocka_unit_test(changed_streams),
		cmocka_unit_test(large_payloads),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
