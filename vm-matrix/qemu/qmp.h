/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's control protocol over one socket: a JSON object a line, commands with
 * answers by id, events in between.
 */
#ifndef STRAIN_VM_MATRIX_QEMU_QMP_H
#define STRAIN_VM_MATRIX_QEMU_QMP_H

#include <jansson.h>

#include "base/str.h"

struct qmp {
	int fd;             /* owned; -1: closed, at the end or by a fault */
	struct str in;
	size_t scanned;     /* of .in, without an end of line */
	json_t *events;     /* not yet taken */
	json_t *answer;     /* to .waits_for */
	unsigned last_id, waits_for;
	char *fault;        /* what was wrong with what QEMU said; NULL */
};

/*
 * Takes over @fd, a non-blocking stream socket. Asks for the mode of commands
 * before the greeting is there: QEMU reads it after that, and only then tells
 * events.
 */
void qmp_init(struct qmp *q, int fd);
void qmp_free(struct qmp *q);
/* Reads what is there, at most 1 MiB. 0, or -EPIPE: closed, nothing more comes. */
int qmp_read(struct qmp *q);
/* The oldest event that nobody took, a new reference; NULL: none. */
json_t *qmp_event(struct qmp *q);
/*
 * Takes over the reference to @args (may be NULL). With @pass >= 0 that
 * descriptor goes along. 0 with a reference to "return" in *reply (may be NULL);
 * -EREMOTEIO: refused; -ETIMEDOUT; -EPIPE; -EPROTO: nonsense. Then *why is a line
 * to free.
 */
int qmp_command(struct qmp *q, const char *name, json_t *args, int pass,
		int timeout_ms, json_t **reply, char **why);

#endif
