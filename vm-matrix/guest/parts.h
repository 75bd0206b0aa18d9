/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the parts of the guest work together. Internal. */
#ifndef STRAIN_VM_MATRIX_GUEST_PARTS_H
#define STRAIN_VM_MATRIX_GUEST_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "vm-matrix/frame.h"
#include "vm-matrix/guest/guest.h"

struct guest;

/* A kind of job. In a child of its own: what it returns is the exit status. */
struct job_kind {
	const char *name; /* member "kind" of the job */
	/*
	 * @job is the whole of it. Standard output and standard error become
	 * frames as @output says. Must not return to the guest's loop.
	 */
	int (*run)(const struct guest *g, const json_t *job);
	enum {
		OUTPUT_LINES,    /* lines of a report, answers, text */
		OUTPUT_DOCUMENT, /* all of it one line of the report */
		OUTPUT_TEXT,     /* as it is */
	} output;
	/* Makes frames itself: descriptor GUEST_FRAMES takes whole ones, which go to
	 * the host as they are. */
	bool frames;
};

#define GUEST_FRAMES 3

/* The job that runs. */
struct job {
	json_t *words;      /* the job as the host sent it; owned */
	const struct job_kind *kind;
	bool exact;
	pid_t pid;
	bool reaped;
	int status;         /* of wait(2) */
	int in, out, err, frames; /* our ends; -1: closed */
	struct str line;    /* of standard output, not yet whole */
	size_t looked;      /* no newline before */
	struct str orders;  /* for its standard input */
	struct frame_reader made;
	uint64_t begin, beat; /* clock_now() */
};

struct guest {
	int port, signals;
	guest_program *program;
	bool machine;       /* process 1, not a test */
	bool met;           /* the host was at the other end of the port */
	bool off;
	uint64_t oom_kills; /* of the machine when the last job had ended */
	struct frame_reader in;
	struct str out;     /* frames that the port did not take yet */
	size_t out_at;
	json_t *next;       /* the job to do; owned */
	struct job *job;    /* NULL: none runs */
};

/* machine.c: mounts and names; the environment of every job. */
void guest_mount(void);
void guest_mount_more(void); /* for a shell */
void guest_environment(void);

/* module.c */
/* Loads "NAME PARAMETERS". NULL, or a message to free; one that is there is
 * no error. */
char *guest_module(const char *line);
/* The same for each line of a file, if there is one. */
char *guest_modules(const char *path);
/* Path of module @name by the text of modules.dep, to free; or NULL. */
char *module_path(const char *dep, const char *name);

/* port.c */
/* Waits for the port and opens it. -1: there is none. */
int guest_port(void);
void guest_send(struct guest *g, enum frame_kind kind, const void *payload, size_t n);
/* Takes over @value. */
void guest_send_json(struct guest *g, enum frame_kind kind, json_t *value);
/* Text for the person at the other end: a line. */
void guest_say(struct guest *g, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Has the host taken so little that nothing more should be made for it? */
bool guest_full(const struct guest *g);
/* Writes what the port takes, reads what is there. */
void guest_port_work(struct guest *g, short events);
/* The job that came with the machine, if one did, is the next. */
void guest_take_job(struct guest *g);

/* loop.c: waits for anything to happen, up to @ms (-1: for ever), and sees to it. */
void guest_turn(struct guest *g, int ms);

/* job.c: from the host's words to the end of the job. */
void guest_job(struct guest *g, json_t *words);

/* job_output.c: what came from the job. Each reads once and says how much. */
size_t job_read_out(struct guest *g, struct job *j);
size_t job_read_err(struct guest *g, struct job *j);
size_t job_read_frames(struct guest *g, struct job *j);
/* All that is still there; then the ends are closed. */
void job_drain(struct guest *g, struct job *j);
/* An order of the host; writes it, or keeps what the pipe does not take. */
void job_order(struct job *j, const char *line, size_t n);
void job_write_orders(struct job *j);

/* now.c: the job's "time" (seconds since 1970) and "entropy" (hexadecimal), for a
 * machine that was restored. NULL, or a message to free. */
char *guest_now(const json_t *job);

/* kinds.c */
const struct job_kind *job_kind_find(const char *name);

/* quiet.c: waits until nothing but us runs, for @seconds at most; tells it.
 * @exact: idle time passes at once. */
void guest_quiet(struct guest *g, double seconds, bool exact);

#endif
