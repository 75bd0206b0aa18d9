/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns what tasks and monitor recorded into the result of a case's trial. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/member.h"

const char *outcome_name(enum outcome o)
{
	static const char *const names[] = {
		[OUTCOME_PASS] = "pass",
		[OUTCOME_SKIP] = "skip",
		[OUTCOME_FAIL] = "fail",
		[OUTCOME_BROKEN] = "broken",
		[OUTCOME_HANG] = "hang",
		[OUTCOME_KILLED] = "killed",
		[OUTCOME_EXPECTED_FAIL] = "expected-fail",
		[OUTCOME_UNEXPECTED_PASS] = "unexpected-pass",
		[OUTCOME_INTERRUPTED] = "interrupted",
	};

	return names[o];
}

static void judge_checks(const struct member *m, struct case_result *r)
{
	const struct stressor *s = m->of->entry->stressor;
	uint32_t mask = registry_check_mask(s, m->of->method);
	size_t n = registry_checks(s);
	struct check_result *out = xalloc((n + 1) * sizeof(*out));

	r->check = out;
	for (unsigned k = 0; k < n; k++) {
		struct check_result *c = &out[r->n_checks];

		if (!(mask >> k & 1) || (s->checks[k].deep && !m->of->verify))
			continue;
		c->check = &s->checks[k];
		for (unsigned i = 0; i <= m->area->n_slots; i++) {
			const struct slot *slot = i < m->area->n_slots ?
				&m->area->slot[i] : &m->area->leader;

			c->evaluated += slot->check[k].evaluated;
			c->failed += slot->check[k].failed;
			if (slot->check[k].failed && !c->reason)
				c->reason = slot->check_reason[k];
		}
		r->n_checks++;
	}
}

/* Of all sides: what was between the turns was others' time. */
static double turn_seconds(const struct member *m)
{
	uint64_t ns = 0;

	for (unsigned side = 0; side < m->area->n_sides; side++)
		ns += m->active[side];
	return ns / 1e9;
}

static void judge_usage(const struct member *m, struct case_result *r)
{
	const struct trial_area *a = m->area;

	for (unsigned i = 0; i < a->n_processes; i++) {
		const struct rusage *u = &a->process[i].usage;

		r->user_seconds += u->ru_utime.tv_sec + u->ru_utime.tv_usec / 1e6;
		r->system_seconds += u->ru_stime.tv_sec + u->ru_stime.tv_usec / 1e6;
		r->minor_faults += u->ru_minflt;
		r->major_faults += u->ru_majflt;
		r->voluntary_switches += u->ru_nvcsw;
		r->involuntary_switches += u->ru_nivcsw;
		if ((uint64_t)u->ru_maxrss * 1024 > r->max_rss)
			r->max_rss = (uint64_t)u->ru_maxrss * 1024;
	}
	for (unsigned i = 0; i < a->n_slots; i++) {
		const struct slot *s = &a->slot[i];
		double wall = s->stop_ns > s->start_ns ?
				      (s->stop_ns - s->start_ns) / 1e9 : 0;

		if (wall > r->wall_seconds)
			r->wall_seconds = wall;
		r->cpu_seconds += s->cpu_ns / 1e9;
		r->wait_seconds += s->run_delay_ns / 1e9;
	}
	if (m->settings->turns)
		r->wall_seconds = turn_seconds(m);
	else if (m->end && m->area->n_sides == 1 && m->stop_at >= m->end &&
	    r->wall_seconds * 1e9 > m->settings->timeout)
		r->overrun = r->wall_seconds - m->settings->timeout / 1e9;
}

static void judge_slices(const struct member *m, struct case_result *r)
{
	const struct stressor *s = m->of->entry->stressor;
	const struct variant *v = trial_variants(m->of);
	size_t rates = registry_metrics(s), n = 0;
	const struct counter *c = m->counters ? counter_list(m->counters, &n) : NULL;
	struct slice_table *out = xalloc(SIDES_MAX * sizeof(*out));

	r->slices = out;
	for (unsigned side = 0; side < m->area->n_sides; side++) {
		const struct slices *from = &m->slices[side];
		struct slice_table *t = &out[r->n_slices++];

		*t = (struct slice_table){
			.variant = v && m->area->n_sides > 1 ? v[side].id : NULL,
			.n = from->n, .start = from->start,
			.seconds = from->seconds, .cpu_seconds = from->cpu,
			.wait_seconds = from->wait, .flags = from->flags,
			.columns = xalloc((from->n_columns + 1) *
					  sizeof(*t->columns)),
		};
		for (size_t i = 0; i < from->n_columns; i++) {
			bool moved = false;

			for (size_t k = 0; k < from->n && !moved; k++)
				moved = from->column[i][k] > 0 || from->column[i][k] < 0;
			if (!moved)
				continue;
			t->columns[t->n_columns].name =
				i < rates ? s->metrics[i].id : c[i - rates].name;
			t->columns[t->n_columns].source =
				i < rates ? "metric" : c[i - rates].source;
			t->columns[t->n_columns++].value = from->column[i];
		}
	}
}

