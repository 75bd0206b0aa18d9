/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The archive through apt: its signatures, proxies and transports are apt's
 * affair. Each pair of architecture and suite has a state directory
 * (apt/ARCH-SUITE), so that nothing of the host is written, and one suite that
 * cannot be read takes no other with it.
 */
#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "vm-matrix/kernel/archive.h"

#define HOUR 3600
#define DAY (24 * HOUR)

/*
 * Read after the host's own configuration (apt.conf(5): -c), which may name
 * proxies; hooks of the host would work on the host, and go.
 */
static const char configuration[] =
	"#clear APT::Update::Pre-Invoke;\n"
	"#clear APT::Update::Post-Invoke;\n"
	"#clear APT::Update::Post-Invoke-Success;\n"
	"#clear APT::Architectures;\n"
	"APT::Architecture \"%1$s\";\n"
	"APT::Architectures { \"%1$s\"; };\n"
	"APT::Sandbox::User \"root\";\n"
	"APT::Update::Error-Mode \"any\";\n"
	"Dir::Etc::sourcelist \"%2$s/sources.list\";\n"
	"Dir::Etc::sourceparts \"/dev/null\";\n"
	"Dir::Etc::preferences \"/dev/null\";\n"
	"Dir::Etc::preferencesparts \"/dev/null\";\n"
	"Dir::State \"%2$s\";\n"
	"Dir::State::lists \"%2$s/lists\";\n"
	"Dir::State::status \"/dev/null\";\n"
	"Dir::Cache \"%2$s/cache\";\n"
	"Dir::Log \"%2$s\";\n"
	"pkgCacheFile::Generate \"false\";\n"
	"Acquire::Languages \"none\";\n"
	"Acquire::PDiffs \"false\";\n"
	"Acquire::Retries \"2\";\n"
	"Acquire::http::Timeout \"30\";\n"
	"Acquire::https::Timeout \"30\";\n"
	/* A release of the past stays what it was. */
	"Acquire::Check-Valid-Until \"false\";\n"
	"Acquire::IndexTargets::deb::Packages::KeepCompressed \"true\";\n"
	"Acquire::IndexTargets::deb::Packages::KeepCompressedAs \"xz\";\n";

/* 0, or -errno: replaces @path as a whole. */
static int write_file(const char *path, const char *text)
{
	_cleanup_free_ char *new = xasprintf("%s.new", path);
	FILE *f = fopen(new, "we");
	int r = 0;

	if (!f)
		return -errno;
	if (fputs(text, f) < 0 || fflush(f))
		r = -errno;
	fclose(f);
	if (!r && rename(new, path) < 0)
		r = -errno;
	if (r)
		unlink(new);
	return r;
}

static int write_state(const char *dir, const char *arch, const char *suite,
		       const struct mirror *m)
{
	_cleanup_free_ char *conf_path = xasprintf("%s/apt.conf", dir);
	_cleanup_free_ char *list_path = xasprintf("%s/sources.list", dir);
	_cleanup_free_ char *lists = xasprintf("%s/lists/partial", dir);
	_cleanup_free_ char *cache =
		xasprintf("%s/cache/archives/partial", dir);
	_cleanup_free_ char *conf = xasprintf(configuration, arch, dir);
	_cleanup_free_ char *line = xasprintf(
		"deb [arch=%s target=Packages%s%s%s] %s %s main\n", arch,
		m->trusted ? " trusted=yes" : "",
		m->signed_by ? " signed-by=" : "",
		m->signed_by ? m->signed_by : "", m->uri, suite);
	int r = dir_make(lists, 0755);

	r = r < 0 ? r : dir_make(cache, 0755);
	r = r < 0 ? r : write_file(conf_path, conf);
	return r < 0 ? r : write_file(list_path, line);
}

char *apt_complaint(const char *said)
{
	static const char *const signs[] = { "E: ", "W: Failed to fetch ", "W: " };
	_cleanup_words_ struct words lines = { 0 };

	words_split(&lines, said, "\n");
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		for (size_t j = 0; j < lines.n; j++)
			if (!strncmp(lines.word[j], signs[i], strlen(signs[i])))
				return xstrdup(lines.word[j] + 3);
	return xstrdup(lines.n ? lines.word[lines.n - 1] : "said nothing");
}

/* Has the mirror said that it has no such suite, or not for this machine? */
static bool is_absent(const char *said)
{
	bool release = strstr(said, "does not have a Release file");

	return (release || strstr(said, "/Packages")) &&
	       (strstr(said, "404  Not Found") ||
		strstr(said, "File not found"));
}

