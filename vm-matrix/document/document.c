/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/document/document.h"

#include <math.h>
#include <string.h>
#include <sys/utsname.h>

#include "core/machine.h"
#include "reports/text.h"
#include "vm-matrix/document/parts.h"

const char *const matrix_outcomes[MATRIX_OUTCOMES] = {
	[MATRIX_PASS] = "pass",
	[MATRIX_FAIL] = "fail",
	[MATRIX_PANIC] = "panic",
	[MATRIX_OOPS] = "oops",
	[MATRIX_HANG] = "hang",
	[MATRIX_NO_BOOT] = "no-boot",
	[MATRIX_TRUNCATED] = "truncated",
	[MATRIX_QEMU_FAILED] = "qemu-failed",
	[MATRIX_TIMEOUT] = "timeout",
	[MATRIX_SKIPPED] = "skipped",
	[MATRIX_BROKEN] = "broken",
	[MATRIX_INTERRUPTED] = "interrupted",
};

/* The worst first: what the whole is called. */
const enum matrix_outcome matrix_gravity[MATRIX_OUTCOMES] = {
	MATRIX_PANIC, MATRIX_OOPS, MATRIX_FAIL, MATRIX_HANG, MATRIX_NO_BOOT,
	MATRIX_TRUNCATED, MATRIX_TIMEOUT, MATRIX_QEMU_FAILED, MATRIX_BROKEN,
	MATRIX_INTERRUPTED, MATRIX_PASS, MATRIX_SKIPPED,
};

enum exit_code matrix_outcome_code(enum matrix_outcome outcome)
{
	switch (outcome) {
	case MATRIX_PASS:
		return EXIT_PASS;
	case MATRIX_FAIL:
	case MATRIX_PANIC:
	case MATRIX_OOPS:
		return EXIT_FAIL;
	case MATRIX_HANG:
		return EXIT_HANG;
	case MATRIX_SKIPPED:
		return EXIT_ALL_SKIPPED;
	case MATRIX_INTERRUPTED:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_BROKEN;
	}
}

enum matrix_outcome matrix_outcome_of(const json_t *cell)
{
	const char *word = text_get(cell, "outcome");

	for (int i = 0; i < MATRIX_OUTCOMES; i++)
		if (!strcmp(matrix_outcomes[i], word))
			return (enum matrix_outcome)i;
	return MATRIX_BROKEN;
}

/* --- the beginning -------------------------------------------------------------- */

static json_t *tool_json(void)
{
	json_t *o = json_object();

	js_set_text(o, "name", "strain");
	js_set_text(o, "version", STRAIN_VERSION);
	js_set_text(o, "commit", *STRAIN_COMMIT ? STRAIN_COMMIT : NULL);
	return o;
}

static json_t *host_json(void)
{
	json_t *o = json_object();
	struct utsname u;

	if (!uname(&u)) {
		js_set_text(o, "release", u.release);
		js_set_text(o, "machine", u.machine);
	}
	js_set(o, "cpus", json_integer(machine_cpus()));
	js_set(o, "memory", js_count(machine_memory()));
	return o;
}

static json_t *matrix_json(const struct matrix_plan *plan, const struct matrix_start *start)
{
	json_t *o = json_object();

	js_set_text(o, "name", plan->name);
	js_set_text(o, "about", *plan->about ? plan->about : NULL);
	js_set_text(o, "file", plan->path);
	js_set_text(o, "digest", plan->digest);
	js_set(o, "cells_in_file", js_count(plan->n_all));
	js_set_text(o, "only", start->only);
	js_set_text(o, "shard", start->shard);
	return o;
}

/* A cell of which nothing is known but that it was wanted. */
static json_t *waiting(const struct cell_plan *plan)
{
	json_t *cell = plan_cell_json(plan);

	js_set_text(cell, "outcome", matrix_outcomes[MATRIX_INTERRUPTED]);
	js_set_text(cell, "reason", MATRIX_DID_NOT_RUN);
	return cell;
}

static json_t *words_json(const struct words *words)
{
	json_t *list = json_array();

	for (size_t i = 0; i < words->n; i++)
		js_add(list, js_text(words->word[i]));
	return list;
}

json_t *matrix_new(const struct matrix_plan *plan, const struct matrix_start *start)
{
	json_t *doc = json_object(), *command = json_array(), *cells = json_array();

	for (int i = 0; i < start->argc; i++)
		js_add(command, js_text(start->argv[i]));
	for (size_t i = 0; i < plan->n_cells; i++)
		js_add(cells, waiting(&plan->cell[i]));
	js_set_text(doc, "schema", MATRIX_SCHEMA);
	js_set(doc, "sealed", json_false());
	js_set_text(doc, "outcome", matrix_outcomes[MATRIX_INTERRUPTED]);
	js_set(doc, "exit_code", json_integer(EXIT_INTERRUPTED));
	js_set(doc, "counts", json_object());
	js_set(doc, "tool", tool_json());
	js_set(doc, "command", command);
	js_set(doc, "matrix", matrix_json(plan, start));
	js_set(doc, "started", js_number(start->started));
	js_set(doc, "seconds", json_integer(0));
	js_set(doc, "host", host_json());
	if (plan->notes.n)
		js_set(doc, "notes", words_json(&plan->notes));
	js_set(doc, "cells", cells);
	matrix_count(doc);
	return doc;
}

