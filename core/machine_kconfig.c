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

static struct {
	bool loaded;
	unsigned version;
	char source[MACHINE_PATH / 2];
	struct str text;
} config = { .text = STR_INIT };

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
		if (!p->read(path, &config.text) && config.text.len)
			return;
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
	char key[96];
	int n = snprintf(key, sizeof(key), "\nCONFIG_%s=", symbol);
	const char *at;

	load();
	if (!strncmp(config.text.buf, key + 1, n - 1))
		at = config.text.buf + n - 1;
	else if ((at = strstr(config.text.buf, key)))
		at += n;
	else
		return false;
	at += *at == '"';
	snprintf(buf, size, "%.*s", (int)strcspn(at, "\"\n"), at);
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

/* Comments are left out: they hold the date and the compiler's version. */
uint64_t machine_kconfig_digest(void)
{
	uint64_t digest = MACHINE_DIGEST_START;

	load();
	if (!config.text.len)
		return 0;
	for (const char *line = config.text.buf; *line;) {
		size_t n = strcspn(line, "\n");

		if (*line != '#')
			digest = machine_digest(line, n + 1, digest);
		line += n + (line[n] == '\n');
	}
	return digest;
}
