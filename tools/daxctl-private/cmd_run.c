// SPDX-License-Identifier: GPL-2.0
/* daxctl-private run: a command whose memory is on devices that are named. */
#include <errno.h>
#include <numaif.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "device.h"
#include "message.h"
#include "node.h"
#include "nodemask.h"
#include "output.h"
#include "procs.h"
#include "sysfs.h"
#include "text.h"

#ifndef MPOL_PREFERRED_MANY
#define MPOL_PREFERRED_MANY	5
#endif

/* As of a shell. */
#define EXIT_CANNOT_RUN	126
#define EXIT_NO_COMMAND	127

static struct texts names;
static bool do_bind, preferred, interleave;

static const struct option_def options[] = {
	DEVICE_NAMES('d', "dev", &names, "NAME", "memory comes from this device; may be given again"),
	FLAG('b', "bind", &do_bind, "from there and nowhere else, as without an option"),
	FLAG('p', "preferred", &preferred, "from there as long as there is room"),
	FLAG('i', "interleave", &interleave, "from there and from DRAM in turns"),
	END_OF_OPTIONS
};

static const char *policy_name(void)
{
	return interleave ? "interleave" : preferred ? "preferred" : "bind";
}

static int need_opt_in(const struct device *dev, const char *attr)
{
	uint64_t on = 0;
	char *hint;

	(void)device_number(dev, attr, &on);
	if (on)
		return 0;
	hint = xasprintf("daxctl-private policy %s %s=1", dev->name, attr);
	(void)complain(dev->name, EPERM, hint, "it is not open to processes: %s is 0", attr);
	free(hint);
	return -EPERM;
}

static int check_private(const struct device *dev)
{
	char *hint, *cgroup;
	int ret;

	if (!device_is_plugged(dev)) {
		hint = xasprintf("daxctl-private plug %s", dev->name);
		ret = complain(dev->name, ENXIO, hint, "it is not plugged");
		free(hint);
		return ret;
	}
	ret = need_opt_in(dev, "mbind");
	if (!ret && (preferred || interleave))
		ret = need_opt_in(dev, "interleave");
	if (ret)
		return ret;
	cgroup = process_cpuset_without(getpid(), dev->node);
	if (!cgroup)
		return 0;
	hint = xasprintf("add %d to cpuset.mems of the cgroup %s", dev->node, cgroup);
	ret = complain(dev->name, EPERM, hint, "the cpuset leaves node %d out", dev->node);
	free(hint);
	free(cgroup);
	return ret;
}

static int check_device(const struct device *dev)
{
	if (dev->mode == MODE_PRIVATE)
		return check_private(dev);
	if (dev->mode == MODE_CRAM)
		return complain(dev->name, EOPNOTSUPP, "cold memory is demoted there",
				"compressed RAM is not bound to");
	if (dev->mode == MODE_SYSTEM_RAM && node_has_state("has_memory", dev->node))
		return 0;
	return complain(dev->name, ENXIO, "daxctl-private reconfigure-device gives it mode private",
			"a device in mode %s has no memory for processes", mode_name(dev->mode));
}

/* To interleave is with DRAM: with what everybody has. */
static void add_ordinary(struct nodemask *mask)
{
	char *list = sysfs_read("/sys/devices/system/node/has_memory");

	for (int node = 0; node < NODEMASK_NODES; node++)
		if (node_in_list(list, node))
			nodemask_add(mask, node);
	free(list);
}

static int set_policy(const struct devices *devices)
{
	struct nodemask mask = { .bits = { 0 } };
	int mode = MPOL_BIND;

	for (int i = 0; i < devices->nr; i++)
		nodemask_add(&mask, devices->dev[i].node);
	if (interleave) {
		add_ordinary(&mask);
		mode = MPOL_INTERLEAVE;
	} else if (preferred) {
		mode = devices->nr == 1 ? MPOL_PREFERRED : MPOL_PREFERRED_MANY;
	}
	if (!set_mempolicy(mode, mask.bits, NODEMASK_MAXNODE))
		return 0;
	return complain(devices->dev[0].name, errno, "was it closed or unplugged just now?",
			"cannot bind the command to its node");
}

static void show_plan(const struct devices *devices, char **argv)
{
	struct json_object *array = json_object_new_array(), *obj;

	for (int i = 0; i < devices->nr; i++) {
		obj = json_object_new_object();
		add_text(obj, "chardev", devices->dev[i].name);
		add_number(obj, "node", devices->dev[i].node);
		add_text(obj, "policy", policy_name());
		add_text(obj, "command", argv[0]);
		json_object_array_add(array, obj);
	}
	print_objects(array);
}

static int prepare(char **argv)
{
	struct devices devices;
	int ret;

	if (devices_load(&devices))
		return EXIT_FAILED;
	ret = devices_select(&devices, names.nr, (char **)names.text, NULL);
	for (int i = 0; !ret && i < devices.nr; i++)
		ret = check_device(&devices.dev[i]) ? EXIT_FAILED : 0;
	if (!ret && global.dry_run)
		show_plan(&devices, argv);
	else if (!ret)
		ret = set_policy(&devices) ? EXIT_FAILED : 0;
	devices_free(&devices);
	return ret;
}

static int run(const struct command *cmd, int argc, char **argv)
{
	int ret;

	(void)cmd;
	if (!names.nr)
		return usage_error("run: no device was named; give --dev");
	if (!argc)
		return usage_error("run: no command was given");
	if (do_bind + preferred + interleave > 1)
		return usage_error("run: give one of --bind, --preferred and --interleave");
	ret = prepare(argv);
	if (ret || global.dry_run)
		return ret;
	execvp(argv[0], argv);
	ret = errno == ENOENT ? EXIT_NO_COMMAND : EXIT_CANNOT_RUN;
	(void)complain(argv[0], errno, NULL, "cannot run the command");
	return ret;
}

/* What the command prints is its own. */
static bool is_of_command(void)
{
	return !global.dry_run;
}

const struct command cmd_run = {
	.name = "run",
	.args = "[--] COMMAND [ARGUMENT...]",
	.help = "Run a command whose memory comes from devices.",
	.options = options,
	.run = run,
	.other_result = is_of_command,
	.writes = true,
	.to_the_end = true,
};
