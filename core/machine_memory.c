/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/machine_facts.h"

bool machine_named_number(const char *text, const char *name, uint64_t *value)
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

uint64_t machine_memory(void)
{
	_cleanup_str_ struct str meminfo = STR_INIT;
	struct cgroup_limits l;
	uint64_t kib = 0, available = UINT64_MAX;

	if (!machine_read_record(&meminfo, "/proc/meminfo") &&
	    (machine_named_number(meminfo.buf, "MemAvailable", &kib) ||
	     machine_named_number(meminfo.buf, "MemFree", &kib)))
		available = kib * 1024;
	machine_cgroup_limits(&l, CGROUP_MEMORY);
	if (l.memory_rest < available)
		available = l.memory_rest;
	if (available == UINT64_MAX)
		available = (uint64_t)sysconf(_SC_AVPHYS_PAGES) *
			    sysconf(_SC_PAGESIZE);
	return available;
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
