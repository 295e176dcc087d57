// SPDX-License-Identifier: GPL-2.0
/* Does the kernel have what it takes? */
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "command.h"
#include "sysfs.h"
#include "text.h"

/* That of the captured machine, where there is one. */
static char *modules_dir(void)
{
	char *version = sysfs_read("/proc/version"), release[65], *dir = NULL;

	if (version && sscanf(version, "Linux version %64s", release) == 1)
		dir = xasprintf("/lib/modules/%s", release);
	free(version);
	return dir;
}

static bool look_up(const char *dir, const char *name)
{
	struct kmod_ctx *ctx = kmod_new(dir, NULL);
	struct kmod_list *list = NULL;
	bool found = ctx && !kmod_module_new_from_lookup(ctx, name, &list) && list;

	kmod_module_unref_list(list);
	kmod_unref(ctx);
	return found;
}

/**
 * module_exists() - could the module be loaded?
 * @name: the module
 * @known: whether that can be told: a report has no modules
 */
bool module_exists(const char *name, bool *known)
{
	char *dir = modules_dir();
	bool have_dir = dir && sysfs_exists("%s", dir);
	bool found = have_dir && look_up(dir, name);

	*known = have_dir || !global.sysroot;
	free(dir);
	return found;
}

/**
 * module_is_blacklisted() - is it kept from being loaded because of a device?
 * @name: the module
 */
bool module_is_blacklisted(const char *name)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	struct kmod_config_iter *iter = ctx ? kmod_config_get_blacklists(ctx) : NULL;
	bool found = false;

	while (iter && kmod_config_iter_next(iter))
		if (!strcmp(kmod_config_iter_get_key(iter), name))
			found = true;
	if (iter)
		kmod_config_iter_free_iter(iter);
	kmod_unref(ctx);
	return found;
}

static void check_module(struct checks *checks, const char *driver, const char *config,
			 bool needed)
{
	bool known, found = module_exists(driver, &known);

	if (sysfs_exists("/sys/bus/dax/drivers/%s", driver)) {
		check_ok(checks, "module", driver, "it is loaded");
	} else if (found) {
		check_ok(checks, "module", driver, "not loaded, it is when it is needed");
	} else if (!known) {
		check_ok(checks, "module", driver,
			 "not loaded; whether there is a module is not in the report");
	} else if (!needed) {
		check_ok(checks, "module", driver, "the kernel has no module %s, which needs %s=m: it cannot be asked for",
			 driver, config);
	} else {
		check_problem(checks, "module", driver, "the kernel has no module %s", driver);
		check_remedy(checks, "build the kernel with %s=m, or run depmod", config);
	}
}

/**
 * check_kernel() - the feature, the bus and the drivers
 * @checks: where the results go
 */
void check_kernel(struct checks *checks)
{
	if (sysfs_exists("/sys/devices/system/node/has_memory_private")) {
		check_ok(checks, "kernel", NULL, "it knows private memory nodes");
	} else {
		checks->no_feature = true;
		check_problem(checks, "kernel", NULL,
			      "there is no /sys/devices/system/node/has_memory_private");
		check_remedy(checks, "boot a kernel with the patches and CONFIG_NODE_PRIVATE=y");
	}
	if (sysfs_exists("/sys/bus/dax")) {
		check_ok(checks, "dax-bus", NULL, "it is there");
	} else {
		check_problem(checks, "dax-bus", NULL, "there is no /sys/bus/dax");
		check_remedy(checks,
			     "modprobe device_dax, or build the kernel with CONFIG_DEV_DAX");
	}
	check_module(checks, "anondax", "CONFIG_DEV_DAX_ANON", true);
	/* not everybody wants compressed RAM */
	check_module(checks, "cramdax", "CONFIG_DEV_DAX_CRAM", false);
}
