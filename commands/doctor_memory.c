/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/doctor_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/value.h"
#include "commands/doc.h"
#include "core/machine.h"

#define NODES 64 /* more than that nobody reads */

/* Whole MiB: exact ones of firmware's leftovers are not for people. */
static void add_size(struct str *out, uint64_t bytes)
{
	char text[VALUE_TEXT];

	str_add(out, value_format_bytes(text, bytes >> 20 << 20));
}

char *doctor_memory_title(void)
{
	struct memory_node nodes[NODES];
	size_t n = machine_memory_nodes(nodes, NODES);
	_cleanup_words_ struct words tiers = { 0 };
	struct str out = STR_INIT;
	uint64_t sum = 0;

	if (!n)
		return xstrdup("the kernel knows no nodes");
	for (size_t i = 0; i < n; i++) {
		sum += nodes[i].bytes;
		if (*nodes[i].tier && !words_has(&tiers, nodes[i].tier))
			words_add(&tiers, nodes[i].tier);
	}
	add_size(&out, sum);
	str_addf(&out, " in %zu node%s", n, n == 1 ? "" : "s");
	if (tiers.n)
		str_addf(&out, ", %zu tier%s", tiers.n, tiers.n == 1 ? "" : "s");
	return str_take(&out);
}

static void add_node(struct str *out, const struct memory_node *m, bool alone)
{
	_cleanup_str_ struct str text = STR_INIT;
	char label[24];

	add_size(&text, m->bytes);
	if (*m->cpus)
		str_addf(&text, ", CPU%s %s", strpbrk(m->cpus, "-,") ? "s" : "",
			 m->cpus);
	else
		str_add(&text, ", no CPU");
	if (*m->tier)
		str_addf(&text, ", %s", m->tier);
	if (!alone && *m->distances)
		str_addf(&text, ", distances %s", m->distances);
	if (m->read_ns)
		str_addf(&text, ", reads in %" PRIu64 " ns", m->read_ns);
	if (m->read_mib)
		str_addf(&text, ", %" PRIu64 " MiB/s", m->read_mib);
	snprintf(label, sizeof(label), "node %u", m->node);
	str_addf(out, "  %-18s", label);
	doc_wrap(out, text.buf, 20, 20);
}

void doctor_memory_rows(struct str *out)
{
	struct memory_node nodes[NODES];
	size_t n = machine_memory_nodes(nodes, NODES);
	bool on;

	for (size_t i = 0; i < n; i++)
		add_node(out, &nodes[i], n == 1);
	if (n > 1 && machine_demotion(&on))
		str_addf(out, "  %-18s%s\n", "demotion", on ? "on" : "off");
}

json_t *doctor_memory_json(void)
{
	struct memory_node nodes[NODES];
	size_t n = machine_memory_nodes(nodes, NODES);
	json_t *o = json_object(), *array = json_array();
	bool on;

	for (size_t i = 0; i < n; i++) {
		const struct memory_node *m = &nodes[i];
		json_t *row = json_object();

		js_set(row, "node", js_count(m->node));
		js_set(row, "bytes", js_count(m->bytes));
		js_set(row, "cpus", *m->cpus ? js_text(m->cpus) : json_null());
		js_set_text(row, "tier", *m->tier ? m->tier : NULL);
		js_set_text(row, "distances", *m->distances ? m->distances : NULL);
		if (m->read_ns)
			js_set(row, "read_latency_ns", js_count(m->read_ns));
		if (m->read_mib)
			js_set(row, "read_bandwidth_mib", js_count(m->read_mib));
		js_add(array, row);
	}
	js_set(o, "nodes", array);
	js_set(o, "demotion", machine_demotion(&on) ? json_boolean(on) : json_null());
	return o;
}
