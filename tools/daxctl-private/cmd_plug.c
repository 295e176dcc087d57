// SPDX-License-Identifier: GPL-2.0
/* daxctl-private plug and unplug: the memory of a device of ours, as a whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "command.h"
#include "message.h"
#include "signals.h"
#include "text.h"

static const char *region, *zone;
static struct patience patience;
static long long timeout;

static const struct option_def plug_options[] = {
	TEXT('z', "zone", &zone, "ZONE", "movable or kernel; without it, what suits the policy"),
	FLAG('w', "wait", &patience.retry, "wait for the device, and while something is in its way"),
	NUMBER('t', "timeout", &timeout, "SECONDS", "give up then"),
	TEXT('r', "region", &region, "ID", "only devices of this region"),
	END_OF_OPTIONS
};

static const struct option_def unplug_options[] = {
	FLAG('w', "wait", &patience.retry, "try again while something holds it"),
	NUMBER('t', "timeout", &timeout, "SECONDS", "give up then; nothing has changed"),
	TEXT('r', "region", &region, "ID", "only devices of this region"),
	END_OF_OPTIONS
};

static int must_be_ours(const struct device *dev)
{
	if (device_is_ours(dev))
		return device_check_stays(dev);
	if (device_check_kernel(dev))
		return -EOPNOTSUPP;
	return complain(dev->name, EINVAL, "daxctl-private reconfigure-device gives it mode private or cram",
			"a device in mode %s is not plugged", mode_name(dev->mode));
}

/* The kernel would say no more than that something is wrong. */
static int must_have_node(const struct device *dev)
{
	char *hint;
	int ret;

	if (dev->node != NO_NODE)
		return 0;
	hint = xasprintf("daxctl-private policy %s node=NUMBER; daxctl-private doctor tells which are spare",
			 dev->name);
	ret = complain(dev->name, EINVAL, hint, "it has no node to be plugged to");
	free(hint);
	return ret;
}

static const char *plug_word(void)
{
	if (!zone)
		return "online";
	return strcmp(zone, "movable") != 0 ? "online_kernel" : "online_movable";
}

static int make_plugged(struct device *dev, struct plan *plan)
{
	const char *word = plug_word();
	int ret = must_be_ours(dev);

	if (ret)
		return ret;
	if (!strcmp(word, "online") ? device_is_plugged(dev) : !strcmp(word, dev->state))
		return 0;
	if (device_is_plugged(dev))
		return complain(dev->name, EBUSY, "unplug it first", "it is plugged as %s", dev->state);
	ret = must_have_node(dev);
	if (!ret)
		plan_hotplug(plan, word, &patience);
	return ret;
}

/*
 * What is unplugged may still have memory with its node, after a plug that could not
 * be undone: the kernel knows, and takes the word as done if there is none.
 */
static int make_unplugged(struct device *dev, struct plan *plan)
{
	int ret = must_be_ours(dev);

	if (ret)
		return ret;
	plan->same = !device_is_plugged(dev);
	plan_hotplug(plan, "unplugged", &patience);
	return 0;
}

/* It may have no mode of ours yet, as what udev starts gives it one. */
static bool is_there(const struct device *dev)
{
	return device_is_ours(dev) && dev->state;
}

/* The time counts from here on. */
static int check_timeout(struct change *change)
{
	if (timeout < 0 || timeout > MAX_TIMEOUT)
		return usage_error("--timeout: '%lld' is not from 0 to %lld", timeout, MAX_TIMEOUT);
	patience.end = timeout ? now_ms() + 1000 * timeout : 0;
	change->end = patience.end;
	return 0;
}

static int plug(const struct command *cmd, int argc, char **argv)
{
	struct change change = { .done = "plugged", .make = make_plugged, .region = region };
	int ret = check_timeout(&change);

	(void)cmd;
	if (zone && strcmp(zone, "movable") != 0 && strcmp(zone, "kernel") != 0)
		return usage_error("--zone: '%s' is neither movable nor kernel", zone);
	if (patience.retry)
		change.ready = is_there;
	return ret ? ret : change_devices(&change, argc, argv);
}

static int unplug(const struct command *cmd, int argc, char **argv)
{
	struct change change = { .done = "unplugged", .make = make_unplugged, .region = region };
	int ret = check_timeout(&change);

	(void)cmd;
	return ret ? ret : change_devices(&change, argc, argv);
}

const struct command cmd_plug = {
	.name = "plug",
	.args = "DEVICE...|all",
	.help = "Give the memory of a private device to its node.",
	.options = plug_options,
	.run = plug,
	.writes = true,
};

const struct command cmd_unplug = {
	.name = "unplug",
	.args = "DEVICE...|all",
	.help = "Take the memory of a private device back, in use or not.",
	.options = unplug_options,
	.run = unplug,
	.writes = true,
};
