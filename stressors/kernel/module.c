/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads and unloads a harmless module of the running kernel: the module
 * loader, its memory, relocation, symbol resolution and notifiers, and the
 * synchronisation of removal. A failure means that a module that was loaded
 * is not listed, that one that was unloaded still is, or that loading it twice
 * is not refused.
 */
#include "core/stressor.h"
#include "kit/library.h"

#include <errno.h>
#include <string.h>

#ifndef HAVE_LIBKMOD
STRESSOR_UNSUPPORTED(module, "load and unload a module",
		     LIBRARY_MISSING("libkmod"));
#else

#include <libkmod.h>
#include <pthread.h>

enum { M_LOADS, M_COST, M_LOAD_NS, M_UNLOAD_NS };
enum { C_APPEARS, C_DISAPPEARS, C_ONCE };

struct module_opts {
	const char *name;
};

struct shared {
	char name[64];
	pthread_mutex_t turn; /* one module: workers take turns */
};

/* Without devices or side effects; the first that exists and is not in use. */
static const char *const harmless[] = {
	"crc7", "crc4", "crc_itu_t", "crc8", "ts_fsm", "ts_bm", "nls_iso8859_9",
	"nls_cp852", "dummy",
};

/* Is @name in the text of /proc/modules? A line is "NAME SIZE REFS ...". */
static bool listed(const char *modules, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = modules; line && *line;) {
		if (!strncmp(line, name, n) && line[n] == ' ')
			return true;
		line = strchr(line, '\n');
		line += line ? 1 : 0;
	}
	return false;
}

static const char loaded_text[] =
	"crc8 12288 0 - Live 0x0000000000000000\n"
	"dummy 12288 0 - Live 0x0000000000000000\n";
static const char unloaded_text[] = "crc8 12288 1 - Live 0x0000000000000000\n"
				    "dummy_hcd 49152 0 - Live 0x0000000000000000\n";

static bool appears_recorded(bool mutated)
{
	return listed(mutated ? unloaded_text : loaded_text, "dummy");
}

static bool disappears_recorded(bool mutated)
{
	return !listed(mutated ? loaded_text : unloaded_text, "dummy");
}

static bool once_holds(int second_load)
{
	return second_load == -EEXIST;
}

static bool once_recorded(bool mutated)
{
	return once_holds(mutated ? 0 : -EEXIST);
}

static bool is_listed(struct worker *w, const char *name)
{
	_cleanup_str_ struct str text = STR_INIT;
	int error = file_read("/proc/modules", &text);

	if (error)
		worker_broken(w, "cannot read '/proc/modules': %s", strerror(-error));
	return listed(text.buf, name);
}

static struct kmod_module *find(struct kmod_ctx *kmod, const char *name)
{
	struct kmod_module *m = NULL;

	if (kmod_module_new_from_name(kmod, name, &m) < 0)
		return NULL;
	if (kmod_module_get_path(m) &&
	    kmod_module_get_initstate(m) == -ENOENT)
		return m;
	kmod_module_unref(m);
	return NULL;
}

static struct kmod_ctx *context(struct worker *w)
{
	struct kmod_ctx *kmod = kmod_new(NULL, NULL);

	if (!kmod)
		worker_skip(w, "libkmod cannot be loaded: install libkmod2");
	kmod_set_log_priority(kmod, 0);
	return kmod;
}

/* The module to use, its name in @name; false when there is none. */
static bool choose(struct worker *w, char *name, size_t size)
{
	const struct module_opts *o = w->opts;
	struct kmod_ctx *kmod = context(w);
	struct kmod_module *m = NULL;
	const char *chosen = o->name;

	if (chosen)
		m = find(kmod, chosen);
	for (size_t i = 0; !o->name && !m && i < sizeof(harmless) / sizeof(*harmless); i++)
		m = find(kmod, chosen = harmless[i]);
	if (m) {
		strncpy(name, kmod_module_get_name(m), size - 1);
		kmod_module_unref(m);
	}
	kmod_unref(kmod);
	return m != NULL;
}

static void probe(struct worker *w)
{
	const struct module_opts *o = w->opts;
	char name[64] = "";

	if (!choose(w, name, sizeof(name)))
		worker_skip(w, "%s%s in the module tree of this kernel, or it is in use",
			    o->name ? "no module " : "none of the harmless modules is",
			    o->name ? o->name : "");
}

static void setup(struct worker *w)
{
	struct shared *s = w->shared;
	pthread_mutexattr_t attr;

	if (!choose(w, s->name, sizeof(s->name)))
		worker_skip(w, "the module went away");
	if (worker_undo_module(w, s->name))
		worker_broken(w, "cannot note module '%s' for undo", s->name);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&s->turn, &attr);
}

