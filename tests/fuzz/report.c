/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fuzzer's program (make fuzz). Inputs are changed as bytes, and as often
 * as values: a member or its neighbour is taken, doubled, taken away or given
 * a value that is seldom right, so that the text stays JSON.
 */
#include "tests/fuzz/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n)
		fuzz_one(data, n);
	return 0;
}

static const char *const odd[] = {
	"null", "true", "0", "-1", "1e308", "-1e308", "5e-324", "1e-9", "0.5", "2",
	"9007199254740993", "9223372036854775807", "-9223372036854775808", "[]",
	"{}", "\"\"", "\"pass\"", "\"fail\"", "\"skip\"", "\"hang\"", "\"rate\"",
	"\"latency\"", "\"ratio\"", "\"gauge\"", "\"lower\"", "\"higher\"", "\"a\"",
	"\"b\"", "\"\\u001b[31m\\n\\u0085\"", "[null]", "[0,0]", "[1,1e300]",
	"\"\xf0\x9f\x98\x80<&]]>\\\"'\"", "[{}]",
};

static unsigned draw(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16;
}

static json_t *odd_value(unsigned *state)
{
	return json_loads(odd[draw(state) % (sizeof(odd) / sizeof(*odd))],
			  JSON_DECODE_ANY, NULL);
}

/* A list gets a member more, less or changed. */
static void change_list(json_t *list, unsigned *state)
{
	size_t n = json_array_size(list), at = n ? draw(state) % n : 0;

	switch (draw(state) % 4) {
	case 0:
		json_array_remove(list, at);
		break;
	case 1:
		json_array_insert_new(list, at, json_deep_copy(json_array_get(list, at)));
		break;
	case 2:
		json_array_append_new(list, odd_value(state));
		break;
	default:
		json_array_set_new(list, at, odd_value(state));
		break;
	}
}

static void change_object(json_t *o, const char *key, unsigned *state)
{
	switch (draw(state) % 3) {
	case 0:
		json_object_del(o, key);
		break;
	default:
		json_object_set_new(o, key, odd_value(state));
		break;
	}
}

/* Goes down at random and changes what it comes to. */
static void change(json_t *value, unsigned *state)
{
	for (;;) {
		bool stop = draw(state) % 6 == 0;
		json_t *below = NULL;
		const char *key = NULL;
		size_t n;

		if (json_is_array(value)) {
			n = json_array_size(value);
			below = n ? json_array_get(value, draw(state) % n) : NULL;
		} else if (json_is_object(value) && json_object_size(value)) {
			void *at = json_object_iter(value);

			for (n = draw(state) % json_object_size(value); n; n--)
				at = json_object_iter_next(value, at);
			key = json_object_iter_key(at);
			below = json_object_iter_value(at);
		}
		if (!stop && (json_is_array(below) || json_is_object(below))) {
			value = below;
			continue;
		}
		if (key)
			change_object(value, key, state);
		else if (json_is_array(value))
			change_list(value, state);
		return;
	}
}

/* The document, or one of the lines, in @data: where it begins and ends. */
static size_t choose_text(const uint8_t *data, size_t n, unsigned *state, size_t *from)
{
	const uint8_t *end = memchr(data, '\n', n);

	*from = 0;
	if (!end || n < 9 || memcmp(data, "{\"schema\"", 9) || end[-1] != '}')
		return n;
	for (unsigned skip = draw(state) % 8; skip && end + 1 < data + n; skip--) {
		*from = end + 1 - data;
		end = memchr(end + 1, '\n', data + n - end - 1);
		if (!end)
			return n;
	}
	return end - data;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	unsigned state = seed;
	size_t from, to, size;
	json_t *value;
	char *text;

	to = choose_text(data, n, &state, &from);
	value = draw(&state) % 4 ? json_loadb((char *)data + from, to - from, 0, NULL) :
				   NULL;
	if (!value)
		return LLVMFuzzerMutate(data, n, max);
	for (unsigned i = draw(&state) % 3 + 1; i; i--)
		change(value, &state);
	text = json_dumps(value, JSON_COMPACT);
	json_decref(value);
	size = text ? strlen(text) : 0;
	if (!text || from + size + (n - to) > max) {
		free(text);
		return LLVMFuzzerMutate(data, n, max);
	}
	memmove(data + from + size, data + to, n - to);
	memcpy(data + from, text, size);
	free(text);
	return from + size + (n - to);
}
