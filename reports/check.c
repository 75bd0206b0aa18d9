/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes over a document with a table of rules. */
#include <math.h>
#include <string.h>

#include "reports/check_rules.h"

#define EXACT 9007199254740992.0 /* 2^53 */
#define PLACE 160

/* Where in the document: a chain to its root. */
struct place {
	const struct place *up;
	const char *key; /* NULL: .index of a list */
	size_t index;
};

/* What lists have to be as long as. */
struct lengths {
	size_t trials, slices;
};

static void add_place(struct str *s, const struct place *at)
{
	if (!at)
		return;
	add_place(s, at->up);
	if (at->key)
		str_addf(s, "%s%.40s", s->len ? "." : "", at->key);
	else
		str_addf(s, "[%zu]", at->index);
}

static char *wrong(const struct place *at, const char *what)
{
	_cleanup_str_ struct str s = STR_INIT;

	add_place(&s, at);
	return xasprintf("%.*s %s", PLACE, s.buf, what);
}

static bool is_whole(const json_t *value)
{
	double number = json_number_value(value);

	return json_is_number(value) && number == trunc(number) &&
	       fabs(number) <= EXACT;
}

static bool is_pair(const json_t *value)
{
	return json_array_size(value) == 2 && is_whole(json_array_get(value, 0)) &&
	       is_whole(json_array_get(value, 1));
}

static bool is_bucket(const json_t *value)
{
	return is_pair(value) &&
	       json_number_value(json_array_get(value, 0)) >= 0 &&
	       json_number_value(json_array_get(value, 0)) < CHECK_BUCKETS &&
	       json_number_value(json_array_get(value, 1)) >= 0;
}

static bool is_word(const char *word, const char *words)
{
	return word && !strchr(word, ' ') && word_in(words, word);
}

/* What is wrong with a value that is neither list nor object; NULL: nothing. */
static const char *scalar_fault(const struct rule *r, const json_t *value)
{
	double number = json_number_value(value);

	switch (r->kind) {
	case RULE_TEXT:
		return json_is_string(value) ? NULL : "is not a text";
	case RULE_WORD:
		return is_word(json_string_value(value), r->words) ?
			       NULL : "is not a word that is known";
	case RULE_TRUTH:
		return json_is_boolean(value) ? NULL : "is neither true nor false";
	case RULE_COUNT:
		if (json_is_number(value) && number < 0)
			return "is negative";
		return is_whole(value) ? NULL : "is not a count";
	case RULE_WHOLE:
		return is_whole(value) ? NULL : "is not a whole number";
	case RULE_AMOUNT:
		if (json_is_number(value) && number < 0)
			return "is negative";
		return json_is_number(value) ? NULL : "is not a number";
	case RULE_NUMBER:
		return json_is_number(value) ? NULL : "is not a number";
	case RULE_SCALAR:
		return json_is_object(value) || json_is_array(value) ?
			       "is not a text or number" : NULL;
	case RULE_PAIR:
		return is_pair(value) ? NULL : "is not a pair of whole numbers";
	case RULE_BUCKET:
		return is_bucket(value) ? NULL : "is not a bucket and its count";
	default:
		return NULL;
	}
}

static char *check_object(const struct rule *rules, const json_t *o,
			  const struct lengths *outer, const struct place *at);

/* @null: it may be null in a list or a map, where it keeps its place. */
static char *check_one(const struct rule *r, const json_t *value, bool null,
		       const struct lengths *n, const struct place *at)
{
	const char *fault;

	if (null && json_is_null(value))
		return NULL;
	if (r->kind == RULE_OBJECT)
		return check_object(r->rules, value, n, at);
	fault = scalar_fault(r, value);
	return fault ? wrong(at, fault) : NULL;
}

/* Texts, words and objects of a list are all there; numbers may be null. */
static bool may_be_null(const struct rule *r)
{
	return r->kind != RULE_OBJECT && r->kind != RULE_TEXT && r->kind != RULE_WORD;
}

static char *check_list(const struct rule *r, const json_t *list,
			const struct lengths *n, const struct place *at)
{
	json_t *value;
	char *fault = NULL;
	size_t i;

	if (!json_is_array(list))
		return wrong(at, "is not a list");
	if (r->limit && json_array_size(list) > r->limit)
		return wrong(at, "has too many members");
	json_array_foreach(list, i, value) {
		fault = check_one(r, value, may_be_null(r), n,
				  &(struct place){ .up = at, .index = i });
		if (fault)
			break;
	}
	return fault;
}

/* @of: what there is to be one of for each. */
static char *check_long_list(const struct rule *r, const json_t *list, size_t length,
			     const char *of, const struct lengths *n,
			     const struct place *at)
{
	char says[80];

	if (json_is_array(list) && json_array_size(list) != length) {
		snprintf(says, sizeof(says), "has %zu members, but there are %zu %s",
			 json_array_size(list), length, of);
		return wrong(at, says);
	}
	return check_list(r, list, n, at);
}

static char *check_map(const struct rule *r, enum rule_form below, const json_t *map,
		       const struct lengths *n, const struct place *at);

static char *check_value(const struct rule *r, enum rule_form form, const json_t *value,
			 const struct lengths *n, const struct place *at)
{
	switch (form) {
	case LIST:
		return check_list(r, value, n, at);
	case LIST_TRIALS:
		return check_long_list(r, value, n->trials, "trials", n, at);
	case LIST_SLICES:
		return check_long_list(r, value, n->slices, "slices", n, at);
	case MAP:
		return check_map(r, ONE, value, n, at);
	case MAP_TRIALS:
		return check_map(r, LIST_TRIALS, value, n, at);
	case MAP_MAP:
		return check_map(r, MAP, value, n, at);
	case ONE:
	default:
		return check_one(r, value, may_be_null(r), n, at);
	}
}

/* @below: the form of its members. */
static char *check_map(const struct rule *r, enum rule_form below, const json_t *map,
		       const struct lengths *n, const struct place *at)
{
	const char *key;
	json_t *value;
	char *fault = NULL;

	if (!json_is_object(map))
		return wrong(at, "is not an object");
	if (r->limit && json_object_size(map) > r->limit)
		return wrong(at, "has too many members");
	json_object_foreach((json_t *)map, key, value) {
		fault = check_value(r, below, value, n,
				    &(struct place){ .up = at, .key = key });
		if (fault)
			break;
	}
	return fault;
}

static char *check_object(const struct rule *rules, const json_t *o,
			  const struct lengths *outer, const struct place *at)
{
	struct lengths n = *outer;
	char *fault = NULL;

	if (!json_is_object(o))
		return wrong(at, "is not an object");
	if (json_object_get(o, "trials"))
		n.trials = json_array_size(json_object_get(o, "trials"));
	if (json_object_get(o, "start"))
		n.slices = json_array_size(json_object_get(o, "start"));
	for (const struct rule *r = rules; r->key && !fault; r++) {
		const json_t *value = json_object_get(o, r->key);
		struct place here = { .up = at, .key = r->key };

		if (value && (r->required || !json_is_null(value)))
			fault = check_value(r, r->form, value, &n, &here);
		else if (r->required)
			fault = wrong(&here, "is missing");
	}
	return fault;
}

char *check_rules(const json_t *doc, const struct rule *rules)
{
	return check_object(rules, doc, &(struct lengths){ 0 }, NULL);
}
