/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kit/smaps.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct {
	const char *label;
	size_t offset;
} fields[] = {
	{ "Size:", offsetof(struct smaps, size) },
	{ "Rss:", offsetof(struct smaps, rss) },
	{ "Swap:", offsetof(struct smaps, swap) },
	{ "AnonHugePages:", offsetof(struct smaps, anon_huge) },
	{ "ShmemPmdMapped:", offsetof(struct smaps, shmem_pmd) },
	{ "FilePmdMapped:", offsetof(struct smaps, file_pmd) },
	{ "Shared_Hugetlb:", offsetof(struct smaps, hugetlb) },
	{ "Private_Hugetlb:", offsetof(struct smaps, hugetlb) },
};

static void add_field(const char *line, struct smaps *sum)
{
	uint64_t kilobytes;

	if (!strncmp(line, "THPeligible:", 12)) {
		sum->thp_eligible |= strpbrk(line, "123456789") != NULL;
		return;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		size_t n = strlen(fields[i].label);

		if (strncmp(line, fields[i].label, n) ||
		    sscanf(line + n, "%" SCNu64 " kB", &kilobytes) != 1)
			continue;
		*(uint64_t *)(void *)((char *)sum + fields[i].offset) +=
			kilobytes * 1024;
	}
}

void smaps_parse(FILE *text, uint64_t from, uint64_t to, struct smaps *sum)
{
	bool inside = false;
	char line[512];

	*sum = (struct smaps){ 0 };
	while (fgets(line, sizeof(line), text)) {
		uint64_t low, high;

		/* Only the head of a mapping starts with "hex-hex ". */
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &low, &high) == 2) {
			if (low >= to)
				break; /* in order of addresses: no more */
			inside = high > from;
			sum->mappings += inside;
		} else if (inside) {
			add_field(line, sum);
		}
	}
}

int smaps_read(const void *from, size_t size, struct smaps *sum)
{
	FILE *f = fopen("/proc/self/smaps", "re");

	if (!f)
		return -errno;
	smaps_parse(f, (uintptr_t)from, (uintptr_t)from + size, sum);
	fclose(f);
	return sum->mappings ? 0 : -ENOENT;
}
