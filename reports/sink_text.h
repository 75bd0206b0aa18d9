/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Progress of a run on a terminal: one line that is drawn again at most five
 * times a second and wiped before anything else is printed. Nowhere else
 * anything is drawn: pipes and files get the table of reports/text.h only.
 */
#ifndef STRAIN_REPORTS_SINK_TEXT_H
#define STRAIN_REPORTS_SINK_TEXT_H

#include "core/event.h"

struct progress;

/* Draws on @fd; NULL when that is no terminal to draw on. */
struct progress *progress_new(int fd);
struct sink progress_sink(struct progress *p);
/* Wipes the line; NULL is fine. */
void progress_close(struct progress *p);

#endif
