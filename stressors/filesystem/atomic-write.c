/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Untorn writes: RWF_ATOMIC promises that after a crash the written range holds
 * all old or all new data. Drives the flag's checks in the VFS, the out of
 * place writes and extent remapping of XFS, the hardware path of ext4 and block
 * devices, and the recovery of the filesystem's log.
 *
 * A failure means that the kernel lets a bad request through or lets it touch
 * the file, does not do what statx advertised, or tore or lost a unit that a
 * power cut must leave whole. Readers at the same time are promised nothing:
 * what they see torn is a metric.
 *
 * Documentation/filesystems/ext4/atomic_writes.rst; kernel commits c34fc6f26ab8
 * (RWF_ATOMIC), 0f9ca80fa4f9 (statx).
 */
#include "core/stressor.h"

#include "kit/atomic_writer.h"
#include "kit/library.h"

#define BATCH_BYTES (256u << 10)
#define BATCH_MAX 16
#define READ_BACK_EVERY 64 /* batches */

static void record_rate(struct worker *w, uint32_t size, uint64_t writes,
			uint64_t ns)
{
	int step = __builtin_ctz(size) - __builtin_ctz(4096);

	if (step >= 0 && step % 2 == 0 && step / 2 <= ATOMIC_RATE_1M - ATOMIC_RATE_4K)
		worker_gauge(w, ATOMIC_RATE_4K + step / 2,
			     (double)writes * 1e9 / (double)ns);
}

/* Some writes of one size, and how fast they were. */
static void write_batch(struct worker *w, struct atomic_writer *d, uint32_t size)
{
	const unsigned depth = atomic_writer_depth(d, size);
	uint64_t want = BATCH_BYTES / size, done = 0, ns = 0;

	want = want > BATCH_MAX ? BATCH_MAX : want;
	want = worker_batch(w, want < depth ? depth : want);
	while (done < want) {
		unsigned n = want - done < depth ? want - done : depth;

		if (!atomic_writer_write(w, d, size, n, &ns))
			return;
		done += n;
	}
	if (done)
		record_rate(w, size, done, ns);
}

/* Every fourth power of two from the smallest unit on, as many of each. */
static void run_writes(struct worker *w)
{
	const struct atomic_opts *o = w->opts;
	struct atomic_writer d;
	uint64_t turn = 0;
	uint32_t size;

	atomic_writer_open(w, &d, w->method->arg, o->depth);
	size = d.limits->min;
	while (worker_running(w)) {
		if (turn++ % READ_BACK_EVERY == 0)
			atomic_writer_read_back(w, &d, size);
		write_batch(w, &d, size);
		size = size <= d.limits->max / 4 ? 4 * size : d.limits->min;
	}
	atomic_writer_close(&d);
}

/* clang-format off */
static const struct option options[] = {
	OPTION(struct atomic_opts, bytes, .unit = UNIT_BYTES, .min = 1 << 20, .max = 1 << 30,
	       .def = "16M", .help = "size of each worker's file, a multiple of 64K"),
	OPTION(struct atomic_opts, size_min, .unit = UNIT_BYTES, .def = "0",
	       .help = "smallest write; 0: the smallest unit that is advertised"),
	OPTION(struct atomic_opts, size_max, .unit = UNIT_BYTES, .def = "0",
	       .help = "largest write; 0: the largest unit that is advertised"),
	OPTION(struct atomic_opts, depth, .min = 1, .max = ATOMIC_DEPTH_MAX, .def = "1",
	       .help = "writes under way at once through io_uring and libaio"),
	OPTION(struct atomic_opts, device, .arg = "PATH", .device = true,
	       .help = "write to this block device instead of to files"),
	OPTION(struct atomic_opts, device_destroy,
	       .help = "what is on the device may be lost"),
	{}
};

static const struct variant sides[] = {
	{ .id = "atomic", .summary = "with RWF_ATOMIC" },
	{ .id = "plain", .summary = "O_DIRECT alone" },
	{}
};

#define WRITE_CHECKS (CHECK(ATOMIC_ACCEPTED) | CHECK(ATOMIC_LENGTH))
#define READ_CHECKS (CHECK(ATOMIC_READBACK) | CHECK(ATOMIC_OWN))
#define CRASH_CHECKS (CHECK(ATOMIC_OWN) | CHECK(ATOMIC_MOUNTS) | \
		      CHECK(ATOMIC_UNTORN) | CHECK(ATOMIC_ACKED))
#define WRITE_METRICS (METRIC(ATOMIC_TORN_READS) - 1) /* all rows before it */

