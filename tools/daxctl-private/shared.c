// SPDX-License-Identifier: GPL-2.0
/* Devices that are plugged to one node have one policy. */
#include <string.h>

#include "message.h"
#include "policy.h"

/**
 * tell_shared() - say which other devices a change of the policy is for
 * @dev: the device
 * @plan: its change
 */
void tell_shared(const struct device *dev, const struct plan *plan)
{
	struct devices all;

	if (!plan->nr || !device_is_plugged(dev) || devices_load(&all))
		return;
	for (int i = 0; i < all.nr; i++) {
		const struct device *other = &all.dev[i];

		if (other->node == dev->node && device_is_plugged(other) &&
		    strcmp(other->name, dev->name) != 0)
			say("%s: %s is on node %d, too, and its policy changes with it",
			    dev->name, other->name, dev->node);
	}
	devices_free(&all);
}
