/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that QEMU is started with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "vm-matrix/qemu/arch.h"
#include "vm-matrix/qemu/command.h"

static const struct command_wires wires = {
	.qmp = 10, .port = 11, .console = 12, .state = -1, .disk = { 20, 21, 22 }
};

static struct words argv;

static int teardown(void **state)
{
	(void)state;
	words_free(&argv);
	memset(&argv, 0, sizeof(argv));
	return 0;
}

static void build(const struct vm_spec *spec)
{
	char *why = NULL;

	words_free(&argv);
	memset(&argv, 0, sizeof(argv));
	if (command_build(&argv, "qemu", spec, &wires, &why))
		fail_msg("%s", why);
	assert_null(why);
}

static void refused(const struct vm_spec *spec, const char *expected)
{
	struct words none = { 0 };
	char *why = NULL;

	assert_true(command_build(&none, "qemu", spec, &wires, &why) < 0);
	assert_non_null(why);
	if (!strstr(why, expected))
		fail_msg("'%s' does not say '%s'", why, expected);
	assert_null(strchr(why, '\n'));
	free(why);
	words_free(&none);
}

/* Is there @option with exactly @value? */
static bool has(const char *option, const char *value)
{
	for (size_t i = 0; i + 1 < argv.n; i++)
		if (!strcmp(argv.word[i], option) &&
		    !strcmp(argv.word[i + 1], value))
			return true;
	return false;
}

static bool has_option(const char *option)
{
	return words_has(&argv, option);
}

static void expect(const char *option, const char *value)
{
	if (has(option, value))
		return;
	for (size_t i = 0; i < argv.n; i++)
		print_message("  %s\n", argv.word[i]);
	fail_msg("no '%s %s'", option, value);
}

#define PLAIN(name) \
	{ .arch = name, .kernel = "/k", .initrd = "/i", .cmdline = "quick" }

static void every_architecture(void **state)
{
	const struct vm_arch *a;
	unsigned n = 0;

	(void)state;
	for (; (a = vm_arch_at(n)); n++) {
		struct vm_spec spec = PLAIN(a->name);
		char *append = command_append(&spec);
		char console[64];

		build(&spec);
		assert_ptr_equal(vm_arch(a->name), a);
		expect("-machine", a->machine);
		expect("-accel", "tcg,thread=multi");
		expect("-chardev", "socket,id=port,fd=11");
		expect("-device", "virtserialport,chardev=port,name=strain");
		expect("-kernel", "/k");
		expect("-initrd", "/i");
		expect("-append", append);
		assert_true(has_option("-no-reboot"));
		assert_true(has_option("-nodefaults"));
		snprintf(console, sizeof(console), "console=%s ", a->console);
		assert_int_equal(strncmp(append, console, strlen(console)), 0);
		assert_string_equal(append + strlen(append) - 6, " quick");
		/* One console, by whichever way. */
		assert_true(has("-serial", "chardev:console") !=
			    has("-device", "sclpconsole,chardev=console"));
		free(append);
	}
	assert_int_equal(n, 7);
	assert_null(vm_arch("x86_64"));
	assert_null(vm_arch("vax"));
}

static void words_of_the_kernel(void **state)
{
	struct vm_spec spec = { .arch = "amd64", .kernel = "/k" };
	char *append = command_append(&spec);
	unsigned mhz = command_tsc_mhz();
	char *tsc = mhz ? xasprintf(" tsc_early_khz=%u000", mhz) : xstrdup("");
	char *wanted = xasprintf("console=ttyS0 panic=-1 quiet cryptomgr.notests "
				 "no_timer_check%s nokaslr", tsc);

	(void)state;
	assert_string_equal(append, wanted);
	assert_int_equal(command_tsc_mhz(), mhz);
	free(append);
	free(wanted);
	free(tsc);
	spec.exact = true; /* its counter is that of the instructions */
	append = command_append(&spec);
	assert_null(strstr(append, "tsc"));
	free(append);
	spec.exact = false;
	spec.arch = "s390x";
	append = command_append(&spec);
	assert_string_equal(append, "console=ttysclp0 panic=-1 quiet "
				    "cryptomgr.notests nokaslr");
	free(append);
	spec.arch = "amd64";
	spec.kaslr = true;
	append = command_append(&spec);
	assert_null(strstr(append, "kaslr"));
	free(append);
	build(&spec);
	assert_false(has_option("-initrd"));
}

