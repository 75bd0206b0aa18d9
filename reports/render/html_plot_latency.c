/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Latency distributions: the histograms of all trials of a side together, on a
 * logarithmic axis, eight bars to a doubling; below them the percentiles.
 */
#include "reports/render/html.h"

#include <math.h>
#include <string.h>

#include "core/hist.h"

#define PER_DOUBLING 8
#define BARS (PER_DOUBLING * (HIST_TOP_BITS + 1))
#define FIGURES 12
#define LEFT 6
#define RIGHT (HTML_FIGURE_WIDTH - 6)
#define TOP 14
#define FLOOR 92 /* of the bars */
#define ROW 15   /* of a side's percentiles */

static const double shares[] = { 0.5, 0.9, 0.99, 0.999 };
static const char *const share_names[] = { "p50", "p90", "p99", "p99.9" };

struct distribution {
	struct hist *hist;
	double bar[BARS]; /* share of the records */
};

struct frame {
	unsigned first, last; /* bars */
	double high;
};

static bool layout_known(const json_t *report)
{
	const json_t *l = json_object_get(json_object_get(report, "bulk"),
					  "histogram_layout");

	return text_is(l, "unit", "ns") &&
	       js_get_number(l, "sub_bits", 0) == HIST_SUB_BITS &&
	       js_get_number(l, "top_bits", 0) == HIST_TOP_BITS;
}

static uint64_t positive(const json_t *number)
{
	json_int_t v = json_integer_value(number);

	return v > 0 ? (uint64_t)v : 0;
}

static void add_histogram(struct hist *into, const json_t *h)
{
	uint64_t low = positive(json_object_get(h, "min"));
	uint64_t high = positive(json_object_get(h, "max"));
	size_t i;
	json_t *bucket;

	into->min = !into->count || low < into->min ? low : into->min;
	into->max = high > into->max ? high : into->max;
	json_array_foreach(json_object_get(h, "buckets"), i, bucket) {
		uint64_t index = positive(json_array_get(bucket, 0));
		uint64_t n = positive(json_array_get(bucket, 1));

		if (index >= HIST_BUCKETS)
			continue;
		into->bucket[index] += n;
		into->count += n;
	}
}

static void collect(struct distribution *d, const struct html_case *c, int side,
		    const char *metric, const char *variant)
{
	size_t k, i;
	json_t *trial, *h;

	d->hist = xalloc(sizeof(*d->hist));
	for (size_t part = 0; part < c->n[side]; part++) {
		if (!layout_known(c->part[side][part].report))
			continue;
		json_array_foreach(c->part[side][part].bulk, k, trial)
			json_array_foreach(json_object_get(trial, "histograms"), i, h)
				if (text_is(h, "metric", metric) &&
				    text_is(h, "variant", variant))
					add_histogram(d->hist, h);
	}
	for (unsigned b = 0; b < HIST_BUCKETS && d->hist->count; b++) {
		double at = log2((double)hist_middle(b) + 0.5) * PER_DOUBLING;
		unsigned bar = at > 0 ? (unsigned)at : 0;

		d->bar[bar < BARS ? bar : BARS - 1] +=
			(double)d->hist->bucket[b] / d->hist->count;
	}
}

static void include(struct frame *f, const struct distribution *d)
{
	for (unsigned i = 0; i < BARS; i++) {
		if (!(d->bar[i] > 0))
			continue;
		f->first = i < f->first ? i : f->first;
		f->last = i > f->last ? i : f->last;
		f->high = d->bar[i] > f->high ? d->bar[i] : f->high;
	}
}

/* --- drawing ------------------------------------------------------------------ */

static double x_of(const struct frame *f, double bar)
{
	double x = LEFT + (bar - f->first) / (f->last + 1 - f->first) * (RIGHT - LEFT);

	return x < LEFT ? LEFT : x > RIGHT ? RIGHT : x;
}

static double x_of_time(const struct frame *f, double ns)
{
	return x_of(f, log2(ns > 1 ? ns : 1) * PER_DOUBLING);
}

static void draw_bars(FILE *out, const struct distribution *d, const struct frame *f,
		      bool base)
{
	double before = FLOOR;

	if (!d->hist->count)
		return;
	fprintf(out, "<path class=%s d=\"M%d %d", base ? "hb" : "h", LEFT, FLOOR);
	for (unsigned i = f->first; i <= f->last; i++) {
		double y = FLOOR - d->bar[i] / f->high * (FLOOR - TOP);

		/* what is there is seen: at least half a pixel */
		if (d->bar[i] > 0 && y > FLOOR - 0.7)
			y = FLOOR - 0.7;
		if (round(y * 10) == round(before * 10))
			continue;
		fprintf(out, "H%.4g", x_of(f, i));
		fprintf(out, "V%.4g", round(y * 10) / 10);
		before = y;
	}
	fprintf(out, "H%dV%d\"/>", RIGHT, FLOOR);
}

static void draw_percentiles(FILE *out, const struct distribution *d,
			     const struct frame *f, bool base, double y)
{
	double from = x_of_time(f, hist_percentile(d->hist, shares[0]));

	if (!d->hist->count)
		return;
	fprintf(out, "<path class=i d=\"M%.4g %.4gH%.4g", from, y,
		x_of_time(f, d->hist->max));
	for (unsigned i = 1; i < ARRAY_SIZE(shares); i++) {
		html_at(out, "M",
			x_of_time(f, hist_percentile(d->hist, shares[i])), y - 4);
		fputs("v8", out);
	}
	fputs("\"/>", out);
	html_at(out, base ? "<path class=k d=\"M" : "<path class=d d=\"M", from,
		base ? y - 5 : y);
	fputs(base ? "v10\"/>" : "h0\"/>", out);
}

