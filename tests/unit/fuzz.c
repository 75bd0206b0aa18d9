/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inputs that the fuzzer keeps (tests/fuzz/corpus), among them each that
 * once broke something, gone over again with the sanitizers.
 *
 *	fuzz [FILE...]		those files
 */
#include <dirent.h>

#include "base/file.h"
#include "tests/fuzz/report.h"

static void replay(const char *path)
{
	_cleanup_str_ struct str s = STR_INIT;

	if (file_read(path, &s))
		die(EXIT_BROKEN, "cannot read '%s'", path);
	/* a copy of its exact size, so that a byte too much is noticed */
	if (s.len) {
		uint8_t *data = xalloc(s.len);

		memcpy(data, s.buf, s.len);
		fuzz_one(data, s.len);
		free(data);
	}
}

static size_t replay_all(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	size_t n = 0;

	if (!d)
		die(EXIT_BROKEN, "cannot read '%s'", dir);
	while ((entry = readdir(d))) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		replay(path);
		n++;
	}
	closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	const char *src = getenv("SRC");
	_cleanup_free_ char *dir = xasprintf("%s/tests/fuzz/corpus", src ? src : ".");
	size_t n = argc - 1;

	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc == 1)
		n = replay_all(dir);
	printf("1..1\n%sok 1 - %zu inputs are taken or refused\n", n ? "" : "not ", n);
	return !n;
}
