/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/need_table.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"

/* clang-format off */
const char *const need_capabilities[] = {
	"chown", "dac_override", "dac_read_search", "fowner", "fsetid",
	"kill", "setgid", "setuid", "setpcap", "linux_immutable",
	"net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock",
	"ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace",
	"sys_pacct", "sys_admin", "sys_boot", "sys_nice", "sys_resource",
	"sys_time", "sys_tty_config", "mknod", "lease", "audit_write",
	"audit_control", "setfcap", "mac_override", "mac_admin", "syslog",
	"wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
	"checkpoint_restore", NULL,
};

struct pair {
	const char *key, *value;
};

static const struct pair packages[] = {
	{ "mkfs.ext2",     "e2fsprogs" },
	{ "mkfs.ext4",     "e2fsprogs" },
	{ "mke2fs",        "e2fsprogs" },
	{ "e2fsck",        "e2fsprogs" },
	{ "debugfs",       "e2fsprogs" },
	{ "mkfs.xfs",      "xfsprogs" },
	{ "xfs_repair",    "xfsprogs" },
	{ "xfs_io",        "xfsprogs" },
	{ "mkfs.btrfs",    "btrfs-progs" },
	{ "btrfs",         "btrfs-progs" },
	{ "mkfs.f2fs",     "f2fs-tools" },
	{ "mkfs.vfat",     "dosfstools" },
	{ "mkfs.exfat",    "exfatprogs" },
	{ "mkfs.ntfs",     "ntfs-3g" },
	{ "mkfs.bcachefs", "bcachefs-tools" },
	{ "mksquashfs",    "squashfs-tools" },
	{ "mkfs.erofs",    "erofs-utils" },
	{ "fusermount3",   "fuse3" },
	{ "mkswap",        "util-linux" },
	{ "losetup",       "mount" },
	{ "modprobe",      "kmod" },
	{ "dmsetup",       "dmsetup" },
	{ "mdadm",         "mdadm" },
	{ "numactl",       "numactl" },
	{ "setcap",        "libcap2-bin" },
	{ "setfattr",      "attr" },
	{ "setfacl",       "acl" },
	{ "setquota",      "quota" },
	{ "nbd-client",    "nbd-client" },
	{ "fio",           "fio" },
	{ "stress-ng",     "stress-ng" },
	{ "bpftool",       "bpftool" },
	{ "ip",            "iproute2" },
	{ "tc",            "iproute2" },
};

static const struct pair filesystem_symbols[] = {
	{ "ext2",      "EXT2_FS" },
	{ "ext4",      "EXT4_FS" },
	{ "xfs",       "XFS_FS" },
	{ "btrfs",     "BTRFS_FS" },
	{ "f2fs",      "F2FS_FS" },
	{ "bcachefs",  "BCACHEFS_FS" },
	{ "vfat",      "VFAT_FS" },
	{ "exfat",     "EXFAT_FS" },
	{ "ntfs3",     "NTFS3_FS" },
	{ "squashfs",  "SQUASHFS" },
	{ "erofs",     "EROFS_FS" },
	{ "overlay",   "OVERLAY_FS" },
	{ "tmpfs",     "TMPFS" },
	{ "hugetlbfs", "HUGETLBFS" },
	{ "fuse",      "FUSE_FS" },
	{ "nfs",       "NFS_FS" },
	{ "cgroup2",   "CGROUPS" },
	{ "proc",      "PROC_FS" },
	{ "sysfs",     "SYSFS" },
	{ "debugfs",   "DEBUG_FS" },
	{ "tracefs",   "TRACING" },
	{ "configfs",  "CONFIGFS_FS" },
	{ "bpf",       "BPF_SYSCALL" },
	{ "mqueue",    "POSIX_MQUEUE" },
	{ "binfmt_misc", "BINFMT_MISC" },
	{ "resctrl",   "X86_CPU_RESCTRL" },
};

/* By the beginning of the path. */
static const struct pair file_symbols[] = {
	{ "/sys/kernel/mm/hugepages", "HUGETLBFS" },
	{ "/sys/kernel/mm/transparent_hugepage", "TRANSPARENT_HUGEPAGE" },
	{ "/proc/pressure",      "PSI" },
	{ "/dev/fuse",           "FUSE_FS" },
	{ "/dev/loop-control",   "BLK_DEV_LOOP" },
	{ "/dev/userfaultfd",    "USERFAULTFD" },
};

/* By the beginning of the path; the first that fits. */
static const struct pair file_remedies[] = {
	{ "/sys/kernel/debug/tracing", "mount -t tracefs tracefs /sys/kernel/tracing" },
	{ "/sys/kernel/tracing", "mount -t tracefs tracefs /sys/kernel/tracing" },
	{ "/sys/kernel/debug",   "mount -t debugfs debugfs /sys/kernel/debug" },
	{ "/sys/fs/bpf",         "mount -t bpf bpf /sys/fs/bpf" },
	{ "/sys/fs/cgroup",
	  "mount -t cgroup2 cgroup2 /sys/fs/cgroup; where version 1 is mounted there, "
	  "boot with cgroup_no_v1=all first" },
	{ "/sys/kernel/mm/hugepages", "boot with hugepagesz= of that size" },
	{ "/sys/kernel/mm/transparent_hugepage",
	  "a kernel with CONFIG_TRANSPARENT_HUGEPAGE=y and a CPU with large pages" },
	{ "/proc/pressure",      "boot with psi=1 (CONFIG_PSI=y)" },
	{ "/dev/fuse",           "modprobe fuse" },
	{ "/dev/loop-control",   "modprobe loop" },
	{ "/dev/userfaultfd",    "build the kernel with CONFIG_USERFAULTFD=y" },
	{ "/dev/kvm",            "modprobe kvm, and allow virtualisation" },
	{ "/proc/",              "use a kernel that has it" },
	{ "/sys/",               "use a kernel or machine that has it" },
	{ "/dev/",               "load the driver of the device" },
	{ "",                    "create it, or install what provides it" },
};
/* clang-format on */

static const char *pair_find(const struct pair *table, size_t n,
			     const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(table[i].key, key))
			return table[i].value;
	return NULL;
}

const char *need_package(const char *program)
{
	return pair_find(packages, ARRAY_SIZE(packages), program);
}

const char *need_filesystem_symbol(const char *type)
{
	return pair_find(filesystem_symbols, ARRAY_SIZE(filesystem_symbols),
			 type);
}

const char *need_file_symbol(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(file_symbols); i++)
		if (!strncmp(path, file_symbols[i].key, strlen(file_symbols[i].key)))
			return file_symbols[i].value;
	return NULL;
}

const char *need_settable_symbol(const char *symbol)
{
	if (!strncmp(symbol, "ARCH_", 5)) /* the architecture has it or not */
		return NULL;
	/* fs/Kconfig: HUGETLB_PAGE is def_bool HUGETLBFS */
	return strcmp(symbol, "HUGETLB_PAGE") ? symbol : "HUGETLBFS";
}

const char *need_file_remedy(const char *path)
{
	const struct pair *row = file_remedies;

	while (strncmp(path, row->key, strlen(row->key)))
		row++; /* the last key is empty and fits every path */
	return row->value;
}
