/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/atomic.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/file.h"
#include "core/compat.h"
#include "core/sys.h"

#define ALIGN 4096 /* of buffers: at least any device's dio_mem_align */
#define FILL_BYTES (1u << 20)
#define PROBE_BYTES (1u << 16)

static const char *fs_name(int fd, char *buf, size_t size)
{
	static const struct {
		uint32_t magic; /* include/uapi/linux/magic.h */
		const char *name;
	} known[] = {
		{ 0xef53, "ext4" },	   { 0x58465342, "xfs" },
		{ 0x9123683e, "btrfs" },   { 0x01021994, "tmpfs" },
		{ 0x794c7630, "overlay" }, { 0xf2f52010, "f2fs" },
	};
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISBLK(st.st_mode))
		return "the block layer";
	if (fstatfs(fd, &fs) < 0)
		return "the filesystem";
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].magic == (uint32_t)fs.f_type)
			return known[i].name;
	snprintf(buf, size, "filesystem 0x%x", (unsigned)fs.f_type);
	return buf;
}

/* Reads the smallest unit and writes it back: 0, or -errno. */
static int try_one(int fd, uint32_t size)
{
	_cleanup_free_ char *buf = NULL;
	struct iovec iov;

	if (posix_memalign((void **)&buf, ALIGN > size ? ALIGN : size, size))
		return -ENOMEM;
	iov = (struct iovec){ buf, size };
	if (pread(fd, buf, size, 0) != (ssize_t)size)
		return -EIO;
	return rwflags_pwritev(fd, &iov, 1, 0, RWF_ATOMIC) < 0 ? -errno : 0;
}

void atomic_probe(int fd, const char *home, struct atomic_limits *l)
{
	struct compat_statx x = { 0 };
	const char *name;
	char buf[40];

	*l = (struct atomic_limits){ 0 };
	name = fs_name(fd, buf, sizeof(buf));
	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_WRITE_ATOMIC, &x) <
	    0) {
		snprintf(l->why, sizeof(l->why), "statx: %s", strerror(errno));
		return;
	}
	if (!(x.stx_mask & STATX_WRITE_ATOMIC)) {
		snprintf(l->why, sizeof(l->why),
			 "%s knows no atomic writes of files on %s", name,
			 home);
		return;
	}
	if (!x.stx_atomic_write_unit_max) {
		snprintf(l->why, sizeof(l->why),
			 "%s here advertises no atomic write unit "
			 "(needs %shardware that offers it)",
			 name,
			 strcmp(name, "xfs") ? "" : "reflink=1 or ");
		return;
	}
	l->min = x.stx_atomic_write_unit_min;
	l->max = x.stx_atomic_write_unit_max;
	l->segments = x.stx_atomic_write_segments_max;
	l->opt = x.stx_atomic_write_unit_max_opt;
	l->effective = try_one(fd, l->min) != -EOPNOTSUPP;
	if (!l->effective)
		snprintf(l->why, sizeof(l->why),
			 "%s advertises atomic writes of %u to %u bytes, but "
			 "refuses one: %s",
			 name, l->min, l->max, strerror(EOPNOTSUPP));
}

static void path_of(const struct worker *w, unsigned index, char *path,
		    size_t size)
{
	snprintf(path, size, "%s/atomic-%u-%u", w->scratch, w->variant, index);
}

/* A disk with anything on it is not ours to write on. */
static void check_device(struct worker *w)
{
	const struct atomic_opts *o = w->opts;
	_cleanup_close_ int fd = -1;
	uint64_t bytes = 0;
	struct stat st;

	if (stat(o->device, &st) < 0)
		worker_skip(w, "'%s': %s", o->device, strerror(errno));
	if (!S_ISBLK(st.st_mode))
		worker_skip(w, "'%s' is not a block device", o->device);
	if (!o->device_destroy)
		worker_skip(w,
			    "what is on '%s' would be lost: needs "
			    "--atomic-write-device-destroy",
			    o->device);
	fd = open(o->device, O_RDWR | O_EXCL | O_CLOEXEC);
	if (fd < 0)
		worker_skip(w, "'%s' is in use: %s", o->device,
			    strerror(errno));
	sys_must(w, ioctl(fd, BLKGETSIZE64, &bytes));
	if (bytes / o->bytes < 2ULL * w->workers)
		worker_skip(w,
			    "'%s' has no room for two files of %" PRIu64
			    " bytes a worker",
			    o->device, o->bytes);
}

