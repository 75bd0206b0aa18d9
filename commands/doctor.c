/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * strain doctor: what this machine can run, what makes its numbers spread, and
 * what this program was built with. Nothing is changed; it looks for 0.2 s.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "commands/args.h"
#include "commands/doc.h"
#include "commands/doctor_ability.h"
#include "commands/doctor_memory.h"
#include "core/counter.h"
#include "core/machine.h"
#include "reports/compare/floor.h"
#include "reports/json.h"
#include "reports/text.h"

struct doctor_args {
	bool json;
};

/* clang-format off */
static const struct option doctor_options[] = {
	OPTION(struct doctor_args, json, .help = "print JSON"),
	{}
};
/* clang-format on */

/* NULL, or why the kernel's log cannot be watched during a trial. */
static const char *log_unreadable(void)
{
	_cleanup_close_ int fd = open("/dev/kmsg",
				      O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? strerror(errno) : NULL;
}

/* What strain selfcheck stored of this machine, or NULL. */
static json_t *selfcheck(void)
{
	_cleanup_free_ char *fingerprint = floor_fingerprint(), *why = NULL;

	return fingerprint ? floor_load(fingerprint, &why) : NULL;
}

static double days_old(const json_t *stored)
{
	double age = ((double)time(NULL) - js_get_number(stored, "started", 0)) / 86400;

	return age > 0 ? age : 0;
}

/* --- text -------------------------------------------------------------------- */

/* "     LABEL TEXT", wrapped below TEXT. */
static void labelled(const char *label, const char *text)
{
	_cleanup_str_ struct str line = STR_INIT;
	unsigned column = 14;

	str_addf(&line, "    %-*s", (int)column - 4, label);
	doc_wrap(&line, text, column, column);
	fputs(line.buf, stdout);
}

static void heading(const struct text_style *style, const char *title,
		    const char *text)
{
	printf("%s%s%s  %s\n\n", style->colour ? "\033[1m" : "", title,
	       style->colour ? "\033[0m" : "", text);
}

static void print_ability(const struct ability *a, const struct text_style *style)
{
	_cleanup_free_ char *counts =
		xasprintf("%u of %u stressors, %u of %u methods "
			  "(cases: strain list --why-skip)",
			  a->stressors_run, a->stressors, a->methods_run,
			  a->methods);

	heading(style, "can run", counts);
	for (size_t i = 0; i < a->n; i++) {
		const struct missing *m = &a->missing[i];
		_cleanup_str_ struct str users = STR_INIT;

		for (size_t k = 0; k < m->users.n; k++)
			str_addf(&users, "%s%s", k ? ", " : "",
				 m->users.word[k]);
		fputs("  ", stdout);
		text_word(stdout, style, TEXT_ODD, 0, m->reason);
		fputs("\n", stdout);
		labelled("wanted by", users.buf);
		labelled("get it", *m->remedy ? m->remedy : "-");
	}
}

static void print_noise(const struct noise *noise, size_t n,
			const struct text_style *style)
{
	unsigned noisy = 0;
	char counts[64];

	for (size_t i = 0; i < n; i++)
		noisy += noise[i].noisy;
	snprintf(counts, sizeof(counts), "%u of %zu (marked !)", noisy, n);
	fputs("\n", stdout);
	heading(style, "noise", counts);
	for (size_t i = 0; i < n; i++) {
		const struct noise *row = &noise[i];

		printf("%c %-18s", row->noisy ? '!' : ' ', row->name);
		text_word(stdout, style, row->noisy ? TEXT_ODD : TEXT_GOOD, 0,
			  row->state);
		fputs("\n", stdout);
		if (!row->noisy)
			continue;
		labelled("effect", row->why);
		labelled("change", row->command ? row->command : "-");
	}
}

static void print_memory(const struct text_style *style)
{
	_cleanup_free_ char *title = doctor_memory_title();
	_cleanup_str_ struct str rows = STR_INIT;

	fputs("\n", stdout);
	heading(style, "memory", title);
	doctor_memory_rows(&rows);
	fputs(rows.buf, stdout);
}

static void print_selfcheck(void)
{
	_cleanup_json_ json_t *stored = selfcheck();
	_cleanup_free_ char *kernel = text_clean(js_get_text(stored, "kernel"));
	int days = stored ? (int)days_old(stored) : 0;

	if (!stored)
		printf("  %-18s%s\n", "selfcheck", "none: strain selfcheck tells what numbers can show here");
	else
		printf("  %-18s%s %d day%s ago, %.0f pairs, linux %s\n", "selfcheck",
		       js_get_true(stored, "passed") ? "passed" : "failed", days,
		       days == 1 ? "" : "s", js_get_number(stored, "pairs", 0), kernel);
}

static void print_tool(const struct text_style *style)
{
	const char *config = machine_kconfig_source();
	const char *unreadable = log_unreadable();
	_cleanup_str_ struct str libraries = STR_INIT;
	char version[64];

	snprintf(version, sizeof(version), "strain %s %s", STRAIN_VERSION,
		 STRAIN_COMMIT);
	fputs("\n", stdout);
	heading(style, "tool", version);
	str_addf(&libraries, "  %-18s", "libraries");
	doc_wrap(&libraries, STRAIN_LIBS, 20, 20);
	fputs(libraries.buf, stdout);
	printf("  %-18s%s\n", "counters", counter_backend());
	printf("  %-18s%s\n", "kernel", machine_release());
	printf("  %-18s%s\n", "kernel config",
	       config ? config : "not found: its needs are tried, not known");
	printf("  %-18s%s%s\n", "kernel log",
	       unreadable ? "not watched: " : "watched",
	       unreadable ? unreadable : "");
	print_selfcheck();
}

/* --- JSON -------------------------------------------------------------------- */

static json_t *count_json(unsigned run, unsigned total)
{
	json_t *o = json_object();

	js_set(o, "run", js_count(run));
	js_set(o, "total", js_count(total));
	return o;
}

static json_t *ability_json(const struct ability *a)
{
	json_t *o = json_object(), *missing = json_array();

	js_set(o, "stressors", count_json(a->stressors_run, a->stressors));
	js_set(o, "methods", count_json(a->methods_run, a->methods));
	for (size_t i = 0; i < a->n; i++) {
		const struct missing *m = &a->missing[i];
		json_t *row = json_object(), *users = json_array();

		js_set_text(row, "reason", m->reason);
		js_set_text(row, "remedy", *m->remedy ? m->remedy : NULL);
		for (size_t k = 0; k < m->users.n; k++)
			js_add(users, js_text(m->users.word[k]));
		js_set(row, "wanted_by", users);
		js_add(missing, row);
	}
	js_set(o, "missing", missing);
	return o;
}

static json_t *noise_json(const struct noise *noise, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *row = json_object();

		js_set_text(row, "name", noise[i].name);
		js_set_text(row, "state", noise[i].state);
		js_set(row, "noisy", json_boolean(noise[i].noisy));
		js_set_text(row, "effect", noise[i].why);
		js_set_text(row, "change", noise[i].command);
		js_add(array, row);
	}
	return array;
}

