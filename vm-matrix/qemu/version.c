/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which QEMU there is, asked once a process. */
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "vm-matrix/qemu/arch.h"
#include "vm-matrix/qemu/process.h"
#include "vm-matrix/qemu/vm.h"

#define ARCHES_MAX 16

/* The first line of `qemu --version` into @line. */
static void ask(char *binary, char *line, size_t size)
{
	char *argv[] = { binary, (char *)"--version", NULL };
	struct process_spec s = { .argv = argv, .std = { -1, -1, -1 } };
	size_t n = 0;
	ssize_t got;
	int fds[2];
	pid_t pid;

	line[0] = '\0';
	if (pipe2(fds, O_CLOEXEC))
		return;
	s.std[1] = fds[1];
	pid = process_start(&s);
	close(fds[1]);
	while (pid > 0 && n < size - 1 &&
	       (got = read(fds[0], line + n, size - 1 - n)) > 0)
		n += got;
	line[n] = '\0';
	close(fds[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void find(const char *arch, char *version, size_t size)
{
	static const char before[] = "version ";
	char *why = NULL, *binary = vm_binary(arch, &why);
	char line[256], *at;

	version[0] = '\0';
	free(why);
	if (!binary)
		return;
	ask(binary, line, sizeof(line));
	free(binary);
	at = strstr(line, before);
	if (!at)
		return;
	at += sizeof(before) - 1;
	at[strcspn(at, " (\n")] = '\0';
	memccpy(version, at, '\0', size - 1);
	version[size - 1] = '\0';
}

const char *vm_emulator_version(const char *arch)
{
	static char known[ARCHES_MAX][32];
	static bool asked[ARCHES_MAX];
	const struct vm_arch *a;

	for (unsigned i = 0; i < ARCHES_MAX && (a = vm_arch_at(i)); i++) {
		if (strcmp(a->name, arch) != 0)
			continue;
		if (!asked[i])
			find(arch, known[i], sizeof(known[i]));
		asked[i] = true;
		return known[i][0] ? known[i] : NULL;
	}
	return NULL;
}
