/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small plots inside of tables. Dots are strokes of no length with round ends:
 * one path for all. */
#include "reports/render/html.h"

#include <math.h>
#include <string.h>

#define WIDTH 150
#define MIDDLE 14
#define HEIGHT (2 * MIDDLE)
#define MARGIN 5
/* So many points fit; more are drawn as the least and greatest of a group. */
#define POINTS 48
/* No spread looks larger than it is: the axis spans at least this share. */
#define LEAST_SPAN 0.04

void html_at(FILE *out, const char *command, double x, double y)
{
	fprintf(out, "%s%.4g %.4g", command, round(x * 10) / 10, round(y * 10) / 10);
}

struct axis {
	double low, high;
};

static void axis_add(struct axis *a, double value)
{
	if (!isfinite(value))
		return;
	a->low = value < a->low ? value : a->low;
	a->high = value > a->high ? value : a->high;
}

static void axis_widen(struct axis *a)
{
	double middle = a->low / 2 + a->high / 2;
	double least = fabs(middle) * LEAST_SPAN / 2;

	if (a->high - a->low > 2 * least)
		return;
	if (!(least > 0))
		least = 1;
	a->low = middle - least;
	a->high = middle + least;
}

static double place(const struct axis *a, double value, double from, double to)
{
	return from + (value - a->low) / (a->high - a->low) * (to - from);
}

static void open_plot(FILE *out, double width, double height)
{
	fprintf(out, "<svg class=p role=img viewBox=\"0 0 %g %g\"><title>", width,
		height);
}

/* --- values in their order ---------------------------------------------------- */

/* At most 2 * POINTS of the values: the extremes of each group, in order. */
static size_t thin(const double *value, size_t n, double *x, double *y)
{
	size_t groups = n > POINTS ? POINTS / 2 : n, k = 0;

	for (size_t g = 0; g < groups; g++) {
		size_t from = n * g / groups, to = n * (g + 1) / groups;
		size_t low = from, high = from;

		for (size_t i = from; i < to; i++) {
			if (!isfinite(value[i]))
				continue;
			if (!(value[i] >= value[low]))
				low = i;
			if (!(value[i] <= value[high]))
				high = i;
		}
		for (unsigned second = 0; second < (low == high ? 1 : 2); second++) {
			size_t i = (low < high) != (second == 1) ? low : high;

			if (!isfinite(value[i]))
				continue;
			x[k] = n > 1 ? (double)i / (n - 1) : 0.5;
			y[k++] = value[i];
		}
	}
	return k;
}

static void list_values(FILE *out, const double *value, size_t n, const char *unit)
{
	for (size_t i = 0; i < n && i < 12; i++) {
		_cleanup_free_ char *text = text_value(value[i], unit);

		fputs(i ? ", " : "", out);
		html_text(out, text);
	}
	if (n > 12)
		fprintf(out, " and %zu more", n - 12);
}

void html_plot_trials(FILE *out, const double *value, size_t n, const char *unit)
{
	struct axis a = { INFINITY, -INFINITY };
	double x[2 * POINTS], y[2 * POINTS];
	size_t k = thin(value, n, x, y);

	for (size_t i = 0; i < k; i++)
		axis_add(&a, y[i]);
	if (k < 2)
		return;
	axis_widen(&a);
	open_plot(out, WIDTH, HEIGHT);
	fputs("in turn: ", out);
	list_values(out, value, n, unit);
	fputs("</title><path class=l d=\"", out);
	for (size_t i = 0; i < k; i++)
		html_at(out, i ? "L" : "M", MARGIN + x[i] * (WIDTH - 2 * MARGIN),
			place(&a, y[i], HEIGHT - MARGIN, MARGIN));
	fputs("\"/><path class=d d=\"", out);
	for (size_t i = 0; i < k; i++) {
		html_at(out, "M", MARGIN + x[i] * (WIDTH - 2 * MARGIN),
			place(&a, y[i], HEIGHT - MARGIN, MARGIN));
		fputs("h0", out);
	}
	fputs("\"/></svg>", out);
}

/* --- values of two sides ------------------------------------------------------ */

static void list_side(FILE *out, const char *label, const json_t *list,
		      const char *unit, struct axis *a)
{
	size_t n = json_array_size(list);

	fputs(label, out);
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		_cleanup_free_ char *text = NULL;

		if (!json_is_number(v))
			continue;
		axis_add(a, json_number_value(v));
		if (i >= 12)
			continue;
		text = text_value(json_number_value(v), unit);
		fputs(i ? ", " : "", out);
		html_text(out, text);
	}
	if (n > 12)
		fprintf(out, " and %zu more", n - 12);
}

