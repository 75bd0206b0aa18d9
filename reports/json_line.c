/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values in one line. jansson prints what is rare: numbers with exponents, text
 * with escapes. For the rest its callback for each piece and printf() for each
 * number were a tenth of the code that an emulated guest had to translate between
 * its start and the first operation of its job (docs/results/matrix.md).
 */
#include <string.h>

#include "base/decimal.h"
#include "reports/json.h"

static int add_to(const char *text, size_t n, void *s)
{
	str_add_n(s, text, n);
	return 0;
}

struct style {
	int digits; /* of reals */
	const char *comma, *colon;
};

static void dump(struct str *s, const json_t *value, int digits)
{
	json_dump_callback(value, add_to, s,
			   JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
}

static bool is_plain(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == '"' ||
		    text[i] == '\\')
			return false;
	return true;
}

static void add_text(struct str *s, const char *text, size_t n)
{
	if (is_plain(text, n)) {
		char *to = str_room(s, n + 2);

		to[0] = to[n + 1] = '"';
		memcpy(to + 1, text, n);
	} else {
		_cleanup_json_ json_t *value = json_stringn(text, n);

		dump(s, value, 0);
	}
}

static void add_value(struct str *s, const json_t *value, const struct style *style);

static void add_object(struct str *s, const json_t *object, const struct style *style)
{
	const char *key, *between = "";
	json_t *member;

	str_add_n(s, "{", 1);
	json_object_foreach((json_t *)object, key, member) {
		str_add(s, between);
		add_text(s, key, strlen(key));
		str_add(s, style->colon);
		add_value(s, member, style);
		between = style->comma;
	}
	str_add_n(s, "}", 1);
}

static void add_array(struct str *s, const json_t *array, const struct style *style)
{
	json_t *member;
	size_t i;

	str_add_n(s, "[", 1);
	json_array_foreach(array, i, member) {
		str_add(s, i ? style->comma : "");
		add_value(s, member, style);
	}
	str_add_n(s, "]", 1);
}

static void add_real(struct str *s, const json_t *value, int digits)
{
	struct decimal d;

	if (decimal_round(json_real_value(value), (unsigned)digits, &d))
		decimal_print(s, &d);
	else
		dump(s, value, digits);
}

static void add_value(struct str *s, const json_t *value, const struct style *style)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		add_object(s, value, style);
		break;
	case JSON_ARRAY:
		add_array(s, value, style);
		break;
	case JSON_STRING:
		add_text(s, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		decimal_print_integer(s, json_integer_value(value));
		break;
	case JSON_REAL:
		add_real(s, value, style->digits);
		break;
	default:
		str_add(s, json_is_true(value) ? "true" :
			   json_is_null(value) ? "null" : "false");
	}
}

void js_line(struct str *s, const json_t *value, int digits)
{
	const struct style compact = { digits, ",", ":" };

	add_value(s, value, &compact);
	str_add_n(s, "\n", 1);
}

void js_value(struct str *s, const json_t *value, int digits)
{
	const struct style spaced = { digits, ", ", ": " };

	add_value(s, value, &spaced);
}

void js_quoted(struct str *s, const char *text)
{
	add_text(s, text, strlen(text));
}
