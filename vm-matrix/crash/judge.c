/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/crash/judge.h"

#include <inttypes.h>
#include <string.h>

#include "vm-matrix/crash_record.h"

const char *crash_outcome_name(enum crash_outcome outcome)
{
	static const char *const name[CRASH_OUTCOMES] = {
		[CRASH_KEPT] = "kept",
		[CRASH_LOST] = "lost",
		[CRASH_TORN] = "torn",
		[CRASH_DAMAGED] = "damaged",
		[CRASH_UNMOUNTABLE] = "unmountable",
		[CRASH_UNKNOWN] = "unknown",
	};

	return name[outcome];
}

static enum crash_outcome judge_journal(const json_t *found, uint64_t promised,
					char **why)
{
	json_t *records = json_object_get(found, "records");
	uint64_t n = (uint64_t)json_integer_value(records);

	if (!json_is_integer(records))
		return CRASH_UNKNOWN;
	if (n >= promised)
		return CRASH_KEPT;
	*why = xasprintf("%" PRIu64 " records of %" PRIu64 " promised", n, promised);
	return CRASH_LOST;
}

/* Generations of a unit; false: it holds none. */
static bool generations(const json_t *unit, uint64_t *low, uint64_t *high)
{
	const json_t *a = unit, *b = unit;

	if (json_is_array(unit)) {
		a = json_array_get(unit, 0);
		b = json_array_get(unit, 1);
	}
	*low = (uint64_t)json_integer_value(a);
	*high = (uint64_t)json_integer_value(b);
	return json_is_integer(a) && json_is_integer(b);
}

static enum crash_outcome judge_unit(const json_t *value, uint32_t unit,
				     const char *file, uint64_t promised, char **why)
{
	uint64_t due = crash_unit_due(unit, promised), low, high;

	if (!generations(value, &low, &high)) {
		*why = xasprintf("unit %u of '%s' holds what was never written to it",
				 (unsigned)unit, file);
		return CRASH_LOST;
	}
	if (low < due) {
		*why = xasprintf("unit %u of '%s' is of generation %" PRIu64
				 ", promised was %" PRIu64, (unsigned)unit, file,
				 low, due);
		return CRASH_LOST;
	}
	if (low == high)
		return CRASH_KEPT;
	*why = xasprintf("unit %u of '%s' is of generations %" PRIu64
			 " and %" PRIu64, (unsigned)unit, file, low, high);
	return CRASH_TORN;
}

static enum crash_outcome judge_units(const json_t *found, uint64_t promised,
				      unsigned *torn, char **why)
{
	static const char *const files[] = { "atomic", "plain" };

	for (int f = 0; f < 2; f++) {
		const json_t *units = json_object_get(found, files[f]);

		if (json_is_array(units) && !json_array_size(units)) {
			*why = xasprintf("file '%s' is not there", files[f]);
			return CRASH_LOST;
		}
		if (json_array_size(units) != CRASH_UNITS)
			return CRASH_UNKNOWN;
		for (uint32_t i = 0; i < CRASH_UNITS; i++) {
			char *text = NULL;
			enum crash_outcome outcome =
				judge_unit(json_array_get(units, i), i, files[f],
					   promised, &text);

			if (outcome == CRASH_KEPT)
				continue;
			if (f && outcome == CRASH_TORN) {
				*torn += 1;
				free(text);
				continue;
			}
			*why = text;
			return outcome;
		}
	}
	return CRASH_KEPT;
}

enum crash_outcome crash_judge(const char *writer, const json_t *found,
			       uint64_t promised, unsigned *torn, char **why)
{
	const char *error = js_get_text(found, "error");
	enum crash_outcome outcome;
	unsigned unused = 0;

	*why = NULL;
	if (found && !js_get_true(found, "mounted"))
		outcome = CRASH_UNMOUNTABLE;
	else if (error)
		outcome = CRASH_DAMAGED;
	else if (!strcmp(writer, "atomic"))
		outcome = judge_units(found, promised, torn ? torn : &unused, why);
	else
		outcome = judge_journal(found, promised, why);
	if (!*why && outcome != CRASH_KEPT)
		*why = xstrdup(error ? error : "the guest did not tell of it");
	return outcome;
}
