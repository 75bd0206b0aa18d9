/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernels by their sources. */
#include <string.h>

#include "vm-matrix/plan/parts.h"

/* clang-format off */
static const struct field kernel_fields[] = {
	PLAN_ROW(plan_kernel),
	{ "source", FIELD_TEXT, PLAN_FIELD(plan_kernel, source, .required = true) },
	{}
};
/* clang-format on */

#define SERIES "series:"

static bool is_series(const char *source)
{
	return !strncmp(source, SERIES, strlen(SERIES));
}

/*
 * "series:6.12-cloud" is 6.12-cloud, "deb:linux-image-6.12.9-amd64@sid" is
 * 6.12.9-amd64, and of a path it is the last part.
 */
static const char *kernel_name(struct plan_parts *parts, const char *source)
{
	static const char *const prefixes[] = {
		"series:", "deb:", "linux-image-", "linux-binary-", "vmlinuz-", "vmlinux-",
	};
	_cleanup_free_ char *text = xstrdup(source);
	char *name = text;

	text[strcspn(text, ",")] = '\0';
	while (*name && name[strlen(name) - 1] == '/')
		name[strlen(name) - 1] = '\0';
	if (strncmp(name, "deb:", 4) && strrchr(name, '/'))
		name = strrchr(name, '/') + 1;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			name += strlen(prefixes[i]);
	name[strcspn(name, "@")] = '\0';
	if (strlen(name) > PLAN_NAME)
		name[PLAN_NAME] = '\0';
	for (char *p = name; *p; p++) {
		char letter[] = { 'x', *p, '\0' };

		if (read_name(letter))
			*p = '-';
	}
	return plan_keep(parts, name);
}

/* "series:*-cloud": those of a flavour that the archive offers. */
static char *check_pattern(struct plan_parts *parts, struct plan_kernel *kernel,
			   const char *place)
{
	const char *text = kernel->source + strlen(SERIES), *dash = strchr(text, '-');
	size_t n = dash ? (size_t)(dash - text) : strlen(text);
	_cleanup_free_ char *pattern = xasprintf("%.*s", (int)n, text);

	if (kernel->row.name)
		return xasprintf("%s: '%.60s' stands for kernels that have names of their own",
				 place, kernel->source);
	if (pattern[strspn(pattern, "0123456789.*?[]-")] || (dash && read_name(dash + 1)))
		return xasprintf("%s: '%.60s' is neither series:PATTERN nor series:PATTERN-FLAVOUR",
				 place, kernel->source);
	kernel->pattern = plan_keep(parts, pattern);
	kernel->flavour = dash ? dash + 1 : "";
	kernel->row.name = text;
	return NULL;
}

static char *check_kernel(struct plan_parts *parts, struct plan_kernel *kernel,
			  const char *place)
{
	const char *fault;

	if (is_series(kernel->source) && strpbrk(kernel->source, "*?["))
		return check_pattern(parts, kernel, place);
	if (strncmp(kernel->source, "deb:", 4) && !is_series(kernel->source) &&
	    !strchr(kernel->source, '/'))
		return xasprintf("%s: the source '%.60s' is neither series:X, deb:PACKAGE nor a path with a '/'",
				 place, kernel->source);
	if (kernel->row.name)
		return NULL;
	kernel->row.name = kernel_name(parts, kernel->source);
	fault = read_name(kernel->row.name);
	return fault ? xasprintf("%s needs a name: the one made of '%.60s' %s", place,
				 kernel->source, fault) : NULL;
}

/* As an object, as a source alone, or, in an include, by the name of one that
 * the file has. */
char *row_kernel(struct plan_parts *parts, const json_t *value, const char *place,
		 struct plan_row *row)
{
	struct plan_kernel *kernel = (void *)row;
	char *fault = NULL;

	kernel->source = json_string_value(value);
	if (!kernel->source)
		fault = read_object(value, place, kernel_fields, kernel);
	return fault ? fault : check_kernel(parts, kernel, place);
}
