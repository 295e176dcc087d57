// SPDX-License-Identifier: GPL-2.0
/* Has what the device is open to all that it needs? */
#include <stdlib.h>
#include <string.h>

#include "bootparam.h"
#include "checks.h"
#include "node.h"
#include "sysfs.h"

/* The first line of it is a heading. */
static bool have_swap(void)
{
	char *swaps = sysfs_read("/proc/swaps");
	bool have = swaps && strchr(swaps, '\n');

	free(swaps);
	return have;
}

static void check_swap(struct checks *checks, const struct device *dev)
{
	if (have_swap()) {
		check_ok(checks, "swap", dev->name, "there is swap for what is reclaimed");
	} else {
		check_problem(checks, "swap", dev->name,
			      "reclaim=1, and there is no swap that reclaim could take memory to");
		check_remedy(checks, "swapon a swap file, a disk or zram");
	}
}

static void check_demotion(struct checks *checks, const struct device *dev)
{
	if (demotion_enabled()) {
		check_ok(checks, "demotion", dev->name, "demotion is enabled");
	} else {
		check_problem(checks, "demotion", dev->name,
			      "nothing is demoted on this machine: demotion_enabled is false");
		check_remedy(checks, "echo 1 > " DEMOTION_ENABLED);
	}
}

/* Free pages of compressed RAM have to be zero. */
static void check_poison(struct checks *checks, const struct device *dev)
{
	char *poison = bootparam_value("page_poison");

	if (poison && (!strcmp(poison, "1") || !strcmp(poison, "on"))) {
		check_problem(checks, "page-poison", dev->name,
			      "page_poison= fills free pages, which compressed RAM needs to be zero");
		check_remedy(checks, "take page_poison=%s from the kernel's command line", poison);
	}
	free(poison);
}

/**
 * check_uses() - what a device of ours needs of the rest of the machine
 * @checks: where the results go
 * @dev: the device
 */
void check_uses(struct checks *checks, const struct device *dev)
{
	if (dev->mode == MODE_PRIVATE && device_is_on(dev, "reclaim"))
		check_swap(checks, dev);
	if (dev->mode == MODE_CRAM || (dev->mode == MODE_PRIVATE && device_is_on(dev, "demotion")))
		check_demotion(checks, dev);
	if (dev->mode == MODE_CRAM)
		check_poison(checks, dev);
}
