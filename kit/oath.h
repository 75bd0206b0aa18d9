/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was sworn about a few units of a file before a crash: which generation
 * of each was issued last, and which was acknowledged as durable. A unit that
 * comes back from the crash is held against it.
 */
#ifndef STRAIN_KIT_OATH_H
#define STRAIN_KIT_OATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/worker.h"
#include "kit/stamp.h"

#define OATH_UNITS 8
#define OATH_STRIDE (256u << 10) /* from unit to unit in the file */

struct oath {
	volatile uint64_t issued;  /* generation; 1 is there from the beginning */
	volatile uint64_t floor;   /* acknowledged; 0: it may be gone */
};

/* A step of the workload, as it stands in marks of a write log. */
enum oath_step {
	OATH_BEGIN,  /* from here on a crash counts */
	OATH_ISSUE,  /* a write of .generation is about to be made */
	OATH_ACK,    /* the write is acknowledged as durable */
	OATH_DROP,   /* the unit's blocks are about to be taken away */
};

struct oath_mark {
	uint32_t step, unit;
	uint64_t generation;
};

/* Size of unit @unit of a file with these limits: 16K, 64K, 256K in turn. */
uint32_t oath_size(unsigned unit, uint32_t min, uint32_t max);
/* The same for the limits that the setup of a crash method found. */
uint32_t oath_unit_size(const struct worker *w, unsigned unit);
void oath_take(struct oath oath[OATH_UNITS], const struct oath_mark *m);

/* Not older than what was acknowledged, not newer than what was issued. */
bool oath_kept(const struct stamp_verdict *v, const struct oath *o);

/*
 * Judges a unit that was read after a crash: ATOMIC_OWN, ATOMIC_UNTORN and
 * ATOMIC_ACKED of the stressor atomic-write. @buf is spoilt by mutations.
 */
void oath_judge(struct worker *w, void *buf, uint32_t size, uint64_t id,
		unsigned unit, const struct oath *o);

#endif
