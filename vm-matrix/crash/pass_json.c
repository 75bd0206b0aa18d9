/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/crash/pass.h"

static json_t *outcomes(const struct crash_pass *p, bool control)
{
	json_t *o = json_object();

	for (enum crash_outcome i = 0; i < CRASH_OUTCOMES; i++) {
		unsigned n = crash_pass_count(p, control, i);

		if (n)
			js_set(o, crash_outcome_name(i), json_integer(n));
	}
	return o;
}

static json_t *cut_json(const struct crash_cut *cut, bool cache)
{
	json_t *o = json_object();

	js_set(o, "outcome", js_text(crash_outcome_name(cut->outcome)));
	js_set_true(o, "control", cut->control);
	js_set_text(o, "reason", cut->why);
	js_set(o, "promised", js_count(cut->promised));
	if (cache) {
		js_set(o, "entries", js_count(cut->kept));
		js_set(o, "durable", js_count(cut->durable));
		js_set(o, "seed", js_count(cut->seed));
	}
	if (cut->torn)
		js_set(o, "plain_torn", js_count(cut->torn));
	js_copy(o, cut->found, "records");
	return o;
}

json_t *crash_pass_json(const struct crash_plan *plan, const struct crash_pass *p)
{
	static const char *const disks[] = { [VM_DISK_VIRTIO_BLK] = "virtio-blk",
					     [VM_DISK_NVME] = "nvme",
					     [VM_DISK_SCSI] = "scsi" };
	bool cache = plan->mode[0] == 'c';
	json_t *o = json_object(), *cuts = json_array();

	js_set(o, "filesystem", js_text(plan->filesystem));
	js_set(o, "writer", js_text(plan->writer));
	js_set(o, "mode", js_text(plan->mode));
	js_set(o, "disk", js_text(disks[plan->disk]));
	js_set(o, "seed", js_count(plan->seed));
	js_set_text(o, "skipped", p->skipped);
	js_set(o, "promises", js_count(p->promises));
	if (cache)
		js_set(o, "entries", js_count(p->entries));
	js_set(o, "boots", json_integer(p->boots));
	js_set(o, "restores", json_integer(p->restores));
	js_set(o, "kills", json_integer(p->kills));
	js_set(o, "seconds", js_seconds(p->seconds));
	js_set(o, "cpu_seconds", js_seconds(p->cpu_seconds));
	js_set(o, "outcomes", outcomes(p, false));
	js_set(o, "control_outcomes", outcomes(p, true));
	js_set(o, "proven", json_boolean(crash_pass_proves(p)));
	for (size_t i = 0; i < p->n; i++)
		js_add(cuts, cut_json(&p->cut[i], cache));
	js_set(o, "cuts", cuts);
	return o;
}
