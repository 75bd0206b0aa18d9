/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files core/undo_*.c share; nobody else includes it. */
#ifndef STRAIN_CORE_UNDO_LOG_H
#define STRAIN_CORE_UNDO_LOG_H

#include <limits.h>

#include "core/undo.h"
#include "core/undo_record.h"

/* A descriptor that keeps an autoclearing loop device attached. */
struct held_loop {
	int fd;
	char device[32];
};

struct undo {
	int fd;         /* of the log, O_APPEND; -1: nothing written yet */
	pid_t owner;    /* process that opened it */
	pid_t guardian; /* 0: none */
	size_t start;   /* length of the header */
	bool rebooted;  /* the log is of an earlier boot: the kernel forgot */
	struct held_loop *held;
	size_t n_held;
	char path[PATH_MAX];
};

/* core/undo_owner.c: what /proc/PID/stat says. */
struct process {
	char state;
	pid_t group, session;
	uint64_t start;
};
int undo_process(pid_t pid, struct process *p);
bool undo_process_is_dead(const struct process *p);
int undo_owner_self(struct owner *owner);
bool undo_owner_alive(const struct owner *owner);
bool undo_same_boot(const struct owner *owner);

/* A number as a field; @buf of RECORD_ID bytes. */
const char *undo_number(char *buf, uint64_t value);

/* core/undo_log.c. Appends a record; its id to @id unless that is NULL. */
int undo_append(struct undo *u, enum record_kind kind, const char *const *field,
		char *id);
int undo_amend(struct undo *u, enum record_kind kind, const char *id,
	       const char *const *field);
int undo_mark_undone(struct undo *u, const char *id);
/* Reads the records from offset @from on. */
int undo_load(int fd, size_t from, struct record_list *list);
/* Opens a log of ours: -EPERM when others could have written it, -EINVAL when
 * it has no header, else its descriptor. */
int undo_open_log(const char *path, struct owner *owner, size_t *start);
/* The directory goes with the last log, unless the facts of machine_boot.c are
 * kept there. */
void undo_remove_log(const char *path);
/* One lock for all runs of this user, nesting; -EBUSY after 10 s. */
int undo_lock(void);
void undo_unlock(void);
/* Calls @each for every log in the directory; a negative result ends it. */
int undo_each_log(int (*each)(void *ctx, const char *path), void *ctx);

/* core/undo_guard.c: forks the guardian. */
int undo_guard(struct undo *u);
/* Kills what is left of a process group that was recorded. True: is gone. */
bool undo_kill_group(const struct record *r, unsigned ms);
void undo_sleep_ms(unsigned ms);

enum undo_result {
	UNDO_NOTHING, /* was fine already */
	UNDO_DONE,
	UNDO_REMARK,  /* done, but with something to say */
	UNDO_FOREIGN, /* somebody else changed it meanwhile: not ours any more */
	UNDO_LEFT,    /* could not */
};

/* core/undo_kinds.c. Undoes one record. Says what in @text. */
enum undo_result undo_one(struct undo *u, const struct record *r,
			  struct str *text);
/* core/undo_value.c, core/undo_mount.c, core/undo_cgroup.c, for it */
enum undo_result undo_value(const struct record *r, struct str *text);
enum undo_result undo_pool(struct undo *u, const struct record *r,
			   struct str *text);
enum undo_result undo_unmount(const struct record *r, struct str *text);
enum undo_result undo_detach(struct undo *u, const struct record *r,
			     struct str *text);
enum undo_result undo_remove_cgroup(const struct record *r, struct str *text);
/* Undoes the record just written, whose change went wrong. */
void undo_by_id(struct undo *u, const char *id);
/* Is @now what @want asks for? "a [b] c" is b, numbers count by value. */
bool undo_value_same(const char *now, const char *want);

/* core/undo_replay.c. Replays one log whose owner is gone, and removes it when
 * nothing is left. @step (may be NULL) hears of every record that counted. */
struct undo_tally {
	unsigned done, left;
	void (*step)(void *ctx, enum undo_result result, const char *text);
	void *ctx;
};
int undo_replay_dead(const char *path, struct undo_tally *tally);

#endif
