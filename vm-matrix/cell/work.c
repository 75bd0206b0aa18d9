/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/cell/work.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dir.h"
#include "reports/load.h"
#include "vm-matrix/cell/store.h"

/* While it is done. */
struct doing {
	const struct cell_work *w;
	char *folder, *name; /* OUT/cells/NAME */
	struct cell_ready ready;
	struct cell_result result;
};

char *cell_work_folder(const char *out, const struct cell_plan *plan)
{
	_cleanup_free_ char *name = plan_folder(plan);

	return xasprintf("%s/cells/%s", out, name);
}

struct vm_spec cell_machine(const struct cell_plan *plan, struct vm_node *node,
			    struct vm_disk *disk)
{
	static const char *const kinds[] = {
		[VM_DISK_VIRTIO_BLK] = "virtio-blk",
		[VM_DISK_NVME] = "nvme",
		[VM_DISK_SCSI] = "scsi",
		[VM_DISK_PMEM] = "pmem",
	};
	const struct plan_machine *m = plan->machine;

	for (size_t i = 0; i < m->n_nodes; i++)
		node[i] = (struct vm_node){
			.cpus = m->node[i].cpus, .memory = m->node[i].memory,
			.distance = m->node[i].distance, .latency = m->node[i].latency,
			.bandwidth = m->node[i].bandwidth,
		};
	for (size_t i = 0; i < m->n_disks; i++) {
		disk[i] = (struct vm_disk){ .size = m->disk[i].size,
					    .cache = m->disk[i].cache,
					    .logical_block = m->disk[i].logical_block };
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
			if (!strcmp(kinds[k], m->disk[i].kind))
				disk[i].kind = (enum vm_disk_kind)k;
	}
	return (struct vm_spec){
		.arch = plan->arch, .cpus = m->cpus, .memory = m->memory,
		.node = node, .n_nodes = m->n_nodes, .disk = disk, .n_disks = m->n_disks,
		.cmdline = plan->cmdline->append, .exact = plan->job->exact, .pvpanic = true,
	};
}

static void on_phase(void *ctx, const char *phase)
{
	const struct doing *d = ctx;

	dprintf(d->w->say, "%s\n", phase);
}

/* Which case the report is at. */
static void on_line(void *ctx, const json_t *line)
{
	const struct doing *d = ctx;
	const char *kind = js_get_text(line, "line");
	double order = js_get_number(line, "order", -1);

	if (kind && !strcmp(kind, "trial") && order >= 0)
		dprintf(d->w->say, "running, %.0f trial%s done\n", order + 1,
			order > 0 ? "s" : "");
}

static bool on_stop(void *ctx, struct vm *vm)
{
	const struct doing *d = ctx;

	(void)vm;
	return d->w->stop && d->w->stop();
}

static void on_fetch(void *ctx, const char *what, uint64_t done, uint64_t total)
{
	const struct cell_work *w = ctx;

	if (total)
		dprintf(w->say, "%s %.0f of %.0f MB\n", what, done / 1e6, total / 1e6);
	else
		dprintf(w->say, "%s\n", what);
}

static bool on_fetch_stop(void *ctx)
{
	const struct cell_work *w = ctx;

	return w->stop && w->stop();
}

/* In the folder, if there is something to say. */
static void write_text(const struct doing *d, const char *name, const char *text)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", d->folder, name);
	FILE *out = text ? fopen(path, "we") : NULL;

	if (!out)
		return;
	fputs(text, out);
	fclose(out);
}

static bool store(const struct doing *d, json_t *cell)
{
	char *why = NULL;
	bool ok = cell_store_put(d->folder, cell, &why);

	if (!ok)
		error("%s", why);
	free(why);
	json_decref(cell);
	return ok;
}

/* A cell that did not get as far as a machine. */
static bool store_unready(const struct doing *d, int err, const char *why)
{
	const struct kernel *k = &d->ready.kernel;
	struct matrix_cell cell = {
		.plan = d->w->plan,
		.release = k->release, .package = k->package,
		.package_version = k->package_version, .kernel_digest = k->digest,
		.outcome = kernel_is_skip(err) ? MATRIX_SKIPPED : MATRIX_BROKEN,
		.reason = why,
	};

	return store(d, matrix_cell(&cell));
}

static json_t *extra(const struct doing *d)
{
	json_t *o = json_object();

	if (d->result.guest_state)
		js_set(o, "guest_state", js_text(d->result.guest_state));
	js_set_text(o, "unsaved", d->result.unsaved);
	if (d->result.decoded)
		js_set(o, "decoded", js_text(d->result.decoded));
	return o;
}

