/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernels in bzImages and modules of other kernels, packed by this test. */
#include "tests/unit/image_kit.h"

#ifdef HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <errno.h>
#include <glob.h>

#include "base/file.h"
#include "vm-matrix/image/image.h"
#include "vm-matrix/image/parts.h"

/* Packs @data into @to, by the filter of that name; the size. */
static size_t pack(const char *filter, const void *data, size_t n, void *to,
		   size_t size)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	size_t used = 0;

	assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
	assert_int_equal(archive_write_add_filter_by_name(a, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_per_block(a, 1), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(a, to, size, &used), ARCHIVE_OK);
	archive_entry_set_filetype(e, S_IFREG);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, data, n), n);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_entry_free(e);
	archive_write_free(a);
	return used;
}

enum { SETUP = 5 * 512, PAYLOAD = 64 };

struct bzimage {
	unsigned char bytes[SETUP + 32768];
	size_t n;
};

static void put32(struct bzimage *b, size_t at, uint32_t value)
{
	value = htole32(value);
	memcpy(b->bytes + at, &value, sizeof(value));
}

static void make(struct bzimage *b, const char *filter, const void *data, size_t n)
{
	size_t packed;

	memset(b, 0, sizeof(*b));
	b->bytes[0x1f1] = 4;
	memcpy(b->bytes + 0x202, "HdrS", 4);
	b->bytes[0x206] = 0x0f;
	b->bytes[0x207] = 2;
	packed = pack(filter, data, n, b->bytes + SETUP + PAYLOAD, 30000);
	if (strcmp(filter, "gzip")) {
		put32(b, SETUP + PAYLOAD + packed, (uint32_t)n);
		packed += 4;
	}
	put32(b, 0x248, PAYLOAD);
	put32(b, 0x24c, (uint32_t)packed);
	b->n = SETUP + PAYLOAD + packed + 100;
}

static int unpack(const struct bzimage *b, char **why)
{
	_cleanup_free_ char *in = kit_path("vmlinuz"), *out = kit_path("vmlinux");
	int err;

	unlink(out);
	kit_put("vmlinuz", b->bytes, b->n);
	err = image_vmlinux(in, out, why);
	assert_int_equal(file_exists(out), !err);
	return err;
}

static void filters(void **state)
{
	static const char *const filter[] = { "gzip", "xz", "zstd", "lz4", "lzma",
					      "bzip2" };
	_cleanup_free_ char *out = kit_path("vmlinux"), *why = NULL;
	struct kit_elf e;
	struct bzimage b;

	(void)state;
	kit_elf(&e, NULL, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(filter); i++) {
		_cleanup_str_ struct str got = STR_INIT;

		make(&b, filter[i], &e, sizeof(e));
		if (unpack(&b, &why))
			fail_msg("%s: %s", filter[i], why);
		assert_int_equal(file_read(out, &got), 0);
		assert_int_equal(got.len, sizeof(e));
		assert_memory_equal(got.buf, &e, sizeof(e));
	}
}

static void refused(void **state)
{
	_cleanup_free_ char *why = NULL;
	struct kit_elf e;
	struct bzimage b;

	(void)state;
	make(&b, "xz", "no ELF file", 12);
	assert_int_equal(unpack(&b, &why), -EBADMSG);
	kit_said(&why, "no intact ELF file");
	kit_elf(&e, NULL, NULL, NULL);
	e.note.head.n_type = 17;
	make(&b, "xz", &e, sizeof(e));
	assert_int_equal(unpack(&b, &why), -EOPNOTSUPP);
	kit_said(&why, "has no PVH entry");
	e.head.e_machine = EM_386;
	make(&b, "xz", &e, sizeof(e));
	assert_int_equal(unpack(&b, &why), -EOPNOTSUPP);
	kit_said(&why, "not for amd64");
	b.n = 0x200;
	assert_int_equal(unpack(&b, &why), -EOPNOTSUPP);
	kit_said(&why, "no bzImage");
}

