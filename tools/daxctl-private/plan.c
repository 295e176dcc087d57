// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "hotplug.h"
#include "message.h"
#include "output.h"
#include "plan.h"
#include "signals.h"
#include "sysfs.h"
#include "text.h"

#define DRIVERS		"/sys/bus/dax/drivers"
#define AUTOPROBE	"/sys/bus/dax/drivers_autoprobe"

static struct step *add_step(struct plan *plan, int (*run)(const struct step *),
			     int (*undo)(const struct step *), char *what)
{
	struct step *step;

	plan->step = xrealloc(plan->step, (size_t)plan->nr + 1, sizeof(*step));
	step = &plan->step[plan->nr++];
	*step = (struct step){ .what = what, .run = run, .undo = undo, .dev = plan->dev };
	return step;
}

/* What run() is going to write; for --dry-run. */
static void add_write(void *arg, const char *path, const char *value)
{
	struct step *step = arg;

	step->write = xrealloc(step->write, (size_t)step->nr_writes + 1, sizeof(*step->write));
	step->write[step->nr_writes++] = (struct step_write){ xstrdup(path), xstrdup(value) };
}

/* ---- a value -------------------------------------------------------------- */

static int write_value(const struct step *step)
{
	return sysfs_write(step->path, step->value);
}

/* What has it already is left alone: it was not lost. */
static int write_former(const struct step *step)
{
	char *now = sysfs_read("%s", step->path);
	bool same = now && !strcmp(now, step->former);

	free(now);
	return same ? 0 : sysfs_write(step->path, step->former);
}

/**
 * plan_write() - a file of the device gets a value
 * @plan: the plan
 * @attr: the file
 * @value: the value
 * @hint: what would help if it fails; may be NULL
 *
 * Undone by what the file reads now; not if the driver that is asked has the device
 * only because of the plan, as the value goes with it.
 */
void plan_write(struct plan *plan, const char *attr, const char *value, const char *hint)
{
	struct step *step = add_step(plan, write_value, write_former,
				     xasprintf("set %s to %s", attr, value));

	step->path = device_path(plan->dev, attr);
	step->value = xstrdup(value);
	step->former = plan->binds ? NULL : device_attr(plan->dev, attr);
	if (!step->former)
		step->undo = NULL;
	step->hint = hint;
}

static int do_hotplug(const struct step *step)
{
	return hotplug_write(step->dev, step->path, step->value, step->patience);
}

/* What a failed plug has left with the node reads "unplugged", too. */
static int undo_plug(const struct step *step)
{
	return sysfs_write(step->path, step->former);
}

/**
 * plan_hotplug() - the memory of a device of ours comes or goes
 * @plan: the plan
 * @word: as of the file hotplug
 * @patience: with what is in use; NULL: one try, that may take any time
 */
void plan_hotplug(struct plan *plan, const char *word, const struct patience *patience)
{
	bool leaves = !strcmp(word, "unplugged");
	struct step *step;

	plan_write(plan, "hotplug", word, leaves ? "daxctl-private holders tells what holds it" :
		   "the kernel log says why");
	step = &plan->step[plan->nr - 1];
	step->run = do_hotplug;
	if (step->undo && !leaves)
		step->undo = undo_plug;
	step->patience = patience;
}

/**
 * plan_keep() - a value that the next step loses, and that is to be there if all is undone
 * @plan: the plan
 * @attr: the file that has it
 */
void plan_keep(struct plan *plan, const char *attr)
{
	char *now = device_attr(plan->dev, attr);
	struct step *step;

	if (!now)
		return;
	step = add_step(plan, NULL, write_former, xasprintf("set %s to %s", attr, now));
	step->path = device_path(plan->dev, attr);
	step->former = now;
}

/* ---- drivers -------------------------------------------------------------- */

static int tell_driver(const char *driver, const char *file, const char *name)
{
	char *path = xasprintf(DRIVERS "/%s/%s", driver, file);
	int ret = sysfs_write(path, name);

	free(path);
	return ret;
}

/*
 * Does the driver take the device for what it is? device_dax does so with persistent memory,
 * kmem with all other.
 */
static bool takes_unnamed(const char *driver, const struct device *dev)
{
	const char *path = daxctl_region_get_path(daxctl_dev_get_region(dev->dax));

	return !strcmp(driver, path && strstr(path, "/ndbus") ? "device_dax" : "kmem");
}

