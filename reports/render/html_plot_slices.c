/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations over time: the slices of all trials of a side, one trial after
 * the other. Warm-up is dotted, disturbed slices carry a cross.
 */
#include "reports/render/html.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define HEIGHT 96
#define TOP 16
#define BOTTOM (HEIGHT - 16)
#define RIGHT (HTML_FIGURE_WIDTH - 4)
#define LEFT 4
#define BINS 160 /* more slices are drawn as ranges */
#define CUTS 60  /* more borders of trials are not drawn */
#define VARIANTS 8
#define SLICES (1u << 20) /* of a case and side; more are left out */
#define WARM_UP 1
#define DISTURBED 2

struct slice {
	double from, to; /* seconds, trials laid end to end */
	double rate;
	unsigned flags;
};

struct line {
	struct slice *slice;
	size_t n, room;
	double length; /* seconds */
	double *cut;   /* where trials end */
	size_t trials;
	size_t warm, disturbed;
	const char *name; /* of the column */
};

static void line_free(struct line *l)
{
	free(l->slice);
	free(l->cut);
}

static void add_slice(struct line *l, double start, double seconds, double rate,
		      unsigned flags)
{
	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		l->slice = xrealloc(l->slice, l->room * sizeof(*l->slice));
	}
	l->warm += (flags & WARM_UP) != 0;
	l->disturbed += (flags & DISTURBED) != 0;
	l->slice[l->n++] = (struct slice){ start, start + seconds, rate, flags };
}

static double number_at(const json_t *list, size_t i)
{
	const json_t *v = json_array_get(list, i);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

/* The first metric's column; NULL. */
static const json_t *find_column(const json_t *slices, const char **name)
{
	size_t i;
	json_t *column;

	json_array_foreach(json_object_get(slices, "columns"), i, column)
		if (text_is(column, "source", "metric")) {
			*name = text_get(column, "name");
			return json_object_get(column, "values");
		}
	return NULL;
}

static void add_table(struct line *l, const json_t *t)
{
	const json_t *start = json_object_get(t, "start");
	const json_t *seconds = json_object_get(t, "seconds");
	const json_t *values = find_column(t, &l->name);
	const json_t *flags = json_object_get(t, "flags");
	double at = l->length, end = 0;

	for (size_t i = 0; i < json_array_size(values) && l->n < SLICES; i++) {
		double from = number_at(start, i), long_ = number_at(seconds, i);
		double rate = number_at(values, i) / long_;

		/* nobody runs for a year */
		if (!(from >= 0 && from < 3e7 && long_ > 0 && long_ < 3e7) ||
		    !(rate >= 0 && rate < 1e18))
			continue;
		add_slice(l, at + from, long_, rate,
			  (unsigned)json_integer_value(json_array_get(flags, i)));
		end = from + long_ > end ? from + long_ : end;
	}
	if (!(end > 0))
		return;
	l->length += end * 1.02;
	l->cut = xrealloc(l->cut, (l->trials + 1) * sizeof(*l->cut));
	l->cut[l->trials++] = l->length - end * 0.01;
}

static void collect(struct line *l, const struct html_case *c, int side,
		    const char *variant)
{
	for (size_t i = 0; i < c->n[side]; i++) {
		size_t k, s;
		json_t *trial, *t;

		json_array_foreach(c->part[side][i].bulk, k, trial)
			json_array_foreach(json_object_get(trial, "slices"), s, t)
				if (text_is(t, "variant", variant))
					add_table(l, t);
	}
}

/* --- drawing ------------------------------------------------------------------ */

struct frame {
	double low, high, length;
};

static void include(struct frame *f, const struct line *l)
{
	for (size_t i = 0; i < l->n; i++) {
		double rate = l->slice[i].rate;

		f->low = rate < f->low ? rate : f->low;
		f->high = rate > f->high ? rate : f->high;
	}
	f->length = l->length > f->length ? l->length : f->length;
}

static double x_of(const struct frame *f, double seconds)
{
	return LEFT + seconds / f->length * (RIGHT - LEFT);
}

static double y_of(const struct frame *f, double rate)
{
	return BOTTOM - (rate - f->low) / (f->high - f->low) * (BOTTOM - TOP);
}

/* A path of the slices for which all bits of @mask are as in @flags. */
static void draw_steps(FILE *out, const struct line *l, const struct frame *f,
		       const char *class, unsigned mask, unsigned flags)
{
	bool any = false;

	for (size_t i = 0; i < l->n; i++) {
		const struct slice *s = &l->slice[i];

		if ((s->flags & mask) != flags)
			continue;
		if (!any)
			fprintf(out, "<path class=%s d=\"", class);
		any = true;
		html_at(out, "M", x_of(f, s->from), y_of(f, s->rate));
		fprintf(out, "h%.3g", (s->to - s->from) / f->length * (RIGHT - LEFT));
	}
	if (any)
		fputs("\"/>", out);
}

static void draw_crosses(FILE *out, const struct line *l, const struct frame *f)
{
	if (!l->disturbed)
		return;
	fputs("<path class=x d=\"", out);
	for (size_t i = 0; i < l->n; i++) {
		const struct slice *s = &l->slice[i];

		if (!(s->flags & DISTURBED))
			continue;
		html_at(out, "M", x_of(f, (s->from + s->to) / 2), y_of(f, s->rate));
		fputs("m-2.5-2.5l5 5m0-5l-5 5", out);
	}
	fputs("\"/>", out);
}

struct bin {
	double low, high;
	bool used, disturbed;
};

static void fill_bins(struct bin *bins, const struct line *l, const struct frame *f)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct slice *s = &l->slice[i];
		double at = (s->from + s->to) / 2 / f->length * BINS;
		struct bin *b = &bins[at < BINS ? (size_t)at : BINS - 1];

		b->low = !b->used || s->rate < b->low ? s->rate : b->low;
		b->high = !b->used || s->rate > b->high ? s->rate : b->high;
		b->used = true;
		b->disturbed |= (s->flags & DISTURBED) != 0;
	}
}

