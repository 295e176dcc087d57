// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "message.h"
#include "node.h"
#include "stats.h"
#include "sysfs.h"
#include "text.h"

double clock_seconds(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- counters ------------------------------------------------------------- */

static void add_counter(struct node_stat *node, const char *name, uint64_t value, bool of_node)
{
	node->counter = xrealloc(node->counter, (size_t)node->nr + 1, sizeof(*node->counter));
	node->counter[node->nr++] = (struct counter){
		.name = xstrdup(name),
		.of_node = of_node,
		.value = value,
	};
}

static void add_device_counter(void *node, const char *name, uint64_t pages)
{
	add_counter(node, name, pages, false);
}

/* The sum of the lines of a node's vmstat with this name, or this start if it ends with '_'. */
static bool sum_vmstat(const char *text, const char *name, uint64_t *sum)
{
	size_t len = strlen(name);
	bool found = false;

	*sum = 0;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) != 0)
			continue;
		if (name[len - 1] != '_' && line[len] != ' ')
			continue;
		*sum += strtoull(line + strcspn(line, " \n"), NULL, 10);
		found = true;
	}
	return found;
}

/* What the kernel counts of any node. Demotion from a node is in none of the others. */
static void add_node_counters(struct node_stat *node)
{
	static const struct {
		const char *name, *line;
	} counters[] = {
		{ "numa_hit", "numa_hit" },
		{ "numa_miss", "numa_miss" },
		{ "pgdemote", "pgdemote_" },
		{ "pgpromote_success", "pgpromote_success" },
		{ "workingset_refault_anon", "workingset_refault_anon" },
	};
	char *text = sysfs_read("/sys/devices/system/node/node%d/vmstat", node->node);
	uint64_t value;

	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		if (sum_vmstat(text, counters[i].line, &value))
			add_counter(node, counters[i].name, value, true);
	free(text);
}

/* ---- nodes ---------------------------------------------------------------- */

static bool has_memory(const struct device *dev)
{
	uint64_t total = 0;

	if (device_is_ours(dev))
		return device_is_plugged(dev);
	return dev->node != NO_NODE && node_memory(dev->node, "MemTotal", &total) && total;
}

static bool joins_node(struct sample *sample, const struct device *dev)
{
	for (int i = 0; i < sample->nr; i++) {
		struct node_stat *node = &sample->node[i];
		char *both;

		if (!node->plugged || node->node != dev->node || node->mode != dev->mode)
			continue;
		both = xasprintf("%s,%s", node->devices, dev->name);
		free(node->devices);
		node->devices = both;
		return true;
	}
	return false;
}

static void add_node(struct sample *sample, const struct device *dev)
{
	bool plugged = has_memory(dev);
	struct node_stat *node;

	if (plugged && joins_node(sample, dev))
		return;
	sample->node = xrealloc(sample->node, (size_t)sample->nr + 1, sizeof(*node));
	node = &sample->node[sample->nr++];
	*node = (struct node_stat){
		.devices = xstrdup(dev->name),
		.mode = dev->mode,
		.node = dev->node,
		.plugged = plugged,
		.compressed = dev->mode == MODE_CRAM,
	};
	if (node->compressed) {
		node->gate = device_attr(dev, "gate");
		(void)device_number(dev, "ratio", &node->ratio);
	}
	device_counters(dev, add_device_counter, node);
	if (plugged) {
		(void)device_use(dev, &node->use);
		add_node_counters(node);
	}
}

static bool shown(const struct device *dev, bool all)
{
	return device_is_ours(dev) || (all && dev->mode == MODE_SYSTEM_RAM);
}

/* A device that was named has to be one that can be shown. */
static int add_nodes(struct sample *sample, const struct devices *devices, bool named, bool all)
{
	for (int i = 0; i < devices->nr; i++) {
		const struct device *dev = &devices->dev[i];

		if (shown(dev, all)) {
			add_node(sample, dev);
		} else if (named) {
			(void)complain(dev->name, EINVAL,
				       dev->mode == MODE_SYSTEM_RAM ? "--all shows system-ram, too" :
								      NULL,
				       "a device in mode %s has no private node",
				       mode_name(dev->mode));
			return EXIT_NO_MATCH;
		}
	}
	return 0;
}

/**
 * sample_take() - look at nodes now
 * @sample: what is filled in, to be given to sample_free() in any case
 * @argc: number of devices that are named; 0: all
 * @argv: their names
 * @all: those of system-ram, too
 *
 * Return: 0 or an exit code; an error was told
 */
int sample_take(struct sample *sample, int argc, char **argv, bool all)
{
	struct devices devices;
	int ret;

	*sample = (struct sample){
		.time = clock_seconds(CLOCK_REALTIME),
		.mark = clock_seconds(CLOCK_MONOTONIC),
	};
	if (devices_load(&devices))
		return EXIT_FAILED;
	ret = devices_select(&devices, argc, argv, NULL);
	if (!ret)
		ret = add_nodes(sample, &devices, !names_all(argc, argv), all);
	devices_free(&devices);
	return ret;
}

static const struct node_stat *find_node(const struct sample *sample, const struct node_stat *like)
{
	for (int i = 0; i < sample->nr; i++) {
		const struct node_stat *node = &sample->node[i];

		if (!strcmp(node->devices, like->devices) && node->mode == like->mode &&
		    node->node == like->node)
			return node;
	}
	return NULL;
}

static const struct counter *find_counter(const struct node_stat *node, const char *name)
{
	for (int i = 0; node && i < node->nr; i++)
		if (!strcmp(node->counter[i].name, name))
			return &node->counter[i];
	return NULL;
}

/**
 * sample_rates() - what happened between two samples
 * @sample: the later one, whose rates are filled in
 * @before: the earlier one
 *
 * A counter that went back was plugged anew, and one that was not there before
 * tells nothing yet.
 */
void sample_rates(struct sample *sample, const struct sample *before)
{
	sample->seconds = sample->mark - before->mark;
	if (sample->seconds <= 0)
		sample->seconds = 1e-9;
	for (int i = 0; i < sample->nr; i++) {
		struct node_stat *node = &sample->node[i];
		const struct node_stat *was = find_node(before, node);

		for (int j = 0; j < node->nr; j++) {
			const struct counter *old = find_counter(was, node->counter[j].name);
			uint64_t now = node->counter[j].value, from = old ? old->value : now;

			node->counter[j].rate = (double)(now < from ? now : now - from) /
						sample->seconds;
		}
	}
}

void sample_free(struct sample *sample)
{
	for (int i = 0; i < sample->nr; i++) {
		struct node_stat *node = &sample->node[i];

		for (int j = 0; j < node->nr; j++)
			free(node->counter[j].name);
		free(node->counter);
		free(node->devices);
		free(node->gate);
	}
	free(sample->node);
	sample->node = NULL;
	sample->nr = 0;
}
