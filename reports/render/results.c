/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/render/results.h"

#include <stdio.h>
#include <string.h>

#include "reports/text.h"

struct result *results_add(struct results *r, const char *group, const char *name)
{
	struct result *result;

	/* doubling: a comparison may have many */
	if (!(r->n & (r->n - 1)))
		r->result = xrealloc(r->result, (r->n ? 2 * r->n : 1) *
							sizeof(*r->result));
	result = &r->result[r->n];
	*result = (struct result){ .group = text_clean(group),
				   .name = text_clean(name), .rank = r->n };
	r->n++;
	return result;
}

void result_fail(struct result *result, enum result_status status,
		 const char *type, const char *message)
{
	result->status = status;
	result->type = type;
	free(result->message);
	result->message = text_clean(message && *message ? message : type);
}

void results_line(struct words *lines, const char *fmt, ...)
{
	_cleanup_str_ struct str s = STR_INIT;
	_cleanup_free_ char *clean = NULL;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	clean = text_clean(s.buf);
	words_add(lines, clean);
}

static int compare(const void *a, const void *b)
{
	const struct result *x = a, *y = b;

	if (x->group_rank != y->group_rank)
		return x->group_rank < y->group_rank ? -1 : 1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

void results_finish(struct results *r)
{
	_cleanup_json_ json_t *ranks = json_object();

	for (size_t i = 0; i < r->n; i++) {
		struct result *result = &r->result[i];

		if (!json_object_get(ranks, result->group))
			js_set(ranks, result->group, js_count(i));
		result->group_rank = js_get_number(ranks, result->group, 0);
		r->count[result->status]++;
	}
	if (r->n)
		qsort(r->result, r->n, sizeof(*r->result), compare);
}

void results_free(struct results *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->result[i].group);
		free(r->result[i].name);
		free(r->result[i].message);
		words_free(&r->result[i].numbers);
		words_free(&r->result[i].log);
	}
	free(r->result);
	free(r->name);
	words_free(&r->lines);
}

size_t results_group_end(const struct results *r, size_t first)
{
	size_t end = first;

	while (end < r->n && r->result[end].group_rank == r->result[first].group_rank)
		end++;
	return end;
}

bool results_bad(const struct results *r, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		if (r->result[i].status != RESULT_PASS &&
		    r->result[i].status != RESULT_SKIP &&
		    r->result[i].status != RESULT_XFAIL)
			return true;
	return false;
}
