/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs and the libraries they load, found as ld.so(8) finds them, without
 * running anything: the files may be of another architecture.
 */
#include "vm-matrix/image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "vm-matrix/image/elf.h"
#include "vm-matrix/image/parts.h"

enum { MAX_LIBRARIES = 500 };

/* What is loaded for one program. */
struct loading {
	struct image *img;
	const char *sysroot;  /* NULL: "/" */
	struct elf program;   /* class, order and machine of all */
	struct words folders; /* where any library may be */
	struct words names;   /* libraries to find, those found among them */
	struct words wanted_by, origin; /* of each: for whom, and its folders */
	struct words done;    /* paths that are in the image */
};

/*
 * The file of the host that @path is below @sysroot, links resolved as they are
 * there; NULL: none. To free.
 */
static char *below(const char *sysroot, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT };
	_cleanup_close_ int root = -1, fd = -1;
	_cleanup_free_ char *proc = NULL;
	char real[4096];
	ssize_t n;

	if (!sysroot) {
		char *resolved = realpath(path, NULL);

		/* ourselves, built anew while we run: the link still leads there */
		return resolved || access(path, R_OK) ? resolved : xstrdup(path);
	}
	root = open(sysroot, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd < 0)
		return NULL;
	proc = xasprintf("/proc/self/fd/%d", fd);
	n = readlink(proc, real, sizeof(real) - 1);
	if (n <= 0)
		return NULL;
	real[n] = '\0';
	return xstrdup(real);
}

/* A path that may go into an image. */
static bool is_sound(const char *path)
{
	return path[0] == '/' && path[1] && !strstr(path, "/../") &&
	       !strstr(path, "/./") && !strstr(path, "\n") &&
	       path[strlen(path) - 1] != '/' && path[strlen(path) - 1] != '.';
}

static void add_folder(struct loading *l, const char *folder)
{
	if (folder[0] == '/' && !words_has(&l->folders, folder))
		words_add(&l->folders, folder);
}

