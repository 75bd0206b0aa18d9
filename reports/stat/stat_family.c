/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/stat/stat.h"

#include <math.h>
#include <stdlib.h>

#include "base/str.h"

struct place {
	double p;
	size_t at;
};

static int ascending(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->p > y->p) - (x->p < y->p);
}

void stat_bh(const double *p, size_t n, double *adjusted)
{
	struct place *place = xalloc((n ? n : 1) * sizeof(*place));
	double lowest = 1;
	size_t family = 0;

	for (size_t i = 0; i < n; i++) {
		adjusted[i] = NAN;
		if (!isnan(p[i]))
			place[family++] = (struct place){ p[i], i };
	}
	qsort(place, family, sizeof(*place), ascending);
	for (size_t i = family; i--;) {
		lowest = fmin(lowest, place[i].p * ((double)family /
						    (double)(i + 1)));
		adjusted[place[i].at] = lowest;
	}
	free(place);
}

/* Could a lone change of n_metrics be found by a look with this error? */
static bool can_find(size_t units, double alpha, bool paired, size_t n_metrics)
{
	return stat_smallest_p(units, units, paired) * (double)n_metrics <= alpha;
}

/* The look before one at @units: two thirds of them. */
static size_t earlier(size_t units)
{
	return (2 * units + 2) / 3;
}

void stat_looks(size_t max_units, double total_error, bool paired,
		size_t n_metrics, struct stat_looks *looks)
{
	size_t at[STAT_LOOKS_MAX], n = 0, before = 0;

	if (!max_units)
		max_units = 1;
	if (!n_metrics)
		n_metrics = 1;
	at[n++] = max_units;
	while (n < STAT_LOOKS_MAX && earlier(at[n - 1]) < at[n - 1]) {
		size_t last = at[n - 1], next = earlier(last);
		double each = total_error / (double)max_units;

		/* The first look gets the error of all units up to it. */
		if (!can_find(next, each * (double)next, paired, n_metrics) ||
		    !can_find(last, each * (double)(last - next), paired,
			      n_metrics))
			break;
		at[n++] = next;
	}
	looks->n = (unsigned)n;
	for (size_t i = 0; i < n; i++) {
		looks->at[i] = at[n - 1 - i];
		looks->alpha[i] = total_error *
				  (double)(looks->at[i] - before) /
				  (double)max_units;
		before = looks->at[i];
	}
	for (size_t i = n; i < STAT_LOOKS_MAX; i++) {
		looks->at[i] = 0;
		looks->alpha[i] = 0;
	}
}
