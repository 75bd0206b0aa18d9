/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "series:*-cloud": kernels that nobody listed, as the archive offers them. */
#include <stdlib.h>
#include <string.h>

#include "vm-matrix/plan/parts.h"

/* A series of the pattern at hand. */
struct found {
	char *name;               /* "6.12-cloud" */
	struct plan_row *listed;  /* the file has it by its name; NULL: it has not */
	struct words arches;      /* that have it */
};

struct finds {
	struct found *found;
	size_t n;
};

static void finds_free(struct finds *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->found[i].name);
		words_free(&f->found[i].arches);
	}
	free(f->found);
}

static const struct plan_kernel *kernel_of(const struct plan_row *row)
{
	return (const void *)row;
}

static char *name_of(const struct plan_kernel *pattern, const char *series)
{
	return xasprintf("%s%s%s", series, *pattern->flavour ? "-" : "", pattern->flavour);
}

bool kernels_have_pattern(const struct rows *kernels)
{
	for (size_t i = 0; i < kernels->n; i++)
		if (kernel_of(kernels->row[i])->pattern)
			return true;
	return false;
}

/* Is it a listed one of the series and the flavour of the pattern? */
static bool covers(const struct plan_kernel *pattern, const struct plan_row *row)
{
	const char *source = kernel_of(row)->source, *dash;
	_cleanup_free_ char *series = NULL;

	if (kernel_of(row)->pattern || strncmp(source, "series:", 7))
		return false;
	source += 7;
	dash = strchr(source, '-');
	series = xasprintf("%.*s", dash ? (int)(dash - source) : (int)strlen(source), source);
	return cell_fits(pattern->pattern, series) &&
	       !strcmp(dash ? dash + 1 : "", pattern->flavour);
}

static const struct plan_kernel *covered(const struct rows *kernels,
					 const struct plan_row *row)
{
	for (size_t i = 0; i < kernels->n; i++)
		if (kernel_of(kernels->row[i])->pattern &&
		    covers(kernel_of(kernels->row[i]), row))
			return kernel_of(kernels->row[i]);
	return NULL;
}

static struct found *find(struct finds *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->found[i].name, name))
			return &f->found[i];
	f->found = xrealloc(f->found, (f->n + 1) * sizeof(*f->found));
	f->found[f->n] = (struct found){ .name = xstrdup(name) };
	return &f->found[f->n++];
}

static void note(struct matrix_plan *plan, const char *arch, const char *why)
{
	_cleanup_free_ char *text = xasprintf(
		"which kernels the archive offers for %s is not known: %s", arch, why);

	if (!words_has(&plan->notes, text))
		words_add(&plan->notes, text);
}

/* Those of one architecture. *wrong: it has no such flavour, to free. */
static void ask(struct matrix_plan *plan, const struct plan_kernel *pattern,
		const char *arch, struct finds *f, char **wrong)
{
	const struct plan_archive *archive = plan->parts->archive;
	_cleanup_words_ struct words series = { 0 };
	char *why = NULL;
	enum plan_offer offer =
		archive->series(archive->ctx, arch, pattern->flavour, &series, &why);

	for (size_t i = 0; i < series.n; i++) {
		_cleanup_free_ char *name = name_of(pattern, series.word[i]);

		if (cell_fits(pattern->pattern, series.word[i]))
			words_add(&find(f, name)->arches, arch);
	}
	if (offer == PLAN_NOT_KNOWN)
		note(plan, arch, why);
	free(*wrong);
	*wrong = NULL;
	if (offer == PLAN_NO_FLAVOUR)
		*wrong = why;
	else
		free(why);
}

static bool for_arch(const struct plan_row *row, const char *arch)
{
	for (size_t i = 0; i < row->arches.n; i++)
		if (cell_fits(row->arches.word[i], arch))
			return true;
	return !row->arches.n;
}

/* A flavour that one of the architectures has is none that was misspelt. */
static char *ask_all(struct matrix_plan *plan, const struct plan_kernel *pattern,
		     const struct rows *arches, struct finds *f)
{
	_cleanup_free_ char *wrong = NULL;
	bool any = !plan->parts->archive;

	for (size_t i = 0; i < arches->n && plan->parts->archive; i++)
		if (for_arch(&pattern->row, arches->row[i]->name)) {
			ask(plan, pattern, arches->row[i]->name, f, &wrong);
			any = any || !wrong;
		}
	return any || !wrong ? NULL :
	       xasprintf("kernel '%.60s': %s", pattern->source, wrong);
}

/* 6.2 before 6.12. */
static int by_series(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	char *p, *q;
	unsigned long m = strtoul(x->name, &p, 10), n = strtoul(y->name, &q, 10);

	if (m == n) {
		m = *p == '.' ? strtoul(p + 1, NULL, 10) : 0;
		n = *q == '.' ? strtoul(q + 1, NULL, 10) : 0;
	}
	return m == n ? strcmp(x->name, y->name) : m < n ? -1 : 1;
}

static struct plan_row *make_row(struct plan_parts *parts, const struct found *found)
{
	struct plan_row *row = row_new(parts, KERNELS);
	struct plan_kernel *kernel = (void *)row;
	_cleanup_free_ char *source = xasprintf("series:%s", found->name);

	kernel->source = plan_keep(parts, source);
	row->name = kernel->source + strlen("series:");
	for (size_t i = 0; i < found->arches.n; i++)
		words_add(&row->arches, found->arches.word[i]);
	return row;
}

static char *expand(struct matrix_plan *plan, const struct plan_kernel *pattern,
		    const struct rows *kernels, const struct rows *arches, struct rows *out)
{
	struct finds f = { 0 };
	char *fault = ask_all(plan, pattern, arches, &f);

	plan->parts->patterns = true;
	for (size_t i = 0; i < kernels->n; i++)
		if (covered(kernels, kernels->row[i]) == pattern)
			find(&f, kernel_of(kernels->row[i])->source + strlen("series:"))->listed =
				kernels->row[i];
	if (f.n)
		qsort(f.found, f.n, sizeof(*f.found), by_series);
	for (size_t i = 0; i < f.n && !fault; i++)
		if (f.found[i].listed)
			rows_add(out, f.found[i].listed);
		else if (!rows_find(kernels, f.found[i].name) &&
			 !rows_find(out, f.found[i].name))
			rows_add(out, make_row(plan->parts, &f.found[i]));
	finds_free(&f);
	return fault;
}

char *kernels_offered(struct matrix_plan *plan, const struct rows *kernels,
		      const struct rows *arches, struct rows *out)
{
	char *fault = NULL;

	for (size_t i = 0; i < kernels->n && !fault; i++)
		if (kernel_of(kernels->row[i])->pattern)
			fault = expand(plan, kernel_of(kernels->row[i]), kernels, arches, out);
		else if (!covered(kernels, kernels->row[i]))
			rows_add(out, kernels->row[i]);
	return fault;
}
