/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules of another kernel than the one that runs: what a module needs comes
 * from libkmod, which is shown that kernel's folder and none of the host's
 * configuration; nothing is loaded.
 */
#include "vm-matrix/image/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/dir.h"
#include "base/file.h"
#include "vm-matrix/image/elf.h"
#include "vm-matrix/image/parts.h"

#ifdef HAVE_LIBKMOD
#include <libkmod.h>

/* The largest module of a distribution has 10 MB; with symbols 300. */
static const uint64_t max_module = 1ULL << 30;

static const char *release_of(const struct image *img)
{
	return strrchr(img->modules, '/') + 1;
}

/* "kernel/fs/xfs/xfs.ko" of ".../kernel/fs/xfs/xfs.ko.xz"; to free, or NULL. */
static char *relative(const struct image *img, const char *path)
{
	size_t n = strlen(img->modules);
	char *inside, *end;

	if (strncmp(path, img->modules, n) || path[n] != '/')
		return NULL;
	inside = xstrdup(path + n + 1);
	end = strstr(inside, ".ko");
	if (end && !strstr(inside, "../"))
		end[3] = '\0';
	else
		inside[0] = '\0';
	return inside;
}

/* Unpacks a module into the stage and puts it into the image. */
static int stage_module(struct image *img, const char *path, char **why)
{
	_cleanup_free_ char *inside = relative(img, path), *to = NULL, *as = NULL;
	_cleanup_elf_ struct elf elf = { 0 };
	char *slash;
	int err;

	if (!inside || !*inside)
		return image_fail(why, -EINVAL, "module '%s' is not in '%s'", path,
				  img->modules);
	to = xasprintf("%s/lib/modules/%s/%s", img->stage, release_of(img),
		       inside);
	as = xasprintf("/lib/modules/%s/%s", release_of(img), inside);
	if (file_exists(to))
		return 0;
	slash = strrchr(to, '/');
	*slash = '\0';
	err = dir_make(to, 0755);
	*slash = '/';
	if (err)
		return image_fail(why, err, "cannot create '%s': %s", to,
				  strerror(-err));
	err = image_unpack(path, to, max_module, why);
	if (!err && elf_read(to, &elf))
		err = image_fail(why, -EBADMSG, "'%s' is damaged: no ELF file",
				 path);
	return err ? err : image_file(img, as, to, 0644, why);
}

/* Modules in the order of loading; filled by libkmod, which hands us no pointer. */
static _Thread_local struct words *chosen;

static void choose(struct kmod_module *mod, bool install, const char *options)
{
	const char *path = kmod_module_get_path(mod);

	(void)install;
	(void)options;
	if (path) /* else built in */
		words_add(chosen, path);
}

/* The word of @load that is module @name, or NULL. */
static char **loaded(const struct words *load, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < load->n; i++)
		if (!strncmp(load->word[i], name, n) &&
		    (!load->word[i][n] || load->word[i][n] == ' '))
			return &load->word[i];
	return NULL;
}

/* "/lib/modules/6.1/kernel/fs/xfs-a.ko.xz" is xfs_a; to free. */
static char *name_of(const char *path)
{
	char *name = xstrdup(strrchr(path, '/') + 1);

	name[strcspn(name, ".")] = '\0';
	for (char *at = name; *at; at++)
		if (*at == '-')
			*at = '_';
	return name;
}

static int add_load(struct words *load, const char *name, const char *parameters,
		    char **why)
{
	char **there = loaded(load, name);

	if (!there) {
		_cleanup_free_ char *word =
			xasprintf("%s%s%s", name, *parameters ? " " : "",
				  parameters);

		words_add(load, word);
		return 0;
	}
	if (!*parameters)
		return 0;
	if (strchr(*there, ' ') && strcmp(strchr(*there, ' ') + 1, parameters))
		return image_fail(why, -EINVAL, "module '%s' is wanted with '%s' "
				  "and with '%s'", name,
				  strchr(*there, ' ') + 1, parameters);
	free(*there);
	*there = xasprintf("%s %s", name, parameters);
	return 0;
}

