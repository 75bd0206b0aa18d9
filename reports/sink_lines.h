/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a report as they come, to a descriptor: for the process at its
 * other end, which makes one report of several runs.
 */
#ifndef STRAIN_REPORTS_SINK_LINES_H
#define STRAIN_REPORTS_SINK_LINES_H

#include <stdbool.h>

#include "core/event.h"

struct line_sink {
	int fd;
	const char *label; /* of the run's cases, or NULL */
	bool failed;       /* nobody reads any more; nothing is written since */
};

/* @s lives as long as the sink. */
struct sink line_sink(struct line_sink *s);

#endif
