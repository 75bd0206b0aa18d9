/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines: CPUs, memory or memory nodes, disks. */
#include <string.h>

#include "vm-matrix/plan/parts.h"

#define MEMORY_LEAST (64ULL << 20)
#define MEMORY_MOST (1ULL << 40)
#define CPUS_MOST 256

/* As read, before it is checked as a whole. */
struct raw_machine {
	struct plan_machine is;
	const json_t *nodes, *disks;
	unsigned cpus;
	uint64_t memory;
};

/* clang-format off */
static const struct field machine_fields[] = {
	PLAN_RAW_ROW(raw_machine),
	{ "cpus", FIELD_COUNT, PLAN_FIELD(raw_machine, cpus, .min = 1, .max = CPUS_MOST) },
	{ "memory", FIELD_SIZE, PLAN_FIELD(raw_machine, memory, .min = MEMORY_LEAST, .max = MEMORY_MOST) },
	{ "nodes", FIELD_OTHER, PLAN_FIELD(raw_machine, nodes) },
	{ "disks", FIELD_OTHER, PLAN_FIELD(raw_machine, disks) },
	{}
};

static const struct field node_fields[] = {
	{ "cpus", FIELD_COUNT, PLAN_FIELD(plan_node, cpus, .max = CPUS_MOST) },
	{ "memory", FIELD_SIZE, PLAN_FIELD(plan_node, memory, .required = true, .min = MEMORY_LEAST, .max = MEMORY_MOST) },
	{ "distance", FIELD_COUNT, PLAN_FIELD(plan_node, distance, .min = 11, .max = 254) },
	{ "latency", FIELD_COUNT, PLAN_FIELD(plan_node, latency, .min = 1, .max = 60000) },
	{ "bandwidth", FIELD_SIZE, PLAN_FIELD(plan_node, bandwidth, .min = 1 << 20, .max = 1ULL << 45) },
	{}
};

static const struct field disk_fields[] = {
	{ "kind", FIELD_WORD, PLAN_FIELD(plan_disk, kind, .required = true, .words = "virtio-blk nvme scsi pmem") },
	{ "size", FIELD_SIZE, PLAN_FIELD(plan_disk, size, .required = true, .min = 1 << 20, .max = 1ULL << 44) },
	{ "cache", FIELD_WORD, PLAN_FIELD(plan_disk, cache, .words = "none writeback unsafe directsync writethrough") },
	{ "logical_block", FIELD_COUNT, PLAN_FIELD(plan_disk, logical_block, .min = 512, .max = 4096) },
	{}
};
/* clang-format on */

/* A list of objects: @into is an array of @max things of @size, cleared. */
static char *read_list(const json_t *list, const char *place, const char *key,
		       const struct field *fields, void *into, size_t size, size_t max,
		       size_t *n)
{
	char at[READ_PLACE];
	json_t *value;
	char *fault = NULL;
	size_t i;

	if (list && !json_is_array(list))
		return xasprintf("%s.%s is not a list", place, key);
	if (json_array_size(list) > max)
		return xasprintf("%s.%s has more than %zu members", place, key, max);
	json_array_foreach(list, i, value) {
		fault = read_object(value, read_place(at, place, key, i), fields,
				    (char *)into + i * size);
		if (fault)
			return fault;
	}
	*n = json_array_size(list);
	return NULL;
}

/* The firmware's table of them has all or nothing. */
static char *check_speeds(const struct plan_machine *m, const char *place)
{
	size_t with = 0;

	for (size_t i = 0; i < m->n_nodes; i++) {
		if (!m->node[i].latency != !m->node[i].bandwidth)
			return xasprintf("%s.nodes[%zu]: latency and bandwidth go together",
					 place, i);
		with += m->node[i].latency != 0;
	}
	return !with || with == m->n_nodes ? NULL :
	       xasprintf("%s.nodes: latency and bandwidth are of all nodes or of none", place);
}

static char *check_nodes(const struct raw_machine *raw, struct plan_machine *m,
			 const char *place)
{
	if (!m->n_nodes) {
		m->cpus = raw->cpus;
		m->memory = raw->memory;
		return NULL;
	}
	m->cpus = 0;
	m->memory = 0;
	for (size_t i = 0; i < m->n_nodes; i++) {
		m->cpus += m->node[i].cpus;
		m->memory += m->node[i].memory;
	}
	if (!m->node[0].cpus)
		return xasprintf("%s.nodes[0] has no CPUs: the first node needs some", place);
	if (m->node[0].distance)
		return xasprintf("%s.nodes[0] has a distance: that of the others is from it",
				 place);
	if (m->cpus > CPUS_MOST || m->memory > MEMORY_MOST)
		return xasprintf("%s.nodes have too many CPUs or too much memory", place);
	return check_speeds(m, place);
}

static char *check_disks(const struct plan_machine *m, const char *place)
{
	for (size_t i = 0; i < m->n_disks; i++) {
		const struct plan_disk *d = &m->disk[i];

		if (d->logical_block & (d->logical_block - 1))
			return xasprintf("%s.disks[%zu].logical_block is no power of two",
					 place, i);
		if (!strcmp(d->kind, "pmem") && (d->cache || d->logical_block))
			return xasprintf("%s.disks[%zu].%s: memory that lasts has none", place,
					 i, d->cache ? "cache" : "logical_block");
	}
	return NULL;
}

char *row_machine(struct plan_parts *parts, const json_t *value, const char *place,
		  struct plan_row *row)
{
	struct plan_machine *m = (void *)row;
	struct raw_machine raw = {
		.cpus = parts->defaults.cpus,
		.memory = parts->defaults.memory,
	};
	char *fault = read_object(value, place, machine_fields, &raw);

	*m = raw.is;
	if (!fault && raw.nodes && (json_object_get(value, "cpus") ||
				    json_object_get(value, "memory")))
		fault = xasprintf("%s has cpus or memory beside nodes, which have their own",
				  place);
	if (!fault)
		fault = read_list(raw.nodes, place, "nodes", node_fields, m->node,
				  sizeof(*m->node), PLAN_NODES, &m->n_nodes);
	if (!fault)
		fault = read_list(raw.disks, place, "disks", disk_fields, m->disk,
				  sizeof(*m->disk), PLAN_DISKS, &m->n_disks);
	if (!fault)
		fault = check_nodes(&raw, m, place);
	return fault ? fault : check_disks(m, place);
}
