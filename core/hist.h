/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log-linear histogram of nanoseconds: 64 buckets per power of two, so a
 * bucket is at most 1/64 = 1.6 % wide and its middle at most 0.8 % off (the
 * layout of HdrHistogram and fio). Constant size, mergeable by adding.
 */
#ifndef STRAIN_CORE_HIST_H
#define STRAIN_CORE_HIST_H

#include <stdint.h>

#define HIST_SUB_BITS 6
#define HIST_SUB (1u << HIST_SUB_BITS)
#define HIST_TOP_BITS 40 /* values of 2^40 ns (18 minutes) and more share the last bucket */
#define HIST_BUCKETS ((HIST_TOP_BITS - HIST_SUB_BITS + 1) * HIST_SUB)

struct hist {
	uint64_t count, sum, min, max; /* exact; min is 0 while count is 0 */
	uint64_t bucket[HIST_BUCKETS];
};

static inline unsigned hist_index(uint64_t value)
{
	unsigned top;

	if (value < HIST_SUB)
		return value;
	if (value >> HIST_TOP_BITS)
		return HIST_BUCKETS - 1;
	top = 63 - __builtin_clzll(value);
	return (top - HIST_SUB_BITS) * HIST_SUB +
	       (value >> (top - HIST_SUB_BITS));
}

static inline void hist_record(struct hist *h, uint64_t value)
{
	h->bucket[hist_index(value)]++;
	if (!h->count || value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
	h->sum += value;
	h->count++;
}

/* Smallest value of bucket @index. */
uint64_t hist_low(unsigned index);
/* Value in the middle of bucket @index, what a percentile reports. */
uint64_t hist_middle(unsigned index);
void hist_merge(struct hist *into, const struct hist *from);
/* Value below which a share @p (0..1) of the records lies; 0 when empty. */
uint64_t hist_percentile(const struct hist *h, double p);

#endif
