// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "node.h"
#include "sysfs.h"
#include "text.h"

#define NODES	"/sys/devices/system/node"
#define TIERS	"/sys/devices/virtual/memory_tiering"
#define TIER_DIRS	"memory_tier[0-9]*"

/*
 * The next range of "0-2,5", and moves on. A single number is read twice: gcc 14.2 at
 * -O2 takes a copy of the first one for one that is in no range.
 */
static bool next_range(const char **list, long *first, long *last)
{
	char *end;

	*first = strtol(*list, &end, 10);
	if (end == *list)
		return false;
	*last = strtol(*end == '-' ? end + 1 : *list, &end, 10);
	*list = *end == ',' ? end + 1 : end;
	return true;
}

/**
 * node_in_list() - is the node in a list as the kernel writes it?
 * @list: "0-2,5"; may be NULL or empty
 * @node: the node
 *
 * The libnuma here knows only the nodes of the machine that it runs on.
 */
bool node_in_list(const char *list, int node)
{
	long first, last;

	while (list && next_range(&list, &first, &last))
		if (node >= first && node <= last)
			return true;
	return false;
}

static struct json_object *list_to_json(const char *list)
{
	struct json_object *nodes = json_object_new_array();
	long first, last;

	while (next_range(&list, &first, &last))
		for (long node = first; node <= last; node++)
			json_object_array_add(nodes, json_object_new_int64(node));
	return nodes;
}

/**
 * node_has_state() - is the node in one of the lists of /sys/devices/system/node?
 * @file: the list, as "has_memory"
 * @node: the node
 */
bool node_has_state(const char *file, int node)
{
	char *list = sysfs_read(NODES "/%s", file);
	bool found = node_in_list(list, node);

	free(list);
	return found;
}

/**
 * node_memory() - a line of the node's meminfo
 * @node: the node
 * @field: as "MemTotal"
 * @bytes: where it goes
 *
 * Return: whether there is one
 */
bool node_memory(int node, const char *field, uint64_t *bytes)
{
	char *text = sysfs_read(NODES "/node%d/meminfo", node);
	char *pattern = xasprintf(" %s:", field);
	const char *at = text ? strstr(text, pattern) : NULL;

	if (at)
		*bytes = strtoull(at + strlen(pattern), NULL, 10) << 10;
	free(pattern);
	free(text);
	return at;
}

static int tier_of_dir(const char *name)
{
	int id;

	return sscanf(name, "memory_tier%d", &id) == 1 ? id : NO_TIER;
}

/**
 * node_tier() - the memory tier that a node is in
 * @node: the node
 *
 * Return: the number of the tier, the smaller the faster; NO_TIER without memory
 */
int node_tier(int node)
{
	struct names dirs;
	int tier = NO_TIER;

	(void)names_read(&dirs, TIER_DIRS, TIERS);
	for (int i = 0; i < dirs.nr; i++) {
		char *list = sysfs_read(TIERS "/%s/nodelist", dirs.name[i]);

		if (node_in_list(list, node))
			tier = tier_of_dir(dirs.name[i]);
		free(list);
	}
	names_free(&dirs);
	return tier;
}

/**
 * tiers_to_json() - all memory tiers, the fastest first
 *
 * Return: an array of objects: the number of the tier, and its nodes
 */
struct json_object *tiers_to_json(void)
{
	struct json_object *tiers = json_object_new_array();
	struct names dirs;

	(void)names_read(&dirs, TIER_DIRS, TIERS);
	for (int i = 0; i < dirs.nr; i++) {
		char *list = sysfs_read(TIERS "/%s/nodelist", dirs.name[i]);
		struct json_object *tier = json_object_new_object();

		json_object_object_add(tier, "tier", json_object_new_int(tier_of_dir(dirs.name[i])));
		json_object_object_add(tier, "nodes", list_to_json(list ? list : ""));
		json_object_array_add(tiers, tier);
		free(list);
	}
	names_free(&dirs);
	return tiers;
}

/**
 * demotion_enabled() - is anything demoted on this machine at all?
 *
 * Return: false, too, if the kernel cannot demote
 */
bool demotion_enabled(void)
{
	char *text = sysfs_read(DEMOTION_ENABLED);
	bool on = text && (!strcmp(text, "true") || !strcmp(text, "1"));

	free(text);
	return on;
}
