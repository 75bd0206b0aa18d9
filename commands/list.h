/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `strain list` that have files of their own. */
#ifndef STRAIN_COMMANDS_LIST_H
#define STRAIN_COMMANDS_LIST_H

#include "base/msg.h"
#include "commands/select.h"

/* Says of every case of the selected stressors whether it would run here. */
enum exit_code list_why_skip(const struct select *s, bool json);

#endif
