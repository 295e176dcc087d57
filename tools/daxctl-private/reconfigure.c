// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "message.h"
#include "reconfigure.h"
#include "sysfs.h"

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

/* If it is undone, the first value is written first: reclaim before demotion. */
static void keep_policy(const struct device *dev, struct plan *plan)
{
	for (int i = NR_ATTRIBUTES; i--; )
		if (attributes[i].modes & 1U << dev->mode)
			plan_keep(plan, attributes[i].name);
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
	if (in_use(dev) && device_is_ours(dev))
		plan_unplug(plan);
	else if (in_use(dev))
		plan_offline(plan);
	keep_policy(dev, plan);
	if (dev->driver)
		plan_unbind(plan);
}

static bool is_ours(enum mode mode)
{
	return mode == MODE_PRIVATE || mode == MODE_CRAM;
}

static bool movable(const struct reconfigure *want)
{
	return strcmp(want->plug_word, "online_kernel") != 0;
}

static void plan_to_use(const struct reconfigure *want, struct plan *plan)
{
	plan_load(plan, mode_driver(want->mode));
	plan_bind(plan, mode_driver(want->mode));
	if (is_ours(want->mode))
		policy_plan(want->policy, want->mode, plan);
	if (want->no_online || want->mode == MODE_DEVDAX)
		return;
	if (is_ours(want->mode))
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

/* It has the mode: what is left are values, and whether it is plugged. */
static int plan_same_mode(const struct reconfigure *want, struct device *dev, struct plan *plan)
{
	if (dev->mode == MODE_SYSTEM_RAM && !want->no_online && !in_use(dev))
		plan_online(plan, movable(want));
	if (!device_is_ours(dev))
		return 0;
	if (!want->no_online && in_another_zone(want, dev))
		return complain(dev->name, EBUSY, "unplug it first", "it is plugged as %s", dev->state);
	policy_plan(want->policy, want->mode, plan);
	if (!want->no_online && !device_is_plugged(dev))
		plan_plug(want, plan);
	return 0;
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
	int ret;

	if (is_ours(want->mode) && !sysfs_exists("/sys/devices/system/node/has_memory_private"))
		return complain(dev->name, EOPNOTSUPP, "see daxctl-private doctor",
				"this kernel has no private nodes");
	ret = policy_check(want->policy, dev, want->mode, same && device_is_plugged(dev));
	if (ret)
		return ret;
	if (same)
		return plan_same_mode(want, dev, plan);
	if (in_use(dev) && !want->force)
		return complain(dev->name, EBUSY, "unplug or offline it first, or give --force",
				"its memory is in use in mode %s", mode_name(dev->mode));
	plan_to_free(dev, plan);
	plan_to_use(want, plan);
	return 0;
}
