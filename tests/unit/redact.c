/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a bug report must not give away, in the forms that logs have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "reports/render/redact.h"

static void becomes(const char *text, const char *wanted)
{
	struct redact *r = redact_new();
	char *got, *again;

	redact_learn(r, text);
	got = redact_text(r, text);
	assert_string_equal(got, wanted);
	/* what was taken out stays as it is */
	again = redact_text(r, got);
	assert_string_equal(again, wanted);
	free(again);
	free(got);
	redact_free(r);
}

static void stays(const char *text)
{
	becomes(text, text);
}

static void paths(void **state)
{
	(void)state;
	becomes("cannot open '/home/alice/x.json': No such file",
		"cannot open '<path-1>': No such file");
	becomes("in /home/alice/x, then /home/alice/y.", "in <path-1>, then <path-2>.");
	becomes("/home/alice/x /home/alice/x/", "<path-1> <path-1>");
	becomes("\"/home/alice/my secret plan\" rest", "\"<path-1>\" rest");
	becomes("/home/alice/my\\ plan rest", "<path-1> rest");
	becomes("/home/alice/my\\040plan rest", "<path-1> rest");
	becomes("/var/home/alice/x", "/var<path-1>");
	becomes("--report=/root/out.json", "--report=<path-1>");
	becomes("~/x ~alice/y", "<path-1> <path-2>");
	becomes("/mnt/customer-4711/a (ok)", "<path-1> (ok)");
	becomes("/HOME/alice/x", "<path-1>");
	becomes("file:///home/alice/x", "file://<path-1>");
	becomes("/tmp/alice-test/a", "<path-1>");
	stays("/tmp/strain.abc/x");
	stays("/rootfs/x /homely/x /proc/sys/vm /sys/kernel /usr/bin/strain");
	stays("3 ~ 4");
}

static void devices(void **state)
{
	(void)state;
	becomes("/dev/mapper/luks-alice /dev/sda1 /dev/nvme0n1p2 /dev/loop0",
		"/dev/<device-1> /dev/sda1 /dev/nvme0n1p2 /dev/loop0");
	becomes("/dev/disk/by-id/ata-Samsung_SSD_S3Z8NB0K", "/dev/<device-1>");
	becomes("mount nas1:/export/alice on", "mount <host-1>:<path-1> on");
	becomes("//nas1/share on", "//<url-1> on");
	becomes("see https://alice:pw@git.corp/x?token=1 now", "see https://<url-1> now");
	stays("see https://docs.kernel.org/admin-guide/ and https://lore.kernel.org/r/1");
	becomes("https://kernel.org.evil.example/x https://kernel.org:pw@evil.com/",
		"https://<url-1> https://<url-2>");
}

static void numbers(void **state)
{
	(void)state;
	becomes("boot 98ef907d-73f1-47f1-936c-d7400e40b651 and "
		"98EF907D-73F1-47F1-936C-D7400E40B651",
		"boot <uuid-1> and <uuid-1>");
	becomes("root=UUID=98ef907d-73f1-47f1-936c-d7400e40b651", "root=UUID=<uuid-1>");
	becomes("UUID=ABCD-1234", "UUID=<uuid-1>");
	becomes("id_98ef907d-73f1-47f1-936c-d7400e40b651x", "id_<uuid-1>x");
	becomes("e1000 aa:bb:cc:dd:ee:ff, AA-BB-CC-DD-EE-FF: link up",
		"e1000 <mac-1>, <mac-1>: link up");
	becomes("BOOTIF=01-aa-bb-cc-dd-ee-ff", "BOOTIF=<mac-1>");
	becomes("enxaabbccddeeff: renamed", "enx<mac-1>: renamed");
	becomes("SRC=10.1.2.3 DST=10.1.2.4:22 (10.1.2.3)",
		"SRC=<address-1> DST=<address-2>:22 (<address-1>)");
	becomes("fe80::1ff:fe23:4567:890a%eth0 up", "<address-1> up");
	becomes("[2001:db8::1]:443", "[<address-1>]:443");
	becomes("2001:0db8:0000:0000:0000:ff00:0042:8329", "<address-1>");
	becomes("::ffff:10.1.2.3", "<address-1>");
	becomes("machine-id 0123456789abcdef0123456789abcdef", "machine-id <id-1>");
	stays("127.0.0.1 0.0.0.0 ::1 ::");
	stays("linux 6.18.44 and 6.1.0-21-amd64, 1.2.3.4.5, 1.2.3.400");
	stays("0000:00:1f.2: BAR 0 12:34:56 do_anon+0x1/0x2 ffffc90000003f58");
	stays("commit 0123456789abcdef0123456789abcdef01234567");
	stays("core::fmt::write RSP: 0018:ffffc90000003f58 EFLAGS: 00010246");
}

