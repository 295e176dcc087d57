// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "checks.h"
#include "message.h"
#include "node.h"
#include "reconfigure.h"
#include "sysfs.h"

#define AUTO_ONLINE	"/sys/devices/system/memory/auto_online_blocks"

static bool in_use(const struct device *dev)
{
	struct daxctl_memory *mem;

	if (device_is_ours(dev))
		return device_is_plugged(dev);
	if (dev->mode != MODE_SYSTEM_RAM)
		return false;
	mem = daxctl_dev_get_memory(dev->dax);
	return mem && daxctl_memory_is_online(mem) != 0;
}

/* What was reported of a device that compresses by itself; only while it is plugged. */
static void keep_report(const struct device *dev, struct plan *plan)
{
	char *algorithm = dev->mode == MODE_CRAM ? device_attr(dev, "algorithm") : NULL;

	if (algorithm && !strcmp(algorithm, "none"))
		plan_keep(plan, "used");
	free(algorithm);
}

static void plan_unplug(struct plan *plan)
{
	plan_hotplug(plan, "unplugged", NULL);
}

static void plan_plug(const struct reconfigure *want, struct plan *plan)
{
	plan_hotplug(plan, want->plug_word, NULL);
}

static void plan_to_free(const struct device *dev, struct plan *plan)
{
	if (in_use(dev) && device_is_ours(dev)) {
		keep_report(dev, plan);
		plan_unplug(plan);
	} else if (in_use(dev)) {
		plan_offline(plan);
	}
	policy_keep(plan);
	if (dev->driver)
		plan_unbind(plan);
}

static bool movable(const struct reconfigure *want)
{
	return strcmp(want->plug_word, "online_kernel") != 0;
}

static void plan_to_use(const struct reconfigure *want, struct plan *plan)
{
	plan_load(plan, mode_driver(want->mode));
	plan_bind(plan, mode_driver(want->mode));
	if (mode_is_ours(want->mode))
		policy_plan(want->policy, want->mode, plan);
	if (want->no_online || want->mode == MODE_DEVDAX)
		return;
	if (mode_is_ours(want->mode))
		plan_plug(want, plan);
	else
		plan_online(plan, movable(want));
}

/* "online" is any zone. */
static bool in_another_zone(const struct reconfigure *want, const struct device *dev)
{
	return device_is_plugged(dev) && strcmp(want->plug_word, "online") != 0 &&
	       strcmp(want->plug_word, dev->state) != 0;
}

/* Memory that is online stays in its zone, and the rest joins it if any zone will do. */
static int plan_ram_online(const struct reconfigure *want, struct device *dev, struct plan *plan)
{
	bool any_zone = !strcmp(want->plug_word, "online"), to_movable = movable(want);
	struct blocks blocks = { .nr = 0 };
	int offline, kernel, elsewhere;
	bool known;

	blocks_read(&blocks, dev);
	known = blocks.nr;
	offline = blocks_count(&blocks, BLOCK_OFFLINE);
	kernel = blocks_count(&blocks, BLOCK_KERNEL);
	elsewhere = to_movable ? kernel : blocks_count(&blocks, BLOCK_MOVABLE);
	blocks_free(&blocks);
	if (elsewhere && !any_zone)
		return complain(dev->name, EBUSY, "take it offline first: daxctl offline-memory",
				"its memory is online as %s memory",
				to_movable ? "unmovable" : "movable");
	if (known ? offline : !in_use(dev))
		plan_online(plan, to_movable && !kernel);
	return 0;
}

/* It has the mode: what is left are values, and whether it is plugged. */
static int plan_same_mode(const struct reconfigure *want, struct device *dev, struct plan *plan)
{
	if (dev->mode == MODE_SYSTEM_RAM && !want->no_online)
		return plan_ram_online(want, dev, plan);
	if (!device_is_ours(dev))
		return 0;
	if (!want->no_online && in_another_zone(want, dev))
		return complain(dev->name, EBUSY, "unplug it first", "it is plugged as %s", dev->state);
	policy_plan(want->policy, want->mode, plan);
	tell_shared(dev, plan);
	if (!want->no_online && !device_is_plugged(dev))
		plan_plug(want, plan);
	return 0;
}

static int check_kernel_has(const struct reconfigure *want, const struct device *dev)
{
	const char *driver = mode_driver(want->mode);
	bool known;

	if (mode_is_ours(want->mode) && device_check_kernel(dev))
		return -EOPNOTSUPP;
	if (sysfs_exists("/sys/bus/dax/drivers/%s", driver) || module_exists(driver, &known) ||
	    !known)
		return 0;
	return complain(dev->name, EOPNOTSUPP, "see daxctl-private doctor",
			"this kernel has no module %s, which mode %s needs", driver,
			mode_name(want->mode));
}

/* The kernel can use new memory at once, as it likes, whoever adds it. */
static int check_auto_online(const struct reconfigure *want, const struct device *dev)
{
	char *now = sysfs_read(AUTO_ONLINE);
	bool agrees = !now || !strcmp(now, "offline") ||
		      (!want->no_online && (!strcmp(want->plug_word, "online") ||
					    !strcmp(want->plug_word, now)));
	int ret = 0;

	if (!agrees)
		ret = complain(dev->name, EBUSY, "echo offline > " AUTO_ONLINE,
			       "the kernel would online the memory at once, and not %s: auto_online_blocks is %s",
			       want->no_online ? "leave it offline" : "where it was asked for", now);
	free(now);
	return ret;
}

/* The node that it will be plugged to, where the policy does not name one. */
static int check_its_node(const struct reconfigure *want, const struct device *dev)
{
	bool same = dev->mode == want->mode;
	int node = same ? dev->node : daxctl_dev_get_target_node(dev->dax);

	if (want->no_online || !mode_is_ours(want->mode) || policy_names_node(want->policy))
		return 0;
	/* the memory that the node has may be that of the device, which goes first */
	if (dev->mode == MODE_SYSTEM_RAM && !node_has_state("has_cpu", node))
		return 0;
	return same && device_is_plugged(dev) ? 0 : check_spare_node(dev->name, node);
}

static int check_other_mode(const struct reconfigure *want, const struct device *dev)
{
	if (in_use(dev) && !want->force)
		return complain(dev->name, EBUSY, "unplug or offline it first, or give --force",
				"its memory is in use in mode %s", mode_name(dev->mode));
	return want->mode == MODE_SYSTEM_RAM ? check_auto_online(want, dev) : 0;
}

/**
 * reconfigure_plan() - give a device a mode, a policy and its memory to its node
 * @want: what it is to have
 * @dev: the device
 * @plan: where the steps go; none if it is so already
 *
 * Return: 0, or a negative error number if it cannot be, which was told
 */
int reconfigure_plan(const struct reconfigure *want, struct device *dev, struct plan *plan)
{
	bool same = dev->mode == want->mode;
	int ret = check_kernel_has(want, dev);

	if (!ret)
		ret = device_check_stays(dev);
	if (!ret)
		ret = policy_check(want->policy, dev, want->mode, same && device_is_plugged(dev));
	if (!ret)
		ret = check_its_node(want, dev);
	if (!ret && same)
		return plan_same_mode(want, dev, plan);
	if (!ret)
		ret = check_other_mode(want, dev);
	if (ret)
		return ret;
	plan_to_free(dev, plan);
	plan_to_use(want, plan);
	return 0;
}
