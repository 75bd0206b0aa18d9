/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain matrix fetch: kernels into the cache, and what there is to fetch. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/value.h"
#include "commands/args.h"
#include "commands/doc.h"
#include "commands/matrix.h"
#include "reports/json.h"
#include "reports/text.h"
#include "vm-matrix/kernel/kernel.h"
#include "vm-matrix/plan/plan.h"
#include "vm-matrix/qemu/arch.h"

struct fetch_args {
	const char *arch, *cache, *sources;
	uint64_t unused, max_size;
	bool list, offline, refresh, prune, json, quiet;
};

#define FETCH(field, ...) OPTION(struct fetch_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option fetch_options[] = {
	FETCH(arch, .many = true, .arg = "ARCH", .help = "architecture by Debian's name (amd64, arm64, ...), instead of this machine's or of those of the matrix file"),
	FETCH(list, .letter = 'l', .help = "print what the archive offers and fetch no kernel; words are series to print, as 6.12 or 6.12-cloud"),
	FETCH(offline, .help = "use what is in the cache and fetch nothing"),
	FETCH(refresh, .help = "fetch the lists of the archive even if they are less than a day old"),
	FETCH(sources, .arg = "PATH", .help = "file or folder in the form of apt's sources to take the mirrors from, instead of the machine's own"),
	{}
};

static const struct option cache_options[] = {
	FETCH(cache, .arg = "DIR", .help = "folder of fetched kernels and other things made again when needed, instead of ~/.cache/strain"),
	FETCH(prune, .help = "take out of the cache what was not used for long"),
	FETCH(unused, .arg = "TIME", .unit = UNIT_DURATION, .def = "30d", .help = "with --prune: how long that is"),
	FETCH(max_size, .unit = UNIT_BYTES, .def = "0", .help = "with --prune: the cache's size at most, what was not used for longest going first; 0 for any"),
	{}
};

static const struct option output_options[] = {
	FETCH(json, .help = "print the result as JSON"),
	FETCH(quiet, .letter = 'q', .help = "no progress on a terminal, and no remarks"),
	{}
};
/* clang-format on */

struct fetch {
	const struct fetch_args *args;
	struct kernel_cache *cache;
	struct words archs;
	json_t *done; /* of every kernel, for --json */
	unsigned resolved, skipped;
	enum exit_code code;
	unsigned width; /* of the terminal on stderr; 0: none */
	struct timespec shown;
};

/* --- progress --------------------------------------------------------------- */

static void wipe(struct fetch *f)
{
	if (f->width)
		fprintf(stderr, "\r%*s\r", (int)f->width - 1, "");
}

static void show_progress(void *ctx, const char *what, uint64_t done,
			  uint64_t total)
{
	struct fetch *f = ctx;
	char have[VALUE_TEXT], all[VALUE_TEXT], text[256];
	int n;

	if (!f->width)
		return;
	wipe(f);
	if (done == total && total)
		return;
	n = snprintf(text, sizeof(text), "%s", what);
	if (total && n < (int)sizeof(text))
		snprintf(text + n, sizeof(text) - n, ": %sB of %sB (%" PRIu64
			 "%%)", value_format_short(have, done),
			 value_format_short(all, total), done * 100 / total);
	fprintf(stderr, "%.*s", (int)f->width - 1, text);
	fflush(stderr);
}

static void show_note(void *ctx, const char *text)
{
	struct fetch *f = ctx;

	if (f->args->quiet)
		return;
	wipe(f);
	warning("%s", text);
}

/* --- fetching --------------------------------------------------------------- */

static enum exit_code code_of(int error)
{
	return error == KERNEL_BAD_SOURCE ? EXIT_USAGE : EXIT_BROKEN;
}

static void add_json(struct fetch *f, const char *source, const char *arch,
		     const struct kernel *k, int error, const char *why)
{
	json_t *o = json_object();

	js_set_text(o, "source", source);
	js_set_text(o, "arch", arch);
	js_set_text(o, "outcome", !error		 ? "ready" :
				  error == KERNEL_GONE ? "skipped" : "failed");
	js_set_text(o, "reason", why);
	js_set_text(o, "name", k->name);
	js_set_text(o, "release", k->release);
	js_set_text(o, "package", k->package);
	js_set_text(o, "version", k->package_version);
	js_set_text(o, "suite", k->suite);
	js_set_text(o, "digest", k->digest);
	js_set_text(o, "image", k->image);
	js_set_text(o, "config", k->config);
	js_set_text(o, "system_map", k->system_map);
	js_set_text(o, "modules", k->modules);
	js_add(f->done, o);
}

