// SPDX-License-Identifier: GPL-2.0
/* daxctl-private list: devices, what they are and what they are used for. */
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "command.h"
#include "device.h"
#include "handover.h"
#include "message.h"
#include "output.h"
#include "region.h"
#include "text.h"

static const char *region, *columns;
static struct texts names;
static bool idle, with_regions, with_devices, with_mappings;

static const struct option_def options[] = {
	TEXT('r', "region", &region, "ID", "only this region; without --devices, the region itself"),
	DEVICE_NAMES('d', "dev", &names, "NAME", "only this device; may be given again"),
	FLAG('D', "devices", &with_devices, "with --regions, the devices in them, too"),
	FLAG('R', "regions", &with_regions, "regions instead of devices"),
	FLAG('M', "mappings", &with_mappings, "the physical ranges of devices, too"),
	FLAG('i', "idle", &idle, "devices without a driver, too"),
	TEXT('o', "output", &columns, "KEYS", "a table of these keys, as chardev,node,policy.mbind"),
	END_OF_OPTIONS
};

/* The value of a key, of which "policy.mbind" is one of an object in it. */
static const char *cell(struct json_object *obj, char *key)
{
	char *save = NULL;

	for (char *part = strtok_r(key, ".", &save); part; part = strtok_r(NULL, ".", &save))
		if (!json_object_object_get_ex(obj, part, &obj))
			return "";
	return json_object_get_string(obj);
}

static void fill_line(struct libscols_line *line, struct json_object *obj)
{
	char *keys = xstrdup(columns), *save = NULL;
	size_t nr = 0;

	for (char *key = strtok_r(keys, ",", &save); key; key = strtok_r(NULL, ",", &save)) {
		char *copy = xstrdup(key);

		if (scols_line_set_data(line, nr++, cell(obj, copy)))
			out_of_memory();
		free(copy);
	}
	free(keys);
}

static void add_columns(struct libscols_table *table)
{
	char *keys = xstrdup(columns), *save = NULL;

	for (char *key = strtok_r(keys, ",", &save); key; key = strtok_r(NULL, ",", &save))
		if (!scols_table_new_column(table, key, 0, 0))
			out_of_memory();
	free(keys);
}

static void print_table(struct json_object *array)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		out_of_memory();
	add_columns(table);
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (!line)
			out_of_memory();
		fill_line(line, json_object_array_get_idx(array, i));
	}
	(void)scols_print_table(table);
	scols_unref_table(table);
	json_object_put(array);
}

/* Without names everything is meant. To daxctl names are a filter. */
static int select_some(struct devices *devices)
{
	if (!called_daxctl())
		return devices_select(devices, names.nr, (char **)names.text, region);
	devices_keep(devices, names.nr, (char **)names.text, region);
	return 0;
}

static struct json_object *describe(const struct device *dev)
{
	struct json_object *obj = device_to_json(dev);
	struct json_object *mappings = with_mappings ? mappings_to_json(dev) : NULL;

	if (mappings)
		json_object_object_add(obj, "mappings", mappings);
	return obj;
}

/* To daxctl only what has no memory is idle. */
static bool is_idle(const struct device *dev)
{
	return !dev->driver && !called_daxctl();
}

/* Those of a region, or all. */
static struct json_object *list_devices(const struct devices *devices,
					const struct daxctl_region *of)
{
	struct json_object *array = json_object_new_array();

	for (int i = 0; i < devices->nr; i++) {
		const struct device *dev = &devices->dev[i];

		if ((idle || !is_idle(dev)) && (!of || daxctl_dev_get_region(dev->dax) == of))
			json_object_array_add(array, describe(dev));
	}
	return array;
}

static int by_id(const void *a, const void *b)
{
	struct json_object *const *x = a, *const *y = b;

	return json_object_get_int(json_object_object_get(*x, "id")) -
	       json_object_get_int(json_object_object_get(*y, "id"));
}

static struct json_object *list_regions(const struct devices *devices)
{
	struct json_object *array = json_object_new_array(), *obj;
	struct daxctl_region *each;

	daxctl_region_foreach(devices->ctx, each) {
		if (!region_is(each, region))
			continue;
		obj = region_to_json(each);
		if (with_devices)
			json_object_object_add(obj, "devices", list_devices(devices, each));
		json_object_array_add(array, obj);
	}
	json_object_array_sort(array, by_id);
	return array;
}

/* What is given to choose from is shown, unless it is said what to show. */
static void what_to_list(void)
{
	if (with_regions || with_devices || !region)
		return;
	with_regions = true;
	with_devices = names.nr;
}

static int show(struct devices *devices)
{
	struct json_object *array;
	int ret = select_some(devices);

	if (ret)
		array = json_object_new_array();
	else
		array = with_regions ? list_regions(devices) : list_devices(devices, NULL);
	if (columns)
		print_table(array);
	else
		print_objects(array);
	return ret;
}

static int list(const struct command *cmd, int argc, char **argv)
{
	struct devices devices;
	int ret = 0;

	(void)cmd;
	for (int i = 0; i < argc; i++)
		options_add_text(&names, argv[i]);
	what_to_list();
	if (devices_load(&devices))
		return EXIT_FAILED;
	if (columns)
		ret = columns_check(with_regions ? OF_REGIONS : OF_DEVICES, columns, &devices);
	if (!ret)
		ret = show(&devices);
	devices_free(&devices);
	return ret;
}

static bool is_table(void)
{
	return columns;
}

const struct command cmd_list = {
	.name = "list",
	.args = "[DEVICE...]",
	.help = "Show dax devices, their nodes and what they are open to.",
	.options = options,
	.run = list,
	.other_result = is_table,
};
