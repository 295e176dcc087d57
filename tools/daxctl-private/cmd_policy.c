// SPDX-License-Identifier: GPL-2.0
/* daxctl-private policy: the values of a device, together. */
#include <errno.h>
#include <string.h>

#include "change.h"
#include "command.h"
#include "message.h"
#include "policy.h"

static struct policy_options policy_options;
static const char *region;

static const struct option_def options[] = {
	POLICY_OPTIONS(&policy_options),
	TEXT('r', "region", &region, "ID", "only devices of this region"),
	END_OF_OPTIONS
};

static int make_policy(struct device *dev, struct plan *plan)
{
	struct policy policy = { .value = { NULL } };
	int bad = policy_read(&policy, dev->name, &policy_options);

	/* one look tells all that is wrong */
	if (!device_is_ours(dev))
		bad = complain(dev->name, EINVAL, "daxctl-private reconfigure-device gives it one",
			       "a device in mode %s has no policy", mode_name(dev->mode));
	else if (policy_check(&policy, dev, dev->mode, device_is_plugged(dev)))
		bad = -EINVAL;
	if (!bad)
		policy_plan(&policy, dev->mode, plan);
	policy_free(&policy);
	return bad;
}

/* Values stand among the names of devices. */
static int take_values(int argc, char **argv)
{
	int devices = 0;

	for (int i = 0; i < argc; i++) {
		if (strchr(argv[i], '='))
			options_add_text(&policy_options.values, argv[i]);
		else
			argv[devices++] = argv[i];
	}
	return devices;
}

static int policy(const struct command *cmd, int argc, char **argv)
{
	const struct change change = { .done = "set the policy of", .make = make_policy, .region = region };

	(void)cmd;
	return change_devices(&change, take_values(argc, argv), argv);
}

const struct command cmd_policy = {
	.name = "policy",
	.args = "DEVICE...|all [NAME=VALUE...]",
	.help = "Set values of a device, all of them or none, and show them.",
	.options = options,
	.run = policy,
	.writes = true,
};
