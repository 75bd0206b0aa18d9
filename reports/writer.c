/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/rng.h"
#include "reports/lines.h"
#include "reports/load.h"
#include "reports/seal.h"
#include "reports/writer_parts.h"

/* Bytes of lines that are kept in memory, so as not to be read again. */
#define KEPT (1 << 20)

char *report_default_path(void)
{
	_cleanup_free_ char *dir = dir_state("reports");
	time_t now = time(NULL);
	struct tm tm;
	char stamp[32];

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	if (dir && (!access(dir, W_OK | X_OK) ||
		    (!dir_make_state(dir, 0700) && !access(dir, W_OK | X_OK))))
		return xasprintf("%s/%s-%d.json", dir, stamp, (int)getpid());
	return xasprintf("./strain-%s-%d.json", stamp, (int)getpid());
}

struct report_writer *report_create(const char *path, char **why)
{
	struct report_writer *w = xalloc(sizeof(*w));

	json_object_seed((size_t)rng_unknown()); /* else it reads a device */
	w->output.dir = -1;
	w->lines = (struct str)STR_INIT;
	w->build = build_new();
	report_limits(w, REPORT_LIMIT_BULK, REPORT_LIMIT_LINES);
	if (!path) {
		w->fd = memfd_create("strain-report", MFD_CLOEXEC);
		if (w->fd < 0 || fcntl(w->fd, F_SETFL, O_APPEND))
			*why = xasprintf("cannot make a report in memory: %s",
					 strerror(errno));
	} else if (output_open(&w->output, path, why)) {
		w->fd = -1;
	} else {
		w->fd = output_begin(&w->output, why);
	}
	if (w->fd >= 0)
		return w;
	report_close(w);
	return NULL;
}

void report_limits(struct report_writer *w, uint64_t bulk, uint64_t lines)
{
	w->bulk_left = bulk;
	w->lines_left = lines;
}

bool report_failed(const struct report_writer *w)
{
	return w->failed;
}

const char *report_path(const struct report_writer *w)
{
	return w->output.path;
}

static void failed(struct report_writer *w, const char *why)
{
	if (!w->failed)
		error("the report is incomplete: %s", why);
	w->failed = true;
}

static void drop_build(struct report_writer *w)
{
	build_free(w->build);
	w->build = NULL;
}

static void keep(struct report_writer *w, const struct str *s)
{
	json_decref(w->doc);
	w->doc = NULL;
	w->forgotten |= w->lines.len + s->len > KEPT;
	if (w->forgotten) {
		str_free(&w->lines);
		drop_build(w);
	} else {
		str_add_n(&w->lines, s->buf, s->len);
	}
}

static bool write_lines(struct report_writer *w, const struct str *s)
{
	int err = file_write_all(w->fd, s->buf, s->len);

	if (!err) {
		w->good += s->len;
		w->unsynced = true;
		return true;
	}
	drop_build(w); /* it has what the file has not */
	w->headless = !w->good || ftruncate(w->fd, w->good);
	failed(w, strerror(-err));
	return false;
}

void writer_show(struct report_writer *w)
{
	if (!w->held)
		return;
	w->held = false;
	if (w->lines.len && write_lines(w, &w->lines))
		writer_publish(w);
}

void writer_put(struct report_writer *w, const struct str *s)
{
	if (w->held && w->lines.len + s->len > KEPT)
		writer_show(w);
	if (w->headless)
		return;
	if (w->held || write_lines(w, s))
		keep(w, s);
}

void writer_sync(struct report_writer *w)
{
	if (w->unsynced && w->output.path && !w->headless && fdatasync(w->fd))
		failed(w, strerror(errno));
	w->unsynced = false;
}

void writer_add(struct report_writer *w, struct str *s, json_t *line)
{
	_cleanup_free_ char *why = w->build ? build_line(w->build, line) : NULL;

	if (why)
		drop_build(w);
	js_line(s, line, LINE_DIGITS);
	json_decref(line);
}

void writer_add_bulk(struct str *s, json_t *line)
{
	js_line(s, line, LINE_DIGITS_BULK);
	json_decref(line);
}

void writer_publish(struct report_writer *w)
{
	_cleanup_free_ char *why = NULL;

	if (!w->output.path || w->headless)
		return;
	if (output_show(&w->output, w->fd, &why)) {
		failed(w, why);
		w->headless = true;
	}
	w->unsynced = false;
}

uint64_t writer_left(uint64_t left, size_t used)
{
	return left > used ? left - used : 0;
}

void report_put(struct report_writer *w, json_t *line)
{
	const char *kind = js_get_text(line, "line");
	_cleanup_str_ struct str s = STR_INIT;

	if (!strcmp(kind, "bulk")) {
		writer_add_bulk(&s, json_incref(line));
		if (w->bulk_left)
			writer_put(w, &s);
		w->bulk_left = writer_left(w->bulk_left, s.len);
		return;
	}
	writer_add(w, &s, json_incref(line));
	writer_put(w, &s);
	if (!strcmp(kind, "run"))
		writer_publish(w);
	else if (!strcmp(kind, "trial"))
		writer_sync(w);
}

