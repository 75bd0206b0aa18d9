/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * openmetrics: samples without timestamps in the text format that Prometheus
 * reads and node_exporter takes from *.prom files; with --strict OpenMetrics
 * 1.0, which has units, types of its own and an end. One family after the
 * other, each with one HELP and TYPE; names are ours, only label values come
 * from the documents. Values are in base units.
 */
#include "reports/render/openmetrics.h"

#include <math.h>
#include <string.h>

struct openmetrics_opts {
	bool strict;
};

/* clang-format off */
const struct option render_openmetrics_options[] = {
	OPTION(struct openmetrics_opts, strict, .help = "OpenMetrics 1.0: units, states and an end mark, which the textfile collector of node_exporter does not take"),
	{}
};
/* clang-format on */

static void escape(struct str *s, const char *value)
{
	_cleanup_free_ char *clean = text_clean(value);

	for (const char *at = clean; *at; at++) {
		if (*at == '\\' || *at == '"')
			str_add(s, "\\");
		str_add_n(s, at, 1);
	}
}

void openmetrics_label(struct str *labels, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	str_addf(labels, "%s%s=\"", labels->len ? "," : "", name);
	escape(labels, value);
	str_add(labels, "\"");
}

void openmetrics_family(struct openmetrics *m, const struct openmetrics_family *f)
{
	const char *type = m->strict ? f->type : "gauge";
	bool info = !strcmp(f->type, "info");

	m->family = f;
	m->begun = false;
	json_decref(m->seen);
	m->seen = json_object();
	str_free(&m->head);
	/* only OpenMetrics leaves the suffix out of an info's name */
	str_addf(&m->head, "# HELP %s%s %s\n", f->name, info && !m->strict ? "_info" : "",
		 f->help);
	str_addf(&m->head, "# TYPE %s%s %s\n", f->name, info && !m->strict ? "_info" : "",
		 type);
	if (m->strict && f->unit)
		str_addf(&m->head, "# UNIT %s %s\n", f->name, f->unit);
}

void openmetrics_sample(struct openmetrics *m, const char *labels, double value)
{
	bool info = !strcmp(m->family->type, "info");

	/* a series may be there once; which documents promise, hostile ones not */
	if (!isfinite(value) || json_object_get(m->seen, labels))
		return;
	js_set(m->seen, labels, json_true());
	if (!m->begun)
		fputs(m->head.buf, m->out);
	m->begun = true;
	fprintf(m->out, "%s%s%s%s%s %.15g\n", m->family->name, info ? "_info" : "",
		*labels ? "{" : "", labels, *labels ? "}" : "", value);
}

void openmetrics_states(struct openmetrics *m, const char *labels, const char *key,
			const char *const *states, const char *state)
{
	/* the label of a stateset has the name of the family */
	for (; *states; states++) {
		_cleanup_str_ struct str s = STR_INIT;

		str_add(&s, labels);
		openmetrics_label(&s, m->strict ? m->family->name : key, *states);
		openmetrics_sample(m, s.buf, !strcmp(*states, state));
	}
}

static int render(const struct render_input *in, const void *values, FILE *out,
		  char **why)
{
	const struct openmetrics_opts *opts = values;
	struct openmetrics m = { .out = out, .strict = opts->strict, .head = STR_INIT };

	(void)why;
	if (in->comparison)
		openmetrics_comparison(&m, in->comparison);
	else
		openmetrics_reports(&m, in);
	if (m.strict)
		fputs("# EOF\n", out);
	json_decref(m.seen);
	str_free(&m.head);
	return 0;
}

const struct renderer render_openmetrics = {
	.name = "openmetrics",
	.summary = "samples for Prometheus, as a textfile or in OpenMetrics",
	.rows = render_openmetrics_options,
	.size = sizeof(struct openmetrics_opts),
	.render = render,
};
