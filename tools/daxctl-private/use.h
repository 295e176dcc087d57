/* SPDX-License-Identifier: GPL-2.0 */
/* What of a device's memory is used, and what has come and gone. */
#ifndef USE_H
#define USE_H

#include "device.h"

struct use {
	uint64_t promised;	/* bytes that the node has */
	uint64_t backed;	/* and that the device has for them */
	uint64_t resident;	/* of what is promised */
	uint64_t used;		/* of what backs it */
};

typedef void (*counter_fn)(void *arg, const char *name, uint64_t pages);

bool device_use(const struct device *dev, struct use *use);
void device_counters(const struct device *dev, counter_fn each, void *arg);

#endif
