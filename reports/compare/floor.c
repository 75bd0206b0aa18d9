/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/compare/floor.h"

#include <math.h>
#include <string.h>

#include "base/msg.h"
#include "reports/compare/selfcheck.h"

static bool same(const json_t *row, const char *key, const char *text)
{
	const char *has = js_get_text(row, key);

	return has && text ? !strcmp(has, text) : !has && !text;
}

/* The same kind of number: a rate per wall or CPU second, or a percentile. What
 * other values mean is known of the same metric only. */
static bool same_kind(const json_t *row, const struct compare_row *of)
{
	if (of->rate)
		return same(row, "rate", of->rate);
	return of->statistic[0] == 'p' && same(row, "statistic", of->statistic);
}

static bool same_metric(const json_t *row, const struct compare_row *of)
{
	return same(row, "case", of->case_id) && same(row, "metric", of->metric) &&
	       same(row, "variant", of->variant) && same(row, "rate", of->rate) &&
	       /* a rate's median or mean: as many slices as there were */
	       (of->rate || same(row, "statistic", of->statistic));
}

double floor_of(const json_t *doc, const struct compare_row *of)
{
	const char *folder = selfcheck_folder(of->case_id);
	double largest = NAN;
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(doc, "metrics"), i, row) {
		double size = js_get_number(json_object_get(row, "floor"),
					    of->paired ? "paired" : "unpaired", NAN);

		if (same_metric(row, of))
			return size;
		if (folder && js_get_true(row, "primary") && same(row, "folder", folder) &&
		    same_kind(row, of))
			largest = fmax(largest, size);
	}
	return largest;
}

/* --- for comparisons ---------------------------------------------------------- */

/* Of which machine a comparison is, is known when it asks. */
static const json_t *look_up(struct floor *f, const char *fingerprint)
{
	char *why = NULL;

	if (!fingerprint)
		return NULL;
	if (f->fingerprint && !strcmp(f->fingerprint, fingerprint))
		return f->doc;
	floor_free(f);
	f->fingerprint = xstrdup(fingerprint);
	f->doc = floor_load(fingerprint, &why);
	if (why)
		warning("%s", why);
	free(why);
	return f->doc;
}

static const json_t *about(void *ctx, const char *fingerprint)
{
	return look_up(ctx, fingerprint);
}

static double floor_row(void *ctx, const struct compare_row *row)
{
	const json_t *doc = look_up(ctx, row->fingerprint);

	return doc ? floor_of(doc, row) : NAN;
}

static char *refuses(void *ctx, const char *fingerprint)
{
	const json_t *doc = look_up(ctx, fingerprint);
	const char *text = js_get_text(doc, "text");
	char day[16];

	if (!doc || js_get_true(doc, "passed"))
		return NULL;
	return xasprintf("strain selfcheck failed on %s: %s (--allow-uncontrolled gates all the same)",
			 selfcheck_day(doc, day), text ? text : "");
}

struct compare_floor floor_use(struct floor *f)
{
	return (struct compare_floor){
		.floor = floor_row, .refuses = refuses, .about = about, .ctx = f,
	};
}

void floor_free(struct floor *f)
{
	free(f->fingerprint);
	json_decref(f->doc);
	*f = (struct floor){ 0 };
}
