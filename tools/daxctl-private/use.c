// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "names.h"
#include "node.h"
#include "text.h"
#include "use.h"

/**
 * device_use() - how much of a device's memory is used
 * @dev: the device
 * @use: where it goes, in bytes; what does not compress is backed as it is
 *
 * Return: whether its node has memory
 */
bool device_use(const struct device *dev, struct use *use)
{
	uint64_t unused = 0;

	*use = (struct use){ 0 };
	if (dev->node == NO_NODE || !node_memory(dev->node, "MemTotal", &use->promised))
		return false;
	(void)node_memory(dev->node, "MemFree", &unused);
	use->resident = unused < use->promised ? use->promised - unused : 0;
	use->backed = use->promised;
	use->used = use->resident;
	if (dev->mode == MODE_CRAM) {
		(void)device_number(dev, "capacity", &use->backed);
		(void)device_number(dev, "used", &use->used);
	}
	return true;
}

/**
 * device_counters() - the counters of a device, in the order of their names
 * @dev: the device
 * @each: is given each of them, in pages
 * @arg: for @each
 */
void device_counters(const struct device *dev, counter_fn each, void *arg)
{
	char *path = device_path(dev, "stats");
	struct names counters;

	(void)names_read(&counters, "*", "%s", path);
	for (int i = 0; i < counters.nr; i++) {
		char *name = xasprintf("stats/%s", counters.name[i]);
		uint64_t pages;

		if (device_number(dev, name, &pages))
			each(arg, counters.name[i], pages);
		free(name);
	}
	names_free(&counters);
	free(path);
}
