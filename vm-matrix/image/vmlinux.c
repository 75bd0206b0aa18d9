/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel inside a bzImage. Offsets are of Documentation/arch/x86/boot.rst:
 * the setup header at 0x1f1, from protocol 2.08 on with the payload's place. The
 * payload's last four bytes are the unpacked size; of gzip they are its own.
 */
#include "vm-matrix/image/image.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "vm-matrix/image/elf.h"
#include "vm-matrix/image/parts.h"

enum {
	SETUP_SECTS = 0x1f1,
	HEADER_MAGIC = 0x202,
	PROTOCOL = 0x206,
	PAYLOAD_OFFSET = 0x248,
	PAYLOAD_LENGTH = 0x24c,
	HEADER_END = 0x250,
	/* include/xen/interface/elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY */
	PVH_NOTE = 18,
};

static const uint64_t max_unpacked = 1ULL << 30;

static uint32_t word(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static bool is_bzimage(const unsigned char *h)
{
	return !memcmp(h + HEADER_MAGIC, "HdrS", 4) &&
	       (h[PROTOCOL] | h[PROTOCOL + 1] << 8) >= 0x208;
}

/* Finds the payload; *unpacked is what it says it unpacks to. */
static int find_payload(struct image_piece *piece, uint32_t *unpacked, char **why)
{
	unsigned char h[HEADER_END], edge[4];
	uint64_t size = piece->size;

	if (pread(piece->fd, h, sizeof(h), 0) != sizeof(h) || !is_bzimage(h))
		return image_fail(why, -EOPNOTSUPP, "'%s' is no bzImage",
				  piece->name);
	piece->at = ((h[SETUP_SECTS] ? h[SETUP_SECTS] : 4) + 1) * 512ULL +
		    word(h + PAYLOAD_OFFSET);
	piece->size = word(h + PAYLOAD_LENGTH);
	if (piece->size < 8 || piece->at > size || piece->size > size - piece->at)
		return image_fail(why, -EBADMSG, "'%s' is damaged: its kernel lies "
				  "outside of it", piece->name);
	if (pread(piece->fd, edge, 4, (off_t)(piece->at + piece->size - 4)) != 4)
		return image_fail(why, -EIO, "cannot read '%s'", piece->name);
	*unpacked = word(edge);
	if (pread(piece->fd, edge, 4, (off_t)piece->at) != 4)
		return image_fail(why, -EIO, "cannot read '%s'", piece->name);
	if (edge[0] != 0x1f || edge[1] != 0x8b)
		piece->size -= 4;
	return 0;
}

/* Is what QEMU starts through its PVH note? */
static int check(const char *name, const char *path, char **why)
{
	_cleanup_elf_ struct elf elf = { 0 };
	int err = elf_read(path, &elf), note;

	if (err)
		return image_fail(why, err == -ENOEXEC ? -EBADMSG : err,
				  "the kernel in '%s' is no intact ELF file", name);
	if (elf.machine != EM_X86_64)
		return image_fail(why, -EOPNOTSUPP, "'%s' is not for amd64", name);
	note = elf_has_note(path, "Xen", PVH_NOTE);
	if (note < 0)
		return image_fail(why, note, "the kernel in '%s' is no intact ELF "
				  "file", name);
	return note ? 0
		    : image_fail(why, -EOPNOTSUPP, "'%s' has no PVH entry", name);
}

static int unpack(struct image_piece *piece, const char *path, char **why)
{
	struct image_out out;
	uint32_t unpacked = 0;
	uint64_t made;
	int err = find_payload(piece, &unpacked, why);

	if (!err)
		err = image_create(&out, path, why);
	if (err)
		return err;
	err = image_unpack_piece(piece, out.fd, max_unpacked, &made, why);
	if (!err && made != unpacked)
		err = image_fail(why, -EBADMSG, "'%s' is damaged: %" PRIu64
				 " bytes of kernel, not %" PRIu32, piece->name,
				 made, unpacked);
	if (!err)
		err = check(piece->name, out.temporary, why);
	return image_commit(&out, err, why);
}

/* A link instead of a copy: with symbols it may be a gigabyte. */
static int link_to(const char *vmlinux, const char *path, char **why)
{
	_cleanup_free_ char *real = realpath(vmlinux, NULL);
	_cleanup_free_ char *temporary = xasprintf("%s.%d", path, (int)getpid());
	int err = check(vmlinux, vmlinux, why);

	if (err)
		return err;
	if (!real || symlink(real, temporary) < 0 || rename(temporary, path) < 0) {
		err = -errno;
		unlink(temporary);
		return image_fail(why, err, "cannot write '%s': %s", path,
				  strerror(-err));
	}
	return 0;
}

int image_vmlinux(const char *vmlinuz, const char *out, char **why)
{
	_cleanup_close_ int fd = open(vmlinuz, O_RDONLY | O_CLOEXEC);
	struct image_piece piece = { .name = vmlinuz, .fd = fd };
	char magic[SELFMAG];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return image_fail(why, -errno, "cannot read '%s': %s", vmlinuz,
				  strerror(errno));
	if (file_exists(out))
		return 0;
	if (pread(fd, magic, SELFMAG, 0) == SELFMAG &&
	    !memcmp(magic, ELFMAG, SELFMAG))
		return link_to(vmlinuz, out, why);
	piece.size = (uint64_t)st.st_size;
	return unpack(&piece, out, why);
}