static bool has_device(const char *driver, const struct device *dev)
{
	return sysfs_exists(DRIVERS "/%s/%s", driver, dev->name);
}

static int bind_by_name(const struct device *dev, const char *driver)
{
	int ret = tell_driver(driver, "new_id", dev->name);

	if (has_device(driver, dev))
		return 0;
	/* that the driver has refused it is no error of new_id, only of bind */
	if (!ret)
		ret = tell_driver(driver, "bind", dev->name);
	if (ret)
		(void)tell_driver(driver, "remove_id", dev->name);
	return ret == -ENOENT ? -ENODEV : ret;
}

/* What is written to new_id offers all devices to the driver that have none, not just this one. */
static int bind_to(const struct device *dev, const char *driver)
{
	int ret = takes_unnamed(driver, dev) ? tell_driver(driver, "bind", dev->name) : -ENODEV;

	/* it may have had it at once, when its module was loaded */
	if (has_device(driver, dev))
		return 0;
	return ret == -ENODEV ? bind_by_name(dev, driver) : ret;
}

static int unbind_from(const struct device *dev, const char *driver)
{
	int ret = tell_driver(driver, "unbind", dev->name);

	/* else it would be the first to have the device again */
	if (!ret)
		(void)tell_driver(driver, "remove_id", dev->name);
	return ret;
}

static int do_bind(const struct step *step)
{
	return bind_to(step->dev, step->value);
}

static int do_unbind(const struct step *step)
{
	return unbind_from(step->dev, step->value);
}

/* kmem does not give back what is online, and the kernel may have onlined it at once. */
static int undo_bind(const struct step *step)
{
	struct blocks blocks = { .nr = 0 };
	int ret = 0;

	if (!strcmp(step->value, "kmem")) {
		blocks_read(&blocks, step->dev);
		for (int i = 0; i < blocks.nr; i++)
			blocks.block[i].state = BLOCK_OFFLINE;
		ret = blocks_restore(&blocks);
		blocks_free(&blocks);
	}
	return ret ? ret : do_unbind(step);
}

/* The name of the device is written to a file of the driver. */
static void add_driver_write(struct step *step, const char *file)
{
	char *path = xasprintf(DRIVERS "/%s/%s", step->value, file);

	add_write(step, path, step->dev->name);
	free(path);
}

/**
 * plan_unbind() - the driver that has the device lets it go
 * @plan: the plan
 */
void plan_unbind(struct plan *plan)
{
	struct step *step = add_step(plan, do_unbind, do_bind,
				     xasprintf("unbind it from %s", plan->dev->driver));

	step->value = xstrdup(plan->dev->driver);
	add_driver_write(step, "unbind");
	add_driver_write(step, "remove_id");
	step->hint = device_is_ours(plan->dev) ? "daxctl-private holders tells what holds it" : NULL;
}

/* It had no node, and the kernel takes only a number: it has none when it is bound again. */
static int bind_again(const struct step *step)
{
	int ret = unbind_from(step->dev, step->dev->driver);

	return ret ? ret : bind_to(step->dev, step->dev->driver);
}

/**
 * plan_node() - a device of ours gets the node that it will be plugged to
 * @plan: the plan
 * @node: its number
 *
 * If it had none, undoing that loses its other values: see policy_keep().
 */
void plan_node(struct plan *plan, const char *node)
{
	struct step *step;

	plan_write(plan, "node", node, NULL);
	step = &plan->step[plan->nr - 1];
	if (step->former && !strcmp(step->former, "-1"))
		step->undo = bind_again;
}

/**
 * plan_bind() - a driver takes the device
 * @plan: the plan
 * @driver: the driver
 */
void plan_bind(struct plan *plan, const char *driver)
{
	struct step *step = add_step(plan, do_bind, undo_bind,
				     xasprintf("bind it to %s", driver));

	step->value = xstrdup(driver);
	add_driver_write(step, takes_unnamed(driver, plan->dev) ? "bind" : "new_id");
	plan->binds = true;
}

