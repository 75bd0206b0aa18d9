/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions, machine and configuration. */
#include "reports/render/bug.h"

#include <math.h>
#include <string.h>

#define DIFFERENCES 60

static void add_fact(struct bug *b, const char *title, const json_t *facts,
		     const char *key)
{
	_cleanup_free_ char *text = NULL;
	const json_t *value = json_object_get(facts, key);

	if (!value || json_is_null(value))
		return;
	text = json_is_string(value) ? xstrdup(json_string_value(value)) :
				       render_number(value);
	bug_add(b, "  %s: ", title);
	bug_text(b, text);
	bug_add(b, "\n");
}

static void add_command_line(struct bug *b, const char *title, const char *text)
{
	_cleanup_free_ char *shown = b->redact ? redact_command_line(b->redact, text) :
						 xstrdup(text);

	bug_add(b, "  %s: ", title);
	bug_text(b, shown);
	bug_add(b, "\n");
}

static void add_kernel(struct bug *b, const char *title, const json_t *report)
{
	const json_t *kernel = json_object_get(report, "kernel");

	if (!report)
		return;
	bug_add(b, "\n%s: linux ", title);
	bug_text(b, render_kernel(report));
	bug_add(b, " ");
	bug_text(b, text_get(kernel, "version"));
	bug_add(b, " ");
	bug_text(b, text_get(kernel, "machine"));
	bug_add(b, "\n");
	add_fact(b, "config digest", kernel, "config.digest");
	add_fact(b, "compiler", kernel, "compiler");
	add_fact(b, "preemption", kernel, "preemption");
	add_fact(b, "taint", kernel, "tainted");
	add_fact(b, "transparent huge pages", kernel, "thp.enabled");
	if (js_get_text(kernel, "command_line"))
		add_command_line(b, "command line", js_get_text(kernel, "command_line"));
}

/* --- machine ------------------------------------------------------------------- */

static void add_mitigations(struct bug *b, const json_t *machine)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)machine, name, value) {
		const char *text = json_string_value(value);

		if (strncmp(name, "mitigation.", 11) != 0 || !text ||
		    !strcmp(text, "Not affected"))
			continue;
		bug_add(b, "  ");
		bug_text(b, name + 11);
		bug_add(b, ": ");
		bug_text(b, text);
		bug_add(b, "\n");
	}
}

static void add_machine(struct bug *b, const json_t *report)
{
	const json_t *machine = json_object_get(report, "machine");
	double memory = js_get_number(machine, "memory.total", NAN);

	if (!machine)
		return;
	bug_title(b, "Machine");
	bug_add(b, "\n");
	add_fact(b, "CPU", machine, "cpu.model");
	add_fact(b, "microcode", machine, "cpu.microcode");
	add_fact(b, "sockets", machine, "cpu.sockets");
	add_fact(b, "cores", machine, "cpu.cores");
	add_fact(b, "threads", machine, "cpu.threads");
	add_fact(b, "SMT", machine, "cpu.smt.control");
	add_fact(b, "governor", machine, "cpu.governor");
	if (isfinite(memory))
		bug_add(b, "  memory: %.1f GiB\n", memory / (1 << 30));
	add_fact(b, "NUMA nodes", machine, "memory.nodes");
	add_fact(b, "hypervisor", machine, "hypervisor");
	add_mitigations(b, machine);
}

static void add_filesystem(struct bug *b)
{
	const json_t *fs = json_object_get(b->of, "fs");

	if (!fs)
		return;
	add_fact(b, "filesystem", fs, "type");
	add_fact(b, "device", fs, "device");
	add_fact(b, "made with", fs, "mkfs");
	add_fact(b, "mount options", fs, "mount");
}

/* --- differences ---------------------------------------------------------------- */

static void add_side_value(struct bug *b, const char *name, const json_t *row,
			   const char *side)
{
	const json_t *value = json_object_get(row, side);
	_cleanup_free_ char *text = json_is_string(value) ?
					    xstrdup(json_string_value(value)) :
					    render_number(value);

	if (strstr(name, "command_line")) {
		_cleanup_free_ char *title = xasprintf("  %s", side);

		add_command_line(b, title, text);
		return;
	}
	bug_add(b, "    %s: ", side);
	bug_text(b, text);
	bug_add(b, "\n");
}

static void add_differences(struct bug *b)
{
	const json_t *rows = json_object_get(b->comparison, "environment");
	size_t i;
	json_t *row;

	if (!b->comparison)
		return;
	bug_title(b, "What differs between the two");
	if (!json_array_size(rows))
		bug_add(b, "\nNothing that was recorded.\n");
	json_array_foreach(rows, i, row) {
		const char *name = text_get(row, "name");

		if (i == DIFFERENCES)
			break;
		bug_add(b, "%s  ", i ? "" : "\n");
		bug_text(b, name);
		bug_add(b, "\n");
		add_side_value(b, name, row, "base");
		add_side_value(b, name, row, "new");
	}
}

void bug_where(struct bug *b)
{
	const json_t *sides = json_object_get(b->comparison, "sides");

	bug_title(b, "Kernels");
	if (b->comparison) {
		bug_add(b, "\nLast good: ");
		bug_text(b, text_get(json_array_get(sides, 0), "kernel"));
		bug_add(b, "\nFirst bad that was tried: ");
		bug_text(b, text_get(json_array_get(sides, 1), "kernel"));
		bug_add(b, "\n");
	}
	add_kernel(b, "Good", b->base);
	add_kernel(b, "Bad", b->new);
	add_differences(b);
	add_machine(b, b->new);
	add_filesystem(b);
}
