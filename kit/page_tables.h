/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What page tables cost a process: nr_page_table_pages of the whole machine
 * before and after. Other processes come and go between two readings, so the
 * median over many cycles is what counts. (VmPTE of a process charges a shared
 * table to everybody and cannot show sharing.)
 */
#ifndef STRAIN_KIT_PAGE_TABLES_H
#define STRAIN_KIT_PAGE_TABLES_H

#include "core/worker.h"

#define PAGE_TABLES_CYCLES 4096

struct page_tables {
	double before;
	double bytes[PAGE_TABLES_CYCLES]; /* a process, in each cycle */
	unsigned n;
};

/* Both are meetings of all workers; nothing is noted when not root. */
void page_tables_before(struct worker *w, struct page_tables *p);
void page_tables_after(struct worker *w, struct page_tables *p, unsigned processes);
/* The median to the METRIC_GAUGE @metric. */
void page_tables_gauge(struct worker *w, struct page_tables *p, unsigned metric);

#endif