static void fetch_one(struct fetch *f, const char *source, const char *arch)
{
	_cleanup_free_ char *why = NULL;
	struct kernel k;
	int r = kernel_resolve(source, arch, f->cache, &k, &why);

	wipe(f);
	if (f->args->json)
		add_json(f, source, arch, &k, r, why);
	if (!r) {
		f->resolved++;
		if (!f->args->json)
			printf("%-18s %-8s %-32s %-20s %s\n", k.name, arch,
			       k.release, k.suite ? k.suite : "local",
			       k.modules ? "" : "no modules");
		fflush(stdout);
	} else if (r == KERNEL_GONE) {
		f->skipped++;
		if (!f->args->json)
			printf("%-18s %-8s skipped: %s\n", source, arch, why);
	} else {
		error("%s", why);
		f->code = exit_worse(f->code, code_of(r));
	}
	kernel_free(&k);
}

/* Every pair of kernel and architecture of a plan, once. */
static void fetch_plan(struct fetch *f, const char *path)
{
	const struct fetch_args *a = f->args;
	const struct matrix_source from = { .cache = a->cache, .sources = a->sources,
					    .offline = a->offline, .refresh = a->refresh };
	struct matrix_plan *plan = matrix_choose(&from, path, NULL, NULL);
	_cleanup_words_ struct words seen = { 0 };

	for (size_t i = 0; i < plan->n_cells; i++) {
		const struct cell_plan *cell = &plan->cell[i];
		_cleanup_free_ char *pair = xasprintf(
			"%s %s", cell->kernel->source, cell->arch);

		if (words_has(&seen, pair) ||
		    (f->args->arch && !words_has(&f->archs, cell->arch)))
			continue;
		words_add(&seen, pair);
		fetch_one(f, cell->kernel->source, cell->arch);
	}
	matrix_plan_free(plan);
}

static bool is_source(const char *word)
{
	struct stat st;
	size_t n = strlen(word);

	if (!strncmp(word, "deb:", 4) || !strncmp(word, "series:", 7) ||
	    strstr(word, ",modules="))
		return true;
	return (strchr(word, '/') || !stat(word, &st)) &&
	       (n < 5 || strcmp(word + n - 5, ".json"));
}

static void fetch_all(struct fetch *f, const struct words *words)
{
	for (size_t i = 0; i < words->n; i++) {
		if (!is_source(words->word[i])) {
			fetch_plan(f, words->word[i]);
			continue;
		}
		for (size_t j = 0; j < f->archs.n; j++)
			fetch_one(f, words->word[i], f->archs.word[j]);
	}
	if (!f->resolved && f->skipped)
		f->code = exit_worse(f->code, EXIT_ALL_SKIPPED);
}

/* --- listing ---------------------------------------------------------------- */

/* "6.12" names all flavours of the series, "6.12-cloud" one. */
static bool listed(const struct kernel_offer *o, const struct words *words)
{
	_cleanup_free_ char *full = xasprintf("%s-%s", o->series, o->flavour);

	return !words->n || words_has(words, o->series) ||
	       words_has(words, full);
}

static void list_offer(struct fetch *f, const char *arch,
		       const struct kernel_offer *o)
{
	char size[VALUE_TEXT];
	json_t *j;

	if (!f->args->json) {
		printf("%-6s %-7s %-7s %-22s %-17s %6sB%s%s\n", o->series,
		       *o->flavour ? o->flavour : "plain", arch, o->version,
		       o->suite, value_format_short(size, o->size),
		       o->has_modules ? "" : "  no modules",
		       o->cached ? "  cached" : "");
		return;
	}
	j = json_object();
	js_set_text(j, "series", o->series);
	js_set_text(j, "flavour", o->flavour);
	js_set_text(j, "arch", arch);
	js_set_text(j, "package", o->package);
	js_set_text(j, "version", o->version);
	js_set_text(j, "release", o->release);
	js_set_text(j, "suite", o->suite);
	js_set(j, "bytes", js_count(o->size));
	js_set(j, "modules", json_boolean(o->has_modules));
	js_set(j, "cached", json_boolean(o->cached));
	js_add(f->done, j);
}

