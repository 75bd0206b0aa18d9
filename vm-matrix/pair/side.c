/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/pair/side.h"

#include <string.h>

/* --- labels ------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* Do all sides have what @get gives, alike? */
static bool alike(const struct pair_sides *s, const char *(*get)(const struct pair_side *))
{
	for (size_t i = 1; i < s->n; i++)
		if (!same(get(&s->side[0]), get(&s->side[i])))
			return false;
	return true;
}

static const char *get_source(const struct pair_side *side)
{
	return side->source;
}

static const char *get_cmdline(const struct pair_side *side)
{
	return side->cmdline;
}

/* How many sides before this one have its label. */
static unsigned repeats(const struct pair_sides *s, size_t at)
{
	unsigned n = 0;

	for (size_t i = 0; i < at; i++)
		n += same(s->side[i].source, s->side[at].source) &&
		     same(s->side[i].cmdline, s->side[at].cmdline);
	return n;
}

void pair_labels(struct pair_sides *s)
{
	bool cmdlines = !alike(s, get_cmdline), kernels = !cmdlines || !alike(s, get_source);

	for (size_t i = 0; i < s->n; i++) {
		struct pair_side *side = &s->side[i];
		_cleanup_free_ char *name = kernel_source_name(side->source);
		const char *words = side->cmdline && *side->cmdline ? side->cmdline : "default";
		struct str label = STR_INIT;

		if (kernels)
			str_add(&label, name);
		if (cmdlines)
			str_addf(&label, "%s%s", kernels ? " " : "", words);
		if (repeats(s, i))
			str_addf(&label, " (%u)", repeats(s, i) + 1);
		free(side->label);
		side->label = str_take(&label);
	}
}

/* --- machines ----------------------------------------------------------------- */

int pair_sides_open(struct pair_sides *s, const struct vm_spec *machine,
		    const struct cell_job *job, const struct cell_host *host, char **why)
{
	int err = 0;

	for (size_t i = 0; i < s->n && !err; i++) {
		struct cell_spec spec = { .source = s->side[i].source,
					  .machine = *machine, .job = job };

		spec.machine.cmdline = s->side[i].cmdline;
		err = cell_ready(&spec, host, &s->side[i].ready, why);
	}
	pair_labels(s);
	return err;
}

void pair_sides_close(struct pair_sides *s)
{
	for (size_t i = 0; i < s->n; i++) {
		cell_ready_free(&s->side[i].ready);
		free(s->side[i].label);
	}
	s->n = 0;
}
