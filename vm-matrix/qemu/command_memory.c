/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPUs, memory, and how nodes share them. */
#include <errno.h>
#include <inttypes.h>

#include "vm-matrix/qemu/arch.h"
#include "vm-matrix/qemu/command.h"

/* The firmware's table has bandwidth in units of 1 MiB a second. */
#define BANDWIDTH_UNIT (1ULL << 20)
#define DISTANCE 20U

static uint64_t total_memory(const struct vm_spec *spec)
{
	uint64_t sum = 0;

	if (!spec->n_nodes)
		return spec->memory ? spec->memory : COMMAND_MEMORY;
	for (size_t i = 0; i < spec->n_nodes; i++)
		sum += spec->node[i].memory;
	return sum;
}

static unsigned total_cpus(const struct vm_spec *spec)
{
	unsigned sum = 0;

	for (size_t i = 0; i < spec->n_nodes; i++)
		sum += spec->node[i].cpus;
	if (sum)
		return sum;
	return spec->cpus ? spec->cpus : 1;
}

/* Room for what is plugged in above the memory: persistent memory. */
static uint64_t pmem_size(const struct vm_spec *spec)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < spec->n_disks; i++)
		if (spec->disk[i].kind == VM_DISK_PMEM)
			/* Each is aligned, to up to 1 GiB. */
			sum += spec->disk[i].size + (1ULL << 30);
	return sum;
}

static void add_node(struct words *argv, const struct vm_node *node, size_t i,
		     unsigned first_cpu, bool hmat)
{
	struct str s = STR_INIT;

	command_option(argv, "-object",
		       "memory-backend-ram,id=node%zu,size=%" PRIu64, i,
		       node->memory);
	str_addf(&s, "node,nodeid=%zu", i);
	if (node->cpus == 1)
		str_addf(&s, ",cpus=%u", first_cpu);
	else if (node->cpus)
		str_addf(&s, ",cpus=%u-%u", first_cpu,
			 first_cpu + node->cpus - 1);
	else if (hmat)
		str_add(&s, ",initiator=0");
	str_addf(&s, ",memdev=node%zu", i);
	command_option(argv, "-numa", "%s", s.buf);
	str_free(&s);
}

static void add_distances(struct words *argv, const struct vm_spec *spec)
{
	for (size_t i = 0; i < spec->n_nodes; i++)
		for (size_t j = i + 1; j < spec->n_nodes; j++) {
			unsigned a = spec->node[i].distance;
			unsigned b = spec->node[j].distance;
			unsigned far = a > b ? a : b;

			command_option(argv, "-numa",
				       "dist,src=%zu,dst=%zu,val=%u", i, j,
				       far ? far : DISTANCE);
		}
}

static void add_attributes(struct words *argv, const struct vm_node *from,
			   size_t i, const struct vm_node *to, size_t j)
{
	uint64_t bandwidth = to->bandwidth / BANDWIDTH_UNIT;

	if (!from->cpus)
		return;
	command_option(argv, "-numa",
		       "hmat-lb,initiator=%zu,target=%zu,hierarchy=memory,"
		       "data-type=access-latency,latency=%u",
		       i, j, to->latency);
	command_option(argv, "-numa",
		       "hmat-lb,initiator=%zu,target=%zu,hierarchy=memory,"
		       "data-type=access-bandwidth,bandwidth=%" PRIu64 "M",
		       i, j, bandwidth ? bandwidth : 1);
}

static int refuse(char **why, const char *what)
{
	*why = xasprintf("memory nodes: %s", what);
	return -EINVAL;
}

/* Sets @hmat when the nodes have attributes: then all have both. */
static int check(const struct vm_spec *spec, bool *hmat, char **why)
{
	const struct vm_arch *a = vm_arch(spec->arch);
	size_t with = 0;

	if (spec->n_nodes > COMMAND_NODES)
		return refuse(why, "more than 8");
	if (!spec->node[0].cpus)
		return refuse(why, "the first has no CPU");
	for (size_t i = 0; i < spec->n_nodes; i++) {
		const struct vm_node *n = &spec->node[i];

		if (!n->memory)
			return refuse(why, "one has no memory");
		if (!n->latency != !n->bandwidth)
			return refuse(why,
				      "latency and bandwidth go together");
		if (n->distance && (n->distance < 11 || n->distance > 254))
			return refuse(why, "a distance is from 11 to 254");
		with += !!n->latency;
	}
	if (with && with != spec->n_nodes)
		return refuse(why, "latency for some of them only");
	if (with && !a->hmat)
		return refuse(why, "no latencies on this architecture");
	*hmat = with > 0;
	return 0;
}

static void add_nodes(struct words *argv, const struct vm_spec *spec, bool hmat)
{
	unsigned cpu = 0;

	for (size_t i = 0; i < spec->n_nodes; i++) {
		add_node(argv, &spec->node[i], i, cpu, hmat);
		cpu += spec->node[i].cpus;
	}
	add_distances(argv, spec);
	if (!hmat)
		return;
	for (size_t i = 0; i < spec->n_nodes; i++)
		for (size_t j = 0; j < spec->n_nodes; j++)
			add_attributes(argv, &spec->node[i], i, &spec->node[j],
				       j);
}

int command_memory(struct words *argv, const struct vm_spec *spec, char **why)
{
	uint64_t memory = total_memory(spec), plugged = pmem_size(spec);
	bool hmat = false;
	int err;

	if (spec->n_nodes) {
		err = check(spec, &hmat, why);
		if (err)
			return err;
	}
	command_option(argv, "-smp", "%u", total_cpus(spec));
	if (plugged)
		command_option(argv, "-m",
			       "size=%" PRIu64 "M,maxmem=%" PRIu64 "M",
			       memory >> 20, (memory + plugged) >> 20);
	else
		command_option(argv, "-m", "%" PRIu64 "M", memory >> 20);
	if (spec->n_nodes)
		add_nodes(argv, spec, hmat);
	return 0;
}