static int load_module(struct kmod_ctx *ctx, const char *name)
{
	struct kmod_list *list = NULL, *item;
	int ret = kmod_module_new_from_lookup(ctx, name, &list);

	if (!ret && !list)
		ret = -ENOENT;
	kmod_list_foreach(item, list) {
		struct kmod_module *mod = kmod_module_get_module(item);

		if (!ret)
			ret = kmod_module_probe_insert_module(mod, 0, NULL, NULL, NULL, NULL);
		kmod_module_unref(mod);
	}
	kmod_module_unref_list(list);
	return ret;
}

static int load_driver(const char *name)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	int ret;

	if (!ctx)
		return -ENOMEM;
	ret = load_module(ctx, name);
	kmod_unref(ctx);
	/* it may be called otherwise and be there */
	return sysfs_exists(DRIVERS "/%s", name) ? 0 : ret ? ret : -ENODEV;
}

/* Those of ours take what is named to them, and nothing else. */
static bool takes_any(const char *driver)
{
	return strcmp(driver, mode_driver(MODE_PRIVATE)) != 0 &&
	       strcmp(driver, mode_driver(MODE_CRAM)) != 0;
}

/* Drivers look for no devices while one comes that would take others, too. */
static int do_load(const struct step *step)
{
	int ret = step->former ? sysfs_write(AUTOPROBE, "0") : 0, back;

	if (ret)
		return ret;
	ret = load_driver(step->value);
	back = step->former ? sysfs_write(AUTOPROBE, step->former) : 0;
	return ret ? ret : back;
}

/**
 * plan_load() - the module of a driver is loaded, if the driver is not there
 * @plan: the plan
 * @driver: the driver, called as its module
 */
void plan_load(struct plan *plan, const char *driver)
{
	struct step *step;

	if (sysfs_exists(DRIVERS "/%s", driver))
		return;
	step = add_step(plan, do_load, NULL, xasprintf("load the module %s", driver));
	step->value = xstrdup(driver);
	step->hint = "does the kernel have it? see daxctl-private doctor";
	step->former = takes_any(driver) ? sysfs_read(AUTOPROBE) : NULL;
	if (!step->former)
		return;
	add_write(step, AUTOPROBE, "0");
	add_write(step, AUTOPROBE, step->former);
}

/* ---- ordinary memory ------------------------------------------------------- */

static enum block_state zone_of(const struct step *step)
{
	return step->value ? BLOCK_MOVABLE : BLOCK_KERNEL;
}

/* By libdaxctl, where the addresses are not told. */
static int put_online(const struct step *step)
{
	struct daxctl_memory *mem = daxctl_dev_get_memory(step->dev->dax);
	int ret;

	blocks_read(step->blocks, step->dev);
	/* the kernel can have done it by itself, when kmem took the device */
	if (step->blocks->nr)
		return blocks_change(step->blocks, zone_of(step));
	if (!mem)
		return -ENXIO;
	ret = step->value ? daxctl_memory_online(mem) : daxctl_memory_online_no_movable(mem);
	return ret < 0 ? ret : 0;
}

static int take_offline(const struct step *step)
{
	struct daxctl_memory *mem = daxctl_dev_get_memory(step->dev->dax);
	int ret;

	blocks_read(step->blocks, step->dev);
	if (step->blocks->nr)
		return blocks_change(step->blocks, BLOCK_OFFLINE);
	if (!mem)
		return -ENXIO;
	ret = daxctl_memory_offline(mem);
	return ret < 0 ? ret : 0;
}

static int restore_blocks(const struct step *step)
{
	return blocks_restore(step->blocks);
}

/* It stops at the first block that does not change, and leaves the others so. */
static struct step *add_memory_step(struct plan *plan, int (*run)(const struct step *),
				    const char *what)
{
	struct step *step = add_step(plan, run, restore_blocks, xstrdup(what));

	step->blocks = xcalloc(1, sizeof(*step->blocks));
	step->partly = true;
	return step;
}

/* By itself, whatever the zone. */
static bool kernel_onlines(void)
{
	char *text = sysfs_read("/sys/devices/system/memory/auto_online_blocks");
	bool on = text && strcmp(text, "offline") != 0;

	free(text);
	return on;
}

/**
 * plan_online() - memory that kmem has becomes ordinary memory
 * @plan: the plan
 * @movable: whether it goes to ZONE_MOVABLE
 */
