/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/pingpong.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* Descriptor @in of @side is fed by @out of the other. */
static void connect_sides(struct pingpong *p, unsigned side, int in, int out)
{
	p->fd[side].in = in;
	p->fd[!side].out = out;
}

static int open_fds(struct pingpong *p)
{
	int pair[2];

	if (p->kind == PINGPONG_SOCKET) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			return -errno;
		connect_sides(p, 0, pair[0], pair[1]);
		connect_sides(p, 1, pair[1], pair[0]);
		return 0;
	}
	for (unsigned side = 0; side < 2; side++) {
		if (p->kind == PINGPONG_PIPE) {
			if (pipe2(pair, O_CLOEXEC))
				return -errno;
		} else {
			pair[0] = pair[1] = eventfd(0, EFD_CLOEXEC);
			if (pair[0] < 0)
				return -errno;
		}
		connect_sides(p, side, pair[0], pair[1]);
	}
	return 0;
}

int pingpong_open(struct pingpong *p, enum pingpong_kind kind, bool one_process)
{
	int private = one_process ? FUTEX_PRIVATE_FLAG : 0, rc;

	*p = (struct pingpong){
		.kind = kind,
		.wait_op = FUTEX_WAIT | private,
		.wake_op = FUTEX_WAKE | private,
		.fd = { { -1, -1 }, { -1, -1 } },
	};
	if (kind == PINGPONG_FUTEX)
		return 0;
	rc = open_fds(p);
	if (rc)
		pingpong_close(p);
	return rc;
}

void pingpong_close(struct pingpong *p)
{
	for (unsigned side = 0; side < 2; side++) {
		int in = p->fd[side].in, out = p->fd[!side].out;

		if (in >= 0)
			close(in);
		/* A socket's other end is closed as that side's .in. */
		if (out >= 0 && p->kind == PINGPONG_PIPE)
			close(out);
		p->fd[side].in = p->fd[!side].out = -1;
	}
}

int pingpong_try(struct pingpong *p, unsigned side, uint64_t *token)
{
	struct pollfd poller = { .fd = p->fd[side].in, .events = POLLIN };
	int rc;

	if (p->kind == PINGPONG_FUTEX)
		rc = p->box[side].full;
	else
		rc = poll(&poller, 1, 0);
	if (rc <= 0)
		return rc < 0 ? -errno : 0;
	rc = pingpong_receive(p, side, token);
	return rc ? rc : 1;
}
