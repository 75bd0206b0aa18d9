/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Orders from another process that lets this run and a second one take turns,
 * here or in another machine: lines of text. T is the trial's place in the run,
 * counted from 0; an order for another trial comes late and is passed over.
 *
 *	to it	ready T SIDES CASE
 *				all tasks wait at the gate; how many variants there
 *				are to have a turn; place of the first case in the
 *				plan
 *	from it	warm T, go T	let (the next variant of) the trial run; what is
 *				done in a warm turn is not judged
 *		pause T
 *	to it	parked T	all tasks wait again
 *	from it	stop T		the end of the trial
 *
 * A trial may end by itself at any time. Between the answers stand the lines of
 * the report (strain-report(5)), which begin with '{'. The end of the orders is
 * the end of the run.
 */
#ifndef STRAIN_CORE_ORDERS_H
#define STRAIN_CORE_ORDERS_H

#include <stdbool.h>
#include <stddef.h>

enum order { ORDER_NONE, ORDER_WARM, ORDER_GO, ORDER_PAUSE, ORDER_STOP, ORDER_GONE };

struct orders {
	bool on, gone;
	unsigned trial;
	bool ready;        /* told of this trial */
	bool owed;         /* an answer to the last order */
	char line[64];
	size_t n;
};

void orders_open(struct orders *o);
void orders_trial(struct orders *o, unsigned trial);
/* The next order for this trial; ORDER_NONE: none has come. */
enum order orders_next(struct orders *o);
/* All of the trial is held: tells it once. @sides: variants of a case. */
void orders_held(struct orders *o, unsigned sides, unsigned first);

#endif
