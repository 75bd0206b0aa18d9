/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "base/clock.h"
#include "core/machine_facts.h"

/* The whole of /proc/cpuinfo, read once: large machines take long to print it. */
static const char *cpuinfo_text(void)
{
	static struct str text = STR_INIT;
	static unsigned version = -1U;

	if (version != machine_root_version()) {
		version = machine_root_version();
		str_free(&text);
		machine_read(&text, "/proc/cpuinfo");
	}
	return text.buf;
}

/*
 * Value of the first line "KEY   : VALUE" at or behind *@at into @buf; *@at
 * moves behind it. False when there is none.
 */
static bool next_value(const char **at, const char *key, char *buf, size_t size)
{
	size_t n = strlen(key);

	for (const char *line = *at; *line;) {
		const char *end = line + strcspn(line, "\n");
		const char *colon = line + n;

		if (!strncmp(line, key, n)) {
			colon += strspn(colon, " \t");
			if (*colon == ':') {
				colon++;
				colon += strspn(colon, " \t");
				snprintf(buf, size, "%.*s", (int)(end - colon),
					 colon);
				*at = end;
				return true;
			}
		}
		line = end + (*end == '\n');
	}
	return false;
}

/* The words of /proc/cpuinfo differ by architecture; the first that is there. */
/* clang-format off */
static const struct {
	const char *key, *name;
} cpu_lines[] = {
	{ "vendor_id", "cpu.vendor" },          /* x86, s390 */
	{ "CPU implementer", "cpu.vendor" },    /* arm */
	{ "mvendorid", "cpu.vendor" },          /* riscv */
	{ "model name", "cpu.model" },
	{ "cpu model", "cpu.model" },           /* mips */
	{ "uarch", "cpu.model" },               /* riscv */
	{ "cpu family", "cpu.family" },
	{ "CPU architecture", "cpu.family" },
	{ "model", "cpu.model_number" },
	{ "CPU part", "cpu.model_number" },
	{ "stepping", "cpu.stepping" },
	{ "CPU revision", "cpu.stepping" },
	{ "revision", "cpu.stepping" },         /* powerpc */
	{ "microcode", "cpu.microcode" },
	{ "cache size", "cpu.cache" },
	{ "isa", "cpu.isa" },
};
/* clang-format on */

static void cpu_facts(struct facts *f, const char *cpuinfo)
{
	static const char *const flag_keys[] = { "flags", "Features", "features",
						 "isa" };
	char value[4096];

	for (size_t i = 0; i < ARRAY_SIZE(cpu_lines); i++) {
		const char *at = cpuinfo;

		if (next_value(&at, cpu_lines[i].key, value, 200))
			facts_text(f, "machine", cpu_lines[i].name, value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(flag_keys); i++) {
		const char *at = cpuinfo;

		if (!next_value(&at, flag_keys[i], value, sizeof(value)))
			continue;
		facts_digest(f, "machine", "cpu.flags_digest",
			     machine_digest(value, strlen(value),
					    MACHINE_DIGEST_START));
		break;
	}
}

/* The different words of all files that match: packages, cores. */
static unsigned different_lines(const char *pattern)
{
	_cleanup_words_ struct words seen = { 0 };
	char path[MACHINE_PATH], line[256];
	size_t prefix = strlen(machine_path(path, "%s", ""));
	glob_t found = { 0 };

	if (!glob(machine_path(path, "%s", pattern), GLOB_NOSORT, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (!machine_read_line(line, sizeof(line), "%s",
					       found.gl_pathv[i] + prefix) &&
			    !words_has(&seen, line))
				words_add(&seen, line);
	globfree(&found);
	return seen.n;
}

/* From cpuinfo, which x86 fills; other architectures need a file per CPU. */
static void topology_facts(struct facts *f, const char *cpuinfo)
{
	_cleanup_words_ struct words packages = { 0 }, cores = { 0 };
	char package[32], core[32], both[72];
	const char *at = cpuinfo;

	while (next_value(&at, "physical id", package, sizeof(package)) &&
	       next_value(&at, "core id", core, sizeof(core))) {
		snprintf(both, sizeof(both), "%s.%s", package, core);
		if (!words_has(&packages, package))
			words_add(&packages, package);
		if (!words_has(&cores, both))
			words_add(&cores, both);
	}
	facts_number(f, "machine", "cpu.sockets",
		     packages.n ? packages.n :
				  different_lines("/sys/devices/system/cpu/cpu[0-9]*"
						  "/topology/package_cpus_list"));
	facts_number(f, "machine", "cpu.cores",
		     cores.n ? cores.n :
			       different_lines("/sys/devices/system/cpu/cpu[0-9]*"
					       "/topology/core_cpus_list"));
	facts_number(f, "machine", "cpu.threads", machine_cpus_online());
}

static bool has_flag(const char *flag)
{
	const char *cpuinfo = cpuinfo_text();
	char flags[4096];

	return next_value(&cpuinfo, "flags", flags, sizeof(flags)) &&
	       word_in(flags, flag);
}

/* What the hypervisor calls itself in CPUID leaf 0x40000000; "" elsewhere. */
static const char *hypervisor_signature(void)
{
	static char text[13];
#if defined(__x86_64__) || defined(__i386__)
	static const struct {
		const char *signature, *name;
	} known[] = {
		{ "KVMKVMKVM", "kvm" },	      { "TCGTCGTCGTCG", "qemu-tcg" },
		{ "Microsoft Hv", "hyper-v" }, { "VMwareVMware", "vmware" },
		{ "XenVMMXenVMM", "xen" },     { "bhyve bhyve ", "bhyve" },
	};
	unsigned leaf, part[3];

	__cpuid(0x40000000, leaf, part[0], part[1], part[2]);
	(void)leaf;
	memcpy(text, part, sizeof(part));
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(text, known[i].signature))
			return known[i].name;
#endif
	return text;
}

bool machine_counts_steal(void)
{
#if defined(__x86_64__) || defined(__i386__)
	const struct fact *found = facts_found("machine", "hypervisor");
	const unsigned is_virtual = 1U << 31;
	unsigned a, b, c, d;

	/* CPUID is dear where there is one; QEMU's name does not tell who it is */
	if (found && strcmp(found->text, "qemu"))
		return strcmp(found->text, "none") && strcmp(found->text, "qemu-tcg");
	if (__get_cpuid(1, &a, &b, &c, &d))
		return (c & is_virtual) &&
		       strcmp(hypervisor_signature(), "qemu-tcg");
#endif
	return true;
}

void machine_hypervisor(char *buf, size_t size)
{
	char product[96];
	/* words in the machine's name that only a virtual one has */
	static const struct {
		const char *word, *name;
	} names[] = {
		{ "KVM", "kvm" },	  { "QEMU", "qemu" },
		{ "VMware", "vmware" },	  { "VirtualBox", "virtualbox" },
		{ "Virtual Machine", "hyper-v" }, { "HVM domU", "xen" },
		{ "Google Compute", "gce" }, { "Amazon EC2", "ec2" },
	};

	if (!machine_read_line(buf, size, "/sys/hypervisor/type") && *buf)
		return;
	machine_read_line(product, sizeof(product), "%s",
			  "/sys/class/dmi/id/product_name");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strstr(product, names[i].word) &&
		    /* bare-metal instances carry the cloud's name too */
		    (has_flag("hypervisor") ||
		     !strstr(cpuinfo_text(), "\nflags"))) {
			snprintf(buf, size, "%s", names[i].name);
			return;
		}
	snprintf(buf, size, "%s",
		 has_flag("hypervisor") ? hypervisor_signature() : "");
}

static void memory_facts(struct facts *f)
{
	static const struct {
		const char *key, *group, *name;
	} lines[] = {
		{ "MemTotal", "machine", "memory.total" },
		{ "SwapTotal", "machine", "memory.swap" },
		{ "MemAvailable", "now", "memory.available" },
		{ "SwapFree", "now", "memory.swap_free" },
	};
	_cleanup_str_ struct str meminfo = STR_INIT;
	char value[32];

	machine_read_record(&meminfo, "/proc/meminfo");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const char *at = meminfo.buf;

		if (next_value(&at, lines[i].key, value, sizeof(value)))
			facts_number(f, lines[i].group, lines[i].name,
				     strtod(value, NULL) * 1024);
	}
}

