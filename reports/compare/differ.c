/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/compare/differ.h"

#include <string.h>

/* In this order they are told. */
static const char *const groups[] = { "kernel",	   "sysctl", "machine", "tool",
				      "libraries", "settings" };

/* Facts that differ from run to run and mean nothing by that. */
static const char *const volatile_facts[] = {
	"kernel.boot_id",
	"settings.seed",
	"settings.dry-run",
	NULL,
};

static bool is_volatile(const char *name)
{
	for (const char *const *v = volatile_facts; *v; v++)
		if (!strcmp(*v, name))
			return true;
	return strstr(name, ".free_hugepages") != NULL;
}

static void add(json_t *list, const char *name, const json_t *then, const json_t *now)
{
	json_t *o = json_object();

	js_set(o, "name", js_text(name));
	js_set(o, "then", then ? json_deep_copy(then) : json_null());
	js_set(o, "now", now ? json_deep_copy(now) : json_null());
	js_add(list, o);
}

static bool same(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	return json_equal(a, b);
}

static void members(json_t *list, const char *prefix, json_t *then, json_t *now,
		    bool only_common)
{
	const char *key;
	json_t *value;

	json_object_foreach(then, key, value) {
		_cleanup_free_ char *name = xasprintf("%s.%s", prefix, key);
		json_t *other = json_object_get(now, key);

		if (is_volatile(name) || (other ? same(value, other) : only_common))
			continue;
		add(list, name, value, other);
	}
	json_object_foreach(now, key, value) {
		_cleanup_free_ char *name = xasprintf("%s.%s", prefix, key);

		if (!only_common && !json_object_get(then, key) && !is_volatile(name))
			add(list, name, NULL, value);
	}
}

static json_t *case_called(const json_t *cases, const char *id)
{
	json_t *c;
	size_t i;

	json_array_foreach(cases, i, c) {
		const char *name = js_get_text(c, "id");

		if (name && !strcmp(name, id))
			return c;
	}
	return NULL;
}

static void case_work(json_t *list, const char *id, json_t *then, json_t *now)
{
	static const char *const work[] = { "workers", "ops", "threads", "verify",
					    "mutation" };
	_cleanup_free_ char *options = xasprintf("case %s: options", id);

	for (size_t i = 0; i < ARRAY_SIZE(work); i++) {
		json_t *a = json_object_get(then, work[i]);
		json_t *b = json_object_get(now, work[i]);
		_cleanup_free_ char *name = xasprintf("case %s: %s", id, work[i]);

		if ((a || b) && !(a && b && same(a, b)))
			add(list, name, a, b);
	}
	members(list, options, json_object_get(then, "options"),
		json_object_get(now, "options"), false);
}

static void cases(json_t *list, const json_t *then, const json_t *now)
{
	json_t *c;
	size_t i;

	json_array_foreach(then, i, c) {
		const char *id = js_get_text(c, "id");
		json_t *other = id ? case_called(now, id) : NULL;
		_cleanup_free_ char *name = id ? xasprintf("case %s", id) : NULL;

		if (other)
			case_work(list, id, c, other);
		else if (id)
			add(list, name, json_object_get(c, "id"), NULL);
	}
	json_array_foreach(now, i, c) {
		const char *id = js_get_text(c, "id");
		_cleanup_free_ char *name = id ? xasprintf("case %s", id) : NULL;

		if (id && !case_called(then, id))
			add(list, name, NULL, json_object_get(c, "id"));
	}
}

json_t *differ_reports(const json_t *then, const json_t *now)
{
	json_t *list = json_array();
	bool planned = json_object_get(now, "cases") != NULL;

	/* Which settings of the machine a report has depends on what ran. */
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		members(list, groups[i], json_object_get(then, groups[i]),
			json_object_get(now, groups[i]), !planned);
	if (planned)
		cases(list, json_object_get(then, "cases"),
		      json_object_get(now, "cases"));
	return list;
}
