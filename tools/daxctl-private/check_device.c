// SPDX-License-Identifier: GPL-2.0
/* Could the device be plugged? */
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "node.h"
#include "policy.h"
#include "sysfs.h"
#include "text.h"

/* ---- who has it ----------------------------------------------------------- */

static void check_kmem(struct checks *checks, const struct device *dev)
{
	static const char *const auto_online = "/sys/devices/system/memory/auto_online_blocks";
	char *online = sysfs_read("%s", auto_online);
	const char *blacklist = module_is_blacklisted("kmem") ? "" :
				"; and put \"blacklist kmem\" into a file in /etc/modprobe.d";

	check_problem(checks, "driver", dev->name, "kmem has made ordinary memory of it");
	check_remedy(checks,
		     "daxctl-private reconfigure-device --force --mode=private %s%s",
		     dev->name, blacklist);
	if (!online || !strcmp(online, "offline")) {
		check_ok(checks, "auto-online", dev->name, "the kernel leaves new memory offline");
	} else {
		check_problem(checks, "auto-online", dev->name,
			      "the kernel uses new memory at once: auto_online_blocks is %s",
			      online);
		check_remedy(checks, "echo offline > %s", auto_online);
	}
	free(online);
}

static void check_driver(struct checks *checks, const struct device *dev)
{
	switch (dev->mode) {
	case MODE_SYSTEM_RAM:
		check_kmem(checks, dev);
		return;
	case MODE_OTHER:
		check_problem(checks, "driver", dev->name, "%s has it", dev->driver);
		check_remedy(checks, "daxctl-private reconfigure-device --mode=private %s",
			     dev->name);
		return;
	case MODE_DISABLED:
		check_ok(checks, "driver", dev->name, "none: it is free to be reconfigured");
		return;
	case MODE_DEVDAX:
		check_ok(checks, "driver", dev->name,
			 "device_dax: it is free to be reconfigured, unless a program has it open");
		return;
	case MODE_PRIVATE:
	case MODE_CRAM:
		check_ok(checks, "driver", dev->name,
			 "%s, %s", dev->driver, dev->state ? dev->state : "going away");
	}
}

/* ---- its node ------------------------------------------------------------- */

static void other_node(struct checks *checks, const struct devices *devices,
		       const struct device *dev)
{
	int spare;

	if (!spare_nodes(devices, &spare))
		more_spare_nodes(checks);
	else if (device_is_ours(dev))
		check_remedy(checks, "daxctl-private policy %s node=%d", dev->name, spare);
	else
		check_remedy(checks,
			     "daxctl-private reconfigure-device --mode=private --set node=%d %s",
			     spare, dev->name);
}

static bool same_attribute(const struct device *a, const struct device *b, const char *name)
{
	char *one = device_attr(a, name), *other = device_attr(b, name);
	bool same = one && other ? !strcmp(one, other) : one == other;

	free(one);
	free(other);
	return same;
}

/* Devices share a node only if they agree; NULL: they do. */
static const char *disagree(const struct device *a, const struct device *b)
{
	if (a->mode != MODE_PRIVATE || b->mode != MODE_PRIVATE)
		return device_is_ours(a) ? "the driver: compressed RAM shares with nobody" : NULL;
	for (int i = 0; i < NR_ATTRIBUTES; i++)
		if (attributes[i].modes & 1U << MODE_PRIVATE &&
		    !same_attribute(a, b, attributes[i].name))
			return attributes[i].name;
	return NULL;
}

static void check_shared(struct checks *checks, const struct devices *devices,
			 const struct device *dev)
{
	for (int i = 0; i < devices->nr; i++) {
		const struct device *other = &devices->dev[i];
		const char *what;

		if (!strcmp(other->name, dev->name) || other->node != dev->node ||
		    !device_is_plugged(other))
			continue;
		what = disagree(dev, other);
		if (what) {
			check_problem(checks, "node-shared", dev->name,
				      "node %d has %s, which differs in %s",
				      dev->node, other->name, what);
			other_node(checks, devices, dev);
		} else {
			check_ok(checks, "node-shared", dev->name,
				 "node %d has %s, too", dev->node, other->name);
		}
	}
}