static bool tick_progress(void *ctx)
{
	const struct update *u = ctx;

	kernel_progress(u->cache, u->what, 0, 0);
	return !kernel_stopped(u->cache);
}

static int update(struct kernel_cache *c, const char *dir, const char *suite,
		  bool *absent, char **why)
{
	_cleanup_free_ char *conf = xasprintf("%s/apt.conf", dir);
	_cleanup_free_ char *apt = tool_find("apt-get");
	_cleanup_free_ char *what = xasprintf("index of %s", suite);
	_cleanup_free_ char *line = NULL;
	_cleanup_str_ struct str said = STR_INIT;
	struct update u = { c, what };
	const char *argv[] = { apt, "-c", conf, "-q", "update", NULL };
	int status;

	if (!apt)
		return kernel_fail(why, KERNEL_NO_TOOL,
				   "no apt-get on this machine: kernels from "
				   "the archive need it");
	status = tool_run(argv, &said, tick_progress, &u);
	kernel_progress(c, what, 1, 1);
	if (kernel_stopped(c))
		return kernel_fail(why, KERNEL_INTERRUPTED, "interrupted");
	*absent = is_absent(said.buf);
	if (*absent || !status)
		return 0;
	if (strstr(said.buf, strerror(ENOSPC)))
		return kernel_fail(why, KERNEL_NO_SPACE,
				   "index of suite '%s': no space left in '%s'",
				   suite, dir);
	line = apt_complaint(said.buf);
	return kernel_fail(why, KERNEL_UNREADABLE, "index of suite '%s': %s",
			   suite, line);
}

/* The lists that apt has in @dir, through its own decompression, to @out. */
static int extract(const char *dir, FILE *out)
{
	_cleanup_free_ char *pattern = xasprintf("%s/lists/*_Packages*", dir);
	const char *argv[] = { APT_HELPER, "cat-file", NULL, NULL };
	struct tool t;
	glob_t found;
	int r = 0;

	if (glob(pattern, 0, NULL, &found))
		return -ENOENT; /* the suite is not for this architecture */
	for (size_t i = 0; !r && i < found.gl_pathc; i++) {
		FILE *in;

		argv[2] = found.gl_pathv[i];
		r = tool_start(&t, argv, false);
		if (r < 0)
			break;
		in = fdopen(t.out, "r");
		if (in) {
			t.out = -1; /* closed with the stream */
			r = packages_filter(in, out);
			fclose(in);
		} else {
			r = -errno;
		}
		if (tool_wait(&t) && !r)
			r = -EIO;
	}
	globfree(&found);
	return r;
}

/* Writes our index; its first line names the mirror. */
static int write_index(const char *dir, const char *mirror, bool *absent,
		       char **why)
{
	_cleanup_free_ char *path = xasprintf("%s/index", dir);
	_cleanup_free_ char *new = xasprintf("%s.new", path);
	FILE *out = fopen(new, "we");
	int r = out ? 0 : -errno;

	if (out) {
		fprintf(out, "Mirror: %s\n", mirror);
		if (!*absent)
			r = extract(dir, out);
		if (r == -ENOENT) {
			*absent = true;
			r = 0;
		}
		if (fclose(out) && !r)
			r = -errno;
	}
	if (!r && rename(new, path) < 0)
		r = -errno;
	if (!r)
		return 0;
	unlink(new);
	return kernel_fail(why, r == -ENOSPC ? KERNEL_NO_SPACE : KERNEL_IO,
			   "index '%s': %s", path, strerror(-r));
}

static int read_index(const char *dir, const char *suite, struct packages *p,
		      bool *absent, char **why)
{
	_cleanup_free_ char *path = xasprintf("%s/index", dir);
	char mirror[1024];
	FILE *in = fopen(path, "re");
	size_t before = p->n;
	int r;

	if (!in)
		return kernel_fail(why, KERNEL_UNREADABLE, "index '%s': %s",
				   path, strerror(errno));
	if (fscanf(in, "Mirror: %1023[^\n]", mirror) != 1) {
		fclose(in);
		unlink(path);
		return kernel_fail(why, KERNEL_UNREADABLE,
				   "index '%s' is damaged", path);
	}
	r = packages_read(p, in, suite, mirror);
	fclose(in);
	*absent = p->n == before;
	if (r < 0)
		return kernel_fail(why, KERNEL_IO, "index '%s': %s", path,
				   strerror(-r));
	return 0;
}

