/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to core/kwatch*.c: what complaints of the kernel look like. */
#ifndef STRAIN_CORE_KWATCH_PATTERNS_H
#define STRAIN_CORE_KWATCH_PATTERNS_H

enum {
	KWATCH_CUT = 1,     /* only opens a splat: the next lines say of what kind */
	KWATCH_FOLLOWS = 2, /* when a splat is open, a part of it */
	KWATCH_LINE = 4,    /* one line, nothing after it belongs to it */
	KWATCH_TOLD = 8,    /* fails nothing */
	KWATCH_DEVICE = 16, /* names a device, which may be none of ours */
};

struct kwatch_pattern {
	const char *kind;  /* NULL: looks like one, but is harmless */
	const char *start; /* the line begins so; "": anything */
	const char *also;  /* and contains this, NULL: anything */
	unsigned flags;
};

/* Kind of a complaint about a device that the trial has no part in. */
#define KWATCH_FOREIGN "foreign"

/* The first pattern that matches, harmless ones included, or NULL. */
const struct kwatch_pattern *kwatch_match(const char *text);

#endif
