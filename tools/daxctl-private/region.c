// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "region.h"
#include "text.h"

static struct json_object *mapping_to_json(const struct device *dev, const char *name)
{
	static const char *const keys[] = { "page_offset", "start", "end" };
	struct json_object *obj = json_object_new_object();
	uint64_t value[3] = { 0 };

	for (int i = 0; i < 3; i++) {
		char *path = xasprintf("%s/%s", name, keys[i]);

		(void)device_number(dev, path, &value[i]);
		add_address(obj, keys[i], value[i]);
		free(path);
	}
	add_size(obj, "size", value[2] - value[1] + 1);
	return obj;
}

/**
 * mappings_to_json() - the physical ranges of a device
 * @dev: the device
 *
 * libdaxctl knows them, too, but does not free what it has read of them.
 *
 * Return: an array; NULL if the kernel tells of none
 */
struct json_object *mappings_to_json(const struct device *dev)
{
	struct json_object *mappings = NULL;
	uint64_t start;

	for (int i = 0; ; i++) {
		char *name = xasprintf("mapping%d", i), *file = xasprintf("%s/start", name);
		bool found = device_number(dev, file, &start);

		if (found && !mappings)
			mappings = json_object_new_array();
		if (found)
			json_object_array_add(mappings, mapping_to_json(dev, name));
		free(file);
		free(name);
		if (!found)
			return mappings;
	}
}

/**
 * region_to_json() - all that is known of a region, but for its devices
 * @region: the region
 *
 * Return: an object
 */
struct json_object *region_to_json(struct daxctl_region *region)
{
	static const char above[] = "/sys/devices";
	struct json_object *obj = json_object_new_object();
	const char *path = daxctl_region_get_path(region);
	unsigned long long size = daxctl_region_get_size(region);
	unsigned long long available = daxctl_region_get_available_size(region);
	unsigned long align = daxctl_region_get_align(region);

	if (path && !strncmp(path, above, strlen(above)))
		add_text(obj, "path", path + strlen(above));
	add_number(obj, "id", daxctl_region_get_id(region));
	if (size < ULLONG_MAX)
		add_size(obj, "size", size);
	if (available)
		add_size(obj, "available_size", available);
	if (align < ULONG_MAX)
		add_count(obj, "align", align);
	return obj;
}
