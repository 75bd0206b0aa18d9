/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reports/render/redact.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "reports/render/redact_parts.h"

static const char *const kind_names[REDACT_KINDS] = {
	[REDACT_PATH] = "path",	      [REDACT_DEVICE] = "device",
	[REDACT_UUID] = "uuid",	      [REDACT_MAC] = "mac",
	[REDACT_ADDRESS] = "address", [REDACT_ID] = "id",
	[REDACT_URL] = "url",	      [REDACT_HOST] = "host",
	[REDACT_USER] = "user",	      [REDACT_SERIAL] = "serial",
	[REDACT_LABEL] = "label",
};

/* Names that are no one's. */
static const char generic[] =
	"root user users test tester admin administrator ubuntu debian fedora "
	"centos arch suse alpine linux kernel strain build builder buildbot runner "
	"jenkins github gitlab shared public cache tmp temp data local localhost "
	"localdomain host server guest none null default work src dev sys proc usr "
	"var bin lib opt run mnt media home nobody daemon mail unknown not the and "
	"for cpu pid comm tainted";

struct redact {
	struct words seen[REDACT_KINDS]; /* the number is the place in the list */
	struct words names[REDACT_KINDS]; /* learned: users and hosts */
	struct words kept;
};

struct redact *redact_new(void)
{
	return xalloc(sizeof(struct redact));
}

void redact_free(struct redact *r)
{
	if (!r)
		return;
	for (int kind = 0; kind < REDACT_KINDS; kind++) {
		words_free(&r->seen[kind]);
		words_free(&r->names[kind]);
	}
	words_free(&r->kept);
	free(r);
}

void redact_keep(struct redact *r, const char *word)
{
	words_add(&r->kept, word);
}

static bool words_have(const struct words *w, const char *word)
{
	for (size_t i = 0; i < w->n; i++)
		if (!strcasecmp(w->word[i], word))
			return true;
	return false;
}

/* --- learning ------------------------------------------------------------------ */

static bool worth_learning(const struct redact *r, const char *name)
{
	_cleanup_free_ char *lower = xstrdup(name);

	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (strlen(name) < 3 || strspn(name, "0123456789.-_") == strlen(name))
		return false;
	return !word_in(generic, lower) && !words_have(&r->kept, name);
}

static void learn(struct redact *r, enum redact_kind kind, const char *name, size_t n)
{
	_cleanup_free_ char *word = xasprintf("%.*s", (int)n, name);

	if (worth_learning(r, word) && !words_have(&r->names[kind], word))
		words_add(&r->names[kind], word);
}

static void learn_hit(struct redact *r, const char *what, const struct redact_hit *h)
{
	size_t name, n;

	switch (h->kind) {
	case REDACT_PATH:
		n = redact_path_user(what, &name);
		if (n)
			learn(r, REDACT_USER, what + name, n);
		break;
	case REDACT_USER:
		learn(r, REDACT_USER, what, h->length);
		break;
	case REDACT_HOST:
		learn(r, REDACT_HOST, what, h->length);
		/* and its short name */
		n = strcspn(what, ".");
		if (n < h->length)
			learn(r, REDACT_HOST, what, n);
		break;
	default:
		break;
	}
}

void redact_learn(struct redact *r, const char *text)
{
	for (size_t i = 0; text && text[i]; i++) {
		struct redact_hit h = redact_match(text, i);

		if (!h.length)
			continue;
		learn_hit(r, text + i + h.keep, &h);
		i += h.keep + h.length - 1;
	}
}

/* --- replacing ----------------------------------------------------------------- */

/* What is spelled in several ways gets one spelling. */
static char *normal(enum redact_kind kind, const char *what, size_t n)
{
	char *word = xasprintf("%.*s", (int)n, what);

	if (kind == REDACT_PATH) {
		while (n > 1 && word[n - 1] == '/')
			word[--n] = '\0';
		return word;
	}
	for (char *c = word; *c; c++) {
		*c = (char)tolower((unsigned char)*c);
		if (kind == REDACT_MAC && *c == '-')
			*c = ':';
	}
	return word;
}

static void add_placeholder(struct redact *r, struct str *out, enum redact_kind kind,
			    const char *what, size_t n)
{
	_cleanup_free_ char *word = normal(kind, what, n);
	struct words *seen = &r->seen[kind];
	size_t i = 0;

	while (i < seen->n && strcmp(seen->word[i], word) != 0)
		i++;
	if (i == seen->n)
		words_add(seen, word);
	str_addf(out, "<%s-%zu>", kind_names[kind], i + 1);
}

/* The learned name that stands at text[at]. */
static struct redact_hit match_name(const struct redact *r, const char *text, size_t at)
{
	static const enum redact_kind kinds[] = { REDACT_HOST, REDACT_USER };
	struct redact_hit best = { 0, 0, REDACT_HOST };

	if (!redact_boundary(text, at))
		return best;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		for (size_t i = 0; i < r->names[kinds[k]].n; i++) {
			const char *name = r->names[kinds[k]].word[i];
			size_t n = strlen(name);

			if (n > best.length && !strncasecmp(text + at, name, n) &&
			    !redact_word_char(text[at + n]))
				best = (struct redact_hit){ 0, n, kinds[k] };
		}
	return best;
}

