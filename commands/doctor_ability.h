/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which stressors and methods this machine can run, and what the others miss. */
#ifndef STRAIN_COMMANDS_DOCTOR_ABILITY_H
#define STRAIN_COMMANDS_DOCTOR_ABILITY_H

#include "base/str.h"

/* One thing that is missing, and the stressors and methods that want it. */
struct missing {
	char *reason, *remedy; /* remedy "": none is known */
	struct words users;
};

struct ability { /* all zero before ability_find() */
	unsigned stressors, stressors_run, methods, methods_run;
	struct missing *missing;
	size_t n;
};

void ability_find(struct ability *a);
void ability_free(struct ability *a);

#endif
