/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/hist.h"

#include <math.h>

/* The inverse of hist_index(): group 0 counts by ones, group g by 2^(g - 1). */
uint64_t hist_low(unsigned index)
{
	unsigned group = index / HIST_SUB, in_group = index % HIST_SUB;

	if (!group)
		return in_group;
	return (uint64_t)(HIST_SUB + in_group) << (group - 1);
}

uint64_t hist_middle(unsigned index)
{
	unsigned group = index / HIST_SUB;
	uint64_t width = group ? 1ULL << (group - 1) : 1;

	return hist_low(index) + width / 2;
}

void hist_merge(struct hist *into, const struct hist *from)
{
	if (!from->count)
		return;
	if (!into->count || from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
	into->count += from->count;
	into->sum += from->sum;
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}

uint64_t hist_percentile(const struct hist *h, double p)
{
	uint64_t rank, seen = 0, value = h->max;

	if (!h->count)
		return 0;
	if (!(p > 0))
		return h->min;
	if (p >= 1)
		return h->max;
	rank = ceil(p * (double)h->count);
	if (!rank)
		rank = 1;
	/* the last bucket has no upper end, so only the maximum bounds it */
	for (unsigned i = 0; i < HIST_BUCKETS - 1; i++) {
		seen += h->bucket[i];
		if (seen >= rank) {
			value = hist_middle(i);
			break;
		}
	}
	if (value < h->min)
		return h->min;
	return value > h->max ? h->max : value;
}
