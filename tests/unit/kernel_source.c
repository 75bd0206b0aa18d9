/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernels of the archive: versions, apt's sources, indices, builds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vm-matrix/digest.h"
#include "vm-matrix/kernel/parts.h"

/* Each is older than the one behind it, as `dpkg --compare-versions` says. */
static const char *const ascending[] = {
	"0:5.10.9-1",
	"5.10.223-1",
	"5.10.262-1",
	"6.1~rc1-1~exp1",
	"6.1-1",
	"6.1.170-3",
	"6.1.176-1",
	"6.1.180-1~deb11u1",
	"6.1.180-1",
	"6.12~",
	"6.12",
	"6.12-0",
	"6.12-0.1",
	"6.12a",
	"6.12+git",
	"6.12.43-1~bpo12+1",
	"6.12.43-1",
	"6.12.43-1+b1",
	"6.12.100-1",
	"6.13",
	"7.3~rc7-1~exp1",
	"7.3.4-1~bpo13+1",
	"7.3.4-1",
	"10.0",
	"1:0.1",
	"2:0",
};

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void versions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ascending); i++)
		for (size_t j = 0; j < ARRAY_SIZE(ascending); j++) {
			/* "6.12" and "6.12-0" are one version. */
			bool same = i == j || (!strcmp(ascending[i], "6.12") &&
					       !strcmp(ascending[j], "6.12-0")) ||
				    (!strcmp(ascending[j], "6.12") &&
				     !strcmp(ascending[i], "6.12-0"));
			int wanted = same ? 0 : i < j ? -1 : 1;
			int got = sign(deb_version_compare(ascending[i],
							   ascending[j]));

			if (got != wanted)
				fail_msg("'%s' and '%s': %d", ascending[i],
					 ascending[j], got);
		}
	assert_int_equal(deb_version_compare("1.01", "1.1"), 0);
	assert_int_equal(deb_version_compare("0:1.1", "1.1"), 0);
}

static void series(void **state)
{
	static const char *const rows[][2] = {
		{ "6.12.117-1~deb12u1", "6.12" }, { "7.3~rc7-1~exp1", "7.3" },
		{ "1:5.10.1", "5.10" },		  { "6", "6" },
		{ "", "" },
		{ "123456789012345678901234567890.1", "12345678901234567890123" },
	};
	char text[SERIES_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		series_of(rows[i][0], text);
		assert_string_equal(text, rows[i][1]);
	}
	assert_true(series_valid("6.12"));
	assert_false(series_valid("6"));
	assert_false(series_valid("6.12.1"));
	assert_false(series_valid("6.x"));
	assert_false(series_valid(""));
}

static const char one_line[] =
	"# a comment\n"
	"deb http://mirror.invalid/debian bookworm main contrib # more\n"
	"deb-src http://mirror.invalid/debian bookworm main\n"
	"  deb [ arch=amd64 signed-by=/k.gpg trusted=yes ] "
	"file:/srv/x bookworm-security main\n"
	"deb cdrom:[Debian]/ bookworm main\n"
	"deb http://no.suite.invalid\n"
	"nonsense\n";

static const char deb822[] =
	"# a comment\n"
	"Types: deb deb-src\n"
	"URIs: http://a.invalid/debian\n"
	"Suites: trixie\n"
	" trixie-updates\n"
	"Components: main\n"
	"Signed-By: /usr/share/keyrings/x.gpg\n"
	"\n\n"
	"Types: deb\n"
	"Enabled: no\n"
	"URIs: http://off.invalid\nSuites: sid\nComponents: main\n"
	"\n"
	"types: deb\n"
	"uris: http://b.invalid/debian-security\n"
	"suites: trixie-security\n"
	"Signed-By:\n"
	" -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
	" .\n"
	" abc\n"
	"Components: main\n"
	"\n"
	"Types: deb-src\nURIs: http://src.invalid\nSuites: sid\n"
	"Components: main\n";

