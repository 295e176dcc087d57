// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "region.h"
#include "text.h"

static void add_address(struct json_object *obj, const char *key, uint64_t address)
{
	char *text;

	if (!global.human) {
		json_object_object_add(obj, key, json_object_new_uint64(address));
		return;
	}
	text = xasprintf("%#jx", (uintmax_t)address);
	add_text(obj, key, text);
	free(text);
}

/**
 * mappings_to_json() - the physical ranges of a device
 * @dev: the device
 *
 * Return: an array; NULL if the kernel tells of none
 */
struct json_object *mappings_to_json(const struct device *dev)
{
	struct json_object *mappings = NULL, *obj;
	struct daxctl_mapping *mapping;

	daxctl_mapping_foreach(dev->dax, mapping) {
		obj = json_object_new_object();
		add_address(obj, "page_offset", daxctl_mapping_get_offset(mapping));
		add_address(obj, "start", daxctl_mapping_get_start(mapping));
		add_address(obj, "end", daxctl_mapping_get_end(mapping));
		add_size(obj, "size", daxctl_mapping_get_size(mapping));
		if (!mappings)
			mappings = json_object_new_array();
		json_object_array_add(mappings, obj);
	}
	return mappings;
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
		add_number(obj, "align", (int64_t)align);
	return obj;
}
