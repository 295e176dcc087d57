/* SPDX-License-Identifier: GPL-2.0 */
/* What it takes to give a device a mode: for the command line and the config file. */
#ifndef RECONFIGURE_H
#define RECONFIGURE_H

#include <stdbool.h>

#include "device.h"
#include "plan.h"
#include "policy.h"

struct reconfigure {
	enum mode mode;
	const struct policy *policy;
	const char *plug_word;	/* "online", or the one of a zone */
	bool no_online;		/* leave it unplugged, if it is */
	bool force;		/* unplug or offline it first, if it is in use */
};

int reconfigure_plan(const struct reconfigure *want, struct device *dev, struct plan *plan);

#endif
