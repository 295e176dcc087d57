// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "message.h"
#include "policy.h"
#include "text.h"
#include "use.h"

#define COUNTERS	"stats."

static const char *const of_devices[] = {
	"chardev", "size", "target_node", "align", "mode", "online_memblocks", "total_memblocks",
	"movable", "state", "region", "driver", "node", "tier", "reachable", "adistance",
	"capacity", "gate", "ratio", "promised", "backed", "resident", "used", "mappings",
	"stats", COUNTERS "demoted", COUNTERS "evicted", COUNTERS "placed", COUNTERS "promoted",
	COUNTERS "reclaimed", COUNTERS "refused", COUNTERS "scrubbed", COUNTERS "trimmed",
	COUNTERS "write_promoted", "policy", NULL
};

static const char *const of_regions[] = {
	"path", "id", "size", "available_size", "align", "devices", NULL
};

/**
 * columns_each() - the columns of a table
 * @of: what the table is of
 * @each: is given the name of each
 * @arg: for @each
 */
void columns_each(enum columns_of of, column_fn each, void *arg)
{
	const char *const *name = of == OF_REGIONS ? of_regions : of_devices;

	for (; *name; name++)
		each(arg, *name);
	for (int i = 0; of == OF_DEVICES && i < NR_ATTRIBUTES; i++) {
		char *key = xasprintf("policy.%s", attributes[i].name);

		if (attribute_is_policy(&attributes[i]))
			each(arg, key);
		free(key);
	}
}

struct wanted {
	const char *name;
	bool found;
};

static void compare(void *arg, const char *name)
{
	struct wanted *wanted = arg;

	wanted->found |= !strcmp(name, wanted->name);
}

static void compare_counter(void *arg, const char *name, uint64_t pages)
{
	(void)pages;
	compare(arg, name);
}

/* The kernel names the counters: a newer one may have others. */
static bool is_counter(const char *name, const struct devices *devices)
{
	struct wanted wanted = { .name = name + strlen(COUNTERS) };

	if (strncmp(name, COUNTERS, strlen(COUNTERS)) != 0)
		return false;
	for (int i = 0; i < devices->nr; i++)
		device_counters(&devices->dev[i], compare_counter, &wanted);
	return wanted.found;
}

static bool is_column(enum columns_of of, const char *name, const struct devices *devices)
{
	struct wanted wanted = { .name = name };

	columns_each(of, compare, &wanted);
	return wanted.found || (of == OF_DEVICES && is_counter(name, devices));
}

static void append(void *arg, const char *name)
{
	char **list = arg, *longer = xasprintf("%s%s%s", *list ? *list : "", *list ? "," : "", name);

	free(*list);
	*list = longer;
}

static int tell_unknown(enum columns_of of, const char *name)
{
	char *list = NULL;

	columns_each(of, append, &list);
	(void)usage_error("list: --output: '%s' is no column of %s: give some of %s", name,
			  of == OF_REGIONS ? "regions" : "devices", list);
	free(list);
	return EXIT_USAGE;
}

/**
 * columns_check() - are these columns of a table?
 * @of: what the table is of
 * @names: the columns, with commas between them
 * @devices: all that there are
 *
 * Return: 0, or EXIT_USAGE if one is not, which was said then
 */
int columns_check(enum columns_of of, const char *names, const struct devices *devices)
{
	char *copy = xstrdup(names), *rest = copy, *name;
	int ret = 0;

	/* strtok_r() would leave out those without a name */
	while (!ret && (name = strsep(&rest, ",")))
		if (!is_column(of, name, devices))
			ret = tell_unknown(of, name);
	free(copy);
	return ret;
}
