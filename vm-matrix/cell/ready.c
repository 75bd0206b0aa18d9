/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm-matrix/cell/ready.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "core/machine_files.h"
#include "vm-matrix/cell/outcome.h"
#include "vm-matrix/cell/programs.h"
#include "vm-matrix/frame.h"
#include "vm-matrix/image/image.h"
#include "vm-matrix/qemu/accel.h"
#include "vm-matrix/qemu/arch.h"

/* While it is made. */
struct maker {
	const struct cell_spec *spec;
	const struct cell_host *host;
	struct cell_ready *out;
	struct image *image;
	char **why;
};

/* What the guest's port and console need before it can say anything. Not pvpanic's
 * driver: to load one takes as long as all the rest until the hello, and that a
 * kernel panicked stands on its console. */
static const char *const early[] = { "virtio_pci", "virtio_console" };

/* A module for each kind of disk, and those that the kernel asks for by alias. */
static const char *const disk_modules[][2] = {
	[VM_DISK_VIRTIO_BLK] = { "virtio_blk", NULL },
	[VM_DISK_NVME] = { "nvme", NULL },
	[VM_DISK_SCSI] = { "virtio_scsi", "sd_mod" },
	[VM_DISK_PMEM] = { "virtio_pmem", "nd_pmem" },
};

static bool is_native(const struct maker *m)
{
	const char *native = vm_arch_native();

	return native && !strcmp(native, m->spec->machine.arch);
}

static int add_early(struct maker *m)
{
	_cleanup_words_ struct words load = { 0 }, missing = { 0 };
	_cleanup_str_ struct str list = STR_INIT;
	int err = image_modules(m->image, m->out->kernel.modules, early, ARRAY_SIZE(early),
				&load, &missing, m->why);

	for (size_t i = 0; i < load.n; i++)
		str_addf(&list, "%s\n", load.word[i]);
	if (!err && list.len)
		image_data(m->image, "/modules/early", list.buf, list.len, 0644);
	return err;
}

/* Those that must be there, then those that may be missing. */
static int add_modules(struct maker *m)
{
	const struct cell_job *job = m->spec->job;
	_cleanup_words_ struct words wanted = { 0 }, missing = { 0 };
	const char *dir = m->out->kernel.modules;
	int err;

	for (size_t i = 0; i < m->spec->machine.n_disks; i++)
		for (int k = 0; k < 2; k++) {
			const char *name = disk_modules[m->spec->machine.disk[i].kind][k];

			if (name && !words_has(&wanted, name))
				words_add(&wanted, name);
		}
	for (size_t i = 0; i < job->needs.modules.n; i++)
		words_add(&wanted, job->needs.modules.word[i]);
	err = image_modules(m->image, dir, (const char *const *)wanted.word, wanted.n,
			    &m->out->load, &missing, m->why);
	words_free(&missing);
	if (!err)
		err = image_modules(m->image, dir, (const char *const *)job->modules.word,
				    job->modules.n, &m->out->load, &missing, m->why);
	if (err || !missing.n)
		return err;
	*m->why = xasprintf("kernel %s has no module '%s'", m->out->kernel.release,
			    missing.word[0]);
	return KERNEL_GONE;
}

static int add_programs(struct maker *m)
{
	const struct cell_job *job = m->spec->job;
	const struct cell_programs from = {
		.arch = m->spec->machine.arch,
		.cache = kernel_cache_dir(m->host->cache),
		.native = is_native(m),
	};

	for (size_t i = 0; i < job->needs.programs.n; i++) {
		_cleanup_free_ char *why = NULL;

		/* the guest will say that it is missing */
		cell_program_add(&from, job->needs.programs.word[i], m->image, &why);
	}
	for (size_t i = 0; i < job->programs.n; i++)
		if (cell_program_add(&from, job->programs.word[i], m->image, m->why))
			return KERNEL_GONE;
	return 0;
}

/* What the job itself loads has to be in the guest: modules, and libkmod, of which
 * there is no archive to link a guest with. */
