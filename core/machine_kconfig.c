/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration of the running kernel, from the first place that has it.
 * It is read once and kept as text: a symbol is looked up some dozen times.
 */
#include <stdio.h>
#include <string.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#include "base/file.h"
#include "core/machine.h"
#include "core/machine_files.h"

/* Twice what a distribution's kernel sets, so that searches stay short. */
#define SLOTS 32768

static struct {
	bool loaded;
	unsigned version;
	char source[MACHINE_PATH / 2];
	struct str text;
	uint64_t digest;
} config = { .text = STR_INIT };
/* Where in the text "NAME=" is, at the digest of NAME; 0: free. Apart, so as not to
 * be in the program's file. */
static uint32_t slots[SLOTS];

static int read_packed(const char *path, struct str *s)
{
#ifdef HAVE_ZLIB
	gzFile f = gzopen(path, "r");
	char buf[16384];
	int n;

	if (!f)
		return -1;
	while ((n = gzread(f, buf, sizeof(buf))) > 0)
		str_add_n(s, buf, n);
	gzclose(f);
	return n;
#else
	(void)path;
	(void)s;
	return -1;
#endif
}

/* The release goes between the two parts. */
static const struct place {
	int (*read)(const char *path, struct str *s);
	const char *before, *after;
} places[] = {
	{ read_packed, "/proc/config.gz", NULL },
	{ file_read, "/boot/config-", "" },
	{ file_read, "/lib/modules/", "/config" },
	{ file_read, "/usr/lib/modules/", "/config" },
	{ file_read, "/lib/modules/", "/build/.config" },
};

/* The slot of the symbol whose name is @n bytes; 0 in it: not there. */
static uint32_t *slot(const char *name, size_t n)
{
	uint64_t at = machine_digest(name, n, MACHINE_DIGEST_START);

	for (;; at++) {
		uint32_t *place = &slots[at % SLOTS];
		const char *line = config.text.buf + *place;

		if (!*place || (!strncmp(line, name, n) && line[n] == '='))
			return place;
	}
}

static void index_name(const char *name)
{
	*slot(name, strcspn(name, "=\n")) = name - config.text.buf;
}

/* Comments are left out: they hold the date and the compiler's version. */
static uint64_t each_line(const char *text, void (*each)(const char *name))
{
	uint64_t digest = MACHINE_DIGEST_START;
	size_t filled = 0;

	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		const char *name = line + strlen("CONFIG_");

		if (!strncmp(line, "CONFIG_", name - line) &&
		    filled++ < SLOTS / 2) {
			digest = machine_digest(line, n, digest);
			if (each)
				each(name);
		}
		line += n + (line[n] == '\n');
	}
	return digest;
}

static void index_lines(void)
{
	memset(slots, 0, sizeof(slots));
	config.digest = each_line(config.text.buf, index_name);
}

uint64_t machine_kconfig_digest_of(const char *text)
{
	return each_line(text, NULL);
}

static void load(void)
{
	if (config.loaded && config.version == machine_root_version())
		return;
	config.loaded = true;
	config.version = machine_root_version();
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const struct place *p = &places[i];
		char path[MACHINE_PATH];

		str_free(&config.text);
		snprintf(config.source, sizeof(config.source), "%s%s%s",
			 p->before, p->after ? machine_release() : "",
			 p->after ? p->after : "");
		machine_path(path, "%s", config.source);
		if (!p->read(path, &config.text) && config.text.len) {
			index_lines();
			return;
		}
	}
	str_free(&config.text);
	config.source[0] = '\0';
}

const char *machine_kconfig_source(void)
{
	load();
	return config.source[0] ? config.source : NULL;
}

bool machine_kconfig_value(const char *symbol, char *buf, size_t size)
{
	size_t n = strlen(symbol);
	const char *line;

	if (!machine_kconfig_source() || !*slot(symbol, n))
		return false;
	line = config.text.buf + *slot(symbol, n) + n + 1; /* the '=' */
	line += *line == '"';
	snprintf(buf, size, "%.*s", (int)strcspn(line, "\"\n"), line);
	return true;
}

char machine_kconfig(const char *symbol)
{
	char value[32];

	if (!machine_kconfig_source())
		return '?';
	if (!machine_kconfig_value(symbol, value, sizeof(value)))
		return 'n';
	return strcmp(value, "m") ? 'y' : 'm';
}

uint64_t machine_kconfig_digest(void)
{
	return machine_kconfig_source() ? config.digest : 0;
}
