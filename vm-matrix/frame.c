/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/frame.h"

#include <string.h>

#include "base/msg.h"

static const char magic[4] = { 's', 'T', 'r', 'F' };

enum { AT_KIND = 4, AT_ZERO = 5, AT_LENGTH = 8, AT_CRC = 12 };

static void fill(uint32_t table[256])
{
	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (unsigned bit = 0; bit < 8; bit++)
			table[i] = (table[i] >> 1) ^ (table[i] & 1 ? 0xedb88320 : 0);
	}
}

uint32_t frame_crc(uint32_t crc, const void *data, size_t n)
{
	static uint32_t table[256];
	const unsigned char *p = data;

	if (!table[255])
		fill(table);
	crc = ~crc;
	while (n--)
		crc = table[(crc ^ *p++) & 0xff] ^ (crc >> 8);
	return ~crc;
}

static void put32(unsigned char *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

static uint32_t get32(const char *at)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 4; i++)
		value |= (uint32_t)(unsigned char)at[i] << 8 * i;
	return value;
}

void frame_header(unsigned char header[FRAME_HEADER], enum frame_kind kind,
		  const void *payload, size_t n)
{
	if (n > FRAME_MAX)
		bug("a frame of %zu bytes", n);
	memset(header, 0, FRAME_HEADER);
	memcpy(header, magic, sizeof(magic));
	header[AT_KIND] = (unsigned char)kind;
	put32(header + AT_LENGTH, (uint32_t)n);
	put32(header + AT_CRC, frame_crc(0, payload, n));
}

void frame_add(struct str *s, enum frame_kind kind, const void *payload, size_t n)
{
	unsigned char header[FRAME_HEADER];

	frame_header(header, kind, payload, n);
	str_add_n(s, (const char *)header, sizeof(header));
	if (n)
		str_add_n(s, payload, n);
}

/* Gives back the byte that the NUL behind the last payload took. */
static void uncut(struct frame_reader *r)
{
	if (r->cut_at && r->cut_at < r->bytes.len)
		r->bytes.buf[r->cut_at] = r->cut;
	r->cut_at = 0;
}

void frame_feed(struct frame_reader *r, const void *data, size_t n)
{
	uncut(r);
	if (!n)
		return;
	if (r->at) {
		r->bytes.len -= r->at;
		memmove(r->bytes.buf, r->bytes.buf + r->at, r->bytes.len);
		r->at = 0;
	}
	str_add_n(&r->bytes, data, n);
}

size_t frame_pending(const struct frame_reader *r)
{
	return r->bytes.len - r->at;
}

/* Bytes before the next thing that may be the begin of a frame. */
static size_t until_magic(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t rest = n - i;

		if (!memcmp(p + i, magic, rest < sizeof(magic) ? rest : sizeof(magic)))
			return i;
	}
	return n;
}

static enum frame_result garbage(struct frame_reader *r, struct frame *f, size_t n)
{
	f->n = n;
	r->at += n;
	return FRAME_GARBAGE;
}

static enum frame_result take(struct frame_reader *r, struct frame *f, size_t n,
			      uint32_t crc)
{
	f->payload = r->bytes.buf + r->at + FRAME_HEADER;
	f->n = n;
	r->at += FRAME_HEADER + n;
	if (frame_crc(0, f->payload, n) != crc)
		return FRAME_CHECKSUM;
	r->cut_at = r->at;
	r->cut = r->bytes.buf[r->at];
	r->bytes.buf[r->at] = '\0';
	return FRAME_ONE;
}

enum frame_result frame_next(struct frame_reader *r, struct frame *f)
{
	const char *p;
	size_t n, strange, length;

	*f = (struct frame){ .payload = "" };
	uncut(r);
	n = frame_pending(r);
	if (!n)
		return FRAME_NONE;
	p = r->bytes.buf + r->at;
	strange = until_magic(p, n);
	if (strange)
		return garbage(r, f, strange);
	if (n < FRAME_HEADER)
		return FRAME_NONE;
	if (p[AT_ZERO] || p[AT_ZERO + 1] || p[AT_ZERO + 2])
		return garbage(r, f, sizeof(magic));
	f->kind = (enum frame_kind)(unsigned char)p[AT_KIND];
	length = get32(p + AT_LENGTH);
	if (length > FRAME_MAX) {
		r->at += FRAME_HEADER;
		f->n = length;
		return FRAME_TOO_LONG;
	}
	if (n - FRAME_HEADER < length)
		return FRAME_NONE;
	return take(r, f, length, get32(p + AT_CRC));
}

void frame_reader_free(struct frame_reader *r)
{
	str_free(&r->bytes);
	*r = (struct frame_reader){ 0 };
}