/* Ticks at 1, 10, 100 ...; where the axis is short at 2 and 5 as well. */
static void draw_axis(FILE *out, const struct frame *f)
{
	static const double steps[] = { 1, 2, 5 };
	bool fine = f->last - f->first < 6 * PER_DOUBLING;
	double last = -100;

	fprintf(out, "<path class=g d=\"M%d %dH%d\"/>", LEFT, FLOOR, RIGHT);
	for (double decade = 1; decade < 2e12; decade *= 10)
		for (unsigned i = 0; i < (fine ? 3 : 1); i++) {
			double ns = decade * steps[i];
			double bar = log2(ns) * PER_DOUBLING, x = x_of(f, bar);
			_cleanup_free_ char *text = text_value(ns, "ns");

			if (bar < f->first || bar > f->last + 1 || x - last < 42)
				continue;
			last = x;
			html_at(out, "<path class=g d=\"M", x, FLOOR);
			fputs("v4\"/>", out);
			html_svg_text(out, x, FLOOR + 14,
				      x < 20		       ? NULL :
				      x > HTML_FIGURE_WIDTH - 20 ? "end" :
								   "middle",
				      text);
		}
}

/* "p50 3.41 us, ..., max 1 ms" */
static char *describe(const struct distribution *d)
{
	_cleanup_free_ char *most = text_value((double)d->hist->max, "ns");
	struct str s = STR_INIT;

	for (unsigned i = 0; i < ARRAY_SIZE(shares); i++) {
		_cleanup_free_ char *text = text_value(
			(double)hist_percentile(d->hist, shares[i]), "ns");

		/* fewer than ten records beyond it say nothing */
		if (d->hist->count * (1 - shares[i]) >= 10)
			str_addf(&s, "%s %s, ", share_names[i], text);
	}
	str_addf(&s, "max %s, of %.0f", most, (double)d->hist->count);
	return str_take(&s);
}

static char *describe_both(const struct distribution *d, bool compared)
{
	_cleanup_free_ char *base = describe(&d[HTML_BASE]);
	_cleanup_free_ char *new = describe(&d[HTML_NEW]);

	if (!compared)
		return describe(&d[HTML_NEW]);
	return xasprintf("base: %s; new: %s", d[HTML_BASE].hist->count ? base : "none",
			 d[HTML_NEW].hist->count ? new : "none");
}

static void latency_of(struct html_page *p, const struct html_case *c,
		       const char *metric, const char *variant)
{
	struct distribution *d = xalloc(HTML_SIDES * sizeof(*d));
	struct frame f = { BARS, 0, 0 };
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *caption =
		xasprintf("%s%s%s", metric, *variant ? ", " : "", variant);

	for (int side = 0; side < HTML_SIDES; side++) {
		collect(&d[side], c, side, metric, variant);
		include(&f, &d[side]);
	}
	if (f.high > 0) {
		text = describe_both(d, p->comparison);
		html_figure(p, caption, text,
			    FLOOR + 20 + (p->comparison ? 2 : 1) * ROW,
			    "histogram on a logarithmic axis");
		draw_axis(p->out, &f);
		for (int side = 0; side < HTML_SIDES; side++) {
			draw_bars(p->out, &d[side], &f, side == HTML_BASE);
			draw_percentiles(p->out, &d[side], &f, side == HTML_BASE,
					 FLOOR + 26 +
						 (side && p->comparison ? ROW : 0));
		}
		html_figure_end(p->out);
	}
	for (int side = 0; side < HTML_SIDES; side++)
		free(d[side].hist);
	free(d);
}

/* Pairs METRIC "\n" VARIANT. */
static void add_names(struct words *names, const struct html_part *part)
{
	size_t k, i;
	json_t *trial, *h;

	json_array_foreach(part->bulk, k, trial)
		json_array_foreach(json_object_get(trial, "histograms"), i, h) {
			_cleanup_free_ char *name = xasprintf(
				"%s\n%s", text_get(h, "metric"), text_get(h, "variant"));

			if (names->n < FIGURES && !words_has(names, name))
				words_add(names, name);
		}
}

void html_latencies(struct html_page *p, const struct html_case *c)
{
	_cleanup_words_ struct words names = { 0 };

	for (int side = HTML_SIDES - 1; side >= 0; side--)
		for (size_t i = 0; i < c->n[side]; i++)
			add_names(&names, &c->part[side][i]);
	if (!names.n)
		return;
	fprintf(p->out, "<h4>Latency</h4><p class=m>All trials together, logarithmic "
		"axis.%s Below: a %s at the median, bars at p90, p99 and p99.9, a line "
		"to the greatest.</p><div class=figures>",
		p->comparison ? " Filled: new; outline: base." : "",
		p->comparison ? "dot (new) or thick bar (base)" : "dot");
	for (size_t i = 0; i < names.n; i++) {
		char *cut = strchr(names.word[i], '\n');

		*cut = '\0';
		latency_of(p, c, names.word[i], cut + 1);
	}
	fputs("</div>", p->out);
}
