/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/class.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "core/embedded.h"
#include "core/tagexpr.h"

#define BLANKS " \t\r"

/* Cuts a comment and trailing blanks off; returns the comment, or NULL. */
static char *cut_comment(char *line)
{
	char *comment = NULL;
	size_t n;

	for (char *p = line; *p && !comment; p++)
		if (*p == '#' && (p == line || strchr(BLANKS, p[-1]))) {
			*p = '\0';
			comment = p + 1;
		}
	n = strlen(line);
	while (n && strchr(BLANKS, line[n - 1]))
		line[--n] = '\0';
	return comment ? comment + strspn(comment, BLANKS) : NULL;
}

static void add_line(struct job *job, unsigned number, const char *text)
{
	size_t n = strcspn(text, BLANKS "=");
	const char *value = text + n + strspn(text + n, BLANKS);
	struct job_line *l;

	if (*value == '=') {
		value++;
		value += strspn(value, BLANKS);
	}
	job->line = xrealloc(job->line, (job->n + 1) * sizeof(*job->line));
	l = &job->line[job->n++];
	l->number = number;
	l->option = xstrdup(text);
	l->option[n] = '\0';
	l->value = *value ? xstrdup(value) : NULL;
}

static void parse(struct job *job, char *text)
{
	unsigned number = 0;
	char *next;

	for (char *line = text; line; line = next) {
		char *comment;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		number++;
		comment = cut_comment(line);
		if (comment && *comment && !*job->about &&
		    strncmp(comment, "SPDX-", 5)) {
			free(job->about);
			job->about = xstrdup(comment);
		}
		line += strspn(line, BLANKS);
		if (*line)
			add_line(job, number, line);
	}
}

static void job_start(struct job *job, const char *kind, const char *name,
		      const char *source)
{
	*job = (struct job){ .name = xasprintf("%s '%s'", kind, name),
			     .source = xstrdup(source),
			     .about = xstrdup("") };
}

static void job_of_file(struct job *job, const char *kind, const char *name,
			const char *path, struct str *text)
{
	job_start(job, kind, name, path);
	job->text = xstrdup(text->len ? text->buf : "");
	if (text->len)
		parse(job, text->buf);
}

void job_free(struct job *job)
{
	for (size_t i = 0; i < job->n; i++) {
		free(job->line[i].option);
		free(job->line[i].value);
	}
	free(job->line);
	free(job->name);
	free(job->source);
	free(job->about);
	free(job->text);
	*job = (struct job){ 0 };
}

char *job_read(const char *path, struct job *job)
{
	_cleanup_str_ struct str text = STR_INIT;
	int rc = file_read(path, &text);

	if (rc < 0)
		return xasprintf("cannot read job '%s': %s", path, strerror(-rc));
	job_of_file(job, "job", path, path, &text);
	return NULL;
}

/* Directories of class files, the first found counts. */
static void class_dirs(const char *class_path, struct words *dirs)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	_cleanup_free_ char *user = NULL;

	if (config && *config)
		user = xasprintf("%s/strain/classes", config);
	else if (home && *home)
		user = xasprintf("%s/.config/strain/classes", home);
	if (user)
		words_add(dirs, user);
	if (class_path)
		words_split(dirs, class_path, ",:");
	words_add(dirs, CLASS_PLACE);
}

static bool class_file(const char *dir, const char *name, struct job *job)
{
	_cleanup_free_ char *path = xasprintf("%s/%s" CLASS_SUFFIX, dir, name);
	_cleanup_str_ struct str text = STR_INIT;

	if (file_read(path, &text) < 0)
		return false;
	job_of_file(job, "class", name, path, &text);
	return true;
}

static bool class_embedded(const char *name, struct job *job)
{
	_cleanup_free_ char *file = xasprintf("%s" CLASS_SUFFIX, name);

	for (const struct embedded *f = embedded_files; f->name; f++)
		if (!strcmp(f->name, file)) {
			_cleanup_free_ char *text = xstrdup(f->text);

			job_start(job, "class", name, "built in");
			parse(job, text);
			return true;
		}
	return false;
}

static bool class_tag(const char *name, struct job *job)
{
	size_t n;
	const struct tag *tags = tag_table(&n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(tags[i].name, name)) {
			_cleanup_free_ char *line = xasprintf("select %s", name);

			job_start(job, "class", name, "tag");
			add_line(job, 1, line);
			return true;
		}
	return false;
}

static bool class_find(const char *name, const struct words *dirs,
		       struct job *job)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (class_file(dirs->word[i], name, job))
			return true;
	return class_embedded(name, job);
}

/* Adds the name of class file @file, unless it is there. */
static void add_name(struct words *names, const char *file)
{
	_cleanup_free_ char *name = xstrdup(file);
	size_t n = strlen(file), suffix = strlen(CLASS_SUFFIX);

	if (n <= suffix || file[0] == '.' || strcmp(file + n - suffix, CLASS_SUFFIX))
		return;
	name[n - suffix] = '\0';
	if (!words_has(names, name))
		words_add(names, name);
}

static void add_dir(struct words *names, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d)))
		add_name(names, e->d_name);
	closedir(d);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void class_names(const struct words *dirs, struct words *names)
{
	for (size_t i = 0; i < dirs->n; i++)
		add_dir(names, dirs->word[i]);
	for (const struct embedded *f = embedded_files; f->name; f++)
		add_name(names, f->name);
	if (names->n)
		qsort(names->word, names->n, sizeof(*names->word), by_name);
}

char *class_read(const char *name, const char *class_path, struct job *job)
{
	_cleanup_words_ struct words dirs = { 0 }, names = { 0 };
	struct nearest near = { .wanted = name };
	size_t n;
	const struct tag *tags = tag_table(&n);

	class_dirs(class_path, &dirs);
	/* a name is no path: --job reads files from anywhere */
	if (*name && !strchr(name, '/') && name[0] != '.' &&
	    (class_find(name, &dirs, job) || class_tag(name, job)))
		return NULL;
	class_names(&dirs, &names);
	for (size_t i = 0; i < names.n; i++)
		nearest_offer(&near, names.word[i]);
	for (size_t i = 0; i < n; i++)
		nearest_offer(&near, tags[i].name);
	if (near.best)
		return xasprintf("unknown class '%s', did you mean '%s'?", name,
				 near.best);
	return xasprintf("unknown class '%s'; 'strain list classes' names them",
			 name);
}

void class_each(const char *class_path,
		void (*each)(void *ctx, const char *name, const struct job *job),
		void *ctx)
{
	_cleanup_words_ struct words dirs = { 0 }, names = { 0 };

	class_dirs(class_path, &dirs);
	class_names(&dirs, &names);
	for (size_t i = 0; i < names.n; i++) {
		struct job job;

		if (!class_find(names.word[i], &dirs, &job))
			continue;
		each(ctx, names.word[i], &job);
		job_free(&job);
	}
}
