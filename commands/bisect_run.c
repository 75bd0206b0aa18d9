/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A step's runs: `strain run` as a child, its report in memory: nothing is left
 * of it, however this process ends. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/msg.h"
#include "commands/bisect.h"
#include "reports/load.h"

/* argv of this program; its output goes to @out. Exit status, or -1. */
static int run_self(const struct words *words, int out)
{
	char **argv = xalloc((words->n + 2) * sizeof(*argv));
	pid_t parent = getpid(), pid;
	int status = -1;

	argv[0] = (char *)(uintptr_t)"strain";
	for (size_t i = 0; i < words->n; i++)
		argv[i + 1] = words->word[i];
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent || dup2(out, STDOUT_FILENO) < 0)
			_exit(EXIT_BROKEN);
		execv("/proc/self/exe", argv); /* its file may be another by now */
		_exit(EXIT_BROKEN);
	}
	free(argv);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Adds the command's words but the number of trials, which is ours. */
static void take_command(struct bisect *b, const json_t *command)
{
	json_t *word;
	bool options = true;
	size_t i;

	json_array_foreach(command, i, word) {
		const char *text = json_string_value(word);

		options &= text && strcmp(text, "--") != 0;
		if (i && text && !(options && !strncmp(text, "--trials=", 9)))
			words_add(&b->run, text);
	}
}

char *bisect_command(struct bisect *b)
{
	_cleanup_close_ int said = memfd_create("strain-said", MFD_CLOEXEC);
	_cleanup_words_ struct words replay = { 0 };
	_cleanup_json_ json_t *doc = NULL;
	const json_t *command;
	const char *name;

	if (b->run.n)
		return NULL;
	words_add(&replay, "replay");
	words_add(&replay, "--dry-run");
	words_add(&replay, "--json");
	words_add(&replay, b->base);
	if (said < 0 || run_self(&replay, said) || lseek(said, 0, SEEK_SET))
		return xasprintf("the command of '%s' cannot be repeated: name what to run behind '--'",
				 b->base);
	doc = json_loadfd(said, 0, NULL);
	command = json_object_get(doc, "command");
	name = json_string_value(json_array_get(command, 0));
	if (!name || strcmp(name, "run"))
		return xasprintf("'%s' is not of 'strain run'", b->base);
	take_command(b, command);
	return NULL;
}

char *bisect_run(struct bisect *b, size_t trials)
{
	int report = memfd_create("strain-report", MFD_CLOEXEC);
	_cleanup_words_ struct words command = { 0 };
	_cleanup_free_ char *path = NULL, *count = NULL;
	int code;

	if (report < 0)
		return xasprintf("no memory for a report: %s", strerror(errno));
	b->report = xrealloc(b->report, (b->reports.n + 1) * sizeof(*b->report));
	b->report[b->reports.n] = report;
	path = xasprintf("/proc/self/fd/%d", report);
	words_add(&b->reports, path);
	count = xasprintf("--trials=%zu", trials);
	words_add(&command, "run");
	words_add(&command, "--no-report");
	words_add(&command, "--json");
	words_add(&command, count);
	for (size_t i = 0; i < b->run.n; i++)
		words_add(&command, b->run.word[i]);
	code = run_self(&command, report);
	/* a trial that did not work is left out, others may have */
	if (code < 0 || code == EXIT_USAGE || code == EXIT_INTERRUPTED ||
	    lseek(report, 0, SEEK_END) <= 0)
		return xasprintf("the run ended with status %d", code);
	return NULL;
}

void bisect_run_close(struct bisect *b)
{
	for (size_t i = 0; i < b->reports.n; i++)
		close(b->report[i]);
	free(b->report);
	b->report = NULL;
	words_free(&b->reports);
	b->reports = (struct words){ 0 };
}

char *bisect_kernel(const char *path, struct bisect_kernel *k)
{
	_cleanup_json_ json_t *doc = NULL;
	const char *release, *version;
	const json_t *kernel;
	char *why = NULL;

	doc = report_load(path, REPORT_METRICS, &why);
	if (!doc)
		return why;
	kernel = json_object_get(doc, "kernel");
	release = js_get_text(kernel, "release");
	version = js_get_text(kernel, "version");
	k->release = xstrdup(release ? release : "");
	k->version = xstrdup(version ? version : "");
	return NULL;
}