/* Is there an index of this mirror? */
static bool has_index(const char *dir, const char *mirror)
{
	_cleanup_free_ char *path = xasprintf("%s/index", dir);
	_cleanup_free_ char *wanted = xasprintf("Mirror: %s", mirror);
	char line[1100];

	return !file_read_line(path, line, sizeof(line)) &&
	       !strcmp(line, wanted);
}

/* And one of less than a day? */
static bool is_fresh(const struct kernel_cache *c, const char *dir,
		     const char *key, const char *mirror)
{
	_cleanup_free_ char *path = xasprintf("%s/index", dir);
	struct stat st;
	time_t now = time(NULL);

	if (stat(path, &st) < 0 || st.st_mtime > now + DAY ||
	    now - st.st_mtime > DAY)
		return false;
	if (c->o.refresh && !words_has(&c->refreshed, key))
		return false;
	return has_index(dir, mirror);
}

/*
 * A suite that could not be read is not tried again for a while: each try may
 * take minutes. 0, or KERNEL_UNREADABLE with what was said then.
 */
static int known_problem(const struct kernel_cache *c, const char *dir,
			 const char *key, const char *mirror, char **why)
{
	_cleanup_free_ char *path = xasprintf("%s/problem", dir);
	size_t n = strlen(mirror);
	char line[2048];
	struct stat st;
	time_t now = time(NULL);

	if (stat(path, &st) < 0 || st.st_mtime > now ||
	    now - st.st_mtime > HOUR / 4 ||
	    (c->o.refresh && !words_has(&c->refreshed, key)) ||
	    file_read_line(path, line, sizeof(line)) < 0 ||
	    strncmp(line, mirror, n) || line[n] != ' ')
		return 0;
	return kernel_fail(why, KERNEL_UNREADABLE, "%s", line + n + 1);
}

static int refresh(struct kernel_cache *c, const struct mirror *m,
		   const char *dir, const char *arch, const char *suite,
		   char **why)
{
	bool absent = false;
	int r = write_state(dir, arch, suite, m);

	if (r < 0)
		return kernel_fail(why, r == -ENOSPC ? KERNEL_NO_SPACE : KERNEL_IO,
				   "apt's state '%s': %s", dir, strerror(-r));
	r = update(c, dir, suite, &absent, why);
	return r < 0 ? r : write_index(dir, m->uri, &absent, why);
}

/* What cannot be read anew is read as it was, and that is said. */
static int refresh_or_old(struct kernel_cache *c, const struct mirror *m,
			  const char *dir, const char *arch, const char *suite,
			  char **why)
{
	_cleanup_free_ char *problem = xasprintf("%s/problem", dir);
	_cleanup_free_ char *key = xasprintf("%s-%s", arch, suite);
	int r = known_problem(c, dir, key, m->uri, why);

	if (!r) {
		r = refresh(c, m, dir, arch, suite, why);
		if (r == KERNEL_UNREADABLE) {
			_cleanup_free_ char *line =
				xasprintf("%s %s", m->uri, *why);

			write_file(problem, line);
		} else {
			unlink(problem);
		}
	}
	if (r != KERNEL_UNREADABLE || !has_index(dir, m->uri))
		return r;
	kernel_note(c, "%s; the one fetched before is used", *why);
	free(*why);
	*why = NULL;
	return 0;
}

int archive_index(struct kernel_cache *c, const struct apt_sources *s,
		  const char *arch, const char *suite, struct packages *p,
		  bool *absent, char **why)
{
	_cleanup_free_ char *key = xasprintf("%s-%s", arch, suite);
	_cleanup_free_ char *dir = xasprintf("%s/apt/%s", c->dir, key);
	_cleanup_free_ char *lock_name = xasprintf("apt-%s", key);
	_cleanup_close_ int lock = kernel_lock(c, lock_name);
	struct mirror m;
	int r;

	if (lock < 0)
		return kernel_fail(why, KERNEL_IO, "lock of '%s': %s", dir,
				   strerror(-lock));
	r = mirror_of(s, suite, &m, why);
	if (r < 0)
		return r;
	if (c->o.offline) {
		if (!has_index(dir, m.uri))
			r = kernel_fail(why, KERNEL_OFFLINE,
					"offline, and the index of suite '%s' for %s is not in the cache '%s'",
					suite, arch, c->dir);
	} else if (!is_fresh(c, dir, key, m.uri)) {
		r = refresh_or_old(c, &m, dir, arch, suite, why);
		words_add(&c->refreshed, key);
	}
	mirror_free(&m);
	return r < 0 ? r : read_index(dir, suite, p, absent, why);
}