/* --- a cell ---------------------------------------------------------------------- */

static void set_seconds(json_t *o, const char *key, double seconds)
{
	if (seconds > 0)
		js_set(o, key, js_seconds(seconds));
}

static json_t *tail_json(const struct words *tail)
{
	json_t *list = json_array();
	size_t first = 0;

	if (tail && tail->n > MATRIX_CONSOLE_TAIL)
		first = tail->n - MATRIX_CONSOLE_TAIL;
	for (size_t i = first; tail && i < tail->n; i++) {
		_cleanup_free_ char *line = text_clean(tail->word[i]);

		js_add(list, js_text(line));
	}
	return list;
}

static void add_kernel(json_t *kernel, const struct matrix_cell *cell)
{
	js_set_text(kernel, "release", cell->release);
	js_set_text(kernel, "package", cell->package);
	js_set_text(kernel, "version", cell->package_version);
	js_set_text(kernel, "digest", cell->kernel_digest);
}

json_t *matrix_cell(const struct matrix_cell *cell)
{
	json_t *o = plan_cell_json(cell->plan);

	add_kernel(json_object_get(o, "kernel"), cell);
	js_set_text(o, "outcome", matrix_outcomes[cell->outcome]);
	js_set_text(o, "reason", cell->reason);
	if (cell->started > 0)
		js_set(o, "started", js_number(cell->started));
	set_seconds(o, "seconds", cell->seconds);
	set_seconds(o, "cpu_seconds", cell->cpu_seconds);
	set_seconds(o, "boot_seconds", cell->boot_seconds);
	js_set_text(o, "accel", cell->accel);
	js_set_text(o, "emulator", cell->emulator);
	js_set_text(o, "digest", cell->digest);
	js_set_true(o, "state_restored", cell->state_restored);
	js_set_true(o, "from_cache", cell->from_cache);
	if (cell->attempts > 1)
		js_set(o, "attempts", json_integer(cell->attempts));
	if (cell->console_tail && cell->console_tail->n)
		js_set(o, "console_tail", tail_json(cell->console_tail));
	js_set_text(o, "report_file", cell->report_file);
	js_set_text(o, "console_file", cell->console_file);
	if (cell->extra)
		json_object_update(o, cell->extra);
	if (cell->report)
		js_set(o, "report", matrix_summary(cell->report));
	return o;
}

void matrix_add(json_t *doc, json_t *cell)
{
	json_t *cells = json_object_get(doc, "cells"), *other;
	const char *id = text_get(cell, "id");
	size_t i;

	json_array_foreach(cells, i, other)
		if (text_is(other, "id", id)) {
			json_array_set_new(cells, i, cell);
			return;
		}
	js_add(cells, cell);
}

/* --- the whole -------------------------------------------------------------------- */

static const char *worst(const size_t count[MATRIX_OUTCOMES])
{
	for (size_t i = 0; i < MATRIX_OUTCOMES; i++)
		if (count[matrix_gravity[i]])
			return matrix_outcomes[matrix_gravity[i]];
	return matrix_outcomes[MATRIX_SKIPPED];
}

void matrix_count(json_t *doc)
{
	size_t count[MATRIX_OUTCOMES] = { 0 }, i;
	json_t *counts = json_object(), *cell;

	json_array_foreach(json_object_get(doc, "cells"), i, cell)
		count[matrix_outcome_of(cell)]++;
	for (i = 0; i < MATRIX_OUTCOMES; i++)
		if (count[i])
			js_set(counts, matrix_outcomes[i], js_count(count[i]));
	js_set(doc, "counts", counts);
	js_set_text(doc, "outcome", worst(count));
	js_set(doc, "exit_code", json_integer(matrix_exit(doc)));
}

void matrix_seal(json_t *doc, double seconds)
{
	js_set(doc, "sealed", json_true());
	js_set(doc, "seconds", js_seconds(seconds));
	matrix_count(doc);
}

enum exit_code matrix_exit(const json_t *doc)
{
	enum exit_code code = EXIT_PASS;
	bool all_skipped = true;
	json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(doc, "cells"), i, cell) {
		enum matrix_outcome outcome = matrix_outcome_of(cell);

		if (outcome == MATRIX_SKIPPED)
			continue;
		all_skipped = false;
		code = exit_worse(code, matrix_outcome_code(outcome));
	}
	return all_skipped ? EXIT_ALL_SKIPPED : code;
}