static void judge_workers(const struct member *m, struct case_result *r)
{
	const struct side *s = &m->area->side[0];
	double *ops = xalloc((s->workers + 1) * sizeof(*ops));

	for (unsigned i = 0; i < s->tasks; i++)
		ops[i / m->area->per_worker] +=
			(double)trial_slot(m->area, 0, i)->count[0];
	r->worker_ops = ops;
	r->n_workers = s->workers;
}

/* Values that deserve a remark though no check says that they are wrong. */
static void flag_metrics(const struct member *m, const struct case_result *r)
{
	struct trial_area *a = m->area;

	for (size_t i = 0; i < r->n_metrics; i++) {
		const struct metric_result *v = &r->metric[i];
		const struct metric *metric = v->metric;

		if (!v->valid || v->value >= metric->flag_below ||
		    a->n_notes >= NOTES_MAX)
			continue;
		snprintf(a->note[a->n_notes++], WORKER_REASON,
			 "metric '%s' is %.3g, below %g", metric->id, v->value,
			 metric->flag_below);
	}
}

/* One finding at a time, the gravest first; true when it applies. */
struct finding {
	struct member *m;
	const struct kwatch_result *kernel;
	bool alone;
	struct case_result *r;
	char *reason;
};

static bool found_splat(struct finding *f)
{
	f->reason = f->kernel ? kwatch_complaint(f->kernel) : NULL;
	if (!f->reason)
		return false;
	f->r->shared_blame = !f->alone;
	return true;
}

static bool found_failed_check(struct finding *f)
{
	for (size_t i = 0; i < f->r->n_checks; i++) {
		const struct check_result *c = &f->r->check[i];

		if (!c->failed)
			continue;
		f->reason = xasprintf("check '%s' failed %llu of %llu times: %s",
				      c->check->id, (unsigned long long)c->failed,
				      (unsigned long long)c->evaluated,
				      c->reason ? c->reason : "");
		return true;
	}
	return false;
}

static bool found_slot(struct finding *f, enum slot_outcome outcome)
{
	const struct trial_area *a = f->m->area;

	for (unsigned i = 0; i <= a->n_slots; i++) {
		const struct slot *s = i < a->n_slots ? &a->slot[i] : &a->leader;

		if (s->outcome != outcome)
			continue;
		f->reason = xasprintf("%s", s->reason);
		return true;
	}
	return false;
}

static bool found_fail(struct finding *f)
{
	return found_slot(f, SLOT_FAIL);
}

static bool found_broken(struct finding *f)
{
	return found_slot(f, SLOT_BROKEN);
}

static bool found_skip(struct finding *f)
{
	return found_slot(f, SLOT_SKIP);
}

static bool found_hang(struct finding *f)
{
	const struct stuck *s = f->m->stuck;

	if (!f->m->out_of_time && !f->m->abandoned)
		return false;
	if (!s)
		f->reason = xstrdup("did not end in time");
	else
		f->reason = xasprintf("task %d did not end in time: state %s%s%s",
				      s->pid, s->state,
				      s->wchan && s->wchan[0] ? ", in " : "",
				      s->wchan && s->wchan[0] ? s->wchan : "");
	return true;
}

static bool oom_killed(const struct finding *f, pid_t pid)
{
	for (size_t i = 0; f->kernel && i < f->kernel->oom_n; i++)
		if (f->kernel->oom_pids[i] == pid)
			return true;
	return false;
}

static bool found_killed(struct finding *f)
{
	const struct trial_area *a = f->m->area;

	for (unsigned i = 0; i < a->n_processes; i++) {
		const struct process *p = &a->process[i];
		int sig = WTERMSIG(p->status);

		if (!p->reaped || !WIFSIGNALED(p->status) || f->m->escalated)
			continue;
		if (sig == SIGKILL && oom_killed(f, p->pid))
			f->reason = xasprintf("worker process %d was killed by "
					      "the OOM killer", p->pid);
		else
			f->reason = xasprintf("worker process %d was killed by "
					      "signal %d (%s)", p->pid, sig,
					      strsignal(sig));
		return true;
	}
	if (!WIFSIGNALED(f->m->leader_status) || f->m->interrupted)
		return false;
	if (oom_killed(f, -f->m->leader)) /* negative: it was reaped */
		f->reason = xstrdup("the leader was killed by the OOM killer");
	else
		f->reason = xasprintf("the leader was killed by signal %d (%s)",
				      WTERMSIG(f->m->leader_status),
				      strsignal(WTERMSIG(f->m->leader_status)));
	return true;
}

static bool found_exit(struct finding *f)
{
	const struct trial_area *a = f->m->area;

	for (unsigned i = 0; i < a->n_processes; i++) {
		const struct process *p = &a->process[i];

		if (!p->reaped || !WIFEXITED(p->status) || !WEXITSTATUS(p->status))
			continue;
		f->reason = xasprintf("worker process %d exited with status %d",
				      p->pid, WEXITSTATUS(p->status));
		return true;
	}
	return false;
}