/* One module that a name stands for, with what it depends on. */
static int add_one(struct image *img, struct kmod_module *mod,
		   const char *parameters, struct words *load, char **why)
{
	_cleanup_words_ struct words paths = { 0 };
	const char *own = kmod_module_get_name(mod);
	int err;

	chosen = &paths;
	/* To ignore install commands would be to ignore soft dependencies. */
	err = kmod_module_probe_insert_module(
		mod, KMOD_PROBE_DRY_RUN | KMOD_PROBE_IGNORE_LOADED, NULL, NULL,
		NULL, choose);
	chosen = NULL;
	if (err < 0)
		return image_fail(why, err, "cannot resolve module '%s': %s", own,
				  strerror(-err));
	err = 0;
	for (size_t i = 0; !err && i < paths.n; i++) {
		_cleanup_free_ char *name = name_of(paths.word[i]);

		err = stage_module(img, paths.word[i], why);
		if (!err && load)
			err = add_load(load, name,
				       strcmp(name, own) ? "" : parameters, why);
	}
	return err;
}

/* A word of the list of names. 1: the kernel has no such module. */
static int add_name(struct image *img, struct kmod_ctx *ctx, const char *word,
		    struct words *load, char **why)
{
	size_t n = strcspn(word, " ");
	_cleanup_free_ char *name = xasprintf("%.*s", (int)n, word);
	struct kmod_list *list = NULL, *at;
	int err = kmod_module_new_from_lookup(ctx, name, &list);

	if (err < 0)
		return image_fail(why, err, "cannot look for module '%s': %s",
				  name, strerror(-err));
	if (!list)
		return 1;
	kmod_list_foreach(at, list) {
		struct kmod_module *mod = kmod_module_get_module(at);

		if (!err && kmod_module_get_path(mod))
			err = add_one(img, mod, word[n] ? word + n + 1 : "", load,
				      why);
		kmod_module_unref(mod);
	}
	kmod_module_unref_list(list);
	return err;
}

static int lack(struct words *missing, const char *word, const char *dir,
		char **why)
{
	int n = (int)strcspn(word, " ");
	_cleanup_free_ char *name = xasprintf("%.*s", n, word);

	if (missing)
		words_add(missing, name);
	else if (dir)
		return image_fail(why, -ENOENT, "kernel '%s' has no module '%s'",
				  strrchr(dir, '/') + 1, name);
	else
		return image_fail(why, -ENOENT, "the kernel came without modules: "
				  "no '%s'", name);
	return 0;
}

static struct kmod_ctx *start(const char *dir, char **why)
{
	static const char *const no_configuration[] = { NULL };
	struct kmod_ctx *ctx = kmod_new(dir, no_configuration);

	if (ctx)
		kmod_set_log_priority(ctx, 0);
	else
		image_fail(why, -ENOSYS, "libkmod cannot be loaded");
	return ctx;
}

int image_modules(struct image *img, const char *dir, const char *const *names,
		  size_t n, struct words *load, struct words *missing, char **why)
{
	struct kmod_ctx *ctx = NULL;
	int err = 0;

	if (image_lacks())
		return image_fail(why, -ENOSYS, "%s", image_lacks());
	if (dir) {
		err = image_stage_open(img, dir, why);
		if (err)
			return err;
		ctx = start(img->modules, why);
		if (!ctx)
			return -ENOSYS;
	}
	for (size_t i = 0; !err && i < n; i++) {
		err = ctx ? add_name(img, ctx, names[i], load, why) : 1;
		if (err > 0)
			err = lack(missing, names[i], img->modules, why);
	}
	if (ctx) {
		kmod_unref(ctx);
		err = err ? err : image_stage_index(img, why);
	}
	return err;
}
#else
int image_modules(struct image *img, const char *dir, const char *const *names,
		  size_t n, struct words *load, struct words *missing, char **why)
{
	(void)img;
	(void)dir;
	(void)names;
	(void)n;
	(void)load;
	(void)missing;
	return image_fail(why, -ENOSYS, "this program was built without libkmod: "
			  "install libkmod-dev and configure again");
}
#endif
