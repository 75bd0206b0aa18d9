/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sides of `strain ab` would run, asked before anything is changed. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/msg.h"
#include "commands/ab.h"

/* The first line in @fd, without our name. */
static char *first_line(int fd)
{
	char line[512] = "";
	ssize_t n = pread(fd, line, sizeof(line) - 1, 0);

	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return xstrdup(strncmp(line, "strain: ", 8) ? line : line + 8);
}

/* Wait status; -1 with errno. */
static int run_dry(const struct ab_side *side, const struct words *run,
		   int out, int err)
{
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct words command = ab_child_command(side, run, 1);
	int status = -1;
	pid_t pid;

	words_add(&command, "--dry-run");
	words_add(&command, "--json");
	pid = fork();
	if (!pid) {
		dup2(null, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		ab_child_execute(side, &command);
	}
	words_free(&command);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static json_t *plan_of(const struct ab_side *side, const struct words *run, char **why)
{
	_cleanup_close_ int out = memfd_create("strain-plan", MFD_CLOEXEC);
	_cleanup_close_ int err = memfd_create("strain-said", MFD_CLOEXEC);
	int status = run_dry(side, run, out, err);
	_cleanup_free_ char *line = NULL;
	json_t *plan;

	if (!status) {
		lseek(out, 0, SEEK_SET);
		/* another build, or what a prefix said: no plan then */
		plan = json_loadfd(out, JSON_DISABLE_EOF_CHECK, NULL);
		return plan ? plan : json_object();
	}
	line = first_line(err);
	if (status == -1)
		*why = xasprintf("cannot fork: %s", strerror(errno));
	else if (*line)
		*why = xasprintf("side %s: %s", side->label, line);
	else
		*why = xasprintf("side %s: '%s' ended with status %d", side->label,
				 side->prefix.n ? side->prefix.word[0] : "strain",
				 WIFEXITED(status) ? WEXITSTATUS(status) :
						     128 + WTERMSIG(status));
	return NULL;
}

json_t *ab_plan(struct ab_side *side, const struct words *run, char **why)
{
	json_t *plan = plan_of(side, run, why);

	if (plan || !side->prefix.n || side->binary)
		return plan;
	/* the prefix may enter a container, or become another user */
	free(*why);
	*why = NULL;
	side->by_path = true;
	return plan_of(side, run, why);
}

const char *ab_plan_setter(const json_t *plan)
{
	const json_t *trial, *one;
	size_t i, k;

	json_array_foreach(json_object_get(plan, "trials"), i, trial)
		json_array_foreach(json_object_get(trial, "cases"), k, one)
			if (js_get_true(one, "settings"))
				return js_get_text(one, "case");
	return NULL;
}