static void exact(void **state)
{
	struct vm_spec spec = PLAIN("amd64");

	(void)state;
	build(&spec);
	expect("-cpu", "max");
	assert_false(has_option("-icount"));
	assert_false(has_option("-seed"));
	expect("-device", "virtio-serial");
	spec.exact = true;
	build(&spec);
	expect("-cpu", "max,-erms,-fsrm");
	expect("-accel", "tcg,thread=single");
	expect("-icount", "shift=0,sleep=off");
	expect("-rtc", "base=2026-01-01T00:00:00,clock=vm");
	expect("-smp", "1");
	expect("-seed", "1");
	/* what the guest writes is taken by its own CPU */
	expect("-device", "virtio-serial,ioeventfd=off");
	spec.seed = 77;
	build(&spec);
	expect("-seed", "77");
	spec.cpus = 2;
	refused(&spec, "one CPU");
	spec.cpus = 1;
	spec.accel = VM_ACCEL_KVM;
	refused(&spec, "TCG only");
}

/* As in exact mode, but for what an idle guest does and for its seed. */
static void paced(void **state)
{
	struct vm_spec spec = PLAIN("amd64");
	char *append;

	(void)state;
	spec.paced = true;
	build(&spec);
	expect("-cpu", "max,-erms,-fsrm");
	expect("-accel", "tcg,thread=single");
	expect("-icount", "shift=0,sleep=on");
	assert_false(has_option("-rtc"));
	assert_false(has_option("-seed"));
	append = command_append(&spec);
	assert_null(strstr(append, "tsc"));
	free(append);
	assert_false(vm_can_restore(&spec, NULL));
	spec.cpus = 2;
	refused(&spec, "one CPU");
	spec.cpus = 1;
	spec.accel = VM_ACCEL_KVM;
	refused(&spec, "TCG only");
}

static void kvm(void **state)
{
	struct vm_spec spec = PLAIN("amd64");

	(void)state;
	spec.accel = VM_ACCEL_KVM;
	build(&spec);
	expect("-accel", "kvm");
	expect("-cpu", "host");
}

static void nodes(void **state)
{
	struct vm_node node[3] = { { .cpus = 2, .memory = 256ULL << 20 },
				   { .memory = 512ULL << 20, .distance = 40 },
				   { .cpus = 1, .memory = 128ULL << 20 } };
	struct vm_spec spec = PLAIN("amd64");

	(void)state;
	spec.node = node;
	spec.n_nodes = 3;
	spec.cpus = 7; /* the nodes say it */
	build(&spec);
	expect("-machine", "q35");
	expect("-m", "896M");
	expect("-smp", "3");
	expect("-object", "memory-backend-ram,id=node1,size=536870912");
	expect("-numa", "node,nodeid=0,cpus=0-1,memdev=node0");
	expect("-numa", "node,nodeid=1,memdev=node1");
	expect("-numa", "node,nodeid=2,cpus=2,memdev=node2");
	expect("-numa", "dist,src=0,dst=1,val=40");
	expect("-numa", "dist,src=0,dst=2,val=20");
	expect("-numa", "dist,src=1,dst=2,val=40");
	spec.arch = "s390x";
	refused(&spec, "no memory nodes");
	spec.arch = "amd64";
	node[1].distance = 10;
	refused(&spec, "distance");
	node[1].distance = 0;
	node[1].memory = 0;
	refused(&spec, "no memory");
	node[1].memory = 1ULL << 20;
	node[0].cpus = 0;
	refused(&spec, "no CPU");
}

static void latencies(void **state)
{
	struct vm_node node[2] = {
		{ .cpus = 2, .memory = 1ULL << 29, .latency = 10,
		  .bandwidth = 10ULL << 30 },
		{ .memory = 1ULL << 29, .latency = 500, .bandwidth = 1ULL << 30 },
	};
	struct vm_spec spec = PLAIN("amd64");

	(void)state;
	spec.node = node;
	spec.n_nodes = 2;
	build(&spec);
	expect("-machine", "q35,hmat=on");
	expect("-numa", "node,nodeid=1,initiator=0,memdev=node1");
	expect("-numa", "hmat-lb,initiator=0,target=1,hierarchy=memory,"
			"data-type=access-latency,latency=500");
	expect("-numa", "hmat-lb,initiator=0,target=0,hierarchy=memory,"
			"data-type=access-bandwidth,bandwidth=10240M");
	spec.arch = "arm64";
	refused(&spec, "latencies");
	spec.arch = "amd64";
	node[0].bandwidth = 0;
	refused(&spec, "go together");
	node[0].latency = 0;
	refused(&spec, "some of them only");
}

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

