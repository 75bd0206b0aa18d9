/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "core/counter.h"
#include "core/machine_facts.h"
#include "core/pseudofs.h"

#define AT_LEAST "at least "

/* First line of a file of securityfs or debugfs, mounted or not. */
static bool pseudofs_line(const char *type, const char *mount, const char *file,
			  char *buf, size_t size)
{
	_cleanup_close_ int fd = -1;
	char real[MACHINE_PATH];
	ssize_t n;

	if (!machine_read_line(buf, size, "%s/%s", mount, file))
		return true;
	/* a tree of a test has no filesystems to mount */
	if (*machine_path(real, "%s", ""))
		return false;
	fd = pseudofs_open(type, file, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return n > 0;
}

/* "a [b] c" or "a (b) c": b, in place. False when nothing is chosen. */
static bool chosen(char *text)
{
	char *from = strpbrk(text, "[("), *to = strpbrk(text, "])");

	if (!from || !to || to < from)
		return false;
	*to = '\0';
	memmove(text, from + 1, to - from);
	return true;
}

/* The kernel's command line without its end of line, read once. */
static const char *command_line(void)
{
	static struct str line = STR_INIT;
	static unsigned version = -1U;

	if (version != machine_root_version()) {
		version = machine_root_version();
		str_free(&line);
		if (!machine_read(&line, "/proc/cmdline") && line.len)
			line.buf[strcspn(line.buf, "\n")] = '\0';
	}
	return line.buf;
}

static bool on_command_line(const char *word, char *value, size_t size)
{
	_cleanup_words_ struct words words = { 0 };
	size_t n = strlen(word);

	words_split(&words, command_line(), " ");
	for (size_t i = 0; i < words.n; i++)
		if (!strncmp(words.word[i], word, n) && words.word[i][n] == '=') {
			snprintf(value, size, "%s", words.word[i] + n + 1);
			return true;
		}
	return false;
}

/* The first symbol of a table that the kernel was built with, or NULL. */
struct symbol {
	const char *symbol, *means;
};

static const char *built_with(const struct symbol *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (machine_kconfig(table[i].symbol) == 'y')
			return table[i].means;
	return NULL;
}

static void find_lockdown(char *buf, size_t size)
{
	static const struct symbol forced[] = {
		{ "LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY", "confidentiality" },
		{ "LOCK_DOWN_KERNEL_FORCE_INTEGRITY", "integrity" },
	};
	const char *built;

	if (pseudofs_line("securityfs", "/sys/kernel/security", "lockdown", buf,
			  size) &&
	    chosen(buf))
		return;
	if (on_command_line("lockdown", buf, size))
		return;
	built = built_with(forced, ARRAY_SIZE(forced));
	if (!built)
		built = machine_kconfig("SECURITY_LOCKDOWN_LSM") == 'n' ?
				"none" :
				"unknown";
	snprintf(buf, size, "%s", built);
}

/* Asked once: it is told twice at the start of a run. */
void machine_lockdown(char *buf, size_t size)
{
	static char lockdown[32];
	static unsigned version = -1U;

	if (version != machine_root_version()) {
		version = machine_root_version();
		find_lockdown(lockdown, sizeof(lockdown));
	}
	snprintf(buf, size, "%s", lockdown);
}

static bool is_locked(const char *lockdown)
{
	return !strcmp(lockdown, "integrity") || !strcmp(lockdown, "confidentiality");
}

static unsigned locked_root = -1U; /* for which the kept facts say so */

bool machine_locked_down(void)
{
	char lockdown[32];

	if (locked_root == machine_root_version())
		return true;
	machine_lockdown(lockdown, sizeof(lockdown));
	return is_locked(lockdown);
}

static const struct symbol preemption_models[] = {
	{ "PREEMPT_RT", "rt" },	      { "PREEMPT_LAZY", "lazy" },
	{ "PREEMPT", "full" },	      { "PREEMPT_VOLUNTARY", "voluntary" },
	{ "PREEMPT_NONE", "none" },
};

/* What runs now; what was built counts when nothing says more. */
static void preemption_model(char *buf, size_t size, const char *version,
			     bool debugfs)
{
	const char *built = built_with(preemption_models,
				       ARRAY_SIZE(preemption_models));
	char line[64];

	if (strstr(version, "PREEMPT_RT") ||
	    (!machine_read_line(line, sizeof(line), "/sys/kernel/realtime") &&
	     line[0] == '1')) {
		snprintf(buf, size, "rt");
	} else if (strstr(version, "PREEMPT_DYNAMIC") &&
		   ((debugfs &&
		     pseudofs_line("debugfs", "/sys/kernel/debug",
				   "sched/preempt", line, sizeof(line)) &&
		     chosen(line)) ||
		    on_command_line("preempt", line, sizeof(line)))) {
		snprintf(buf, size, "%s", line);
	} else {
		snprintf(buf, size, "%s", built ? built : "unknown");
	}
}

/* "none", "voluntary", "full", "lazy", "rt" or "unknown"; "(dynamic)" behind
 * it when it can be changed while the kernel runs. @debugfs: ask there too,
 * which a kernel in lockdown refuses and logs. */
static void machine_preemption(char *buf, size_t size, bool debugfs)
{
	char version[256], model[64];

	machine_read_line(version, sizeof(version), "/proc/sys/kernel/version");
	preemption_model(model, sizeof(model), version, debugfs);
	snprintf(buf, size, "%s%s", model,
		 strstr(version, "PREEMPT_DYNAMIC") ? " (dynamic)" : "");
}

/* Is a check that the kernel was built with also at work? */
static bool debug_works(const char *symbol)
{
	char value[32];

	if (!strcmp(symbol, "KFENCE"))
		return !machine_read_line(value, sizeof(value),
					  "/sys/module/kfence/parameters/"
					  "sample_interval") &&
		       strcmp(value, "0");
	if (!strcmp(symbol, "PAGE_POISONING"))
		return on_command_line("page_poison", value, sizeof(value));
	if (!strcmp(symbol, "PAGE_OWNER"))
		return on_command_line("page_owner", value, sizeof(value));
	return true;
}

void machine_debug_options(struct str *s)
{
	static const char *const symbols[] = {
		"KASAN", "KCSAN", "KMSAN", "UBSAN", "KCOV", "GCOV_KERNEL",
		"DEBUG_KMEMLEAK", "PROVE_LOCKING", "LOCKDEP", "LOCK_STAT",
		"PROVE_RCU", "DEBUG_ATOMIC_SLEEP", "DEBUG_PREEMPT",
		"DEBUG_OBJECTS", "DEBUG_PAGEALLOC_ENABLE_DEFAULT", "DEBUG_VM",
		"PAGE_POISONING", "PAGE_OWNER", "SLUB_DEBUG_ON", "KFENCE",
		"DEBUG_SG", "LATENCYTOP", "IRQSOFF_TRACER", "PREEMPT_TRACER",
	};

	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++)
		if (machine_kconfig(symbols[i]) == 'y' && debug_works(symbols[i]))
			str_addf(s, "%s%s", s->len ? " " : "", symbols[i]);
}

