/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/value.h"
#include "core/machine.h"
#include "vm-matrix/guest/parts.h"

#define LOWEST_FD 10 /* of ours: those below are a job's */

static int out_of_the_way(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_FD);

	if (moved < 0)
		die(EXIT_BROKEN, "descriptor %d: %s", fd, strerror(errno));
	close(fd);
	return moved;
}

static int open_signals(void)
{
	sigset_t mask;
	int fd;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		die(EXIT_BROKEN, "signalfd: %s", strerror(errno));
	return out_of_the_way(fd);
}

static void hello(struct guest *g)
{
	_cleanup_str_ struct str s = STR_INIT;
	struct utsname u;
	uint64_t up;

	uname(&u);
	/* by hand, none of it needs escapes: what runs for the first time in a boot
	 * is dear under emulation, and every boot waits for this */
	up = clock_ns(CLOCK_BOOTTIME) / NSEC_PER_MSEC;
	str_addf(&s, "{\"protocol\":%d,\"strain\":\"%s\",\"commit\":\"%s\",",
		 FRAME_PROTOCOL, STRAIN_VERSION, STRAIN_COMMIT);
	str_addf(&s, "\"release\":\"%s\",\"arch\":\"%s\",\"page_size\":%ld,",
		 u.release, u.machine, sysconf(_SC_PAGESIZE));
	str_addf(&s, "\"cpus\":%u,\"memory\":%" PRIu64 ",", machine_cpus_online(),
		 (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
	str_addf(&s, "\"boot_id\":\"%s\",\"uptime\":%" PRIu64 ".%03" PRIu64 "}",
		 machine_boot_id(), up / 1000, up % 1000);
	guest_send(g, FRAME_HELLO, s.buf, s.len);
}

static void serve(struct guest *g)
{
	hello(g);
	if (g->machine)
		guest_take_job(g);
	while (!g->off) {
		json_t *job = g->next;

		g->next = NULL;
		if (job)
			guest_job(g, job);
		else
			guest_turn(g, -1);
	}
	json_decref(g->next);
	frame_reader_free(&g->in);
	str_free(&g->out);
	close(g->signals);
}

void guest_serve(int port, guest_program *program)
{
	struct guest g = { .signals = open_signals(), .program = program };

	fcntl(port, F_SETFL, O_NONBLOCK);
	g.port = out_of_the_way(port);
	serve(&g);
	close(g.port);
}

int guest_is_init(const char *program)
{
	/* the first process of a container has a name of its own choice, and its
	 * machine another owner; but /proc is there already, and here never */
	return getpid() == 1 && program && !strcmp(program, "/init") &&
	       access("/proc/self", F_OK) < 0;
}

void guest_init(guest_program *program)
{
	struct guest g = { .machine = true, .program = program };
	char *why;
	int fd;

	guest_mount();
	guest_environment();
	why = guest_modules("/modules/early");
	if (why)
		error("%s", why);
	g.signals = open_signals();
	fd = guest_port();
	if (fd < 0) {
		error("there is no virtio port '%s'", FRAME_PORT);
	} else {
		g.port = out_of_the_way(fd);
		serve(&g);
	}
	reboot(RB_POWER_OFF);
	die(EXIT_BROKEN, "powering off: %s", strerror(errno));
}
