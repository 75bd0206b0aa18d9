/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/dirmodel.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *put_number(char *at, unsigned number)
{
	char digits[12];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + number % 10);
	while (number /= 10);
	memcpy(at, digits + n, sizeof(digits) - n);
	return at + sizeof(digits) - n;
}

/* Made for every operation: a printf() would be 3 % of one. */
char *dirmodel_name(char *buf, char letter, unsigned owner, unsigned number)
{
	char *at = buf;

	*at++ = letter;
	at = put_number(at, owner);
	*at++ = '-';
	at = put_number(at, number);
	*at = '\0';
	return buf;
}

/* Place of a name in the set, or -1 when it is not of the set. */
static long place(const struct dirmodel *m, const char *name)
{
	char again[DIRMODEL_NAME], *end;
	unsigned owner = (unsigned)strtoul(name + 1, &end, 10), number;

	if (*end != '-')
		return -1;
	number = (unsigned)strtoul(end + 1, NULL, 10);
	if (strcmp(dirmodel_name(again, m->letter, owner, number), name))
		return -1;
	if (owner < m->first || owner >= m->end ||
	    (owner - m->first) % m->stride || number >= m->count)
		return -1;
	return (long)((owner - m->first) / m->stride) * m->count + number;
}

static bool compare(const struct dirmodel *m, const unsigned char *seen,
		    size_t n, char *what, size_t size)
{
	char name[DIRMODEL_NAME];

	for (size_t i = 0; i < n; i++) {
		if (seen[i] == 1)
			continue;
		dirmodel_name(name, m->letter,
			      m->first + (unsigned)(i / m->count) * m->stride,
			      (unsigned)(i % m->count));
		snprintf(what, size, "'%s' was listed %u times", name, seen[i]);
		return false;
	}
	return true;
}

bool dirmodel_listed(struct worker *w, int dir, const struct dirmodel *m,
		     bool forget, char *what, size_t size)
{
	unsigned owners = (m->end - m->first + m->stride - 1) / m->stride;
	size_t n = (size_t)owners * m->count;
	_cleanup_free_ char *room = xalloc(n + 1);
	unsigned char *seen = (unsigned char *)room;
	int fd = sys_openat(w, dir, ".", O_RDONLY | O_DIRECTORY, 0);
	DIR *list = fdopendir(fd);
	struct dirent *e;
	bool same = true;

	if (!list)
		worker_broken(w, "cannot list a directory: %s", strerror(errno));
	while (same && (e = readdir(list))) {
		long at;

		if (e->d_name[0] != m->letter)
			continue;
		at = place(m, e->d_name);
		if (at < 0) {
			snprintf(what, size, "'%.60s' should not be there", e->d_name);
			same = false;
		} else if (forget) {
			forget = false;
		} else if (seen[at] < 255) {
			seen[at]++;
		}
	}
	closedir(list);
	if (same && forget) { /* nothing was there to be forgotten */
		snprintf(what, size, "the listing is empty");
		return false;
	}
	return same && compare(m, seen, n, what, size);
}
