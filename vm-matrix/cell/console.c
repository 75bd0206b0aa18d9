/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/cell/console.h"

#include <string.h>

#include "core/kwatch_patterns.h"

/* Behind one "[...]" and the blanks around it; @text when there is none. */
static const char *skip_bracket(const char *text, const char *of)
{
	const char *p = text + strspn(text, " ");
	size_t n;

	if (*p != '[')
		return text;
	n = 1 + strspn(p + 1, of);
	if (n == 1 || p[n] != ']')
		return text;
	return p + n + 1 + strspn(p + n + 1, " ");
}

const char *cell_console_text(const char *line)
{
	const char *text = skip_bracket(line, " .0123456789");

	/* who printed it, CONFIG_PRINTK_CALLER */
	return text == line ? line : skip_bracket(text, " TC0123456789");
}

static bool is_oops(const struct kwatch_pattern *p, const char *text)
{
	if (p && !strcmp(p->kind, "oops"))
		return true;
	if (p && !strcmp(p->kind, "bug"))
		return !strncmp(p->start, "kernel", 6) || !strncmp(p->start, "Kernel", 6);
	/* as die() of every architecture counts them */
	return strstr(text, " [#1]") != NULL;
}

static void judge_line(struct cell_console *c, const char *line)
{
	const char *text = cell_console_text(line);
	const struct kwatch_pattern *p = kwatch_match(text);
	char **to = NULL;

	if (p && (!p->kind || p->flags & (KWATCH_TOLD | KWATCH_CUT)))
		return;
	if (p && !strcmp(p->kind, "panic"))
		to = &c->panic;
	else if (is_oops(p, text))
		to = &c->oops;
	else if (p)
		to = &c->complaint;
	if (to && !*to)
		*to = xstrdup(text);
}

static void end_line(struct cell_console *c)
{
	char **slot = &c->line[c->lines % CONSOLE_TAIL];

	c->now[c->n] = '\0';
	judge_line(c, c->now);
	free(*slot);
	*slot = xstrdup(c->now);
	c->lines++;
	c->n = 0;
}

/* True while @byte belongs to a control sequence (ECMA-48: ESC [ ... letter). */
static bool in_escape(struct cell_console *c, unsigned char byte)
{
	if (byte == '\033') {
		c->escape = 1;
		return true;
	}
	if (!c->escape)
		return false;
	if (c->escape == 1 && byte == '[')
		c->escape = 2;
	else if (c->escape == 1 || (byte >= '@' && byte <= '~'))
		c->escape = 0;
	return true;
}

void cell_console_add(struct cell_console *c, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte == '\n') {
			c->escape = 0;
			end_line(c);
		} else if (!in_escape(c, byte) && byte != '\r' &&
			   c->n < sizeof(c->now) - 1) {
			c->now[c->n++] = byte < ' ' || byte == 0x7f ? ' ' : (char)byte;
		}
	}
}

void cell_console_tail(const struct cell_console *c, size_t max, struct words *out)
{
	unsigned long first = c->lines > CONSOLE_TAIL ? c->lines - CONSOLE_TAIL : 0;
	size_t unfinished = c->n > 0;

	if (c->lines - first + unfinished > max)
		first = c->lines + unfinished - max;
	for (unsigned long i = first; i < c->lines; i++)
		words_add(out, c->line[i % CONSOLE_TAIL]);
	if (unfinished && max) {
		_cleanup_str_ struct str last = STR_INIT;

		str_add_n(&last, c->now, c->n);
		words_add(out, last.buf);
	}
}

void cell_console_free(struct cell_console *c)
{
	for (size_t i = 0; i < CONSOLE_TAIL; i++)
		free(c->line[i]);
	free(c->panic);
	free(c->oops);
	free(c->complaint);
	*c = (struct cell_console){ 0 };
}
