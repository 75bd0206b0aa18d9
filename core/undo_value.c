/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings: one line of text in a file of /proc/sys or /sys. */
#include "core/undo_log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* Of "always [madvise] never" the chosen word; else all, blanks made one. */
static char *plain_value(const char *text)
{
	const char *open = strchr(text, '['), *close;
	struct str s = STR_INIT;

	close = open ? strchr(open, ']') : NULL;
	if (close && (open == text || isspace((unsigned char)open[-1])) &&
	    (!close[1] || isspace((unsigned char)close[1]))) {
		str_add_n(&s, open + 1, close - open - 1);
		return str_take(&s);
	}
	while (*(text += strspn(text, " \t\n"))) {
		size_t n = strcspn(text, " \t\n");

		if (s.len)
			str_add(&s, " ");
		str_add_n(&s, text, n);
		text += n;
	}
	return str_take(&s);
}

static bool is_number(const char *text, long long *value)
{
	bool is_hex = !strncmp(text, "0x", 2);
	char *end;

	if (!isdigit((unsigned char)*text) && *text != '-')
		return false;
	errno = 0;
	*value = strtoll(text, &end, is_hex ? 16 : 10);
	return !errno && end != text && !*end;
}

/* Module parameters take 1 and show Y. */
static const char *as_digit(const char *text)
{
	if (!strcmp(text, "Y") || !strcmp(text, "y"))
		return "1";
	if (!strcmp(text, "N") || !strcmp(text, "n"))
		return "0";
	return text;
}

bool undo_value_same(const char *now, const char *want)
{
	_cleanup_free_ char *a = plain_value(now), *b = plain_value(want);
	long long x, y;

	if (!strcmp(a, b))
		return true;
	return is_number(as_digit(a), &x) && is_number(as_digit(b), &y) &&
	       x == y;
}

int undo_read_value(const char *path, char **value)
{
	_cleanup_str_ struct str text = STR_INIT;
	int err = file_read(path, &text);

	if (err)
		return err;
	while (text.len && text.buf[text.len - 1] == '\n')
		text.buf[--text.len] = '\0';
	if (strchr(text.buf, '\n') || strlen(text.buf) != text.len)
		return -ENOTSUP; /* a table, not a value */
	*value = plain_value(text.buf);
	return 0;
}

/*
 * One write with a newline, as `echo value > path` does; but a plain file in
 * place of a setting is cut afterwards, so that it is never seen empty.
 */
int undo_rewrite_value(const char *path, const char *value)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	_cleanup_free_ char *line = xasprintf("%s\n", value);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, line, strlen(line));
	if (n < 0)
		return -errno;
	if ((size_t)n != strlen(line))
		return -EIO;
	return ftruncate(fd, n) < 0 && errno != EINVAL && errno != EPERM ?
		       -errno :
		       0;
}

static int write_and_check(const char *path, const char *value)
{
	_cleanup_free_ char *now = NULL;
	int err = undo_rewrite_value(path, value);

	if (!err)
		err = undo_read_value(path, &now);
	if (!err && !undo_value_same(now, value))
		err = -EIO;
	return err;
}

struct holder {
	struct undo *u;
	const char *path, *value;
};

static const struct record *find_value(const struct record_list *list,
				       const char *path)
{
	for (size_t i = list->n; i--;)
		if (list->r[i].kind == RECORD_VALUE && !list->r[i].undone &&
		    !strcmp(list->r[i].text[0], path))
			return &list->r[i];
	return NULL;
}

/* -EBUSY when the log at @path holds the setting against us. */
static int check_log(void *ctx, const char *path)
{
	const struct holder *h = ctx;
	struct record_list list = { 0 };
	const struct record *r;
	struct owner owner;
	size_t start;
	_cleanup_close_ int fd = undo_open_log(path, &owner, &start);
	int err = 0;

	if (fd < 0 || undo_load(fd, start, &list))
		return 0; /* gone meanwhile, or nothing to believe */
	r = find_value(&list, h->path);
	if (r && !strcmp(path, h->u->path)) {
		/* Another part of this run: only with the same value. */
		if (atoi(r->id) != getpid() &&
		    !undo_value_same(r->text[2], h->value))
			err = -EBUSY;
	} else if (r && undo_owner_alive(&owner)) {
		err = -EBUSY;
	} else if (r) {
		undo_replay_dead(path, NULL);
	}
	records_free(&list);
	return err;
}

static int set_locked(struct undo *u, const char *path, const char *value)
{
	struct holder h = { u, path, value };
	_cleanup_free_ char *old = NULL;
	char id[RECORD_ID];
	int err = undo_each_log(check_log, &h);

	if (!err)
		err = undo_read_value(path, &old);
	if (!err)
		err = undo_append(u, RECORD_VALUE,
				  (const char *[]){ path, old, value }, id);
	if (err)
		return err;
	err = write_and_check(path, value);
	/* What the kernel made of it is not known to the record: go back now. */
	if (err && !write_and_check(path, old))
		undo_mark_undone(u, id);
	return err;
}

int undo_set_value(struct undo *u, const char *path, const char *value)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	int err;

	if (!real || faccessat(AT_FDCWD, real, W_OK, AT_EACCESS) < 0)
		return -errno;
	err = undo_arm(u);
	if (!err)
		err = undo_lock();
	if (err)
		return err;
	err = set_locked(u, real, value);
	undo_unlock();
	return err;
}

enum undo_result undo_value(const struct record *r, struct str *text)
{
	const char *path = r->text[0], *old = r->text[1], *new = r->text[2];
	_cleanup_free_ char *now = NULL;
	int err = undo_read_value(path, &now);

	if (err == -ENOENT)
		return UNDO_NOTHING;
	if (!err && undo_value_same(now, old))
		return UNDO_NOTHING;
	if (!err && !undo_value_same(now, new)) {
		str_addf(text, "left '%s' alone: it is '%s', not the '%s' of the run",
			 path, now, new);
		return UNDO_FOREIGN;
	}
	if (!err)
		err = write_and_check(path, old);
	if (err) {
		str_addf(text, "could not set '%s' back to '%s': %s", path, old,
			 strerror(-err));
		return UNDO_LEFT;
	}
	str_addf(text, "set '%s' back to '%s'", path, old);
	return UNDO_DONE;
}
