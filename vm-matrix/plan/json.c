/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan as data: for the document, for scripts and for CI systems. */
#include <string.h>

#include "base/value.h"
#include "vm-matrix/plan/parts.h"

/* Jobs of one matrix that the systems take. */
#define GITHUB_MOST 256
#define GITLAB_MOST 200

static json_t *texts_json(const struct words *words)
{
	json_t *list = json_array();

	for (size_t i = 0; i < words->n; i++)
		js_add(list, js_text(words->word[i]));
	return list;
}

/* Left out where the file does not say. */
static void set_count(json_t *o, const char *key, uint64_t n)
{
	if (n)
		js_set(o, key, js_count(n));
}

static json_t *machine_json(const struct plan_machine *m)
{
	json_t *o = json_object(), *nodes = json_array(), *disks = json_array();

	js_set_text(o, "name", m->row.name);
	js_set(o, "cpus", json_integer(m->cpus));
	js_set(o, "memory", js_count(m->memory));
	for (size_t i = 0; i < m->n_nodes; i++) {
		const struct plan_node *node = &m->node[i];
		json_t *n = json_object();

		js_set(n, "cpus", json_integer(node->cpus));
		js_set(n, "memory", js_count(node->memory));
		set_count(n, "distance", node->distance);
		set_count(n, "latency", node->latency);
		set_count(n, "bandwidth", node->bandwidth);
		js_add(nodes, n);
	}
	for (size_t i = 0; i < m->n_disks; i++) {
		const struct plan_disk *disk = &m->disk[i];
		json_t *d = json_object();

		js_set_text(d, "kind", disk->kind);
		js_set(d, "size", js_count(disk->size));
		js_set_text(d, "cache", disk->cache);
		set_count(d, "logical_block", disk->logical_block);
		js_add(disks, d);
	}
	js_set(o, "nodes", nodes);
	js_set(o, "disks", disks);
	return o;
}

static json_t *job_json(const struct plan_job *job)
{
	json_t *o = json_object(), *settings = json_object();

	for (size_t i = 0; i < job->n_settings; i++)
		js_set_text(settings, job->setting[i].path, job->setting[i].value);
	js_set_text(o, "name", job->row.name);
	js_set_text(o, "kind", job->kind == PLAN_CRASH ? "crash" : "run");
	js_set(o, "argv", texts_json(&job->argv));
	js_set(o, "modules", texts_json(&job->modules));
	js_set(o, "commands", texts_json(&job->commands));
	js_set(o, "settings", settings);
	js_set(o, "timeout", js_seconds((double)job->timeout / NSEC_PER_SEC));
	js_set(o, "quiet", js_seconds((double)job->quiet / NSEC_PER_SEC));
	js_set(o, "exact", json_boolean(job->exact));
	js_set(o, "timed", json_boolean(job->timed));
	return o;
}

json_t *plan_cell_json(const struct cell_plan *cell)
{
	json_t *o = json_object(), *kernel = json_object(), *cmdline = json_object();

	js_set_text(kernel, "name", cell->kernel->row.name);
	js_set_text(kernel, "source", cell->kernel->source);
	js_set_text(cmdline, "name", cell->cmdline->row.name);
	js_set_text(cmdline, "append", cell->cmdline->append);
	js_set_text(o, "id", cell->id);
	js_set(o, "order", js_count(cell->order));
	js_set(o, "kernel", kernel);
	js_set_text(o, "arch", cell->arch);
	js_set(o, "machine", machine_json(cell->machine));
	js_set(o, "cmdline", cmdline);
	js_set(o, "job", job_json(cell->job));
	return o;
}

json_t *plan_json(const struct matrix_plan *plan)
{
	json_t *o = json_object(), *cells = json_array();

	for (size_t i = 0; i < plan->n_cells; i++)
		js_add(cells, plan_cell_json(&plan->cell[i]));
	js_set_text(o, "name", plan->name);
	js_set_text(o, "about", plan->about);
	js_set_text(o, "file", plan->path);
	js_set_text(o, "digest", plan->digest);
	js_set(o, "cells_in_file", js_count(plan->n_all));
	js_set(o, "cells", cells);
	return o;
}

char *plan_folder(const struct cell_plan *cell)
{
	char *folder = xstrdup(cell->id);

	for (char *p = folder; (p = strchr(p, '/'));)
		*p = '_';
	return folder;
}

/* --- CI systems ------------------------------------------------------------------- */

static bool few_enough(size_t n, size_t most, const char *system, char **why)
{
	if (n <= most)
		return true;
	*why = xasprintf("%zu jobs are more than %s takes (%zu); --shards N makes N of them",
			 n, system, most);
	return false;
}

/* Cells in shard @i of @n. */
static size_t shard_size(const struct matrix_plan *plan, unsigned i, unsigned n)
{
	size_t size = 0;

	for (size_t k = 0; k < plan->n_cells; k++)
		size += plan_shard_of(plan->cell[k].id, n) == i;
	return size;
}

static json_t *github_cell(const struct cell_plan *cell)
{
	json_t *o = json_object();

	js_set_text(o, "cell", cell->id);
	for (int axis = 0; axis < AXES; axis++)
		js_set_text(o, axis_names[axis].one, cell_name(cell, (enum axis)axis));
	return o;
}

static void github_shards(json_t *list, const struct matrix_plan *plan, unsigned shards)
{
	for (unsigned i = 1; i <= shards; i++) {
		_cleanup_free_ char *shard = xasprintf("%u/%u", i, shards);
		size_t size = shard_size(plan, i, shards);
		json_t *o;

		if (!size)
			continue;
		o = json_object();
		js_set_text(o, "shard", shard);
		js_set(o, "cells", js_count(size));
		js_add(list, o);
	}
}

json_t *plan_github(const struct matrix_plan *plan, unsigned shards, char **why)
{
	json_t *o = json_object(), *list = json_array();

	if (shards)
		github_shards(list, plan, shards);
	for (size_t i = 0; i < plan->n_cells && !shards; i++)
		js_add(list, github_cell(&plan->cell[i]));
	js_set(o, "include", list);
	if (few_enough(json_array_size(list), GITHUB_MOST, "GitHub", why))
		return o;
	json_decref(o);
	return NULL;
}

/* One variable with all its values: the product that GitLab makes of it is they. */
json_t *plan_gitlab(const struct matrix_plan *plan, unsigned shards, char **why)
{
	json_t *o = json_object(), *matrix = json_array(), *one = json_object();
	json_t *values = json_array();
	bool ok;

	for (unsigned i = 1; i <= shards; i++) {
		_cleanup_free_ char *shard = xasprintf("%u/%u", i, shards);

		if (shard_size(plan, i, shards))
			js_add(values, js_text(shard));
	}
	for (size_t i = 0; i < plan->n_cells && !shards; i++)
		js_add(values, js_text(plan->cell[i].id));
	ok = few_enough(json_array_size(values), GITLAB_MOST, "GitLab", why);
	js_set(one, shards ? "STRAIN_SHARD" : "STRAIN_CELL", values);
	js_add(matrix, one);
	js_set(o, "matrix", matrix);
	if (ok)
		return o;
	json_decref(o);
	return NULL;
}