/* Length of a placeholder: what was taken out stays out. */
static size_t placeholder(const char *text)
{
	size_t n;

	if (*text != '<')
		return 0;
	for (int kind = 0; kind < REDACT_KINDS; kind++) {
		n = strlen(kind_names[kind]);
		if (strncmp(text + 1, kind_names[kind], n) != 0 || text[n + 1] != '-')
			continue;
		n += 2;
		n += strspn(text + n, "0123456789");
		return text[n] == '>' ? n + 1 : 0;
	}
	return 0;
}

/* What is taken out at text[at]; otherwise what stays of it. */
static struct redact_hit match(const struct redact *r, const char *text, size_t at)
{
	const struct redact_hit kept = { placeholder(text + at), 0, REDACT_PATH };
	const struct redact_hit form = redact_match(text, at);
	const struct redact_hit name = match_name(r, text, at);

	if (kept.keep)
		return kept;
	if (form.length)
		return form;
	return name.length ? name : (struct redact_hit){ 1, 0, REDACT_PATH };
}

char *redact_text(struct redact *r, const char *text)
{
	struct str out = STR_INIT;
	size_t i = 0;

	while (text && text[i]) {
		const struct redact_hit h = match(r, text, i);

		str_add_n(&out, text + i, h.keep);
		if (h.length)
			add_placeholder(r, &out, h.kind, text + i + h.keep, h.length);
		i += h.keep + h.length;
	}
	return out.len ? str_take(&out) : xstrdup("");
}

/* --- the kernel's command line -------------------------------------------------- */

/* Parameters whose values name no one, those that measurements depend on. */
static const char harmless[] =
	"mitigations spectre_v1 spectre_v2 spectre_v2_user spec_store_bypass_disable "
	"l1tf mds tsx tsx_async_abort retbleed srbds mmio_stale_data "
	"gather_data_sampling reg_file_data_sampling spec_rstack_overflow pti nosmt "
	"kvm-intel.vmentry_l1d_flush console panic panic_on_warn oops reboot quiet "
	"loglevel debug ignore_loglevel maxcpus nr_cpus possible_cpus isolcpus "
	"nohz nohz_full rcu_nocbs rcu_nocb_poll irqaffinity transparent_hugepage "
	"thp_anon thp_shmem hugepages hugepagesz default_hugepagesz hugetlb_cma numa "
	"numa_balancing numa_zonelist_order psi preempt threadirqs skew_tick "
	"intel_pstate amd_pstate intel_idle.max_cstate processor.max_cstate idle "
	"cpuidle.governor cpufreq.default_governor cpuidle.off iommu intel_iommu "
	"amd_iommu iommu.passthrough iommu.strict swiotlb nmi_watchdog watchdog "
	"nowatchdog softlockup_panic hung_task_panic slub_debug slab_debug slab_nomerge "
	"slab_merge slub_max_order init_on_alloc init_on_free page_alloc.shuffle "
	"page_owner debug_pagealloc page_poison page_reporting.page_reporting_order "
	"kasan kasan.mode kasan.fault kasan.stacktrace kfence.sample_interval "
	"kmemleak kcsan.early_enable cgroup_disable cgroup_enable cgroup.memory "
	"cgroup_no_v1 systemd.unified_cgroup_hierarchy clocksource tsc lpj rootfstype "
	"rootflags elevator scsi_mod.use_blk_mq lsm security selinux apparmor audit "
	"lockdown nokaslr kaslr nopti nopcid noxsave mem memmap movablecore kernelcore "
	"crashkernel zswap.enabled zswap.compressor zswap.zpool zram.num_devices "
	"deferred_init random.trust_cpu nvme.poll_queues nvme_core.io_timeout "
	"log_buf_len printk.devkmsg earlyprintk pci acpi apic nolapic "
	"vsyscall vdso vdso32 randomize_kstack_offset stack_guard_gap sched_debug "
	"rcupdate.rcu_expedited rcutree.kthread_prio module_blacklist nomodule "
	"initcall_debug ro rw net.ifnames ipv6.disable";

static bool plain_value(const char *value)
{
	static const char words[] = "on off yes no true false y n auto force none";

	return word_in(words, value) ||
	       (*value && strlen(value) <= 12 &&
		strspn(value, "0123456789") + 1 >= strlen(value) &&
		strspn(value, "0123456789kKmMgGT%") == strlen(value));
}

static void add_parameter(struct str *out, char *word)
{
	char *value = strchr(word, '=');

	str_add(out, out->len ? " " : "");
	if (!value) {
		str_add(out, word);
		return;
	}
	*value++ = '\0';
	if (word_in(harmless, word) || plain_value(value))
		str_addf(out, "%s=%s", word, value);
	else
		str_addf(out, "%s=<value>", word);
}

/* Cuts the next word off *@rest; quotes hold blanks together. NULL at the end. */
static char *next_word(char **rest)
{
	char *start = *rest + strspn(*rest, " \t\n"), *end = start;
	bool quoted = false;

	for (; *end && (quoted || !strchr(" \t\n", *end)); end++)
		quoted ^= *end == '"';
	if (end == start)
		return NULL;
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

char *redact_command_line(struct redact *r, const char *text)
{
	_cleanup_free_ char *copy = xstrdup(text ? text : "");
	_cleanup_str_ struct str out = STR_INIT;
	char *rest = copy, *word;

	while ((word = next_word(&rest))) {
		if (!strcmp(word, "--")) {
			str_add(&out, " -- <for init>");
			break;
		}
		add_parameter(&out, word);
	}
	return redact_text(r, out.buf);
}
