/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kcidb: the KernelCI reporting format, version 5.3. A checkout and a build
 * for each kernel, a test for each case with its outcome, and one with status
 * DONE and a number for each of its metrics; of a comparison a test for each
 * primary metric. Ids are made of what is in the documents, so that sending
 * something twice changes nothing.
 */
#include "reports/render/kcidb.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* clang-format off */
const struct option render_kcidb_options[] = {
	OPTION(struct kcidb_opts, origin, .def = "strain", .arg = "NAME",
	       .help = "name of the CI system: small letters, digits and _"),
	OPTION(struct kcidb_opts, build_id, .arg = "ID",
	       .help = "the build that was tested, as reported before; leaves out checkouts and builds"),
	OPTION(struct kcidb_opts, git_commit, .arg = "HASH",
	       .help = "commit of the kernel, 40 hexadecimal digits"),
	OPTION(struct kcidb_opts, git_url, .arg = "URL",
	       .help = "repository of the kernel, https://..."),
	OPTION(struct kcidb_opts, tree, .arg = "NAME", .help = "name of the kernel's tree"),
	{}
};
/* clang-format on */

static const char *wrong(const struct kcidb_opts *o)
{
	static const char small[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	size_t n = strspn(o->origin, small);

	if (!n || o->origin[n])
		return "option '--origin' is not of small letters, digits and _";
	if (o->build_id && (!(n = strspn(o->build_id, small)) ||
			    o->build_id[n] != ':'))
		return "option '--build-id' does not begin with an origin and a colon";
	if (o->git_commit && (strlen(o->git_commit) != 40 ||
			      strspn(o->git_commit, "0123456789abcdef") != 40))
		return "option '--git-commit' is not of 40 hexadecimal digits";
	if (o->git_url && strncmp(o->git_url, "https://", 8) != 0)
		return "option '--git-url' does not begin with https://";
	return NULL;
}

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): makes ids, protects
 * nothing. */
static uint64_t hash(uint64_t h, const char *text)
{
	do {
		h = (h ^ (unsigned char)*text) * 0x100000001b3ULL;
	} while (*text++);
	return h;
}

uint64_t kcidb_hash(const char *const *texts)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *texts; texts++)
		h = hash(h, *texts);
	return h;
}

void kcidb_path(struct str *path, const char *part)
{
	/* "fault/anon@xfs" has levels of its own */
	str_add(path, path->len ? "." : "");
	for (const char *at = part; *at; at++) {
		char c = strchr("/@.", *at) ? '.' : *at;

		if (c == '.' && path->len && path->buf[path->len - 1] == '.')
			continue;
		if (c != '.' && c != '-' && !isalnum((unsigned char)c))
			c = '_';
		str_add_n(path, &c, 1);
	}
}

bool kcidb_add(struct kcidb *k, const char *list, json_t *object)
{
	_cleanup_free_ char *key =
		xasprintf("%s %s", list, js_get_text(object, "id"));
	bool fresh = !json_object_get(k->seen, key);

	if (fresh) {
		js_set(k->seen, key, json_true());
		js_add(json_object_get(k->doc, list), json_incref(object));
	}
	json_decref(object);
	return fresh;
}

json_t *kcidb_object(const struct kcidb *k, const char *id)
{
	json_t *o = json_object();

	js_set_text(o, "id", id);
	js_set_text(o, "origin", k->opts->origin);
	return o;
}

void kcidb_set_text(json_t *o, const char *key, const char *text)
{
	_cleanup_free_ char *clean = text_clean(text);

	if (*clean)
		js_set_text(o, key, clean);
}

static void add_checkout(struct kcidb *k, const char *id, const char *release)
{
	json_t *o = kcidb_object(k, id);
	_cleanup_free_ char *comment = xasprintf("kernel %s", release);

	js_set_text(o, "tree_name", k->opts->tree);
	js_set_text(o, "git_repository_url", k->opts->git_url);
	js_set_text(o, "git_commit_hash", k->opts->git_commit);
	kcidb_set_text(o, "comment", comment);
	kcidb_add(k, "checkouts", o);
}

char *kcidb_build(struct kcidb *k, const json_t *kernel)
{
	const char *release = text_get(kernel, "release");
	const char *version = text_get(kernel, "version");
	const char *machine = text_get(kernel, "machine");
	const char *config = text_get(kernel, "config.digest");
	const char *commit = k->opts->git_commit ? k->opts->git_commit : "";
	const char *const all[] = { release, version, machine, config, commit, NULL };
	const char *const source[] = { release, commit, NULL };
	_cleanup_free_ char *checkout = NULL, *comment = NULL;
	json_t *o, *misc = json_object();
	char *id;

	if (k->opts->build_id) {
		json_decref(misc);
		return xstrdup(k->opts->build_id);
	}
	id = xasprintf("%s:%016" PRIx64, k->opts->origin, kcidb_hash(all));
	checkout = xasprintf("%s:%016" PRIx64, k->opts->origin, kcidb_hash(source));
	add_checkout(k, checkout, release);
	o = kcidb_object(k, id);
	js_set_text(o, "checkout_id", checkout);
	kcidb_set_text(o, "architecture", machine);
	comment = xasprintf("%s %s", release, version);
	kcidb_set_text(o, "comment", comment);
	js_set_text(o, "status", "PASS"); /* it booted */
	kcidb_set_text(misc, "config_digest", config);
	js_set(o, "misc", misc);
	kcidb_add(k, "builds", o);
	return id;
}

json_t *kcidb_number(double value, const char *unit)
{
	json_t *o = json_object();
	double factor;
	const char *base = render_base_unit(unit, &factor);
	bool bytes = !strcmp(base, "bytes");

	js_set(o, "value", js_number(value * factor));
	if (!strcmp(base, "seconds") || bytes)
		js_set_text(o, "unit", bytes ? "B" : "s");
	else if (!*base)
		kcidb_set_text(o, "unit", unit);
	if (strcmp(base, "ratio") != 0)
		js_set_text(o, "prefix", bytes ? "binary" : "metric");
	return o;
}

/* Lists that stayed empty are left out. */
static void print(const json_t *doc, FILE *out)
{
	_cleanup_json_ json_t *full = json_object();
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)doc, key, member)
		if (!json_is_array(member) || json_array_size(member))
			js_copy(full, doc, key);
	json_dumpf(full, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
	fputc('\n', out);
}

static int render(const struct render_input *in, const void *values, FILE *out,
		  char **why)
{
	static const char *const lists[] = { "checkouts", "builds", "tests", "issues",
					     "incidents", NULL };
	struct kcidb k = { .opts = values, .doc = json_object(),
			   .seen = json_object() };
	const char *message = wrong(values);

	js_set(k.doc, "version", json_pack("{s:i, s:i}", "major", 5, "minor", 3));
	for (size_t i = 0; lists[i]; i++)
		js_set(k.doc, lists[i], json_array());
	if (message)
		*why = xstrdup(message);
	for (size_t i = 0; !message && i < in->n_reports; i++)
		kcidb_report(&k, in->reports[i], in->paths[i]);
	if (!message && in->comparison)
		kcidb_comparison(&k, in);
	if (!message)
		print(k.doc, out);
	json_decref(k.doc);
	json_decref(k.seen);
	return message ? -EINVAL : 0;
}

const struct renderer render_kcidb = {
	.name = "kcidb",
	.summary = "the KernelCI reporting format, version 5.3",
	.sides = true,
	.rows = render_kcidb_options,
	.size = sizeof(struct kcidb_opts),
	.render = render,
};