static void config_facts(struct facts *f)
{
	_cleanup_str_ struct str debug = STR_INIT;
	char value[64];

	if (!machine_kconfig_source())
		return;
	facts_digest(f, "kernel", "config.digest", machine_kconfig_digest());
	facts_text(f, "kernel", "config.source", machine_kconfig_source());
	if (machine_kconfig_value("HZ", value, sizeof(value)))
		facts_value(f, "kernel", "hz", value);
	machine_debug_options(&debug);
	facts_text(f, "kernel", "debug", debug.buf);
}

static void cgroup_facts(struct facts *f, const char *tags)
{
	static const char *const names[] = { "none", "v1", "v2", "v1 and v2" };
	unsigned cpus = machine_cpus_affinity();
	struct cgroup_limits l;

	machine_cgroup_limits(&l, facts_matter(tags, MATTERS_MEMORY) ?
					  CGROUP_CPU | CGROUP_MEMORY : CGROUP_CPU);
	facts_text(f, "cgroup", "version", names[l.version[0] + 2 * l.version[1]]);
	if (l.cpu_milli != UINT64_MAX)
		facts_number(f, "cgroup", "cpu_quota", l.cpu_milli / 1000.0);
	if (l.memory != UINT64_MAX) {
		facts_number(f, "cgroup", "memory_limit", l.memory);
		facts_number(f, "cgroup", "memory_rest", l.memory_rest);
	}
	facts_number(f, "machine", "cpu.affinity", cpus);
}

