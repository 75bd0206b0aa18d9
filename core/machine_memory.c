/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/machine.h"
#include "core/machine_facts.h"

/* Value of the line "@name: N kB" or "@name N" in @text; false: not there. */
static bool named_number(const char *text, const char *name, uint64_t *value)
{
	size_t n = strlen(name);

	for (const char *line = text; *line;) {
		if (!strncmp(line, name, n) && strchr(": ", line[n]) &&
		    sscanf(line + n + 1, "%" SCNu64, value) == 1)
			return true;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

/* "max" and the huge number that v1 prints for "no limit" are no limits. */
static bool limit_read(const char *dir, const char *file, uint64_t *limit)
{
	return !machine_read_u64(limit, "%s/%s", dir, file) &&
	       *limit < UINT64_C(1) << 60;
}

static void limit_visit(void *ctx, const char *dir, bool v2)
{
	uint64_t *least = ctx, value;

	if (limit_read(dir, v2 ? "memory.max" : "memory.limit_in_bytes",
		       &value) && value < *least)
		*least = value;
	if (v2 && limit_read(dir, "memory.high", &value) && value < *least)
		*least = value;
}

uint64_t machine_memory_limit(void)
{
	uint64_t least = UINT64_MAX;

	machine_cgroups("memory", limit_visit, &least);
	return least == UINT64_MAX ? 0 : least;
}

/*
 * What the group may still charge. Its page cache that was not used lately is
 * given back to whoever needs memory, so it counts as free, as it does in
 * MemAvailable.
 */
static void rest_visit(void *ctx, const char *dir, bool v2)
{
	_cleanup_str_ struct str stat = STR_INIT;
	uint64_t *least = ctx, limit = UINT64_MAX, used = 0, cache = 0, value;

	limit_visit(&limit, dir, v2);
	if (limit == UINT64_MAX)
		return;
	machine_read_u64(&used, "%s/%s", dir,
			 v2 ? "memory.current" : "memory.usage_in_bytes");
	if (!machine_read(&stat, "%s/memory.stat", dir))
		named_number(stat.buf,
			     v2 ? "inactive_file" : "total_inactive_file",
			     &cache);
	used = used > cache ? used - cache : 0;
	value = limit > used ? limit - used : 0;
	if (value < *least)
		*least = value;
}

uint64_t machine_memory(void)
{
	_cleanup_str_ struct str meminfo = STR_INIT;
	uint64_t kib = 0, least = UINT64_MAX;

	if (!machine_read(&meminfo, "/proc/meminfo") &&
	    (named_number(meminfo.buf, "MemAvailable", &kib) ||
	     named_number(meminfo.buf, "MemFree", &kib)))
		least = kib * 1024;
	machine_cgroups("memory", rest_visit, &least);
	if (least == UINT64_MAX)
		least = (uint64_t)sysconf(_SC_AVPHYS_PAGES) *
			sysconf(_SC_PAGESIZE);
	return least;
}

unsigned machine_nodes(void)
{
	char list[256];
	unsigned n = 0;

	if (!machine_read_line(list, sizeof(list),
			       "/sys/devices/system/node/has_memory"))
		n = machine_list_count(list);
	return n ? n : 1;
}
