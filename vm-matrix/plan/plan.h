/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A matrix file (strain-matrix(5), schema strain-matrix-file-1 in reports/) and
 * the cells it stands for: each kernel with each architecture, machine, kernel
 * command line and job, without what is excluded, with what is included.
 * Nothing is fetched or booted here; what the archive offers the caller knows.
 *
 *	plan = plan_load("kernels", &archive, &why);
 *	plan_only(plan, "6.* & !rt", &why);
 *	plan_shard(plan, 1, 4);
 *	for (size_t i = 0; i < plan->n_cells; i++)
 *		run(&plan->cell[i]);
 *	matrix_plan_free(plan);
 */
#ifndef STRAIN_VM_MATRIX_PLAN_PLAN_H
#define STRAIN_VM_MATRIX_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "reports/json.h"

#define PLAN_SCHEMA "strain-matrix-file/1"

/* Limits, far over what anybody runs. */
#define PLAN_CELLS 20000
#define PLAN_NODES 8
#define PLAN_DISKS 16
#define PLAN_NAME 48 /* letters of a name */

/* Everything below belongs to the plan and lives as long as it. */

/* What a row of an axis begins with: the axes are read by one code. */
struct plan_row {
	const char *name;    /* part of ids: letters, digits, '.', '+', '-' */
	struct words arches; /* patterns of architectures it is for; none: all */
};

struct plan_kernel {
	struct plan_row row; /* "6.12-cloud" */
	const char *source;  /* as typed: "series:6.12-cloud" */
	/* "series:*-cloud": the pattern and the flavour ("" is the plain one); no
	 * cell has such a row, but kernels that it stands for. NULL: a kernel */
	const char *pattern, *flavour;
};

/* A memory node, without CPUs where .cpus is 0. */
struct plan_node {
	unsigned cpus;
	uint64_t memory;    /* bytes */
	unsigned distance;  /* of the others from here; 0: not said */
	unsigned latency;   /* ns of a read; 0: not said */
	uint64_t bandwidth; /* bytes a second; 0: not said */
};

struct plan_disk {
	const char *kind;       /* virtio-blk nvme scsi pmem */
	uint64_t size;          /* bytes */
	const char *cache;      /* none writeback unsafe ...; NULL: not said */
	unsigned logical_block; /* bytes; 0: not said */
};

struct plan_machine {
	struct plan_row row;
	unsigned cpus;   /* of the nodes where there are any */
	uint64_t memory; /* bytes; also */
	struct plan_node node[PLAN_NODES];
	size_t n_nodes;
	struct plan_disk disk[PLAN_DISKS];
	size_t n_disks;
};

struct plan_cmdline {
	struct plan_row row; /* "default" */
	const char *append; /* may be "" */
};

enum plan_kind {
	PLAN_RUN,   /* .argv: words after `strain run` */
	PLAN_CRASH, /* .argv: words after `strain matrix crash` */
};

struct plan_setting {
	const char *path, *value; /* written in the guest before the job */
};

struct plan_job {
	struct plan_row row;
	enum plan_kind kind;
	struct words argv;
	struct words modules;  /* "scsi_debug dev_size_mb=64": NAME [PARAMETER...] */
	struct words commands; /* programs the guest needs: "mkfs.xfs" */
	struct plan_setting *setting;
	size_t n_settings;
	uint64_t timeout;      /* ns, of the job in a guest without instruments */
	uint64_t quiet;        /* ns to wait at most for a quiet guest; 0: none */
	bool exact;
	bool timed;            /* its times are wanted: no restored machine */
};

struct cell_plan {
	const char *id; /* "6.12-cloud/amd64/small/default/quick": the five names */
	size_t order;   /* among all cells of the file */
	const struct plan_kernel *kernel;
	const char *arch; /* one of PLAN_ARCHITECTURES */
	const struct plan_machine *machine;
	const struct plan_cmdline *cmdline;
	const struct plan_job *job;
};

struct matrix_plan {
	const char *path;   /* the file that was read */
	const char *name;   /* of the matrix; the file's name when it has none */
	const char *about;  /* "" when it says nothing */
	const char *digest; /* sha256 hex of the file's text */
	struct cell_plan *cell;
	size_t n_cells;
	size_t n_all;       /* before plan_only() and plan_shard() */
	struct words notes; /* why there may be fewer kernels than the file asks for */
	struct plan_parts *parts;
};

/* Debian's names of architectures; "native" stands for that of this program. */
#define PLAN_ARCHITECTURES "amd64 arm64 armhf i386 ppc64el riscv64 s390x"
const char *plan_native(void);

enum plan_offer {
	PLAN_OFFERED,    /* what there is was added; it may be nothing */
	PLAN_NO_FLAVOUR, /* the architecture has no such flavour: *why */
	PLAN_NOT_KNOWN,  /* what there is cannot be known now: *why */
};

/* What is asked for kernels that a file has as "series:*-cloud". */
struct plan_archive {
	/* Adds "6.12" and so on; *why is one line, to free. */
	enum plan_offer (*series)(void *ctx, const char *arch, const char *flavour,
				  struct words *out, char **why);
	void *ctx;
};

/*
 * @name is a file, or, without '/' and ".json", NAME.json in
 * $XDG_CONFIG_HOME/strain/matrix (default ~/.config), or one of those inside
 * the program. NULL, with one line in *why to free: what is wrong and where.
 * Without @archive (NULL) patterns of kernels stand for none.
 */
struct matrix_plan *plan_load(const char *name, const struct plan_archive *archive,
			      char **why);
/* The same for a text in memory that *why calls @path. */
struct matrix_plan *plan_parse(const char *path, const char *text, size_t n,
			       const struct plan_archive *archive, char **why);
void matrix_plan_free(struct matrix_plan *plan);

/*
 * Keeps the cells that @expr names: patterns as of the shell over names of
 * kernels, architectures, machines, command lines and jobs, or over whole ids,
 * with '&', '|', '!' and parentheses. False: *why (a pattern that fits no cell
 * is an error).
 */
bool plan_only(struct matrix_plan *plan, const char *expr, char **why);
/*
 * Keeps shard @i (from 1) of @n. Which one a cell belongs to depends on its id
 * and @n only: what else is in the file, or selected, moves no cell.
 */
void plan_shard(struct matrix_plan *plan, unsigned i, unsigned n);
/* Reads "2/4". False: *why. */
bool plan_shard_text(const char *text, unsigned *i, unsigned *n, char **why);

/* The id as a folder's name: '/' becomes '_', which no name has; to free. */
char *plan_folder(const struct cell_plan *cell);

/* Calls @each with the names and .about of the files that plan_load() knows by
 * name; those that cannot be read it leaves out. */
void plan_each(void (*each)(void *ctx, const char *name, const char *about),
	       void *ctx);

/* All of it, with the members of strain-matrix/1 for each cell. */
json_t *plan_json(const struct matrix_plan *plan);
/* Members of a cell: id, kernel, arch, machine, cmdline, job. */
json_t *plan_cell_json(const struct cell_plan *cell);

/*
 * What the matrix features of CI systems take: a job for each cell, or, @shards
 * not 0, for each shard that is not empty. NULL: *why, more jobs than the
 * system takes.
 */
json_t *plan_github(const struct matrix_plan *plan, unsigned shards, char **why);
json_t *plan_gitlab(const struct matrix_plan *plan, unsigned shards, char **why);

#endif
