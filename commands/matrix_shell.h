/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A shell in a guest, at this process's terminal or with a script of its host. */
#ifndef STRAIN_COMMANDS_MATRIX_SHELL_H
#define STRAIN_COMMANDS_MATRIX_SHELL_H

#include "vm-matrix/cell/ready.h"

struct guest_shell;

/* A job that is a shell with the programs one looks around with. */
void guest_shell_job(struct cell_job *job);
/* The same with the commands of the file @path; ends the program when that is
 * none that can be sent. */
void guest_script_job(struct cell_job *job, const char *path);
/* Standard input, if it is a terminal, goes to the guest byte by byte. */
struct guest_shell *guest_shell_open(void);
/* Takes what was typed to the guest; never waits. */
void guest_shell_turn(struct guest_shell *s, struct vm *vm);
/* The terminal is as it was. NULL is nothing. */
void guest_shell_close(struct guest_shell *s);

#endif