static bool found_interrupted(struct finding *f)
{
	if (!f->m->interrupted)
		return false;
	f->reason = xstrdup("interrupted");
	return true;
}

/* The warm-up counts here: a task that had no CPU since did work all the same. */
static bool found_no_work(struct finding *f)
{
	const struct variant *v = trial_variants(f->m->of);
	const struct trial_area *a = f->m->area;

	for (unsigned side = 0; side < a->n_sides; side++) {
		uint64_t count = 0;

		for (unsigned i = 0; i < a->side[side].tasks; i++)
			count += trial_slot(a, side, i)->count[0];
		if (count)
			continue;
		f->reason = xasprintf("no work was done%s%s",
				      v ? " in variant " : "",
				      v ? v[side].id : "");
		return true;
	}
	return false;
}

/* Of fewer operations the figure would be of other work. */
static bool found_short(struct finding *f)
{
	const struct case_result *r = f->r;

	if (!f->m->of->exact || (r->n_metrics && r->metric[0].valid))
		return false;
	f->reason = xasprintf("the %llu operations of exact mode were not done in the time of the trial",
			      (unsigned long long)f->m->of->ops);
	return true;
}

static bool found_unevaluated(struct finding *f)
{
	for (size_t i = 0; i < f->r->n_checks; i++)
		if (!f->r->check[i].evaluated) {
			f->reason = xasprintf("check '%s' was never evaluated",
					      f->r->check[i].check->id);
			return true;
		}
	return false;
}

static void judge_outcome(struct finding *f)
{
	/* A killed worker may only be the echo of a broken partner. */
	static const struct {
		bool (*found)(struct finding *f);
		enum outcome outcome;
	} gravest_first[] = {
		{ found_failed_check, OUTCOME_FAIL },
		{ found_fail, OUTCOME_FAIL },
		{ found_splat, OUTCOME_FAIL },
		{ found_hang, OUTCOME_HANG },
		{ found_killed, OUTCOME_KILLED },
		{ found_broken, OUTCOME_BROKEN },
		{ found_interrupted, OUTCOME_INTERRUPTED },
		{ found_skip, OUTCOME_SKIP },
		{ found_exit, OUTCOME_BROKEN },
		{ found_no_work, OUTCOME_BROKEN },
		{ found_short, OUTCOME_BROKEN },
		{ found_unevaluated, OUTCOME_BROKEN },
	};

	f->r->outcome = OUTCOME_PASS;
	for (size_t i = 0; i < ARRAY_SIZE(gravest_first); i++)
		if (gravest_first[i].found(f)) {
			f->r->outcome = gravest_first[i].outcome;
			f->r->reason = f->reason;
			return;
		}
}

/* Those of the machine went on while others had their turn: only what moved in
 * the member's own turns is its own. */
static const struct counter *own_counters(struct member *m,
					  const struct case_result *r)
{
	m->own_list = xalloc((r->n_counters + 1) * sizeof(*m->own_list));
	for (size_t i = 0; i < r->n_counters; i++) {
		m->own_list[i] = r->counter[i];
		if (i < m->n_counters)
			m->own_list[i].value = m->own[i];
	}
	return m->own_list;
}

void judge(struct member *m, const struct kwatch_result *kernel, bool alone,
	   struct case_result *r)
{
	struct finding f = { m, kernel, alone, r, NULL };
	struct trial_area *a = m->area;
	char **notes = xalloc((NOTES_MAX + 1) * sizeof(*notes));

	*r = (struct case_result){ .of = m->of, .notes = notes };
	judge_metrics(m, r);
	flag_metrics(m, r);
	judge_checks(m, r);
	judge_usage(m, r);
	judge_workers(m, r);
	if (m->counters) {
		r->counter = counter_read_last(m->counters, &r->n_counters);
		if (m->own)
			r->counter = own_counters(m, r);
		r->missing = counter_missing(m->counters, &r->n_missing);
		measure_last(m, r->counter);
	}
	if (m->warm_count)
		judge_slices(m, r);
	r->stuck = m->stuck;
	r->n_stuck = m->n_stuck;
	for (; r->n_notes < a->n_notes && r->n_notes < NOTES_MAX; r->n_notes++)
		notes[r->n_notes] = a->note[r->n_notes];
	r->scratch = a->scratch.dir[0] ? &a->scratch : NULL;
	judge_outcome(&f);
}

void judge_free(struct case_result *r)
{
	for (size_t i = 0; i < r->n_metrics; i++)
		free((void *)(uintptr_t)r->metric[i].hist);
	for (size_t i = 0; i < r->n_slices; i++)
		free(r->slices[i].columns);
	free((void *)(uintptr_t)r->metric);
	free((void *)(uintptr_t)r->check);
	free((void *)(uintptr_t)r->slices);
	free((void *)(uintptr_t)r->worker_ops);
	free((void *)(uintptr_t)r->notes);
	free((void *)(uintptr_t)r->reason);
}
