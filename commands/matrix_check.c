/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/matrix_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "commands/matrix_crash.h"
#include "commands/matrix_job.h"

static void read_options(const struct cell_plan *cell)
{
	struct cell_job job;

	if (cell->job->kind == PLAN_CRASH)
		matrix_crash_check(cell);
	else
		matrix_job_of(cell->job, &job);
}

/*
 * Bad options end the program; so they are read in a process of its own, that its
 * message can be told with the name of the job.
 */
static void check(const struct matrix_plan *plan, const struct cell_plan *cell)
{
	_cleanup_close_ int said = memfd_create("strain-said", MFD_CLOEXEC);
	char text[512] = "", *line = text;
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		dup2(said, STDERR_FILENO);
		read_options(cell);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!status)
		return;
	if (pread(said, text, sizeof(text) - 1, 0) <= 0)
		snprintf(text, sizeof(text), "its options cannot be read");
	text[strcspn(text, "\n")] = '\0';
	if (!strncmp(line, "strain: ", 8))
		line += 8;
	die(EXIT_USAGE, "'%s': job '%s': %s", plan->path, cell->job->row.name, line);
}

static bool is_first(const struct matrix_plan *plan, size_t cell)
{
	for (size_t i = 0; i < cell; i++)
		if (plan->cell[i].job == plan->cell[cell].job)
			return false;
	return true;
}

void matrix_check_jobs(const struct matrix_plan *plan)
{
	for (size_t i = 0; i < plan->n_cells; i++)
		if (is_first(plan, i))
			check(plan, &plan->cell[i]);
}
