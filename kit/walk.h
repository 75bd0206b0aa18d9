/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Orders in which a loop meets each of n places exactly once without a table:
 * a stride coprime to n, added modulo n. One addition and one comparison a
 * step, so the order does not show beside a page fault.
 */
#ifndef STRAIN_KIT_WALK_H
#define STRAIN_KIT_WALK_H

#include <stddef.h>
#include <stdint.h>

/* For the .choices of an option. */
#define WALK_ORDERS "forward reverse scattered"

struct walk {
	size_t n, stride;
};

/* @order is one of WALK_ORDERS; @n > 0. */
struct walk walk_make(const char *order, size_t n);

static inline size_t walk_next(const struct walk *k, size_t at)
{
	at += k->stride;
	return at >= k->n ? at - k->n : at;
}

/* The place of step @i, counted from 0; the walk starts at place 0. */
static inline size_t walk_at(const struct walk *k, size_t i)
{
	return (uint64_t)i * k->stride % k->n;
}

#endif
