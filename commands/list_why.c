/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * strain list --why-skip: the plan of a run of everything selected, made and
 * not run. What the plan cannot see, the stressor's own probe says.
 */
#include <stdlib.h>

#include "commands/doc.h"
#include "commands/list.h"
#include "core/run.h"
#include "reports/json.h"

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
	_cleanup_free_ char *text = NULL;

	if (!reason)
		text = xstrdup("runs");
	else if (remedy && *remedy)
		text = xasprintf("skip: %s (get it: %s)", reason, remedy);
	else
		text = xasprintf("skip: %s", reason);
	doc_text.row(out, id, text);
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
	char *why = NULL;

	if (plan_make(s->selected, s->n, ORDER_SEQUENTIAL, &s->settings, &plan,
		      &why))
		die(EXIT_USAGE, "%s", why);
	for (size_t i = 0; i < plan.n_cases; i++) {
		const struct run_case *c = &plan.cases[i];
		const char *reason = c->skip ? c->skip : probe(&probed, c);

		if (json)
			js_add(array, json_row(c, reason, c->remedy));
		else
			text_row(&out, c->id, reason, c->remedy);
	}
	free(probed.reason);
	plan_free(&plan);
	if (json)
		return doc_stdout_json(json_incref(array));
	return doc_stdout(out.buf);
}
