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

static struct policy wanted;

static int make_policy(struct device *dev, struct plan *plan)
{
	int ret;

	if (!device_is_ours(dev) && device_check_kernel(dev))
		return -EOPNOTSUPP;
	/* one look tells all that is wrong */
	if (!device_is_ours(dev))
		return complain(dev->name, EINVAL, "daxctl-private reconfigure-device gives it one",
				"a device in mode %s has no policy", mode_name(dev->mode));
	ret = device_check_stays(dev);
	if (!ret)
		ret = policy_check(&wanted, dev, dev->mode, device_is_plugged(dev));
	if (ret)
		return ret;
	policy_plan(&wanted, dev->mode, plan);
	tell_shared(dev, plan);
	return 0;
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
	struct change change = { .done = "set the policy of", .make = make_policy, .region = region };
	int ret = EXIT_USAGE;

	argc = take_values(argc, argv);
	change.only_looks = !policy_options.values.nr && !policy_options.preset &&
			    !policy_options.above_dram && !policy_options.below_dram;
	if (!policy_read(&wanted, cmd->name, &policy_options))
		ret = change_devices(&change, argc, argv);
	else
		change_check(&change, argc, argv);
	policy_free(&wanted);
	return ret;
}

const struct command cmd_policy = {
	.name = "policy",
	.args = "DEVICE...|all [NAME=VALUE...]",
	.help = "Set values of a device, all of them or none, and show them.",
	.options = options,
	.run = policy,
	.writes = true,
};
