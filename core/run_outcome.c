/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Outcomes: of cases by known issues and over their trials, of the run. */
#include "core/machine.h"
#include "core/run_parts.h"

void run_apply_known(struct run *run, struct case_result *r, char **text)
{
	const struct known *k =
		run->settings->known ?
			known_match(run->settings->known, r->of->id,
				    machine_release(), run->today) :
			NULL;

	if (!k)
		return;
	if (r->outcome == OUTCOME_FAIL)
		r->outcome = OUTCOME_EXPECTED_FAIL;
	else if (r->outcome == OUTCOME_PASS)
		r->outcome = OUTCOME_UNEXPECTED_PASS;
	else
		return;
	*text = known_text(k);
	r->known_issue = *text;
}

void run_remember(struct run *run, const struct case_result *r)
{
	static const unsigned badness[] = {
		[OUTCOME_PASS] = 1,
		[OUTCOME_SKIP] = 2,
		[OUTCOME_EXPECTED_FAIL] = 3,
		[OUTCOME_UNEXPECTED_PASS] = 4,
		[OUTCOME_INTERRUPTED] = 5,
		[OUTCOME_BROKEN] = 6,
		[OUTCOME_KILLED] = 7,
		[OUTCOME_HANG] = 8,
		[OUTCOME_FAIL] = 9,
	};
	unsigned i = r->of->index;

	if (!run->seen[i] || badness[r->outcome] > badness[run->worst[i]])
		run->worst[i] = r->outcome;
	run->seen[i] = true;
	if (r->outcome != OUTCOME_PASS && r->outcome != OUTCOME_SKIP &&
	    r->outcome != OUTCOME_EXPECTED_FAIL &&
	    (run->settings->fail_fast || run->settings->until_fail))
		run->stop = true;
}

static enum exit_code code_of(enum outcome o)
{
	switch (o) {
	case OUTCOME_PASS:
	case OUTCOME_SKIP:
	case OUTCOME_EXPECTED_FAIL:
		return EXIT_PASS;
	case OUTCOME_FAIL:
	case OUTCOME_UNEXPECTED_PASS:
		return EXIT_FAIL;
	case OUTCOME_HANG:
		return EXIT_HANG;
	case OUTCOME_INTERRUPTED:
		return EXIT_INTERRUPTED;
	case OUTCOME_BROKEN:
	case OUTCOME_KILLED:
		break;
	}
	return EXIT_BROKEN;
}

enum exit_code run_sum_up(struct run *run, struct run_end *end)
{
	enum exit_code code = EXIT_PASS;
	size_t skipped = 0, told = 0;

	for (size_t i = 0; i < run->plan->n_cases; i++) {
		if (!run->seen[i])
			continue;
		told++;
		end->outcomes[run->worst[i]]++;
		skipped += run->worst[i] == OUTCOME_SKIP;
		code = exit_worse(code, code_of(run->worst[i]));
	}
	if ((skipped && skipped == told) || (skipped && run->settings->strict_skip))
		code = exit_worse(code, EXIT_ALL_SKIPPED);
	if (run->interrupted)
		code = exit_worse(code, EXIT_INTERRUPTED);
	if (run->left_behind)
		code = exit_worse(code, EXIT_BROKEN);
	return code;
}
