/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the documents say of options and stressors, whatever they look like. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/value.h"
#include "commands/args.h"
#include "commands/doc.h"
#include "commands/stressor_rows.h"

const char *doc_arg(const struct option *row)
{
	if (row->type == OPTION_BOOL)
		return NULL;
	if (row->arg)
		return row->arg;
	if (row->unit == UNIT_BYTES)
		return "SIZE";
	if (row->unit == UNIT_DURATION)
		return "TIME";
	if (row->unit == UNIT_PERCENT)
		return "P%";
	if (row->type == OPTION_TEXT)
		return row->choices ? "WORD" : "TEXT";
	return row->type == OPTION_DOUBLE ? "X" : "N";
}

static const char *bound(const struct option *row, char *buf, uint64_t value)
{
	if (row->unit == UNIT_BYTES)
		return value_format_bytes(buf, value);
	if (row->unit == UNIT_DURATION)
		return value_format_duration(buf, value);
	if (row->type == OPTION_I64)
		snprintf(buf, VALUE_TEXT, "%" PRId64, (int64_t)value);
	else
		snprintf(buf, VALUE_TEXT, "%" PRIu64 "%s", value,
			 row->unit == UNIT_PERCENT ? "%" : "");
	return buf;
}

/* "default 10s; 1ms to 1h": what follows the help; to free. */
static char *doc_range(const struct option *row)
{
	char min[VALUE_TEXT], max[VALUE_TEXT];
	struct str s = STR_INIT;

	if (row->choices)
		str_addf(&s, "%s: %s", row->many ? "any of" : "one of",
			 row->choices);
	if (row->min && row->max)
		str_addf(&s, "%s to %s", bound(row, min, row->min),
			 bound(row, max, row->max));
	else if (row->max)
		str_addf(&s, "at most %s", bound(row, max, row->max));
	else if (row->min)
		str_addf(&s, "at least %s", bound(row, min, row->min));
	if (row->def)
		str_addf(&s, "%sdefault %s", s.len ? "; " : "", row->def);
	return str_take(&s);
}

static void one_option(struct str *out, const struct doc_style *style,
		       const char *prefix, const struct option *row)
{
	_cleanup_free_ char *range = doc_range(row);
	_cleanup_free_ char *text = NULL;
	char name[ARGS_NAME];
	struct doc_option o = {
		.letter = row->letter,
		.name = args_name(prefix, row, name),
		.alias = row->alias,
		.arg = doc_arg(row),
		.optional_arg = row->optional_arg,
	};

	text = *range ? xasprintf("%s (%s)", row->help, range) :
			xstrdup(row->help);
	o.text = text;
	style->option(out, &o);
}

void doc_options(struct str *out, const struct doc_style *style,
		 const char *prefix, const struct option *rows)
{
	for (const struct option *row = rows; row && row->name; row++)
		if (!row->hidden)
			one_option(out, style, prefix, row);
}

char *doc_tags(const struct entry *e)
{
	return xasprintf("%s%s%s", e->folder, e->stressor->tags ? " " : "",
			 e->stressor->tags ? e->stressor->tags : "");
}

const char *doc_metric_kind(const struct metric *m)
{
	static const char *const words[] = {
		[METRIC_RATE] = "rate",	      [METRIC_COST] = "cost",
		[METRIC_LATENCY] = "latency", [METRIC_GAUGE] = "gauge",
		[METRIC_RATIO] = "ratio",
	};

	return words[m->kind];
}

const char *doc_metric_better(const struct metric *m)
{
	static const char *const words[] = {
		[BETTER_HIGHER] = "higher",
		[BETTER_LOWER] = "lower",
		[BETTER_NEITHER] = "neither",
	};

	return words[m->better];
}

char *doc_metric(const struct metric *m)
{
	const char *kind = doc_metric_kind(m);
	bool bare = !strcmp(m->unit, kind); /* a ratio in ratio */

	return xasprintf("%s%s%s%s: %s, %s is better%s", m->name,
			 bare ? "" : " (", bare ? "" : m->unit, bare ? "" : ")",
			 kind, doc_metric_better(m),
			 m->primary ? "; judged by comparisons" : "");
}

static void need_number(uint64_t value, const char *field, bool bytes,
			void (*each)(void *ctx, const char *field,
				     const char *text),
			void *ctx)
{
	char buf[VALUE_TEXT];

	if (!value)
		return;
	if (bytes)
		value_format_bytes(buf, value);
	else
		snprintf(buf, sizeof(buf), "%" PRIu64, value);
	each(ctx, field, buf);
}

void doc_needs(const struct needs *needs,
	       void (*each)(void *ctx, const char *field, const char *text),
	       void *ctx)
{
	static const struct {
		const char *field;
		size_t offset;
	} texts[] = {
		{ "kernel", offsetof(struct needs, kernel) },
		{ "kernel-note", offsetof(struct needs, kernel_note) },
		{ "kconfig", offsetof(struct needs, kconfig) },
		{ "caps", offsetof(struct needs, caps) },
		{ "arch", offsetof(struct needs, arch) },
		{ "module", offsetof(struct needs, module) },
		{ "files", offsetof(struct needs, files) },
		{ "writable", offsetof(struct needs, writable) },
		{ "commands", offsetof(struct needs, commands) },
		{ "filesystems", offsetof(struct needs, filesystems) },
	};

	if (!needs)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *const *at = (const void *)((const char *)needs +
						       texts[i].offset);
		if (*at)
			each(ctx, texts[i].field, *at);
	}
	need_number(needs->memory, "memory", true, each, ctx);
	need_number(needs->cpus, "cpus", false, each, ctx);
	need_number(needs->nodes, "nodes", false, each, ctx);
}

