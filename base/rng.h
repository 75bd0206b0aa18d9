/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The random generator of every choice: xoshiro256** seeded through splitmix64
 * (D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators",
 * ACM TOMS 47, 2021). Same seed, same stream, on every architecture.
 */
#ifndef STRAIN_BASE_RNG_H
#define STRAIN_BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

static inline uint64_t rng_mix(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static inline void rng_seed(struct rng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		r->s[i] = rng_mix(&seed);
}

static inline uint64_t rng_rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t result = rng_rotate(r->s[1] * 5, 7) * 9;
	uint64_t t = r->s[1] << 17;

	r->s[2] ^= r->s[0];
	r->s[3] ^= r->s[1];
	r->s[1] ^= r->s[2];
	r->s[0] ^= r->s[3];
	r->s[2] ^= t;
	r->s[3] = rng_rotate(r->s[3], 45);
	return result;
}

/* Uniform in 0..n-1 without bias (rejection); @n > 0. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	uint64_t limit = -n % n, x;

	do
		x = rng_next(r);
	while (x < limit);
	return x % n;
}

/*
 * Another number at each call and in each program, from the 16 random bytes that
 * the kernel gives a new one: no system call, and none that waits for entropy.
 */
uint64_t rng_unknown(void);

#endif
