/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an image says of itself: its architecture and its release. */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "vm-matrix/kernel/local.h"

/* Documentation/arch/x86/boot.rst of the kernel: "HdrS", kernel_version and
 * where the kernel itself lies. */
#define X86_MAGIC 0x202
#define X86_VERSION 0x20e
#define X86_SECTORS 0x1f1
#define X86_PROTOCOL 0x206
#define X86_PAYLOAD 0x248
/* Documentation/arch/arm64/booting.rst, arch/riscv/boot-image-header.rst. */
#define IMAGE_MAGIC 0x38

struct text_at {
	const unsigned char *data;
	size_t size;
};

static unsigned u16_at(const unsigned char *p, bool big)
{
	return big ? p[0] << 8 | p[1] : p[1] << 8 | p[0];
}

static uint32_t u32_at(const unsigned char *p)
{
	return u16_at(p, false) | (uint32_t)u16_at(p + 2, false) << 16;
}

static const char *elf_arch(const unsigned char *p)
{
	bool big = p[EI_DATA] == ELFDATA2MSB;

	switch (u16_at(p + 18, big)) {
	case EM_X86_64:
		return "amd64";
	case EM_386:
		return "i386";
	case EM_AARCH64:
		return "arm64";
	case EM_ARM:
		return "armhf";
	case EM_RISCV:
		return "riscv64";
	case EM_PPC64:
		return "ppc64el";
	case EM_S390:
		return "s390x";
	}
	return NULL;
}

static const char *arch_of(const struct text_at *t)
{
	if (t->size < 0x400)
		return NULL;
	if (!memcmp(t->data, ELFMAG, SELFMAG))
		return elf_arch(t->data);
	if (!memcmp(t->data + X86_MAGIC, "HdrS", 4))
		return "x86";
	if (!memcmp(t->data + IMAGE_MAGIC, "ARM\x64", 4))
		return "arm64";
	if (!memcmp(t->data + IMAGE_MAGIC, "RSC\x05", 4))
		return "riscv64";
	return NULL;
}

/* A word that may be a release, to free; NULL if it is not one. */
static char *word(const struct text_at *t, size_t at)
{
	size_t n = 0;

	while (at + n < t->size && n < 65 && t->data[at + n] > ' ' &&
	       t->data[at + n] < 127)
		n++;
	if (!n || n > 64 || t->data[at] < '0' || t->data[at] > '9')
		return NULL;
	return xasprintf("%.*s", (int)n, (const char *)t->data + at);
}

static char *release_of(const struct text_at *t, const char *arch)
{
	static const char banner[] = "Linux version ";
	const unsigned char *p = t->data, *end = t->data + t->size;

	if (arch && !strcmp(arch, "x86"))
		return word(t, u16_at(p + X86_VERSION, false) + 0x200);
	while ((p = memmem(p, end - p, banner, strlen(banner)))) {
		char *release = word(t, p + strlen(banner) - t->data);

		if (release)
			return release;
		p++;
	}
	return NULL;
}

/* Setup code, then the payload, whose place the header has from 2.08 on. */
static bool is_cut(const struct text_at *t)
{
	const unsigned char *p = t->data;
	uint64_t at;

	if (u16_at(p + X86_PROTOCOL, false) < 0x208)
		return false;
	at = ((p[X86_SECTORS] ? p[X86_SECTORS] : 4) + 1) * 512ULL +
	     u32_at(p + X86_PAYLOAD);
	return at + u32_at(p + X86_PAYLOAD + 4) > t->size;
}

int image_inspect(const char *path, struct image_facts *facts)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct text_at t;
	struct stat st;
	void *map;

	memset(facts, 0, sizeof(*facts));
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < 4096)
		return -ENOEXEC;
	map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	t = (struct text_at){ map, st.st_size };
	facts->arch = arch_of(&t);
	if (facts->arch && !strcmp(facts->arch, "x86") && is_cut(&t)) {
		munmap(map, st.st_size);
		return -EBADMSG;
	}
	facts->release = release_of(&t, facts->arch);
	munmap(map, st.st_size);
	return 0;
}

bool image_fits(const struct image_facts *facts, const char *arch)
{
	if (!facts->arch || !strcmp(facts->arch, arch))
		return true;
	/* One header for both; and both boot on amd64. */
	return !strcmp(facts->arch, "x86") &&
	       (!strcmp(arch, "amd64") || !strcmp(arch, "i386"));
}
