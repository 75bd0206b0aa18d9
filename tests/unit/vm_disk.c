/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that give a machine its disks. */
#include "tests/unit/vm_command_kit.h"

/* The block layer's node of disk @i, parsed. */
static json_t *block(const char *name)
{
	for (size_t i = 0; i + 1 < argv.n; i++) {
		json_t *o;

		if (strcmp(argv.word[i], "-blockdev") != 0)
			continue;
		o = json_loads(argv.word[i + 1], 0, NULL);
		assert_non_null(o);
		if (!strcmp(json_string_value(json_object_get(o, "node-name")),
			    name))
			return o;
		json_decref(o);
	}
	fail_msg("no block device '%s'", name);
	return NULL;
}

static void expect_file(const char *name, const char *path, bool direct)
{
	json_t *node = block(name), *file = json_object_get(node, "file");
	json_t *cache = json_object_get(file, "cache");

	assert_string_equal(json_string_value(json_object_get(file, "filename")),
			    path);
	assert_int_equal(json_is_true(json_object_get(cache, "direct")), direct);
	json_decref(node);
}

static void disks(void **state)
{
	const struct vm_disk disk[] = {
		{ .kind = VM_DISK_NVME, .size = 1 << 20, .cache = "none" },
		{ .kind = VM_DISK_VIRTIO_BLK, .path = "/a,b \"c", .serial = "s" },
		{ .kind = VM_DISK_SCSI, .size = 1 << 20, .logical_block = 4096 },
		{ .kind = VM_DISK_SCSI, .path = "/d", .cache = "directsync" },
	};
	struct vm_spec spec = PLAIN("amd64");

	(void)state;
	spec.disk = disk;
	spec.n_disks = 4;
	build(&spec);
	expect("-add-fd", "fd=20,set=0");
	expect("-add-fd", "fd=22,set=2");
	assert_false(has("-add-fd", "fd=21,set=1"));
	expect("-device", "nvme,drive=disk0,serial=strain0");
	expect("-device", "virtio-blk,drive=disk1,serial=s");
	expect("-device", "scsi-hd,drive=disk2,bus=scsi.0,serial=strain2,"
			  "logical_block_size=4096,physical_block_size=4096");
	expect("-device", "scsi-hd,drive=disk3,bus=scsi.0,serial=strain3,"
			  "write-cache=off");
	expect_file("disk0", "/dev/fdset/0", false);
	expect_file("disk1", "/a,b \"c", false);
	expect_file("disk3", "/d", true);
}

static void logged_and_persistent(void **state)
{
	struct vm_disk disk[] = {
		{ .kind = VM_DISK_NVME, .path = "/a", .log = "/log" },
		{ .kind = VM_DISK_PMEM, .path = "/p,q", .size = 128 << 20 },
		{ .kind = VM_DISK_PMEM, .size = 64 << 20 },
	};
	struct vm_spec spec = PLAIN("amd64");
	json_t *node, *log;

	(void)state;
	spec.disk = disk;
	spec.n_disks = 3;
	build(&spec);
	node = block("disk0");
	log = json_object_get(node, "log");
	assert_string_equal(json_string_value(json_object_get(node, "driver")),
			    "blklogwrites");
	assert_string_equal(json_string_value(json_object_get(log, "filename")),
			    "/log");
	json_decref(node);
	expect("-m", "size=512M,maxmem=2752M");
	expect("-object", "memory-backend-file,id=pmem1,share=on,"
			  "mem-path=/p,,q,size=134217728");
	expect("-object", "memory-backend-memfd,id=pmem2,size=67108864");
	expect("-device", "virtio-pmem-pci,id=vpmem1,memdev=pmem1");
	spec.arch = "armhf";
	refused(&spec, "no pmem");
	spec.arch = "amd64";
	disk[2].cache = "none";
	refused(&spec, "pmem has");
	disk[2].cache = NULL;
	disk[2].size = 0;
	refused(&spec, "no size");
	disk[0].cache = "sometimes";
	refused(&spec, "cache is");
	disk[0].cache = NULL;
	disk[0].serial = "a,b";
	refused(&spec, "serial");
}

static void held_back(void **state)
{
	struct vm_disk disk[] = {
		{ .kind = VM_DISK_SCSI, .path = "/a" },
		{ .kind = VM_DISK_VIRTIO_BLK, .path = "/b", .requests = 500 },
	};
	struct vm_spec spec = PLAIN("amd64");
	json_t *node;

	(void)state;
	spec.disk = disk;
	spec.n_disks = 2;
	build(&spec);
	expect("-object", "throttle-group,id=pace1,x-iops-total=500");
	expect("-device", "virtio-blk,drive=disk1,serial=strain1,request-merging=off");
	expect("-device", "scsi-hd,drive=disk0,bus=scsi.0,serial=strain0");
	node = block("disk1");
	assert_string_equal(json_string_value(json_object_get(node, "driver")),
			    "throttle");
	assert_string_equal(json_string_value(json_object_get(node, "throttle-group")),
			    "pace1");
	json_decref(node);
	disk[1].log = "/log";
	refused(&spec, "held back");
	disk[1].requests = 0;
	build(&spec);
	expect("-device", "virtio-blk,drive=disk1,serial=strain1,request-merging=off");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(disks, teardown),
		cmocka_unit_test_teardown(logged_and_persistent, teardown),
		cmocka_unit_test_teardown(held_back, teardown),
	};

	return cmocka_run_group_tests_name("vm_disk", tests, NULL, NULL);
}
