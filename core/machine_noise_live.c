/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Noise that only looking for a while or trying can show. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/machine_noise.h"

/* Totals since boot, in ticks and pages. */
struct totals {
	uint64_t all, busy, steal, swapped;
};

static void read_totals(struct totals *t)
{
	_cleanup_str_ struct str vmstat = STR_INIT;
	uint64_t v[8] = { 0 }, pages;
	char line[256];

	*t = (struct totals){ 0 };
	/* user nice system idle iowait irq softirq steal (proc_stat(5)) */
	if (!machine_read_line(line, sizeof(line), "/proc/stat") &&
	    sscanf(line,
		   "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
		   &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6],
		   &v[7]) >= 4) {
		for (int i = 0; i < 8; i++)
			t->all += v[i];
		t->steal = v[7];
		t->busy = t->all - v[3] - v[4] - v[7];
	}
	machine_read(&vmstat, "/proc/vmstat");
	if (machine_named_number(vmstat.buf, "pswpin", &pages))
		t->swapped += pages;
	if (machine_named_number(vmstat.buf, "pswpout", &pages))
		t->swapped += pages;
}

void noise_sample(struct noise_sample *s)
{
	struct timespec sleep = { .tv_nsec = NOISE_SAMPLE_NS };
	struct totals before, after;
	double all;

	read_totals(&before);
	while (nanosleep(&sleep, &sleep) && errno == EINTR)
		;
	read_totals(&after);
	all = after.all > before.all ? after.all - before.all : 0;
	*s = (struct noise_sample){ 0 };
	if (all > 0) {
		s->busy = (after.busy - before.busy) / all;
		s->steal = (after.steal - before.steal) / all;
	}
	s->swapped = after.swapped - before.swapped;
}

void noise_load(struct noise *n, const struct noise_sample *s)
{
	double load = 0;
	char line[64];

	if (!machine_read_line(line, sizeof(line), "/proc/loadavg"))
		load = strtod(line, NULL);
	noise_state(n, s->busy > 0.05 || load > 0.5 * machine_cpus_online(),
		    "ps -eo pcpu,pid,comm --sort=-pcpu | head",
		    "%.0f %% of the CPUs busy now, load %.1f on %u CPUs",
		    100 * s->busy, load, machine_cpus_online());
}

void noise_steal(struct noise *n, const struct noise_sample *s)
{
	noise_state(n, s->steal > 0.005,
		    "on the host: pin virtual CPUs, or move the guest", "%.1f %% of CPU time now",
		    100 * s->steal);
}

void noise_swap(struct noise *n, const struct noise_sample *s)
{
	_cleanup_str_ struct str meminfo = STR_INIT;
	uint64_t total = 0, left = 0;

	machine_read(&meminfo, "/proc/meminfo");
	machine_named_number(meminfo.buf, "SwapTotal", &total);
	machine_named_number(meminfo.buf, "SwapFree", &left);
	if (!total)
		noise_state(n, false, NULL, "none");
	else
		noise_state(n, total != left || s->swapped > 0, "swapoff -a",
			    "%" PRIu64 " of %" PRIu64 " MiB used, %.0f pages "
			    "moved in 0.2 s", (total - left) >> 10, total >> 10,
			    s->swapped);
}

void noise_pmu(struct noise *n, const struct noise_sample *s)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.disabled = 1,
		.exclude_kernel = geteuid() != 0,
		.exclude_hv = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	int err = errno;

	(void)s;
	if (fd >= 0) {
		close(fd);
		noise_state(n, false, NULL, "counts cycles");
	} else if (err == EACCES || err == EPERM) {
		noise_state(n, true, "sysctl kernel.perf_event_paranoid=1",
			    "not allowed");
	} else {
		/* ENOENT: no driver of a PMU, as in most guests */
		noise_state(n, true, "on the host: qemu -cpu host,pmu=on", "none%s%s",
			    err == ENOENT ? "" : ", ",
			    err == ENOENT ? "" : strerror(err));
	}
}

void noise_irqbalance(struct noise *n, const struct noise_sample *s)
{
	char path[MACHINE_PATH], comm[32];
	DIR *dir = opendir(machine_path(path, "/proc"));
	const struct dirent *e;
	bool runs = false;

	(void)s;
	while (dir && !runs && (e = readdir(dir)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
		    !machine_read_line(comm, sizeof(comm), "/proc/%s/comm",
				       e->d_name))
			runs = !strcmp(comm, "irqbalance");
	if (dir)
		closedir(dir);
	noise_state(n, runs, "systemctl stop irqbalance", "%s",
		    runs ? "runs" : "not running");
}
