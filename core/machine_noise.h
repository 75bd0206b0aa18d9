/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of machine_noise(). Internal to core/machine_noise*.c. */
#ifndef STRAIN_CORE_MACHINE_NOISE_H
#define STRAIN_CORE_MACHINE_NOISE_H

#include "core/machine_facts.h"

#define NOISE_SAMPLE_NS (200 * UINT64_C(1000000))

/* What moved on the machine while we slept for NOISE_SAMPLE_NS. */
struct noise_sample {
	double busy, steal;    /* share of all CPU time */
	double swapped;        /* pages in and out */
};

void noise_sample(struct noise_sample *s);

/* Fill .state, .noisy and, when there is one, .command. */
void noise_load(struct noise *n, const struct noise_sample *s);
void noise_steal(struct noise *n, const struct noise_sample *s);
void noise_swap(struct noise *n, const struct noise_sample *s);
void noise_pmu(struct noise *n, const struct noise_sample *s);
void noise_irqbalance(struct noise *n, const struct noise_sample *s);

void noise_state(struct noise *n, bool noisy, const char *command,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
