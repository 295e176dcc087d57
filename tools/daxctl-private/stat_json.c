// SPDX-License-Identifier: GPL-2.0
/* JSON lines: an object for each look. */
#include <stdlib.h>

#include "output.h"
#include "stats.h"
#include "text.h"

static void add_fixed(struct json_object *obj, const char *key, double value)
{
	char *text = xasprintf("%.3f", value);

	add_value(obj, key, json_object_new_double_s(value, text));
	free(text);
}

static struct json_object *new_line(const struct sample *sample)
{
	struct json_object *obj = json_object_new_object();

	add_fixed(obj, "timestamp", sample->time);
	return obj;
}

static void add_counters(struct json_object *obj, const struct node_stat *node,
			 const struct sample *sample)
{
	struct json_object *stats = json_object_new_object();
	struct json_object *vmstat = json_object_new_object();
	struct json_object *rates = json_object_new_object();

	for (int i = 0; i < node->nr; i++) {
		const struct counter *counter = &node->counter[i];

		add_count(counter->of_node ? vmstat : stats, counter->name, counter->value);
		add_fixed(rates, counter->name, counter->rate);
	}
	json_object_object_add(obj, "stats", stats);
	json_object_object_add(obj, "vmstat", vmstat);
	if (sample->seconds > 0)
		json_object_object_add(obj, "rates", rates);
	else
		json_object_put(rates);
}

static struct json_object *node_to_json(const struct node_stat *node, const struct sample *sample)
{
	struct json_object *obj = json_object_new_object();

	add_text(obj, "chardev", node->devices);
	add_text(obj, "mode", mode_name(node->mode));
	if (node->node != NO_NODE)
		add_number(obj, "node", node->node);
	json_object_object_add(obj, "plugged", json_object_new_boolean(node->plugged));
	if (node->plugged) {
		add_size(obj, "promised", node->use.promised);
		add_size(obj, "backed", node->use.backed);
		add_size(obj, "resident", node->use.resident);
		add_size(obj, "used", node->use.used);
	}
	if (node->compressed) {
		add_text(obj, "gate", node->gate);
		add_count(obj, "ratio", node->ratio);
	}
	add_counters(obj, node, sample);
	return obj;
}

/**
 * stat_json() - print nodes as a line
 * @sample: the nodes, with rates if there are some
 */
void stat_json(const struct sample *sample)
{
	struct json_object *obj = new_line(sample), *nodes = json_object_new_array();

	if (sample->seconds > 0)
		add_fixed(obj, "seconds", sample->seconds);
	for (int i = 0; i < sample->nr; i++)
		json_object_array_add(nodes, node_to_json(&sample->node[i], sample));
	json_object_object_add(obj, "nodes", nodes);
	print_line(obj);
}

static struct json_object *user_to_json(const struct user *user, const struct sample *sample)
{
	struct json_object *obj = json_object_new_object(), *devices = json_object_new_object();

	if (user->pid)
		add_number(obj, "pid", user->pid);
	add_text(obj, user->pid ? "command" : "cgroup", user->name);
	add_size(obj, "bytes", user->total);
	for (int i = 0; i < sample->nr; i++)
		if (user->bytes[i])
			add_size(devices, sample->node[i].devices, user->bytes[i]);
	json_object_object_add(obj, "devices", devices);
	return obj;
}

/**
 * stat_users_json() - print processes or cgroups as a line
 * @users: the processes, or the cgroups
 * @sample: the nodes
 * @key: what they are called
 */
void stat_users_json(const struct users *users, const struct sample *sample, const char *key)
{
	struct json_object *obj = new_line(sample), *array = json_object_new_array();

	for (int i = 0; i < users->nr; i++)
		json_object_array_add(array, user_to_json(&users->user[i], sample));
	json_object_object_add(obj, key, array);
	add_number(obj, "unreadable", users->unreadable);
	print_line(obj);
}