/* Where the rows of the needs go. */
struct rows {
	struct str *out;
	const struct doc_style *style;
	const char *methods; /* names; NULL: the stressor itself */
	const struct needs *needs;
	bool begun;
};

static void need_row(void *ctx, const char *field, const char *text)
{
	struct rows *r = ctx;
	bool kernel = !strcmp(field, "kernel"), note = kernel && r->needs->kernel_note;
	_cleanup_free_ char *of = r->methods ? xasprintf(" (%s)", r->methods) :
					       xstrdup("");
	_cleanup_free_ char *shown = xasprintf(
		"%s%s%s%s%s", text, kernel ? " or newer" : "", note ? ", for " : "",
		note ? r->needs->kernel_note : "", of);

	if (!strcmp(field, "kernel-note"))
		return;
	if (!r->begun) {
		r->style->section(r->out, "needs");
		r->style->begin(r->out);
		r->begun = true;
	}
	r->style->row(r->out, field, shown);
}

/* Names of the methods from @first on that have its needs; "" when one before
 * them has. */
static char *methods_with_needs(const struct method *all, const struct method *first)
{
	struct str names = STR_INIT;

	for (const struct method *m = all; m->name; m++) {
		if (m->needs != first->needs)
			continue;
		if (m < first)
			break;
		str_addf(&names, "%s%s", names.len ? ", " : "", m->name);
	}
	return str_take(&names);
}

static void stressor_needs(struct str *out, const struct doc_style *style,
			   const struct stressor *s)
{
	struct rows rows = { .out = out, .style = style, .needs = s->needs };

	doc_needs(s->needs, need_row, &rows);
	for (const struct method *m = s->methods; m && m->name; m++) {
		_cleanup_free_ char *names = methods_with_needs(s->methods, m);

		if (!m->needs || !*names)
			continue;
		rows.methods = names;
		rows.needs = m->needs;
		doc_needs(m->needs, need_row, &rows);
	}
	if (rows.begun)
		style->end(out);
}

static void stressor_methods(struct str *out, const struct doc_style *style,
			     const struct entry *e)
{
	if (!e->stressor->methods)
		return;
	style->section(out, "methods");
	style->begin(out);
	for (const struct method *m = e->stressor->methods; m->name; m++) {
		const char *missing = registry_unsupported(e, m);
		_cleanup_free_ char *text =
			missing ? xasprintf("%s (not in this binary: %s)",
					    m->summary ? m->summary : "", missing) :
				  xstrdup(m->summary ? m->summary : "");

		style->row(out, m->name, text);
	}
	style->end(out);
}

static void stressor_metrics(struct str *out, const struct doc_style *style,
			     const struct stressor *s)
{
	if (!s->metrics)
		return;
	style->section(out, "metrics");
	style->begin(out);
	for (const struct metric *m = s->metrics; m->id; m++) {
		_cleanup_free_ char *text = doc_metric(m);

		style->row(out, m->id, text);
	}
	style->end(out);
}

static void stressor_checks(struct str *out, const struct doc_style *style,
			    const struct stressor *s)
{
	if (!s->checks)
		return;
	style->section(out, "checks");
	style->begin(out);
	for (const struct check *c = s->checks; c->id; c++) {
		_cleanup_free_ char *text = xasprintf(
			"%s%s", c->proves, c->deep ? " (with --verify)" : "");

		style->row(out, c->id, text);
	}
	style->end(out);
}

static void stressor_refs(struct str *out, const struct doc_style *style,
			  const struct stressor *s)
{
	_cleanup_words_ struct words lines = { 0 };

	if (!s->refs)
		return;
	words_split(&lines, s->refs, "\n");
	style->section(out, "references");
	style->begin(out);
	for (size_t i = 0; i < lines.n; i++)
		style->row(out, lines.word[i], "");
	style->end(out);
}

void doc_stressor(struct str *out, const struct doc_style *style,
		  const struct entry *e)
{
	const struct stressor *s = e->stressor;
	const char *missing = registry_unsupported(e, NULL);
	_cleanup_free_ char *tags = doc_tags(e);
	_cleanup_free_ char *line = xasprintf("Tags: %s.", tags);
	struct stressor_rows core;

	if (s->details)
		style->paragraph(out, s->details);
	style->paragraph(out, line);
	if (missing) {
		_cleanup_free_ char *text =
			xasprintf("Not in this binary: %s.", missing);

		style->paragraph(out, text);
	}
	style->section(out, "options");
	style->begin(out);
	stressor_rows_init(&core, e);
	doc_options(out, style, e->name, core.row);
	stressor_rows_free(&core);
	doc_options(out, style, e->name, s->options);
	style->end(out);
	stressor_methods(out, style, e);
	stressor_metrics(out, style, s);
	stressor_checks(out, style, s);
	stressor_needs(out, style, s);
	stressor_refs(out, style, s);
}

void doc_any_stressor(struct str *out, const struct doc_style *style)
{
	static const struct method any_method[] = { { .name = "" }, {} };
	const struct stressor any = { .methods = any_method, .threads = true };
	const struct entry e = { .name = "NAME", .stressor = &any };
	struct stressor_rows core;

	stressor_rows_init(&core, &e);
	for (struct option *row = core.row; row->name; row++)
		row->choices = NULL;
	doc_options(out, style, "NAME", core.row);
	stressor_rows_free(&core);
}
