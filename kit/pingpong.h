/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two tasks that hand one token to and fro, over whatever can block and wake.
 * The token is a number that the receiver gets as it was sent. Side 0 begins.
 *
 * A struct pingpong lies in memory that both tasks share; its descriptors are
 * open in both (made before the fork, or in one process).
 */
#ifndef STRAIN_KIT_PINGPONG_H
#define STRAIN_KIT_PINGPONG_H

#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum pingpong_kind {
	PINGPONG_PIPE,    /* two pipes */
	PINGPONG_EVENTFD, /* two event counters; numbers are not 0 */
	PINGPONG_FUTEX,   /* two mailboxes in the shared memory */
	PINGPONG_SOCKET,  /* a connected pair of unix stream sockets */
};

struct pingpong {
	enum pingpong_kind kind;
	int wait_op, wake_op;        /* of the futex: private in one process */
	struct { int in, out; } fd[2];
	struct {
		uint64_t token;
		volatile uint32_t full;
	} __attribute__((aligned(64))) box[2]; /* what side 0 and 1 receive */
};

/* @one_process: both tasks are threads of it. 0, or -errno with nothing open. */
int pingpong_open(struct pingpong *p, enum pingpong_kind kind, bool one_process);
void pingpong_close(struct pingpong *p);
/* Takes a token that waits for @side without blocking: 1, 0 (none) or -errno. */
int pingpong_try(struct pingpong *p, unsigned side, uint64_t *token);

/* Gives the token to the other side and wakes it. 0 or -errno. */
static inline int pingpong_send(struct pingpong *p, unsigned side, uint64_t token)
{
	if (p->kind != PINGPONG_FUTEX) {
		ssize_t n = write(p->fd[side].out, &token, sizeof(token));

		return n == sizeof(token) ? 0 : n < 0 ? -errno : -EIO;
	}
	p->box[!side].token = token;
	__atomic_store_n(&p->box[!side].full, 1, __ATOMIC_RELEASE);
	return syscall(SYS_futex, &p->box[!side].full, p->wake_op, 1, NULL,
		       NULL, 0) < 0 ? -errno : 0;
}

/* Waits for the token. 0, -EINTR when a signal came first, or -errno. */
static inline int pingpong_receive(struct pingpong *p, unsigned side,
				   uint64_t *token)
{
	if (p->kind != PINGPONG_FUTEX) {
		ssize_t n = read(p->fd[side].in, token, sizeof(*token));

		return n == sizeof(*token) ? 0 : n < 0 ? -errno : -EIO;
	}
	while (!__atomic_load_n(&p->box[side].full, __ATOMIC_ACQUIRE))
		if (syscall(SYS_futex, &p->box[side].full, p->wait_op, 0, NULL,
			    NULL, 0) < 0 && errno != EAGAIN)
			return -errno;
	*token = p->box[side].token;
	__atomic_store_n(&p->box[side].full, 0, __ATOMIC_RELAXED);
	return 0;
}

#endif
