// SPDX-License-Identifier: GPL-2.0
/* daxctl-private apply: make of devices what the config files say, as at boot. */
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

/* The devices that have a section, and names that are wrong, which others tell. */
static void choose(struct texts *chosen, const struct devices *devices, int argc, char **argv)
{
	if (names_all(argc, argv)) {
		for (int i = 0; i < config.nr; i++)
			if (config.section[i].device)
				options_add_text(chosen, config.section[i].device);
		return;
	}
	for (int i = 0; i < argc; i++) {
		if (config_find(&config, argv[i]) || !devices_find(devices, argv[i]))
			options_add_text(chosen, argv[i]);
		else
			say("%s: no section of the config is for it", argv[i]);
	}
}

static int change_chosen(const struct texts *chosen, bool named)
{
	const struct change change = { .done = "applied the config to", .make = make_applied };
	int ret;

	if (chosen->nr) {
		ret = change_devices(&change, chosen->nr, (char **)chosen->text);
		return !ret && config.bad ? EXIT_PARTLY : ret;
	}
	print_objects(json_object_new_array());
	if (config.bad)
		return EXIT_FAILED;
	return named ? EXIT_NO_MATCH : EXIT_DONE;
}

static int check_result(void)
{
	print_sections();
	if (!config.bad)
		return EXIT_DONE;
	return config.nr ? EXIT_PARTLY : EXIT_FAILED;
}

static int apply(const struct command *cmd, int argc, char **argv)
{
	struct texts chosen = { .nr = 0 };
	struct devices devices;
	int ret;

	if (global.sysroot && !check && !global.dry_run)
		return usage_error("%s: --sysroot needs --check or --dry-run", cmd->name);
	if (config_load(&config, dir)) {
		print_objects(json_object_new_array());
		return EXIT_FAILED;
	}
	if (devices_load(&devices)) {
		config_free(&config);
		return EXIT_FAILED;
	}
	config_pair(&config, &devices);
	choose(&chosen, &devices, argc, argv);
	devices_free(&devices);
	ret = check ? check_result() : change_chosen(&chosen, !names_all(argc, argv));
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
