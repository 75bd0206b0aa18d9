/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text: what a run printed at its end, or strain compare. */
#include "reports/render.h"

#include <errno.h>

struct text_opts {
	bool metrics, quiet;
};

/* clang-format off */
const struct option render_text_options[] = {
	OPTION(struct text_opts, metrics, .help = "all metrics and counters of every case"),
	OPTION(struct text_opts, quiet, .letter = 'q',
	       .help = "only cases that did not pass, and what is wrong"),
	{}
};
/* clang-format on */

static void print_heading(const json_t *report, FILE *out)
{
	_cleanup_free_ char *kernel = text_clean(render_kernel(report));
	_cleanup_free_ char *when =
		render_time(js_get_number(report, "started", -1), true);

	fprintf(out, "%s%s%s\n", *kernel ? kernel : "kernel not known",
		*when ? ", started " : "", when);
}

static int render(const struct render_input *in, const void *values, FILE *out,
		  char **why)
{
	const struct text_opts *opts = values;
	struct text_style style = in->style;

	if (in->comparison) {
		*why = xstrdup("a comparison is printed by 'strain compare'");
		return -EINVAL;
	}
	style.metrics = opts->metrics;
	style.quiet = opts->quiet;
	for (size_t i = 0; i < in->n_reports; i++) {
		if (i)
			fputc('\n', out);
		if (in->n_reports > 1)
			print_heading(in->reports[i], out);
		report_text(in->reports[i], in->paths[i], &style, out);
	}
	return 0;
}

const struct renderer render_text = {
	.name = "text",
	.summary = "the table that ends a run, or that of strain compare",
	.rows = render_text_options,
	.size = sizeof(struct text_opts),
	.render = render,
};