static bool store_result(struct doing *d)
{
	const struct cell_result *r = &d->result;
	const struct kernel *k = &d->ready.kernel;
	const char *version = vm_emulator_version(d->ready.vm.arch);
	_cleanup_free_ char *emulator =
		xasprintf("QEMU %s", version ? version : "not installed");
	_cleanup_free_ char *report_file = xasprintf("cells/%s/report.json", d->name);
	_cleanup_free_ char *console_file = xasprintf("cells/%s/console.log", d->name);
	_cleanup_json_ json_t *more = extra(d);
	char *why = NULL;
	_cleanup_json_ json_t *summary = r->report ? report_summary(r->report, &why) : NULL;
	struct matrix_cell cell = {
		.plan = d->w->plan,
		.release = k->release, .package = k->package,
		.package_version = k->package_version, .kernel_digest = k->digest,
		.outcome = r->outcome, .reason = r->reason, .started = r->started,
		.seconds = r->seconds, .cpu_seconds = r->cpu_seconds,
		.boot_seconds = r->boot_seconds, .accel = vm_accel_name(d->ready.vm.accel),
		.emulator = emulator, .digest = d->ready.key, .state_restored = r->restored,
		.attempts = r->boots,
		.console_tail = r->outcome == MATRIX_PASS ? NULL : &r->tail,
		.report = summary, .report_file = r->report ? report_file : NULL,
		.console_file = console_file, .extra = more,
	};

	free(why);
	write_text(d, "job.log", r->text);
	write_text(d, "guest.txt", r->guest_state);
	return store(d, matrix_cell(&cell));
}

/* The result of an earlier time. False: there is none. */
static bool take_old(const struct doing *d, const char *cache)
{
	json_t *cell = cell_store_find(d->folder, d->ready.key);

	if (!cell)
		cell = cell_cache_get(cache, d->ready.key, d->folder);
	if (!cell)
		return false;
	store(d, cell_store_adopt(d->w->plan, cell, true));
	json_decref(cell);
	return true;
}

static int do_cell(struct doing *d, const char *cache)
{
	_cleanup_free_ char *report = xasprintf("%s/report.json", d->folder);
	_cleanup_free_ char *console = xasprintf("%s/console.log", d->folder);
	const struct cell_paths paths = { .report = report, .console = console };
	const struct cell_hooks hooks = { .ctx = d, .phase = on_phase, .line = on_line,
					  .stop = on_stop };
	bool stopped, ok;

	if (!d->w->rerun && take_old(d, cache))
		return EXIT_PASS;
	cell_store_clear(d->folder);
	if (dir_make(d->folder, 0755))
		return EXIT_BROKEN;
	cell_run(&d->ready, d->w->job, &paths, &hooks, &d->result);
	stopped = d->result.outcome == MATRIX_INTERRUPTED;
	ok = !stopped && store_result(d);
	cell_result_free(&d->result);
	if (ok)
		cell_cache_put(cache, d->ready.key, d->folder);
	return ok ? EXIT_PASS : stopped ? EXIT_INTERRUPTED : EXIT_BROKEN;
}

static int make_ready(struct doing *d, struct cell_host *host)
{
	struct vm_node node[PLAN_NODES];
	struct vm_disk disk[PLAN_DISKS];
	struct cell_spec spec = {
		.source = d->w->plan->kernel->source,
		.machine = cell_machine(d->w->plan, node, disk),
		.job = d->w->job,
	};
	char *why = NULL;
	int status, err;

	on_phase(d, "preparing");
	err = cell_ready(&spec, host, &d->ready, &why);
	if (!err)
		status = do_cell(d, kernel_cache_dir(host->cache));
	else if (err == KERNEL_INTERRUPTED)
		status = EXIT_INTERRUPTED;
	else
		status = store_unready(d, err, why) ? EXIT_PASS : EXIT_BROKEN;
	free(why);
	cell_ready_free(&d->ready);
	return status;
}

int cell_work(const struct cell_work *w)
{
	struct doing d = { .w = w, .folder = cell_work_folder(w->out, w->plan),
			   .name = plan_folder(w->plan) };
	struct kernel_cache_options options = w->cache;
	struct cell_host host = { .accel = w->accel, .no_state = w->no_state };
	char *why = NULL;
	int status = EXIT_BROKEN;

	options.progress = on_fetch;
	options.stop = on_fetch_stop;
	options.ctx = (void *)w;
	host.cache = kernel_cache_open(&options, &why);
	if (host.cache)
		status = make_ready(&d, &host);
	else
		error("%s", why);
	free(why);
	kernel_cache_close(host.cache);
	free(d.folder);
	free(d.name);
	return status;
}