static void serials(void **state)
{
	(void)state;
	becomes("usb 1-1: SerialNumber: 4C530001120611", "usb 1-1: SerialNumber: <serial-1>");
	becomes("Serial Number = \"A B 1\", S/N: X1, sn=X1",
		"Serial Number = \"<serial-1>\", S/N: <serial-2>, sn=<serial-2>");
	becomes("nvme eui.0025385b71b00000", "nvme eui.<serial-1>");
	becomes("nqn.2014-08.org.nvmexpress:uuid:1", "nqn.<serial-1>");
	becomes("BTRFS: device label alice-backup devid", "BTRFS: device label alice-backup devid");
	becomes("LABEL=alice-backup ro", "LABEL=<label-1> ro");
	stays("serial8250: ttyS0 at I/O 0x3f8");
	stays("isn= 4 dsn: 3");
}

static void names(void **state)
{
	(void)state;
	becomes("Linux version 6.1 (alice@build7.corp) (gcc)",
		"Linux version 6.1 (<user-1>@<host-1>) (gcc)");
	/* the short name of a host that was seen is that host's too */
	becomes("hostname=db1.corp.example.com; DB1 is up; db12 is not",
		"hostname=<host-1>; <host-2> is up; db12 is not");
	becomes("/home/alice/x: Comm: alice, malice, alice_2, ALICE",
		"<path-1>: Comm: <user-1>, malice, alice_2, <user-1>");
	becomes("host db1.corp.example.com, server.local", "host <host-1>, <host-2>");
	becomes("user=alice, Alice wrote", "user=<user-1>, <user-1> wrote");
	stays("To: regressions@lists.linux.dev, linux-kernel@vger.kernel.org");
	stays("parallel-dir/create@xfs and nop@ext4-bigalloc");
	stays("mm/memory.c:1 vm.overcommit_memory cpu.some.us psi.io.full.us page.css");
	/* names that are no one's are not hunted */
	becomes("/home/test/x: test passed", "<path-1>: test passed");
}

static void a_word_is_kept(void **state)
{
	struct redact *r = redact_new();
	char *got;

	(void)state;
	redact_keep(r, "fault");
	redact_learn(r, "/home/fault/x and /home/bob7/x");
	got = redact_text(r, "fault of bob7");
	assert_string_equal(got, "fault of <user-1>");
	free(got);
	redact_free(r);
}

static void the_same_in_all_texts(void **state)
{
	struct redact *r = redact_new();
	char *first = redact_text(r, "10.0.0.1 10.0.0.2");
	char *second = redact_text(r, "10.0.0.2 10.0.0.3");

	(void)state;
	assert_string_equal(first, "<address-1> <address-2>");
	assert_string_equal(second, "<address-2> <address-3>");
	free(first);
	free(second);
	redact_free(r);
}

static void command_lines(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "quiet mitigations=off maxcpus=2 foo=on bar=4096 huge=2M",
		  "quiet mitigations=off maxcpus=2 foo=on bar=4096 huge=2M" },
		{ "root=/dev/sda1 ip=10.0.0.1::10.0.0.2 rd.luks.name=x",
		  "root=<value> ip=<value> rd.luks.name=<value>" },
		{ "systemd.hostname=db1 key=\"a b\" ro",
		  "systemd.hostname=<value> key=<value> ro" },
		{ "quiet -- --password hunter2", "quiet -- <for init>" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct redact *r = redact_new();
		char *got = redact_command_line(r, cases[i].text);

		assert_string_equal(got, cases[i].wanted);
		free(got);
		redact_free(r);
	}
}

static void ends_of_text(void **state)
{
	/* every prefix and suffix of what is long and odd: sanitizers watch */
	static const char text[] =
		"\"/home/a\\ b/~x/ \xc3\xa4\xff @host.local a@b.c::::1:2:3%e0 "
		"aa:bb:cc:dd:ee:f nqn.2 serial: \" UUID=98ef907d-73f1- //x :/y http:// "
		"<path-1 <host-99999999999> enxaabbccddee 1.2.3.";

	(void)state;
	for (size_t from = 0; from < sizeof(text); from++)
		for (size_t to = from; to < sizeof(text); to += 3) {
			char *part = xasprintf("%.*s", (int)(to - from), text + from);
			struct redact *r = redact_new();
			char *once, *twice;

			redact_learn(r, part);
			once = redact_text(r, part);
			redact_learn(r, once);
			twice = redact_text(r, once);
			free(twice);
			free(once);
			free(part);
			redact_free(r);
		}
}

/* A megabyte of one letter, and of what almost matches, is no work. */
static void long_texts(void **state)
{
	static const char *const parts[] = { "a", "a.", "1:", "ab-", "/", "~", "@a", "<" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct redact *r = redact_new();
		struct str s = STR_INIT;
		char *got;

		for (size_t n = 0; n < 30000; n++)
			str_add(&s, parts[i]);
		redact_learn(r, s.buf);
		got = redact_text(r, s.buf);
		free(got);
		str_free(&s);
		redact_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(devices),
		cmocka_unit_test(numbers),
		cmocka_unit_test(serials),
		cmocka_unit_test(names),
		cmocka_unit_test(a_word_is_kept),
		cmocka_unit_test(the_same_in_all_texts),
		cmocka_unit_test(command_lines),
		cmocka_unit_test(ends_of_text),
		cmocka_unit_test(long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
