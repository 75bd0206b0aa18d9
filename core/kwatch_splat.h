/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to core/kwatch*.c: records of the kernel log sorted into splats. */
#ifndef STRAIN_CORE_KWATCH_SPLAT_H
#define STRAIN_CORE_KWATCH_SPLAT_H

#include "core/kwatch.h"

/* The splat that lines belong to now, and the result they go to. */
struct kwatch_log {
	struct kwatch_result *result;
	bool (*owns)(void *ctx, const char *device); /* NULL: all is ours */
	void *ctx;
	bool open;
	bool cut;        /* only the cut mark was seen */
	size_t head;     /* index of the line that has the kind */
	unsigned length; /* lines of the splat, dropped ones too */
	uint64_t usec;   /* time of its last line */
};

/*
 * One line of a kernel record. @fragment: it does not begin a line (it was
 * printed in pieces), and can therefore only be context.
 */
void kwatch_log_line(struct kwatch_log *log, uint64_t usec, const char *text,
		     bool fragment);

#endif
