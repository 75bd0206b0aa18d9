/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/json.h"

#include <math.h>
#include <string.h>

#include "base/decimal.h"
#include "base/msg.h"

/* Digits that tell a time of this century to 10 us. */
#define DIGITS DECIMAL_DIGITS
/* Below this depth a value stays in one line. */
#define DEEPEST 3
/* An object of more scalars than this gets a line for each, at the top. */
#define WIDEST 5
/* Bytes of a document that are written at once. */
#define PAGE 16384
#define EXACT 9007199254740992.0 /* 2^53 */

static json_t *made(json_t *value)
{
	if (!value)
		die(EXIT_BROKEN, "no memory for a report");
	return value;
}

size_t js_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 :
		   *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || /* overlong */
	    (s[0] == 0xed && s[1] > 0x9f) || /* surrogates */
	    (s[0] == 0xf0 && s[1] < 0x90) || /* overlong */
	    (s[0] == 0xf4 && s[1] > 0x8f))   /* over U+10FFFF */
		return 0;
	return n;
}

/* Nearly all text is: no need to look closer. */
static bool is_ascii(const char *text)
{
	while (*text && !(*text & 0x80))
		text++;
	return !*text;
}

json_t *js_text(const char *text)
{
	_cleanup_str_ struct str s = STR_INIT;
	json_t *valid;
	size_t n;

	if (!text)
		return json_null();
	valid = is_ascii(text) ? json_string_nocheck(text) : json_string(text);
	if (valid)
		return valid;
	for (const char *at = text; *at; at += n ? n : 1) {
		n = js_utf8(at);
		if (n)
			str_add_n(&s, at, n);
		else
			str_add(&s, "\xef\xbf\xbd");
	}
	return made(json_stringn(s.buf, s.len));
}

json_t *js_number(double value)
{
	struct decimal decimal;
	char text[32];

	if (!isfinite(value))
		return json_null();
	if (value == trunc(value) && fabs(value) < EXACT)
		return made(json_integer((json_int_t)value));
	/* as it will be read: what a report in memory says is what its text says */
	if (decimal_round(value, DIGITS, &decimal))
		return made(json_real(decimal_value(&decimal)));
	snprintf(text, sizeof(text), "%.*g", DIGITS, value);
	return made(json_real(strtod(text, NULL)));
}

json_t *js_seconds(double value)
{
	return js_number(fabs(value) < 1e6 ? rint(value * 1e9) / 1e9 : value);
}

json_t *js_count(uint64_t value)
{
	return made(json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value));
}

void js_set(json_t *object, const char *key, json_t *value)
{
	made(value);
	if (is_ascii(key) ? json_object_set_new_nocheck(object, key, value) :
			    json_object_set_new(object, key, value))
		die(EXIT_BROKEN, "no memory for a report");
}

void js_add(json_t *array, json_t *value)
{
	if (json_array_append_new(array, made(value)))
		die(EXIT_BROKEN, "no memory for a report");
}

void js_set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		js_set(object, key, js_text(text));
}

void js_set_true(json_t *object, const char *key, bool value)
{
	if (value)
		js_set(object, key, json_true());
}

void js_copy(json_t *to, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value)
		js_set(to, key, json_incref(value));
}

const char *js_get_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

double js_get_number(const json_t *object, const char *key, double missing)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : missing;
}

bool js_get_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static bool holds_containers(const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	json_object_foreach((json_t *)value, key, member)
		if (json_is_object(member) || json_is_array(member))
			return true;
	json_array_foreach(value, i, member)
		if (json_is_object(member) || json_is_array(member))
			return true;
	return false;
}

static bool spread(const json_t *value, int depth)
{
	if (depth > DEEPEST)
		return false;
	if (depth == 1 && json_object_size(value) > WIDEST)
		return true;
	return holds_containers(value);
}

/* Where a document is printed to: memory, from which it goes to @out in pieces. */
struct page {
	struct str text;
	FILE *out; /* NULL: all of it stays in memory */
};

static void turn_page(struct page *p, size_t least)
{
	if (!p->out || p->text.len < least)
		return;
	fwrite(p->text.buf, 1, p->text.len, p->out);
	p->text.len = 0;
}

static void print(struct page *p, const json_t *value, int depth);

static void new_line(struct page *p, int depth, bool first)
{
	str_add(&p->text, first ? "\n" : ",\n");
	for (int i = 1; i < depth; i++)
		str_add_n(&p->text, "  ", 2);
}

static void print_object(struct page *p, const json_t *object, int depth)
{
	const char *key;
	json_t *member;
	bool first = true;

	str_add_n(&p->text, "{", 1);
	json_object_foreach((json_t *)object, key, member) {
		new_line(p, depth, first);
		js_quoted(&p->text, key);
		str_add_n(&p->text, ": ", 2);
		print(p, member, depth);
		first = false;
	}
}

static void print(struct page *p, const json_t *value, int depth)
{
	json_t *member;
	size_t i;

	if (!spread(value, depth)) {
		js_value(&p->text, value, DIGITS);
		turn_page(p, PAGE);
		return;
	}
	if (json_is_object(value)) {
		print_object(p, value, depth + 1);
	} else {
		str_add_n(&p->text, "[", 1);
		json_array_foreach(value, i, member) {
			new_line(p, depth + 1, !i);
			print(p, member, depth + 1);
		}
	}
	new_line(p, depth, true);
	str_add_n(&p->text, json_is_object(value) ? "}" : "]", 1);
}

void js_add_open(struct str *s, const json_t *object)
{
	struct page p = { *s, NULL };

	print_object(&p, object, 1);
	*s = p.text;
}

void js_print_open(const json_t *object, FILE *out)
{
	struct page p = { STR_INIT, out };

	print_object(&p, object, 1);
	turn_page(&p, 0);
	str_free(&p.text);
}

void js_print(const json_t *object, FILE *out)
{
	js_print_open(object, out);
	fputs("\n}\n", out);
}
