/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/matrix_crash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/output.h"

#define CRASH_SCHEMA "strain-crash/1"

void matrix_crash_progress(const struct crash_run *r, const char *text)
{
	if (r->draws)
		fprintf(stderr, "\r\033[K%.*s", 78, text);
}

/* Not as it should have been: a cut that broke a promise, a control that did not or
 * of which nothing is known. */
static bool is_wrong(const struct crash_cut *cut)
{
	return !cut->control ? cut->outcome != CRASH_KEPT :
			       cut->outcome == CRASH_KEPT || cut->outcome == CRASH_UNKNOWN;
}

static void print_wrong(const struct crash_pass *p)
{
	unsigned shown = 0;

	for (size_t i = 0; i < p->n && shown < 5; i++) {
		const struct crash_cut *cut = &p->cut[i];

		if (!is_wrong(cut))
			continue;
		printf("  %s %zu: %s%s%s\n", cut->control ? "control" : "cut", i + 1,
		       crash_outcome_name(cut->outcome), cut->why ? ": " : "",
		       cut->why ? cut->why : "");
		shown++;
	}
}

void matrix_crash_print(const struct crash_run *r, const char *kernel,
		       const struct crash_plan *plan, const struct crash_pass *p)
{
	unsigned bad = crash_pass_bad(p, false), torn = 0;

	matrix_crash_progress(r, "");
	if (r->args->json)
		return;
	printf("%-16s %-5s %-8s %-6s", kernel, plan->filesystem, plan->writer, plan->mode);
	if (p->skipped) {
		printf(" skipped: %s\n", p->skipped);
		return;
	}
	for (size_t i = 0; i < p->n; i++)
		torn += !p->cut[i].control && p->cut[i].torn;
	printf(" %u of %u cuts kept, %u of %u controls found out", plan->cuts - bad,
	       plan->cuts, crash_pass_found(p), plan->controls);
	if (!strcmp(plan->writer, "atomic"))
		printf(", ordinary writes torn in %u", torn);
	printf(", %" PRIu64 " promises", p->promises);
	if (p->kills)
		printf(", %u kills", p->kills);
	printf(", %.0f s\n", p->seconds);
	print_wrong(p);
	if (!bad && !crash_pass_proves(p))
		printf("  not every control was found out: this pass proves nothing\n");
	fflush(stdout);
}

enum exit_code matrix_crash_document(const struct crash_run *r)
{
	_cleanup_json_ json_t *doc = json_object();
	_cleanup_free_ char *why = NULL;

	js_set(doc, "schema", js_text(CRASH_SCHEMA));
	js_set(doc, "strain", js_text(STRAIN_VERSION));
	js_set(doc, "commit", js_text(STRAIN_COMMIT));
	js_set(doc, "exit_code", json_integer(r->code));
	js_set(doc, "passes", json_incref(r->passes));
	if (r->args->json)
		js_print(doc, stdout);
	if (!r->args->output || !output_document(r->args->output, doc, &why))
		return r->code;
	error("%s", why);
	return exit_worse(r->code, EXIT_BROKEN);
}
