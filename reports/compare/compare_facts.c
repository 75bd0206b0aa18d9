/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the machines and kernels of the two sides differ. */
#include "reports/compare/compare_parts.h"

#include <stdlib.h>
#include <string.h>

/* Values of a side that are shown, the rest is counted. */
#define SHOWN 3

/* What may be the cause comes first. */
static const char *const ranks[] = {
	"kernel.release",      "kernel.version",	"kernel.machine",
	"kernel.command_line", "kernel.config.digest",	"kernel.preemption",
	"kernel.",	       "sysctl.",		"fs.",
	"machine.",	       "environment.",		"tool.version",
	"tool.commit",	       "tool.",			"settings.",
	"libraries.",
};

static size_t rank(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ranks); i++)
		if (!strncmp(name, ranks[i], strlen(ranks[i])))
			break;
	return i;
}

static int by_rank(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	size_t i = rank(x), k = rank(y);

	return i != k ? (i < k ? -1 : 1) : strcmp(x, y);
}

static void add_value(struct str *s, const json_t *value)
{
	char *text;

	if (json_is_string(value)) {
		str_add(s, json_string_value(value));
		return;
	}
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	str_add(s, text ? text : "");
	free(text);
}

char *compare_fact(const struct comparison *c, int side, const char *name)
{
	const json_t *list = json_object_get(c->samples.facts[side], name);
	size_t n = json_array_size(list);
	struct str s = STR_INIT;

	if (!n)
		return xstrdup("-");
	for (size_t i = 0; i < n && i < SHOWN; i++) {
		str_add(&s, i ? " | " : "");
		add_value(&s, json_array_get(list, i));
	}
	if (n > SHOWN)
		str_addf(&s, " | %zu more", n - SHOWN);
	return str_take(&s);
}

bool compare_emulated(const struct comparison *c, int side)
{
	_cleanup_free_ char *hypervisor = compare_fact(c, side, "machine.hypervisor");

	return strstr(hypervisor, "tcg") != NULL;
}

bool compare_exact(const struct comparison *c)
{
	_cleanup_free_ char *base = compare_fact(c, SIDE_BASE, "machine.exact");
	_cleanup_free_ char *new = compare_fact(c, SIDE_NEW, "machine.exact");

	return !strcmp(base, "true") && !strcmp(new, "true");
}

double compare_threshold(const struct comparison *c)
{
	if (c->o->threshold > 0)
		return c->o->threshold;
	return compare_exact(c) ? COMPARE_THRESHOLD_EXACT : COMPARE_THRESHOLD;
}

static bool has(const json_t *list, const json_t *value)
{
	json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
		if (json_equal(member, value))
			return true;
	return false;
}

/* The same values, in whatever order. */
static bool same_values(const json_t *a, const json_t *b)
{
	json_t *value;
	size_t i;

	if (json_array_size(a) != json_array_size(b))
		return false;
	json_array_foreach(a, i, value)
		if (!has(b, value))
			return false;
	return true;
}

/* Facts depend on what ran: one that a side lacks is a difference only where
 * both sides were asked for the same ones. */
static bool optional(const char *name)
{
	return strncmp(name, "kernel.", 7) && strncmp(name, "tool.", 5);
}

static void add_names(const struct comparison *c, int side, bool all, struct words *names)
{
	json_t *facts = c->samples.facts[side], *other = c->samples.facts[!side], *list;
	const char *name;

	json_object_foreach(facts, name, list) {
		json_t *there = json_object_get(other, name);

		if (there ? side == SIDE_BASE && !same_values(list, there) :
			    all || !optional(name))
			words_add(names, name);
	}
}

/* Do both sides have the same cases, and so were asked for the same facts? */
static bool same_cases(const struct comparison *c)
{
	for (size_t i = 0; i < c->samples.n_cases; i++)
		if (!c->samples.cases[i].work[0] || !c->samples.cases[i].work[1])
			return false;
	return true;
}

json_t *compare_environment(const struct comparison *c)
{
	_cleanup_words_ struct words names = { 0 };
	json_t *list = json_array();

	add_names(c, SIDE_BASE, same_cases(c), &names);
	add_names(c, SIDE_NEW, same_cases(c), &names);
	if (names.n)
		qsort(names.word, names.n, sizeof(*names.word), by_rank);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_ char *base = compare_fact(c, SIDE_BASE, names.word[i]);
		_cleanup_free_ char *new = compare_fact(c, SIDE_NEW, names.word[i]);
		json_t *o = json_object();

		js_set(o, "name", js_text(names.word[i]));
		js_set(o, "base", js_text(base));
		js_set(o, "new", js_text(new));
		js_add(list, o);
	}
	return list;
}
