/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text: what a run printed at its end, or strain compare. */
#include "reports/render/render.h"

#include "reports/compare/compare.h"

struct text_opts {
	bool metrics, all, quiet;
};

/* clang-format off */
const struct option render_text_options[] = {
	OPTION(struct text_opts, metrics, .help = "all metrics and counters of every case"),
	OPTION(struct text_opts, all, .letter = 'a',
	       .help = "all metrics and differences of a comparison"),
	OPTION(struct text_opts, quiet, .letter = 'q',
	       .help = "only what is wrong: cases that did not pass, metrics that changed"),
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

	(void)why;
	if (in->comparison) {
		compare_text(in->comparison, &style,
			     &(struct compare_show){ opts->all, opts->quiet }, out);
		return 0;
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