static void sources(void **state)
{
	struct apt_sources s = { 0 };

	(void)state;
	apt_sources_lines(&s, one_line);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.source[0].uris.word[0],
			    "http://mirror.invalid/debian");
	assert_int_equal(s.source[0].components.n, 2);
	assert_false(s.source[0].trusted);
	assert_string_equal(s.source[1].uris.word[0], "file:/srv/x");
	assert_string_equal(s.source[1].signed_by, "/k.gpg");
	assert_true(s.source[1].trusted);
	apt_sources_paragraphs(&s, deb822);
	assert_int_equal(s.n, 4);
	assert_int_equal(s.source[2].suites.n, 2);
	assert_string_equal(s.source[2].suites.word[1], "trixie-updates");
	assert_string_equal(s.source[2].signed_by, "/usr/share/keyrings/x.gpg");
	assert_string_equal(s.source[3].suites.word[0], "trixie-security");
	assert_null(s.source[3].signed_by);
	apt_sources_free(&s);
}

static void mirrors(void **state)
{
	struct apt_sources s = { 0 };
	struct mirror m;
	char *why = NULL;

	(void)state;
	apt_sources_lines(&s, "deb http://vendor.invalid/ cloud-sdk-bookworm main\n"
			      "deb http://a.invalid/debian/ bookworm main\n"
			      "deb http://s.invalid/sec// bookworm-security main\n");
	assert_int_equal(mirror_of(&s, "trixie", &m, &why), 0);
	assert_string_equal(m.uri, "http://a.invalid/debian");
	mirror_free(&m);
	assert_int_equal(mirror_of(&s, "forky-security", &m, &why), 0);
	assert_string_equal(m.uri, "http://s.invalid/sec");
	mirror_free(&m);
	apt_sources_free(&s);
	apt_sources_lines(&s, "deb http://vendor.invalid/ nodistro main\n");
	assert_int_equal(mirror_of(&s, "sid", &m, &why), KERNEL_UNREADABLE);
	assert_non_null(why);
	mirror_free(&m);
	free(why);
	apt_sources_free(&s);
}

#define SHA(c) c c c c c c c c c c c c c c c c
#define PACKAGE(name, version, more, sha)                                      \
	"Package: " name "\nVersion: " version "\n" more                       \
	"Description: long\n and longer\nFilename: pool/" name ".deb\n"        \
	"Size: 100\nSHA256: " sha "\n\n"

static const char index_text[] =
	PACKAGE("bash", "5.2", "", SHA("0000"))
	PACKAGE("linux-image-6.12.9-amd64", "6.12.9-1", "Depends: kmod\n",
		SHA("0001"))
	PACKAGE("linux-image-6.12.9-cloud-amd64", "6.12.9-1", "", SHA("0002"))
	PACKAGE("linux-image-6.12.10-cloud-amd64", "6.12.10-1", "", SHA("0003"))
	PACKAGE("linux-image-6.12.10-cloud-amd64-unsigned", "6.12.10-1", "",
		SHA("0004"))
	PACKAGE("linux-image-6.12.10-amd64-dbg", "6.12.10-1", "", SHA("0005"))
	PACKAGE("linux-image-cloud-amd64", "6.12.10-1",
		"Depends: linux-image-6.12.10-cloud-amd64 (= 6.12.10-1)\n",
		SHA("0006"))
	PACKAGE("linux-image-7.3.4+deb13-rt-amd64", "7.3.4-1",
		"Depends: linux-binary-7.3.4+deb13-rt-amd64 (= 7.3.4-1)\n",
		SHA("0007"))
	PACKAGE("linux-binary-7.3.4+deb13-rt-amd64", "7.3.4-1", "", SHA("0008"))
	PACKAGE("linux-modules-7.3.4+deb13-rt-amd64", "7.3.4-1", "", SHA("0009"))
	PACKAGE("linux-modules-7.3.3+deb13-rt-amd64", "7.3.3-1", "", SHA("000a"))
	PACKAGE("linux-binary-7.1.1+deb13-rt-amd64", "7.1.1-1", "", SHA("000b"))
	PACKAGE("linux-image-6.12.11-odd-amd64", "6.12.11-1", "", SHA("000c"))
	"Package: linux-image-6.12.12-amd64\nVersion: 6.12.12-1\n"
	"Filename: ../../etc/passwd\nSize: 1\nSHA256: " SHA("000d") "\n\n"
	"Package: linux-image-6.12.13-amd64\nVersion: 6.12.13-1\n"
	"Filename: pool/x.deb\nSize: 1\nSHA256: short\n\n"
	"Package: linux-image-6.12.14-amd64\n";

