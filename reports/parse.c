/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/parse.h"

#include <string.h>

#include "base/msg.h"
#include "reports/parse_parts.h"

/* What jansson needs for a value on 64 bit, with the allocator's share. */
enum { COST_OBJECT = 320, COST_LIST = 160, COST_TEXT = 112, COST_OTHER = 48 };

json_t *parse_fail(struct parse *p, const char *wrong)
{
	p->wrong = p->at < p->end ? wrong : "the text ends in the middle";
	return NULL;
}

static json_t *over(struct parse *p, const char *wrong)
{
	p->limit = true;
	p->wrong = wrong;
	return NULL;
}

static bool take(struct parse *p, size_t cost)
{
	if (cost > p->memory) {
		over(p, "it has too many values");
		return false;
	}
	p->memory -= cost;
	return true;
}

static json_t *made(json_t *value)
{
	if (!value)
		die(EXIT_BROKEN, "no memory for a report");
	return value;
}

static void skip_space(struct parse *p)
{
	while (*p->at == ' ' || *p->at == '\n' || *p->at == '\t' || *p->at == '\r')
		p->at++;
}

/* --- what is passed over --------------------------------------------------- */

enum kind { PLAIN, QUOTE, OPEN, CLOSE, COMMA };

static const unsigned char kind_of[256] = {
	['"'] = QUOTE, ['{'] = OPEN,  ['['] = OPEN,
	['}'] = CLOSE, [']'] = CLOSE, [','] = COMMA,
};

/* Behind the string that begins at @at; @end when it does not end. */
static char *string_end(char *at, char *end)
{
	char *quote = at;

	while ((quote = memchr(quote + 1, '"', end - quote - 1))) {
		const char *before = quote;

		while (before[-1] == '\\')
			before--;
		if ((quote - before) % 2 == 0)
			return quote + 1;
	}
	return end;
}

static void pass_over(struct parse *p)
{
	size_t depth = 0;

	while (p->at < p->end) {
		switch (kind_of[(unsigned char)*p->at]) {
		case QUOTE:
			p->at = string_end(p->at, p->end);
			continue;
		case OPEN:
			depth++;
			break;
		case CLOSE:
			if (!depth)
				return;
			depth--;
			break;
		case COMMA:
			if (!depth)
				return;
			break;
		default:
			break;
		}
		p->at++;
	}
}

static uint64_t mix(const char *name, size_t n)
{
	return 1ULL << ((n * 5 + (unsigned char)*name) % 64);
}

static struct names names_make(const char *list)
{
	struct names names = { .list = list };

	for (const char *at = list; *at; at += strspn(at, " ")) {
		names.mixes |= mix(at, strcspn(at, " "));
		at += strcspn(at, " ");
	}
	return names;
}

static bool names_have(const struct names *names, const char *name, size_t n)
{
	return (names->mixes & mix(name, n)) && n && word_in(names->list, name);
}

/* --- values ---------------------------------------------------------------- */

static json_t *parse_value(struct parse *p);

static json_t *parse_text(struct parse *p)
{
	size_t n;
	const char *text = parse_string(p, &n);

	if (!text || !take(p, COST_TEXT + n))
		return NULL;
	return made(json_stringn_nocheck(text, n));
}

static json_t *parse_word(struct parse *p, const char *word, json_t *value)
{
	size_t n = strlen(word);

	if ((size_t)(p->end - p->at) < n || memcmp(p->at, word, n))
		return parse_fail(p, "this is not a value");
	p->at += n;
	return value;
}

/* A name, its colon and its value; false: it failed. */
static bool parse_member(struct parse *p, json_t *object)
{
	size_t n, before = json_object_size(object);
	const char *name = *p->at == '"' ? parse_string(p, &n) : NULL;
	char *at = p->at;
	json_t *value;

	if (!name) {
		if (!p->wrong)
			parse_fail(p, "a name in quotes is missing");
		return false;
	}
	skip_space(p);
	if (*p->at != ':') {
		parse_fail(p, "a ':' is missing");
		return false;
	}
	p->at++;
	if (names_have(&p->skip[p->depth], name, n)) {
		pass_over(p);
		return true;
	}
	value = take(p, COST_TEXT + n) ? parse_value(p) : NULL;
	if (!value)
		return false;
	if (json_object_set_new_nocheck(object, name, value))
		die(EXIT_BROKEN, "no memory for a report");
	if (json_object_size(object) > before)
		return true;
	p->at = at;
	parse_fail(p, "a name is there twice");
	return false;
}

static bool parse_element(struct parse *p, json_t *list)
{
	json_t *value = parse_value(p);

	if (!value)
		return false;
	js_add(list, value);
	return take(p, COST_OTHER);
}

/* The members of a list or an object up to the brace @close. */
static json_t *parse_members(struct parse *p, json_t *of, char close,
			     bool (*member)(struct parse *p, json_t *of))
{
	bool fine = true;

	p->at++;
	p->depth++;
	skip_space(p);
	if (*p->at != close) {
		while ((fine = member(p, of))) {
			skip_space(p);
			if (*p->at != ',')
				break;
			p->at++;
			skip_space(p);
		}
		if (fine && *p->at != close) {
			parse_fail(p, close == '}' ? "a ',' or '}' is missing" :
						     "a ',' or ']' is missing");
			fine = false;
		}
	}
	if (!fine) {
		json_decref(of);
		return NULL;
	}
	p->at++;
	p->depth--;
	return of;
}

static json_t *parse_value(struct parse *p)
{
	skip_space(p);
	if ((*p->at == '{' || *p->at == '[') && p->depth == PARSE_DEPTH)
		return over(p, "it is nested too deep");
	switch (*p->at) {
	case '{':
		return take(p, COST_OBJECT) ?
			       parse_members(p, made(json_object()), '}', parse_member) :
			       NULL;
	case '[':
		return take(p, COST_LIST) ?
			       parse_members(p, made(json_array()), ']', parse_element) :
			       NULL;
	case '"':
		return parse_text(p);
	case 't':
		return parse_word(p, "true", json_true());
	case 'f':
		return parse_word(p, "false", json_false());
	case 'n':
		return parse_word(p, "null", json_null());
	default:
		return parse_number(p);
	}
}

/* The place is found only when it is needed. */
static void tell(const struct parse *p, struct parse_result *r)
{
	const char *line = p->start;
	size_t n = p->end - p->at;

	r->wrong = p->wrong;
	r->limit = p->limit;
	r->line = 1;
	for (const char *at = p->start; (at = memchr(at, '\n', p->at - at)); at++) {
		r->line++;
		line = at + 1;
	}
	r->column = p->at - line + 1;
	n = n < sizeof(r->near) ? n : sizeof(r->near) - 1;
	memcpy(r->near, p->at, n);
	r->near[n] = '\0';
}

json_t *parse_json(char *text, size_t n, const struct parse_skip *skip,
		   size_t *memory, struct parse_result *r)
{
	struct parse p = { .start = text, .at = text, .end = text + n,
			   .memory = *memory };
	json_t *value;

	for (; skip && skip->names; skip++)
		p.skip[skip->depth] = names_make(skip->names);
	skip_space(&p);
	value = *p.at == '{' ? parse_value(&p) : parse_fail(&p, "this is not an object");
	skip_space(&p);
	if (value && p.at < p.end) {
		json_decref(value);
		value = parse_fail(&p, "this is behind the end");
	}
	*memory = p.memory;
	if (!value)
		tell(&p, r);
	return value;
}
