/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a side of `strain ab` sets, from words to deeds. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cmdline.h"
#include "base/file.h"
#include "base/msg.h"
#include "commands/ab.h"
#include "core/undo.h"

static void add_value(struct ab_side *s, char *path, const char *value)
{
	s->value = xrealloc(s->value, (s->n_values + 1) * sizeof(*s->value));
	s->value[s->n_values++] = (struct ab_value){ path, xstrdup(value) };
}

/* "vm.swappiness=10" or "/sys/kernel/.../enabled=always". */
static char *add_file(struct ab_side *s, const char *setting, bool sysctl)
{
	const char *equal = strchr(setting, '=');
	_cleanup_free_ char *name = NULL;
	bool dots;
	char *path;

	if (!equal || equal == setting || !equal[1])
		return xasprintf("setting '%s' is not %s=VALUE", setting,
				 sysctl ? "sysctl:NAME" : "/FILE");
	name = xstrdup(setting);
	name[equal - setting] = '\0';
	/* as sysctl(8) has it: in a name with slashes dots are dots */
	dots = sysctl && !strchr(name, '/');
	for (char *p = name; dots && *p; p++)
		if (*p == '.')
			*p = '/';
	path = xasprintf("%s%s", sysctl ? "/proc/sys/" : "", name);
	if (!file_exists(path)) {
		char *why = xasprintf(sysctl ? "no sysctl '%.*s' here" :
					       "no file '%.*s' here",
				      (int)(equal - setting), setting);

		free(path);
		return why;
	}
	add_value(s, path, equal + 1);
	return NULL;
}

static char *add_words(struct words *to, const char *kind, const char *text)
{
	char *why = cmdline_split(to, text);
	char *full;

	if (!why)
		return to->n ? NULL : xasprintf("setting '%s' is empty", kind);
	full = xasprintf("setting '%s%s': %s", kind, text, why);
	free(why);
	return full;
}

/* --NAME=VALUE alone: the shell has taken the quotes, blanks are the value's. */
static bool is_one_option(const char *setting)
{
	size_t name = strcspn(setting, "= ");

	return !strncmp(setting, "--", 2) && setting[name] == '=' &&
	       !strstr(setting, " --") && !strpbrk(setting, "'\"\\");
}

static char *add(struct ab_side *s, const char *setting)
{
	if (!strcmp(setting, "none") || !*setting)
		return NULL;
	if (is_one_option(setting)) {
		words_add(&s->options, setting);
		return NULL;
	}
	if (*setting == '-')
		return add_words(&s->options, "", setting);
	if (*setting == '/')
		return add_file(s, setting, false);
	if (!strncmp(setting, "sysctl:", 7))
		return add_file(s, setting + 7, true);
	if (!strncmp(setting, "prefix:", 7))
		return add_words(&s->prefix, "prefix:", setting + 7);
	if (strncmp(setting, "env:", 4) || !setting[4] || setting[4] == '=')
		return xasprintf("setting '%s' is none of sysctl:NAME=VALUE, /FILE=VALUE, env:NAME=VALUE, prefix:COMMAND, --OPTION and none",
				 setting);
	words_add(&s->env, setting + 4);
	return NULL;
}

char *ab_side_add(struct ab_side *s, const char *setting)
{
	char *why = add(s, setting), *text;

	if (why)
		return why;
	if (!s->text || !strcmp(s->text, "none"))
		text = xstrdup(*setting ? setting : "none");
	else
		text = xasprintf("%s %s", s->text, setting);
	free(s->text);
	s->text = text;
	return NULL;
}

void ab_side_free(struct ab_side *s)
{
	for (size_t i = 0; i < s->n_values; i++) {
		free(s->value[i].path);
		free(s->value[i].value);
	}
	free(s->value);
	free(s->text);
	words_free(&s->prefix);
	words_free(&s->env);
	words_free(&s->options);
}

char *ab_side_check(const struct ab_side *s)
{
	for (size_t i = 0; i < s->n_values; i++)
		if (faccessat(AT_FDCWD, s->value[i].path, W_OK, AT_EACCESS))
			return xasprintf("cannot write '%s': %s",
					 s->value[i].path, strerror(errno));
	return NULL;
}

static struct ab_row *row_of(struct ab_values *v, const char *path)
{
	for (size_t i = 0; i < v->n; i++)
		if (!strcmp(v->row[i].path, path))
			return &v->row[i];
	v->row = xrealloc(v->row, (v->n + 1) * sizeof(*v->row));
	v->row[v->n] = (struct ab_row){ .path = xstrdup(path) };
	return &v->row[v->n++];
}

static void collect(struct ab_values *v, const struct ab_side *sides)
{
	for (int side = 0; side < AB_SIDES; side++)
		for (size_t i = 0; i < sides[side].n_values; i++) {
			const struct ab_value *one = &sides[side].value[i];
			struct ab_row *row = row_of(v, one->path);

			free(row->value[side]);
			row->value[side] = xstrdup(one->value);
		}
}

static char *refused(const struct ab_row *row, int side, int err)
{
	return xasprintf("cannot set '%s' to '%s': %s", row->path, row->value[side],
			 err == -EBUSY ? "another run holds it" : strerror(-err));
}

/* A side that says nothing of a file has what was found in it. */
static char *set_first(struct ab_values *v, struct ab_row *row)
{
	_cleanup_free_ char *found = NULL;
	int err = undo_read_value(row->path, &found);

	if (err)
		return xasprintf("cannot read '%s': %s", row->path,
				 err == -ENOTSUP ? "it is a table, not a value" :
						   strerror(-err));
	for (int side = 0; side < AB_SIDES; side++) {
		if (!row->value[side]) {
			row->value[side] = xstrdup(found);
			continue;
		}
		err = undo_set_value(v->undo, row->path, row->value[side]);
		if (err)
			return refused(row, side, err);
	}
	return NULL;
}

char *ab_values_open(struct ab_values *v, const struct ab_side *sides)
{
	char *why = NULL;

	*v = (struct ab_values){ .now = -1 };
	collect(v, sides);
	if (!v->n)
		return NULL;
	v->undo = undo_open();
	if (!v->undo) {
		int err = -errno;

		return xasprintf("cannot open an undo log in '%s': %s",
				 undo_dir_name(), undo_dir_error(err));
	}
	for (size_t i = 0; !why && i < v->n; i++)
		why = set_first(v, &v->row[i]);
	for (int i = 0; !why && i < 2 * AB_SIDES; i++)
		why = ab_values_set(v, i % AB_SIDES);
	if (why)
		ab_values_close(v);
	return why;
}

char *ab_values_set(struct ab_values *v, int side)
{
	uint64_t from = clock_now();

	if (!v->n || v->now == side)
		return NULL;
	v->now = side;
	for (size_t i = 0; i < v->n; i++) {
		const struct ab_row *row = &v->row[i];
		int err = undo_rewrite_value(row->path, row->value[side]);

		if (err)
			return refused(row, side, err);
	}
	from = clock_now() - from;
	if (!v->cost || from < v->cost)
		v->cost = from;
	return NULL;
}

static void tell_left(void *ctx, const char *text)
{
	(void)ctx;
	warning("%s", text);
}

unsigned ab_values_close(struct ab_values *v)
{
	unsigned left = v->undo ? undo_close(v->undo, tell_left, NULL) : 0;

	for (size_t i = 0; i < v->n; i++) {
		free(v->row[i].path);
		for (int side = 0; side < AB_SIDES; side++)
			free(v->row[i].value[side]);
	}
	free(v->row);
	*v = (struct ab_values){ .now = -1 };
	return left;
}