static void read_index(struct packages *p)
{
	char *kept = NULL;
	size_t size = 0;
	FILE *in = fmemopen((void *)index_text, strlen(index_text), "r");
	FILE *out = open_memstream(&kept, &size);

	assert_int_equal(packages_filter(in, out), 0);
	fclose(in);
	fclose(out);
	assert_null(strstr(kept, "bash"));
	assert_null(strstr(kept, "longer"));
	in = fmemopen(kept, size, "r");
	assert_int_equal(packages_read(p, in, "trixie", "http://m.invalid"), 0);
	fclose(in);
	free(kept);
}

static void indices(void **state)
{
	struct packages p = { 0 };
	struct builds b = { 0 };
	char one[DIGEST_HEX], two[DIGEST_HEX];

	(void)state;
	read_index(&p);
	/* No symbols, none unsigned, none without digest or with an odd name. */
	assert_int_equal(p.n, 10);
	assert_string_equal(p.package[0].depends, "kmod");
	assert_int_equal(p.package[0].size, 100);
	assert_null(packages_find(&p, "linux-image-6.12.12-amd64", NULL, NULL));

	builds_of(&p, "amd64", &b);
	assert_int_equal(b.n, 5);
	assert_string_equal(b.build[0].release, "6.12.9-amd64");
	assert_string_equal(b.build[0].flavour, "");
	assert_string_equal(b.build[1].release, "6.12.10-cloud-amd64");
	assert_string_equal(b.build[1].flavour, "cloud");
	assert_string_equal(b.build[2].release, "6.12.9-cloud-amd64");
	/* Three packages, and one of which the archive lost the modules. */
	assert_string_equal(b.build[3].series, "7.1");
	assert_null(b.build[3].modules);
	assert_string_equal(b.build[4].modules->version, "7.3.4-1");
	assert_int_equal(build_size(&b.build[4]), 200);
	build_digest(&b.build[3], one);
	build_digest(&b.build[4], two);
	assert_string_not_equal(one, two);
	builds_free(&b);

	builds_of(&p, "arm64", &b);
	assert_int_equal(b.n, 0);
	builds_free(&b);
	packages_free(&p);
}

/* The same package in two suites is one build; the newest is found in any. */
static void two_suites(void **state)
{
	static const char other[] = PACKAGE("linux-image-6.12.10-cloud-amd64",
					    "6.12.10-1", "", SHA("0003"))
		PACKAGE("linux-image-6.12.10-cloud-amd64", "6.12.10-2", "",
			SHA("0010"));
	struct packages p = { 0 };
	struct builds b = { 0 };
	FILE *in = fmemopen((void *)other, strlen(other), "r");

	(void)state;
	read_index(&p);
	assert_int_equal(packages_read(&p, in, "sid", "http://m.invalid"), 0);
	fclose(in);
	builds_of(&p, "amd64", &b);
	assert_int_equal(b.n, 6);
	assert_string_equal(b.build[1].binary->version, "6.12.10-2");
	assert_string_equal(b.build[1].binary->suite, "sid");
	assert_string_equal(b.build[2].binary->suite, "trixie");
	assert_string_equal(packages_find(&p, b.build[1].binary->name, NULL,
					  "trixie")->version, "6.12.10-1");
	builds_free(&b);
	packages_free(&p);
}

