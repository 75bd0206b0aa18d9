/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strain restore: puts back what a run left that was killed with its guardian. */
#include <errno.h>
#include <string.h>

#include "commands/args.h"
#include "commands/doc.h"
#include "core/undo.h"
#include "reports/json.h"

struct restore_args {
	bool dry_run, json;
};

#define RESTORE(field, ...) OPTION(struct restore_args, field, __VA_ARGS__)

/* clang-format off */
static const struct option restore_options[] = {
	RESTORE(dry_run, .help = "only say what would be put back"),
	RESTORE(json, .help = "print JSON"),
	{}
};
/* clang-format on */

struct restored {
	bool json;
	struct str text;
	json_t *steps;
};

static void add_json(struct restored *r, enum undo_step step, const char *text)
{
	static const char *const names[] = {
		[UNDO_STEP_DONE] = "done",
		[UNDO_STEP_LEFT] = "left",
		[UNDO_STEP_PENDING] = "pending",
	};
	json_t *o = json_object();

	js_set(o, "step", js_text(names[step]));
	js_set(o, "text", js_text(text));
	js_add(r->steps, o);
}

static void on_step(void *ctx, enum undo_step step, const char *text)
{
	struct restored *r = ctx;

	if (r->json)
		add_json(r, step, text);
	else if (step == UNDO_STEP_LEFT)
		error("%s", text);
	else
		str_addf(&r->text, "%s%s\n",
			 step == UNDO_STEP_PENDING ? "would " : "", text);
}

static enum exit_code print(struct restored *r, const struct undo_steps *s,
			    int err)
{
	json_t *o;

	if (!r->json) {
		if (!s->done && !s->left && !s->pending && !err)
			str_add(&r->text, "nothing to restore\n");
		return doc_stdout(r->text.buf);
	}
	o = json_object();
	js_set(o, "done", js_count(s->done));
	js_set(o, "left", js_count(s->left));
	js_set(o, "pending", js_count(s->pending));
	js_set(o, "steps", json_incref(r->steps));
	return doc_stdout_json(o);
}

static const struct option_group restore_groups[] = {
	{ "options", restore_options },
	{}
};

static enum exit_code restore_run(const struct command *const *all, int argc,
				  char **argv)
{
	struct restore_args restore;
	struct args args = { 0 };
	struct restored r = { .text = STR_INIT };
	struct undo_steps steps = { .step = on_step, .ctx = &r };
	enum exit_code code;
	int err;

	(void)all;
	args_read(&args, restore_groups, &restore, argc, argv);
	args_words_max(&args, 0);
	args_free(&args);
	r.json = restore.json;
	r.steps = json_array();
	steps.dry_run = restore.dry_run;
	err = undo_restore(&steps);
	if (err)
		error("cannot use the directory of undo logs '%s': %s",
		      undo_dir_name(), undo_dir_error(err));
	code = print(&r, &steps, err);
	if (err || steps.left)
		code = EXIT_BROKEN;
	json_decref(r.steps);
	str_free(&r.text);
	return code;
}

const struct command command_restore = {
	.name = "restore",
	.summary = "put back what a run left behind that was killed with all its processes",
	.words = "",
	.groups = restore_groups,
	.run = restore_run,
};