static void restored_and_debugged(void **state)
{
	struct command_wires w = wires;
	struct vm_spec spec = PLAIN("amd64");
	char *why = NULL;

	(void)state;
	build(&spec);
	assert_false(has_option("-S"));
	assert_false(has_option("-incoming"));
	w.state = 30;
	words_free(&argv);
	memset(&argv, 0, sizeof(argv));
	assert_int_equal(command_build(&argv, "qemu", &spec, &w, &why), 0);
	expect("-incoming", "fd:30");
	assert_true(has_option("-S"));
	spec.gdb_port = 1234;
	spec.pvpanic = true;
	build(&spec);
	expect("-gdb", "tcp:127.0.0.1:1234");
	expect("-device", "pvpanic-pci");
	assert_true(has_option("-S"));
	spec.arch = "vax";
	refused(&spec, "'vax' is not known");
}

/* A state is for the same machine, kernel and initrd, and for no other. */
static void keys(void **state)
{
	struct vm_spec spec = PLAIN("amd64");
	char *a, *b;

	(void)state;
	if (!vm_emulator_version("amd64"))
		skip();
	a = vm_state_key(&spec, "k1", "i1");
	spec.kernel = "/elsewhere";
	b = vm_state_key(&spec, "k1", "i1");
	assert_string_equal(a, b);
	free(b);
	b = vm_state_key(&spec, "k1", "i2");
	assert_string_not_equal(a, b);
	free(b);
	spec.memory = 1ULL << 30;
	b = vm_state_key(&spec, "k1", "i1");
	assert_string_not_equal(a, b);
	free(b);
	spec.memory = 0;
	spec.cmdline = "slower";
	b = vm_state_key(&spec, "k1", "i1");
	assert_string_not_equal(a, b);
	free(b);
	free(a);
}

static void what_restores(void **state)
{
	struct vm_disk disk = { .kind = VM_DISK_SCSI, .size = 1 << 20 };
	struct vm_spec spec = PLAIN("amd64");
	const char *why = "";

	(void)state;
	if (!vm_emulator_version("amd64"))
		skip();
	spec.disk = &disk;
	spec.n_disks = 1;
	assert_true(vm_can_restore(&spec, &why));
	assert_null(why);
	disk.path = "/d";
	assert_false(vm_can_restore(&spec, &why));
	assert_non_null(strstr(why, "disk"));
	disk.path = NULL;
	disk.kind = VM_DISK_NVME;
	assert_false(vm_can_restore(&spec, &why));
	assert_non_null(strstr(why, "nvme"));
	spec.n_disks = 0;
	spec.exact = true;
	assert_false(vm_can_restore(&spec, NULL));
	spec.exact = false;
	spec.accel = VM_ACCEL_KVM;
	assert_false(vm_can_restore(&spec, NULL));
	spec.arch = "vax";
	assert_false(vm_can_restore(&spec, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_architecture, teardown),
		cmocka_unit_test_teardown(words_of_the_kernel, teardown),
		cmocka_unit_test_teardown(exact, teardown),
		cmocka_unit_test_teardown(paced, teardown),
		cmocka_unit_test_teardown(kvm, teardown),
		cmocka_unit_test_teardown(nodes, teardown),
		cmocka_unit_test_teardown(latencies, teardown),
		cmocka_unit_test_teardown(disks, teardown),
		cmocka_unit_test_teardown(logged_and_persistent, teardown),
		cmocka_unit_test_teardown(held_back, teardown),
		cmocka_unit_test_teardown(restored_and_debugged, teardown),
		cmocka_unit_test_teardown(keys, teardown),
		cmocka_unit_test_teardown(what_restores, teardown),
	};

	return cmocka_run_group_tests_name("vm_command", tests, NULL, NULL);
}
