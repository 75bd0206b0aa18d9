/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/registry.h"

#include <string.h>

/* stressors.inc: X(symbol, "name", "folder") per file of stressors/, generated. */
#define X(symbol, name, folder) extern const struct stressor stressor_##symbol;
#include "stressors.inc"
#undef X

const struct entry registry[] = {
#define X(symbol, name, folder) { name, folder, &stressor_##symbol },
#include "stressors.inc"
#undef X
};

const size_t registry_size = ARRAY_SIZE(registry);

const struct entry *registry_find(const char *name)
{
	for (size_t i = 0; i < registry_size; i++)
		if (!strcmp(registry[i].name, name))
			return &registry[i];
	return NULL;
}

bool registry_tagged(const struct entry *e, const char *tag)
{
	return !strcmp(e->folder, tag) || !strcmp(e->name, tag) ||
	       word_in(e->stressor->tags, tag);
}

const char *registry_unsupported(const struct entry *e, const struct method *m)
{
	if (e->stressor->unsupported)
		return e->stressor->unsupported;
	return m ? m->unsupported : NULL;
}

size_t registry_metrics(const struct stressor *s)
{
	size_t n = 0;

	while (s->metrics && s->metrics[n].id)
		n++;
	return n;
}

size_t registry_checks(const struct stressor *s)
{
	size_t n = 0;

	while (s->checks && s->checks[n].id)
		n++;
	return n;
}

static uint32_t mask(uint32_t wanted, size_t n)
{
	uint32_t all = n < 32 ? (1u << n) - 1 : UINT32_MAX;

	return wanted ? wanted & all : all;
}

uint32_t registry_metric_mask(const struct stressor *s, const struct method *m)
{
	return mask(m ? m->metrics : 0, registry_metrics(s));
}

uint32_t registry_check_mask(const struct stressor *s, const struct method *m)
{
	return mask(m ? m->checks : 0, registry_checks(s));
}