static int open_direct(struct worker *w, const char *path, int flags)
{
	int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC | flags, 0600);

	if (fd < 0 && errno == EINVAL)
		worker_skip(w, "%s has no O_DIRECT here: choose another --temp-path",
			    strcmp(w->fs, "scratch") ? w->fs : "the filesystem");
	if (fd < 0)
		worker_broken(w, "open '%s': %s", path, strerror(errno));
	return fd;
}

/* Stamps of two workers or variants never look alike. */
static uint64_t id_of(const struct worker *w, unsigned index)
{
	return 1 + ((uint64_t)w->variant << 32 | index);
}

static void open_place(struct worker *w, unsigned index, int flags,
		       struct atomic_place *p)
{
	const struct atomic_opts *o = w->opts;
	char path[512];

	path_of(w, index, path, sizeof(path));
	if (o->device)
		snprintf(path, sizeof(path), "%s", o->device);
	p->fd = open_direct(w, path, o->device ? 0 : flags);
	p->buffered = sys_open(w, path, O_RDWR, 0);
	p->bytes = o->bytes;
	p->base =
		o->device
			? (off_t)((w->variant * w->workers + index) * o->bytes)
			: 0;
	p->id = id_of(w, index);
}

void atomic_open(struct worker *w, struct atomic_place *p)
{
	open_place(w, w->index, 0, p);
}

void atomic_close(struct atomic_place *p)
{
	file_closep(&p->fd);
	file_closep(&p->buffered);
}

/* Ordinary writes that stamp the first @bytes of the place. */
static void fill(struct worker *w, const struct atomic_place *p, uint64_t bytes)
{
	_cleanup_free_ char *buf = sys_alloc(w, ALIGN, FILL_BYTES);

	for (uint64_t at = 0, n; at < bytes; at += n) {
		n = bytes - at < FILL_BYTES ? bytes - at : FILL_BYTES;
		stamp_fill(buf, n, p->id, p->base + at, 1);
		sys_pwrite(w, p->fd, buf, n, p->base + at);
	}
	sys_must(w, fsync(p->fd));
}

static void probe_place(struct worker *w)
{
	const struct atomic_opts *o = w->opts;
	const char *home = o->device ? o->device : w->device;
	struct atomic_place p;

	if (o->device && strcmp(w->fs, "scratch"))
		worker_skip(w, "'%s' is written past any %s: --fs scratch does it",
			    o->device, w->fs);
	if (o->device)
		check_device(w);
	if (o->bytes % PROBE_BYTES)
		worker_skip(w, "--atomic-write-bytes is not a multiple of 64K");
	open_place(w, 0, O_CREAT | O_TRUNC, &p);
	fill(w, &p, PROBE_BYTES);
	atomic_probe(p.fd, home ? home : "this disk",
		     &((struct atomic_shared *)w->shared)->limits);
	atomic_close(&p);
}

static void create(struct worker *w, uint64_t bytes)
{
	for (unsigned i = 0; i < w->workers; i++) {
		struct atomic_place p;

		open_place(w, i, O_CREAT, &p);
		fill(w, &p, bytes);
		atomic_close(&p);
	}
}

uint64_t atomic_refusal_bytes(const struct worker *w)
{
	const struct atomic_opts *o = w->opts;
	const struct atomic_shared *s = w->shared;
	uint64_t need = s->limits.max ? 4ULL * s->limits.max : PROBE_BYTES;

	return need < o->bytes ? need : o->bytes;
}

void atomic_setup_refusals(struct worker *w)
{
	probe_place(w);
	create(w, atomic_refusal_bytes(w));
}

