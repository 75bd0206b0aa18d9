/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block devices that a trial has a part in: those it made, those it was given,
 * and those that hold the paths it was given.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/run_parts.h"
#include "core/undo.h"

/* The name itself or that of a partition of it: "loop0", "loop0p1". */
static bool is_part(const char *device, const char *whole)
{
	size_t n = strlen(whole);

	return !strncmp(device, whole, n) &&
	       (!device[n] ||
		(device[n] == 'p' && isdigit((unsigned char)device[n + 1])));
}

static bool holds(const char *path, const char *device)
{
	char link[64], target[512];
	const char *name;
	struct stat st;
	ssize_t n;
	dev_t dev;

	if (!path || stat(path, &st) < 0)
		return false;
	dev = S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev;
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(dev),
		 minor(dev));
	n = readlink(link, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	name = strrchr(target, '/');
	return name && (is_part(device, name + 1) || is_part(name + 1, device));
}

static bool case_names(const struct run_case *c, const char *device)
{
	const struct option *row = c->entry->stressor->options;

	for (; row && row->name; row++) {
		const char *text = NULL;

		if (row->type == OPTION_TEXT)
			memcpy(&text, (const char *)c->opts + row->offset,
			       sizeof(text));
		if (text && *text == '/' && holds(text, device))
			return true;
	}
	return false;
}

static bool was_made(const struct words *loops, const char *device)
{
	for (size_t i = 0; i < loops->n; i++)
		if (is_part(device, loops->word[i]))
			return true;
	return false;
}

void run_note_loops(struct run *run)
{
	if (run->undo)
		undo_loops(run->undo, run->trial_mark, &run->loops);
}

bool run_owns_device(void *ctx, const char *device)
{
	struct run *run = ctx;
	bool made = was_made(&run->loops, device);

	if (!made && !run->loops.n && run->undo) {
		run_note_loops(run); /* the trial still runs and may make more */
		made = was_made(&run->loops, device);
		words_free(&run->loops);
	}
	if (made || holds(run->settings->fs_device, device) ||
	    holds(run->settings->temp_path, device))
		return true;
	for (size_t i = 0; i < run->trial->n; i++)
		if (case_names(run->trial->cases[i], device))
			return true;
	return false;
}
