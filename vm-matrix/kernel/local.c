/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel on this machine: an image with its modules, or a build tree. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "vm-matrix/kernel/local.h"

struct tree_kind {
	const char *arch;
	const char *set[2]; /* lines of .config */
	const char *image;
};

/* The first that fits; what needs more lines stands first. */
/* clang-format off */
static const struct tree_kind tree_kinds[] = {
	{ "amd64",   { "CONFIG_X86_64=y" }, "arch/x86/boot/bzImage" },
	{ "i386",    { "CONFIG_X86_32=y" }, "arch/x86/boot/bzImage" },
	{ "arm64",   { "CONFIG_ARM64=y" }, "arch/arm64/boot/Image" },
	{ "armhf",   { "CONFIG_ARM=y" }, "arch/arm/boot/zImage" },
	{ "riscv64", { "CONFIG_RISCV=y", "CONFIG_64BIT=y" }, "arch/riscv/boot/Image" },
	{ "ppc64el", { "CONFIG_PPC64=y", "CONFIG_CPU_LITTLE_ENDIAN=y" }, "vmlinux" },
	{ "s390x",   { "CONFIG_S390=y", "CONFIG_64BIT=y" }, "arch/s390/boot/bzImage" },
};
/* clang-format on */

static const struct tree_kind *kind_of(const struct words *config)
{
	for (size_t i = 0; i < ARRAY_SIZE(tree_kinds); i++) {
		const struct tree_kind *k = &tree_kinds[i];

		if (words_has(config, k->set[0]) &&
		    (!k->set[1] || words_has(config, k->set[1])))
			return k;
	}
	return NULL;
}

/* Puts what was gathered into the store, unless it is there. */
static int store(struct kernel_cache *c, struct stage *s, struct kernel *k,
		 char **why)
{
	char digest[DIGEST_HEX];
	_cleanup_free_ char *lock_name = NULL, *dir = NULL, *new = NULL;
	_cleanup_close_ int lock = -1;
	struct kernel found = { 0 };
	int r = stage_digest(s, digest, why);

	if (r < 0)
		return r;
	k->digest = xstrdup(digest);
	lock_name = xasprintf("kernel-%.16s", digest);
	dir = xasprintf("%s/kernels/%s", c->dir, digest);
	new = xasprintf("%s/kernels/.%s", c->dir, digest);
	lock = kernel_lock(c, lock_name);
	if (lock < 0)
		return kernel_fail(why, KERNEL_IO, "lock of '%s': %s", dir,
				   strerror(-lock));
	if (store_read(c, digest, &found) < 0) {
		dir_remove(new);
		dir_remove(dir);
		r = stage_copy(s, new, why);
		r = r < 0 ? r : modules_index(new, k->release, why);
		if (!r && (store_write(new, k, NULL, NULL) < 0 ||
			   rename(new, dir) < 0))
			r = kernel_fail(why, KERNEL_NO_SPACE,
					"'%s' cannot be written", dir);
		if (r < 0)
			dir_remove(new);
	}
	kernel_free(&found);
	if (!r)
		store_paths(c, k);
	return r;
}

static void stage_if_there(struct stage *s, char *from, const char *to)
{
	if (file_exists(from))
		stage_add(s, from, xstrdup(to));
	else
		free(from);
}

/* What a build that was ended, or goes on, leaves. */
static bool is_cut(const char *image)
{
	struct image_facts facts;
	int r = image_inspect(image, &facts);

	free(facts.release);
	return r == -EBADMSG;
}

static int tree_image(const char *tree, const struct tree_kind *kind,
		      struct stage *s, char **why)
{
	char *image = xasprintf("%s/%s", tree, kind->image);
	char *elf = xasprintf("%s/vmlinux", tree);

	if (file_exists(image)) {
		stage_add(s, image, xstrdup("vmlinuz"));
		free(elf);
		return !is_cut(image) ? 0 :
			       kernel_fail(why, KERNEL_BAD_SOURCE,
					   "kernel '%s': the end of '%s' is missing",
					   tree, kind->image);
	}
	free(image);
	if (file_exists(elf)) {
		stage_add(s, elf, xstrdup("vmlinuz"));
		return 0;
	}
	free(elf);
	return kernel_fail(why, KERNEL_BAD_SOURCE,
			   "kernel '%s' is not built: no '%s' and no 'vmlinux'",
			   tree, kind->image);
}

static int resolve_tree(const char *tree, const char *arch,
			struct kernel_cache *c, struct kernel *k, char **why)
{
	_cleanup_free_ char *config_path = xasprintf("%s/.config", tree);
	_cleanup_free_ char *release_path =
		xasprintf("%s/include/config/kernel.release", tree);
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_words_ struct words config = { 0 };
	const struct tree_kind *kind;
	struct stage s = { 0 };
	char release[128];
	int r;

	if (file_read(config_path, &text) < 0)
		return kernel_fail(why, KERNEL_BAD_SOURCE, "kernel '%s': not a "
				   "build tree, which has a .config", tree);
	words_split(&config, text.buf, "\n");
	kind = kind_of(&config);
	if (!kind || strcmp(kind->arch, arch))
		return kernel_fail(why, KERNEL_BAD_SOURCE,
				   "kernel '%s' is for %s, not for %s", tree,
				   kind ? kind->arch : "something else", arch);
	if (file_read_line(release_path, release, sizeof(release)) < 0)
		return kernel_fail(why, KERNEL_BAD_SOURCE,
				   "kernel '%s' is not built: no '%s'", tree,
				   "include/config/kernel.release");
	k->release = xstrdup(release);
	k->arch = xstrdup(arch);
	r = tree_image(tree, kind, &s, why);
	stage_if_there(&s, xstrdup(config_path), "config");
	stage_if_there(&s, xasprintf("%s/System.map", tree), "System.map");
	if (!r && words_has(&config, "CONFIG_MODULES=y"))
		r = stage_build_tree(&s, tree, release, why);
	if (!r)
		r = store(c, &s, k, why);
	stage_free(&s);
	if (!r && words_has(&config, "CONFIG_DEBUG_INFO=y"))
		k->vmlinux_debug = xasprintf("%s/vmlinux", tree);
	return r;
}