static void narrow(struct worker *w)
{
	const struct atomic_opts *o = w->opts;
	struct atomic_limits *l = &((struct atomic_shared *)w->shared)->limits;

	while (l->min < o->size_min && l->min <= l->max)
		l->min *= 2;
	while (l->max > o->bytes / ATOMIC_SIZES || (o->size_max && l->max > o->size_max))
		l->max /= 2;
	if (l->min > l->max)
		worker_skip(w, "no atomic write unit between "
			       "--atomic-write-size-min and -max");
}

void atomic_setup(struct worker *w)
{
	const struct atomic_opts *o = w->opts;
	struct atomic_shared *s = w->shared;

	probe_place(w);
	if (!s->limits.effective)
		worker_skip(w, "%s", s->limits.why);
	narrow(w);
	create(w, o->bytes);
}

bool atomic_judge_answer(struct worker *w, long result, uint32_t size,
			 const char *what)
{
	if (worker_mutated(w, ATOMIC_LENGTH) && result > 0)
		result -= STAMP_SIZE;
	worker_check(
		w, ATOMIC_ACCEPTED, result >= 0,
		"an advertised atomic write of %u bytes %s was refused: %s",
		size, what, strerror((int)-result));
	if (result < 0)
		return false;
	worker_check(w, ATOMIC_LENGTH, result == (long)size,
		     "an atomic write of %u bytes %s wrote %ld", size, what,
		     result);
	return true;
}

static bool is_own(const struct stamp_verdict *v)
{
	return v->state != STAMP_FOREIGN && v->state != STAMP_DAMAGED;
}

static bool is_generation(const struct stamp_verdict *v, uint64_t generation)
{
	return v->low == generation && v->high == generation;
}

void atomic_judge_read(struct worker *w, void *buf, uint32_t size, uint64_t id,
		       uint64_t offset, uint64_t generation, const char *what)
{
	struct stamp_verdict v;

	if (worker_mutated(w, ATOMIC_OWN))
		((char *)buf)[size / 2] ^= 1;
	if (worker_mutated(w, ATOMIC_READBACK))
		stamp_fill(buf, STAMP_SIZE, id, offset, generation - 1);
	v = stamp_judge(buf, size, id, offset);
	if (!worker_check(w, ATOMIC_OWN, is_own(&v),
			  "%u bytes %s: block %" PRIu64 " is %s", size, what,
			  (offset + v.at) / STAMP_SIZE, stamp_name(v.state)))
		return;
	worker_check(w, ATOMIC_READBACK, is_generation(&v, generation),
		     "%u bytes %s: generation %" PRIu64 " written, %" PRIu64
		     " to %" PRIu64 " read",
		     size, what, generation, v.low, v.high);
}

/* Recorded: the answers 65536 and -EINVAL to 64 KiB, and blocks in memory. */
bool atomic_recorded_accepted(bool mutated)
{
	volatile long answer = mutated ? -EINVAL : 65536;

	return answer >= 0;
}

bool atomic_recorded_length(bool mutated)
{
	volatile long answer = mutated ? 65536 - STAMP_SIZE : 65536;

	return answer == 65536;
}

static struct stamp_verdict recorded(uint64_t last, int flip)
{
	static uint64_t buf[2 * STAMP_SIZE / 8];

	stamp_fill(buf, sizeof(buf), 1, 0, 5);
	stamp_fill(buf + STAMP_SIZE / 8, STAMP_SIZE, 1, STAMP_SIZE, last);
	buf[STAMP_SIZE / 8 + 9] ^= flip;
	return stamp_judge(buf, sizeof(buf), 1, 0);
}

bool atomic_recorded_readback(bool mutated)
{
	struct stamp_verdict v = recorded(mutated ? 4 : 5, 0);

	return is_generation(&v, 5);
}

bool atomic_recorded_own(bool mutated)
{
	struct stamp_verdict v = recorded(5, mutated);

	return is_own(&v);
}
