/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a case's trial ended, and why. */
#include <stdio.h>
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

void judge_outcome(struct member *m, const struct kwatch_result *kernel, bool alone,
		   struct case_result *r)
{
	struct finding f = { m, kernel, alone, r, NULL };
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

	r->outcome = OUTCOME_PASS;
	for (size_t i = 0; i < ARRAY_SIZE(gravest_first); i++)
		if (gravest_first[i].found(&f)) {
			r->outcome = gravest_first[i].outcome;
			r->reason = f.reason;
			return;
		}
}