/* Is it .../lib/modules/RELEASE, as modprobe wants it? */
static bool in_place(const char *dir, const char *release)
{
	_cleanup_free_ char *end = xasprintf("/lib/modules/%s", release);
	_cleanup_free_ char *dep = xasprintf("%s/modules.dep", dir);
	size_t n = strlen(dir), m = strlen(end);

	return n > m && !strcmp(dir + n - m, end) && file_exists(dep);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What the image says, the name of its modules, its own name. */
static char *image_release(const char *path, const char *modules,
			   const struct image_facts *facts)
{
	const char *name = base_name(path);

	if (facts->release)
		return xstrdup(facts->release);
	if (modules)
		return xstrdup(base_name(modules));
	if (!strncmp(name, "vmlinu", 6) && name[6] && name[7] == '-')
		return xstrdup(name + 8);
	return NULL;
}

/* What lies beside "vmlinuz-6.12" or, in a folder of its own, "vmlinuz". */
static void add_neighbours(struct stage *s, const char *image,
			   const char *release)
{
	size_t n = base_name(image) - image;

	if (!strcmp(base_name(image), "vmlinuz")) {
		stage_if_there(s, xasprintf("%.*sconfig", (int)n, image), "config");
		stage_if_there(s, xasprintf("%.*sSystem.map", (int)n, image),
			       "System.map");
		return;
	}
	stage_if_there(s, xasprintf("%.*sconfig-%s", (int)n, image, release),
		       "config");
	stage_if_there(s, xasprintf("%.*sSystem.map-%s", (int)n, image, release),
		       "System.map");
}

static int add_modules(struct kernel_cache *c, const char *image,
		       const char *modules, struct kernel *k, char **why)
{
	struct stage s = { 0 };
	int r = 0;

	stage_add(&s, xstrdup(image), xstrdup("vmlinuz"));
	add_neighbours(&s, image, k->release);
	if (modules && stage_modules_dir(&s, modules, k->release,
					 k->modules != NULL) < 0)
		r = kernel_fail(why, KERNEL_BAD_SOURCE,
				"kernel '%s': no modules in '%s'", image,
				modules);
	if (!r)
		r = store(c, &s, k, why);
	stage_free(&s);
	return r;
}

static int resolve_image(const char *path, const char *modules,
			 const char *arch, struct kernel_cache *c,
			 struct kernel *k, char **why)
{
	struct image_facts facts;
	int r = image_inspect(path, &facts);

	if (r < 0)
		return kernel_fail(why, KERNEL_BAD_SOURCE, "kernel '%s': %s",
				   path, r == -ENOEXEC ? "not a kernel" :
				   r == -EBADMSG ? "its end is missing" :
						   strerror(-r));
	if (!image_fits(&facts, arch))
		r = kernel_fail(why, KERNEL_BAD_SOURCE,
				"kernel '%s' is for %s, not for %s", path,
				facts.arch, arch);
	k->release = image_release(path, modules, &facts);
	k->arch = xstrdup(arch);
	free(facts.release);
	if (!r && !k->release)
		r = kernel_fail(why, KERNEL_BAD_SOURCE,
				"kernel '%s' does not say its release, if it is "
				"a kernel; name its modules with ',modules=DIR'",
				path);
	if (!r && modules && in_place(modules, k->release))
		k->modules = xstrdup(modules);
	return r < 0 ? r : add_modules(c, path, modules, k, why);
}

/* realpath(), so that one place has one name. */
static char *real(const char *path, char **why)
{
	char *absolute = realpath(path, NULL);

	if (!absolute)
		kernel_fail(why, KERNEL_BAD_SOURCE, "kernel '%s': %s", path,
			    strerror(errno));
	return absolute;
}

int local_resolve(const char *source, const char *arch, struct kernel_cache *c,
		  struct kernel *k, char **why)
{
	_cleanup_free_ char *path = xstrdup(source), *place = NULL;
	_cleanup_free_ char *modules = NULL;
	_cleanup_free_ char *known = flavours_text(arch);
	char *with = strstr(path, ",modules=");
	struct stat st;

	if (!known)
		return kernel_fail(why, KERNEL_BAD_SOURCE,
				   "unknown architecture '%s'", arch);
	if (with) {
		*with = '\0';
		modules = real(with + strlen(",modules="), why);
		if (!modules)
			return KERNEL_BAD_SOURCE;
	}
	place = real(path, why);
	if (!place)
		return KERNEL_BAD_SOURCE;
	if (stat(place, &st) < 0)
		return kernel_fail(why, KERNEL_IO, "kernel '%s': %s", place,
				   strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return resolve_image(place, modules, arch, c, k, why);
	if (modules)
		return kernel_fail(why, KERNEL_BAD_SOURCE,
				   "kernel '%s': a build tree has its modules "
				   "in it", source);
	return resolve_tree(place, arch, c, k, why);
}