/* Those with a released build, oldest first, each once. */
static void offered_series(void **state)
{
	static const char *const rows[][3] = {
		{ "5.10", "", "5.10.262-1" },	   { "5.10", "rt", "5.10.262-1" },
		{ "5.10", "rt", "5.10.259-1" },	   { "6.12", "rt", "6.12.117-1" },
		{ "7.3", "rt", "7.3~rc7-1~exp1" }, { "7.3", "rt", "7.3.4-1" },
		{ "7.4", "rt", "7.4~rc2-1~exp1" },
	};
	struct kernel_offers all = { xalloc(ARRAY_SIZE(rows) * sizeof(*all.offer)), ARRAY_SIZE(rows) };
	_cleanup_words_ struct words rt = { 0 }, plain = { 0 }, cloud = { 0 };
	_cleanup_free_ char *why = NULL, *arch = NULL;

	(void)state;
	for (size_t i = 0; i < all.n; i++) {
		all.offer[i].series = xstrdup(rows[i][0]);
		all.offer[i].flavour = xstrdup(rows[i][1]);
		all.offer[i].version = xstrdup(rows[i][2]);
	}
	kernel_offers_series(&all, "rt", &rt);
	assert_int_equal(rt.n, 3);
	assert_string_equal(rt.word[0], "5.10");
	assert_string_equal(rt.word[1], "6.12");
	assert_string_equal(rt.word[2], "7.3");
	kernel_offers_series(&all, "", &plain);
	assert_int_equal(plain.n, 1);
	kernel_offers_series(&all, "cloud", &cloud);
	assert_int_equal(cloud.n, 0);
	kernel_offers_free(&all);
	assert_int_equal(kernel_flavour_check("amd64", "rt", &why), 0);
	assert_null(why);
	assert_int_equal(kernel_flavour_check("amd64", "16k", &why), KERNEL_BAD_SOURCE);
	assert_string_equal(why, "amd64 has no flavour '16k', but plain, cloud, rt");
	assert_int_equal(kernel_flavour_check("pdp11", "", &arch), KERNEL_BAD_SOURCE);
	assert_string_equal(arch, "unknown architecture 'pdp11'");
}

static void names(void **state)
{
	static const char *const rows[][2] = {
		{ "series:6.12-cloud", "6.12-cloud" },
		{ "deb:linux-image-6.1.0-50-amd64", "6.1.0-50-amd64" },
		{ "deb:linux-image-amd64@sid", "amd64@sid" },
		{ "/boot/vmlinuz-6.1,modules=/lib/modules/6.1", "6.1" },
		{ "/home/x/my linux//", "my_linux" },
		{ "linux", "linux" },
		{ "/", "_" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *name = kernel_source_name(rows[i][0]);

		assert_string_equal(name, rows[i][1]);
	}
}

static void suites(void **state)
{
	(void)state;
	assert_true(suite_known("trixie-backports"));
	assert_true(suite_known("sid"));
	assert_false(suite_known("trixie-"));
	assert_false(suite_known("sid-security"));
	assert_true(suite_is_security("buster/updates"));
	assert_string_equal(flavour_of("arm64", "arm64-16k"), "16k");
	assert_null(flavour_of("amd64", "arm64-16k"));
	assert_true(flavour_known("ppc64el", "64k"));
	assert_null(flavours_text("pdp11"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions),   cmocka_unit_test(series),
		cmocka_unit_test(sources),    cmocka_unit_test(mirrors),
		cmocka_unit_test(indices),    cmocka_unit_test(two_suites),
		cmocka_unit_test(names),      cmocka_unit_test(suites),
		cmocka_unit_test(offered_series),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
