/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of kernel releases as uname(2) tells them:
 *
 *	5.9 < 5.10 < 6.1 < 6.18-rc3 < 6.18-rc3-12-gabc < 6.18 < 6.18.1 < 6.18.44-fc
 *
 * Missing numbers count as 0 (6.18.0 is 6.18); a candidate comes before its
 * release; what is built on top of either comes behind it. Within the rest
 * numbers are compared as numbers. What does not begin with a number comes
 * last, so that any texts have one order.
 */
#ifndef STRAIN_REPORTS_RELEASE_H
#define STRAIN_REPORTS_RELEASE_H

/* < 0, 0, > 0 like strcmp(3); 0 only for texts that are equal. */
int release_compare(const char *a, const char *b);

#endif
