/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/msg.h"
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
	char boot_id[64];
	struct utsname u;
	json_t *words;

	uname(&u);
	file_read_line("/proc/sys/kernel/random/boot_id", boot_id, sizeof(boot_id));
	words = json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:f}",
			  "protocol", FRAME_PROTOCOL, "strain", STRAIN_VERSION,
			  "commit", STRAIN_COMMIT, "release", u.release,
			  "arch", u.machine,
			  "page_size", (json_int_t)sysconf(_SC_PAGESIZE),
			  "cpus", (json_int_t)sysconf(_SC_NPROCESSORS_ONLN),
			  "memory", (json_int_t)sysconf(_SC_PHYS_PAGES) *
				    (json_int_t)sysconf(_SC_PAGESIZE),
			  "boot_id", boot_id,
			  "uptime", clock_ns(CLOCK_BOOTTIME) / 1e9);
	guest_send_json(g, FRAME_HELLO, words);
}

static void serve(struct guest *g)
{
	hello(g);
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

void guest_serve(int port)
{
	struct guest g = { .port = port, .signals = open_signals() };

	fcntl(port, F_SETFL, O_NONBLOCK);
	g.port = out_of_the_way(port);
	serve(&g);
	close(g.port);
}

int guest_is_init(const char *program)
{
	return getpid() == 1 && program && !strcmp(program, "/init");
}

void guest_init(void)
{
	struct guest g = { .machine = true };
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
