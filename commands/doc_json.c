/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables as JSON; the names of the members are stable. */
#include <stdlib.h>

#include "commands/args.h"
#include "commands/doc.h"
#include "commands/stressor_rows.h"
#include "reports/json.h"

static json_t *word_array(const char *list)
{
	_cleanup_words_ struct words words = { 0 };
	json_t *array = json_array();

	if (list)
		words_split(&words, list, " \n");
	for (size_t i = 0; i < words.n; i++)
		js_add(array, js_text(words.word[i]));
	return array;
}

static json_t *line_array(const char *lines)
{
	_cleanup_words_ struct words words = { 0 };
	json_t *array = json_array();

	if (lines)
		words_split(&words, lines, "\n");
	for (size_t i = 0; i < words.n; i++)
		js_add(array, js_text(words.word[i]));
	return array;
}

static const char *type_word(const struct option *row)
{
	static const char *const types[] = {
		[OPTION_BOOL] = "bool",	    [OPTION_U32] = "count",
		[OPTION_U64] = "count",	    [OPTION_I64] = "integer",
		[OPTION_DOUBLE] = "number", [OPTION_TEXT] = "text",
	};

	if (row->unit == UNIT_BYTES)
		return "bytes";
	if (row->unit == UNIT_DURATION)
		return "duration";
	if (row->unit == UNIT_PERCENT)
		return "percent";
	return types[row->type];
}

static json_t *option_json(const char *prefix, const struct option *row)
{
	char name[ARGS_NAME], letter[2] = { row->letter, '\0' };
	json_t *o = json_object();

	js_set_text(o, "name", args_name(prefix, row, name));
	js_set_text(o, "type", type_word(row));
	js_set_text(o, "letter", row->letter ? letter : NULL);
	js_set_text(o, "alias", row->alias);
	js_set_text(o, "argument", doc_arg(row));
	js_set_true(o, "argument_optional", row->optional_arg);
	js_set_true(o, "repeatable", row->many);
	if (row->min)
		js_set(o, "min", row->type == OPTION_I64 ?
					 json_integer((json_int_t)row->min) :
					 js_count(row->min));
	if (row->max)
		js_set(o, "max", js_count(row->max));
	if (row->choices)
		js_set(o, "choices", word_array(row->choices));
	js_set_text(o, "default", row->def);
	js_set_text(o, "help", row->help);
	return o;
}

static json_t *doc_json_options(const char *prefix, const struct option *rows)
{
	json_t *array = json_array();

	for (const struct option *row = rows; row && row->name; row++)
		if (!row->hidden)
			js_add(array, option_json(prefix, row));
	return array;
}

static void need_member(void *ctx, const char *field, const char *text)
{
	js_set_text(ctx, field, text);
}

static json_t *needs_json(const struct needs *needs)
{
	json_t *o = json_object();

	doc_needs(needs, need_member, o);
	return o;
}

static json_t *methods_json(const struct entry *e)
{
	json_t *array = json_array();

	for (const struct method *m = e->stressor->methods; m && m->name; m++) {
		json_t *o = json_object();

		js_set_text(o, "name", m->name);
		js_set_text(o, "summary", m->summary);
		js_set_text(o, "unsupported", registry_unsupported(e, m));
		js_set(o, "exact", json_boolean(m->exact || e->stressor->exact));
		if (m->patience)
			js_set(o, "patience", json_integer(m->patience));
		js_set(o, "needs", needs_json(m->needs));
		js_add(array, o);
	}
	return array;
}

static json_t *metrics_json(const struct stressor *s)
{
	json_t *array = json_array();

	for (const struct metric *m = s->metrics; m && m->id; m++) {
		json_t *o = json_object();

		js_set_text(o, "id", m->id);
		js_set_text(o, "name", m->name);
		js_set_text(o, "unit", m->unit);
		js_set_text(o, "kind", doc_metric_kind(m));
		js_set_text(o, "better", doc_metric_better(m));
		js_set(o, "primary", json_boolean(m->primary));
		js_set(o, "version", json_integer(m->version));
		js_add(array, o);
	}
	return array;
}

static json_t *checks_json(const struct stressor *s)
{
	json_t *array = json_array();

	for (const struct check *c = s->checks; c && c->id; c++) {
		json_t *o = json_object();

		js_set_text(o, "id", c->id);
		js_set_text(o, "proves", c->proves);
		js_set(o, "deep", json_boolean(c->deep));
		js_set(o, "recorded", json_boolean(c->recorded != NULL));
		js_add(array, o);
	}
	return array;
}

json_t *doc_json_stressor(const struct entry *e)
{
	const struct stressor *s = e->stressor;
	_cleanup_free_ char *tags = doc_tags(e);
	struct stressor_rows core;
	json_t *o = json_object(), *options;
	_cleanup_json_ json_t *own = doc_json_options(e->name, s->options);

	stressor_rows_init(&core, e);
	options = doc_json_options(e->name, core.row);
	stressor_rows_free(&core);
	json_array_extend(options, own);
	js_set_text(o, "name", e->name);
	js_set_text(o, "summary", s->summary);
	js_set_text(o, "details", s->details);
	js_set_text(o, "unsupported", registry_unsupported(e, NULL));
	js_set(o, "tags", word_array(tags));
	js_set(o, "threads", json_boolean(s->threads));
	js_set(o, "exact", json_boolean(s->exact));
	js_set(o, "options", options);
	js_set(o, "methods", methods_json(e));
	js_set(o, "metrics", metrics_json(s));
	js_set(o, "checks", checks_json(s));
	js_set(o, "needs", needs_json(s->needs));
	js_set(o, "references", line_array(s->refs));
	return o;
}

static json_t *commands_json(const struct command *const *all);

static json_t *command_json(const struct command *c)
{
	json_t *o = json_object(), *options = json_array();

	for (const struct option_group *g = c->groups; g && g->title; g++) {
		_cleanup_json_ json_t *rows = doc_json_options(NULL, g->rows);

		json_array_extend(options, rows);
	}
	js_set_text(o, "name", c->name);
	js_set_text(o, "summary", c->summary);
	js_set_text(o, "words", c->words);
	js_set_text(o, "details", c->details);
	js_set(o, "stressor_options", json_boolean(c->stressors));
	js_set(o, "options", options);
	if (c->subs)
		js_set(o, "commands", commands_json(c->subs));
	return o;
}

static json_t *commands_json(const struct command *const *all)
{
	json_t *array = json_array();

	for (; *all; all++)
		js_add(array, command_json(*all));
	return array;
}

json_t *doc_json_all(const struct command *const *all)
{
	json_t *o = json_object(), *stressors = json_array();

	for (size_t i = 0; i < registry_size; i++)
		js_add(stressors, doc_json_stressor(&registry[i]));
	js_set_text(o, "version", STRAIN_VERSION);
	js_set(o, "options", doc_json_options(NULL, doc_program_options));
	js_set(o, "commands", commands_json(all));
	js_set(o, "stressors", stressors);
	return o;
}
