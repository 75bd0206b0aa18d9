/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest starts from: the initramfs (an uncompressed cpio; to unpack it
 * costs emulated time) and, on amd64, the kernel's ELF out of its bzImage.
 *
 * An image is a list of entries whose contents are read when it is written, so
 * memory stays small. Paths in the guest are absolute; the directories above
 * are made (0755), the later of two entries with one path stays. Owner is root,
 * times are zero: equal contents give equal bytes. Everything that fails returns
 * -errno and sets *why to one line, which the caller frees.
 *
 *	struct image *img = image_new();
 *	image_node(img, "/dev/console", S_IFCHR | 0600, 5, 1);
 *	image_file(img, "/init", guest, 0755, &why)
 *	image_modules(img, kernel.modules, names, n, &load, &missing, &why)
 *	image_program(img, NULL, "/usr/sbin/mkfs.xfs", NULL, &why)
 *	image_digest(img, hex, &why); ... image_write(img, path, &why)
 *
 * A job with the `module` stressor needs libkmod, of which no archive exists:
 * there /init is the host's own dynamic program with what it loads when needed,
 *	image_program(img, "/init", "/proc/self/exe", NULL, &why)
 *	image_library(img, "libkmod.so.2", NULL, &why)
 * and the modules to be loaded are image_modules() that no load list names.
 */
#ifndef STRAIN_VM_MATRIX_IMAGE_IMAGE_H
#define STRAIN_VM_MATRIX_IMAGE_IMAGE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"
#include "vm-matrix/digest.h"

struct image;

/* NULL: this build has libarchive. Else one line that says how to get it; then
 * image_write(), image_modules() and image_vmlinux() say the same, -ENOSYS. */
const char *image_lacks(void);

struct image *image_new(void);
/* Also what was unpacked for it on disk. NULL is nothing. */
void image_free(struct image *img);

static inline void image_freep(struct image **img)
{
	image_free(*img);
}

#define _cleanup_image_ __attribute__((cleanup(image_freep)))

/* The data is copied. A path with "." or ".." is a bug. */
void image_data(struct image *img, const char *path, const void *data, size_t n,
		mode_t mode);
void image_dir(struct image *img, const char *path, mode_t mode);
void image_link(struct image *img, const char *path, const char *target);
/* @mode with S_IFCHR or S_IFBLK. */
void image_node(struct image *img, const char *path, mode_t mode, unsigned major,
		unsigned minor);
/* A regular file of the host, which must stay until the image is written. */
int image_file(struct image *img, const char *path, const char *host_path,
	       mode_t mode, char **why);

/*
 * An ELF program with its interpreter and, recursively, the libraries it needs,
 * each where the loader of the guest finds it. @path NULL: /bin and its name.
 * @host_path with a '/' is that file, else it is searched for in the bin
 * directories. @sysroot NULL: the host itself; else a folder that stands for
 * "/", of another architecture perhaps. -ENOENT: the program or one of its
 * libraries is not there.
 */
int image_program(struct image *img, const char *path, const char *host_path,
		  const char *sysroot, char **why);
/* A library that is loaded by name at run time. */
int image_library(struct image *img, const char *soname, const char *sysroot,
		  char **why);

/*
 * Modules of the kernel whose ".../lib/modules/RELEASE" is @dir (depmod has run
 * there), with all they depend on, unpacked, and the indexes of that subset. A
 * word of @names is a module and its parameters: "loop max_loop=8"; aliases
 * are resolved. @load gets name and parameters of each in the order in which
 * finit_module takes them, a word each, none twice; modules that the kernel has
 * built in are not in it. @missing gets the names that the kernel lacks (all of
 * them with @dir NULL); if it is NULL, a lack is -ENOENT. @load may be NULL. May
 * be called several times, with one @dir.
 */
int image_modules(struct image *img, const char *dir, const char *const *names,
		  size_t n, struct words *load, struct words *missing, char **why);

/* Of all entries: path, mode and content. Modules of the image, too. */
int image_digest(struct image *img, char hex[DIGEST_HEX], char **why);
/* Appears at @path complete or not at all. */
int image_write(struct image *img, const char *path, char **why);

/*
 * The kernel's ELF out of a bzImage of amd64 (QEMU starts it through its PVH
 * note in half the time, without KASLR), at @out, complete or not at all. A file
 * @out that exists is taken as it is: name it by the kernel's digest. A
 * @vmlinuz that is an ELF already is linked to. -EOPNOTSUPP: the kernel has no
 * PVH entry, or is not for amd64; boot it as it is.
 */
int image_vmlinux(const char *vmlinuz, const char *out, char **why);

/*
 * Unpacks one file (gzip, xz, zstd, lz4, lzma, bzip2; by its content) to @out, at
 * most @max bytes of it. -EFBIG: more; -EBADMSG: damaged.
 */
int image_unpack(const char *packed, const char *out, uint64_t max, char **why);

#endif
