/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/mountinfo.h"

#include <string.h>

#include "base/file.h"

static bool is_octal(const char *p)
{
	for (int i = 0; i < 3; i++)
		if (p[i] < '0' || p[i] > '7')
			return false;
	return true;
}

/* Blanks and backslashes are written as \040 and so on. In place. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && is_octal(text + 1)) {
			*to++ = (char)((text[1] - '0') * 64 +
				       (text[2] - '0') * 8 + (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

bool mountinfo_parse(const char *line, struct mount_row *row)
{
	char *at = row->line = xstrdup(line);
	/* id parent major:minor root target options [tags] - type source super */
	char *skipped[3], *word = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(skipped); i++)
		skipped[i] = strsep(&at, " ");
	row->root = strsep(&at, " ");
	row->target = strsep(&at, " ");
	row->options = strsep(&at, " ");
	while (at && strcmp(word = strsep(&at, " "), "-"))
		;
	row->type = strsep(&at, " ");
	row->source = strsep(&at, " ");
	row->super = strsep(&at, " ");
	if (!skipped[2] || !word || strcmp(word, "-") || !row->super) {
		free(row->line);
		return false;
	}
	unescape(row->root);
	unescape(row->target);
	unescape(row->source);
	return true;
}

int mountinfo_read(struct mount_rows *rows)
{
	_cleanup_str_ struct str text = STR_INIT;
	int err = file_read("/proc/self/mountinfo", &text);
	char *rest = text.buf, *line;

	*rows = (struct mount_rows){ 0 };
	while (!err && rest && (line = strsep(&rest, "\n"))) {
		struct mount_row row;

		if (!mountinfo_parse(line, &row))
			continue;
		rows->row = xrealloc(rows->row,
				     (rows->n + 1) * sizeof(*rows->row));
		rows->row[rows->n++] = row;
	}
	return err;
}

void mountinfo_free(struct mount_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		free(rows->row[i].line);
	free(rows->row);
	*rows = (struct mount_rows){ 0 };
}

const struct mount_row *mountinfo_find(const struct mount_rows *rows,
				       const char *target)
{
	for (size_t i = rows->n; i--;)
		if (!strcmp(rows->row[i].target, target))
			return &rows->row[i];
	return NULL;
}