static json_t *selfcheck_json(void)
{
	static const char *const members[] = { "passed", "started", "pairs", "kernel" };
	_cleanup_json_ json_t *stored = selfcheck();
	json_t *o;

	if (!stored)
		return json_null();
	o = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		js_copy(o, stored, members[i]);
	js_set(o, "days", js_number(days_old(stored)));
	return o;
}

static json_t *tool_json(void)
{
	json_t *o = json_object();

	js_set_text(o, "version", STRAIN_VERSION);
	js_set_text(o, "commit", *STRAIN_COMMIT ? STRAIN_COMMIT : NULL);
	js_set_text(o, "libraries", STRAIN_LIBS);
	js_set_text(o, "counters", counter_backend());
	js_set_text(o, "kernel", machine_release());
	js_set_text(o, "kernel_config", machine_kconfig_source());
	js_set(o, "kernel_log", json_boolean(!log_unreadable()));
	js_set(o, "selfcheck", selfcheck_json());
	return o;
}

static enum exit_code print_json(const struct ability *a,
				 const struct noise *noise, size_t n)
{
	json_t *o = json_object();

	js_set(o, "can_run", ability_json(a));
	js_set(o, "noise", noise_json(noise, n));
	js_set(o, "memory", doctor_memory_json());
	js_set(o, "tool", tool_json());
	return doc_stdout_json(o);
}

static const struct option_group doctor_groups[] = {
	{ "options", doctor_options },
	{}
};

static enum exit_code doctor_run(const struct command *const *all, int argc,
				 char **argv)
{
	struct doctor_args doctor;
	struct args args = { 0 };
	struct text_style style = text_style(STDOUT_FILENO);
	struct ability a = { 0 };
	const struct noise *noise;
	enum exit_code code = EXIT_PASS;
	size_t n;

	(void)all;
	args_read(&args, doctor_groups, &doctor, argc, argv);
	args_words_max(&args, 0);
	args_free(&args);
	ability_find(&a);
	noise = machine_noise(&n);
	if (doctor.json) {
		code = print_json(&a, noise, n);
	} else {
		print_ability(&a, &style);
		print_noise(noise, n, &style);
		print_memory(&style);
		print_tool(&style);
	}
	ability_free(&a);
	return code;
}

const struct command command_doctor = {
	.name = "doctor",
	.summary = "say what this machine can run, and what makes its numbers noisy",
	.words = "",
	.groups = doctor_groups,
	.run = doctor_run,
};
