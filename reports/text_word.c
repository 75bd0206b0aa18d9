/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words, values and the terminal: what every part of the renderer uses. */
#include "reports/text.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/value.h"

#define NARROWEST 80

unsigned text_terminal(int fd)
{
	const char *term = getenv("TERM");
	struct winsize size;

	if (!isatty(fd) || !term || !*term || !strcmp(term, "dumb"))
		return 0;
	if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return NARROWEST;
}

struct text_style text_style(int fd)
{
	const char *columns = getenv("COLUMNS"), *no_color = getenv("NO_COLOR");
	struct text_style style = { .width = text_terminal(fd) };
	uint64_t wanted;

	style.colour = style.width && !(no_color && *no_color);
	if (columns && !value_count(columns, &wanted) && wanted < 10000)
		style.width = wanted;
	style.wrap = style.width;
	if (style.width < NARROWEST)
		style.width = NARROWEST;
	return style;
}

void text_word(FILE *out, const struct text_style *style, enum text_colour colour,
	       int width, const char *word)
{
	static const char *const codes[] = { "", "\033[32m", "\033[31m", "\033[33m" };
	bool on = style->colour && colour != TEXT_PLAIN;

	fprintf(out, "%s%s%s%*s", on ? codes[colour] : "", word,
		on ? "\033[0m" : "",
		width > (int)strlen(word) ? width - (int)strlen(word) : 0, "");
}

char *text_clean(const char *text)
{
	char *copy = xstrdup(text ? text : "");
	unsigned char before = 0;

	for (char *at = copy; *at; at++) {
		unsigned char c = *at;

		/* the C1 controls of Unicode are 0xc2 0x80 to 0xc2 0x9f */
		if (c < 0x20 || c == 0x7f || (before == 0xc2 && c < 0xa0))
			*at = c == '\n' || c == '\t' ? ' ' : '?';
		if (before == 0xc2 && c < 0xa0)
			at[-1] = '?';
		before = c;
	}
	return copy;
}

static char *duration(double ns)
{
	static const struct {
		double ns;
		const char *unit;
	} units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" }, { 0, "ns" } };
	unsigned i = 0;

	/* what rounds to 1000 of one unit is 1 of the next */
	while (units[i].ns > 0 && fabs(ns) < units[i].ns * 0.9995)
		i++;
	if (units[i].ns > 0)
		ns /= units[i].ns;
	return xasprintf("%.*f %s", fabs(ns) < 9.995 && ns != rint(ns) ? 2 :
			 fabs(ns) < 99.95 && ns != rint(ns) ? 1 : 0,
			 ns, units[i].unit);
}

static char *with_unit(double value, const char *unit)
{
	char buf[VALUE_TEXT];

	if (!isfinite(value))
		return xstrdup("-");
	if (!strcmp(unit, "ns"))
		return duration(value);
	if (!strcmp(unit, "us"))
		return duration(value * 1e3);
	if (!*unit || !strcmp(unit, "ratio"))
		return xasprintf("%.3g", value);
	if (fabs(value) < 1) /* "750m" reads like a million */
		return xasprintf("%.3g %s", value, unit);
	return xasprintf("%s %s", value_format_short(buf, value), unit);
}

/* The unit may be a hostile report's. */
char *text_value(double value, const char *unit)
{
	_cleanup_free_ char *clean = text_clean(unit);

	return with_unit(value, clean);
}

const char *text_get(const json_t *o, const char *key)
{
	const char *text = js_get_text(o, key);

	return text ? text : "";
}

bool text_is(const json_t *o, const char *key, const char *word)
{
	return !strcmp(text_get(o, key), word);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double text_median(const json_t *list)
{
	double *value = xalloc(json_array_size(list) * sizeof(*value)), median = NAN;
	size_t i, n = 0;
	json_t *member;

	json_array_foreach(list, i, member)
		if (json_is_number(member))
			value[n++] = json_number_value(member);
	qsort(value, n, sizeof(*value), compare);
	if (n)
		median = n % 2 ? value[n / 2] : (value[n / 2 - 1] + value[n / 2]) / 2;
	free(value);
	return median;
}

void text_wrap_word(struct text_wrap *w, const char *word)
{
	_cleanup_free_ char *clean = text_clean(word);
	unsigned n = strlen(clean);

	if (w->column && w->column + 1 + n > w->width) {
		fputc('\n', w->out);
		w->column = 0;
		w->indent += w->hang;
		w->hang = 0;
	}
	if (w->column)
		w->column += fprintf(w->out, " %s", clean);
	else
		w->column = fprintf(w->out, "%*s%s", w->indent, "", clean);
}

void text_wrap_end(struct text_wrap *w)
{
	if (w->column)
		fputc('\n', w->out);
	w->column = 0;
}

void text_sentence(FILE *out, const struct text_style *style, unsigned indent,
		   unsigned column, const char *before, const char *text)
{
	struct text_wrap w = { out, style->wrap ? style->width : UINT_MAX, indent,
			       column, 2 };
	_cleanup_free_ char *line = xasprintf("%s%s", before, text);
	char *rest = line, *word;

	while ((word = strsep(&rest, " \t\n")))
		if (*word)
			text_wrap_word(&w, word);
	text_wrap_end(&w);
}
