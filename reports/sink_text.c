/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/sink_text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/value.h"
#include "reports/text.h"

#define REDRAW_NS (200 * NSEC_PER_MSEC)
#define WIPE "\r\033[K"

struct progress {
	int fd;
	bool drawn;
	uint64_t next;  /* earliest time of the next line */
	size_t trials;
	unsigned bad;   /* cases so far that did not pass */
	struct words told; /* of which a line was printed */
};

struct progress *progress_new(int fd)
{
	struct progress *p;

	if (!text_terminal(fd))
		return NULL;
	p = xalloc(sizeof(*p));
	p->fd = fd;
	return p;
}

/* What cannot be written to the terminal is not missed. */
static void emit(const struct progress *p, const char *text, size_t n)
{
	if (write(p->fd, text, n) < 0)
		return;
}

static void wipe(struct progress *p)
{
	if (p->drawn)
		emit(p, WIPE, strlen(WIPE));
	p->drawn = false;
}

/* "1:23", "2:05:00" */
static char *clock_text(char *buf, size_t size, double seconds)
{
	unsigned long s = seconds > 0 ? (unsigned long)(seconds + 0.5) : 0;

	if (s >= 3600)
		snprintf(buf, size, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(buf, size, "%lu:%02lu", s / 60, s % 60);
	return buf;
}

static void add_rate(struct str *s, const struct run_progress *e)
{
	const struct metric *m = e->trial->cases[0]->entry->stressor->metrics;
	_cleanup_free_ char *rate = NULL;

	if (!(e->ops_rate > 0))
		return;
	rate = text_value(e->ops_rate, m && m->unit ? m->unit : "ops/s");
	str_addf(s, "  %s", rate);
}

static void on_progress(void *ctx, const struct run_progress *e)
{
	struct progress *p = ctx;
	_cleanup_str_ struct str s = STR_INIT;
	_cleanup_free_ char *clean = NULL;
	unsigned width = text_terminal(p->fd);
	uint64_t now = clock_now();
	char buf[32];

	if (now < p->next || !width || !e->trial->n)
		return;
	p->next = now + REDRAW_NS;
	str_addf(&s, "[%u/%zu] %s", e->order + 1, p->trials, e->trial->cases[0]->id);
	if (e->trial->n > 1)
		str_addf(&s, " and %zu more", e->trial->n - 1);
	str_addf(&s, "  %.*f/%.3g s", e->seconds < 10, e->elapsed, e->seconds);
	add_rate(&s, e);
	if (e->run_seconds > e->run_elapsed)
		str_addf(&s, "  %s left",
			 clock_text(buf, sizeof(buf), e->run_seconds - e->run_elapsed));
	else
		str_addf(&s, "  %s", clock_text(buf, sizeof(buf), e->run_elapsed));
	if (p->bad)
		str_addf(&s, "  %u not passed", p->bad);
	clean = text_clean(s.buf);
	if (s.len >= width) /* the last column would wrap the line */
		clean[width - 1] = '\0';
	str_free(&s);
	str_addf(&s, WIPE "%s", clean);
	emit(p, s.buf, s.len);
	p->drawn = true;
}

static void on_run_begin(void *ctx, const struct run_begin *e)
{
	struct progress *p = ctx;

	p->trials = e->plan->n_trials;
}

/* What did not pass is said at once, for the table may be days away; each case
 * once. */
static void tell(struct progress *p, const struct case_result *c)
{
	struct text_style style = { .width = text_terminal(p->fd), .wrap = true };
	_cleanup_free_ char *line = NULL, *text = NULL;
	size_t n;
	FILE *out;

	if (words_has(&p->told, c->of->id))
		return;
	words_add(&p->told, c->of->id);
	line = xasprintf("%s %s%s%s", c->of->id, outcome_name(c->outcome),
			 c->reason ? ": " : "", c->reason ? c->reason : "");
	out = open_memstream(&text, &n);
	if (!out)
		return;
	text_sentence(out, &style, 0, 0, "", line);
	fclose(out);
	emit(p, text, n);
}

static void on_trial_end(void *ctx, const struct trial_result *e)
{
	struct progress *p = ctx;

	wipe(p);
	for (size_t i = 0; i < e->n; i++) {
		const struct case_result *c = &e->cases[i];

		if (c->outcome == OUTCOME_PASS || c->outcome == OUTCOME_SKIP)
			continue;
		p->bad++;
		if (c->outcome != OUTCOME_INTERRUPTED)
			tell(p, c);
	}
}

static void on_run_end(void *ctx, const struct run_end *e)
{
	(void)e;
	wipe(ctx);
}

struct sink progress_sink(struct progress *p)
{
	return (struct sink){
		.ctx = p,
		.run_begin = on_run_begin,
		.progress = on_progress,
		.trial_end = on_trial_end,
		.run_end = on_run_end,
	};
}

void progress_close(struct progress *p)
{
	if (!p)
		return;
	wipe(p);
	words_free(&p->told);
	free(p);
}
