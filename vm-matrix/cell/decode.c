/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/cell/decode.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "vm-matrix/kernel/tool.h"

static int by_address(const void *a, const void *b)
{
	const struct decode_symbol *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

static int by_name(const void *a, const void *b)
{
	const struct decode_symbol *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* "ffffffff81000000 T _text"; false: not such a line. */
static bool read_symbol(const char *line, size_t n, struct decode_symbol *s)
{
	char *end, type;
	const char *name;

	*s = (struct decode_symbol){ .address = strtoull(line, &end, 16) };
	if (end == line || *end != ' ' || !end[1] || end[2] != ' ')
		return false;
	type = end[1];
	name = end + 3;
	if (!strchr("tTwW", type) || name >= line + n)
		return false;
	s->name = xasprintf("%.*s", (int)(line + n - name), name);
	return true;
}

void decode_map_read(struct decode_map *m, const char *text)
{
	size_t room = 0;

	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		struct decode_symbol s;

		if (read_symbol(line, n, &s)) {
			if (m->n == room) {
				room = room ? 2 * room : 1024;
				m->symbol = xrealloc(m->symbol, room * sizeof(*m->symbol));
			}
			m->symbol[m->n++] = s;
		}
		line += n + (line[n] == '\n');
	}
	if (m->n)
		qsort(m->symbol, m->n, sizeof(*m->symbol), by_address);
	for (size_t i = 0; i < m->n; i++) {
		size_t next = i + 1;

		while (next < m->n && m->symbol[next].address == m->symbol[i].address)
			next++;
		if (next < m->n)
			m->symbol[i].size = m->symbol[next].address - m->symbol[i].address;
	}
	if (m->n)
		qsort(m->symbol, m->n, sizeof(*m->symbol), by_name);
}

void decode_map_free(struct decode_map *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->symbol[i].name);
	free(m->symbol);
	*m = (struct decode_map){ 0 };
}

/* The only symbol of that name, or the only one that is of that size too. */
static const struct decode_symbol *find(const struct decode_map *m, const char *name,
					uint64_t size)
{
	const struct decode_symbol key = { .name = (char *)name }, *s, *one = NULL;
	size_t all = 0, fit = 0;

	s = m->n ? bsearch(&key, m->symbol, m->n, sizeof(key), by_name) : NULL;
	if (!s)
		return NULL;
	while (s > m->symbol && !strcmp(s[-1].name, name))
		s--;
	for (const struct decode_symbol *t = s; t < m->symbol + m->n && !strcmp(t->name, name); t++) {
		all++;
		/* what follows is aligned, and may begin later */
		if (t->size >= size && t->size < size + 64) {
			fit++;
			one = t;
		}
	}
	if (all == 1)
		return s;
	return fit == 1 ? one : NULL;
}

bool decode_line(const struct decode_map *m, const char *line, uint64_t *address)
{
	_cleanup_free_ char *name = NULL;
	const struct decode_symbol *s;
	uint64_t offset, size;
	const char *plus, *at;
	char *end;

	plus = strstr(line, "+0x");
	if (!plus)
		return false;
	for (at = plus; at > line && (isalnum((unsigned char)at[-1]) || strchr("_.$", at[-1]));)
		at--;
	offset = strtoull(plus + 1, &end, 16);
	if (at == plus || *end != '/')
		return false;
	size = strtoull(end + 1, &end, 16);
	if (!strncmp(end, " [", 2)) /* a module's */
		return false;
	name = xasprintf("%.*s", (int)(plus - at), at);
	s = find(m, name, size);
	if (!s || offset > size)
		return false;
	*address = s->address + offset;
	if (offset && !strstr(line, "RIP:") && !strstr(line, "pc :") && !strstr(line, "NIP "))
		--*address; /* where it would return to */
	return true;
}

/* What addr2line says of the addresses; NULL: nothing. To free. */
static char *ask(const char *vmlinux, const struct words *addresses)
{
	_cleanup_free_ char *program = tool_find("addr2line");
	_cleanup_words_ struct words argv = { 0 };
	_cleanup_str_ struct str said = STR_INIT;
	struct tool t;

	if (!program)
		return NULL;
	words_add(&argv, program);
	words_add(&argv, "-a");
	words_add(&argv, "-i");
	words_add(&argv, "-e");
	words_add(&argv, vmlinux);
	for (size_t i = 0; i < addresses->n; i++)
		words_add(&argv, addresses->word[i]);
	words_end(&argv);
	if (tool_start(&t, (const char *const *)argv.word, false) < 0 ||
	    tool_finish(&t, &said, NULL, NULL) || !said.len)
		return NULL;
	return str_take(&said);
}

/* Without the folder of the build, and what addr2line adds. */
static void add_place(struct str *out, const char *place, size_t n, const char *tree, size_t tree_n)
{
	if (!strncmp(place, tree, tree_n)) {
		place += tree_n;
		n -= tree_n;
	}
	str_add_n(out, place, n);
}

/* " (a.c:1, b.c:2)" of what was said about the next address; *@said moves on. */
static void add_places(struct str *out, const char **said, const char *tree, size_t tree_n)
{
	const char *p = *said, *before = " (";
	bool any = false;

	p += strcspn(p, "\n");
	p += *p == '\n';
	while (*p && strncmp(p, "0x", 2)) {
		size_t n = strcspn(p, "\n"), word = n;
		const char *remark = strstr(p, " (disc");

		if (remark && remark < p + n)
			word = (size_t)(remark - p);
		if (*p != '?') {
			str_add(out, before);
			add_place(out, p, word, tree, tree_n);
			before = ", ";
			any = true;
		}
		p += n + (p[n] == '\n');
	}
	if (any)
		str_add(out, ")");
	*said = p;
}

char *decode_lines(const struct words *lines, const char *vmlinux, const char *map_path)
{
	const char *slash = vmlinux ? strrchr(vmlinux, '/') : NULL, *at;
	_cleanup_words_ struct words addresses = { 0 };
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_free_ char *said = NULL;
	struct decode_map map = { 0 };
	struct str out = STR_INIT;
	uint64_t address;

	if (!vmlinux || !map_path || file_read(map_path, &text))
		return NULL;
	decode_map_read(&map, text.buf);
	for (size_t i = 0; i < lines->n; i++)
		if (decode_line(&map, lines->word[i], &address)) {
			_cleanup_free_ char *word = xasprintf("%#" PRIx64, address);

			words_add(&addresses, word);
		}
	said = addresses.n ? ask(vmlinux, &addresses) : NULL;
	at = said;
	for (size_t i = 0; i < lines->n && said; i++) {
		str_add(&out, lines->word[i]);
		if (decode_line(&map, lines->word[i], &address))
			add_places(&out, &at, vmlinux, slash ? (size_t)(slash - vmlinux) + 1 : 0);
		str_add(&out, "\n");
	}
	decode_map_free(&map);
	return out.len ? str_take(&out) : NULL;
}