void plan_online(struct plan *plan, bool movable)
{
	struct step *step = add_memory_step(plan, put_online, "online its memory");

	step->value = movable ? xstrdup("movable") : NULL;
	if (!plan->binds)
		blocks_read(step->blocks, plan->dev);
	else if (!kernel_onlines())
		blocks_expect(step->blocks, plan->dev);
	blocks_each_write(step->blocks, zone_of(step), add_write, step);
}

/**
 * plan_offline() - memory that kmem has is taken from everybody
 * @plan: the plan
 */
void plan_offline(struct plan *plan)
{
	struct step *step = add_memory_step(plan, take_offline, "offline its memory");

	step->hint = "it holds what cannot be moved; ordinary memory rarely comes back";
	blocks_read(step->blocks, plan->dev);
	blocks_each_write(step->blocks, BLOCK_OFFLINE, add_write, step);
}

/* ---- the plan ------------------------------------------------------------- */

static const char *why_not_undone(const struct step *step)
{
	if (step->blocks)
		return "see daxctl-private list, and daxctl online-memory";
	if (step->undo == bind_again)
		return "see daxctl-private list: it may have no driver now";
	if (step->undo == undo_plug)
		return "daxctl-private unplug takes the memory away";
	return "it is not as it was";
}

/* What the plan keeps is lost by the next step, and only if that was done. */
static bool undo(const struct plan *plan, int nr)
{
	bool ok = true, lost = false;

	while (nr--) {
		const struct step *step = &plan->step[nr];
		int ret = step->undo && (step->run || lost) ? step->undo(step) : 0;

		lost = lost || step->run;
		if (ret) {
			(void)complain(plan->dev->name, ret, why_not_undone(step),
				       "cannot undo: %s", step->what);
			ok = false;
		}
	}
	return ok;
}

/* Else a step that fails has changed nothing. */
static bool was_half_done(const struct step *step, int ret)
{
	return step->partly || (step->undo == undo_plug && ret == -EUCLEAN);
}

static int run_step(const struct step *step)
{
	if (!step->run)
		return 0;
	return signals_came() ? -EINTR : step->run(step);
}

/**
 * plan_run() - do all that is planned, or nothing
 * @plan: the plan
 *
 * If a step fails, those before it are undone and an error is told.
 *
 * Return: 0 or a negative error number
 */
int plan_run(const struct plan *plan)
{
	for (int i = 0; i < plan->nr; i++) {
		const struct step *step = &plan->step[i];
		int ret = run_step(step), done = was_half_done(step, ret) ? i + 1 : i;

		if (!ret)
			continue;
		(void)complain(plan->dev->name, ret, failure_hint(ret, step->hint), "cannot %s",
			       step->what);
		if (done && undo(plan, done))
			say("%s: everything is as it was", plan->dev->name);
		return ret;
	}
	return 0;
}

static void free_writes(struct step *step)
{
	for (int i = 0; i < step->nr_writes; i++) {
		free(step->write[i].path);
		free(step->write[i].value);
	}
	free(step->write);
}

void plan_free(struct plan *plan)
{
	for (int i = 0; i < plan->nr; i++) {
		struct step *step = &plan->step[i];

		free_writes(step);
		free(step->what);
		free(step->path);
		free(step->value);
		free(step->former);
		if (step->blocks)
			blocks_free(step->blocks);
		free(step->blocks);
	}
	free(plan->step);
}

static void add_step_json(struct json_object *steps, const struct step *step, const char *path,
			  const char *value)
{
	struct json_object *obj = json_object_new_object();

	add_text(obj, "step", step->what);
	add_text(obj, "path", path);
	if (path)
		add_text(obj, "value", value);
	json_object_array_add(steps, obj);
}

/**
 * plan_to_json() - the steps, for --dry-run
 * @plan: the plan
 *
 * Return: an array: each write to sysfs in order, and steps that write nothing
 */
struct json_object *plan_to_json(const struct plan *plan)
{
	struct json_object *steps = json_object_new_array();

	for (int i = 0; i < plan->nr; i++) {
		const struct step *step = &plan->step[i];

		for (int j = 0; j < step->nr_writes; j++)
			add_step_json(steps, step, step->write[j].path, step->write[j].value);
		if (step->run && !step->nr_writes)
			add_step_json(steps, step, step->path, step->value);
	}
	return steps;
}
