/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The document of a matrix, strain-matrix/1 (strain-matrix(5), schema
 * in reports/schema/): what each cell was and how it ended.
 *
 *	doc = matrix_new(plan, &(struct matrix_start){ ... });
 *	... for each cell that ends, in any order:
 *	matrix_add(doc, matrix_cell(&cell));
 *	matrix_seal(doc, seconds);
 *	output_document("OUT/matrix.json", doc, &why);
 *	exit with matrix_exit(doc);
 */
#ifndef STRAIN_VM_MATRIX_DOCUMENT_DOCUMENT_H
#define STRAIN_VM_MATRIX_DOCUMENT_DOCUMENT_H

#include "base/msg.h"
#include "reports/output.h"
#include "vm-matrix/plan/plan.h"

#define MATRIX_SCHEMA "strain-matrix/1"
#define MATRIX_CONSOLE_TAIL 80 /* lines at most */

enum matrix_outcome {
	MATRIX_PASS,
	MATRIX_FAIL,        /* a case failed or the guest's kernel complained */
	MATRIX_PANIC,
	MATRIX_OOPS,
	MATRIX_HANG,        /* no heartbeat */
	MATRIX_NO_BOOT,     /* no hello */
	MATRIX_TRUNCATED,   /* the guest ended or was cut off before the job did */
	MATRIX_QEMU_FAILED,
	MATRIX_TIMEOUT,
	MATRIX_SKIPPED,     /* .reason: what is missing */
	MATRIX_BROKEN,      /* the job ran, but could not do its work */
	MATRIX_INTERRUPTED, /* or never started */
	MATRIX_OUTCOMES
};

extern const char *const matrix_outcomes[MATRIX_OUTCOMES]; /* "qemu-failed" */

struct matrix_start {
	int argc;          /* the command, as typed */
	char *const *argv;
	double started;    /* seconds since 1970 */
	const char *only;  /* expression; NULL: none */
	const char *shard; /* "2/4"; NULL: none */
};

/* One cell that ended. What is NULL or 0 is left out. */
struct matrix_cell {
	const struct cell_plan *plan;
	/* The kernel as it was resolved. */
	const char *release, *package, *package_version, *kernel_digest;
	enum matrix_outcome outcome;
	const char *reason;       /* one line */
	double started;           /* seconds since 1970 */
	double seconds;           /* wall, all of the cell */
	double cpu_seconds;       /* of QEMU */
	double boot_seconds;      /* start of QEMU to hello */
	const char *accel;        /* tcg kvm */
	const char *emulator;     /* "QEMU 7.2.22" */
	const char *digest;       /* of all that the result depends on */
	bool state_restored, from_cache;
	unsigned attempts;        /* boots that it took; 0 is 1 */
	const struct words *console_tail; /* last lines, any bytes; NULL: none */
	json_t *report;           /* strain-report/1, borrowed; only what the
				   * document needs of it is kept. NULL: none */
	const char *report_file, *console_file; /* relative to the document */
	json_t *extra;            /* members of the cell that a part adds:
				   * "crash", "guest_state"; borrowed */
};

/* Begins a document that has all cells of the plan: those that never get a
 * result are "interrupted". */
json_t *matrix_new(const struct matrix_plan *plan, const struct matrix_start *start);
json_t *matrix_cell(const struct matrix_cell *cell);
/* Takes over @cell; one of the same id is replaced. */
void matrix_add(json_t *doc, json_t *cell);
/* Counts outcomes anew; before each write of one that goes on. */
void matrix_count(json_t *doc);
/* The same, at the end: how long it took. */
void matrix_seal(json_t *doc, double seconds);

/* Into an open output, as one of render.h prints it; as output_write(). */
int matrix_write(struct output *o, const json_t *doc,
		 void (*print_as)(const json_t *doc, FILE *out), char **why);
/*
 * Checked as a report is (reports/check.h). @path is a file or the folder of
 * one ("matrix.json" in it). NULL: *why, one line to free.
 */
json_t *matrix_load(const char *path, char **why);
/* The file that this reads; to free. */
char *matrix_path(const char *path);

/* That of its worst cell; skipped ones count when all are. */
enum exit_code matrix_exit(const json_t *doc);
enum matrix_outcome matrix_outcome_of(const json_t *cell);
/* Exit code of a cell that ended so. */
enum exit_code matrix_outcome_code(enum matrix_outcome outcome);

/*
 * The document of shards: their cells side by side, in the order of the matrix
 * file. Documents of different matrix files, and cells that two documents have
 * with different results, are conflicts; a cell that did not run in one of them
 * is none. @names are the paths of the documents, @path that of the new one:
 * what cells link to is found from there. NULL: *why names the conflict.
 */
json_t *matrix_merge(json_t *const *docs, const char *const *names, size_t n,
		     const char *path, char **why);

#endif