/* Wild offsets, cut short, flipped bits: refused, with nothing left behind. */
static void hostile(void **state)
{
	static const uint32_t wild[] = { 0, 1, 0x7fffffff, 0x80000000, UINT32_MAX };
	_cleanup_free_ char *why = NULL;
	struct bzimage good, b;
	struct kit_elf e;

	(void)state;
	kit_elf(&e, NULL, NULL, NULL);
	make(&good, "xz", &e, sizeof(e));
	for (size_t i = 0; i < ARRAY_SIZE(wild); i++) {
		b = good;
		put32(&b, 0x248, wild[i]);
		assert_true(unpack(&b, &why) < 0);
		kit_said(&why, "damaged");
		b = good;
		put32(&b, 0x24c, wild[i]);
		assert_true(unpack(&b, &why) < 0);
		kit_said(&why, "damaged");
	}
	for (size_t n = SETUP; n < good.n - 100; n += 37) {
		b = good;
		b.n = n;
		assert_int_equal(unpack(&b, &why), -EBADMSG);
		kit_said(&why, "damaged");
	}
	for (size_t at = SETUP + PAYLOAD; at < good.n - 110; at += 11) {
		b = good;
		b.bytes[at] ^= 0x20;
		assert_true(unpack(&b, &why) < 0);
		kit_said(&why, "vmlinuz'");
	}
	b = good;
	put32(&b, good.n - 104, sizeof(e) + 1);
	assert_int_equal(unpack(&b, &why), -EBADMSG);
	kit_said(&why, "bytes of kernel, not");
}

static void kept(void **state)
{
	_cleanup_free_ char *in = kit_path("vmlinux.elf"), *why = NULL;
	_cleanup_free_ char *out = kit_path("vmlinux"), *gone = kit_path("gone");
	char target[256];
	ssize_t n;

	(void)state;
	assert_int_equal(image_vmlinux(gone, out, &why), -ENOENT);
	kit_said(&why, "cannot read");
	kit_put_elf("vmlinux.elf", NULL, NULL, NULL);
	assert_int_equal(image_vmlinux(in, out, &why), 0);
	n = readlink(out, target, sizeof(target) - 1);
	assert_true(n > 0);
	target[n] = '\0';
	assert_string_equal(target, in);
	/* What is there is taken as it is. */
	kit_put("vmlinux.elf", "x", 1);
	assert_int_equal(image_vmlinux(in, out, &why), 0);
}

static void bombs(void **state)
{
	_cleanup_free_ char *in = kit_path("zeros.xz"), *out = kit_path("zeros");
	_cleanup_free_ char *zeros = xalloc(8 << 20), *why = NULL;
	char packed[8192];
	size_t n = pack("xz", zeros, 8 << 20, packed, sizeof(packed));

	(void)state;
	kit_put("zeros.xz", packed, n);
	assert_int_equal(image_unpack(in, out, 8 << 20, &why), 0);
	assert_int_equal(image_size(out), 8 << 20);
	assert_int_equal(unlink(out), 0);
	assert_int_equal(image_unpack(in, out, (8 << 20) - 1, &why), -EFBIG);
	kit_said(&why, "more than 8388607 bytes");
	kit_put("zeros.xz", packed, n - 1);
	assert_int_equal(image_unpack(in, out, 8 << 20, &why), -EBADMSG);
	kit_said(&why, "zeros.xz' is damaged");
	assert_false(file_exists(out));
}

#ifdef HAVE_LIBKMOD
/*
 * The least that depmod takes for a module: what modinfo shows, one symbol that
 * it has and one that it wants.
 */
struct module {
	Elf64_Ehdr head;
	Elf64_Shdr section[6];
	char names[64], info[128], strings[64], exported[32];
	Elf64_Sym symbol[3];
};

static Elf64_Shdr section(uint32_t name, uint32_t type, size_t at, size_t size)
{
	return (Elf64_Shdr){ .sh_name = name, .sh_type = type, .sh_offset = at,
			     .sh_size = size, .sh_addralign = 1 };
}

#define SECTION(name, type, member)                             \
	section(name, type, offsetof(struct module, member),    \
		sizeof(((struct module *)0)->member))

static size_t put_line(char *to, size_t at, const char *text)
{
	memcpy(to + at, text, strlen(text) + 1);
	return at + strlen(text) + 1;
}

