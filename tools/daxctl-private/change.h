/* SPDX-License-Identifier: GPL-2.0 */
/* What the verbs that change devices have in common. */
#ifndef CHANGE_H
#define CHANGE_H

#include <stdbool.h>

#include "device.h"
#include "plan.h"

/*
 * Fills in the plan that makes of the device what is wanted; an empty one if it
 * is so already. A negative error number, of what was told, if that cannot be.
 */
typedef int (*plan_maker)(struct device *dev, struct plan *plan);

struct change {
	const char *done;	/* "plugged", for the last line */
	plan_maker make;
	const char *region;
	/* NULL: now; else it is waited until each device is there, and this says so */
	bool (*ready)(const struct device *dev);
	long long end;		/* as of now_ms(), when to give up; 0: none */
	bool only_looks;	/* there is nothing to be changed */
};

int change_devices(const struct change *change, int argc, char **argv);
void change_check(const struct change *change, int argc, char **argv);

#endif
