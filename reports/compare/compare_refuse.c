/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which cases are not compared, since their numbers do not mean the same. */
#include "reports/compare/compare_parts.h"

#include <string.h>

static void add_difference(struct str *s, const struct comparison *c, const char *key,
			   const json_t *base, const json_t *new)
{
	const json_t *value[SIDES] = { base, new };

	str_addf(s, "%s%s is ", s->len ? ", " : "", key);
	for (int side = 0; side < SIDES; side++) {
		char *text = value[side] ? json_dumps(value[side], JSON_ENCODE_ANY) : NULL;

		str_addf(s, "%s%s in %s", side ? ", " : "", text ? text : "not there",
			 c->side[side]->label);
		free(text);
	}
}

/* Members of one object or the other that differ. */
static void list_differences(struct str *s, const struct comparison *c, const json_t *base,
			     const json_t *new)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)base, key, value)
		if (strcmp(key, "options") &&
		    !json_equal(value, json_object_get(new, key)))
			add_difference(s, c, key, value, json_object_get(new, key));
	json_object_foreach((json_t *)new, key, value)
		if (strcmp(key, "options") && !json_object_get(base, key))
			add_difference(s, c, key, NULL, value);
}

/* NULL, or how the work of the two sides differs. */
static char *different_work(const struct comparison *c, const json_t *base, const json_t *new)
{
	_cleanup_str_ struct str s = STR_INIT;

	list_differences(&s, c, base, new);
	if (!c->o->setting)
		list_differences(&s, c, json_object_get(base, "options"),
				 json_object_get(new, "options"));
	return s.len ? xasprintf("different work: %s", s.buf) : NULL;
}

/* What executes a guest's instructions, as its host noted it in the report. */
static char *acceleration(const struct comparison *c, int side)
{
	char *noted = compare_fact(c, side, "machine.accel");

	if (strcmp(noted, "-"))
		return noted;
	free(noted);
	return xstrdup(compare_emulated(c, side) ? "tcg" : "none");
}

static char *different_accelerations(const struct comparison *c)
{
	_cleanup_free_ char *base = acceleration(c, SIDE_BASE);
	_cleanup_free_ char *new = acceleration(c, SIDE_NEW);

	if (!strcmp(base, new))
		return NULL;
	return xasprintf("different acceleration: %s in %s, %s in %s", base,
			 c->side[SIDE_BASE]->label, new, c->side[SIDE_NEW]->label);
}

/* Facts that must be equal for numbers to mean the same. */
static char *different_kind(const struct comparison *c)
{
	static const struct {
		const char *fact, *what;
	} facts[] = {
		{ "kernel.machine", "architecture" },
		{ "machine.exact", "exact mode" },
	};
	bool emulated[SIDES] = { compare_emulated(c, SIDE_BASE), compare_emulated(c, SIDE_NEW) };

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		_cleanup_free_ char *base = compare_fact(c, SIDE_BASE, facts[i].fact);
		_cleanup_free_ char *new = compare_fact(c, SIDE_NEW, facts[i].fact);

		if (strcmp(base, new))
			return xasprintf("different %s: %s in %s, %s in %s", facts[i].what,
					 base, c->side[SIDE_BASE]->label, new,
					 c->side[SIDE_NEW]->label);
	}
	if (emulated[SIDE_BASE] != emulated[SIDE_NEW])
		return xasprintf("only %s ran under emulation",
				 c->side[emulated[SIDE_BASE] ? SIDE_BASE : SIDE_NEW]->label);
	return different_accelerations(c);
}

static char *refusal(const struct comparison *c, const struct sample_case *of)
{
	for (int side = 0; side < SIDES; side++)
		if (of->mixed[side])
			return xasprintf("reports of %s differ in the options of this case",
					 c->side[side]->label);
	return different_work(c, of->work[SIDE_BASE], of->work[SIDE_NEW]);
}

static void refuse(struct comparison *c, const char *id, const char *reason)
{
	json_t *o = json_object();

	if (c->o->force) {
		js_add(c->notes, json_sprintf("compared by force: %s: %s", id, reason));
		json_decref(o);
		return;
	}
	js_set(o, "case", js_text(id));
	js_set(o, "reason", js_text(reason));
	js_add(c->refused, o);
}

static void check_case(struct comparison *c, struct case_view *v, const char *kind)
{
	_cleanup_free_ char *reason = kind ? xstrdup(kind) : refusal(c, v->of);

	if (!reason)
		return;
	refuse(c, v->of->id, reason);
	if (!c->o->force)
		v->refused = xstrdup(reason);
}

/* Cases of which each side has another form: told as one refusal. */
static void check_forms(struct comparison *c)
{
	struct samples *s = &c->samples;

	for (size_t i = 0; i < s->n_cases; i++) {
		_cleanup_free_ char *stem = samples_stem(s->cases[i].id);

		for (size_t k = 0; k < s->n_cases && s->cases[i].work[SIDE_BASE] &&
				   !s->cases[i].work[SIDE_NEW]; k++) {
			_cleanup_free_ char *other = samples_stem(s->cases[k].id);
			_cleanup_free_ char *reason = NULL;

			if (s->cases[k].work[SIDE_BASE] || strcmp(stem, other) ||
			    c->view[k].refused)
				continue;
			reason = different_work(c, s->cases[i].work[SIDE_BASE],
						s->cases[k].work[SIDE_NEW]);
			if (!reason)
				continue;
			refuse(c, stem, reason);
			c->view[i].refused = xstrdup(reason);
			c->view[k].refused = xstrdup(reason);
			break;
		}
	}
}

void compare_refuse_cases(struct comparison *c)
{
	_cleanup_free_ char *kind = different_kind(c);

	for (size_t i = 0; i < c->samples.n_cases; i++)
		if (c->view[i].of->work[SIDE_BASE] && c->view[i].of->work[SIDE_NEW])
			check_case(c, &c->view[i], kind);
	check_forms(c);
}
