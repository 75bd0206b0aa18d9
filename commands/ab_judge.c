/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When `strain ab` has seen enough: at a few planned looks the comparison is
 * made with a part of the error each, and it ends once all that gates is
 * decided (docs/statistics.md).
 */
#include <string.h>

#include "commands/ab.h"

static json_t *looks_json(const struct ab_judge *j, unsigned look)
{
	json_t *o = json_object(), *at = json_array(), *error = json_array();

	for (unsigned i = 0; i < j->looks.n; i++) {
		js_add(at, js_count(j->looks.at[i]));
		js_add(error, js_number(j->looks.alpha[i]));
	}
	js_set(o, "at", at);
	js_set(o, "error", error);
	js_set(o, "look", js_count(look));
	return o;
}

/* @error: false discovery rate and 1 - confidence; 0: the usual ones. */
static json_t *compare(const struct ab *ab, double error, json_t *looks,
		       const char *path, char **why)
{
	_cleanup_json_ json_t *doc = path ? NULL : report_summary(ab->merge.w, why);
	struct compare_source source = { path ? path : "this run", doc };
	struct compare_side side[AB_SIDES];
	struct compare_options o = {
		.threshold = ab->judge.threshold,
		.fdr = error,
		.confidence = error > 0 ? 1 - error : 0,
		.primary = ab->judge.primary,
		.floor = ab->judge.floor,
		.allow_uncontrolled = ab->judge.allow_uncontrolled,
		.seed = ab->o.seed,
		.setting = true,
		.brief = !path,
		.looks = looks,
	};

	if (!path && !doc)
		return NULL;
	for (int i = 0; i < AB_SIDES; i++)
		side[i] = (struct compare_side){ ab->side[i].label,
						 ab->side[i].label, &source, 1 };
	return compare_reports(&side[0], &side[1], &o, why);
}

/* How many metrics gate; how many of those are undecided. */
static size_t count_primary(const json_t *doc, size_t *open)
{
	json_t *metric;
	size_t i, n = 0;

	*open = 0;
	json_array_foreach(json_object_get(doc, "metrics"), i, metric) {
		const char *verdict = js_get_text(metric, "verdict");

		if (!js_get_true(metric, "primary"))
			continue;
		n++;
		*open += !verdict || !strcmp(verdict, "inconclusive");
	}
	return n;
}

void ab_judge_plan(struct ab *ab, size_t pairs)
{
	char *why = NULL;
	_cleanup_json_ json_t *doc = compare(ab, 0, NULL, NULL, &why);
	size_t open, n = doc ? count_primary(doc, &open) : 0;

	free(why); /* it will be told when there is more to compare */
	stat_looks(pairs, ab->judge.fdr, true, n ? n : 1, &ab->judge.looks);
}

bool ab_judge_decided(struct ab *ab)
{
	struct ab_judge *j = &ab->judge;
	_cleanup_json_ json_t *doc = NULL;
	char *why = NULL;
	size_t open;

	while (j->next < j->looks.n && (j->looks.at[j->next] < j->least ||
					j->looks.at[j->next] < ab->pairs))
		j->next++;
	if (j->next + 1 >= j->looks.n || j->looks.at[j->next] != ab->pairs)
		return false; /* the last look is ab_judge_end()'s */
	doc = compare(ab, j->looks.alpha[j->next], NULL, NULL, &why);
	free(why);
	if (!doc)
		return false;
	if (count_primary(doc, &open) && !open)
		return true;
	j->next++;
	return false;
}

json_t *ab_judge_end(const struct ab *ab, const char *path, char **why)
{
	const struct ab_judge *j = &ab->judge;
	unsigned look = j->next < j->looks.n ? j->next : j->looks.n - 1;
	_cleanup_json_ json_t *looks = looks_json(j, look);

	return compare(ab, j->looks.alpha[look], looks, path, why);
}
