/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the lines of the children of `strain ab` to one report: the cases of
 * both sides, told apart by label, and their trials, numbered through.
 */
#include <string.h>

#include "commands/ab.h"
#include "reports/lines.h"

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = js_get_text(o, key);

	return text ? text : "";
}

static unsigned number_of(const json_t *o, const char *key)
{
	return (unsigned)js_get_number(o, key, 0);
}

static const json_t *find_line(const json_t *lines, const char *kind)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
		if (!strcmp(text_of(line, "line"), kind))
			return line;
	return NULL;
}

void ab_merge_plan(struct ab_merge *m, int side, const json_t *lines)
{
	json_t *line;
	size_t i;

	if (m->cases[side])
		return;
	m->cases[side] = json_array();
	json_array_foreach(lines, i, line)
		if (!strcmp(text_of(line, "line"), "case"))
			js_add(m->cases[side], json_incref(line));
}

static const char *stressor_at(const json_t *cases, size_t at)
{
	return text_of(json_array_get(cases, at), "stressor");
}

/* The same stressors in the same order: a setting may change the rest. */
static bool alike(const struct ab_merge *m)
{
	size_t n = json_array_size(m->cases[0]);

	if (n != json_array_size(m->cases[1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(stressor_at(m->cases[0], i), stressor_at(m->cases[1], i)))
			return false;
	return true;
}

int ab_merge_match(const struct ab_merge *m, unsigned position)
{
	const char *id = text_of(json_array_get(m->cases[1], position), "id");
	json_t *line;
	size_t i;

	if (alike(m))
		return (int)position;
	json_array_foreach(m->cases[0], i, line)
		if (!strcmp(text_of(line, "id"), id))
			return (int)i;
	return -1;
}

/* Is the part of an id from @part to the next mark in @id too? */
static bool has_part(const char *id, const char *part, size_t n)
{
	for (const char *p = strpbrk(id, "/@+?&"); p; p = strpbrk(p + 1, "/@+?&"))
		if (!strncmp(p + 1, part + 1, n - 1) &&
		    (!p[n] || strchr("/@+?&", p[n])))
			return true;
	return false;
}

/* What both ids have in common: the name of what is compared. */
static char *common_id(const char *a, const char *b)
{
	size_t n = strcspn(a, "/@+?&");
	struct str id = STR_INIT;
	bool query = false;

	str_add_n(&id, a, n);
	for (const char *p = a + n; *p; p += n) {
		n = 1 + strcspn(p + 1, "/@+?&");
		if (!has_part(b, p, n))
			continue;
		/* the first option that stays has the question mark */
		if (strchr("?&", *p))
			str_addf(&id, "%c%.*s", query ? '&' : '?', (int)n - 1, p + 1);
		else
			str_add_n(&id, p, n);
		query = query || strchr("?&", *p);
	}
	return str_take(&id);
}

static void put(struct ab_merge *m, json_t *line)
{
	report_put(m->w, line);
	json_decref(line);
}

static json_t *side_json(const struct ab_side *s, const json_t *run)
{
	json_t *o = json_object();

	js_set(o, "label", js_text(s->label));
	js_set(o, "setting", js_text(s->text));
	js_set_text(o, "binary", s->binary);
	js_copy(o, run, "tool");
	return o;
}

static void put_run(struct ab_merge *m, json_t *const *lines)
{
	json_t *run = json_copy((json_t *)find_line(lines[0], "run"));
	json_t *sides = json_array();

	for (int side = 0; side < AB_SIDES; side++)
		js_add(sides, side_json(&m->sides[side],
					find_line(lines[side], "run")));
	json_object_update(run, m->head);
	js_set(run, "sides", sides);
	put(m, run);
}

/* The name of case @at of @side in the report. */
static char *name_of(const struct ab_merge *m, int side, unsigned at)
{
	const char *id = text_of(json_array_get(m->cases[side], at), "id");
	size_t n = json_array_size(m->cases[0]);

	if (side)
		return ab_merge_match(m, at) < 0 ? xstrdup(id) :
			common_id(text_of(json_array_get(m->cases[0],
							 ab_merge_match(m, at)), "id"), id);
	for (unsigned i = 0; i < json_array_size(m->cases[1]) && n; i++)
		if (ab_merge_match(m, i) == (int)at)
			return common_id(id, text_of(json_array_get(m->cases[1], i), "id"));
	return xstrdup(id);
}

static void put_cases(struct ab_merge *m, int side)
{
	json_t *line;
	size_t i;

	m->place[side] = m->n_cases;
	json_array_foreach(m->cases[side], i, line) {
		json_t *o = json_copy(line);
		_cleanup_free_ char *id = name_of(m, side, (unsigned)i);

		js_set(o, "case", js_count(m->n_cases++));
		js_set(o, "id", js_text(id));
		js_set(o, "label", js_text(m->sides[side].label));
		put(m, o);
	}
}

static void begin(struct ab_merge *m, json_t *const *lines)
{
	m->begun = true;
	put_run(m, lines);
	m->skips = json_array();
	m->notes = json_array();
	for (int side = 0; side < AB_SIDES; side++) {
		ab_merge_plan(m, side, lines[side]);
		if (!side)
			ab_merge_plan(m, 1, lines[1]);
		put_cases(m, side);
	}
}

/* True the first time; @list remembers. */
static bool is_new(json_t *list, json_t *value)
{
	json_t *known;
	size_t i;

	json_array_foreach(list, i, known)
		if (json_equal(known, value))
			return false;
	js_add(list, json_incref(value));
	return true;
}

static void put_note(struct ab_merge *m, int side, const json_t *line)
{
	_cleanup_free_ char *text = xasprintf("side %s: %s", m->sides[side].label,
					      text_of(line, "text"));
	json_t *note = line_note(text);

	if (is_new(m->notes, note))
		report_put(m->w, note);
	json_decref(note);
}

static json_t *moved(const struct ab_merge *m, int side, const json_t *of)
{
	json_t *o = json_copy((json_t *)of);

	js_set(o, "case", js_count(m->place[side] + number_of(of, "case")));
	return o;
}

static void put_trial(struct ab_merge *m, int side, unsigned pair, const json_t *line)
{
	json_t *o = json_copy((json_t *)line), *cases = json_array(), *result;
	size_t i;

	js_set(o, "order", js_count(m->order++));
	js_set(o, "number", js_count(pair));
	js_set(o, "pair", js_count(pair));
	json_array_foreach(json_object_get(line, "cases"), i, result)
		js_add(cases, moved(m, side, result));
	js_set(o, "cases", cases);
	put(m, o);
}

static void put_line(struct ab_merge *m, int side, unsigned pair, const json_t *line)
{
	const char *kind = text_of(line, "line");
	json_t *o;

	if (!strcmp(kind, "trial")) {
		put_trial(m, side, pair, line);
	} else if (!strcmp(kind, "note")) {
		put_note(m, side, line);
	} else if (!strcmp(kind, "skip")) {
		o = moved(m, side, line);
		if (is_new(m->skips, o))
			report_put(m->w, o);
		json_decref(o);
	} else if (!strcmp(kind, "bulk")) {
		/* its trial came just before */
		o = moved(m, side, line);
		js_set(o, "order", js_count(m->order - 1));
		put(m, o);
	}
}

void ab_merge_pair(struct ab_merge *m, unsigned pair, json_t *const *lines)
{
	json_t *line;
	size_t i;

	if (!m->begun)
		begin(m, lines);
	for (int side = 0; side < AB_SIDES; side++)
		json_array_foreach(lines[side], i, line)
			put_line(m, side, pair, line);
}

void ab_merge_free(struct ab_merge *m)
{
	for (int side = 0; side < AB_SIDES; side++)
		json_decref(m->cases[side]);
	json_decref(m->notes);
	json_decref(m->skips);
	json_decref(m->head);
}
