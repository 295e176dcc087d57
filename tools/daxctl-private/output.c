// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "node.h"
#include "output.h"
#include "policy.h"
#include "sysfs.h"
#include "text.h"
#include "use.h"

/**
 * text_to_json() - a string, which is UTF-8 whatever the text is
 * @text: from somebody who may have put anything into it: json-c would print it so
 */
struct json_object *text_to_json(const char *text)
{
	char *valid = utf8_text(text);
	struct json_object *string = json_object_new_string(valid);

	free(valid);
	return string;
}

/**
 * add_value() - add to an object under a key that comes from elsewhere
 * @obj: the object
 * @key: any text
 * @value: what is added
 */
void add_value(struct json_object *obj, const char *key, struct json_object *value)
{
	char *valid = utf8_text(key);

	json_object_object_add(obj, valid, value);
	free(valid);
}

void add_text(struct json_object *obj, const char *key, const char *text)
{
	if (text)
		add_value(obj, key, text_to_json(text));
}

void add_number(struct json_object *obj, const char *key, int64_t number)
{
	add_value(obj, key, json_object_new_int64(number));
}

void add_count(struct json_object *obj, const char *key, uint64_t count)
{
	add_value(obj, key, json_object_new_uint64(count));
}

/**
 * add_size() - a number of bytes, with --human as text for people
 * @obj: the object that gets it
 * @key: its key
 * @bytes: the size
 */
void add_size(struct json_object *obj, const char *key, uint64_t bytes)
{
	char *text;

	if (!global.human) {
		add_count(obj, key, bytes);
		return;
	}
	text = human_size(bytes);
	add_text(obj, key, text);
	free(text);
}

/**
 * add_address() - a physical address, with --human as text, in hexadecimal
 * @obj: where to
 * @key: its name
 * @address: the address
 */
void add_address(struct json_object *obj, const char *key, uint64_t address)
{
	char *text = xasprintf("%#jx", (uintmax_t)address);

	if (global.human)
		add_text(obj, key, text);
	else
		add_count(obj, key, address);
	free(text);
}

static void add_attribute(struct json_object *obj, const struct device *dev, const char *name)
{
	uint64_t number;
	char *text;

	if (device_number(dev, name, &number)) {
		add_count(obj, name, number);
		return;
	}
	text = device_attr(dev, name);
	add_text(obj, name, text);
	free(text);
}

/* The opt-ins of a private node, or what is tuned of compressed RAM. */
static struct json_object *policy_to_json(const struct device *dev)
{
	struct json_object *policy = json_object_new_object();

	for (int i = 0; i < NR_ATTRIBUTES; i++) {
		const struct attribute *attr = &attributes[i];

		if (attr->modes & 1U << dev->mode && attribute_is_policy(attr))
			add_attribute(policy, dev, attr->name);
	}
	return policy;
}

static void add_counter(void *stats, const char *name, uint64_t pages)
{
	add_count(stats, name, pages);
}

/* Counters are in pages, those of every node since it was plugged. */
static struct json_object *stats_to_json(const struct device *dev)
{
	struct json_object *stats = json_object_new_object();

	device_counters(dev, add_counter, stats);
	return stats;
}

static void add_use(struct json_object *obj, const struct device *dev)
{
	struct use use;

	if (!device_use(dev, &use))
		return;
	add_size(obj, "promised", use.promised);
	add_size(obj, "backed", use.backed);
	add_size(obj, "resident", use.resident);
	add_size(obj, "used", use.used);
}

static void add_ours(struct json_object *obj, const struct device *dev)
{
	add_text(obj, "state", dev->state);
	add_attribute(obj, dev, "adistance");
	if (dev->mode == MODE_CRAM) {
		uint64_t capacity;

		if (device_number(dev, "capacity", &capacity))
			add_size(obj, "capacity", capacity);
		add_attribute(obj, dev, "gate");
		add_attribute(obj, dev, "ratio");
	}
	json_object_object_add(obj, "policy", policy_to_json(dev));
	if (device_is_plugged(dev))
		add_use(obj, dev);
	json_object_object_add(obj, "stats", stats_to_json(dev));
}

