/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/matrix_run_crash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dir.h"
#include "base/file.h"
#include "vm-matrix/cell/ready.h"
#include "vm-matrix/cell/store.h"
#include "vm-matrix/digest.h"

static struct words command_of(const struct cell_work *w, const char *output)
{
	const struct words *job = &w->plan->job->argv;
	struct words argv = { 0 };

	words_split(&argv, "strain matrix crash --quiet --arch", " ");
	words_add(&argv, w->plan->arch);
	if (w->cache.dir) {
		words_add(&argv, "--cache");
		words_add(&argv, w->cache.dir);
	}
	if (w->cache.offline)
		words_add(&argv, "--offline");
	for (size_t i = 0; i < job->n; i++)
		words_add(&argv, job->word[i]);
	words_add(&argv, "--output");
	words_add(&argv, output);
	words_add(&argv, w->plan->kernel->source);
	words_end(&argv);
	return argv;
}

/* What the result depends on, as far as it is known beforehand: not the build that
 * a series has at the time. */
static void key_of(const struct cell_work *w, char key[DIGEST_HEX])
{
	const struct words *job = &w->plan->job->argv;
	const struct cell_host host = { 0 };
	_cleanup_free_ char *why = NULL;
	_cleanup_free_ char *guest = cell_guest_find(&host, w->plan->arch, &why);
	char self[DIGEST_HEX], other[DIGEST_HEX];
	struct digest d;

	digest_file("/proc/self/exe", self);
	digest_file(guest ? guest : "", other);
	digest_start(&d);
	digest_text(&d, "crash 1");
	digest_text(&d, self);
	digest_text(&d, other);
	digest_text(&d, w->plan->arch);
	digest_text(&d, w->plan->kernel->source);
	for (size_t i = 0; i < job->n; i++)
		digest_text(&d, job->word[i]);
	digest_end(&d, key);
}

static void become(struct words *argv, int log)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, SIG_DFL);
	dup2(null, STDIN_FILENO);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	execv("/proc/self/exe", argv->word);
	_exit(EXIT_BROKEN);
}

/* Its exit status; it ends with us, and when it is to stop. */
static int run(const struct cell_work *w, struct words *argv, const char *log)
{
	_cleanup_close_ int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	pid_t pid = fork(), got;
	int status = 0;

	if (!pid)
		become(argv, fd);
	if (pid < 0)
		return EXIT_BROKEN;
	while (!(got = waitpid(pid, &status, WNOHANG)) || (got < 0 && errno == EINTR)) {
		if (w->stop && w->stop())
			kill(pid, SIGTERM);
		usleep(100000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static enum matrix_outcome outcome_of(int code)
{
	switch (code) {
	case EXIT_PASS:
		return MATRIX_PASS;
	case EXIT_FAIL:
		return MATRIX_FAIL;
	case EXIT_ALL_SKIPPED:
		return MATRIX_SKIPPED;
	case EXIT_INTERRUPTED:
		return MATRIX_INTERRUPTED;
	default:
		return MATRIX_BROKEN;
	}
}

/* The last line that it printed, of what did not pass. */
static char *reason_of(const char *log)
{
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_words_ struct words lines = { 0 };

	if (!file_read(log, &text))
		words_split(&lines, text.buf, "\r\n");
	return lines.n ? xstrdup(lines.word[lines.n - 1]) : NULL;
}

static int store(const struct cell_work *w, const char *folder, const char *key, int code,
		 double started, uint64_t from)
{
	_cleanup_free_ char *log = xasprintf("%s/job.log", folder);
	_cleanup_free_ char *output = xasprintf("%s/crash.json", folder);
	_cleanup_free_ char *reason = code ? reason_of(log) : NULL;
	_cleanup_json_ json_t *crash = json_load_file(output, 0, NULL);
	_cleanup_json_ json_t *extra = json_object();
	struct matrix_cell cell = {
		.plan = w->plan, .outcome = outcome_of(code), .reason = reason,
		.started = started, .seconds = (double)(clock_now() - from) / 1e9,
		.extra = extra,
	};
	_cleanup_json_ json_t *result = NULL;
	char *why = NULL;

	if (cell.outcome == MATRIX_INTERRUPTED)
		return EXIT_INTERRUPTED;
	/* a skip, for want of the kernel maybe, is tried again */
	if (cell.outcome != MATRIX_SKIPPED)
		cell.digest = key;
	if (crash)
		js_set(extra, "crash", json_incref(crash));
	result = matrix_cell(&cell);
	if (cell_store_put(folder, result, &why))
		return EXIT_PASS;
	error("%s", why);
	free(why);
	return EXIT_BROKEN;
}

int matrix_run_crash(const struct cell_work *w)
{
	_cleanup_free_ char *folder = cell_work_folder(w->out, w->plan);
	_cleanup_free_ char *log = xasprintf("%s/job.log", folder);
	_cleanup_free_ char *output = xasprintf("%s/crash.json", folder);
	_cleanup_words_ struct words argv = command_of(w, output);
	_cleanup_json_ json_t *old = NULL;
	double started = clock_ns(CLOCK_REALTIME) / 1e9;
	uint64_t from = clock_now();
	char key[DIGEST_HEX];

	key_of(w, key);
	old = w->rerun ? NULL : cell_store_find(folder, key);
	if (old)
		return EXIT_PASS;
	dprintf(w->say, "cutting\n");
	cell_store_clear(folder);
	if (dir_make(folder, 0755))
		return EXIT_BROKEN;
	return store(w, folder, key, run(w, &argv, log), started, from);
}
