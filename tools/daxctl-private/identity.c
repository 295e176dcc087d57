// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "node.h"
#include "sysfs.h"
#include "text.h"

#define CXL_DEVICES	"/sys/bus/cxl/devices"
#define UUID_LEN	36
#define SMALLEST_PAGE	4096

struct kind {
	const char *name, *meaning, *hint;
	char *(*read)(const struct device *dev);
	bool (*valid)(const char *wanted);
	bool (*agrees)(const char *value, const char *wanted);
};

/* ---- UUIDs ---------------------------------------------------------------- */

static bool is_uuid(const char *text)
{
	for (int i = 0; i < UUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return !text[UUID_LEN];
}

/* Volatile CXL regions have none: an empty file, or zeroes. */
static bool is_real_uuid(const char *text)
{
	return is_uuid(text) && strspn(text, "0-") < UUID_LEN;
}

static bool same_uuid(const char *value, const char *wanted)
{
	return !strcasecmp(value, wanted);
}

/* The directory of the nearest parent that is on the bus and has the file. */
static char *find_parent(const struct device *dev, const char *bus, const char *file)
{
	char *link = device_path(dev, ""), *path = realpath(link, NULL), *slash;

	free(link);
	while (path && (slash = strrchr(path, '/')) && slash > path) {
		char *subsystem;
		bool found;

		*slash = '\0';
		subsystem = sysfs_link_name("%s/subsystem", path);
		found = subsystem && !strcmp(subsystem, bus) && sysfs_exists("%s/%s", path, file);
		free(subsystem);
		if (found)
			return path;
	}
	free(path);
	return NULL;
}

static char *parent_uuid(const struct device *dev, const char *bus)
{
	char *parent = find_parent(dev, bus, "uuid");
	char *uuid = parent ? sysfs_read("%s/uuid", parent) : NULL;

	free(parent);
	if (uuid && is_real_uuid(uuid))
		return uuid;
	free(uuid);
	return NULL;
}

static char *read_nvdimm_uuid(const struct device *dev)
{
	return parent_uuid(dev, "nd");
}

static char *read_region_uuid(const struct device *dev)
{
	return parent_uuid(dev, "cxl");
}

/* ---- serial numbers ------------------------------------------------------- */

/* A target is a decoder, that is of an endpoint, and the port of that a memdev. */
static bool target_serial(const char *region, int target, uint64_t *serial)
{
	char *decoder = sysfs_read("%s/target%d", region, target);
	bool ok = decoder && *decoder && !strchr(decoder, '/') &&
		  sysfs_number(serial, CXL_DEVICES "/%s/../uport/serial", decoder);

	free(decoder);
	return ok;
}

static char *read_serials(const struct device *dev)
{
	char *region = find_parent(dev, "cxl", "interleave_ways"), *list = NULL;
	uint64_t ways = 0, serial;

	if (region)
		(void)sysfs_number(&ways, "%s/interleave_ways", region);
	for (int i = 0; i < (int)ways && ways <= 64; i++) {
		char *longer;

		if (!target_serial(region, i, &serial) || !serial) {
			free(list);
			list = NULL;
			break;
		}
		longer = xasprintf("%s%s0x%jx", list ? list : "", list ? "," : "", (uintmax_t)serial);
		free(list);
		list = longer;
	}
	free(region);
	return list;
}

/* The next number of a list, and moves on. */
static bool next_serial(const char **list, uint64_t *serial)
{
	char *end;

	*list += strspn(*list, " ,");
	if (!isdigit((unsigned char)**list))
		return false;
	errno = 0;
	*serial = strtoull(*list, &end, 0);
	if (errno || (*end && !strchr(" ,", *end)))
		return false;
	*list = end;
	return true;
}

static bool valid_serials(const char *wanted)
{
	uint64_t serial;
	int nr = 0;

	while (next_serial(&wanted, &serial)) {
		if (!serial)
			return false;
		nr++;
	}
	return nr && !wanted[strspn(wanted, " ,")];
}

static bool has_serial(const char *list, uint64_t wanted)
{
	uint64_t serial;

	while (next_serial(&list, &serial))
		if (serial == wanted)
			return true;
	return false;
}

static bool all_serials(const char *value, const char *wanted)
{
	uint64_t serial;

	while (next_serial(&wanted, &serial))
		if (!has_serial(value, serial))
			return false;
	return true;
}

/* ---- the physical range --------------------------------------------------- */

static char *read_range(const struct device *dev)
{
	uint64_t start, end;

	if (device_number(dev, "mapping0/start", &start) && device_number(dev, "mapping0/end", &end))
		return xasprintf("0x%jx-0x%jx", (uintmax_t)start, (uintmax_t)end);
	if (!device_number(dev, "resource", &start) || !start)
		return NULL;
	end = start + daxctl_dev_get_size(dev->dax) - 1;
	return xasprintf("0x%jx-0x%jx", (uintmax_t)start, (uintmax_t)end);
}

/* END is 0 if only the start is given. */
static bool parse_range(const char *text, uint64_t *start, uint64_t *end)
{
	char *copy = xstrdup(text), *dash = strchr(copy, '-');
	bool ok;

	*end = 0;
	if (dash)
		*dash = '\0';
	ok = parse_size(copy, start) && (!dash || (parse_size(dash + 1, end) && *end > *start));
	free(copy);
	return ok;
}

/* No device starts within a page: it is one of the numbers of /proc/iomem, without 0x. */
static bool valid_range(const char *wanted)
{
	uint64_t start, end;

	return parse_range(wanted, &start, &end) && !(start % SMALLEST_PAGE);
}

static bool same_range(const char *value, const char *wanted)
{
	uint64_t start, end, wanted_start, wanted_end;

	return parse_range(value, &start, &end) && parse_range(wanted, &wanted_start, &wanted_end) &&
	       start == wanted_start && (!wanted_end || end == wanted_end);
}

/* ---- the node ------------------------------------------------------------- */

static char *read_target_node(const struct device *dev)
{
	int node = daxctl_dev_get_target_node(dev->dax);

	return node < 0 ? NULL : xasprintf("%d", node);
}

static bool valid_node(const char *wanted)
{
	long long node;

	return parse_number(wanted, &node) && node >= 0 && node < MAX_NODES;
}

static bool same_node(const char *value, const char *wanted)
{
	long long node, wanted_node;

	return parse_number(value, &node) && parse_number(wanted, &wanted_node) &&
	       node == wanted_node;
}

/* --------------------------------------------------------------------------- */

static const struct kind kinds[NR_IDENTITIES] = {
	[NVDIMM_UUID] = { "match.nvdimm-uuid", "the UUID in the label of the persistent memory",
			  "give a UUID, see ndctl list", read_nvdimm_uuid, is_uuid, same_uuid },
	[REGION_UUID] = { "match.region-uuid", "the UUID in the label of the CXL region",
			  "give a UUID, see cxl list", read_region_uuid, is_uuid, same_uuid },
	[MEMDEV_SERIAL] = { "match.memdev-serial", "the serial numbers of the CXL devices",
			    "give numbers above 0, with commas between them, see cxl list",
			    read_serials, valid_serials, all_serials },
	[RANGE] = { "match.range",
		    "the physical addresses: another DIMM or another firmware moves them",
		    "give 0xSTART-0xEND or 0xSTART, see /proc/iomem",
		    read_range, valid_range, same_range },
	[TARGET_NODE] = { "match.target-node", "the number that the firmware's node has in this kernel",
			  "give the number of a node", read_target_node, valid_node, same_node },
};

/**
 * identity_read() - find out what a device is known by
 * @id: what is filled in, to be given to identity_free()
 * @dev: the device
 */
void identity_read(struct identity *id, const struct device *dev)
{
	for (int i = 0; i < NR_IDENTITIES; i++)
		id->value[i] = kinds[i].read(dev);
}

void identity_free(struct identity *id)
{
	for (int i = 0; i < NR_IDENTITIES; i++)
		free(id->value[i]);
}

/**
 * identity_name() - the key of the config file
 * @key: the identity
 */
const char *identity_name(enum identity_key key)
{
	return kinds[key].name;
}

/**
 * identity_meaning() - what it is, for the comment that is saved with it
 * @key: the identity
 */
const char *identity_meaning(enum identity_key key)
{
	return kinds[key].meaning;
}

/**
 * identity_hint() - what to give instead of a value that is not valid
 * @key: the identity
 */
const char *identity_hint(enum identity_key key)
{
	return kinds[key].hint;
}

/**
 * identity_valid() - can a device be known by this?
 * @key: the identity
 * @wanted: the value in the config file
 */
bool identity_valid(enum identity_key key, const char *wanted)
{
	return kinds[key].valid(wanted);
}

/**
 * identity_agrees() - is it the device that is meant?
 * @key: the identity
 * @value: that of the device
 * @wanted: the value in the config file, which is valid
 */
bool identity_agrees(enum identity_key key, const char *value, const char *wanted)
{
	return kinds[key].agrees(value, wanted);
}