static void draw_bins(FILE *out, const struct line *l, const struct frame *f)
{
	struct bin bins[BINS] = { 0 };

	fill_bins(bins, l, f);
	fputs("<path class=w d=\"", out);
	for (unsigned i = 0; i < BINS; i++)
		if (bins[i].used) {
			html_at(out, "M", x_of(f, (i + 0.5) / BINS * f->length),
				y_of(f, bins[i].high));
			fprintf(out, "V%.4g", y_of(f, bins[i].low) + 0.5);
		}
	fputs("\"/><path class=x d=\"", out);
	for (unsigned i = 0; i < BINS; i++)
		if (bins[i].disturbed) {
			html_at(out, "M", x_of(f, (i + 0.5) / BINS * f->length),
				BOTTOM + 3);
			fputs("v4", out);
		}
	fputs("\"/>", out);
}

static void draw_frame(FILE *out, const struct line *l, const struct frame *f)
{
	_cleanup_free_ char *high = text_value(f->high, "/s");
	_cleanup_free_ char *low = text_value(f->low, "/s");
	_cleanup_free_ char *end = xasprintf("%.3g s", l->length / 1.02);

	fprintf(out, "<path class=g d=\"M%d %dH%dM%d %dH%d\"/>", LEFT, TOP, RIGHT, LEFT,
		BOTTOM, RIGHT);
	if (l->trials <= CUTS && l->trials > 1) {
		fputs("<path class=c d=\"", out);
		for (size_t i = 0; i + 1 < l->trials; i++) {
			html_at(out, "M", x_of(f, l->cut[i]), TOP);
			fprintf(out, "V%d", BOTTOM);
		}
		fputs("\"/>", out);
	}
	html_svg_text(out, LEFT, TOP - 4, NULL, high);
	html_svg_text(out, LEFT, BOTTOM + 13, NULL, low);
	html_svg_text(out, RIGHT, BOTTOM + 13, "end", end);
}

static void draw(struct html_page *p, const struct line *l, const struct frame *f,
		 const char *caption)
{
	_cleanup_free_ char *low = text_value(f->low, "/s");
	_cleanup_free_ char *high = text_value(f->high, "/s");
	_cleanup_free_ char *text = xasprintf(
		"%zu slices of %zu trials, between %s and %s; %zu warm-up, %zu disturbed",
		l->n, l->trials, low, high, l->warm, l->disturbed);

	html_figure(p, caption, NULL, HEIGHT, text);
	draw_frame(p->out, l, f);
	if (l->n > BINS) {
		draw_bins(p->out, l, f);
	} else {
		draw_steps(p->out, l, f, "s", WARM_UP, 0);
		draw_steps(p->out, l, f, "u", WARM_UP, WARM_UP);
		draw_crosses(p->out, l, f);
	}
	html_figure_end(p->out);
}

static void slices_of(struct html_page *p, const struct html_case *c,
		      const char *variant)
{
	struct line line[HTML_SIDES] = { 0 };
	struct frame f = { INFINITY, 0, 0 };

	for (int side = 0; side < HTML_SIDES; side++) {
		collect(&line[side], c, side, variant);
		include(&f, &line[side]);
	}
	/* the axis spans a tenth of the value, so that no noise looks grave */
	f.high = f.high > 0 ? f.high : 1;
	if (f.low > 0.9 * f.high)
		f.low = 0.9 * f.high;
	for (int side = 0; side < HTML_SIDES; side++) {
		struct line *l = &line[side];
		_cleanup_free_ char *caption = xasprintf(
			"%s per second%s%s%s", l->name && *l->name ? l->name : "operations",
			*variant ? ", " : "", variant,
			!p->comparison ? "" : side == HTML_BASE ? ", base" : ", new");

		if (l->n)
			draw(p, l, &f, caption);
		line_free(l);
	}
}

static void add_variants(struct words *variants, const struct html_part *part)
{
	size_t k, s;
	json_t *trial, *t;

	json_array_foreach(part->bulk, k, trial)
		json_array_foreach(json_object_get(trial, "slices"), s, t)
			if (!words_has(variants, text_get(t, "variant")) &&
			    variants->n < VARIANTS)
				words_add(variants, text_get(t, "variant"));
}

void html_slices(struct html_page *p, const struct html_case *c)
{
	_cleanup_words_ struct words variants = { 0 };

	for (int side = HTML_SIDES - 1; side >= 0; side--)
		for (size_t i = 0; i < c->n[side]; i++)
			add_variants(&variants, &c->part[side][i]);
	if (!variants.n)
		return;
	fprintf(p->out, "<h4>Over time</h4><p class=m>Trials one after the other. "
		"Dotted: warm-up. A cross, or below many slices a tick: disturbed, "
		"not judged.</p><div class=\"figures%s\">",
		p->comparison ? " pairs" : "");
	for (size_t i = 0; i < variants.n; i++)
		slices_of(p, c, variants.word[i]);
	fputs("</div>", p->out);
}
