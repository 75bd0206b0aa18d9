/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "vm-matrix/cell/cell.h"

/* What counting instructions does not see. */
#define BLIND "caches, TLBs, contention, real devices"

void cell_mark_run(json_t *line, const char *accel, const char *emulator,
		   bool exact)
{
	json_t *machine = json_object_get(line, "machine");
	const char *named;

	if (!json_is_object(machine)) {
		machine = json_object();
		js_set(line, "machine", machine);
	}
	js_set(machine, "accel", js_text(accel));
	js_set(machine, "emulator", js_text(emulator));
	named = js_get_text(machine, "hypervisor");
	/* only x86 tells its guests what emulates them */
	if (!strcmp(accel, "tcg") && (!named || !strstr(named, "tcg")))
		js_set(machine, "hypervisor", js_text("qemu-tcg"));
	js_set_true(machine, "exact", exact);
	js_set_text(machine, "exact_blind", exact ? BLIND : NULL);
}

void cell_mark_config(json_t *line, uint64_t digest)
{
	json_t *kernel = json_object_get(line, "kernel");
	char text[32];

	if (!digest || !json_is_object(kernel) || json_object_get(kernel, "config.digest"))
		return;
	snprintf(text, sizeof(text), "fnv1a64:%016" PRIx64, digest); /* as facts_digest() */
	js_set(kernel, "config.digest", js_text(text));
	js_set(kernel, "config.source", js_text("host"));
}

/* The second number of a schedstat file: time on a run queue, ns. */
static uint64_t waited(const char *path)
{
	unsigned long long ran, queued;
	char text[80];

	if (file_read_line(path, text, sizeof(text)) ||
	    sscanf(text, "%llu %llu", &ran, &queued) != 2)
		return 0;
	return queued;
}

uint64_t cell_waited_ns(pid_t pid)
{
	char path[300];
	uint64_t most = 0;
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		uint64_t ns;

		if (*e->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat", (int)pid,
			 e->d_name);
		ns = waited(path);
		most = most > ns ? most : ns;
	}
	if (dir)
		closedir(dir);
	return most;
}
