/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The least that a kernel can start: says a byte, waits to be ended. */
#include <fcntl.h>
#include <unistd.h>

int main(void)
{
	int fd = open("/dev/console", O_WRONLY);

	if (write(fd, "+", 1) != 1)
		return 1;
	for (;;)
		pause();
}
