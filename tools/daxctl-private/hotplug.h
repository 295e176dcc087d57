/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOTPLUG_H
#define HOTPLUG_H

#include "device.h"
#include "plan.h"

int hotplug_write(const struct device *dev, const char *path, const char *word,
		  const struct patience *patience);

#endif