static int load(struct worker *w, struct kmod_module *m)
{
	if (w->method->arg)
		return kmod_module_probe_insert_module(m, KMOD_PROBE_FAIL_ON_LOADED,
						       NULL, NULL, NULL, NULL);
	return kmod_module_insert_module(m, 0, NULL);
}

static void cycle(struct worker *w, struct kmod_module *m)
{
	const char *name = kmod_module_get_name(m);
	uint64_t from = clock_now();
	int error = load(w, m);

	if (error < 0)
		worker_broken(w, "cannot load module '%s': %s", name,
			      strerror(-error));
	worker_latency(w, M_LOAD_NS, clock_now() - from);
	worker_check(w, C_APPEARS,
		     is_listed(w, worker_mutated(w, C_APPEARS) ? "-" : name),
		     "module '%s' was loaded but is not in /proc/modules", name);
	error = worker_mutated(w, C_ONCE) ? 0 :
					    kmod_module_insert_module(m, 0, NULL);
	worker_check(w, C_ONCE, once_holds(error),
		     "loading '%s' a second time gave %d instead of EEXIST", name,
		     error);
	from = clock_now();
	if (!worker_mutated(w, C_DISAPPEARS))
		sys_must(w, kmod_module_remove_module(m, 0));
	worker_latency(w, M_UNLOAD_NS, clock_now() - from);
	worker_check(w, C_DISAPPEARS, !is_listed(w, name),
		     "module '%s' was unloaded but is still in /proc/modules", name);
	if (worker_mutated(w, C_DISAPPEARS))
		sys_must(w, kmod_module_remove_module(m, 0));
}

/* A worker that died in its turn, or gave up, must not make others wait. */
static void take_turn(struct shared *s)
{
	if (pthread_mutex_lock(&s->turn) == EOWNERDEAD)
		pthread_mutex_consistent(&s->turn);
}

static void run(struct worker *w)
{
	struct shared *s = w->shared;
	struct kmod_ctx *kmod = context(w);
	struct kmod_module *m = NULL;

	if (kmod_module_new_from_name(kmod, s->name, &m) < 0)
		worker_broken(w, "cannot find module '%s'", s->name);
	while (worker_running(w)) {
		take_turn(s);
		cycle(w, m);
		pthread_mutex_unlock(&s->turn);
		worker_count(w, M_LOADS, 1);
	}
	kmod_module_unref(m);
	kmod_unref(kmod);
}

static const struct option options[] = {
	OPTION(struct module_opts, name, .arg = "MODULE",
	       .help = "module to load instead of the first harmless one"),
	{}
};

static const struct method methods[] = {
	{ "insert", "load the file itself", .arg = 0 },
	{ "probe", "load with dependencies, as modprobe does", .arg = 1 },
	{}
};

static const struct metric metrics[] = {
	[M_LOADS] = { "loads", "load and unload pairs", "loads/s", METRIC_RATE,
		      BETTER_HIGHER, .primary = true },
	[M_COST] = { "cpu-per-load", "CPU time per pair", "us", METRIC_COST,
		     BETTER_LOWER, .of = M_LOADS, .scale = 0.001 },
	[M_LOAD_NS] = { "load-latency", "time to load", "ns", METRIC_LATENCY, BETTER_LOWER },
	[M_UNLOAD_NS] = { "unload-latency", "time to unload", "ns", METRIC_LATENCY,
			  BETTER_LOWER },
	{}
};

static const struct check checks[] = {
	[C_APPEARS] = { "appears", "a loaded module is in /proc/modules",
			.recorded = appears_recorded },
	[C_DISAPPEARS] = { "disappears", "an unloaded module is not in /proc/modules",
			   .recorded = disappears_recorded },
	[C_ONCE] = { "once", "loading a loaded module gives EEXIST",
		     .recorded = once_recorded },
	{}
};

static const struct needs needs = {
	.kconfig = "MODULES MODULE_UNLOAD",
	.caps = "sys_module",
};

static const struct uses uses = { .settings = true };

STRESSOR(module) = {
	.summary = "load and unload a harmless module",
	.details = "Loads a module that drives no device, looks for it in "
		   "/proc/modules, tries to load it again, and unloads it. "
		   "Workers take turns, since they share the module.",
	.refs = "finit_module(2), delete_module(2)",
	.tags = "root",
	.needs = &needs,
	.uses = &uses,
	.options = options,
	.opts_size = sizeof(struct module_opts),
	.shared_size = sizeof(struct shared),
	.methods = methods,
	.metrics = metrics,
	.checks = checks,
	.probe = probe,
	.setup = setup,
	.run = run,
};
#endif
