/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that QEMU is started with. */
#include "tests/unit/vm_command_kit.h"

#include <errno.h>

#include "vm-matrix/qemu/arch.h"

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

/* Kernels cut off what they have no room for. */
static void room_of_the_kernel(void **state)
{
	struct vm_spec spec = PLAIN("armhf");
	char *own, *why = NULL;
	char more[1024];
	size_t room;

	(void)state;
	spec.cmdline = NULL;
	own = command_append(&spec);
	room = 1023 - strlen(own) - 1;
	memset(more, 'x', sizeof(more));
	more[room] = '\0';
	spec.cmdline = more;
	build(&spec);
	assert_int_equal(vm_check(&spec, &why), 0);
	memcpy(&more[room], "x", 2);
	refused(&spec, "1024 bytes long, kernels of architecture 'armhf' take 1023");
	assert_int_equal(vm_check(&spec, &why), -EINVAL);
	assert_non_null(strstr(why, "1024 bytes long"));
	free(why);
	free(own);
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
		cmocka_unit_test_teardown(room_of_the_kernel, teardown),
		cmocka_unit_test_teardown(exact, teardown),
		cmocka_unit_test_teardown(paced, teardown),
		cmocka_unit_test_teardown(kvm, teardown),
		cmocka_unit_test_teardown(nodes, teardown),
		cmocka_unit_test_teardown(latencies, teardown),
		cmocka_unit_test_teardown(restored_and_debugged, teardown),
		cmocka_unit_test_teardown(keys, teardown),
		cmocka_unit_test_teardown(what_restores, teardown),
	};

	return cmocka_run_group_tests_name("vm_command", tests, NULL, NULL);
}
