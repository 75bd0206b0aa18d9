/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How to see it again, how to find the commit, and what trackers read. */
#include "reports/render/bug.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/value.h"

/* A word as a shell reads it. */
static void add_word(struct bug *b, const char *word)
{
	_cleanup_free_ char *clean = text_clean(word);

	bug_add(b, " ");
	if (*clean && strspn(clean, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_=+,.:/@%") == strlen(clean)) {
		bug_text(b, clean);
		return;
	}
	bug_add(b, "'");
	for (const char *c = clean; *c; c++)
		bug_add(b, "%.*s", *c == '\'' ? 4 : 1, *c == '\'' ? "'\\''" : c);
	bug_add(b, "'");
}

static void add_option(struct bug *b, const char *prefix, const char *name,
		       const char *value)
{
	_cleanup_free_ char *word =
		xasprintf("--%s%s%s", prefix, *prefix && *name ? "-" : "", name);

	add_word(b, word);
	if (value)
		add_word(b, value);
}

static void add_duration(struct bug *b, const json_t *settings, const char *name)
{
	double seconds = js_get_number(settings, name, NAN);
	char buf[VALUE_TEXT];

	if (seconds > 0 && seconds < 1e9)
		add_option(b, "", name,
			   value_format_duration(buf, (uint64_t)llround(seconds * 1e9)));
}

static void add_text_option(struct bug *b, const json_t *settings, const char *name,
			    const char *usual)
{
	const char *value = js_get_text(settings, name);

	if (value && strcmp(value, usual) != 0)
		add_option(b, "", name, value);
}

/* Options of the stressor that are not at their default. */
static void add_changed(struct bug *b, const char *stressor)
{
	const json_t *options = json_object_get(b->of, "options");
	size_t i;
	json_t *name;

	json_array_foreach(json_object_get(b->of, "changed"), i, name) {
		const char *key = json_string_value(name);
		const json_t *value = key ? json_object_get(options, key) : NULL;
		_cleanup_free_ char *number = render_number(value);

		if (json_is_true(value))
			add_option(b, stressor, key, NULL);
		else if (json_is_string(value))
			add_option(b, stressor, key, json_string_value(value));
		else if (*number)
			add_option(b, stressor, key, number);
	}
}

/* The options of a run of the case alone. */
static void add_run_options(struct bug *b)
{
	const json_t *settings = json_object_get(b->new, "settings");
	const char *stressor = text_get(b->of, "stressor");
	const char *fs = text_get(json_object_get(b->of, "fs"), "kind");
	double ops = js_get_number(b->of, "ops", 0);
	_cleanup_free_ char *workers =
		xasprintf("%.0f", js_get_number(b->of, "workers", 0));

	add_option(b, stressor, "", workers);
	if (js_get_text(b->of, "method"))
		add_option(b, stressor, "method", js_get_text(b->of, "method"));
	if (js_get_true(b->of, "threads"))
		add_option(b, stressor, "threads", NULL);
	if (ops > 0) {
		_cleanup_free_ char *limit = xasprintf("%.0f", ops);

		add_option(b, stressor, "ops", limit);
	}
	add_changed(b, stressor);
	if (*fs && strcmp(fs, "scratch") != 0)
		add_option(b, "", "fs", fs);
	if (js_get_true(b->of, "verify"))
		add_option(b, "", "verify", NULL);
	add_duration(b, settings, "timeout");
	add_duration(b, settings, "slice");
	add_duration(b, settings, "warmup");
	add_text_option(b, settings, "latency", "sampled");
	add_text_option(b, settings, "cpus", "");
	add_text_option(b, settings, "perf", "");
	add_text_option(b, settings, "counters", "vmstat,psi");
	add_text_option(b, settings, "mutate", "");
}

static void add_trials(struct bug *b)
{
	double trials = js_get_number(json_object_get(b->new, "settings"), "trials", 1);

	if (trials > 1)
		bug_add(b, " --trials %.0f", trials);
}

/* The command that made the report, without where it wrote to. */
static void add_command(struct bug *b)
{
	const json_t *command = json_object_get(b->new, "command");
	size_t i;
	json_t *value;

	bug_add(b, "  strain");
	json_array_foreach(command, i, value) {
		const char *word = json_string_value(value);

		if (!word)
			continue;
		if (!strcmp(word, "--report") || !strcmp(word, "--seed")) {
			i++;
			continue;
		}
		if (!strncmp(word, "--report=", 9) || !strncmp(word, "--seed=", 7))
			continue;
		add_word(b, word);
		/* options come before the words of ab and bisect */
		if (!i)
			bug_add(b, " --seed %s", text_get(b->new, "seed"));
	}
	bug_add(b, "\n");
}

/* "v6.18-rc3" of a release, and whether there is more to its name. To free. */
static char *bug_tag(const char *release, bool *more)
{
	unsigned major, minor, patch = 0, rc = 0;
	int n = 0, k = 0;

	*more = false;
	if (sscanf(release, "%3u.%4u%n", &major, &minor, &n) != 2)
		return NULL;
	if (sscanf(release + n, ".%4u%n", &patch, &k) == 1)
		n += k;
	k = 0;
	if (sscanf(release + n, "-rc%3u%n", &rc, &k) == 1 && k)
		n += k;
	*more = release[n] != '\0';
	if (rc)
		return xasprintf("v%u.%u-rc%u", major, minor, rc);
	if (patch)
		return xasprintf("v%u.%u.%u", major, minor, patch);
	return xasprintf("v%u.%u", major, minor);
}

static void add_bisect(struct bug *b, const char *good, const char *bad)
{
	bug_title(b, "To find the commit");
	bug_add(b, "\nWith the configuration of the good kernel (make olddefconfig), each step built and booted before the command runs%s:\n\n",
		b->outcome ? "; it exits with 0 where the case passes" :
			     " (base.json: the report of the good kernel); it exits with 0, 1 or 125");
	bug_add(b, "  git bisect start %s %s\n", bad, good);
	if (b->outcome)
		bug_add(b, "  git bisect run strain run");
	else {
		bug_add(b, "  git bisect run strain bisect --base base.json --metric");
		add_word(b, text_get(b->row, "metric"));
		bug_add(b, " --");
	}
	add_run_options(b);
	bug_add(b, "\n");
}

/* Tags of both sides, where they are kernels that differ. */
static void add_tracking(struct bug *b)
{
	const json_t *sides = json_object_get(b->comparison, "sides");
	bool more_good, more_bad;
	_cleanup_free_ char *good =
		bug_tag(text_get(json_array_get(sides, 0), "kernel"), &more_good);
	_cleanup_free_ char *bad =
		bug_tag(text_get(json_array_get(sides, 1), "kernel"), &more_bad);

	if (!good || !bad || !strcmp(good, bad)) {
		bug_add(b, "\nBoth sides are of one release, or not of one that has a tag: give trackers the commits (#regzbot introduced: COMMIT).\n");
		return;
	}
	if (*text_get(b->of, "stressor"))
		add_bisect(b, good, bad);
	bug_add(b, "\n#regzbot introduced: %s..%s\n", good, bad);
	if (more_good || more_bad)
		bug_add(b, "\nThese kernels are builds with names of their own; put the tags of mainline or stable that they are made of.\n");
}

void bug_again(struct bug *b)
{
	if (b->new) {
		const json_t *tool = json_object_get(b->new, "tool");

		bug_title(b, "To see it again");
		bug_add(b, "\nWith strain %s", text_get(tool, "version"));
		bug_text(b, *text_get(tool, "commit") ? " commit " : "");
		bug_text(b, text_get(tool, "commit"));
		if (*text_get(b->of, "stressor")) {
			bug_add(b, ", the case alone:\n\n  strain run");
			add_run_options(b);
			add_trials(b);
			bug_add(b, " --seed %s\n\nIt was found by", text_get(b->new, "seed"));
		}
		bug_add(b, ":\n\n");
		add_command(b);
	}
	if (b->comparison)
		add_tracking(b);
}
