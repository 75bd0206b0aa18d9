/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * strain list --why-skip: the plan of a run of everything selected, made and
 * not run. What the plan cannot see, the stressor's own probe says.
 */
#include <stdlib.h>
#include <string.h>

#include "commands/doc.h"
#include "commands/list.h"
#include "core/run.h"
#include "reports/json.h"

#define INDENT 6 /* of what explains a skip */

/* What a probe said of a stressor and method, kept for its other cases. */
struct probed {
	const struct entry *entry;
	const struct method *method;
	bool done;
	char *reason;
};

static const char *probe(struct probed *last, const struct run_case *c)
{
	if (!last->done || last->entry != c->entry || last->method != c->method) {
		free(last->reason);
		*last = (struct probed){ c->entry, c->method, true,
					 run_probe(c->entry, c->method) };
	}
	return last->reason;
}

static void text_row(struct str *out, const char *id, const char *reason,
		     const char *remedy)
{
	if (!reason) {
		str_addf(out, "runs  %s\n", id);
		return;
	}
	str_addf(out, "skip  %s\n%*s", id, INDENT, "");
	doc_wrap(out, reason, INDENT, INDENT);
	if (remedy && *remedy) {
		str_addf(out, "%*sto get it: ", INDENT, "");
		doc_wrap(out, remedy, INDENT, INDENT + strlen("to get it: "));
	}
}

static json_t *json_row(const struct run_case *c, const char *reason,
			const char *remedy)
{
	json_t *o = json_object();

	js_set_text(o, "case", c->id);
	js_set_text(o, "stressor", c->entry->name);
	js_set_text(o, "method", c->method ? c->method->name : NULL);
	js_set_text(o, "filesystem", c->fs ? c->fs->name : NULL);
	js_set(o, "runs", json_boolean(!reason));
	js_set_text(o, "reason", reason);
	js_set_text(o, "remedy", remedy && *remedy ? remedy : NULL);
	return o;
}

enum exit_code list_why_skip(const struct select *s, bool json)
{
	_cleanup_str_ struct str out = STR_INIT;
	_cleanup_json_ json_t *array = json_array();
	struct probed probed = { 0 };
	struct plan plan = { 0 };
	size_t runs = 0;
	char *why = NULL;

	if (plan_make(s->selected, s->n, ORDER_SEQUENTIAL, &s->settings, &plan,
		      &why))
		die(EXIT_USAGE, "%s", why);
	run_setups(&plan, &s->settings);
	for (size_t i = 0; i < plan.n_cases; i++) {
		const struct run_case *c = &plan.cases[i];
		const char *reason = c->skip ? c->skip : probe(&probed, c);

		runs += !reason;
		if (json)
			js_add(array, json_row(c, reason, c->remedy));
		else
			text_row(&out, c->id, reason, c->remedy);
	}
	str_addf(&out, "%zu cases would run, %zu would be skipped\n", runs,
		 plan.n_cases - runs);
	free(probed.reason);
	plan_free(&plan);
	if (json)
		return doc_stdout_json(json_incref(array));
	return doc_stdout(out.buf);
}