static FILE *lines_of(const struct report_writer *w, char **why)
{
	int fd = w->lines.len ? -1 : dup(w->fd);
	FILE *in = w->lines.len ? fmemopen(w->lines.buf, w->lines.len, "r") :
		   fd < 0	? NULL :
				  fdopen(fd, "r");

	if (!in) {
		*why = xasprintf("cannot read the report again: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	rewind(in); /* lines were added at its end */
	return in;
}

/* Without bulk data; owned by @w. NULL with @why. */
static json_t *document(struct report_writer *w, char **why)
{
	FILE *in;

	if (w->doc)
		return w->doc;
	if (w->build && build_started(w->build)) {
		w->doc = build_finish(w->build, true, false);
		w->build = NULL; /* another line has to read those before it */
		return w->doc;
	}
	in = lines_of(w, why);
	if (in) {
		w->doc = report_read_lines(in, true, why);
		fclose(in);
	}
	return w->doc;
}

/* Of lines that were too many to be kept. */
static int print_long(struct report_writer *w, const json_t *doc, FILE *out, char **why)
{
	FILE *in = lines_of(w, why);
	int err;

	if (!in)
		return -EIO;
	err = seal_lines(doc, in, out, why);
	fclose(in);
	return err;
}

int report_print(struct report_writer *w, FILE *out, char **why)
{
	_cleanup_str_ struct str text = STR_INIT;
	const json_t *doc = document(w, why);
	_cleanup_free_ char *reason = NULL;

	if (!doc)
		return -EINVAL;
	if (w->lines.len) {
		seal_text(doc, w->lines.buf, &text);
		errno = 0;
		if (fwrite(text.buf, 1, text.len, out) == text.len && !fflush(out))
			return 0;
		reason = xstrdup(strerror(errno ? errno : EIO));
	} else if (!print_long(w, doc, out, &reason)) {
		return 0;
	}
	*why = xasprintf("cannot write to standard output: %s", reason);
	return -EIO;
}

json_t *report_summary(struct report_writer *w, char **why)
{
	return json_incref(document(w, why));
}

static int fill_long(struct report_writer *w, const json_t *doc, int fd, char **why)
{
	int copy = dup(fd), err;
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");

	if (!out) {
		err = -errno;
		file_close(copy);
		return err;
	}
	err = print_long(w, doc, out, why);
	return fclose(out) && !err ? -errno : err;
}

static int fill_sealed(struct report_writer *w, int fd, char **why)
{
	_cleanup_str_ struct str text = STR_INIT;
	const json_t *doc = document(w, why);
	int err = doc ? 0 : -EINVAL;

	if (doc && w->lines.len) {
		seal_text(doc, w->lines.buf, &text);
		err = file_write_all(fd, text.buf, text.len);
	} else if (doc) {
		err = fill_long(w, doc, fd, why);
	}
	if (err && !*why)
		*why = xstrdup(strerror(-err));
	return err;
}

static int write_sealed(struct report_writer *w, char **why)
{
	_cleanup_close_ int fd = output_begin(&w->output, why);
	int err;

	if (fd < 0)
		return fd;
	err = fill_sealed(w, fd, why);
	return err ? err : output_finish(&w->output, fd, why);
}

/* The file for the lines is still empty: the document goes there. */
static int write_held(struct report_writer *w, char **why)
{
	bool fresh = w->output.fresh, placed;
	int err = fill_sealed(w, w->fd, why);

	if (!err)
		err = output_finish(&w->output, w->fd, why);
	placed = fresh && !w->output.fresh;
	w->held = err && !placed && !ftruncate(w->fd, 0);
	w->headless = !w->held; /* no place for more lines */
	return err;
}

int report_seal(struct report_writer *w, char **why)
{
	char *reason = NULL;
	int err;

	if (!w->output.path)
		return 0;
	err = w->held ? write_held(w, &reason) : write_sealed(w, &reason);
	if (!err)
		w->unsynced = false; /* replaced */
	if (err) {
		output_discard(&w->output);
		w->failed = true;
		*why = xasprintf("cannot seal '%s': %s", w->output.path, reason);
		free(reason);
	}
	return err;
}

void report_end(struct report_writer *w)
{
	if (w->output.path)
		writer_show(w);
	writer_sync(w);
	output_discard(&w->output);
}

void report_close(struct report_writer *w)
{
	if (!w)
		return;
	report_end(w);
	file_close(w->fd);
	json_decref(w->doc);
	build_free(w->build);
	str_free(&w->lines);
	output_close(&w->output);
	free(w);
}
