/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs: what the guest runs, and what it needs for that. */
#include <stdio.h>
#include <string.h>

#include "base/value.h"
#include "vm-matrix/plan/parts.h"

/* As read, before it is checked as a whole. */
struct raw_job {
	struct plan_job is;
	const char *kind;
	const json_t *settings;
};

/* clang-format off */
static const struct field job_fields[] = {
	PLAN_RAW_ROW(raw_job),
	{ "kind", FIELD_WORD, PLAN_FIELD(raw_job, kind, .words = "run crash") },
	{ "argv", FIELD_TEXTS, PLAN_FIELD(raw_job, is.argv, .required = true, .min = 1, .max = 1000) },
	{ "modules", FIELD_TEXTS, PLAN_FIELD(raw_job, is.modules, .max = 100) },
	{ "commands", FIELD_TEXTS, PLAN_FIELD(raw_job, is.commands, .max = 100) },
	{ "settings", FIELD_OTHER, PLAN_FIELD(raw_job, settings) },
	{ "timeout", FIELD_SPAN, PLAN_FIELD(raw_job, is.timeout, .min = NSEC_PER_SEC, .max = 7 * 86400 * NSEC_PER_SEC) },
	{ "quiet", FIELD_SPAN, PLAN_FIELD(raw_job, is.quiet, .max = 3600 * NSEC_PER_SEC) },
	{ "exact", FIELD_TRUTH, PLAN_FIELD(raw_job, is.exact) },
	{ "timed", FIELD_TRUTH, PLAN_FIELD(raw_job, is.timed) },
	{}
};
/* clang-format on */

static char *read_settings(struct plan_parts *parts, const json_t *settings,
			   const char *place, struct plan_job *job)
{
	const char *path;
	json_t *value;

	if (!json_is_object(settings))
		return xasprintf("%s.settings is not an object", place);
	job->setting = xalloc((json_object_size(settings) + 1) * sizeof(*job->setting));
	json_object_foreach((json_t *)settings, path, value) {
		struct plan_setting *s = &job->setting[job->n_settings];
		char number[32];

		if (strncmp(path, "/proc/sys/", 10) && strncmp(path, "/sys/", 5))
			return xasprintf("%s.settings: '%.60s' is not below /proc/sys or /sys",
					 place, path);
		if (strstr(path, "/../"))
			return xasprintf("%s.settings: '%.60s' has '..' in it", place, path);
		if (!json_is_string(value) && !json_is_integer(value))
			return xasprintf("%s.settings: '%.60s' is neither text nor whole number",
					 place, path);
		snprintf(number, sizeof(number), "%lld",
			 (long long)json_integer_value(value));
		s->path = path;
		s->value = json_is_string(value) ? json_string_value(value) :
						   plan_keep(parts, number);
		job->n_settings++;
	}
	return NULL;
}

char *row_job(struct plan_parts *parts, const json_t *value, const char *place,
	      struct plan_row *row)
{
	struct plan_job *job = (void *)row;
	struct raw_job raw = {
		.is = {
			.timeout = parts->defaults.timeout,
			.quiet = parts->defaults.quiet,
			.exact = parts->defaults.exact,
			.timed = parts->defaults.timed,
		},
	};
	char *fault = read_object(value, place, job_fields, &raw);

	*job = raw.is;
	if (raw.kind && !strcmp(raw.kind, "crash"))
		job->kind = PLAN_CRASH;
	if (!fault && raw.settings)
		fault = read_settings(parts, raw.settings, place, job);
	return fault;
}

void row_job_free(struct plan_row *row)
{
	struct plan_job *job = (void *)row;

	words_free(&job->argv);
	words_free(&job->modules);
	words_free(&job->commands);
	free(job->setting);
}
