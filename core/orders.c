/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/orders.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

void orders_open(struct orders *o)
{
	*o = (struct orders){ .on = true };
	signal(SIGPIPE, SIG_IGN); /* who reads no answer gives no order either */
}

void orders_trial(struct orders *o, unsigned trial)
{
	o->trial = trial;
	o->ready = false;
	o->owed = true;
}

/* False when no whole line has come. */
static bool read_line(struct orders *o)
{
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };

	while (!o->gone && poll(&p, 1, 0) > 0) {
		if (read(STDIN_FILENO, o->line + o->n, 1) != 1) {
			o->gone = true;
		} else if (o->line[o->n] == '\n') {
			o->line[o->n] = '\0';
			if (strlen(o->line) != o->n)
				o->line[0] = '\0'; /* not text: no order */
			o->n = 0;
			return true;
		} else if (++o->n == sizeof(o->line)) {
			o->gone = true; /* no language that we know */
		}
	}
	return false;
}

static enum order parse(const struct orders *o)
{
	static const char *const words[] = { [ORDER_WARM] = "warm ",
					     [ORDER_GO] = "go ",
					     [ORDER_PAUSE] = "pause ",
					     [ORDER_STOP] = "stop " };

	for (size_t i = ORDER_WARM; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);
		char *end;

		if (strncmp(o->line, words[i], n))
			continue;
		if (strtoul(o->line + n, &end, 10) == o->trial && !*end)
			return (enum order)i;
	}
	return ORDER_NONE;
}

enum order orders_next(struct orders *o)
{
	while (read_line(o)) {
		enum order order = parse(o);

		if (order == ORDER_WARM || order == ORDER_GO)
			o->owed = true;
		if (order != ORDER_NONE)
			return order;
	}
	return o->gone ? ORDER_GONE : ORDER_NONE;
}

void orders_held(struct orders *o, unsigned sides, unsigned first)
{
	char text[64];

	if (!o->owed)
		return;
	if (o->ready)
		snprintf(text, sizeof(text), "parked %u\n", o->trial);
	else
		snprintf(text, sizeof(text), "ready %u %u %u\n", o->trial,
			 sides, first);
	o->ready = true;
	o->owed = false;
	if (file_write_all(STDOUT_FILENO, text, strlen(text)))
		o->gone = true;
}
