/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/cpulist.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>

static bool allowed(const cpu_set_t *mask, unsigned long cpu)
{
	return cpu < CPU_SETSIZE && CPU_ISSET(cpu, mask);
}

/* One "N" or "N-M" at @text; the place after it, or NULL. */
static const char *parse_range(const char *text, unsigned long *from,
			       unsigned long *to)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return NULL;
	*from = *to = strtoul(text, &end, 10);
	if (*end == '-') {
		if (!isdigit((unsigned char)end[1]))
			return NULL;
		*to = strtoul(end + 1, &end, 10);
	}
	return *to < *from || *to >= CPULIST_MAX ? NULL : end;
}

int cpulist_parse(const char *list, unsigned *cpus)
{
	unsigned long from, to;
	cpu_set_t mask;
	int n = 0;

	if (sched_getaffinity(0, sizeof(mask), &mask))
		return -1;
	for (;;) {
		list = parse_range(list, &from, &to);
		if (!list)
			return -1;
		for (; from <= to && n < CPULIST_MAX; from++) {
			if (!allowed(&mask, from))
				return -1;
			cpus[n++] = from;
		}
		if (!*list)
			return n;
		if (*list++ != ',')
			return -1;
	}
}

unsigned cpulist_count(const char *list)
{
	unsigned cpus[CPULIST_MAX];
	int n = cpulist_parse(list, cpus);
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < n; i++)
		CPU_SET(cpus[i], &set);
	return CPU_COUNT(&set);
}

void cpulist_pin(const char *list, unsigned index)
{
	unsigned cpus[CPULIST_MAX];
	int n = cpulist_parse(list, cpus);
	cpu_set_t one;

	if (n <= 0)
		return;
	CPU_ZERO(&one);
	CPU_SET(cpus[index % n], &one);
	sched_setaffinity(0, sizeof(one), &one);
}