static bool needs_spare(const struct device *dev)
{
	if (device_is_plugged(dev) || dev->mode == MODE_SYSTEM_RAM)
		return false;
	return dev->node == NO_NODE || !node_has_state("possible", dev->node) ||
	       node_is_taken(dev->node);
}

/**
 * check_spare_nodes() - are there node ids for the devices that need another one?
 * @checks: where the results go
 * @devices: all dax devices
 */
void check_spare_nodes(struct checks *checks, const struct devices *devices)
{
	char *possible = sysfs_read("/sys/devices/system/node/possible");
	int first, nr = spare_nodes(devices, &first), needed = 0;

	for (int i = 0; i < devices->nr; i++)
		needed += needs_spare(&devices->dev[i]);
	if (nr) {
		check_ok(checks, "spare-nodes", NULL,
			 "%d of the possible nodes %s, the first is %d", nr, possible, first);
	} else if (!needed) {
		check_ok(checks, "spare-nodes", NULL, "none, and no device needs one");
	} else {
		check_problem(checks, "spare-nodes", NULL, "all possible nodes are in use: %s",
			      possible ? possible : "0");
		more_spare_nodes(checks);
	}
	free(possible);
}

static void check_node(struct checks *checks, const struct devices *devices,
		       const struct device *dev)
{
	const char *taken = dev->node == NO_NODE ? NULL : node_is_taken(dev->node);

	if (device_is_plugged(dev) || dev->mode == MODE_SYSTEM_RAM) {
		check_ok(checks, "node", dev->name, "its memory is node %d", dev->node);
		return;
	}
	if (dev->node == NO_NODE) {
		check_problem(checks, "node", dev->name, "the firmware gives it none");
		other_node(checks, devices, dev);
	} else if (!node_has_state("possible", dev->node)) {
		check_problem(checks, "node", dev->name, "node %d is not possible", dev->node);
		other_node(checks, devices, dev);
	} else if (taken) {
		check_problem(checks, "node", dev->name, "node %d has %s", dev->node, taken);
		other_node(checks, devices, dev);
	} else {
		check_ok(checks, "node", dev->name, "node %d can be private", dev->node);
	}
	check_shared(checks, devices, dev);
}

/* ---- memory blocks -------------------------------------------------------- */

/* Bytes of a range that are in no whole block of it. */
static uint64_t lost_of(uint64_t start, uint64_t end, uint64_t block)
{
	uint64_t first = (start + block - 1) / block * block, last = end / block * block;

	return end - start - (last > first ? last - first : 0);
}

static bool add_up_lost(const struct device *dev, uint64_t block, uint64_t *size, uint64_t *lost)
{
	uint64_t start, end;
	bool known = true;

	for (int i = 0; known && device_range(dev, i, &start, &end, &known); i++) {
		*size += end - start;
		*lost += lost_of(start, end, block);
	}
	return known;
}

static void check_alignment(struct checks *checks, const struct device *dev)
{
	uint64_t block = memory_block_size(), size = 0, lost = 0;
	char *unit = human_size(block), *bytes;

	if (!block) {
		check_problem(checks, "alignment", dev->name, "the kernel has no memory blocks");
		check_remedy(checks, "boot a kernel with CONFIG_MEMORY_HOTPLUG=y");
	} else if (!add_up_lost(dev, block, &size, &lost)) {
		check_ok(checks, "alignment", dev->name, "its addresses are told to root only");
	} else if (!lost) {
		check_ok(checks, "alignment", dev->name, "whole memory blocks of %s", unit);
	} else {
		bytes = human_size(lost);
		check_problem(checks, "alignment", dev->name,
			      "%s in no whole memory block of %s: %s", bytes, unit,
			      lost == size ? "nothing is left" : "that much gets lost");
		check_remedy(checks,
			     "start and end have to be multiples of it; daxctl-private reserve sees to it");
		free(bytes);
	}
	free(unit);
}

/**
 * check_device() - would the kernel plug it?
 * @checks: where the results go
 * @devices: all dax devices
 * @dev: the one
 */
void check_device(struct checks *checks, const struct devices *devices, const struct device *dev)
{
	check_driver(checks, dev);
	check_node(checks, devices, dev);
	check_alignment(checks, dev);
	check_uses(checks, dev);
}
