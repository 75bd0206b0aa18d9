/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/matrix_shell.h"

#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/msg.h"

/* MAX_ARG_STRLEN of include/uapi/linux/binfmts.h with pages of 4 KiB */
#define SCRIPT_MAX 131071

struct guest_shell {
	bool raw, ended;
	struct termios before;
};

/* Of the host, as far as they are installed. */
static const char *const programs[] = {
	"ls", "cat", "dmesg", "mount", "umount", "ps", "grep", "head", "tail", "less", "vi",
	"echo", "cp", "rm", "mkdir", "dd", "free", "lsblk", "lsmod", "df", "find", "sleep",
	"kill", "stty", "uname", "strace", "gdb", "perf", "bpftrace", "trace-cmd",
};

static void add_shell(struct cell_job *job, const char *kind)
{
	*job = (struct cell_job){ .request = json_object(), .timeout = UINT64_MAX / 32 };
	js_set(job->request, "kind", js_text(kind));
	words_add(&job->programs, "sh");
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		words_add(&job->needs.programs, programs[i]);
}

void guest_shell_job(struct cell_job *job)
{
	add_shell(job, "shell");
}

void guest_script_job(struct cell_job *job, const char *path)
{
	_cleanup_str_ struct str text = STR_INIT;
	int err = file_read(path, &text);
	json_t *script;

	if (err)
		die(EXIT_USAGE, "option '--script': '%s': %s", path, strerror(-err));
	script = text.len <= SCRIPT_MAX ? json_stringn(text.buf, text.len) : NULL;
	if (!script || strlen(text.buf) != text.len)
		die(EXIT_USAGE, "option '--script': '%s' is no text of up to %d bytes", path,
		    SCRIPT_MAX);
	add_shell(job, "script");
	js_set(job->request, "script", script);
}

struct guest_shell *guest_shell_open(void)
{
	struct guest_shell *s = xalloc(sizeof(*s));
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &s->before) < 0)
		return s;
	raw = s->before;
	cfmakeraw(&raw);
	raw.c_oflag |= OPOST; /* messages of ours end in a line feed only */
	s->raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
	return s;
}

void guest_shell_turn(struct guest_shell *s, struct vm *vm)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char text[256];
	ssize_t n;

	if (s->ended || poll(&in, 1, 0) <= 0)
		return;
	n = read(STDIN_FILENO, text, sizeof(text));
	if (n > 0)
		vm_type(vm, text, (size_t)n);
	else
		s->ended = true;
	if (n == 0)
		vm_type(vm, "\004", 1); /* the end of what is typed, for the shell */
}

void guest_shell_close(struct guest_shell *s)
{
	if (s && s->raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &s->before);
	free(s);
}
