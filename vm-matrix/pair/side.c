/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/pair/side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm-matrix/image/image.h"
#include "vm-matrix/qemu/arch.h"

/* The port that results come over; where a kernel has these built in, nothing. */
static const char *const port_modules[] = { "virtio_pci", "virtio_console" };

/* --- labels ------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* Do all sides have what @get gives, alike? */
static bool alike(const struct pair_sides *s, const char *(*get)(const struct pair_side *))
{
	for (size_t i = 1; i < s->n; i++)
		if (!same(get(&s->side[0]), get(&s->side[i])))
			return false;
	return true;
}

static const char *get_source(const struct pair_side *side)
{
	return side->source;
}

static const char *get_cmdline(const struct pair_side *side)
{
	return side->cmdline;
}

/* How many sides before this one have its label. */
static unsigned repeats(const struct pair_sides *s, size_t at)
{
	unsigned n = 0;

	for (size_t i = 0; i < at; i++)
		n += same(s->side[i].source, s->side[at].source) &&
		     same(s->side[i].cmdline, s->side[at].cmdline);
	return n;
}

void pair_labels(struct pair_sides *s)
{
	bool cmdlines = !alike(s, get_cmdline), kernels = !cmdlines || !alike(s, get_source);

	for (size_t i = 0; i < s->n; i++) {
		struct pair_side *side = &s->side[i];
		_cleanup_free_ char *name = kernel_source_name(side->source);
		const char *words = side->cmdline && *side->cmdline ? side->cmdline : "default";
		struct str label = STR_INIT;

		if (kernels)
			str_add(&label, name);
		if (cmdlines)
			str_addf(&label, "%s%s", kernels ? " " : "", words);
		if (repeats(s, i))
			str_addf(&label, " (%u)", repeats(s, i) + 1);
		free(side->label);
		side->label = str_take(&label);
	}
}

/* --- images ------------------------------------------------------------------- */

static int add_modules(struct image *img, const struct pair_side *side,
		       const struct pair_content *content, char **why)
{
	_cleanup_words_ struct words load = { 0 }, missing = { 0 };
	_cleanup_str_ struct str early = STR_INIT;
	int err;

	err = image_modules(img, side->kernel.modules, port_modules,
			    ARRAY_SIZE(port_modules), &load, &missing, why);
	if (!err && content->modules && content->modules->n)
		err = image_modules(img, side->kernel.modules,
				    (const char *const *)content->modules->word,
				    content->modules->n, &load, &missing, why);
	for (size_t i = 0; i < load.n; i++)
		str_addf(&early, "%s\n", load.word[i]);
	if (!err)
		image_data(img, "/modules/early", early.buf, early.len, 0644);
	return err;
}

static int fill(struct image *img, const struct pair_side *side,
		const struct pair_content *content, char **why)
{
	int err = image_file(img, "/init", content->guest, 0755, why);

	image_node(img, "/dev/console", S_IFCHR | 0600, 5, 1);
	if (!err)
		err = add_modules(img, side, content, why);
	for (size_t i = 0; !err && content->programs && i < content->programs->n; i++)
		err = image_program(img, NULL, content->programs->word[i], NULL, why);
	return err;
}

static int make_initrd(struct pair_side *side, const struct pair_content *content,
		       const char *dir, char **why)
{
	_cleanup_image_ struct image *img = image_new();
	char digest[DIGEST_HEX];
	int err = fill(img, side, content, why);

	if (!err)
		err = image_digest(img, digest, why);
	if (err)
		return err;
	side->initrd = xasprintf("%s/%s.cpio", dir, digest);
	return access(side->initrd, R_OK) ? image_write(img, side->initrd, why) : 0;
}

static int make_vmlinux(struct pair_side *side, const char *arch, const char *dir, char **why)
{
	_cleanup_free_ char *to = NULL;
	const struct vm_arch *a = vm_arch(arch);
	int err;

	if (!a || !a->vmlinux)
		return 0;
	to = xasprintf("%s/%s.vmlinux", dir, side->kernel.digest);
	err = image_vmlinux(side->kernel.image, to, why);
	if (!err)
		side->vmlinux = xstrdup(to);
	if (err != -EOPNOTSUPP)
		return err;
	free(*why); /* it boots as it is */
	*why = NULL;
	return 0;
}

static int open_side(struct pair_side *side, const struct pair_content *content,
		     struct kernel_cache *cache, const char *dir, char **why)
{
	int err = kernel_resolve(side->source, content->arch, cache, &side->kernel, why);

	if (!err)
		err = make_vmlinux(side, content->arch, dir, why);
	return err ? err : make_initrd(side, content, dir, why);
}

int pair_sides_open(struct pair_sides *s, const struct pair_content *content,
		    struct kernel_cache *cache, char **why)
{
	_cleanup_free_ char *dir = xasprintf("%s/images", kernel_cache_dir(cache));
	int err = 0;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST) {
		*why = xasprintf("cannot make '%s': %s", dir, strerror(errno));
		return -errno;
	}
	for (size_t i = 0; i < s->n && !err; i++)
		err = open_side(&s->side[i], content, cache, dir, why);
	pair_labels(s);
	return err;
}

void pair_sides_close(struct pair_sides *s)
{
	for (size_t i = 0; i < s->n; i++) {
		kernel_free(&s->side[i].kernel);
		free(s->side[i].label);
		free(s->side[i].vmlinux);
		free(s->side[i].initrd);
	}
	s->n = 0;
}
