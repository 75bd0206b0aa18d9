/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/matrix_progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/value.h"
#include "reports/text.h"
#include "vm-matrix/document/document.h"

void matrix_progress_open(struct matrix_progress *p, bool quiet)
{
	*p = (struct matrix_progress){ .quiet = quiet };
	if (!quiet)
		p->width = text_terminal(STDERR_FILENO);
}

/* "3/29 done, 1 not passed, 1m20s left: a (booting), b"; to free. */
static char *matrix_progress_text(const struct matrix_progress *p, const struct schedule *s)
{
	struct str text = STR_INIT;
	double left = schedule_left(s);
	char time[VALUE_TEXT];
	const char *before = ": ";

	str_addf(&text, "%u/%zu done", p->ended, s->n);
	if (p->bad)
		str_addf(&text, ", %u not passed", p->bad);
	if (left >= 1)
		str_addf(&text, ", %s left",
			 value_format_duration(time, (uint64_t)left * NSEC_PER_SEC));
	for (size_t i = 0; i < s->n; i++) {
		const struct schedule_item *it = &s->item[i];

		if (it->state != ITEM_RUNS)
			continue;
		str_addf(&text, "%s%s", before, it->name);
		if (*it->phase)
			str_addf(&text, " (%s)", it->phase);
		before = ", ";
	}
	return str_take(&text);
}

static void wipe(const struct matrix_progress *p)
{
	if (p->width)
		fputs("\r\033[K", stderr);
}

void matrix_progress_turn(struct matrix_progress *p, const struct schedule *s)
{
	_cleanup_free_ char *text = NULL;

	if (!p->width)
		return;
	text = matrix_progress_text(p, s);
	wipe(p);
	fprintf(stderr, "%.*s", (int)p->width - 1, text);
	fflush(stderr);
}

void matrix_progress_ended(struct matrix_progress *p, size_t n, const char *name,
			   const json_t *cell)
{
	enum matrix_outcome outcome = cell ? matrix_outcome_of(cell) : MATRIX_INTERRUPTED;
	_cleanup_free_ char *reason = text_clean(js_get_text(cell, "reason"));
	double seconds = js_get_number(cell, "seconds", 0);
	bool good = outcome == MATRIX_PASS || outcome == MATRIX_SKIPPED;

	p->ended++;
	p->bad += !good;
	/* on a terminal what passed is in the line that is drawn */
	if (p->quiet ? good : p->width && outcome == MATRIX_PASS)
		return;
	wipe(p);
	fprintf(stderr, "[%u/%zu] %s: %s%s%s", p->ended, n, name, matrix_outcomes[outcome],
		*reason ? ": " : "", reason);
	if (js_get_true(cell, "from_cache"))
		fputs(" (as before)\n", stderr);
	else if (seconds > 0)
		fprintf(stderr, " (%.1f s)\n", seconds);
	else
		fputc('\n', stderr);
}

void matrix_progress_close(struct matrix_progress *p)
{
	wipe(p);
}