static void put_module(const char *name, const char *exports, const char *wants,
		       const char *softdep, const char *filter)
{
	static const char names[] = "\0.shstrtab\0.modinfo\0.symtab\0.strtab\0"
				    "__ksymtab_strings";
	struct module m = { .symbol[1] = { .st_name = 1, .st_info = 0x10 } };
	_cleanup_free_ char *file = NULL, *line = NULL;
	char packed[16384];
	struct kit_elf e;
	size_t at;

	kit_elf(&e, NULL, NULL, NULL);
	m.head = e.head;
	m.head.e_type = ET_REL;
	m.head.e_phoff = m.head.e_phnum = 0;
	m.head.e_ehsize = sizeof(m.head);
	m.head.e_shoff = offsetof(struct module, section);
	m.head.e_shentsize = sizeof(Elf64_Shdr);
	m.head.e_shnum = ARRAY_SIZE(m.section);
	m.head.e_shstrndx = 1;
	memcpy(m.names, names, sizeof(names));
	m.section[1] = SECTION(1, SHT_STRTAB, names);
	m.section[2] = SECTION(11, SHT_PROGBITS, info);
	m.section[3] = SECTION(20, SHT_SYMTAB, symbol);
	m.section[3].sh_link = 4;
	m.section[3].sh_entsize = sizeof(Elf64_Sym);
	m.section[4] = SECTION(28, SHT_STRTAB, strings);
	m.section[5] = SECTION(36, SHT_PROGBITS, exported);
	if (wants)
		put_line(m.strings, 1, wants);
	else
		m.symbol[1].st_name = 0;
	if (exports)
		put_line(m.exported, 0, exports);
	line = xasprintf("softdep=%s", softdep ? softdep : "");
	at = put_line(m.info, 0, "license=GPL");
	if (softdep)
		put_line(m.info, at, line);
	file = xasprintf("lib/modules/9.9/kernel/%s", name);
	if (filter)
		kit_put(file, packed, pack(filter, &m, sizeof(m), packed,
					   sizeof(packed)));
	else
		kit_put(file, &m, sizeof(m));
}

/* 1: there is no depmod here. */
static int make_tree(void)
{
	static const char builtin[] = "kernel/fs/inside.ko\n";
	_cleanup_free_ char *command = NULL;

	put_module("low.ko.xz", "low_symbol", NULL, NULL, "xz");
	put_module("soft-one.ko", NULL, NULL, NULL, NULL);
	put_module("sub/mid.ko.zst", "mid_symbol", "low_symbol", NULL, "zstd");
	put_module("top.ko.xz", NULL, "mid_symbol", "pre: soft_one", "xz");
	kit_put("lib/modules/9.9/modules.builtin", builtin, sizeof(builtin) - 1);
	kit_put("lib/modules/9.9/modules.order", "", 0);
	command = xasprintf("PATH=$PATH:/usr/sbin:/sbin; command -v depmod "
			    ">/dev/null || exit 9; depmod -C /dev/null -b %s 9.9 2>/dev/null",
			    kit_root);
	return system(command) ? 1 : 0;
}

static void is_list(const struct words *w, const char *wanted)
{
	_cleanup_str_ struct str s = STR_INIT;

	for (size_t i = 0; i < w->n; i++)
		str_addf(&s, "%s%s", i ? "; " : "", w->word[i]);
	assert_string_equal(s.buf, wanted);
}

static const char *const all[] = { "top a=1 b=2", "inside", "nosuch x=1", "mid" };

static void modules(void **state)
{
	_cleanup_free_ char *dir = kit_path("lib/modules/9.9"), *why = NULL;
	_cleanup_free_ char *out = kit_path("cpio"), *stage = NULL;
	_cleanup_words_ struct words load = { 0 }, missing = { 0 };
	struct image *img = image_new();

	(void)state;
	if (make_tree()) {
		image_free(img);
		skip();
	}
	if (image_modules(img, dir, all, ARRAY_SIZE(all), &load, &missing, &why))
		fail_msg("%s", why);
	is_list(&load, "low; mid; soft_one; top a=1 b=2");
	is_list(&missing, "nosuch");
	assert_int_equal(image_write(img, out, &why), 0);
	stage = xstrdup(img->stage);
	assert_true(file_exists(stage));
	for (size_t i = 0; i < img->n; i++) {
		const struct image_entry *e = &img->entry[i];

		if (strstr(e->path, ".ko"))
			assert_int_equal(e->size, sizeof(struct module));
		if (strstr(e->path, "modules.dep.bin"))
			out[0] = 'x';
	}
	assert_int_equal(out[0], 'x');
	image_free(img);
	assert_false(file_exists(stage));
}