static void add_matches(struct loading *l, const char *pattern)
{
	const char *root = l->sysroot ? l->sysroot : "";
	_cleanup_free_ char *full = xasprintf("%s%s", root, pattern);
	glob_t found;

	if (!glob(full, GLOB_NOSORT, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			add_folder(l, found.gl_pathv[i] + strlen(root));
	globfree(&found);
}

/* What an administrator told the loader: a folder a line. */
static void add_configured(struct loading *l)
{
	const char *root = l->sysroot ? l->sysroot : "";
	_cleanup_free_ char *pattern =
		xasprintf("%s/etc/ld.so.conf.d/*.conf", root);
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_words_ struct words line = { 0 };
	glob_t found;

	if (!glob(pattern, 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++) {
			file_read(found.gl_pathv[i], &text);
			str_add(&text, "\n");
		}
	globfree(&found);
	words_split(&line, text.buf, " \t\n");
	for (size_t i = 0; i < line.n; i++)
		add_folder(l, line.word[i]);
}

static void find_folders(struct loading *l)
{
	static const char *const always[] = { "/lib64", "/usr/lib64", "/lib",
					      "/usr/lib" };

	add_matches(l, "/lib/*-linux-*");
	add_matches(l, "/usr/lib/*-linux-*");
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		add_folder(l, always[i]);
	add_configured(l);
}

/* Does the loader look there without being told? */
static bool is_usual(const char *folder)
{
	if (!strncmp(folder, "/usr/", 5))
		folder += 4;
	if (!strcmp(folder, "/lib") || !strcmp(folder, "/lib64"))
		return true;
	return !strncmp(folder, "/lib/", 5) && !strchr(folder + 5, '/') &&
	       strstr(folder, "-linux-");
}

/* The folders of a run path, with $ORIGIN in place. */
static void expand(const struct elf *elf, const char *folder, struct str *out)
{
	for (size_t i = 0; i < elf->path.n; i++) {
		const char *word = elf->path.word[i];
		size_t skip = !strncmp(word, "$ORIGIN", 7)     ? 7
			      : !strncmp(word, "${ORIGIN}", 9) ? 9
							       : 0;

		if (!strchr(word + skip, '$'))
			str_addf(out, "%s%s:", skip ? folder : "", word + skip);
	}
}

/* What @elf, which lies at @path of the guest, needs. */
static void want(struct loading *l, const struct elf *elf, const char *path)
{
	_cleanup_free_ char *folder = xstrdup(path);
	_cleanup_str_ struct str origin = STR_INIT;

	*strrchr(folder, '/') = '\0';
	expand(elf, folder, &origin);
	for (size_t i = 0; i < elf->needed.n; i++) {
		if (words_has(&l->names, elf->needed.word[i]))
			continue;
		words_add(&l->names, elf->needed.word[i]);
		words_add(&l->wanted_by, path);
		words_add(&l->origin, origin.buf);
	}
}

static int put(struct loading *l, const char *path, const char *real, char **why)
{
	if (words_has(&l->done, path))
		return 0;
	words_add(&l->done, path);
	return image_file(l->img, path, real, 0755, why);
}

/* Takes @folder/@name if it is a library for the program; 1: it is not. */
static int try_folder(struct loading *l, const char *folder, const char *name,
		      bool told, char **why)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", folder, name);
	_cleanup_free_ char *real = below(l->sysroot, path);
	_cleanup_free_ char *to = NULL, *second = NULL;
	_cleanup_elf_ struct elf elf = { 0 };
	int err;

	if (!real || !is_sound(path) || elf_read(real, &elf) ||
	    elf.class != l->program.class || elf.order != l->program.order ||
	    elf.machine != l->program.machine)
		return 1;
	want(l, &elf, path);
	if (told || is_usual(folder))
		return put(l, path, real, why);
	/* Found through a configuration that the guest has not. */
	to = xasprintf("/lib/%s", name);
	second = xasprintf("/lib64/%s", name);
	err = put(l, to, real, why);
	if (!err)
		image_link(l->img, second, to);
	return err;
}

static int find_library(struct loading *l, size_t i, char **why)
{
	const char *name = l->names.word[i];
	_cleanup_words_ struct words origin = { 0 };
	int found = 1;

	if (strchr(name, '/'))
		return image_fail(why, -ENOENT, "library '%s' of '%s' is not "
				  "loaded by name", name, l->wanted_by.word[i]);
	words_split(&origin, l->origin.word[i], ":");
	for (size_t j = 0; found > 0 && j < origin.n; j++)
		found = try_folder(l, origin.word[j], name, true, why);
	for (size_t j = 0; found > 0 && j < l->folders.n; j++)
		found = try_folder(l, l->folders.word[j], name, false, why);
	return found > 0 ? image_fail(why, -ENOENT, "library '%s' of '%s' is not "
				      "here", name, l->wanted_by.word[i])
			 : found;
}

static int find_libraries(struct loading *l, char **why)
{
	int err = 0;

	for (size_t i = 0; !err && i < l->names.n; i++)
		err = i < MAX_LIBRARIES
			      ? find_library(l, i, why)
			      : image_fail(why, -E2BIG, "'%s' needs too many "
					   "libraries", l->wanted_by.word[0]);
	return err;
}

static int put_interpreter(struct loading *l, const char *program, char **why)
{
	const char *path = l->program.interpreter;
	_cleanup_free_ char *real = NULL;

	if (!path)
		return 0;
	if (is_sound(path))
		real = below(l->sysroot, path);
	if (!real)
		return image_fail(why, -ENOENT, "interpreter '%s' of '%s' is not "
				  "here", path, program);
	return put(l, path, real, why);
}

static void end(struct loading *l)
{
	elf_free(&l->program);
	words_free(&l->folders);
	words_free(&l->names);
	words_free(&l->wanted_by);
	words_free(&l->origin);
	words_free(&l->done);
}

/* A name without '/' is looked for where programs are. */
static char *find_program(const char *name, const char *sysroot)
{
	static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/sbin",
					       "/bin", "/usr/local/sbin",
					       "/usr/local/bin" };

	if (strchr(name, '/'))
		return below(sysroot, name);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", folders[i], name);
		char *real = below(sysroot, path);

		if (real)
			return real;
	}
	return NULL;
}

int image_program(struct image *img, const char *path, const char *host_path,
		  const char *sysroot, char **why)
{
	struct loading l = { .img = img, .sysroot = sysroot };
	_cleanup_free_ char *real = find_program(host_path, sysroot), *to = NULL;
	const char *slash = strrchr(host_path, '/');
	int err;

	to = path ? xstrdup(path)
		  : xasprintf("/bin/%s", slash ? slash + 1 : host_path);
	if (!real)
		return image_fail(why, -ENOENT, "program '%s' is not here",
				  host_path);
	err = elf_read(real, &l.program);
	if (err)
		return image_fail(why, err, "cannot take program '%s': %s",
				  host_path, strerror(-err));
	err = put(&l, to, real, why);
	if (!err)
		err = put_interpreter(&l, to, why);
	if (!err && l.program.needed.n) {
		find_folders(&l);
		want(&l, &l.program, to);
		err = find_libraries(&l, why);
	}
	end(&l);
	return err;
}

int image_library(struct image *img, const char *soname, const char *sysroot,
		  char **why)
{
	struct loading l = { .img = img, .sysroot = sysroot };
	int err = 0;

	find_folders(&l);
	/* The first that can be read says what machine it is for. */
	for (size_t i = 0; !l.program.class && i < l.folders.n; i++) {
		_cleanup_free_ char *path =
			xasprintf("%s/%s", l.folders.word[i], soname);
		_cleanup_free_ char *real = below(sysroot, path);

		if (real)
			elf_read(real, &l.program);
	}
	words_add(&l.names, soname);
	words_add(&l.wanted_by, "the job");
	words_add(&l.origin, "");
	err = find_libraries(&l, why);
	end(&l);
	return err;
}