/* Many values: those of at most 2 * WIDTH different places. */
static void draw_side(FILE *out, const char *class, const char *mark, double y,
		      const json_t *list, const struct axis *a)
{
	bool taken[2 * WIDTH] = { false };
	size_t i;
	json_t *v;

	fprintf(out, "<path class=%s d=\"", class);
	json_array_foreach(list, i, v) {
		double x;
		size_t at;

		if (!json_is_number(v))
			continue;
		x = place(a, json_number_value(v), MARGIN, WIDTH - MARGIN);
		at = x > 0 ? (size_t)(x * 2) : 0;
		if (at >= ARRAY_SIZE(taken) || taken[at])
			continue;
		taken[at] = true;
		html_at(out, "M", x, y);
		fputs(mark, out);
	}
	fputs("\"/>", out);
}

void html_plot_sides(FILE *out, const json_t *base, const json_t *new,
		     const char *unit)
{
	struct axis a = { INFINITY, -INFINITY };

	open_plot(out, WIDTH, HEIGHT);
	list_side(out, "base: ", base, unit, &a);
	list_side(out, "; new: ", new, unit, &a);
	fputs("</title>", out);
	if (isfinite(a.low)) {
		axis_widen(&a);
		draw_side(out, "k", "v10", 2, base, &a);
		draw_side(out, "d", "h0", 21, new, &a);
	}
	fputs("</svg>", out);
}

/* --- intervals ---------------------------------------------------------------- */

#define CENTRE 100
#define SPAN (2 * CENTRE)

double html_plot_scale(const json_t *rows)
{
	static const char *const bounds[] = { "change", "low", "high", "threshold" };
	double scale = 0.01;
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
		for (size_t k = 0; k < ARRAY_SIZE(bounds); k++) {
			double v = fabs(js_get_number(row, bounds[k], 0));

			/* one wild row must not flatten the rest */
			if (v <= 0.5 && v > scale)
				scale = v;
			else if (v > 0.5)
				scale = 0.5;
		}
	return scale * 1.1;
}

static double across(double change, double scale)
{
	double x = CENTRE + change / scale * CENTRE;

	return x < 4 ? 4 : x > SPAN - 4 ? SPAN - 4 : x;
}

/* Its shape tells the verdict: down, up, square, hollow. */
static void mark(FILE *out, const char *verdict, double x)
{
	const char *shape = "-5-0l5-5l5 5l-5 5z", *class = "o odd";

	if (!strcmp(verdict, "regressed")) {
		shape = "-6-5h12l-6 10z";
		class = "f bad";
	} else if (!strcmp(verdict, "improved")) {
		shape = "-6 5h12l-6-10z";
		class = "f good";
	} else if (!strcmp(verdict, "unchanged")) {
		shape = "-4-4h8v8h-8z";
		class = "f same";
	}
	fprintf(out, "<path class=\"%s\" d=\"", class);
	html_at(out, "M", x, MIDDLE);
	fprintf(out, "m%s\"/>", shape);
}

void html_plot_interval(FILE *out, const json_t *row, double scale)
{
	double change = js_get_number(row, "change", NAN);
	double low = js_get_number(row, "low", NAN);
	double high = js_get_number(row, "high", NAN);
	double threshold = js_get_number(row, "threshold", 0);
	_cleanup_free_ char *text = html_percent(change), *from = html_percent(low),
			    *to = html_percent(high);

	if (!isfinite(change))
		return;
	open_plot(out, SPAN, HEIGHT);
	fprintf(out, "%s, interval %s to %s</title>",
		text, *from ? from : "unknown", *to ? to : "unknown");
	if (isfinite(threshold) && threshold > 0) {
		double left = across(-threshold, scale), right = across(threshold, scale);

		fprintf(out, "<path class=t d=\"M%.4g 0H%.4gV%dH%.4gz\"/>", left, right,
			HEIGHT, left);
	}
	fprintf(out, "<path class=z d=\"M%d 0v%d\"/>", CENTRE, HEIGHT);
	if (isfinite(low) && isfinite(high)) {
		double left = across(low, scale), right = across(high, scale);

		html_at(out, "<path class=i d=\"M", left, MIDDLE);
		fprintf(out, "H%.4g", right);
		html_at(out, "M", left, MIDDLE - 4);
		fputs("v8", out);
		html_at(out, "M", right, MIDDLE - 4);
		fputs("v8\"/>", out);
	}
	mark(out, text_get(row, "verdict"), across(change, scale));
	fputs("</svg>", out);
}
