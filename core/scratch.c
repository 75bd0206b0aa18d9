/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DIR/strain-XXXXXX/ is the scratch directory itself, or holds "image" and the
 * mount point "mnt" with the empty scratch directory "work" in it: the root of
 * a new filesystem is not always empty (lost+found).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/value.h"
#include "core/fskind.h"
#include "core/mountinfo.h"
#include "core/undo.h"

/* The message to @why; @err back. */
static int failed(char **why, int err, const char *what, const char *subject)
{
	*why = xasprintf("cannot %s '%s': %s", what, subject, strerror(-err));
	return err;
}

static void run_program(const struct words *args, int output)
	__attribute__((noreturn));

static void run_program(const struct words *args, int output)
{
	static const char *const dirs[] = { "/usr/sbin", "/sbin" };
	const char *program = args->word[0];
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execvp(program, args->word);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/%s", dirs[i], program);
		execv(path, args->word);
	}
	dprintf(STDERR_FILENO, "%s: %s\n", program, strerror(errno));
	_exit(127);
}

/* All output of the command, then its wait status or -errno. */
static int run_and_read(const struct words *args, struct str *output)
{
	_cleanup_close_ int from = -1;
	int fds[2], status = 0;
	char buf[512];
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	from = fds[0];
	pid = fork();
	if (pid == 0)
		run_program(args, fds[1]);
	close(fds[1]);
	if (pid < 0)
		return -errno;
	while ((n = read(from, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			str_add_n(output, buf, n);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

/* The last line that says something. In place. */
static const char *last_line(struct str *s)
{
	char *line;

	while (s->len && strchr(" \n", s->buf[s->len - 1]))
		s->buf[--s->len] = '\0';
	line = strrchr(s->buf, '\n');
	return line ? line + 1 : s->buf;
}

static int make_fs(const char *command, const char *device, char **why)
{
	_cleanup_words_ struct words args = { 0 };
	_cleanup_str_ struct str output = STR_INIT;
	int status;

	words_split(&args, command, " ");
	words_add(&args, device);
	words_end(&args);
	status = run_and_read(&args, &output);
	if (!status)
		return 0;
	if (status < 0)
		return failed(why, status, "run", args.word[0]);
	*why = xasprintf("'%s' failed with status %d: %s", command,
			 WIFEXITED(status) ? WEXITSTATUS(status) :
					     128 + WTERMSIG(status),
			 last_line(&output));
	return -EIO;
}

/* A hole as large as the filesystem. It must be possible to fill it: the
 * kernel would complain of I/O errors, and that would look like its fault. */
static int make_image(const char *path, const char *dir, uint64_t bytes,
		      char **why)
{
	_cleanup_close_ int fd = -1;
	struct statvfs fs;

	if (statvfs(dir, &fs) < 0)
		return failed(why, -errno, "look at", dir);
	if ((uint64_t)fs.f_bavail * fs.f_frsize < bytes) {
		char have[VALUE_TEXT], want[VALUE_TEXT];

		/* Without the last part, another one in every trial. */
		*why = xasprintf("'%.*s' has %sB free, an image takes %sB: "
				 "choose another --temp-path",
				 (int)(strrchr(dir, '/') - dir), dir,
				 value_format_short(have, (double)fs.f_bavail *
								  fs.f_frsize),
				 value_format_short(want, (double)bytes));
		return -ENOSPC;
	}
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0)
		return failed(why, -errno, "make image", path);
	return 0;
}

static const struct mount_row *mount_of(const struct mount_rows *rows,
					const char *path)
{
	const struct mount_row *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < rows->n; i++) {
		const char *target = rows->row[i].target;
		size_t n = strcmp(target, "/") ? strlen(target) : 0;

		if (strncmp(path, target, n) || (path[n] && path[n] != '/') ||
		    n < longest)
			continue;
		longest = n;
		best = &rows->row[i];
	}
	return best;
}

/* What the kernel made of it: type and options. */
static void describe(struct scratch *s)
{
	_cleanup_mountinfo_ struct mount_rows rows;
	const struct mount_row *row;
	const char *super;

	if (mountinfo_read(&rows))
		return;
	row = mount_of(&rows, s->dir);
	if (!row)
		return;
	super = strchr(row->super, ','); /* "rw," stands in both */
	snprintf(s->type, sizeof(s->type), "%s", row->type);
	snprintf(s->mount, sizeof(s->mount), "%s%s", row->options,
		 super ? super : "");
}

/* Nobody else has it: mounted, part of another device, or held by a program. */
static int take_device(const char *path, struct scratch *s, char **why)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return failed(why, -errno, "take device", path);
	if (!S_ISBLK(st.st_mode))
		return failed(why, -ENOTBLK, "take device", path);
	if ((size_t)snprintf(s->device, sizeof(s->device), "%s", path) >= sizeof(s->device))
		return failed(why, -ENAMETOOLONG, "take device", path);
	return 0;
}

static int make_on_device(const struct fskind *kind, const char *device,
			  struct scratch *s, char **why)
{
	int err = take_device(device, s, why);

	snprintf(s->mkfs, sizeof(s->mkfs), "%s", kind->mkfs);
	return err ? err : make_fs(kind->mkfs, device, why);
}

static int attach_image(struct undo *u, const struct fskind *kind,
			const char *base, uint64_t bytes, struct scratch *s,
			char **why)
{
	char image[sizeof(s->dir) + 8];
	int err;

	snprintf(image, sizeof(image), "%s/image", base);
	snprintf(s->mkfs, sizeof(s->mkfs), "%s", kind->mkfs);
	err = make_image(image, base, bytes, why);
	if (err)
		return err;
	err = undo_loop(u, image, false, s->device);
	if (err)
		return failed(why, err, "attach a loop device to", image);
	return make_fs(kind->mkfs, s->device, why);
}

static int mount_kind(struct undo *u, const struct fskind *kind,
		      const char *target, uint64_t bytes, struct scratch *s,
		      char **why)
{
	_cleanup_free_ char *size = NULL;
	const char *data = kind->options;
	int err;

	if (!kind->mkfs)
		data = size = xasprintf("mode=0700,size=%" PRIu64 "%s%s", bytes,
					data ? "," : "", data ? data : "");
	if (mkdir(target, 0700) < 0)
		return failed(why, -errno, "make directory", target);
	err = undo_mount(u, kind->mkfs ? s->device : kind->name, target,
			 kind->type, MS_NODEV | MS_NOSUID, data);
	if (err)
		return failed(why, err, "mount", target);
	/* Others of the machine reach it as little as our own directory. */
	if (chmod(target, 0700) < 0)
		return failed(why, -errno, "change mode of", target);
	snprintf(s->dir, sizeof(s->dir), "%s/work", target);
	if (mkdir(s->dir, 0700) < 0)
		return failed(why, -errno, "make directory", s->dir);
	return 0;
}

int scratch_make(struct undo *u, const struct fskind *kind,
		 const char *temp_path, const char *device, uint64_t bytes,
		 struct scratch *s, char **why)
{
	char base[sizeof(s->dir) - 16];
	char target[sizeof(s->dir) - 8];
	int err;

	*s = (struct scratch){ 0 };
	if (bytes < kind->bytes)
		bytes = kind->bytes;
	err = undo_make_dir(u, temp_path, base, sizeof(base));
	if (err)
		return failed(why, err, "make a directory in", temp_path);
	snprintf(s->dir, sizeof(s->dir), "%s", base);
	if (kind->mkfs && device)
		err = make_on_device(kind, device, s, why);
	else if (kind->mkfs)
		err = attach_image(u, kind, base, bytes, s, why);
	if (!err && kind->type) {
		snprintf(target, sizeof(target), "%s/mnt", base);
		err = mount_kind(u, kind, target, bytes, s, why);
	}
	if (!err)
		describe(s);
	return err;
}
