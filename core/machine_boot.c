/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts that stay as they are until the next boot, in a file beside the
 * undo logs: to find them anew takes most of the time of a short run. The file
 * is a hint: it is believed only when it is ours, of this boot and whole, and
 * it is replaced when it is not. Lines are GROUP, NAME, then "=NUMBER" or
 * "'TEXT", with tabs between; the first is the key, the last tells the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "core/machine_facts.h"
#include "core/undo_log.h"

#define NAME "facts"
#define LARGEST 65536
#define END "end\n"

#ifndef STRAIN_GUEST
bool machine_is_guest(void)
{
	static int known = -1;

	if (known < 0)
		known = getenv(MACHINE_GUEST) != NULL;
	return known;
}
#endif

const char *machine_boot_id(void)
{
	static char id[64];
	static unsigned version = -1U;

	if (version != machine_root_version()) {
		version = machine_root_version();
		machine_read_line(id, sizeof(id),
				  "/proc/sys/kernel/random/boot_id");
	}
	return id;
}

uint64_t machine_taint(void)
{
	static struct machine_kept kept = MACHINE_KEPT;
	char text[32];

	machine_read_kept(&kept, "/proc/sys/kernel/tainted", text, sizeof(text));
	return strtoull(text, NULL, 10);
}

/* What a commit does not tell: which build of a tree that was changed since. */
static void add_program(struct str *s)
{
	bool told = *STRAIN_COMMIT && !strstr(STRAIN_COMMIT, "dirty");
	struct stat st;

	if (!told && !stat("/proc/self/exe", &st))
		str_addf(s, " %" PRIu64 ".%" PRIu64 ".%lld.%ld",
			 (uint64_t)st.st_dev, (uint64_t)st.st_ino,
			 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

/*
 * What the kept facts hang on: online CPUs decide on SMT and topology; new
 * microcode, a livepatch and foreign modules taint the kernel; KVM and
 * unprivileged BPF change what the vulnerabilities say. "" without a boot id.
 */
struct str machine_boot_key(void)
{
	struct str s = STR_INIT;
	char line[256];

	/* most boots of a guest see one run */
	if (machine_is_guest() || !*machine_boot_id())
		return s;
	str_addf(&s, "strain-facts %s %s %s", STRAIN_VERSION, STRAIN_COMMIT,
		 machine_boot_id());
	add_program(&s);
	machine_read_line(line, sizeof(line), "/sys/devices/system/cpu/online");
	str_addf(&s, " cpus %s", line);
	str_addf(&s, " taint %" PRIu64, machine_taint());
	machine_read_line(line, sizeof(line),
			  "/proc/sys/kernel/unprivileged_bpf_disabled");
	str_addf(&s, " bpf %s kvm %d", line,
		 machine_exists("/sys/module/kvm_intel"));
	return s;
}

static int open_ours(const char *path, off_t *size)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    st.st_uid == undo_user() && (st.st_mode & 07777) == 0600 &&
	    st.st_nlink == 1 && st.st_size < LARGEST) {
		*size = st.st_size;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Groups of facts are compared by content, but never freed. */
static const char *known_group(const char *name)
{
	static const char *const groups[] = { "machine", "kernel", "sysctl" };

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (!strcmp(groups[i], name))
			return groups[i];
	return NULL;
}

static bool take_line(struct facts *f, char *line)
{
	char *name = strchr(line, '\t'), *value, *end = NULL;
	const char *group;
	double number;

	if (!name)
		return false;
	*name++ = '\0';
	group = known_group(line);
	value = strchr(name, '\t');
	if (!group || !value || value == name)
		return false;
	*value++ = '\0';
	if (*value == '\'' && value[1]) {
		facts_text(f, group, name, value + 1);
		return true;
	}
	number = *value == '=' ? strtod(value + 1, &end) : 0;
	if (!end || end == value + 1 || *end)
		return false;
	facts_number(f, group, name, number);
	return true;
}

static bool take_lines(struct facts *f, char *at)
{
	while (strcmp(at, END)) {
		char *end = strchr(at, '\n');

		if (!end)
			return false;
		*end = '\0';
		if (!take_line(f, at))
			return false;
		at = end + 1;
	}
	return true;
}

bool machine_boot_load(struct facts *f, const char *key)
{
	_cleanup_free_ char *text = NULL, *path = NULL;
	_cleanup_close_ int fd = -1;
	const char *dir = *key ? undo_lasting_dir() : NULL;
	size_t n = strlen(key);
	off_t size = 0;
	ssize_t got;

	if (!dir || !undo_dir_is_private(dir))
		return false;
	path = xasprintf("%s/" NAME, dir);
	fd = open_ours(path, &size);
	if (fd < 0)
		return false;
	text = xalloc(size + 1);
	got = read(fd, text, size);
	if (got < 0 || (size_t)got <= n || strncmp(text, key, n) ||
	    text[n] != '\n')
		return false;
	if (strlen(text) == (size_t)got && take_lines(f, text + n + 1))
		return true;
	facts_clear(f);
	return false;
}

/* False: a text that the format cannot hold. */
static bool print_facts(struct str *s, const struct facts *f, const char *key)
{
	str_addf(s, "%s\n", key);
	for (size_t i = 0; i < f->n; i++) {
		const struct fact *fact = &f->fact[i];

		if (!known_group(fact->group) || strpbrk(fact->name, "\t\n") ||
		    (fact->text && strchr(fact->text, '\n')))
			return false;
		if (fact->text)
			str_addf(s, "%s\t%s\t'%s\n", fact->group, fact->name,
				 fact->text);
		else
			str_addf(s, "%s\t%s\t=%.17g\n", fact->group, fact->name,
				 fact->number);
	}
	str_add(s, END);
	return s->len < LARGEST && !strchr(key, '\n');
}

void machine_boot_store(const struct facts *f, const char *key)
{
	_cleanup_free_ char *path = NULL, *part = NULL;
	_cleanup_str_ struct str s = STR_INIT;
	_cleanup_close_ int fd = -1;
	const char *dir = *key && undo_lasting_dir() ? undo_dir() : NULL;

	if (!dir || !print_facts(&s, f, key))
		return;
	path = xasprintf("%s/" NAME, dir);
	part = xasprintf("%s/" NAME ".part", dir);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0) {
		/* of a run that was killed, or that writes just now: next time */
		unlink(part);
		return;
	}
	if (fchmod(fd, 0600) || file_write_all(fd, s.buf, s.len) ||
	    rename(part, path))
		unlink(part);
}
