/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/page_tables.h"

#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

/*
 * Exact for the moment; 0 when not root. Tables of processes that ended are
 * freed after an RCU grace period, which membarrier(MEMBARRIER_CMD_GLOBAL)
 * waits for.
 */
static double now(const struct worker *w)
{
	_cleanup_str_ struct str text = STR_INIT;
	const char *name = "nr_page_table_pages ", *at;

	for (int i = 0; i < 2; i++)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	if (file_write("/proc/sys/vm/stat_refresh", "1") ||
	    file_read("/proc/vmstat", &text))
		return 0;
	at = strstr(text.buf, name);
	return at ? strtod(at + strlen(name), NULL) * (double)w->page_size : 0;
}

/* All workers are at the same point of their cycles; 0 when one has left. */
static double together(struct worker *w)
{
	double bytes;

	if (!worker_barrier(w))
		return 0;
	bytes = now(w);
	return worker_barrier(w) ? bytes : 0;
}

void page_tables_before(struct worker *w, struct page_tables *p)
{
	p->before = together(w);
}

void page_tables_after(struct worker *w, struct page_tables *p, unsigned processes)
{
	double after = together(w);

	if (p->before > 0 && after > 0 && p->n < PAGE_TABLES_CYCLES)
		p->bytes[p->n++] = (after - p->before) / processes;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void page_tables_gauge(struct worker *w, struct page_tables *p, unsigned metric)
{
	qsort(p->bytes, p->n, sizeof(*p->bytes), by_value);
	if (p->n)
		worker_gauge(w, metric, p->bytes[p->n / 2]);
}
