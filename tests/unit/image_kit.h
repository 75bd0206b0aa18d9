/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder for each test of images, files in it, ELF files made by hand. */
#ifndef STRAIN_TESTS_IMAGE_KIT_H
#define STRAIN_TESTS_IMAGE_KIT_H

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/dir.h"
#include "base/str.h"

static char kit_root[64];

static inline int kit_setup(void **state)
{
	(void)state;
	snprintf(kit_root, sizeof(kit_root), "/tmp/strain-unit-XXXXXX");
	return mkdtemp(kit_root) ? 0 : -1;
}

static inline int kit_teardown(void **state)
{
	(void)state;
	return dir_remove(kit_root);
}

/* The path of @name in the folder; to free. */
static inline char *kit_path(const char *name)
{
	return xasprintf("%s/%s", kit_root, name);
}

/* Writes a file of the folder, with the folders above it. */
static inline void kit_put(const char *name, const void *data, size_t n)
{
	_cleanup_free_ char *path = kit_path(name), *folder = xstrdup(path);
	FILE *f;

	*strrchr(folder, '/') = '\0';
	assert_int_equal(dir_make(folder, 0755), 0);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* What failed said one line. */
static inline void kit_said(char **why, const char *words)
{
	assert_non_null(*why);
	if (!strstr(*why, words))
		fail_msg("'%s' does not say '%s'", *why, words);
	assert_null(strchr(*why, '\n'));
	free(*why);
	*why = NULL;
}

/*
 * A 64-bit ELF file in our byte order: one segment for all of it, with the
 * interpreter, the names of libraries and the run path given (NULL: none) and
 * an optional note. Headers lie where the tests that damage them expect them.
 */
struct kit_elf {
	Elf64_Ehdr head;
	Elf64_Phdr segment[4]; /* load, interp, dynamic, note */
	Elf64_Dyn dynamic[12];
	char text[512];
	struct {
		Elf64_Nhdr head;
		char owner[4];
		uint32_t value;
	} note;
};

static inline uint64_t kit_text(struct kit_elf *e, size_t *used, const char *text)
{
	size_t at = *used;

	assert_true(at + strlen(text) + 1 < sizeof(e->text));
	memcpy(e->text + at, text, strlen(text) + 1);
	*used += strlen(text) + 1;
	return at;
}

static inline Elf64_Phdr kit_segment(uint32_t type, size_t at, size_t size)
{
	return (Elf64_Phdr){ .p_type = type, .p_offset = at, .p_filesz = size,
			     .p_vaddr = 0x400000 + at, .p_memsz = size };
}

static inline void kit_elf(struct kit_elf *e, const char *interpreter,
			   const char *needed, const char *runpath)
{
	_cleanup_words_ struct words name = { 0 };
	const uint16_t probe = 1;
	size_t used = 1, n = 0, at;

	memset(e, 0, sizeof(*e));
	memcpy(e->head.e_ident, ELFMAG, SELFMAG);
	e->head.e_ident[EI_CLASS] = ELFCLASS64;
	e->head.e_ident[EI_DATA] =
		*(const char *)&probe ? ELFDATA2LSB : ELFDATA2MSB;
	e->head.e_type = ET_DYN;
	e->head.e_machine = EM_X86_64;
	e->head.e_phoff = offsetof(struct kit_elf, segment);
	e->head.e_phentsize = sizeof(Elf64_Phdr);
	e->head.e_phnum = ARRAY_SIZE(e->segment);
	words_split(&name, needed ? needed : "", " ");
	for (size_t i = 0; i < name.n; i++) {
		e->dynamic[n].d_tag = DT_NEEDED;
		e->dynamic[n++].d_un.d_val = kit_text(e, &used, name.word[i]);
	}
	if (runpath) {
		e->dynamic[n].d_tag = DT_RUNPATH;
		e->dynamic[n++].d_un.d_val = kit_text(e, &used, runpath);
	}
	e->dynamic[n].d_tag = DT_STRTAB;
	e->dynamic[n++].d_un.d_val = 0x400000 + offsetof(struct kit_elf, text);
	e->dynamic[n].d_tag = DT_STRSZ;
	e->dynamic[n++].d_un.d_val = sizeof(e->text);
	e->segment[0] = kit_segment(PT_LOAD, 0, sizeof(*e));
	at = offsetof(struct kit_elf, text) +
	     kit_text(e, &used, interpreter ? interpreter : "");
	e->segment[1] = kit_segment(interpreter ? PT_INTERP : PT_NULL, at,
				    interpreter ? strlen(interpreter) + 1 : 0);
	e->segment[2] = kit_segment(PT_DYNAMIC, offsetof(struct kit_elf, dynamic),
				    sizeof(e->dynamic));
	e->segment[3] = kit_segment(PT_NOTE, offsetof(struct kit_elf, note),
				    sizeof(e->note));
	e->note.head = (Elf64_Nhdr){ .n_namesz = 4, .n_descsz = 4, .n_type = 18 };
	memcpy(e->note.owner, "Xen", 4);
}

static inline void kit_put_elf(const char *name, const char *interpreter,
			       const char *needed, const char *runpath)
{
	struct kit_elf e;

	kit_elf(&e, interpreter, needed, runpath);
	kit_put(name, &e, sizeof(e));
}

#endif
