/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What host and guest say to each other, over one virtio port: frames, both
 * ways. Numbers are little endian whatever the guest is.
 *
 *	"sTrF" | kind, 1 byte | 3 bytes of zero | length, u32 | crc32 of the payload, u32 | payload
 *
 * The checksum is that of IEEE 802.3 and zlib.
 */
#ifndef STRAIN_VM_MATRIX_FRAME_H
#define STRAIN_VM_MATRIX_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define FRAME_PORT "strain" /* name of the port */
#define FRAME_JOB_FILE "/job" /* of the initramfs: a first job that no frame has to bring */

/* What the kernel of a guest has to have, whatever its job is: built in, or as a
 * module that the image can have. Without "CONFIG_". */
#define FRAME_KCONFIG                                                          \
	"BLK_DEV_INITRD BINFMT_ELF PRINTK MULTIUSER FUTEX EVENTFD SIGNALFD "   \
	"POSIX_TIMERS DEVTMPFS PROC_FS SYSFS TMPFS VIRTIO_CONSOLE"
#define FRAME_PROTOCOL 1    /* of the words inside, told in the first frame */
#define FRAME_HEADER 16
#define FRAME_MAX (16U << 20) /* bytes of a payload */

enum frame_kind {
	/* guest to host */
	FRAME_HELLO = 'H',     /* JSON: who is there and waits for a job */
	FRAME_HEARTBEAT = 'B', /* empty; never while an exact job runs */
	FRAME_LINE = 'L',      /* a line of the report, without its end */
	FRAME_ANSWER = 'A',    /* a line of core/orders.h, without its end */
	FRAME_TEXT = 'T',      /* what the job prints beside these */
	FRAME_QUIET = 'Q',     /* JSON: whether nothing else runs, and after how long */
	FRAME_END = 'E',       /* JSON: how the job ended */
	FRAME_DATA = 'D',      /* for one kind of job; the first byte tells what */
	/* host to guest */
	FRAME_JOB = 'J',       /* JSON */
	FRAME_ORDER = 'O',     /* a line of core/orders.h, without its end */
	FRAME_OFF = 'X',       /* power off now */
};

/* Goes on with the checksum @crc, 0 at the start. */
uint32_t frame_crc(uint32_t crc, const void *data, size_t n);
/* The header of a frame; @n is at most FRAME_MAX. */
void frame_header(unsigned char header[FRAME_HEADER], enum frame_kind kind,
		  const void *payload, size_t n);
/* Adds a whole frame to @s. */
void frame_add(struct str *s, enum frame_kind kind, const void *payload, size_t n);

struct frame {
	enum frame_kind kind;  /* may be one that this build does not know */
	const char *payload;   /* borrowed; a NUL stands behind it */
	size_t n;
};

enum frame_result {
	FRAME_NONE,        /* not all of one is there yet */
	FRAME_ONE,
	FRAME_GARBAGE,     /* bytes that are no frame; .n of them were passed over */
	FRAME_CHECKSUM,    /* a frame whose payload is not what was sent; it is dropped */
	FRAME_TOO_LONG,    /* a header that claims over FRAME_MAX, in .n; it is dropped */
};

/*
 * Takes bytes in any pieces. After each fault it goes on at the next thing that
 * looks like a frame, if its user does. All zero: the start.
 */
struct frame_reader {
	struct str bytes;
	size_t at;         /* what lies before it is done */
	char cut;          /* the byte below the NUL behind the last payload */
	size_t cut_at;     /* 0: none */
};

void frame_feed(struct frame_reader *r, const void *data, size_t n);
enum frame_result frame_next(struct frame_reader *r, struct frame *f);
/* Bytes that wait for the rest of their frame. */
size_t frame_pending(const struct frame_reader *r);
void frame_reader_free(struct frame_reader *r);

#endif
