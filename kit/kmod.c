/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libkmod is loaded at the first call into it. It brings two compressors and
 * libcrypto; linked in the usual way it took 0.6 ms of CPU, 37 system calls and
 * a megabyte at every start of the program, most of which load no module. The
 * functions have libkmod's own names and prototypes, so that its users need not
 * know. LIBKMOD_SONAME comes from configure, which leaves it out where libkmod
 * is an archive or shared libraries were asked for.
 */
#ifdef LIBKMOD_SONAME
#include <dlfcn.h>
#include <errno.h>
#include <libkmod.h>
#include <stddef.h>

/* The function called @name in the library, or NULL. */
static void *find(const char *name)
{
	static void *library;

	if (!library)
		library = dlopen(LIBKMOD_SONAME, RTLD_NOW | RTLD_LOCAL);
	return library ? dlsym(library, name) : NULL;
}

/* What @function returns with the rest as arguments; @absent without it. */
#define CALL(absent, function, ...)                                            \
	({                                                                     \
		__typeof__(&function) call = find(#function);                  \
		call ? call(__VA_ARGS__) : (absent);                           \
	})

struct kmod_ctx *kmod_new(const char *dirname, const char *const *config_paths)
{
	return CALL(NULL, kmod_new, dirname, config_paths);
}

struct kmod_ctx *kmod_unref(struct kmod_ctx *ctx)
{
	return CALL(NULL, kmod_unref, ctx);
}

void kmod_set_log_priority(struct kmod_ctx *ctx, int priority)
{
	CALL((void)0, kmod_set_log_priority, ctx, priority);
}

int kmod_module_new_from_name(struct kmod_ctx *ctx, const char *name,
			      struct kmod_module **mod)
{
	return CALL(-ELIBACC, kmod_module_new_from_name, ctx, name, mod);
}

int kmod_module_new_from_lookup(struct kmod_ctx *ctx, const char *given_alias,
				struct kmod_list **list)
{
	return CALL(-ELIBACC, kmod_module_new_from_lookup, ctx, given_alias, list);
}

struct kmod_list *kmod_list_next(const struct kmod_list *list,
				 const struct kmod_list *curr)
{
	return CALL(NULL, kmod_list_next, list, curr);
}

struct kmod_module *kmod_module_get_module(const struct kmod_list *entry)
{
	return CALL(NULL, kmod_module_get_module, entry);
}

int kmod_module_unref_list(struct kmod_list *list)
{
	return CALL(-ELIBACC, kmod_module_unref_list, list);
}

struct kmod_module *kmod_module_unref(struct kmod_module *mod)
{
	return CALL(NULL, kmod_module_unref, mod);
}

const char *kmod_module_get_name(const struct kmod_module *mod)
{
	return CALL("", kmod_module_get_name, mod);
}

const char *kmod_module_get_path(const struct kmod_module *mod)
{
	return CALL(NULL, kmod_module_get_path, mod);
}

int kmod_module_get_initstate(const struct kmod_module *mod)
{
	return CALL(-ELIBACC, kmod_module_get_initstate, mod);
}

int kmod_module_insert_module(struct kmod_module *mod, unsigned int flags,
			      const char *options)
{
	return CALL(-ELIBACC, kmod_module_insert_module, mod, flags, options);
}

int kmod_module_probe_insert_module(
	struct kmod_module *mod, unsigned int flags, const char *extra_options,
	int (*run_install)(struct kmod_module *m, const char *cmdline, void *data),
	const void *data,
	void (*print_action)(struct kmod_module *m, bool install,
			     const char *options))
{
	return CALL(-ELIBACC, kmod_module_probe_insert_module, mod, flags,
		    extra_options, run_install, data, print_action);
}

int kmod_module_remove_module(struct kmod_module *mod, unsigned int flags)
{
	return CALL(-ELIBACC, kmod_module_remove_module, mod, flags);
}
#endif
