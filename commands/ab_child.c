/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child of `strain ab`: one side's `strain run --turns` for one pair. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/value.h"
#include "commands/ab.h"
#include "core/trial.h"

/* A line of bulk data of a long trial with many counters. */
#define LINE_MAX_BYTES (64u << 20)

static void add_all(struct words *to, const struct words *from)
{
	for (size_t i = 0; i < from->n; i++)
		words_add(to, from->word[i]);
}

/* The name this program was started by; its file may be another by now. */
static char *own_path(void)
{
	static const char gone[] = " (deleted)";
	size_t end = strlen(gone);
	char path[4096] = "";
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n > (ssize_t)end && !strcmp(path + n - end, gone))
		path[n - end] = '\0';
	return xstrdup(n > 0 ? path : "strain");
}

/* For a prefix to find: this very program, as long as this process lives. */
static char *own_link(void)
{
	return xasprintf("/proc/%d/exe", (int)getpid());
}

static char *program_of(const struct ab_side *side)
{
	if (side->binary)
		return xstrdup(side->binary);
	return side->prefix.n && !side->by_path ? own_link() : own_path();
}

struct words ab_child_command(const struct ab_side *side, const struct words *run,
			      uint64_t seed)
{
	_cleanup_free_ char *seeded = xasprintf("--seed=%" PRIu64, seed);
	_cleanup_free_ char *program = program_of(side);
	struct words w = { 0 };

	add_all(&w, &side->prefix);
	words_add(&w, program);
	words_add(&w, "run");
	add_all(&w, run);
	add_all(&w, &side->options);
	words_add(&w, seeded);
	words_add(&w, "--trials=1");
	return w;
}

void ab_child_execute(const struct ab_side *side, const struct words *command)
{
	struct words argv = { 0 };

	add_all(&argv, command);
	words_end(&argv);
	for (size_t i = 0; i < side->env.n; i++)
		if (strchr(side->env.word[i], '='))
			putenv(side->env.word[i]);
		else
			unsetenv(side->env.word[i]);
	/* built anew since we started, the file has another program or none */
	if (!side->binary && !side->prefix.n)
		execv("/proc/self/exe", argv.word);
	execvp(argv.word[0], argv.word);
	error("cannot run '%s': %s", argv.word[0], strerror(errno));
	_exit(EXIT_USAGE);
}

static void child_main(const struct ab_side *side, const struct words *command,
		       const sigset_t *mask, int fd, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (getppid() != parent)
		_exit(EXIT_BROKEN);
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	ab_child_execute(side, command);
}

bool ab_child_start(struct ab_child *c, const struct ab_side *side,
		    const struct words *command, const sigset_t *mask)
{
	pid_t parent = getpid();
	int fd[2];

	ab_child_free(c);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		return false;
	*c = (struct ab_child){ .state = AB_BUSY, .fd = fd[0], .pidfd = -1,
				.text = STR_INIT, .lines = json_array() };
	c->pid = fork();
	if (!c->pid)
		child_main(side, command, mask, fd[1], parent);
	close(fd[1]);
	if (c->pid < 0) {
		ab_child_free(c);
		return false;
	}
	c->pidfd = syscall(SYS_pidfd_open, c->pid, 0);
	return true;
}

static void take_line(struct ab_child *c, const char *line)
{
	unsigned trial, variants, first;

	if (*line == '{') {
		json_t *o = json_loads(line, 0, NULL);

		if (o && !strcmp(js_get_text(o, "line") ?: "", "trial"))
			c->state = AB_BUSY; /* it has ended, asked or not */
		if (o)
			js_add(c->lines, o);
	} else if (sscanf(line, "ready %u %u %u", &trial, &variants, &first) == 3) {
		c->state = AB_HELD;
		c->trial = trial;
		c->variants = variants;
		c->first = first;
	} else if (sscanf(line, "parked %u", &trial) == 1) {
		if (trial == c->trial && c->state == AB_RUNNING)
			c->state = AB_HELD;
	}
}

static void take_lines(struct ab_child *c)
{
	char *line = c->text.buf, *end;

	while ((end = memchr(line, '\n', c->text.buf + c->text.len - line))) {
		*end = '\0';
		take_line(c, line);
		line = end + 1;
	}
	if (line == c->text.buf)
		return;
	c->text.len -= line - c->text.buf;
	memmove(c->text.buf, line, c->text.len + 1);
}

static bool is_dead(const struct ab_child *c)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, c->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       info.si_pid == c->pid;
}

static void reap(struct ab_child *c)
{
	while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
		;
	c->state = AB_ENDED;
}

void ab_child_read(struct ab_child *c)
{
	bool dead = c->state == AB_ENDED || is_dead(c);
	char buf[65536];
	ssize_t n = 0;

	while (c->state != AB_ENDED &&
	       (n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		str_add_n(&c->text, buf, n);
		if (c->text.len > LINE_MAX_BYTES) {
			kill(c->pid, SIGKILL); /* it speaks another language */
			break;
		}
	}
	if (c->text.len)
		take_lines(c);
	if (dead && c->state != AB_ENDED)
		reap(c);
}

void ab_child_order(struct ab_child *c, const char *order)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%s %u\n", order, c->trial);

	/* to one that has ended it does not matter: ab_child_read() sees that */
	if (send(c->fd, text, n, MSG_NOSIGNAL) < 0)
		return;
}

void ab_child_end(struct ab_child *c, uint64_t until)
{
	if (c->state == AB_ENDED)
		return;
	shutdown(c->fd, SHUT_WR);
	kill(c->pid, SIGINT);
	while (c->state != AB_ENDED) {
		struct pollfd p = { c->fd, POLLIN, 0 };

		ab_child_read(c);
		if (c->state != AB_ENDED && clock_now() >= until) {
			kill(c->pid, SIGKILL);
			until = UINT64_MAX;
		}
		poll(&p, 1, 1);
	}
}

void ab_child_free(struct ab_child *c)
{
	if (!c->lines)
		return;
	close(c->fd);
	if (c->pidfd >= 0)
		close(c->pidfd);
	str_free(&c->text);
	json_decref(c->lines);
	*c = (struct ab_child){ 0 };
}
