/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/thp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/file.h"
#include "core/worker.h"

size_t thp_pmd_size(void)
{
	uint64_t size;

	return file_read_u64(THP_DIR "/hpage_pmd_size", &size) ? 0 : size;
}

size_t thp_require(struct worker *w)
{
	size_t pmd = thp_pmd_size();

	if (!pmd)
		worker_skip(w, "the kernel has no transparent huge pages");
	if (prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) > 0)
		worker_skip(w, "huge pages are disabled for this process (prctl)");
	return pmd;
}

static char *path_of(size_t size, const char *file)
{
	return xasprintf(THP_DIR "/hugepages-%zukB/%s", size / 1024, file);
}

unsigned thp_anon_sizes(size_t sizes[THP_SIZES_MAX])
{
	size_t pmd = thp_pmd_size();
	unsigned n = 0;

	for (size_t s = 2 * sysconf(_SC_PAGESIZE); s <= pmd; s *= 2) {
		_cleanup_free_ char *path = path_of(s, "enabled");

		if (n < THP_SIZES_MAX && file_exists(path))
			sizes[n++] = s;
	}
	return n;
}

/* Of "always [madvise] never": is the word in brackets one of @wanted? */
static bool chosen(const char *path, const char *wanted)
{
	char line[128], *open, *close;

	if (file_read_line(path, line, sizeof(line)))
		return false;
	open = strchr(line, '[');
	close = open ? strchr(open, ']') : NULL;
	if (!close)
		return false;
	*close = '\0';
	return word_in(wanted, open + 1);
}

static const char *const enough[] = { "always madvise",
				      "always within_size advise force" };
static const char *const file_name[] = { "enabled", "shmem_enabled" };
static const char *const top_path[] = { THP_DIR "/enabled",
					THP_DIR "/shmem_enabled" };

/* Is it still so? Settings are everybody's. */
static bool thp_allowed(size_t size, bool shmem)
{
	_cleanup_free_ char *path = path_of(size, file_name[shmem]);

	if (shmem && chosen(top_path[1], "deny"))
		return false;
	if (!file_exists(path) || chosen(path, "inherit"))
		return chosen(top_path[shmem], enough[shmem]);
	return chosen(path, enough[shmem]);
}

/* 0, or -errno. */
static int thp_allow(struct worker *w, size_t size, bool shmem)
{
	_cleanup_free_ char *path = path_of(size, file_name[shmem]);
	int rc;

	if (thp_allowed(size, shmem))
		return 0;
	rc = worker_set_value(w, file_exists(path) ? path : top_path[shmem],
			      shmem ? "advise" : "madvise");
	if (!rc && !thp_allowed(size, shmem))
		return -EPERM; /* shmem: denied to everybody */
	return rc;
}

void thp_require_allowed(struct worker *w, size_t size, bool shmem)
{
	int rc = thp_allow(w, size, shmem);

	if (rc)
		worker_skip(w, "huge pages are not allowed in " THP_DIR ", and it cannot be changed: %s",
			    strerror(-rc));
}

unsigned thp_require_sizes(struct worker *w, size_t pmd, size_t sizes[THP_SIZES_MAX])
{
	size_t all[THP_SIZES_MAX];
	unsigned n = thp_anon_sizes(all), allowed = 0;
	int rc = 0;

	for (unsigned i = 0; i < n; i++) {
		int one = thp_allow(w, all[i], false);

		if (!one)
			sizes[allowed++] = all[i];
		else
			rc = one;
	}
	if (!allowed || sizes[0] == pmd)
		worker_skip(w, "no size below %zu kB is allowed in " THP_DIR ", and it cannot be changed: %s",
			    pmd / 1024, strerror(-rc));
	if (rc)
		worker_note(w, "%u of %u sizes of huge pages are allowed", allowed, n);
	return allowed;
}

/* Before there were counters of each size, for the only size there was. */
static int vmstat_count(const char *name, uint64_t *value)
{
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_free_ char *key = NULL;
	const char *line;
	int rc;

	if (strncmp(name, "anon_", 5))
		return -ENOENT;
	key = xasprintf("\nthp_%s ", name + 5);
	rc = file_read("/proc/vmstat", &text);
	if (rc)
		return rc;
	line = strstr(text.buf, key);
	return line && sscanf(line + strlen(key), "%" SCNu64, value) == 1 ?
		       0 : -ENOENT;
}

int thp_count(size_t size, const char *name, uint64_t *value)
{
	_cleanup_free_ char *file = xasprintf("stats/%s", name);
	_cleanup_free_ char *path = path_of(size, file);

	if (!file_exists(path) && size == thp_pmd_size())
		return vmstat_count(name, value);
	return file_read_u64(path, value);
}

void thp_tally_begin(struct worker *w, size_t size, struct thp_tally *t)
{
	int rc = thp_count(size, "anon_fault_alloc", &t->made);

	if (!rc)
		rc = thp_count(size, "anon_fault_fallback", &t->missed);
	if (rc)
		worker_broken(w, "cannot read the counters of %zu kB pages: %s",
			      size / 1024, strerror(-rc));
}

/* Its pure part; .made and .missed are what the counters rose by. */
static bool thp_tally_holds(const struct thp_tally *t)
{
	return t->made >= t->huge && t->missed >= t->tried - t->huge;
}

bool thp_tally_recorded(bool mutated)
{
	const struct thp_tally t = { .tried = 16, .huge = 14, .made = 15,
				     .missed = mutated ? 1 : 2 };

	return thp_tally_holds(&t);
}

void thp_tally_check(struct worker *w, size_t size, const struct thp_tally *t,
		     unsigned check)
{
	struct thp_tally now = *t, since = *t;

	if (worker_mutated(w, check))
		thp_tally_begin(w, size, &since);
	thp_tally_begin(w, size, &now);
	if (!thp_allowed(size, false))
		worker_broken(w, "the setting for %zu kB pages was changed meanwhile",
			      size / 1024);
	now.made -= since.made;
	now.missed -= since.missed;
	worker_check(w, check, thp_tally_holds(&now),
		     "%" PRIu64 " of %" PRIu64 " pages of %zu kB were made, the kernel counted %" PRIu64 " and %" PRIu64 " fallbacks",
		     t->huge, t->tried, size / 1024, now.made, now.missed);
}