/* "jansson 2.14, libaio 0.3.113": what configure found. */
static void library_facts(struct facts *f)
{
#ifdef STRAIN_LIBS
	_cleanup_words_ struct words libs = { 0 };

	words_split(&libs, STRAIN_LIBS, ",");
	for (size_t i = 0; i < libs.n; i++) {
		char *name = libs.word[i] + strspn(libs.word[i], " ");
		char *version = strchr(name, ' ');

		if (version)
			*version++ = '\0';
		facts_text(f, "libraries", name, version ? version : "yes");
	}
#endif
#ifdef __GLIBC__
	char libc[64];

	if (confstr(_CS_GNU_LIBC_VERSION, libc, sizeof(libc)))
		facts_text(f, "libraries", "libc", libc);
#endif
	facts_text(f, "libraries", "counters", counter_backend());
}

/* A kernel in lockdown stays so, or more so, until the next boot. */
static void lockdown_boot(struct facts *f)
{
	char text[32];

	machine_lockdown(text, sizeof(text));
	if (!strcmp(text, "integrity"))
		facts_text(f, "kernel", "lockdown", AT_LEAST "integrity");
	else if (is_locked(text))
		facts_text(f, "kernel", "lockdown", text);
}

void machine_kernel_boot(struct facts *f)
{
	struct utsname u;
	char text[256];

	facts_text(f, "kernel", "release", machine_release());
	machine_read_line(text, sizeof(text), "/proc/sys/kernel/version");
	facts_text(f, "kernel", "version", text);
	if (!uname(&u))
		facts_text(f, "kernel", "machine", u.machine);
	facts_text(f, "kernel", "command_line", command_line());
	config_facts(f);
	machine_preemption(text, sizeof(text), false);
	facts_text(f, "kernel", "preemption", text);
	/* what it starts with, where nobody mounted securityfs */
	if (machine_read_line(text, sizeof(text), "/sys/kernel/security/lsm") &&
	    !on_command_line("lsm", text, sizeof(text)))
		machine_kconfig_value("LSM", text, sizeof(text));
	facts_text(f, "kernel", "lsm", text);
	lockdown_boot(f);
}

/* Where debugfs may be asked, what the kernel was told since it booted. */
static void preemption_now(struct facts *f, const char *lockdown, const char *tags)
{
	const struct fact *built = facts_find(f, "kernel", "preemption");
	char text[64];

	if (!built || strcmp(lockdown, "none") ||
	    !facts_matter(tags, MATTERS_KERNEL) ||
	    !strstr(built->text, "(dynamic)"))
		return;
	machine_preemption(text, sizeof(text), true);
	free(built->text);
	((struct fact *)built)->text = xstrdup(text);
}

static void lockdown_now(struct facts *f, const char *tags)
{
	struct fact *kept = (struct fact *)facts_find(f, "kernel", "lockdown");
	char text[32];

	if (kept)
		locked_root = machine_root_version();
	if (kept && !(strstr(kept->text, AT_LEAST) && facts_matter(tags, "kernel perf")))
		return;
	machine_lockdown(text, sizeof(text));
	if (!kept)
		facts_text(f, "kernel", "lockdown", text);
	else {
		free(kept->text);
		kept->text = xstrdup(text);
	}
	preemption_now(f, text, tags);
}

void machine_kernel_now(struct facts *f, const char *tags)
{
	lockdown_now(f, tags);
	cgroup_facts(f, tags);
	library_facts(f);
}
