/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/need.h"

#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "base/value.h"
#include "core/machine.h"
#include "core/machine_files.h"
#include "core/need_table.h"

static void __attribute__((format(printf, 4, 5)))
need_add(struct need_list *list, const char *field, const char *remedy,
	      const char *fmt, ...)
{
	struct str reason = STR_INIT;
	struct need_miss *miss;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&reason, fmt, ap);
	va_end(ap);
	list->miss = xrealloc(list->miss, (list->n + 1) * sizeof(*list->miss));
	miss = &list->miss[list->n++];
	miss->field = field;
	miss->reason = str_take(&reason);
	miss->remedy = xstrdup(remedy);
}

void need_free(struct need_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->miss[i].reason);
		free(list->miss[i].remedy);
	}
	free(list->miss);
	*list = (struct need_list){ 0 };
}

static void check_kernel(const char *word, const struct needs *n,
			 struct need_list *list)
{
	if (machine_series_cmp(machine_release(), word) >= 0)
		return;
	need_add(list, "kernel", "boot a newer kernel",
		 "kernel %s is older than %s%s%s%s", machine_release(), word,
		 n->kernel_note ? " (" : "", n->kernel_note ?: "",
		 n->kernel_note ? ")" : "");
}

static void check_kconfig(const char *word, const struct needs *n,
			  struct need_list *list)
{
	_cleanup_free_ char *remedy = NULL;

	(void)n;
	if (machine_kconfig(word) != 'n') /* '?': only trying can tell */
		return;
	remedy = xasprintf("build the kernel with CONFIG_%s=y", word);
	need_add(list, "kconfig", remedy, "CONFIG_%s is off", word);
}

static bool have_capability(const char *name)
{
	_cleanup_str_ struct str status = STR_INIT;
	const char *line;
	uint64_t mask = 0;

	if (machine_read(&status, "/proc/self/status"))
		return true; /* not told: only trying can tell */
	line = strstr(status.buf, "\nCapEff:");
	if (!line || sscanf(line, "\nCapEff: %" SCNx64, &mask) != 1)
		return true;
	for (unsigned i = 0; need_capabilities[i]; i++)
		if (!strcmp(need_capabilities[i], name))
			return mask >> i & 1;
	return false;
}

static void check_cap(const char *word, const struct needs *n,
		      struct need_list *list)
{
	_cleanup_free_ char *remedy = NULL;
	char upper[32];
	size_t i;

	(void)n;
	if (have_capability(word))
		return;
	for (i = 0; word[i] && i < sizeof(upper) - 1; i++)
		upper[i] = word[i] >= 'a' && word[i] <= 'z' ? word[i] - 32 :
							      word[i];
	upper[i] = '\0';
	remedy = geteuid() ?
			 xasprintf("run as root, or: setcap cap_%s+ep strain",
				   word) :
			 xasprintf("let this container or service have CAP_%s",
				   upper);
	need_add(list, "caps", remedy, "missing capability CAP_%s", upper);
}

/* The list is "any of", so it comes whole. */
static void check_arch(const char *words, const struct needs *n,
		       struct need_list *list)
{
	_cleanup_free_ char *remedy = NULL;
	struct utsname u;

	(void)n;
	if (uname(&u) || word_in(words, u.machine))
		return;
	remedy = xasprintf("run it on one of: %s", words);
	need_add(list, "arch", remedy, "architecture %s is not one of: %s",
		 u.machine, words);
}

static void check_module(const char *word, const struct needs *n,
			 struct need_list *list)
{
	_cleanup_free_ char *remedy = NULL;

	(void)n;
	if (machine_module(word))
		return;
	if (machine_exists("/lib/modules/%s/modules.dep", machine_release()))
		remedy = xasprintf("build the kernel's module '%s'", word);
	else
		remedy = xasprintf("install the modules of kernel %s",
				   machine_release());
	need_add(list, "module", remedy, "no module '%s' for kernel %s", word,
		 machine_release());
}

static bool has_miss(const struct need_list *list, const char *field)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->miss[i].field, field))
			return true;
	return false;
}

/* A device is of use to who may open it: CAP_SYS_ADMIN alone attaches no loop. */
static bool is_closed(const char *word, const glob_t *found)
{
	if (strncmp(word, "/dev/", 5) != 0)
		return false;
	for (size_t i = 0; i < found->gl_pathc; i++)
		if (!faccessat(AT_FDCWD, found->gl_pathv[i], R_OK | W_OK, AT_EACCESS))
			return false;
	return true;
}

static void check_file(const char *word, const struct needs *n,
		       struct need_list *list)
{
	char path[MACHINE_PATH];
	glob_t found = { 0 };
	bool closed;
	int none;