static void list_all(struct fetch *f, const struct words *words)
{
	for (size_t i = 0; i < f->archs.n; i++) {
		struct kernel_offers offers;
		char *why = NULL;
		int r = kernel_list(f->archs.word[i], f->cache, &offers, &why);

		wipe(f);
		if (r < 0)
			error("%s", why);
		f->code = r < 0 ? exit_worse(f->code, code_of(r)) : f->code;
		for (size_t j = 0; j < offers.n; j++)
			if (listed(&offers.offer[j], words))
				list_offer(f, f->archs.word[i],
					   &offers.offer[j]);
		kernel_offers_free(&offers);
		free(why);
	}
}

/* --- the cache -------------------------------------------------------------- */

static void prune(struct fetch *f)
{
	struct kernel_pruned p;
	char gone[VALUE_TEXT], left[VALUE_TEXT];
	_cleanup_free_ char *why = NULL;
	json_t *o;

	if (kernel_cache_prune(f->cache, f->args->unused / NSEC_PER_SEC,
			       f->args->max_size, &p, &why) < 0) {
		error("%s", why);
		f->code = exit_worse(f->code, EXIT_BROKEN);
		return;
	}
	if (!f->args->json) {
		printf("removed %u (%sB), kept %u (%sB) in %s\n", p.removed,
		       value_format_short(gone, p.removed_bytes), p.kept,
		       value_format_short(left, p.kept_bytes),
		       kernel_cache_dir(f->cache));
		return;
	}
	o = json_object();
	js_set(o, "removed", js_count(p.removed));
	js_set(o, "removed_bytes", js_count(p.removed_bytes));
	js_set(o, "kept", js_count(p.kept));
	js_set(o, "kept_bytes", js_count(p.kept_bytes));
	js_add(f->done, o);
}

static void choose_archs(struct fetch *f)
{
	if (f->args->arch)
		words_split(&f->archs, f->args->arch, ",\n ");
	else if (vm_arch_native())
		words_add(&f->archs, vm_arch_native());
	else
		die(EXIT_USAGE, "this machine's architecture has no kernels; "
		    "name one with --arch");
	for (size_t i = 0; i < f->archs.n; i++)
		if (!vm_arch(f->archs.word[i]))
			die(EXIT_USAGE, "option '--arch': unknown architecture "
			    "'%s'", f->archs.word[i]);
}

static void work(struct fetch *f, const struct words *words)
{
	const struct fetch_args *a = f->args;
	char *why = NULL;
	struct kernel_cache_options o = {
		.dir = a->cache,
		.sources = a->sources,
		.offline = a->offline,
		.refresh = a->refresh,
		.progress = show_progress,
		.note = show_note,
		.ctx = f,
	};

	f->cache = kernel_cache_open(&o, &why);
	if (!f->cache)
		die(EXIT_BROKEN, "%s", why);
	if (a->prune)
		prune(f);
	if (a->list)
		list_all(f, words);
	else
		fetch_all(f, words);
	kernel_cache_close(f->cache);
}

static const struct option_group fetch_groups[] = {
	{ "what", fetch_options },
	{ "the cache", cache_options },
	{ "output", output_options },
	{}
};

static enum exit_code run_fetch(const struct command *const *all, int argc,
				char **argv)
{
	struct fetch_args a;
	struct args args = { 0 };
	struct fetch f = { .args = &a, .done = json_array() };

	(void)all;
	args_read(&args, fetch_groups, &a, argc, argv);
	if (!args.words.n && !a.list && !a.prune)
		die(EXIT_USAGE, "which kernels? 'strain matrix fetch FILE', "
		    "'... series:6.12-cloud', or --list");
	f.width = a.quiet ? 0 : text_terminal(STDERR_FILENO);
	choose_archs(&f);
	work(&f, &args.words);
	args_free(&args);
	words_free(&f.archs);
	if (a.json)
		return exit_worse(f.code, doc_stdout_json(f.done));
	json_decref(f.done);
	return f.code;
}

const struct command command_matrix_fetch = {
	.name = "matrix fetch",
	.summary = "fetch and unpack the kernels of a matrix, or say what the archive offers",
	.words = "[FILE | SOURCE]...",
	.groups = fetch_groups,
	.offer = plan_each,
	.run = run_fetch,
};
