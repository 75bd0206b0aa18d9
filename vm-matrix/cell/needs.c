/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/cell/needs.h"

#include <string.h>

#include "vm-matrix/frame.h"

static void add_once(struct words *list, const char *word)
{
	if (!words_has(list, word))
		words_add(list, word);
}

/* Each word of @words behind @prefix. */
static void add_words(struct words *list, const char *prefix, const char *words)
{
	_cleanup_words_ struct words each = { 0 };

	if (words)
		words_split(&each, words, " ");
	for (size_t i = 0; i < each.n; i++) {
		_cleanup_free_ char *name = xasprintf("%s%s", prefix, each.word[i]);

		add_once(list, name);
	}
}

/* A device whose opening makes the kernel ask for a module has such an alias. */
static void add_devices(struct words *list, const char *files)
{
	_cleanup_words_ struct words each = { 0 };

	if (files)
		words_split(&each, files, " ");
	for (size_t i = 0; i < each.n; i++)
		if (!strncmp(each.word[i], "/dev/", 5))
			add_words(list, "devname:", each.word[i] + 5);
}

static void add_needs(struct cell_needs *to, const struct needs *n)
{
	if (!n)
		return;
	add_words(&to->modules, "", n->module);
	add_words(&to->modules, "fs-", n->filesystems);
	add_devices(&to->modules, n->files);
	add_words(&to->programs, "", n->commands);
	if (word_in(n->caps, "sys_module"))
		to->libkmod = true;
}

/* As core/scratch.c makes it: an image with a filesystem on a loop device. */
static void add_filesystem(struct cell_needs *to, const struct fskind *kind)
{
	_cleanup_free_ char *program = NULL;

	if (!kind || !kind->type)
		return;
	/* btrfs asks for it when it is mounted, and a guest has no modprobe; a module
	 * of its own in some kernels (6.18), part of another in most */
	if (!strcmp(kind->type, "btrfs"))
		add_once(&to->modules, "crypto-crc32c");
	add_words(&to->modules, "fs-", kind->type);
	if (!kind->mkfs)
		return;
	add_once(&to->modules, "loop");
	program = xstrdup(kind->mkfs);
	program[strcspn(program, " ")] = '\0';
	add_once(&to->programs, program);
}

void cell_needs_add(struct cell_needs *needs, const struct plan *plan,
		    const struct run_settings *settings)
{
	for (size_t i = 0; i < plan->n_cases; i++) {
		const struct run_case *c = &plan->cases[i];

		add_needs(needs, c->entry->stressor->needs);
		if (c->method)
			add_needs(needs, c->method->needs);
		add_filesystem(needs, c->fs);
	}
	needs->seconds += plan->n_trials * settings->timeout;
}

/* A line "CONFIG_X=y" or "=m". */
static bool is_set(const char *config, const char *symbol)
{
	size_t n = strlen(symbol);

	for (const char *at = config; (at = strstr(at, symbol)); at += n)
		if ((at == config || at[-1] == '\n') && at[n] == '=' &&
		    (at[n + 1] == 'y' || at[n + 1] == 'm'))
			return true;
	return false;
}

char *cell_kernel_lacks(const char *config)
{
	_cleanup_words_ struct words symbols = { 0 };

	words_split(&symbols, FRAME_KCONFIG, " ");
	for (size_t i = 0; i < symbols.n; i++) {
		char *symbol = xasprintf("CONFIG_%s", symbols.word[i]);

		if (!is_set(config, symbol))
			return symbol;
		free(symbol);
	}
	return NULL;
}

void cell_needs_free(struct cell_needs *needs)
{
	words_free(&needs->modules);
	words_free(&needs->programs);
}