static void parameters(void **state)
{
	static const char *const first[] = { "mid" }, *const low[] = { "low n=1" },
			  *const other[] = { "low n=2" }, *const no[] = { "nosuch" };
	_cleanup_free_ char *dir = kit_path("lib/modules/9.9"), *why = NULL;
	_cleanup_words_ struct words load = { 0 }, missing = { 0 };
	_cleanup_image_ struct image *img = image_new();

	(void)state;
	if (make_tree())
		skip();
	assert_int_equal(image_modules(img, dir, first, 1, &load, NULL, &why), 0);
	is_list(&load, "low; mid");
	assert_int_equal(image_modules(img, dir, low, 1, &load, NULL, &why), 0);
	is_list(&load, "low n=1; mid");
	assert_int_equal(image_modules(img, dir, low, 1, &load, NULL, &why), 0);
	assert_int_equal(image_modules(img, dir, other, 1, &load, NULL, &why),
			 -EINVAL);
	kit_said(&why, "module 'low' is wanted with 'n=1' and with 'n=2'");
	assert_int_equal(image_modules(img, dir, no, 1, &load, NULL, &why), -ENOENT);
	kit_said(&why, "kernel '9.9' has no module 'nosuch'");
	assert_int_equal(image_modules(img, kit_root, no, 1, &load, NULL, &why),
			 -EINVAL);
	kit_said(&why, "one image");
}

static void bad_trees(void **state)
{
	static const char *const names[] = { "top" };
	_cleanup_free_ char *dir = kit_path("lib/modules/9.9"), *why = NULL;
	_cleanup_free_ char *low = kit_path("lib/modules/9.9/kernel/low.ko.xz");
	_cleanup_words_ struct words missing = { 0 };
	_cleanup_image_ struct image *a = image_new(), *b = image_new(),
				     *c = image_new();

	(void)state;
	assert_int_equal(image_modules(a, NULL, names, 1, NULL, &missing, &why), 0);
	is_list(&missing, "top");
	assert_int_equal(image_modules(a, NULL, names, 1, NULL, NULL, &why), -ENOENT);
	kit_said(&why, "came without modules");
	assert_int_equal(image_modules(a, "/nosuch", names, 1, NULL, NULL, &why),
			 -ENOENT);
	kit_said(&why, "cannot read modules in '/nosuch'");
	assert_int_equal(image_modules(a, kit_root, names, 1, NULL, NULL, &why),
			 -EINVAL);
	kit_said(&why, "run depmod");
	if (make_tree())
		skip();
	assert_int_equal(truncate(low, image_size(low) - 20), 0);
	assert_int_equal(image_modules(b, dir, names, 1, NULL, NULL, &why), -EBADMSG);
	kit_said(&why, "low.ko.xz' is damaged");
	kit_put("lib/modules/9.9/kernel/low.ko.xz", "\xfd" "7z", 3);
	assert_int_equal(image_modules(c, dir, names, 1, NULL, NULL, &why), -EBADMSG);
	kit_said(&why, "low.ko.xz' is damaged: no ELF file");
}
#endif

/* What is not done yet has no name that a kill would leave. */
static void unnamed(void **state)
{
	_cleanup_free_ char *path = kit_path("unnamed");
	_cleanup_free_ char *pattern = kit_path("unnamed*");
	struct image_out out;
	char *why = NULL;
	glob_t found;

	(void)state;
	assert_int_equal(image_create(&out, path, &why), 0);
	assert_int_equal(file_write_all(out.fd, "x", 1), 0);
	if (out.unnamed)
		assert_int_equal(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
	assert_int_equal(image_commit(&out, -EIO, &why), -EIO);
	assert_int_equal(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
	assert_int_equal(image_create(&out, path, &why), 0);
	assert_int_equal(image_commit(&out, 0, &why), 0);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	assert_string_equal(found.gl_pathv[0], path);
	globfree(&found);
	assert_null(why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(unnamed, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(filters, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(refused, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(hostile, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(kept, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(bombs, kit_setup, kit_teardown),
#ifdef HAVE_LIBKMOD
		cmocka_unit_test_setup_teardown(modules, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(parameters, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(bad_trees, kit_setup, kit_teardown),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
static void without(void **state)
{
	(void)state;
	skip(); /* without libarchive there is nothing to unpack with */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(without) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
