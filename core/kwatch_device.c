/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose device a line of the kernel log is about. Only devices that programs
 * make at will can be another's: when a disk of the machine goes wrong, the
 * machine under test went wrong.
 */
#include "core/kwatch.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* Words before a device's name, in the order in which they are looked for. */
static const char *const before[] = {
	"(device ", " error, dev ", "on device ", "on dev ", "-fs (", "XFS (",
	"file data on ",
};

static const char *const made[] = {
	"loop", "dm-", "nbd", "zram", "ram", "ublkb", "nullb",
};

/* A journal is named by its device and inode: "loop0-8", "dm-1-8". */
static void cut_inode(const char *text, char *name)
{
	char *dash = strrchr(name, '-');

	bool journal = !strncmp(text, "Aborting journal ", 17) ||
		       !strncmp(text, "JBD2: ", 6);

	if (journal && dash && strncmp(name, "dm-", dash + 1 - name))
		*dash = '\0';
}

static bool is_made(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		size_t n = strlen(made[i]);

		if (!strncmp(name, made[i], n) && isdigit((unsigned char)name[n]))
			return true;
	}
	return false;
}

bool kwatch_made_device(const char *text, char name[32])
{
	const char *at = NULL;

	for (size_t i = 0; !at && i < ARRAY_SIZE(before); i++) {
		at = strstr(text, before[i]);
		if (at)
			at += strlen(before[i]);
	}
	if (!at)
		return false;
	snprintf(name, 32, "%.*s", (int)strcspn(at, " ,:.)"), at);
	cut_inode(text, name);
	return is_made(name);
}
