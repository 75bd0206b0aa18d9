/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Against the examples of FIPS 180-2 and digests that sha256sum made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vm-matrix/digest.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void bytes(const char *text, const char *wanted)
{
	char hex[DIGEST_HEX];

	digest_bytes(text, strlen(text), hex);
	assert_string_equal(hex, wanted);
}

static void examples(void **state)
{
	(void)state;
	bytes("", EMPTY);
	bytes("abc", "ba7816bf8f01cfea414140de5dae2223"
		     "b00361a396177a9cb410ff61f20015ad");
	bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* Of every length around the borders of blocks, however it is cut. */
static void pieces(void **state)
{
	char data[200], whole[DIGEST_HEX], cut[DIGEST_HEX];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7);
	for (size_t n = 0; n <= sizeof(data); n++) {
		struct digest d;

		digest_bytes(data, n, whole);
		for (size_t step = 1; step < 70; step += 3) {
			digest_start(&d);
			for (size_t at = 0; at < n; at += step)
				digest_add(&d, data + at,
					   n - at < step ? n - at : step);
			digest_end(&d, cut);
			assert_string_equal(whole, cut);
		}
	}
}

static void a_million(void **state)
{
	char *data = malloc(1000000), hex[DIGEST_HEX], path[] = "/tmp/digest-XXXXXX";
	int fd = mkstemp(path);
	const char *wanted = "cdc76e5c9914fb9281a1c7e284d73e67"
			     "f1809a48a497200e046d39ccc7112cd0";

	(void)state;
	assert_non_null(data);
	memset(data, 'a', 1000000);
	digest_bytes(data, 1000000, hex);
	assert_string_equal(hex, wanted);
	assert_int_equal(write(fd, data, 1000000), 1000000);
	assert_int_equal(close(fd), 0);
	assert_int_equal(digest_file(path, hex), 0);
	assert_string_equal(hex, wanted);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(digest_file(path, hex), 0);
	assert_string_equal(hex, EMPTY);
	unlink(path);
	assert_true(digest_file(path, hex) < 0);
	assert_string_equal(hex, "");
	free(data);
}

static void of_texts(char *hex, const char *a, const char *b)
{
	struct digest d;

	digest_start(&d);
	digest_text(&d, a);
	digest_text(&d, b);
	digest_end(&d, hex);
}

static void borders(void **state)
{
	char x[DIGEST_HEX], y[DIGEST_HEX];

	(void)state;
	of_texts(x, "ab", "c");
	of_texts(y, "a", "bc");
	assert_string_not_equal(x, y);
	of_texts(x, NULL, "");
	of_texts(y, "", NULL);
	assert_string_not_equal(x, y);
	of_texts(y, "", "");
	assert_string_not_equal(x, y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples),
		cmocka_unit_test(pieces),
		cmocka_unit_test(a_million),
		cmocka_unit_test(borders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
