/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A journal as databases keep one: records are appended, each promised once
 * fsync has returned; a new file every CRASH_FILE_RECORDS of them, whose name is
 * synced too. Beside it writes that nobody syncs, so that there is always
 * something in flight.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/msg.h"
#include "vm-matrix/crash_record.h"
#include "vm-matrix/guest/crash.h"

#define NOISE_SIZE (4U << 20)
#define NOISE_STEP 16384U

/* Goes on until its parent ends. */
static void make_noise(void)
{
	static char block[NOISE_STEP];
	int fd = open(CRASH_MOUNT "/noise", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct timespec nap = { 0, 4000000 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (off_t at = 0; fd >= 0; at = (at + NOISE_STEP) % NOISE_SIZE) {
		memset(block, (int)(at / NOISE_STEP) + 1, sizeof(block));
		if (pwrite(fd, block, sizeof(block), at) < 0)
			break;
		sync_file_range(fd, at, NOISE_STEP, SYNC_FILE_RANGE_WRITE);
		nanosleep(&nap, NULL);
	}
	_exit(0);
}

static char *file_name(uint64_t number)
{
	return xasprintf(CRASH_MOUNT "/journal.%05u",
			 (unsigned)(number / CRASH_FILE_RECORDS));
}

static void must(bool ok, const char *what)
{
	if (!ok)
		die(EXIT_BROKEN, "%s: %s", what, strerror(errno));
}

static int new_file(uint64_t number)
{
	_cleanup_free_ char *path = file_name(number);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC,
		      0600);

	must(fd >= 0, "making a file of the journal");
	return fd;
}

static void sync_all(int fd, int dir, uint64_t number)
{
	/* fdatasync has to keep the size too; both are to be tried */
	must(!(number % 2 ? fsync(fd) : fdatasync(fd)), "fsync");
	if (number % CRASH_FILE_RECORDS == 0)
		must(!fsync(dir), "fsync of the folder");
}

int crash_write_journal(struct crash_job *c)
{
	int dir = open(CRASH_MOUNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	pid_t noise;

	must(dir >= 0, CRASH_MOUNT);
	if (!crash_ready(c))
		return EXIT_PASS;
	noise = fork();
	if (!noise)
		make_noise();
	for (uint64_t i = 0; i < c->records; i++) {
		_cleanup_str_ struct str record = STR_INIT;

		if (i % CRASH_FILE_RECORDS == 0) {
			file_close(fd);
			fd = new_file(i);
		}
		crash_record_add(&record, c->run, i);
		errno = -file_write_all(fd, record.buf, record.len);
		must(!errno, "appending to the journal");
		if (c->sync)
			sync_all(fd, dir, i);
		if (!crash_promise(c, i + 1))
			break;
	}
	if (noise > 0)
		kill(noise, SIGKILL);
	file_close(fd);
	close(dir);
	return EXIT_PASS;
}

void crash_read_journal(const struct crash_job *c, json_t *out)
{
	uint64_t records = 0, beyond = 0, files = 0;
	bool gap = false;

	for (uint64_t at = 0;; at += CRASH_FILE_RECORDS) {
		_cleanup_free_ char *path = file_name(at);
		_cleanup_str_ struct str text = STR_INIT;
		uint64_t more, later;
		int err = file_read(path, &text);

		if (err == -ENOENT)
			break;
		if (err) {
			json_object_set_new(out, "error",
					    json_sprintf("reading '%s': %s", path,
							 strerror(-err)));
			break;
		}
		files++;
		more = crash_records(text.buf, text.len, c->run, at,
				     CRASH_FILE_RECORDS, &later);
		if (gap)
			beyond += more;
		else
			records += more;
		beyond += later;
		gap = gap || more < CRASH_FILE_RECORDS;
	}
	json_object_set_new(out, "files", json_integer((json_int_t)files));
	json_object_set_new(out, "records", json_integer((json_int_t)records));
	json_object_set_new(out, "beyond", json_integer((json_int_t)beyond));
}
