/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is not all alike: NUMA nodes, those without a CPU too, and the
 * tiers that the kernel sorts them into
 * (Documentation/ABI/testing/sysfs-kernel-mm-memory-tiers).
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "core/machine_facts.h"

#define NODE "/sys/devices/system/node/node%u/"
#define TIERS "/sys/devices/virtual/memory_tiering/"

/* Is @number in the list "0-3,8"? */
static bool in_list(const char *list, unsigned number)
{
	unsigned from, to;
	int used;

	while (sscanf(list, " %u%n", &from, &used) == 1) {
		list += used;
		to = from;
		if (*list == '-' && sscanf(list + 1, "%u%n", &to, &used) == 1)
			list += 1 + used;
		if (number >= from && number <= to)
			return true;
		if (*list != ',')
			break;
		list++;
	}
	return false;
}

/* "memory_tier4", with the node in its list; "" where the kernel has none. */
static void find_tier(unsigned node, char *tier, size_t size)
{
	char path[MACHINE_PATH], list[256];
	size_t prefix = strlen(machine_path(path, "%s", ""));
	glob_t found = { 0 };

	*tier = '\0';
	glob(machine_path(path, TIERS "memory_tier*"), GLOB_NOSORT, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && !*tier; i++) {
		const char *dir = found.gl_pathv[i] + prefix;

		if (!machine_read_line(list, sizeof(list), "%s/nodelist", dir) &&
		    in_list(list, node))
			snprintf(tier, size, "%s", strrchr(dir, '/') + 1);
	}
	globfree(&found);
}

static void read_node(struct memory_node *m, unsigned node)
{
	_cleanup_str_ struct str meminfo = STR_INIT;
	uint64_t kib;
	char *total;

	*m = (struct memory_node){ .node = node };
	if (!machine_read(&meminfo, NODE "meminfo", node)) {
		total = strstr(meminfo.buf, "MemTotal:");
		if (total && machine_named_number(total, "MemTotal", &kib))
			m->bytes = kib * 1024;
	}
	machine_read_line(m->cpus, sizeof(m->cpus), NODE "cpulist", node);
	machine_read_line(m->distances, sizeof(m->distances), NODE "distance", node);
	machine_read_u64(&m->read_ns, NODE "access0/initiators/read_latency", node);
	machine_read_u64(&m->read_mib, NODE "access0/initiators/read_bandwidth", node);
	find_tier(node, m->tier, sizeof(m->tier));
}

size_t machine_memory_nodes(struct memory_node *nodes, size_t max)
{
	char list[256];
	size_t n = 0;

	if (machine_read_line(list, sizeof(list),
			      "/sys/devices/system/node/has_memory"))
		return 0;
	for (unsigned node = 0; node < MACHINE_NODES && n < max; node++)
		if (in_list(list, node))
			read_node(&nodes[n++], node);
	return n;
}

bool machine_demotion(bool *on)
{
	char word[16];

	if (machine_read_line(word, sizeof(word),
			      "/sys/kernel/mm/numa/demotion_enabled"))
		return false;
	*on = !strcmp(word, "true") || !strcmp(word, "1");
	return true;
}

static void node_facts(struct facts *f, const struct memory_node *m)
{
	char name[64];

#define NAME(what) (snprintf(name, sizeof(name), "memory.node%u." what, m->node), name)
	facts_number(f, "machine", NAME("total"), (double)m->bytes);
	facts_text(f, "machine", NAME("cpus"), *m->cpus ? m->cpus : "none");
	facts_text(f, "machine", NAME("distances"), m->distances);
	facts_text(f, "machine", NAME("tier"), m->tier);
	if (m->read_ns)
		facts_number(f, "machine", NAME("read_latency_ns"), (double)m->read_ns);
	if (m->read_mib)
		facts_number(f, "machine", NAME("read_bandwidth_mib"), (double)m->read_mib);
#undef NAME
}

void machine_node_facts(struct facts *f)
{
	struct memory_node nodes[16];
	size_t n;
	bool on;

	facts_number(f, "machine", "memory.nodes", machine_nodes());
	if (machine_nodes() < 2)
		return;
	n = machine_memory_nodes(nodes, ARRAY_SIZE(nodes));
	for (size_t i = 0; i < n; i++)
		node_facts(f, &nodes[i]);
	if (machine_demotion(&on))
		facts_text(f, "machine", "memory.demotion", on ? "on" : "off");
}
