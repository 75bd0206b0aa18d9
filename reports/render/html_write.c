/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Escaped text, numbers and words of the page. */
#include "reports/render/html.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/value.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* Length of the UTF-8 sequence at @s and its code point; 0: it is none. */
static size_t decode(const unsigned char *s, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *s < 0x80 ? 1 : *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;

	if ((*s >= 0x80 && *s < 0xc2) || *s > 0xf4)
		return 0;
	*code = n == 1 ? *s : *s & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (n > 1 && (*code < least[n] || *code > 0x10ffff ||
		      (*code >= 0xd800 && *code < 0xe000)))
		return 0;
	return n;
}

/* Not allowed in HTML, or able to make text look like another. */
static bool refused(uint32_t c)
{
	return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	       (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

static const char *entity(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	return NULL;
}

void html_text(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)(text ? text : "");

	while (*s) {
		uint32_t code = 0;
		size_t n = decode(s, &code);
		const char *instead = n ? entity(*s) : NULL;

		if (!n || refused(code))
			fputs(REPLACEMENT, out);
		else if (instead)
			fputs(instead, out);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
}

void html_in(FILE *out, const char *tag, const char *text)
{
	fprintf(out, "<%s>", tag);
	html_text(out, text);
	fprintf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

/* A longer one may stand below its number. */
#define UNIT_LONG 12

void html_cell(FILE *out, const char *label, double value, const char *unit)
{
	_cleanup_free_ char *text = NULL;
	char buf[VALUE_TEXT];

	if (!isfinite(value)) {
		fputs("<td class=n></td>", out);
		return;
	}
	text = *unit ? text_value(value, unit) : xstrdup(value_format_short(buf, value));
	fputs(strlen(unit) > UNIT_LONG ? "<td class=\"n long\"" : "<td class=n", out);
	if (label)
		fprintf(out, " data-l=\"%s\"", label);
	fprintf(out, " data-v=%.5g>", value);
	html_text(out, text);
	fputs("</td>", out);
}

char *html_percent(double ratio)
{
	double percent = ratio * 100;
	int digits = fabs(percent) < 0.995 ? 2 : fabs(percent) < 99.5 ? 1 : 0;

	if (!isfinite(percent))
		return xstrdup("");
	if (fabs(percent) > 1e6)
		return xasprintf("%+.1e %%", percent);
	return xasprintf("%+.*f %%", digits, percent);
}

void html_change(FILE *out, double ratio)
{
	_cleanup_free_ char *text = html_percent(ratio);

	if (*text)
		fprintf(out, "<td class=n data-v=%.5g>%s</td>", ratio,
			text);
	else
		fputs("<td class=n></td>", out);
}

/* In order of importance. */
static const struct {
	const char *word, *colour, *sign;
} words[] = {
	{ "regressed", "bad", "▼" },
	{ "panic", "bad", "✗" },
	{ "oops", "bad", "✗" },
	{ "fail", "bad", "✗" },
	{ "hang", "bad", "✗" },
	{ "killed", "bad", "✗" },
	{ "no-boot", "odd", "!" },
	{ "truncated", "odd", "!" },
	{ "timeout", "odd", "!" },
	{ "qemu-failed", "odd", "!" },
	{ "broken", "odd", "!" },
	{ "unexpected-pass", "odd", "!" },
	{ "interrupted", "odd", "!" },
	{ "incomplete", "odd", "!" },
	{ "improved", "good", "▲" },
	{ "changed", "odd", "≠" },
	{ "expected-fail", "odd", "–" },
	{ "inconclusive", "odd", "?" },
	{ "unchanged", "same", "=" },
	{ "same", "same", "=" },
	{ "pass", "good", "✓" },
	{ "skip", "same", "–" },
	{ "skipped", "same", "–" },
};

unsigned html_gravity(const char *word)
{
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].word, word))
			return i;
	return ARRAY_SIZE(words);
}

void html_word(FILE *out, const char *word)
{
	unsigned i = html_gravity(word);

	if (i == ARRAY_SIZE(words)) {
		html_in(out, "b", word);
		return;
	}
	fprintf(out, "<b class=%s><span aria-hidden=true>%s</span> %s</b>",
		words[i].colour, words[i].sign, words[i].word);
}
