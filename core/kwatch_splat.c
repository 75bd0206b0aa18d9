/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/kwatch_splat.h"

#include <string.h>

#include "base/str.h"
#include "core/kwatch_patterns.h"

#define SPLAT_LINES 64  /* kept of one splat */
#define TRIAL_LINES 512 /* kept of one trial */
#define HEAD_LINES 4    /* a splat says what it is within these */
#define QUIET_USEC 2000000 /* a longer silence ends a splat without an end mark */

/* Index of the kept line, or -1: over the limit. */
static long keep(struct kwatch_result *r, uint64_t usec, const char *text,
		 const char *kind)
{
	if (r->n >= TRIAL_LINES) {
		r->dropped++;
		return -1;
	}
	if ((r->n & (r->n - 1)) == 0)
		r->line = xrealloc(r->line,
				   (r->n ? 2 * r->n : 1) * sizeof(*r->line));
	r->line[r->n] = (struct kwatch_line){ usec, xstrdup(text), kind };
	return r->n++;
}

/* "... Killed process 123 (name) ..." */
static void note_oom(struct kwatch_result *r, const char *text)
{
	const char *at = strstr(text, "Killed process ");
	pid_t pid = at ? atoi(at + strlen("Killed process ")) : 0;

	for (size_t i = 0; i < r->oom_n; i++)
		if (r->oom_pids[i] == pid)
			return;
	if (pid > 0 && r->oom_n < ARRAY_SIZE(r->oom_pids))
		r->oom_pids[r->oom_n++] = pid;
}

/* Is the line part of the splat that is open, though it could begin one? */
static bool follows(const struct kwatch_log *log, const struct kwatch_pattern *p)
{
	if (!log->open || !(p->flags & KWATCH_FOLLOWS))
		return false;
	return log->cut || log->length < HEAD_LINES ||
	       !strcmp(p->kind, "oops") || !strcmp(p->kind, "panic");
}

/* A cut mark says that something is wrong, the next line says what. */
static void name_cut(struct kwatch_log *log, uint64_t usec, const char *text,
		     const struct kwatch_pattern *p)
{
	long at = keep(log->result, usec, text, p->kind);

	if (at >= 0) {
		log->result->line[log->head].kind = NULL;
		log->head = at;
	}
	log->cut = false;
}

static bool is_foreign(const struct kwatch_log *log, const char *text,
		       const struct kwatch_pattern *p)
{
	char device[32];

	return p->flags & KWATCH_DEVICE && log->owns &&
	       kwatch_made_device(text, device) && !log->owns(log->ctx, device);
}

static void begin(struct kwatch_log *log, uint64_t usec, const char *text,
		  const struct kwatch_pattern *p)
{
	bool foreign = is_foreign(log, text, p);
	long at = keep(log->result, usec, text, foreign ? KWATCH_FOREIGN : p->kind);

	log->open = !(p->flags & KWATCH_LINE);
	log->cut = at >= 0 && p->flags & KWATCH_CUT;
	log->head = at >= 0 ? at : 0;
	log->length = 0;
	if (!foreign && !(p->flags & KWATCH_TOLD))
		log->result->splats++;
	if (!strcmp(p->kind, "oom"))
		note_oom(log->result, text);
}

static bool is_end(const char *text)
{
	return !strncmp(text, "---[ end ", 9) || !strncmp(text, "==========", 10);
}

void kwatch_log_line(struct kwatch_log *log, uint64_t usec, const char *text,
		     bool fragment)
{
	const struct kwatch_pattern *p = fragment ? NULL : kwatch_match(text);

	if (log->open && usec > log->usec + QUIET_USEC)
		log->open = false;
	log->usec = usec;
	log->length++;
	if (p && p->kind && log->cut && log->open && follows(log, p) &&
	    !(p->flags & KWATCH_CUT)) {
		name_cut(log, usec, text, p);
	} else if (p && p->kind && !follows(log, p)) {
		begin(log, usec, text, p);
	} else if (log->open) {
		if (log->length < SPLAT_LINES)
			keep(log->result, usec, text, NULL);
		else
			log->result->dropped++;
		if (is_end(text))
			log->open = false;
	}
}
