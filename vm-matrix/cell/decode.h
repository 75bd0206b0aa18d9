/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From "panic+0x118/0x2db" in a kernel's traces to files and lines, for a kernel
 * whose build tree is there: addresses by System.map, lines by addr2line(1).
 */
#ifndef STRAIN_VM_MATRIX_CELL_DECODE_H
#define STRAIN_VM_MATRIX_CELL_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Symbols of a kernel, by name. */
struct decode_map {
	struct decode_symbol {
		char *name;
		uint64_t address, size; /* size up to the next symbol */
	} *symbol;
	size_t n;
};

/* Reads "ADDRESS TYPE NAME" lines, as System.map and nm(1) have them. */
void decode_map_read(struct decode_map *m, const char *text);
void decode_map_free(struct decode_map *m);
/*
 * The address that a line of a trace speaks of; a return address is moved back
 * into the call. False: it speaks of none, or of one in a module, or of one of
 * several symbols of that name.
 */
bool decode_line(const struct decode_map *m, const char *line, uint64_t *address);

/*
 * @lines of a console, each whose address is known with " (FILE:LINE)" behind it,
 * and those of calls that were inlined there. @vmlinux has symbols, @map_path is
 * its System.map; NULL, when either is NULL, nothing was found, or addr2line is
 * not installed. To free.
 */
char *decode_lines(const struct words *lines, const char *vmlinux, const char *map_path);

#endif
