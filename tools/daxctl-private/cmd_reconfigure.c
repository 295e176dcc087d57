// SPDX-License-Identifier: GPL-2.0
/* daxctl-private reconfigure-device: the mode of a device. */
#include <errno.h>

#include "change.h"
#include "command.h"
#include "handover.h"
#include "message.h"
#include "output.h"
#include "policy.h"
#include "reconfigure.h"
#include "text.h"

static struct policy_options policy_options;
static const char *mode_word, *region;
static bool no_online, no_movable, force;
static enum mode mode;

#define NOT_KNOWN	"daxctl has to do %s, and does not know it"
#define ALONE		"give it in a command of its own"

/* What only daxctl does; its -s is --size. */
static const char *size, *align, *input;
static bool check_config;

static const struct option_def options[] = {
	TEXT('m', "mode", &mode_word, "MODE", "private, cram, system-ram or devdax"),
	POLICY_OPTIONS(&policy_options),
	FLAG('N', "no-online", &no_online, "do not plug or online the memory"),
	FLAG(0, "no-movable", &no_movable, "not as movable memory: what cannot be moved may come"),
	FLAG('f', "force", &force, "unplug or offline the memory first, if it is in use in another mode"),
	TEXT('r', "region", &region, "ID", "only devices of this region"),
	TEXT(0, "size", &size, "SIZE", "daxctl gives the device this size; so does -s SIZE"),
	TEXT('a', "align", &align, "SIZE", "daxctl gives the device this alignment"),
	TEXT(0, "input", &input, "FILE", "daxctl makes the device as it is described there"),
	FLAG('C', "check-config", &check_config, "daxctl does what its configuration says"),
	END_OF_OPTIONS
};

static struct policy policy;

static int make_mode(struct device *dev, struct plan *plan)
{
	const struct reconfigure want = {
		.mode = mode,
		.policy = &policy,
		.plug_word = no_movable ? "online_kernel" : "online",
		.no_online = no_online,
		.force = force,
	};

	return reconfigure_plan(&want, dev, plan);
}

/* -s is --size if it has a size, else --set: how many of these there are. */
static int count_values(bool sizes)
{
	const struct texts *values = &policy_options.values;
	uint64_t bytes;
	int nr = 0;

	for (int i = 0; i < values->nr; i++)
		nr += parse_size(values->text[i], &bytes) == sizes;
	return nr;
}

/* The option that only daxctl has, or NULL. */
static const char *for_daxctl(void)
{
	if (check_config)
		return "--check-config";
	if (size || count_values(true))
		return "--size";
	return align ? "--align" : input ? "--input" : NULL;
}

/* Of what daxctl does not know it would say nothing, or not what helps. */
static int check_none_is_left(const char *option)
{
	const struct {
		const char *name;
		bool given;
		const char *remedy;
	} ours[] = {
		{ "--dry-run", global.dry_run, "leave it out" },
		{ "--quiet", quiet, "leave it out" },
		{ "--preset", policy_options.preset, ALONE },
		{ "--above-dram", policy_options.above_dram, ALONE },
		{ "--below-dram", policy_options.below_dram, ALONE },
		{ "--set", count_values(false), ALONE },
	};

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (ours[i].given)
			return usage_error("%s: " NOT_KNOWN ": %s", ours[i].name, option,
					   ours[i].remedy);
	if (mode_word && mode_parse(mode_word, &mode) && mode_is_ours(mode))
		return usage_error("--mode=%s: " NOT_KNOWN ": %s", mode_word, option, check_config ?
				   "daxctl-private apply does what the config says" : ALONE);
	return 0;
}

/* To daxctl, a device of ours looks like one in mode devdax. */
static int check_none_is_ours(const struct devices *devices)
{
	int ret = EXIT_DONE;

	for (int i = 0; i < devices->nr; i++) {
		const struct device *dev = &devices->dev[i];

		if (!device_is_ours(dev))
			continue;
		(void)complain(dev->name, EBUSY, "give it mode devdax first",
			       "daxctl cannot do this to a device in mode %s", mode_name(dev->mode));
		ret = EXIT_FAILED;
	}
	return ret;
}

static int leave_to_daxctl(const char *option, int argc, char **argv)
{
	struct devices devices;
	int ret = check_none_is_left(option);

	if (ret)
		return ret;
	if (!argc)
		return usage_error("no device was named; \"all\" is every one");
	if (devices_load(&devices))
		return EXIT_FAILED;
	ret = devices_select(&devices, argc, argv, region);
	if (!ret)
		ret = check_none_is_ours(&devices);
	devices_free(&devices);
	if (!ret)
		return hand_over();
	print_objects(json_object_new_array());
	return ret;
}

static int reconfigure(const struct command *cmd, int argc, char **argv)
{
	const struct change change = { .done = "reconfigured", .make = make_mode, .region = region };
	int ret = EXIT_USAGE;

	if (for_daxctl())
		return leave_to_daxctl(for_daxctl(), argc, argv);
	if (!mode_word || !mode_parse(mode_word, &mode))
		return usage_error("--mode=%s: give private, cram, system-ram or devdax",
				   mode_word ? mode_word : "");
	if (no_online && mode == MODE_DEVDAX)
		return usage_error("--no-online: a device in mode devdax has no memory to online: "
				   "leave it out");
	if (!policy_read(&policy, cmd->name, &policy_options))
		ret = change_devices(&change, argc, argv);
	else
		change_check(&change, argc, argv);
	policy_free(&policy);
	return ret;
}

const struct command cmd_reconfigure_device = {
	.name = "reconfigure-device",
	.args = "DEVICE...|all",
	.help = "Give a device another mode, as a whole or not at all.",
	.options = options,
	.run = reconfigure,
	.writes = true,
};