	(void)n;
	/* What a kernel that is too old lacks there, no option gives it. */
	if (!strncmp(word, "/sys/", 5) && has_miss(list, "kernel"))
		return;
	none = glob(machine_path(path, "%s", word), GLOB_NOSORT, NULL, &found);
	closed = !none && is_closed(word, &found);
	globfree(&found);
	if (none)
		need_add(list, "files", need_file_remedy(word),
			 "no file '%s'", word);
	if (closed)
		need_add(list, "files",
			 geteuid() ? "run as root" :
				     "let this container or service open it",
			 "may not open '%s'", word);
}

static void check_writable(const char *word, const struct needs *n,
			   struct need_list *list)
{
	char path[MACHINE_PATH];

	(void)n;
	machine_path(path, "%s", word);
	if (!faccessat(AT_FDCWD, path, W_OK, AT_EACCESS))
		return;
	if (!file_exists(path))
		need_add(list, "writable", need_file_remedy(word),
			 "no file '%s'", word);
	else
		need_add(list, "writable",
			 geteuid() ? "run as root" :
				     "mount it writable: it is read-only here",
			 "cannot write '%s'", word);
}

static void check_command(const char *word, const struct needs *n,
			  struct need_list *list)
{
	_cleanup_free_ char *program = file_program(word, NULL), *remedy = NULL;
	_cleanup_free_ char *hidden = NULL;

	(void)n;
	if (program)
		return;
	hidden = file_program(word, "/usr/sbin:/sbin");
	if (hidden)
		remedy = xstrdup("add /usr/sbin to PATH");
	else if (need_package(word))
		remedy = xasprintf("apt install %s", need_package(word));
	else
		remedy = xasprintf("install '%s'", word);
	need_add(list, "commands", remedy, "no program '%s' in PATH", word);
}

static void check_filesystem(const char *word, const struct needs *n,
			     struct need_list *list)
{
	_cleanup_free_ char *remedy = NULL;
	const char *symbol = need_filesystem_symbol(word);

	(void)n;
	if (machine_filesystem(word))
		return;
	remedy = symbol ? xasprintf("build the kernel with CONFIG_%s=y", symbol) :
			  xasprintf("use a kernel with the filesystem '%s'", word);
	need_add(list, "filesystems", remedy,
		 "kernel %s has no filesystem '%s'", machine_release(), word);
}

static void check_memory(const struct needs *n, struct need_list *list)
{
	uint64_t available = n->memory ? machine_memory() : 0;
	char want[VALUE_TEXT], have[VALUE_TEXT];

	if (available >= n->memory)
		return;
	/* whole megabytes: a person compares these two */
	value_format_bytes(want, n->memory);
	value_format_bytes(have, available >> 20 << 20);
	need_add(list, "memory", "free memory or raise the cgroup's limit",
		 "%s of memory needed, %s available", want, have);
}

static void check_cpus(const struct needs *n, struct need_list *list)
{
	if (n->cpus > 1 && machine_cpus() < n->cpus)
		need_add(list, "cpus",
			 "widen the affinity mask or the cgroup's CPU quota, "
			 "or use a larger machine",
			 "%u CPUs needed, %u usable", n->cpus, machine_cpus());
}

static void check_nodes(const struct needs *n, struct need_list *list)
{
	if (n->nodes > 1 && machine_nodes() < n->nodes)
		need_add(list, "nodes",
			 "boot with numa=fake=2, or use a machine with more nodes",
			 "%u NUMA nodes with memory needed, %u there", n->nodes,
			 machine_nodes());
}

/* Fields that are text: each word is checked alone, or the list at once. */
static const struct text_need {
	size_t offset;
	bool whole;
	void (*check)(const char *word, const struct needs *n,
		      struct need_list *list);
} text_needs[] = {
	{ offsetof(struct needs, arch), true, check_arch },
	{ offsetof(struct needs, kernel), true, check_kernel },
	{ offsetof(struct needs, kconfig), false, check_kconfig },
	{ offsetof(struct needs, caps), false, check_cap },
	{ offsetof(struct needs, filesystems), false, check_filesystem },
	{ offsetof(struct needs, module), false, check_module },
	{ offsetof(struct needs, files), false, check_file },
	{ offsetof(struct needs, writable), false, check_writable },
	{ offsetof(struct needs, commands), false, check_command },
};

static void (*const number_needs[])(const struct needs *n,
				    struct need_list *list) = {
	check_memory,
	check_cpus,
	check_nodes,
};

void need_check(const struct needs *needs, struct need_list *list)
{
	if (!needs)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(text_needs); i++) {
		const struct text_need *t = &text_needs[i];
		const char *text;
		struct words words = { 0 };

		memcpy(&text, (const char *)needs + t->offset, sizeof(text));
		if (!text)
			continue;
		if (t->whole)
			words_add(&words, text);
		else
			words_split(&words, text, " ");
		for (size_t k = 0; k < words.n; k++)
			t->check(words.word[k], needs, list);
		words_free(&words);
	}
	for (size_t i = 0; i < ARRAY_SIZE(number_needs); i++)
		number_needs[i](needs, list);
}
