/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a bisection remembers from boot to boot: a JSON file of its steps. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "commands/bisect.h"
#include "reports/compare/compare_print.h"
#include "reports/output.h"
#include "reports/text.h"

#define STATE_SCHEMA "strain-bisect/1"
/* A state is a few hundred bytes a step. */
#define STATE_MOST (8 << 20)
#define STEPS_MOST 10000

static const char *bisect_end_name(enum bisect_end e)
{
	static const char *const names[] = { "good", "bad", "unknown" };

	return names[e];
}

static json_t *new_state(const struct bisect *b)
{
	json_t *o = json_object();

	js_set(o, "schema", js_text(STATE_SCHEMA));
	js_set(o, "base", js_text(b->base));
	js_set(o, "release", js_text(b->kernel_base.release));
	js_set(o, "metric", js_text(b->metric));
	js_set(o, "steps", json_array());
	return o;
}

/* NULL, or what is wrong with it. */
static const char *check(const json_t *o, const struct bisect *b)
{
	const json_t *steps = json_object_get(o, "steps");
	json_t *step;
	size_t i;

	if (!text_is(o, "schema", STATE_SCHEMA) || !json_is_array(steps) ||
	    json_array_size(steps) > STEPS_MOST)
		return "is no state of a bisection";
	json_array_foreach(steps, i, step)
		if (!js_get_text(step, "end") || !js_get_text(step, "release"))
			return "is no state of a bisection";
	if (!text_is(o, "base", b->base) || !text_is(o, "release", b->kernel_base.release) ||
	    !text_is(o, "metric", b->metric))
		return "is the state of another bisection: take it away, or name another by '--state'";
	return NULL;
}

json_t *bisect_state_read(const char *path, const struct bisect *b, char **why)
{
	const char *wrong;
	json_error_t e;
	struct stat st;
	json_t *o;

	if (stat(path, &st)) {
		if (errno == ENOENT)
			return new_state(b);
		*why = xasprintf("cannot read '%s': %s", path, strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > STATE_MOST) {
		*why = xasprintf("'%s' is no state of a bisection", path);
		return NULL;
	}
	o = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
	wrong = o ? check(o, b) : "is no state of a bisection";
	if (!wrong)
		return o;
	*why = xasprintf("'%s' %s", path, wrong);
	json_decref(o);
	return NULL;
}

char *bisect_state_write(const char *path, const json_t *state)
{
	char *why = NULL;

	output_document(path, state, &why);
	return why;
}

bool bisect_state_proved(const json_t *state)
{
	json_t *step;
	size_t i;

	json_array_foreach(json_object_get(state, "steps"), i, step)
		if (text_is(step, "end", "good") && js_get_true(step, "unchanged"))
			return true;
	return false;
}

void bisect_state_add(json_t *state, const struct bisect_kernel *k, const char *commit,
		      const struct bisect_result *r)
{
	json_t *o = json_object();

	js_set(o, "end", js_text(bisect_end_name(r->end)));
	js_set(o, "time", js_count((uint64_t)time(NULL)));
	js_set(o, "release", js_text(k->release ? k->release : ""));
	js_set(o, "version", js_text(k->version ? k->version : ""));
	js_set_text(o, "commit", commit);
	js_set(o, "unchanged", json_boolean(r->unchanged));
	js_set_text(o, "metric", r->name);
	js_set(o, "change", js_number(r->change));
	js_set(o, "low", js_number(r->low));
	js_set(o, "high", js_number(r->high));
	js_set(o, "p", js_number(r->p));
	js_set(o, "n", json_pack("[I,I]", (json_int_t)r->n[0], (json_int_t)r->n[1]));
	js_set(o, "text", js_text(r->text));
	js_add(json_object_get(state, "steps"), o);
}

void bisect_step_print(const json_t *step, FILE *out)
{
	const char *commit = text_get(step, "commit");
	const json_t *n = json_object_get(step, "n");
	_cleanup_free_ char *end = text_clean(text_get(step, "end"));
	_cleanup_free_ char *where = xasprintf("%s%s%.12s", text_get(step, "release"),
					       *commit ? " " : "", commit);
	_cleanup_free_ char *clean = text_clean(where);
	_cleanup_free_ char *text = text_clean(text_get(step, "text"));
	_cleanup_str_ struct str s = STR_INIT;

	if (isfinite(js_get_number(step, "change", NAN))) {
		compare_add_percent(&s, js_get_number(step, "change", NAN));
		str_add(&s, "% (");
		compare_add_percent(&s, js_get_number(step, "low", NAN));
		str_add(&s, "..");
		compare_add_percent(&s, js_get_number(step, "high", NAN));
		str_addf(&s, "), p %.2g, %lld+%lld: ", js_get_number(step, "p", NAN),
			 (long long)json_integer_value(json_array_get(n, 0)),
			 (long long)json_integer_value(json_array_get(n, 1)));
	}
	fprintf(out, "%-8s%s: %s%s\n", end, clean, s.buf, text);
}
