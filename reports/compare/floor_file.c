/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of a machine's selfcheck. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "core/machine.h"
#include "reports/compare/floor.h"
#include "reports/output.h"
#include "reports/parse.h"
#include "reports/compare/selfcheck.h"

/* Bytes; a selfcheck of all there is has some hundred thousand. */
#define LARGEST (16u << 20)
#define MEMORY (256u << 20)

/* It becomes a file's name, and may come from anybody's report. */
static bool is_fingerprint(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != ':')
			return false;
	return n && n <= 64;
}

char *floor_path(const char *fingerprint)
{
	_cleanup_free_ char *dir = dir_state("selfcheck");

	if (!dir || !is_fingerprint(fingerprint))
		return NULL;
	return xasprintf("%s/%s.json", dir, fingerprint);
}

char *floor_fingerprint(void)
{
	size_t n;
	const struct fact *fact = machine_facts("", &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(fact[i].group, "machine") && !strcmp(fact[i].name, "fingerprint"))
			return xstrdup(fact[i].text);
	return NULL;
}

/* --- writing ------------------------------------------------------------------ */

/* For its owner alone. */
static int print(const void *doc, FILE *out, char **why)
{
	(void)why;
	fchmod(fileno(out), 0600);
	js_print(doc, out);
	return 0;
}

static bool write_file(const char *path, const json_t *doc, char **why)
{
	struct output o;
	int err = output_open(&o, path, why);

	if (!err)
		err = output_write(&o, print, doc, why);
	output_close(&o);
	return !err;
}

bool floor_store(const json_t *doc, char **why)
{
	const char *fingerprint = js_get_text(doc, "fingerprint");
	_cleanup_free_ char *path = fingerprint ? floor_path(fingerprint) : NULL;
	_cleanup_free_ char *dir = dir_state("selfcheck");
	int err;

	if (!path) {
		*why = xstrdup(dir ? "cannot store the selfcheck: this machine has no /etc/machine-id to know it by" :
				     "cannot store the selfcheck: neither XDG_STATE_HOME nor HOME is an absolute path");
		return false;
	}
	err = dir_make_state(dir, 0700);
	if (!err)
		return write_file(path, doc, why);
	*why = xasprintf("cannot make '%s': %s", dir, strerror(-err));
	return false;
}

/* --- reading ------------------------------------------------------------------ */

/* Adds what @fd has; NULL, or why not. */
static const char *read_all(int fd, struct str *text)
{
	struct stat st;
	char buf[16384];
	ssize_t n;

	if (fstat(fd, &st))
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is not a regular file";
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if (text->len + n > LARGEST)
			return "it is too large";
		str_add_n(text, buf, n);
	}
	return n < 0 ? strerror(errno) : NULL;
}

/* NULL with a message in @wrong, to free. */
static json_t *parse(struct str *text, const char *fingerprint, char **wrong)
{
	size_t memory = MEMORY;
	struct parse_result r;
	json_t *doc = parse_json(text->buf, text->len, NULL, &memory, &r);
	const char *of = js_get_text(doc, "fingerprint");

	if (!doc) {
		*wrong = xasprintf("line %zu: %s", r.line, r.wrong);
		return NULL;
	}
	*wrong = selfcheck_check(doc);
	if (!*wrong && (!of || strcmp(of, fingerprint)))
		*wrong = xstrdup("it is of another machine");
	if (!*wrong)
		return doc;
	json_decref(doc);
	return NULL;
}

json_t *floor_load(const char *fingerprint, char **why)
{
	_cleanup_free_ char *path = floor_path(fingerprint), *wrong = NULL;
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_close_ int fd = -1;
	const char *unread;
	json_t *doc = NULL;

	*why = NULL;
	fd = path ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
	if (fd < 0 && (!path || errno == ENOENT || errno == ENOTDIR))
		return NULL;
	unread = fd < 0 ? strerror(errno) : read_all(fd, &text);
	if (unread)
		wrong = xstrdup(unread);
	else if (!text.len)
		wrong = xstrdup("it is empty");
	else
		doc = parse(&text, fingerprint, &wrong);
	if (!doc)
		*why = xasprintf("cannot use the selfcheck '%s': %s", path, wrong);
	return doc;
}
