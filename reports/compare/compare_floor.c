/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an earlier selfcheck of the machine says of a comparison. */
#include "reports/compare/compare_parts.h"

#include <math.h>
#include <string.h>

#include "reports/compare/floor.h"
#include "reports/compare/selfcheck.h"

/* Where instructions are counted, noise of time says nothing. */
void compare_machine(struct comparison *c)
{
	const struct compare_floor *floor = &c->o->floor;

	if (compare_exact(c) || !c->samples.fingerprint)
		return;
	if (floor->about)
		c->selfcheck = floor->about(floor->ctx, c->samples.fingerprint);
	if (floor->refuses)
		c->machine_refuses = floor->refuses(floor->ctx, c->samples.fingerprint);
}

double compare_row_floor(const struct comparison *c, const struct series *s)
{
	struct compare_row row = {
		.fingerprint = c->samples.fingerprint,
		.case_id = s->view->of->id,
		.metric = s->metric->id,
		.variant = s->metric->variant,
		.statistic = s->statistic,
		.rate = s->rate,
		.paired = s->view->paired,
	};

	if (!c->o->floor.floor || compare_exact(c))
		return NAN;
	return c->o->floor.floor(c->o->floor.ctx, &row);
}

/* Rows that the floor makes a higher threshold for. */
static size_t raised(const struct comparison *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_series; i++)
		n += c->series[i].floor > compare_threshold(c);
	return n;
}

json_t *compare_floor_json(const struct comparison *c)
{
	static const char *const members[] = { "started", "kernel", "pairs", "passed" };
	json_t *o;

	if (!c->selfcheck)
		return json_null();
	o = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		js_copy(o, c->selfcheck, members[i]);
	js_set(o, "raised", js_count(raised(c)));
	return o;
}

static bool has_kernel(const struct comparison *c, const char *kernel)
{
	json_t *value;
	size_t i;

	for (int side = 0; side < SIDES; side++)
		json_array_foreach(json_object_get(c->samples.facts[side], "kernel.release"), i, value)
			if (json_is_string(value) && !strcmp(json_string_value(value), kernel))
				return true;
	return false;
}

/* Days between the selfcheck and the report that is farthest from it. */
static double days_between(const struct comparison *c)
{
	double then = js_get_number(c->selfcheck, "started", 0), most = 0;

	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < c->samples.n_reports[side]; i++)
			most = fmax(most, fabs(c->samples.report[side][i].started - then));
	return most / 86400;
}

void compare_floor_notes(const struct comparison *c)
{
	const char *kernel = js_get_text(c->selfcheck, "kernel");
	double days;
	char day[16];
	size_t n;

	if (!c->selfcheck)
		return;
	n = raised(c);
	selfcheck_day(c->selfcheck, day);
	if (n)
		js_add(c->notes, json_sprintf("the threshold of %zu metric%s is the noise floor of this machine, by strain selfcheck on %s",
					      n, n == 1 ? "" : "s", day));
	if (kernel && !has_kernel(c, kernel))
		js_add(c->notes, json_sprintf("strain selfcheck ran under another kernel, %s, on %s", kernel, day));
	days = days_between(c);
	if (days > FLOOR_DAYS)
		js_add(c->notes, json_sprintf("strain selfcheck ran %.0f days from these reports, on %s: repeat it", floor(days), day));
}
