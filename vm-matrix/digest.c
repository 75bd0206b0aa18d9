/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/digest.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

/* clang-format off */
static const uint32_t start[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const uint32_t key[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
/* clang-format on */

static inline uint32_t ror(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void schedule(uint32_t w[64], const unsigned char *block)
{
	memcpy(w, block, 64);
	for (int i = 0; i < 16; i++)
		w[i] = be32toh(w[i]);
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) +
		       w[i - 7] + (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
	}
}

/* One block of 64 bytes; the names of the variables are the standard's. */
static void mix(uint32_t state[8], const unsigned char *block)
{
	uint32_t w[64], a = state[0], b = state[1], c = state[2], d = state[3],
			e = state[4], f = state[5], g = state[6], h = state[7];

	schedule(w, block);
	for (int i = 0; i < 64; i++) {
		uint32_t t1 = h + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) +
			      ((e & f) ^ (~e & g)) + key[i] + w[i];
		uint32_t t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) +
			      ((a & b) ^ (a & c) ^ (b & c));

		h = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void digest_start(struct digest *d)
{
	memcpy(d->state, start, sizeof(start));
	d->size = 0;
}

void digest_add(struct digest *d, const void *data, size_t n)
{
	const unsigned char *at = data;

	while (n) {
		size_t held = d->size % sizeof(d->block), take;

		if (!held && n >= sizeof(d->block)) {
			mix(d->state, at);
			take = sizeof(d->block);
		} else {
			take = sizeof(d->block) - held;
			take = take < n ? take : n;
			memcpy(d->block + held, at, take);
			if (held + take == sizeof(d->block))
				mix(d->state, d->block);
		}
		d->size += take;
		at += take;
		n -= take;
	}
}

void digest_text(struct digest *d, const char *text)
{
	if (text)
		digest_add(d, text, strlen(text) + 1);
	else
		digest_add(d, "\xff", 1);
}

void digest_end(struct digest *d, char hex[DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";
	static const unsigned char padding[64] = { 0x80 };
	uint64_t bits = htobe64(d->size * 8);
	size_t held = d->size % 64;

	digest_add(d, padding, held < 56 ? 56 - held : 120 - held);
	digest_add(d, &bits, sizeof(bits));
	for (int i = 0; i < 64; i++)
		hex[i] = digits[d->state[i / 8] >> (28 - i % 8 * 4) & 0xf];
	hex[64] = '\0';
}

void digest_bytes(const void *data, size_t n, char hex[DIGEST_HEX])
{
	struct digest d;

	digest_start(&d);
	digest_add(&d, data, n);
	digest_end(&d, hex);
}

int digest_file(const char *path, char hex[DIGEST_HEX])
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	const size_t size = 128 * 1024;
	_cleanup_free_ char *buf = NULL;
	struct digest d;

	hex[0] = '\0';
	if (fd < 0)
		return -errno;
	buf = xalloc(size);
	digest_start(&d);
	for (;;) {
		ssize_t n = read(fd, buf, size);

		if (n == 0)
			break;
		if (n > 0)
			digest_add(&d, buf, (size_t)n);
		else if (errno != EINTR)
			return -errno;
	}
	digest_end(&d, hex);
	return 0;
}
