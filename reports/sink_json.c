/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/sink_json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/rng.h"
#include "core/machine.h"
#include "reports/build.h"
#include "reports/lines.h"
#include "reports/load.h"
#include "reports/output.h"
#include "reports/seal.h"

/* Bytes of lines that are kept in memory, so as not to be read again. */
#define KEPT (1 << 20)

struct report_writer {
	struct output output; /* .path NULL: in memory only */
	int fd;               /* of the lines; stays open when they are replaced */
	off_t good;           /* bytes that are whole lines */
	bool unsynced;        /* lines that may not be on the disk yet */
	struct str lines;     /* all of them, as long as they are few */
	struct build *build;  /* what they amount to so far; NULL: read .lines */
	bool forgotten;       /* they became too many for .lines */
	json_t *doc;          /* what they amount to; NULL: not known yet */
	uint64_t bulk_left, lines_left;
	uint64_t unrecorded;
	bool headless; /* without its first line the rest is worth nothing */
	bool failed;
};

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

/* Whole lines or nothing: what follows must be readable. */
static void put(struct report_writer *w, const struct str *s)
{
	int err;

	if (w->headless)
		return;
	err = file_write_all(w->fd, s->buf, s->len);
	if (!err) {
		w->good += s->len;
		w->unsynced = true;
		keep(w, s);
		return;
	}
	drop_build(w); /* it has what the file has not */
	w->headless = !w->good || ftruncate(w->fd, w->good);
	failed(w, strerror(-err));
}

static void sync_lines(struct report_writer *w)
{
	if (w->unsynced && w->output.path && !w->headless && fdatasync(w->fd))
		failed(w, strerror(errno));
	w->unsynced = false;
}

static void add(struct report_writer *w, struct str *s, json_t *line)
{
	_cleanup_free_ char *why = w->build ? build_line(w->build, line) : NULL;

	if (why)
		drop_build(w);
	js_line(s, line, LINE_DIGITS);
	json_decref(line);
}

static void add_bulk(struct str *s, json_t *line)
{
	js_line(s, line, LINE_DIGITS_BULK);
	json_decref(line);
}

static void put_line(struct report_writer *w, json_t *line)
{
	_cleanup_str_ struct str s = STR_INIT;

	add(w, &s, line);
	put(w, &s);
}

/* The path holds the report from here on. */
static void publish(struct report_writer *w)
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

static uint64_t take(uint64_t left, size_t used)
{
	return left > used ? left - used : 0;
}

static void on_run_begin(void *ctx, const struct run_begin *e)
{
	struct report_writer *w = ctx;
	_cleanup_str_ struct str s = STR_INIT;

	add(w, &s, line_run(e, machine_boot_id()));
	for (size_t i = 0; i < e->plan->n_cases; i++)
		add(w, &s, line_labelled_case(&e->plan->cases[i],
					     e->settings->label));
	put(w, &s);
	publish(w);
}

void report_put(struct report_writer *w, json_t *line)
{
	const char *kind = js_get_text(line, "line");
	_cleanup_str_ struct str s = STR_INIT;

	if (!strcmp(kind, "bulk")) {
		add_bulk(&s, json_incref(line));
		if (w->bulk_left)
			put(w, &s);
		w->bulk_left = take(w->bulk_left, s.len);
		return;
	}
	add(w, &s, json_incref(line));
	put(w, &s);
	if (!strcmp(kind, "run"))
		publish(w);
	else if (!strcmp(kind, "trial"))
		sync_lines(w);
}

/* What ended before is safe from what this trial may do to the machine. */
static void on_trial_begin(void *ctx, const struct trial_plan *t, unsigned order)
{
	(void)t;
	(void)order;
	sync_lines(ctx);
}

static bool all_passed(const struct trial_result *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->cases[i].outcome != OUTCOME_PASS)
			return false;
	return true;
}

static void on_trial_end(void *ctx, const struct trial_result *e)
{
	struct report_writer *w = ctx;
	_cleanup_str_ struct str s = STR_INIT;
	size_t summary;

	if (!w->lines_left && all_passed(e)) {
		w->unrecorded++;
		return;
	}
	add(w, &s, line_trial(e, machine_boot_id()));
	summary = s.len;
	w->lines_left = take(w->lines_left, summary);
	for (size_t i = 0; w->bulk_left && i < e->n; i++) {
		json_t *bulk = line_bulk(e, &e->cases[i]);

		if (bulk)
			add_bulk(&s, bulk);
	}
	w->bulk_left = take(w->bulk_left, s.len - summary);
	put(w, &s);
}

static void on_case_skip(void *ctx, const struct run_case *c)
{
	put_line(ctx, line_skip(c));
}

static void on_note(void *ctx, const char *text)
{
	put_line(ctx, line_note(text));
}

static void on_run_end(void *ctx, const struct run_end *e)
{
	struct report_writer *w = ctx;
	json_t *line = line_end(e);

	if (w->unrecorded)
		js_set(line, "unrecorded_trials", js_count(w->unrecorded));
	put_line(w, line);
}

struct sink report_sink(struct report_writer *w)
{
	return (struct sink){
		.ctx = w,
		.run_begin = on_run_begin,
		.trial_begin = on_trial_begin,
		.trial_end = on_trial_end,
		.case_skip = on_case_skip,
		.note = on_note,
		.run_end = on_run_end,
	};
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
	if (err) {
		free(*why);
		*why = xasprintf("cannot write to standard output: %s", strerror(-err));
	}
	return err;
}

int report_print(struct report_writer *w, FILE *out, char **why)
{
	_cleanup_str_ struct str text = STR_INIT;
	const json_t *doc = document(w, why);

	if (!doc)
		return -EINVAL;
	if (!w->lines.len)
		return print_long(w, doc, out, why);
	seal_text(doc, w->lines.buf, &text);
	errno = 0;
	if (fwrite(text.buf, 1, text.len, out) == text.len && !fflush(out))
		return 0;
	*why = xasprintf("cannot write to standard output: %s",
			 strerror(errno ? errno : EIO));
	return -EIO;
}

json_t *report_summary(struct report_writer *w, char **why)
{
	return json_incref(document(w, why));
}

static int fill_long(struct report_writer *w, const json_t *doc, int fd, char **why)
{
	FILE *out = fdopen(dup(fd), "w");
	int err;

	if (!out)
		return -errno;
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
	if (!err && fdatasync(fd))
		err = -errno;
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
	return err ? err : output_publish(&w->output, fd, why);
}

int report_seal(struct report_writer *w, char **why)
{
	char *reason = NULL;
	int err;

	if (!w->output.path)
		return 0;
	err = write_sealed(w, &reason);
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

void report_close(struct report_writer *w)
{
	if (!w)
		return;
	sync_lines(w);
	file_close(w->fd);
	json_decref(w->doc);
	build_free(w->build);
	str_free(&w->lines);
	output_close(&w->output);
	free(w);
}
