/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes what the engine finds as lines of a report. */
#ifndef STRAIN_REPORTS_SINK_JSON_H
#define STRAIN_REPORTS_SINK_JSON_H

#include "core/event.h"
#include "reports/writer.h"

struct sink report_sink(struct report_writer *w);

#endif
