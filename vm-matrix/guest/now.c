/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine that was restored from a saved state cannot know: that time has
 * passed, and random numbers that no other restore of the state has.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/value.h"
#include "vm-matrix/guest/parts.h"

#define ENTROPY_MAX 64

#ifndef RNDRESEEDCRNG
#define RNDRESEEDCRNG _IO('R', 0x07) /* Linux 4.14 */
#endif

static int set_time(double seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds };

	t.tv_nsec = (long)((seconds - (double)t.tv_sec) * NSEC_PER_SEC);
	return clock_settime(CLOCK_REALTIME, &t) ? -errno : 0;
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Bytes of @hex into the kernel's pool, and from there to its generators. */
static int add_entropy(const char *hex)
{
	union {
		struct rand_pool_info info;
		char room[sizeof(struct rand_pool_info) + ENTROPY_MAX];
	} pool = { .info = { 0 } };
	unsigned char *bytes = (unsigned char *)pool.info.buf;
	_cleanup_close_ int fd = -1;
	int n = 0;

	for (; n < ENTROPY_MAX && hex[2 * n] && hex[2 * n + 1]; n++) {
		int high = digit(hex[2 * n]), low = digit(hex[2 * n + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		bytes[n] = (unsigned char)(high << 4 | low);
	}
	pool.info.buf_size = n;
	pool.info.entropy_count = 8 * n;
	fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, &pool) ||
	    ioctl(fd, RNDRESEEDCRNG))
		return -errno;
	return 0;
}

char *guest_now(const json_t *job)
{
	const json_t *time = json_object_get(job, "time");
	const char *hex = json_string_value(json_object_get(job, "entropy"));
	int err = 0;

	if (json_is_number(time))
		err = set_time(json_number_value(time));
	if (err)
		return xasprintf("setting the time: %s", strerror(-err));
	if (hex)
		err = add_entropy(hex);
	return err ? xasprintf("random numbers: %s", strerror(-err)) : NULL;
}
