/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tree of small files to stand for /proc, /sys and others in unit tests. */
#ifndef STRAIN_TESTS_TREE_H
#define STRAIN_TESTS_TREE_H

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/dir.h"
#include "core/machine_files.h"

static char tree_root[64];

/* An empty tree becomes the machine. */
static inline int tree_setup(void **state)
{
	(void)state;
	snprintf(tree_root, sizeof(tree_root), "/tmp/strain-tree-XXXXXX");
	if (!mkdtemp(tree_root))
		return -1;
	machine_set_root(tree_root);
	return 0;
}

static inline int tree_teardown(void **state)
{
	(void)state;
	machine_set_root("");
	return dir_remove(tree_root);
}

/* Writes a file of the tree, new or again. */
static inline void tree_put(const char *path, const char *text)
{
	char full[512];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", tree_root, path);
	*strrchr(full, '/') = '\0';
	assert_int_equal(dir_make(full, 0700), 0);
	full[strlen(full)] = '/';
	f = fopen(full, "w");
	assert_non_null(f);
	assert_int_equal(fputs(text, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
}

#endif
