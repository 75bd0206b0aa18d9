/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The undo log. Every change to the machine is written to it before it is
 * made. One file a run, in a directory that only its user can write
 * ($STRAIN_UNDO_DIR, /run/strain as root, else $XDG_RUNTIME_DIR/strain or
 * /tmp/strain-UID); its header names the owner by pid, start time and boot id. A record lives
 * until it was undone, so the live logs of all runs together say who holds
 * which setting: a second run that wants to change a held one is told -EBUSY.
 *
 * Undo goes backwards, reads back, and does not overwrite a value that someone
 * else changed meanwhile. The same records replayed twice do no harm.
 *
 * Writers are the monitor and, in setup, the leader (the log's descriptor is
 * inherited; records are appended with one write). All int functions return 0
 * or -errno.
 */
#ifndef STRAIN_CORE_UNDO_H
#define STRAIN_CORE_UNDO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct undo; /* an open log */

/* Opens a log for this process. NULL with errno. */
struct undo *undo_open(void);
/*
 * Makes the log's file and forks the guardian, which replays the log when this
 * process dies. The first record does it too, but a process that forks writers
 * (a leader) calls it before, so that they all append to the same file.
 */
int undo_arm(struct undo *u);
/* The guardian is a child of this process; 0: not there yet. */
pid_t undo_guardian_pid(const struct undo *u);
/* Position to go back to: undo_replay(u, mark) undoes all records after it. */
size_t undo_mark(struct undo *u);
/*
 * Undoes the records after @mark, last first. What could not be undone, or was
 * changed by others, is told to @note (may be NULL), and returned as a count.
 */
unsigned undo_replay(struct undo *u, size_t mark,
		     void (*note)(void *ctx, const char *text), void *ctx);
/* Undoes the rest, ends the guardian, removes the log unless something could
 * not be undone: then it stays for `strain restore`. Frees @u. */
unsigned undo_close(struct undo *u,
		    void (*note)(void *ctx, const char *text), void *ctx);

/*
 * Puts this process, once, into a mount namespace of its own, so that mounts of
 * a run are seen by nobody else and end with it. -EPERM without privilege.
 */
int undo_private_mounts(void);

/* Each writes its record and then makes the change. */
int undo_set_value(struct undo *u, const char *path, const char *value);
/* The value of a setting, to free; of "always [madvise] never" the chosen word. */
int undo_read_value(const char *path, char **value);
/* Once more a value that is in a record already: no record, no reading back. */
int undo_rewrite_value(const char *path, const char *value);
int undo_hugepages(struct undo *u, uint64_t size, uint64_t count);
/* New directory PARENT/strain-XXXXXX with mode 0700; path into @path. */
int undo_make_dir(struct undo *u, const char *parent, char *path, size_t size);
int undo_mount(struct undo *u, const char *source, const char *target,
	       const char *type, unsigned long flags, const char *data);
/* A cgroup that limits memory and processes can be set in; v1 or v2. */
int undo_make_cgroup(struct undo *u, char *path, size_t size);
/* Moves a process into it (all hierarchies of v1 that take part). */
int undo_enter_cgroup(const char *path, pid_t pid);
int undo_loop(struct undo *u, const char *image, bool direct_io, char device[32]);
struct words;
/* Adds the names (no directory) of the loop devices in the records after @mark.
 * Undone are those that somebody else got first. */
void undo_loops(struct undo *u, size_t mark, struct words *names);
/* Only write the record: the caller makes the change. -EEXIST when what is
 * going to be removed is there already. */
int undo_note_file(struct undo *u, const char *path);
int undo_note_module(struct undo *u, const char *module);
/* Process group of @leader, which still lives: its members are killed when the
 * log is replayed after our death. */
int undo_note_group(struct undo *u, pid_t leader);

/* `strain restore`: replays every log whose owner is gone. 0 or -errno. */
enum undo_step { UNDO_STEP_DONE, UNDO_STEP_LEFT, UNDO_STEP_PENDING };
struct undo_steps {
	bool dry_run; /* UNDO_STEP_PENDING for what would be undone */
	unsigned done, left, pending; /* counted here */
	void (*step)(void *ctx, enum undo_step step, const char *text); /* or NULL */
	void *ctx;
};
int undo_restore(struct undo_steps *steps);

/* The directory of the logs, made when missing, removed with the last log.
 * NULL with errno; EPERM: others could write it. */
const char *undo_dir(void);
/* Its name, without a look at it. */
const char *undo_dir_name(void);
/* What -errno @err of its use means. */
const char *undo_dir_error(int err);
/* NULL for the one in /tmp, where nothing of ours may stay after a run. */
const char *undo_lasting_dir(void);
/* It is there, and only ours to write. */
bool undo_dir_is_private(const char *dir);
/* Whom they belong to: the user that the program was started as. */
uid_t undo_user(void);

#endif
