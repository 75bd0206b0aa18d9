/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reports say of kernels and machines, by the name of each fact. */
#include "reports/compare/samples_parts.h"

#include <string.h>

/* Facts that differ between any two runs and mean nothing. */
static bool passing(const char *name)
{
	static const char *const names[] = {
		"kernel.boot_id",	"environment.now.", "kernel.config.source",
		"settings.seed",	"settings.dry-run", "settings.trials",
		"settings.known-issues", "settings.label", "settings.fail-fast",
		"settings.until-fail", "settings.strict-skip", "fs.device.",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return strstr(name, ".free_hugepages") != NULL;
}

static void add_fact(json_t *facts, const char *prefix, const char *key, json_t *value)
{
	_cleanup_free_ char *name = xasprintf("%s.%s", prefix, key);
	json_t *list, *known, *member;
	const char *below;
	size_t i;

	if (json_is_object(value)) {
		json_object_foreach(value, below, member)
			add_fact(facts, name, below, member);
		return;
	}
	if (passing(name) || json_is_null(value))
		return;
	list = json_object_get(facts, name);
	if (!list) {
		list = json_array();
		js_set(facts, name, list);
	}
	json_array_foreach(list, i, known)
		if (json_equal(known, value))
			return;
	js_add(list, json_incref(value));
}

static const char *const fact_groups[] = { "kernel", "sysctl", "machine", "tool",
					   "libraries", "environment", "settings" };

void samples_add_facts(struct samples *s, int side, const json_t *doc)
{
	if (!s->facts[side]) {
		s->facts[side] = json_object();
		s->group[side] = json_object();
	}
	for (size_t i = 0; i < ARRAY_SIZE(fact_groups); i++) {
		json_t *group = json_object_get(doc, fact_groups[i]), *value;
		const char *key;

		if (!json_is_object(group) ||
		    json_equal(group, json_object_get(s->group[side], fact_groups[i])))
			continue;
		js_set(s->group[side], fact_groups[i], json_incref(group));
		json_object_foreach(group, key, value)
			add_fact(s->facts[side], fact_groups[i], key, value);
	}
}

void samples_add_fs(struct samples *s, int side, const json_t *o)
{
	static const char *const keys[] = { "type", "mkfs", "mount" };
	const json_t *fs = json_object_get(o, "fs");

	for (size_t i = 0; fs && i < ARRAY_SIZE(keys); i++) {
		_cleanup_free_ char *prefix = xasprintf("fs.%s", keys[i]);
		json_t *value = json_object_get(fs, keys[i]);

		if (value)
			add_fact(s->facts[side], prefix, js_get_text(o, "id"), value);
	}
}
