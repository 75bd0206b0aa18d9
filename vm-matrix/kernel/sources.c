/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apt's sources (sources.list(5)), in both of their forms. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"
#include "vm-matrix/kernel/parts.h"

static struct apt_source *grow(struct apt_sources *s)
{
	struct apt_source *a;

	s->source = xrealloc(s->source, (s->n + 1) * sizeof(*s->source));
	a = &s->source[s->n++];
	memset(a, 0, sizeof(*a));
	return a;
}

static void source_free(struct apt_source *a)
{
	words_free(&a->uris);
	words_free(&a->suites);
	words_free(&a->components);
	free(a->signed_by);
}

void apt_sources_free(struct apt_sources *s)
{
	for (size_t i = 0; i < s->n; i++)
		source_free(&s->source[i]);
	free(s->source);
	memset(s, 0, sizeof(*s));
}

static bool yes(const char *value)
{
	return !strcasecmp(value, "yes") || !strcasecmp(value, "true") ||
	       !strcmp(value, "1") || !strcasecmp(value, "on");
}

/* A key in the source itself (a block of armour) is no file. */
static void set_signed_by(struct apt_source *a, const char *value)
{
	if (*value != '/' || strpbrk(value, " \t\n,"))
		return;
	free(a->signed_by);
	a->signed_by = xstrdup(value);
}

static void set_option(struct apt_source *a, const char *word)
{
	if (!strncasecmp(word, "signed-by=", 10))
		set_signed_by(a, word + 10);
	else if (!strncasecmp(word, "trusted=", 8))
		a->trusted = yes(word + 8);
}

/* What a source must have to be one; cdrom is not read again. */
static void keep_if_whole(struct apt_sources *s, bool deb)
{
	struct apt_source *a = &s->source[s->n - 1];

	if (deb && a->uris.n && a->suites.n &&
	    strncmp(a->uris.word[0], "cdrom:", 6))
		return;
	source_free(a);
	s->n--;
}

static void add_line(struct apt_sources *s, char *line)
{
	_cleanup_words_ struct words words = { 0 };
	struct apt_source *a;
	char *open, *close;
	bool deb;

	line[strcspn(line, "#\r")] = '\0';
	a = grow(s);
	open = strchr(line, '[');
	close = open ? strchr(open, ']') : NULL;
	if (close) {
		_cleanup_words_ struct words options = { 0 };

		*close = '\0';
		words_split(&options, open + 1, " \t");
		for (size_t i = 0; i < options.n; i++)
			set_option(a, options.word[i]);
		memset(open, ' ', close - open + 1);
	}
	words_split(&words, line, " \t");
	deb = words.n >= 3 && !strcmp(words.word[0], "deb");
	for (size_t i = 1; deb && i < words.n; i++)
		words_add(i == 1 ? &a->uris :
			  i == 2 ? &a->suites : &a->components, words.word[i]);
	keep_if_whole(s, deb);
}

void apt_sources_lines(struct apt_sources *s, const char *text)
{
	_cleanup_words_ struct words lines = { 0 };

	words_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.n; i++)
		add_line(s, lines.word[i]);
}

static void set_field(struct apt_source *a, const char *name, const char *value,
		      bool *deb, bool *enabled)
{
	_cleanup_words_ struct words words = { 0 };

	words_split(&words, value, " \t\n");
	if (!strcasecmp(name, "Types"))
		*deb = words_has(&words, "deb");
	else if (!strcasecmp(name, "Enabled"))
		*enabled = words.n && yes(words.word[0]);
	else if (!strcasecmp(name, "Trusted"))
		a->trusted = words.n && yes(words.word[0]);
	else if (!strcasecmp(name, "Signed-By") && words.n == 1)
		set_signed_by(a, words.word[0]);
	else if (!strcasecmp(name, "URIs"))
		words_split(&a->uris, value, " \t\n");
	else if (!strcasecmp(name, "Suites"))
		words_split(&a->suites, value, " \t\n");
	else if (!strcasecmp(name, "Components"))
		words_split(&a->components, value, " \t\n");
}

/* One paragraph up to @end, its lines folded into fields. */
static void add_paragraph(struct apt_sources *s, const char *text,
			  const char *end)
{
	struct apt_source *a = grow(s);
	bool deb = false, enabled = true;

	while (text < end) {
		const char *colon, *line_end = text, *name = text;

		do { /* lines that begin with a blank go on */
			line_end = memchr(line_end, '\n', end - line_end);
			line_end = line_end ? line_end + 1 : end;
		} while (line_end < end &&
			 (*line_end == ' ' || *line_end == '\t'));
		colon = memchr(text, ':', line_end - text);
		text = line_end;
		if (*name == '#' || !colon)
			continue;
		{
			_cleanup_str_ struct str field = STR_INIT;
			_cleanup_str_ struct str value = STR_INIT;

			str_add_n(&field, name, colon - name);
			str_add_n(&value, colon + 1, line_end - colon - 1);
			set_field(a, field.buf, value.buf, &deb, &enabled);
		}
	}
	keep_if_whole(s, deb && enabled);
}

void apt_sources_paragraphs(struct apt_sources *s, const char *text)
{
	const char *end;

	while (*text) {
		while (*text == '\n')
			text++;
		end = strstr(text, "\n\n");
		end = end ? end + 1 : text + strlen(text);
		if (end > text)
			add_paragraph(s, text, end);
		text = end;
	}
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && !strcmp(name + n - m, end);
}

static int read_one(struct apt_sources *s, const char *path)
{
	_cleanup_str_ struct str text = STR_INIT;
	int r = file_read(path, &text);

	if (r < 0)
		return r;
	if (ends_with(path, ".sources"))
		apt_sources_paragraphs(s, text.buf);
	else
		apt_sources_lines(s, text.buf);
	return 0;
}

static int read_dir(struct apt_sources *s, const char *path)
{
	struct dirent **entry;
	int n = scandir(path, &entry, NULL, alphasort);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *file =
			xasprintf("%s/%s", path, entry[i]->d_name);

		/* What cannot be read (keys of others) is none of ours. */
		if (ends_with(file, ".list") || ends_with(file, ".sources"))
			read_one(s, file);
		free(entry[i]);
	}
	free(entry);
	return 0;
}

int apt_sources_read(struct apt_sources *s, const char *path, char **why)
{
	struct stat st;
	int r;

	if (!path) {
		read_one(s, "/etc/apt/sources.list");
		read_dir(s, "/etc/apt/sources.list.d");
		if (!s->n)
			return kernel_fail(why, KERNEL_NO_TOOL,
					   "apt has no sources here "
					   "(/etc/apt/sources.list)");
		return 0;
	}
	r = stat(path, &st) < 0	   ? -errno :
	    S_ISDIR(st.st_mode) ? read_dir(s, path) : read_one(s, path);
	if (r < 0)
		return kernel_fail(why, KERNEL_IO, "apt sources '%s': %s", path,
				   strerror(-r));
	if (!s->n)
		return kernel_fail(why, KERNEL_BAD_SOURCE,
				   "apt sources '%s' name no archive", path);
	return 0;
}
