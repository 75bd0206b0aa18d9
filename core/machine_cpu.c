/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/value.h"
#include "core/machine_facts.h"

#define STEAL_FRESH (5 * NSEC_PER_MSEC)

/* The set grows until the kernel's mask fits. */
unsigned machine_cpus_affinity(void)
{
	for (unsigned cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
		cpu_set_t *set = CPU_ALLOC(cpus);
		size_t size = CPU_ALLOC_SIZE(cpus);
		int n;

		if (!set)
			break;
		n = sched_getaffinity(0, size, set);
		if (!n)
			n = CPU_COUNT_S(size, set);
		CPU_FREE(set);
		if (n > 0)
			return n;
		if (errno != EINVAL)
			break;
	}
	return 1;
}

unsigned machine_cpus(void)
{
	unsigned cpus = machine_cpus_affinity();
	struct cgroup_limits l;

	machine_cgroup_limits(&l, CGROUP_CPU);
	if (l.cpu_milli < cpus * UINT64_C(1000))
		cpus = (l.cpu_milli + 999) / 1000;
	return cpus ? cpus : 1;
}

unsigned machine_cpus_online(void)
{
	char list[256];
	unsigned n = 0;

	if (!machine_read_line(list, sizeof(list),
			       "/sys/devices/system/cpu/online"))
		n = machine_list_count(list);
	if (!n)
		n = sysconf(_SC_NPROCESSORS_ONLN) > 0 ?
			    sysconf(_SC_NPROCESSORS_ONLN) :
			    1;
	return n;
}

const char *machine_release(void)
{
	static char release[128];
	static unsigned version = -1U;
	struct utsname u;

	if (version == machine_root_version())
		return release;
	version = machine_root_version();
	if (machine_read_line(release, sizeof(release),
			      "/proc/sys/kernel/osrelease") &&
	    !uname(&u))
		snprintf(release, sizeof(release), "%s", u.release);
	return release;
}

/* Next number of "6.18.44-fc" at *@at; false at the first letter or the end. */
static bool next_number(const char **at, unsigned long *number)
{
	const char *p = *at + (**at == '.');

	*number = 0;
	if (!isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++)
		*number = *number * 10 + (*p - '0');
	*at = p;
	return true;
}

int machine_release_cmp(const char *a, const char *b)
{
	unsigned long x, y;
	bool rc_a, rc_b;

	for (bool more = true; more;) { /* a missing number counts as 0 */
		more = next_number(&a, &x);
		more = next_number(&b, &y) || more;
		if (x != y)
			return x < y ? -1 : 1;
	}
	rc_a = !strncmp(a, "-rc", 3);
	rc_b = !strncmp(b, "-rc", 3);
	if (rc_a != rc_b)
		return rc_a ? -1 : 1;
	return strverscmp(a, b);
}

int machine_series_cmp(const char *release, const char *series)
{
	unsigned long x, y;

	while (next_number(&series, &y)) {
		next_number(&release, &x);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static double read_steal(void)
{
	static struct machine_kept kept = MACHINE_KEPT;
	uint64_t ticks[8]; /* proc(5): the eighth is the time stolen */
	char line[256];

	machine_read_kept(&kept, "/proc/stat", line, sizeof(line));
	if (strncmp(line, "cpu ", 4) || str_numbers(line + 4, ticks, 8) != 8)
		return 0;
	return (double)ticks[7] / (double)sysconf(_SC_CLK_TCK);
}

/* The kernel counts it in steps of 10 ms and takes long to print the file. */
double machine_steal(void)
{
	static double steal;
	static bool counted;
	static uint64_t read_at;
	static unsigned version = -1U;
	uint64_t now = clock_now();

	if (version == machine_root_version() && now < read_at + STEAL_FRESH)
		return steal;
	if (version != machine_root_version())
		counted = machine_counts_steal();
	version = machine_root_version();
	read_at = now;
	steal = counted ? read_steal() : 0;
	return steal;
}
