/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of a PMU as sysfs describes them: "cpu/event=0x3c,umask=1/" through
 * the PMU's format files, "msr/tsc/" through its events files. The layout is
 * the kernel's Documentation/ABI/testing/sysfs-bus-event_source-devices-*.
 */
#include "core/counter_perf.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"

#define PMU_DIR "/sys/bus/event_source/devices"

/* Puts the low bits of @value into the bits of @word that "0-7,32-35" names. */
static bool spread(uint64_t *word, const char *bits, uint64_t value)
{
	char *end;

	do {
		unsigned long low = strtoul(bits, &end, 10), high = low;

		if (end == bits)
			return false;
		if (*end == '-')
			high = strtoul(end + 1, &end, 10);
		if (high > 63 || low > high)
			return false;
		for (; low <= high; low++, value >>= 1)
			*word |= (value & 1) << low;
		bits = end + 1;
	} while (*end == ',');
	return !value;
}

/* A term's value goes where its format file says ("config1:0-15"). */
static bool set_term(struct counter_event *e, const char *pmu,
		     const char *term, uint64_t value)
{
	_cleanup_free_ char *path =
		xasprintf(PMU_DIR "/%s/format/%s", pmu, term);
	char format[128], *bits;
	uint64_t *word;

	if (!strcmp(term, "config"))
		e->config |= value;
	else if (!strcmp(term, "config1"))
		e->config1 |= value;
	else if (!strcmp(term, "config2"))
		e->config2 |= value;
	else if (file_read_line(path, format, sizeof(format)) ||
		 !(bits = strchr(format, ':')))
		return false;
	else {
		*bits++ = '\0';
		word = !strcmp(format, "config")  ? &e->config :
		       !strcmp(format, "config1") ? &e->config1 :
		       !strcmp(format, "config2") ? &e->config2 :
						    NULL;
		return word && spread(word, bits, value);
	}
	return true;
}

static char *set_terms(struct counter_event *e, const char *pmu,
		       const char *text, bool may_name);

/* TERM, TERM=NUMBER, or the name of an event that stands for more terms. */
static char *set_one(struct counter_event *e, const char *pmu, char *term,
		     bool may_name)
{
	_cleanup_free_ char *path = NULL;
	char *equals = strchr(term, '='), *end, known[256];
	uint64_t value = 1;

	if (!equals && may_name) {
		path = xasprintf(PMU_DIR "/%s/events/%s", pmu, term);
		if (!file_read_line(path, known, sizeof(known)))
			return set_terms(e, pmu, known, false);
	}
	if (equals) {
		*equals++ = '\0';
		value = strtoull(equals, &end, 0);
		if (end == equals || *end)
			return xasprintf("'%s' is not a number", equals);
	}
	if (!set_term(e, pmu, term, value))
		return xasprintf("PMU '%s' has no event or format '%s' for that",
				 pmu, term);
	return NULL;
}

static char *set_terms(struct counter_event *e, const char *pmu,
		       const char *text, bool may_name)
{
	_cleanup_words_ struct words terms = { 0 };
	char *error = NULL;

	words_split(&terms, text, ",");
	for (size_t i = 0; i < terms.n && !error; i++)
		error = set_one(e, pmu, terms.word[i], may_name);
	return error;
}

char *counter_pmu_find(struct counter_event *e)
{
	_cleanup_free_ char *pmu = xstrdup(e->plain), *path = NULL;
	char *terms = strchr(pmu, '/');
	uint64_t type;

	*terms++ = '\0';
	terms[strlen(terms) - 1] = '\0';
	path = xasprintf(PMU_DIR "/%s/type", pmu);
	if (file_read_u64(path, &type))
		return xasprintf("no PMU '%s' in this machine", pmu);
	e->type = type;
	return set_terms(e, pmu, terms, true);
}
