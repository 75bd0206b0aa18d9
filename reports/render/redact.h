/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes out of a text what tells whose machine it was: paths of users, mount
 * sources, host and user names, serial numbers, UUIDs, MAC and IP addresses.
 * The same thing becomes the same placeholder, <host-1>, in all texts of one
 * struct redact, so that what belongs together still shows. What looks like
 * such a thing and is none is taken out too. Pure.
 */
#ifndef STRAIN_REPORTS_RENDER_REDACT_H
#define STRAIN_REPORTS_RENDER_REDACT_H

#include "base/str.h"

struct redact;

struct redact *redact_new(void);
void redact_free(struct redact *r);

/* A word that stays although a user or host has that name: of the report's
 * own language. */
void redact_keep(struct redact *r, const char *word);
/* Notes the names of users and hosts that @text gives away, so that they are
 * found where they stand alone. */
void redact_learn(struct redact *r, const char *text);
/* @text without them. To free. */
char *redact_text(struct redact *r, const char *text);
/*
 * The kernel's command line: beside the above, values of parameters other than
 * those of a list become <value>, and what is for init is left out. To free.
 */
char *redact_command_line(struct redact *r, const char *text);

#endif
