/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Known issues: failures that are somebody's bug already, so that a run is not
 * red for them and says when they are gone. A text file, one issue a line:
 *
 *	CASES | KERNELS | EXPIRY | LINK | REASON
 *	fault/mmap-lock-mix* | 6.12..6.18 | 2027-06-30 | https://... | lost wake-up
 *
 * CASES is a shell pattern over case names ('*' also matches '/'). KERNELS is
 * "6.1..6.12", "..6.6", "6.18..", "6.12" or "*": ends are included and count
 * as far as they are written, so 6.12 holds 6.12.5 and 6.12-rc3. EXPIRY is the
 * last day on which the line counts, or "-". LINK is a URL, or "-". REASON is
 * the rest of the line. '#' starts a comment line. The first line that fits
 * wins.
 */
#ifndef STRAIN_CORE_KNOWN_H
#define STRAIN_CORE_KNOWN_H

#include <stddef.h>

#define KNOWN_DATE 11 /* bytes of "2026-11-21" */

struct known {
	char *cases;
	char *from, *to; /* release numbers; NULL: no end */
	char *expiry;    /* NULL: never */
	char *link;      /* NULL: none */
	char *reason;
	unsigned line;
};

struct known_list {
	char *path;
	struct known *row;
	size_t n;
};

/*
 * Adds the lines of @path to @list. 0, or -errno with a message to free in @why:
 * "known issues 'FILE:3': expiry 'soon' is not a date (YYYY-MM-DD)".
 */
int known_load(const char *path, struct known_list *list, char **why);
/* The first line for the case on that kernel that has not expired, or NULL. */
const struct known *known_match(const struct known_list *list,
				const char *case_id, const char *release,
				const char *today);
/* Tells each line that no longer counts. */
void known_expired(const struct known_list *list, const char *today,
		   void (*note)(void *ctx, const char *text), void *ctx);
/* "lost wake-up (https://...)", to free: for the report. */
char *known_text(const struct known *k);
/* Today in UTC; @buf of KNOWN_DATE bytes. Returns @buf. */
const char *known_today(char *buf);
void known_free(struct known_list *list);

#endif