/* Tells two machines apart without saying which they are. */
static void fingerprint_fact(struct facts *f)
{
	char id[64];

	if (machine_read_line(id, sizeof(id), "/etc/machine-id") || !*id)
		return;
	facts_digest(f, "machine", "fingerprint",
		     machine_digest(id, strlen(id),
				    machine_digest("strain", 6,
						   MACHINE_DIGEST_START)));
}

static void load_facts(struct facts *f)
{
	static const char *const names[] = { "load.1m", "load.5m", "load.15m" };
	double value[3];
	char line[96];

	if (!machine_read_line(line, sizeof(line), "/proc/loadavg") &&
	    sscanf(line, "%lf %lf %lf", &value[0], &value[1], &value[2]) == 3)
		for (int i = 0; i < 3; i++)
			facts_number(f, "now", names[i], value[i]);
}

void machine_hardware_boot(struct facts *f)
{
	char name[96];

	cpu_facts(f, cpuinfo_text());
	topology_facts(f, cpuinfo_text());
	machine_hypervisor(name, sizeof(name));
	facts_text(f, "machine", "hypervisor", *name ? name : "none");
	facts_number(f, "machine", "memory.page_size", sysconf(_SC_PAGESIZE));
	fingerprint_fact(f);
}

/* All of it in one call; what is available is not among it. */
static void sysinfo_facts(struct facts *f)
{
	static const char *const names[] = { "load.1m", "load.5m", "load.15m" };
	struct sysinfo s;

	if (sysinfo(&s))
		return;
	facts_number(f, "machine", "memory.total", (double)s.totalram * s.mem_unit);
	facts_number(f, "machine", "memory.swap", (double)s.totalswap * s.mem_unit);
	facts_number(f, "now", "memory.swap_free", (double)s.freeswap * s.mem_unit);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		facts_number(f, "now", names[i],
			     ((s.loads[i] * 100 + (1 << (SI_LOAD_SHIFT - 1))) >>
			      SI_LOAD_SHIFT) / 100.0);
}

void machine_hardware_now(struct facts *f, const char *tags)
{
	uint64_t hundredths = clock_ns(CLOCK_BOOTTIME) / 10000000;

	if (facts_matter(tags, MATTERS_MEMORY)) {
		memory_facts(f);
		load_facts(f);
	} else {
		sysinfo_facts(f);
	}
	facts_number(f, "now", "uptime", (double)hundredths / 100);
	if (facts_matter(tags, MATTERS_MEMORY " scheduler"))
		machine_node_facts(f);
}
