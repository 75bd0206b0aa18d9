/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/image/elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum {
	MAX_HEADERS = 512,        /* program headers; real files have under 20 */
	MAX_DYNAMIC = 64 * 1024,  /* bytes of the dynamic table */
	MAX_NOTES = 1024 * 1024,  /* bytes of one segment of notes */
	MAX_TEXT = 4096,          /* a name, a path, a list of paths */
	MAX_NEEDED = 256,
};

struct file {
	int fd;
	uint64_t size;
	bool wide; /* 64 bit */
	unsigned char *headers;
	unsigned n, step;
	struct elf elf;
};

static uint64_t number(const struct file *f, const unsigned char *at, size_t n)
{
	bool little = f->elf.order == ELFDATA2LSB;
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value |= (uint64_t)at[i] << 8 * (little ? i : n - 1 - i);
	return value;
}

/* Member @m of the struct Elf32_T or Elf64_T at @p. */
#define GET(f, p, T, m)                                                        \
	((f)->wide ? number(f, (p) + offsetof(Elf64_##T, m),                   \
			    sizeof(((Elf64_##T *)0)->m))                       \
		   : number(f, (p) + offsetof(Elf32_##T, m),                   \
			    sizeof(((Elf32_##T *)0)->m)))

/* Exactly @n bytes at @at of the file. */
static int get(const struct file *f, uint64_t at, void *buf, size_t n)
{
	char *to = buf;

	if (at > f->size || n > f->size - at)
		return -EBADMSG;
	while (n) {
		ssize_t got = pread(f->fd, to, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EBADMSG;
		to += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

/* The text at @at, at most @limit bytes with its NUL; to free. */
static int get_text(const struct file *f, uint64_t at, uint64_t limit, char **text)
{
	char buf[MAX_TEXT];
	size_t n = limit < sizeof(buf) ? (size_t)limit : sizeof(buf);
	int err;

	if (at > f->size)
		return -EBADMSG;
	n = n < f->size - at ? n : (size_t)(f->size - at);
	err = get(f, at, buf, n);
	if (err)
		return err;
	if (!memchr(buf, '\0', n))
		return -EBADMSG;
	*text = xstrdup(buf);
	return 0;
}

static int read_headers(struct file *f)
{
	unsigned char h[sizeof(Elf64_Ehdr)] = { 0 };
	uint64_t at;
	int err;

	if (f->size < sizeof(Elf32_Ehdr) || get(f, 0, h, EI_NIDENT) ||
	    memcmp(h, ELFMAG, SELFMAG) || h[EI_CLASS] < ELFCLASS32 ||
	    h[EI_CLASS] > ELFCLASS64 || h[EI_DATA] < ELFDATA2LSB ||
	    h[EI_DATA] > ELFDATA2MSB)
		return -ENOEXEC;
	f->wide = h[EI_CLASS] == ELFCLASS64;
	f->elf.class = h[EI_CLASS];
	f->elf.order = h[EI_DATA];
	err = get(f, 0, h, f->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr));
	if (err)
		return err;
	f->elf.type = (uint16_t)GET(f, h, Ehdr, e_type);
	f->elf.machine = (uint16_t)GET(f, h, Ehdr, e_machine);
	at = GET(f, h, Ehdr, e_phoff);
	f->n = (unsigned)GET(f, h, Ehdr, e_phnum);
	f->step = (unsigned)GET(f, h, Ehdr, e_phentsize);
	if (!f->n)
		return 0;
	if (f->n > MAX_HEADERS ||
	    f->step != (f->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return -EBADMSG;
	f->headers = xalloc((size_t)f->n * f->step);
	return get(f, at, f->headers, (size_t)f->n * f->step);
}

static void close_file(struct file *f)
{
	free(f->headers);
	if (f->fd >= 0)
		close(f->fd);
}

static int open_file(struct file *f, const char *path)
{
	struct stat st;
	int err;

	*f = (struct file){ .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) };
	if (f->fd < 0)
		return -errno;
	if (fstat(f->fd, &st) < 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -ENOEXEC;
	else
		err = 0;
	if (!err) {
		f->size = (uint64_t)st.st_size;
		err = read_headers(f);
	}
	if (err)
		close_file(f);
	return err;
}

/* The next header of @type from *i on; NULL when there is none. */
static const unsigned char *next_header(const struct file *f, unsigned *i,
					uint32_t type)
{
	while (*i < f->n) {
		const unsigned char *p = f->headers + (size_t)(*i)++ * f->step;

		if (GET(f, p, Phdr, p_type) == type)
			return p;
	}
	return NULL;
}

/* Where in the file is what will be at @address? -1: nowhere. */
static uint64_t offset_of(const struct file *f, uint64_t address)
{
	const unsigned char *p;
	unsigned i = 0;

	while ((p = next_header(f, &i, PT_LOAD))) {
		uint64_t start = GET(f, p, Phdr, p_vaddr);

		if (address >= start &&
		    address - start < GET(f, p, Phdr, p_filesz))
			return GET(f, p, Phdr, p_offset) + (address - start);
	}
	return UINT64_MAX;
}

struct dynamic {
	unsigned char *table;
	size_t n, step;
	uint64_t strings, strings_size;
};

static uint64_t entry(const struct file *f, const struct dynamic *d, size_t i,
		      uint64_t *value)
{
	const unsigned char *p = d->table + i * d->step;

	*value = GET(f, p, Dyn, d_un.d_val);
	return GET(f, p, Dyn, d_tag);
}

static int read_dynamic(const struct file *f, struct dynamic *d)
{
	unsigned i = 0;
	const unsigned char *p = next_header(f, &i, PT_DYNAMIC);
	uint64_t size, value;
	int err;

	if (!p)
		return 0;
	d->step = f->wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
	size = GET(f, p, Phdr, p_filesz);
	if (size > MAX_DYNAMIC)
		return -EBADMSG;
	d->table = xalloc((size_t)size + 1);
	err = get(f, GET(f, p, Phdr, p_offset), d->table, (size_t)size);
	if (err)
		return err;
	for (; d->n < size / d->step; d->n++) {
		uint64_t tag = entry(f, d, d->n, &value);

		if (tag == DT_NULL)
			break;
		if (tag == DT_STRTAB)
			d->strings = offset_of(f, value);
		else if (tag == DT_STRSZ)
			d->strings_size = value;
	}
	return 0;
}

static int dynamic_text(const struct file *f, const struct dynamic *d,
			uint64_t at, char **text)
{
	if (at >= d->strings_size || d->strings > f->size ||
	    at > f->size - d->strings)
		return -EBADMSG;
	return get_text(f, d->strings + at, d->strings_size - at, text);
}

static int read_needed(struct file *f, const struct dynamic *d)
{
	_cleanup_free_ char *rpath = NULL, *runpath = NULL;
	int err = 0;

	for (size_t i = 0; !err && i < d->n; i++) {
		_cleanup_free_ char *name = NULL;
		uint64_t value, tag = entry(f, d, i, &value);

		if (tag == DT_RPATH && !rpath)
			err = dynamic_text(f, d, value, &rpath);
		else if (tag == DT_RUNPATH && !runpath)
			err = dynamic_text(f, d, value, &runpath);
		if (tag != DT_NEEDED || err)
			continue;
		err = f->elf.needed.n < MAX_NEEDED
			      ? dynamic_text(f, d, value, &name)
			      : -EBADMSG;
		if (!err)
			words_add(&f->elf.needed, name);
	}
	if (!err && (runpath || rpath))
		words_split(&f->elf.path, runpath ? runpath : rpath, ":");
	return err;
}

static int read_start(struct file *f)
{
	struct dynamic d = { 0 };
	unsigned i = 0;
	const unsigned char *p = next_header(f, &i, PT_INTERP);
	int err = 0;

	if (p)
		err = get_text(f, GET(f, p, Phdr, p_offset),
			       GET(f, p, Phdr, p_filesz), &f->elf.interpreter);
	if (!err)
		err = read_dynamic(f, &d);
	if (!err)
		err = read_needed(f, &d);
	free(d.table);
	return err;
}

int elf_read(const char *path, struct elf *elf)
{
	struct file f;
	int err = open_file(&f, path);

	*elf = (struct elf){ 0 };
	if (err)
		return err;
	err = read_start(&f);
	close_file(&f);
	if (err)
		elf_free(&f.elf);
	*elf = f.elf;
	return err;
}

void elf_free(struct elf *elf)
{
	free(elf->interpreter);
	words_free(&elf->needed);
	words_free(&elf->path);
	*elf = (struct elf){ 0 };
}

/* Entries are a header of three words, owner and content, each padded to 4. */
static bool in_notes(const struct file *f, const unsigned char *notes,
		     uint64_t size, const char *owner, uint32_t type)
{
	uint64_t at = 0, length = strlen(owner) + 1;

	while (size - at >= 12) {
		uint64_t name = number(f, notes + at, 4);
		uint64_t content = number(f, notes + at + 4, 4);
		uint64_t kind = number(f, notes + at + 8, 4);

		at += 12;
		if (kind == type && name == length && length <= size - at &&
		    !memcmp(notes + at, owner, length))
			return true;
		name = (name + 3) & ~3ULL;
		content = (content + 3) & ~3ULL;
		if (name + content > size - at)
			return false;
		at += name + content;
	}
	return false;
}

int elf_has_note(const char *path, const char *owner, uint32_t type)
{
	const unsigned char *p;
	struct file f;
	unsigned i = 0;
	int err = open_file(&f, path), found = 0;

	if (err)
		return err;
	while (!err && !found && (p = next_header(&f, &i, PT_NOTE))) {
		uint64_t size = GET(&f, p, Phdr, p_filesz);
		unsigned char *notes;

		if (size > MAX_NOTES) {
			err = -EBADMSG;
			break;
		}
		notes = xalloc((size_t)size + 1);
		err = get(&f, GET(&f, p, Phdr, p_offset), notes, (size_t)size);
		found = !err && in_notes(&f, notes, size, owner, type);
		free(notes);
	}
	close_file(&f);
	return err ? err : found;
}
