/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks: a node of QEMU's block layer each (in JSON, so that a path may have any
 * byte) and the device that shows it to the guest.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <jansson.h>

#include "vm-matrix/qemu/arch.h"
#include "vm-matrix/qemu/command.h"

static const struct cache {
	const char *name;
	bool direct, no_flush, write_through;
} caches[] = {
	{ "writeback", false, false, false },
	{ "none", true, false, false },
	{ "unsafe", false, true, false },
	{ "writethrough", false, false, true },
	{ "directsync", true, false, true },
};

static const struct cache *cache_of(const struct vm_disk *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(caches); i++)
		if (!d->cache || !strcmp(caches[i].name, d->cache))
			return &caches[i];
	return NULL;
}

static json_t *file_node(const char *path, bool direct, bool no_flush)
{
	return json_pack("{s:s, s:s, s:s, s:{s:b, s:b}}", "driver", "file",
			 "filename", path, "discard", "unmap", "cache",
			 "direct", (int)direct, "no-flush", (int)no_flush);
}

static void add_node(struct words *argv, const struct vm_disk *d, size_t i,
		     const struct cache *c)
{
	/* Memory has no cache below it that one could go past. */
	bool direct = c->direct && d->path;
	char *set = xasprintf("/dev/fdset/%zu", i), *name, *text;
	char *pace = xasprintf("pace%zu", i);
	json_t *file = file_node(d->path ? d->path : set, direct, c->no_flush);
	json_t *node;

	name = xasprintf("disk%zu", i);
	if (d->log)
		node = json_pack("{s:s, s:s, s:o, s:o, s:i}", "driver",
				 "blklogwrites", "node-name", name, "file", file,
				 "log", file_node(d->log, false, false),
				 "log-sector-size", 512);
	else if (d->requests)
		node = json_pack("{s:s, s:s, s:s, s:o}", "driver", "throttle",
				 "node-name", name, "throttle-group", pace,
				 "file", file);
	else
		node = json_pack("{s:s, s:s, s:s, s:o}", "driver", "raw",
				 "node-name", name, "discard", "unmap", "file",
				 file);
	if (d->requests)
		command_option(argv, "-object", "throttle-group,id=%s,x-iops-total=%u",
			       pace, d->requests);
	text = json_dumps(node, JSON_COMPACT);
	json_decref(node);
	/* NULL: a path that is not UTF-8. */
	command_option(argv, "-blockdev", "%s", text ? text : "");
	free(text);
	free(name);
	free(pace);
	free(set);
}

static void add_device(struct words *argv, const struct vm_disk *d, size_t i,
		       const struct cache *c, bool first_scsi)
{
	static const char *const model[] = {
		[VM_DISK_VIRTIO_BLK] = "virtio-blk",
		[VM_DISK_NVME] = "nvme",
		[VM_DISK_SCSI] = "scsi-hd",
	};
	struct str s = STR_INIT;

	if (d->kind == VM_DISK_SCSI && first_scsi)
		command_option(argv, "-device", "virtio-scsi,id=scsi");
	str_addf(&s, "%s,drive=disk%zu", model[d->kind], i);
	if (d->kind == VM_DISK_SCSI)
		str_add(&s, ",bus=scsi.0");
	if (d->serial)
		str_addf(&s, ",serial=%s", d->serial);
	else
		str_addf(&s, ",serial=strain%zu", i);
	if (d->logical_block)
		str_addf(&s, ",logical_block_size=%u,physical_block_size=%u",
			 d->logical_block, d->logical_block);
	if (c->write_through)
		str_add(&s, ",write-cache=off");
	/* a cut may come between any two */
	if ((d->requests || d->log) && d->kind == VM_DISK_VIRTIO_BLK)
		str_add(&s, ",request-merging=off");
	command_option(argv, "-device", "%s", s.buf);
	str_free(&s);
}

/* In the words of an option a comma of a value is written twice. */
static char *escaped(const char *path)
{
	struct str s = STR_INIT;

	for (; *path; path++) {
		str_add_n(&s, path, 1);
		if (*path == ',')
			str_add(&s, ",");
	}
	return str_take(&s);
}

static void add_pmem(struct words *argv, const struct vm_disk *d, size_t i)
{
	char *path = escaped(d->path ? d->path : "");

	if (d->path)
		command_option(argv, "-object",
			       "memory-backend-file,id=pmem%zu,share=on,"
			       "mem-path=%s,size=%" PRIu64,
			       i, path, d->size);
	else
		command_option(argv, "-object",
			       "memory-backend-memfd,id=pmem%zu,size=%" PRIu64,
			       i, d->size);
	command_option(argv, "-device",
		       "virtio-pmem-pci,id=vpmem%zu,memdev=pmem%zu", i, i);
	free(path);
}

static int refuse(char **why, size_t i, const char *what)
{
	*why = xasprintf("disk %zu: %s", i, what);
	return -EINVAL;
}

static int check(const struct vm_spec *spec, size_t i, char **why)
{
	const struct vm_disk *d = &spec->disk[i];

	if (!d->size && (!d->path || d->kind == VM_DISK_PMEM))
		return refuse(why, i, "no size");
	if (d->serial && strpbrk(d->serial, ", "))
		return refuse(why, i, "serial with a blank or a comma");
	if (d->requests && d->log)
		return refuse(why, i, "a log of requests that are held back");
	if (d->kind != VM_DISK_PMEM)
		return 0;
	if (!vm_arch(spec->arch)->pmem)
		return refuse(why, i, "no pmem on this architecture");
	if (d->log || d->logical_block || d->serial || d->cache || d->requests)
		return refuse(why, i, "pmem has size and path only");
	return 0;
}

int command_disks(struct words *argv, const struct vm_spec *spec,
		  const struct command_wires *wires, char **why)
{
	bool scsi = false;
	int err;

	if (spec->n_disks > COMMAND_DISKS)
		return refuse(why, COMMAND_DISKS, "at most 16 of them");
	for (size_t i = 0; i < spec->n_disks; i++) {
		const struct vm_disk *d = &spec->disk[i];
		const struct cache *c = cache_of(d);

		if (!c)
			return refuse(why, i,
				      "cache is none, writeback, unsafe, "
				      "directsync or writethrough");
		err = check(spec, i, why);
		if (err)
			return err;
		if (d->kind == VM_DISK_PMEM) {
			add_pmem(argv, d, i);
			continue;
		}
		if (!d->path)
			command_option(argv, "-add-fd", "fd=%d,set=%zu",
				       wires->disk[i], i);
		add_node(argv, d, i, c);
		add_device(argv, d, i, c, !scsi);
		scsi |= d->kind == VM_DISK_SCSI;
	}
	return 0;
}
