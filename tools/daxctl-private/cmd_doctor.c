// SPDX-License-Identifier: GPL-2.0
/* daxctl-private doctor: why a device is not there or was refused, and what helps. */
#include <string.h>

#include "checks.h"
#include "command.h"
#include "message.h"
#include "output.h"
#include "text.h"

/* It is what doctor is for, so it is no error. */
static void check_missing(struct checks *checks, const struct devices *devices, const char *name)
{
	if (!strcmp(name, "all") || devices_find(devices, name))
		return;
	check_problem(checks, "device", name, "there is no such dax device");
	check_remedy(checks,
		     "see the problems above; daxctl-private list --idle has those that there are");
}

static void check_all(struct checks *checks, const struct devices *devices, int argc, char **argv)
{
	check_kernel(checks);
	check_reserved(checks, devices);
	check_cxl(checks);
	check_spare_nodes(checks, devices);
	for (int i = 0; i < argc; i++)
		check_missing(checks, devices, argv[i]);
	for (int i = 0; i < devices->nr; i++)
		if (device_is_named(&devices->dev[i], argc, argv))
			check_device(checks, devices, &devices->dev[i]);
}

static int doctor(const struct command *cmd, int argc, char **argv)
{
	struct checks checks = { .array = json_object_new_array() };
	struct devices devices;

	(void)cmd;
	if (devices_load(&devices)) {
		json_object_put(checks.array);
		return EXIT_FAILED;
	}
	check_all(&checks, &devices, argc, argv);
	devices_free(&devices);
	if (global.human) {
		print_checks(&checks);
		json_object_put(checks.array);
	} else {
		print_objects(checks.array);
	}
	if (checks.no_feature)
		return EXIT_NO_FEATURE;
	return checks.problems ? EXIT_FAILED : EXIT_DONE;
}

static bool is_text(void)
{
	return global.human;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.args = "[DEVICE...]",
	.help = "Say why a device is not there or was refused, and what helps.",
	.run = doctor,
	.other_result = is_text,
};