static int add_libkmod(struct maker *m)
{
	/* what the module stressor tries, one after the other */
	static const char *const harmless[] = { "crc7", "crc4", "crc_itu_t", "crc8", "ts_fsm",
						"ts_bm", "nls_iso8859_9", "nls_cp852", "dummy" };
	_cleanup_words_ struct words missing = { 0 };
	int err = image_program(m->image, "/bin/strain", "/proc/self/exe", NULL, m->why);

	if (!err)
		err = image_library(m->image, "libkmod.so.2", NULL, m->why);
	if (!err)
		err = image_modules(m->image, m->out->kernel.modules, harmless,
				    ARRAY_SIZE(harmless), NULL, &missing, m->why);
	return err;
}

char *cell_request(const struct cell_job *job, const struct words *load)
{
	_cleanup_json_ json_t *request = json_copy(job->request);
	json_t *modules = json_array();

	for (size_t i = 0; i < load->n; i++)
		js_add(modules, js_text(load->word[i]));
	js_set(request, "modules", modules);
	return json_dumps(request, JSON_COMPACT);
}

static void add_job(struct maker *m)
{
	_cleanup_free_ char *job = cell_request(m->spec->job, &m->out->load);

	image_data(m->image, FRAME_JOB_FILE, job, strlen(job), 0644);
}

static int add_all(struct maker *m)
{
	int err;

	m->out->guest = cell_guest_find(m->host, m->spec->machine.arch, m->why);
	if (!m->out->guest)
		return KERNEL_NO_TOOL;
	image_node(m->image, "/dev/console", S_IFCHR | 0600, 5, 1);
	err = image_program(m->image, "/init", m->out->guest, NULL, m->why);
	if (!err)
		err = add_early(m);
	if (!err)
		err = add_modules(m);
	if (!err)
		err = add_programs(m);
	if (!err && m->spec->job->needs.libkmod && is_native(m))
		err = add_libkmod(m);
	if (!err && m->spec->job->aboard)
		add_job(m);
	return err;
}

/* DIR/NAME of the cache, DIR made; to free. NULL: *why. */
static char *cache_path(const struct maker *m, const char *folder, const char *name)
{
	_cleanup_free_ char *dir =
		xasprintf("%s/%s", kernel_cache_dir(m->host->cache), folder);
	int err = dir_make(dir, 0755);

	if (!err)
		return xasprintf("%s/%s", dir, name);
	*m->why = xasprintf("cannot make '%s': %s", dir, strerror(-err));
	return NULL;
}

static int write_initrd(struct maker *m)
{
	struct cell_ready *out = m->out;
	_cleanup_free_ char *name = NULL;
	int err = image_digest(m->image, out->initrd_digest, m->why);

	if (err)
		return err;
	name = xasprintf("%s.cpio", out->initrd_digest);
	out->initrd = cache_path(m, "initrds", name);
	if (!out->initrd)
		return -EIO;
	return file_exists(out->initrd) ? 0 : image_write(m->image, out->initrd, m->why);
}

static int make_image(struct maker *m)
{
	int err;

	m->image = image_new();
	err = add_all(m);
	if (!err)
		err = write_initrd(m);
	image_free(m->image);
	m->image = NULL;
	return err;
}

/* The unpacked kernel where QEMU takes one and a fixed layout is wanted. */
static int choose_kernel(struct maker *m)
{
	const struct vm_arch *arch = vm_arch(m->spec->machine.arch);
	struct cell_ready *out = m->out;
	char *path, *why = NULL;
	int err;

	if (!arch->vmlinux || m->spec->machine.kaslr) {
		out->boots = xstrdup(out->kernel.image);
		return 0;
	}
	path = cache_path(m, "vmlinux", out->kernel.digest);
	if (!path)
		return -EIO;
	err = image_vmlinux(out->kernel.image, path, &why);
	if (!err) {
		out->boots = path;
		return 0;
	}
	free(path);
	if (err != -EOPNOTSUPP) {
		*m->why = why;
		return err;
	}
	free(why);
	out->boots = xstrdup(out->kernel.image);
	return 0;
}

