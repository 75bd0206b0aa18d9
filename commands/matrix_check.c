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
#include "vm-matrix/kernel/kernel.h"

/* What would go unheard. */
static void check_crash(const struct cell_plan *cell)
{
	const struct plan_machine *m = cell->machine;

	matrix_crash_check(cell);
	if (*cell->cmdline->append)
		die(EXIT_USAGE, "of kind crash: it takes no command line as '%s'",
		    cell->cmdline->row.name);
	if (m->cpus > 1 || m->n_nodes || m->n_disks)
		die(EXIT_USAGE, "of kind crash: it has disks of its own, and no machine as '%s'",
		    m->row.name);
}

static void read_options(const struct cell_plan *cell)
{
	struct cell_job job;

	if (cell->job->kind == PLAN_CRASH)
		check_crash(cell);
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

/* A job is read once; one of kind crash in each machine, with each command line. */
static bool is_first(const struct matrix_plan *plan, size_t cell)
{
	const struct cell_plan *c = &plan->cell[cell];

	for (size_t i = 0; i < cell; i++)
		if (plan->cell[i].job == c->job &&
		    (c->job->kind != PLAN_CRASH || (plan->cell[i].machine == c->machine &&
						    plan->cell[i].cmdline == c->cmdline)))
			return false;
	return true;
}

static void check_kernels(const struct matrix_plan *plan)
{
	const struct cell_plan *last = NULL;
	char *why = NULL;

	for (size_t i = 0; i < plan->n_cells; last = &plan->cell[i++]) {
		const struct cell_plan *c = &plan->cell[i];

		if (last && c->kernel == last->kernel && !strcmp(c->arch, last->arch))
			continue;
		if (kernel_source_check(c->kernel->source, c->arch, &why))
			die(EXIT_USAGE, "'%s': %s", plan->path, why);
	}
}

void matrix_check_cells(const struct matrix_plan *plan)
{
	check_kernels(plan);
	for (size_t i = 0; i < plan->n_cells; i++)
		if (is_first(plan, i))
			check(plan, &plan->cell[i]);
}