/* Bytes of it that somebody gets who names no node, who may have others of that node. */
static uint64_t reachable(const struct device *dev)
{
	struct daxctl_memory *mem = daxctl_dev_get_memory(dev->dax);
	uint64_t online, total = 0;
	int blocks = dev->mode == MODE_SYSTEM_RAM && mem ? daxctl_memory_is_online(mem) : 0;

	if (blocks <= 0)
		return 0;
	online = (uint64_t)blocks * daxctl_memory_get_block_size(mem);
	(void)node_memory(dev->node, "MemTotal", &total);
	return total < online ? total : online;
}

/* What daxctl tells of memory that is or can be everybody's. */
static void add_blocks(struct json_object *obj, const struct device *dev)
{
	struct daxctl_memory *mem = daxctl_dev_get_memory(dev->dax);
	int movable;

	if (dev->mode != MODE_SYSTEM_RAM || !mem || !daxctl_dev_get_resource(dev->dax))
		return;
	add_number(obj, "online_memblocks", daxctl_memory_is_online(mem));
	add_number(obj, "total_memblocks", daxctl_memory_num_sections(mem));
	movable = daxctl_memory_is_movable(mem);
	if (movable >= 0)
		json_object_object_add(obj, "movable", json_object_new_boolean(movable));
}

/**
 * device_to_json() - all that is known of a device
 * @dev: the device
 *
 * Return: an object; it has the keys of "daxctl list" first
 */
struct json_object *device_to_json(const struct device *dev)
{
	struct json_object *obj = json_object_new_object();
	struct daxctl_region *region = daxctl_dev_get_region(dev->dax);
	int tier = NO_TIER;

	add_text(obj, "chardev", dev->name);
	add_size(obj, "size", daxctl_dev_get_size(dev->dax));
	if (daxctl_dev_get_target_node(dev->dax) >= 0)
		add_number(obj, "target_node", daxctl_dev_get_target_node(dev->dax));
	add_count(obj, "align", daxctl_dev_get_align(dev->dax));
	add_text(obj, "mode", mode_name(dev->mode));
	add_blocks(obj, dev);
	if (dev->mode == MODE_DISABLED)
		add_text(obj, "state", "disabled");
	add_number(obj, "region", daxctl_region_get_id(region));
	add_text(obj, "driver", dev->driver);
	if (dev->node != NO_NODE)
		add_number(obj, "node", dev->node);
	if (dev->mode == MODE_SYSTEM_RAM || device_is_plugged(dev))
		tier = node_tier(dev->node);
	if (tier != NO_TIER)
		add_number(obj, "tier", tier);
	add_size(obj, "reachable", reachable(dev));
	if (device_is_ours(dev))
		add_ours(obj, dev);
	return obj;
}

static bool printed;

/**
 * result_printed() - is there something on stdout?
 *
 * A script that reads JSON gets some even if all failed: who starts the verbs looks
 * here whether it has to see to that.
 */
bool result_printed(void)
{
	return printed;
}

static void print_json(struct json_object *what, int flags)
{
	print_text(json_object_to_json_string_ext(what, flags | JSON_C_TO_STRING_NOSLASHESCAPE));
}

/**
 * print_text() - a result that is text, or a line of it
 * @text: without the newline at its end
 */
void print_text(const char *text)
{
	(void)puts(text);
	printed = true;
}

/**
 * print_objects() - the result of a verb
 * @array: the objects; freed
 *
 * As daxctl does: always an array, but for people a single object is bare.
 */
void print_objects(struct json_object *array)
{
	size_t nr = json_object_array_length(array);

	if (!nr)
		print_text("[]");
	else
		print_json(global.human && nr == 1 ? json_object_array_get_idx(array, 0) : array,
			   JSON_C_TO_STRING_PRETTY);
	json_object_put(array);
}

/**
 * print_line() - one of many results of a verb, on a line of its own
 * @obj: the result; freed
 */
void print_line(struct json_object *obj)
{
	print_json(obj, JSON_C_TO_STRING_PLAIN);
	json_object_put(obj);
}