static int read_config(struct maker *m)
{
	_cleanup_str_ struct str config = STR_INIT;
	_cleanup_free_ char *lacks = NULL;
	struct cell_ready *out = m->out;

	out->longer = 1;
	if (!out->kernel.config || file_read(out->kernel.config, &config) || !config.len)
		return 0;
	out->longer = cell_limits_longer(config.buf);
	out->config = machine_kconfig_digest_of(config.buf);
	lacks = cell_kernel_lacks(config.buf);
	if (!lacks)
		return 0;
	*m->why = xasprintf("kernel %s has no %s, which guests need ('strain list --kconfig --guest' has all of it)",
			    out->kernel.release, lacks);
	return KERNEL_GONE;
}

static void choose_accel(struct maker *m)
{
	struct cell_ready *out = m->out;

	if (m->host->accel == CELL_ACCEL_AUTO && !m->spec->machine.exact)
		out->vm.accel = vm_accel_probe(&out->vm, out->kernel.digest,
					       kernel_cache_dir(m->host->cache),
					       &out->accel_why);
	else
		out->vm.accel = m->host->accel == CELL_ACCEL_KVM ? VM_ACCEL_KVM :
								   VM_ACCEL_TCG;
}

static void make_key(struct maker *m)
{
	struct cell_ready *out = m->out;
	_cleanup_free_ char *job = json_dumps(m->spec->job->request, JSON_SORT_KEYS);
	_cleanup_free_ char *machine = vm_state_key(&out->vm, out->kernel.digest,
						    out->initrd_digest);
	struct digest d;

	digest_start(&d);
	digest_text(&d, "cell 1");
	digest_text(&d, machine); /* kernel, initramfs, command lines, QEMU */
	digest_text(&d, job);
	for (size_t i = 0; i < out->load.n; i++)
		digest_text(&d, out->load.word[i]);
	digest_end(&d, out->key);
}

static int choose_state(struct maker *m)
{
	struct cell_ready *out = m->out;
	const struct cell_job *job = m->spec->job;
	_cleanup_free_ char *key = NULL;

	if (m->host->no_state || job->timed || job->exact || m->spec->machine.gdb_port ||
	    !vm_can_restore(&out->vm, NULL))
		return 0;
	key = vm_state_key(&out->vm, out->kernel.digest, out->initrd_digest);
	out->state = cache_path(m, "states", key);
	return out->state ? 0 : -EIO;
}

int cell_ready(const struct cell_spec *spec, const struct cell_host *host,
	       struct cell_ready *out, char **why)
{
	struct maker m = { .spec = spec, .host = host, .out = out, .why = why };
	int err;

	*out = (struct cell_ready){ .vm = spec->machine };
	if (!vm_arch(spec->machine.arch)) {
		*why = xasprintf("unknown architecture '%s'", spec->machine.arch);
		return -EINVAL;
	}
	err = kernel_resolve(spec->source, spec->machine.arch, host->cache, &out->kernel, why);
	if (!err)
		err = read_config(&m);
	if (!err)
		err = make_image(&m);
	if (!err)
		err = choose_kernel(&m);
	if (err)
		return err;
	out->vm.kernel = out->boots;
	out->vm.initrd = out->initrd;
	if (vm_check(&out->vm, why))
		return KERNEL_GONE; /* not on this architecture */
	choose_accel(&m);
	make_key(&m);
	return choose_state(&m);
}

void cell_ready_free(struct cell_ready *r)
{
	kernel_free(&r->kernel);
	free(r->boots);
	free(r->initrd);
	free(r->guest);
	words_free(&r->load);
	free(r->accel_why);
	free(r->state);
}

void cell_job_free(struct cell_job *job)
{
	json_decref(job->request);
	cell_needs_free(&job->needs);
	words_free(&job->modules);
	words_free(&job->programs);
}
