// SPDX-License-Identifier: GPL-2.0
/* daxctl-private apply: make of devices what the config files say, as at boot. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "command.h"
#include "config.h"
#include "message.h"
#include "output.h"
#include "reconfigure.h"
#include "text.h"

static const char *dir;
static bool check, force;
static struct config config;

static const struct option_def options[] = {
	TEXT('c', "config", &dir, "DIR", "read DIR/*.conf, not those in " CONFIG_DIR),
	FLAG(0, "check", &check, "only say what is wrong with the config files"),
	FLAG('f', "force", &force, "unplug or offline memory first that is in use in another mode"),
	END_OF_OPTIONS
};

static int make_applied(struct device *dev, struct plan *plan)
{
	const struct section *section = config_find(&config, dev->name);
	const struct reconfigure want = {
		.mode = section->mode,
		.policy = &section->policy,
		.plug_word = section->plug_word,
		.no_online = section->no_online,
		.force = force,
	};

	return reconfigure_plan(&want, dev, plan);
}

/* The good sections, and the devices that they are for. */
static void print_sections(void)
{
	struct json_object *array = json_object_new_array();

	for (int i = 0; i < config.nr; i++) {
		const struct section *section = &config.section[i];
		struct json_object *obj = json_object_new_object();

		add_text(obj, "section", section->name);
		add_text(obj, "where", section->where);
		add_text(obj, "mode", mode_name(section->mode));
		add_text(obj, "chardev", section->device);
		json_object_array_add(array, obj);
	}
	print_objects(array);
}

/* What is wrong elsewhere in the config is not the fault of this device. */
static bool lacks_section(const struct device *dev)
{
	bool sure, has = config_find(&config, dev->name);
	const struct section *skipped = config_skipped(&config, dev, &sure);

	if (!skipped || (has && !sure))
		return false;
	(void)complain(dev->name, EINVAL, "the warning says why",
		       sure ? "its section is skipped: %s" :
		       "no section is for it, unless it is the one that is skipped: %s",
		       skipped->where);
	return true;
}

static void choose_all(struct texts *chosen, const struct devices *devices, int argc, char **argv)
{
	for (int i = 0; i < config.nr; i++)
		if (config.section[i].device)
			options_add_text(chosen, config.section[i].device);
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "all") != 0 && !devices_find(devices, argv[i]))
			options_add_text(chosen, argv[i]);
}

/*
 * The devices that have a section, and names that are wrong, which others tell.
 * Return how much of what is wanted cannot be done.
 */
static int choose(struct texts *chosen, const struct devices *devices, int argc, char **argv)
{
	int failed = 0;

	if (names_all(argc, argv)) {
		choose_all(chosen, devices, argc, argv);
		return config.nr_skipped;
	}
	for (int i = 0; i < argc; i++) {
		const struct device *dev = devices_find(devices, argv[i]);
		bool lacks = dev && lacks_section(dev);

		failed += lacks;
		if (!dev || config_find(&config, argv[i]))
			options_add_text(chosen, argv[i]);
		else if (!lacks)
			say("%s: no section of the config is for it", argv[i]);
	}
	return failed;
}

static int change_chosen(const struct texts *chosen, int failed, bool named)
{
	const struct change change = { .done = "applied the config to", .make = make_applied };
	int ret;

	if (chosen->nr) {
		ret = change_devices(&change, chosen->nr, (char **)chosen->text);
		return !ret && failed ? EXIT_PARTLY : ret;
	}
	print_objects(json_object_new_array());
	if (failed)
		return EXIT_FAILED;
	return named ? EXIT_NO_MATCH : EXIT_DONE;
}

static int check_result(void)
{
	print_sections();
	if (!config.nr_skipped)
		return EXIT_DONE;
	return config.nr ? EXIT_PARTLY : EXIT_FAILED;
}

static int check_arguments(const struct command *cmd, int argc, char **argv)
{
	if (global.sysroot && !check && !global.dry_run)
		return usage_error("%s: --sysroot needs --check or --dry-run", cmd->name);
	for (int i = 0; check && i < argc; i++)
		if (strcmp(argv[i], "all") != 0)
			return usage_error("%s: --check looks at the config of all devices: name none",
					   cmd->name);
	return 0;
}

/* The config, and which device each section is for. */
static int load(struct devices *devices, bool named)
{
	/* what is wrong with a section fails a device that is named only if it is for it */
	int ret = config_load(&config, dir, named);

	if (ret)
		print_objects(json_object_new_array());
	else
		ret = devices_load(devices);
	if (!ret)
		config_pair(&config, devices, named);
	return ret;
}

static int apply(const struct command *cmd, int argc, char **argv)
{
	struct texts chosen = { .nr = 0 };
	bool named = !names_all(argc, argv);
	struct devices devices;
	int failed, ret = check_arguments(cmd, argc, argv);

	if (ret)
		return ret;
	if (load(&devices, named)) {
		config_free(&config);
		return EXIT_FAILED;
	}
	failed = check ? 0 : choose(&chosen, &devices, argc, argv);
	devices_free(&devices);
	ret = check ? check_result() : change_chosen(&chosen, failed, named);
	free(chosen.text);
	config_free(&config);
	return ret;
}

/* It looks after --sysroot itself: what it would do can be seen of any machine. */
const struct command cmd_apply = {
	.name = "apply",
	.args = "[DEVICE...]",
	.help = "Make of devices what the config files say, as is done at boot.",
	.options = options,
	.run = apply,
};