static const struct needs since = { .kernel = "6.11", .kernel_note = "RWF_ATOMIC" };
static const struct needs crash_needs = {
	.kernel = "6.16", .kernel_note = "atomic writes of XFS without hardware",
	.caps = "sys_admin", .files = "/dev/loop-control", .filesystems = "xfs tmpfs",
	.commands = "mkfs.xfs",
};
static const struct needs log_needs = {
	.kernel = "6.16", .kernel_note = "atomic writes of XFS without hardware",
	.caps = "sys_admin", .files = "/dev/loop-control /dev/fuse",
	.filesystems = "xfs tmpfs fuse", .commands = "mkfs.xfs xfs_repair",
};
static const struct uses crash_uses = { .scratch = true, .settings = true, .setup_decides = true };
static const struct uses any_fs = { .fs = "scratch xfs ext4 ext4-bigalloc", .device = true, .setup_decides = true };

static const struct role reader_roles[] = {
	{ .name = "writer", .run = atomic_hot_writer },
	{ .name = "reader", .run = atomic_hot_reader, .count = 2 },
	{}
};

static const struct method methods[] = {
	{ .name = "pwritev2", .summary = "by system call", .run = run_writes,
	  .setup = atomic_setup, .needs = &since, .variants = sides,
	  .arg = RWFLAGS_SYSCALL, .checks = WRITE_CHECKS | READ_CHECKS, .metrics = WRITE_METRICS },
	{ .name = "io-uring", .summary = "through io_uring", .run = run_writes,
	  .setup = atomic_setup, .needs = &since, .variants = sides,
	  .unsupported = LIBRARY_URING,
	  .arg = RWFLAGS_URING, .checks = WRITE_CHECKS | READ_CHECKS, .metrics = WRITE_METRICS },
	{ .name = "libaio", .summary = "through Linux AIO", .run = run_writes,
	  .setup = atomic_setup, .needs = &since, .variants = sides,
	  .unsupported = LIBRARY_AIO,
	  .arg = RWFLAGS_AIO, .checks = WRITE_CHECKS | READ_CHECKS, .metrics = WRITE_METRICS },
	{ .name = "refusals", .summary = "requests that must be refused, by every way",
	  .run = atomic_refusals, .setup = atomic_setup_refusals, .metrics = METRIC(ATOMIC_OPS),
	  .checks = CHECK(ATOMIC_REFUSED) | CHECK(ATOMIC_UNTOUCHED) },
	{ .name = "mappings", .summary = "over every state of the blocks below",
	  .run = atomic_mappings, .setup = atomic_setup, .needs = &since,
	  .checks = WRITE_CHECKS | READ_CHECKS, .metrics = METRIC(ATOMIC_OPS) },
	{ .name = "torn-readers", .summary = "one unit rewritten while others read it",
	  .setup = atomic_setup, .needs = &since, .variants = sides, .roles = reader_roles,
	  .checks = WRITE_CHECKS | CHECK(ATOMIC_OWN),
	  .metrics = METRIC(ATOMIC_OPS) | METRIC(ATOMIC_LATENCY) | METRIC(ATOMIC_TORN_READS) },
	{ .name = "crash-log", .summary = "power cuts of a disk with a volatile cache",
	  .run = atomic_crash_log, .setup = atomic_crash_log_setup, .needs = &log_needs,
	  .uses = &crash_uses, .patience = 5,
	  .unsupported = LIBRARY_FUSE,
	  .checks = CRASH_CHECKS | CHECK(ATOMIC_FSCK),
	  .metrics = METRIC(ATOMIC_OPS) | METRIC(ATOMIC_TORN_CONTROL) },
	{ .name = "crash-shutdown", .summary = "the filesystem shut down under the writer",
	  .run = atomic_shutdown, .setup = atomic_shutdown_setup, .needs = &crash_needs,
	  .uses = &crash_uses, .patience = 5, .checks = CRASH_CHECKS,
	  .metrics = METRIC(ATOMIC_OPS) },
	{}
};
/* clang-format on */

STRESSOR(atomic_write) = {
	.summary = "writes that a crash must not tear (RWF_ATOMIC)",
	.details =
		"Writes with RWF_ATOMIC in every size that statx advertises, by "
		"three ways to ask for them and by turns with plain O_DIRECT "
		"writes; asks for what must be refused; and cuts power, on a "
		"disk whose every write is known, to see whether a unit was "
		"torn or an acknowledged one lost. Plain writes beside them "
		"have to be torn in the same cuts, or the trial is broken.",
	.refs = "pwritev2(2), statx(2)\n"
		"Documentation/filesystems/ext4/atomic_writes.rst\n"
		"kernel commit c34fc6f26ab8 fs: Initial atomic write support",
	.tags = "durability async root loop",
	.uses = &any_fs,
	.options = options,
	.opts_size = sizeof(struct atomic_opts),
	.shared_size = sizeof(struct atomic_shared),
	.methods = methods,
	.metrics = atomic_metrics,
	.checks = atomic_checks,
};
