/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/machine_facts.h"

void machine_read_files(struct machine_file *file, size_t n)
{
	for (size_t i = 0; i < n; i++)
		machine_read_line(file[i].text, sizeof(file[i].text), "%s",
				  file[i].path);
}
