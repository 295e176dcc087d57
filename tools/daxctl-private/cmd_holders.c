// SPDX-License-Identifier: GPL-2.0
/* daxctl-private holders: who keeps a device busy. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "device.h"
#include "frames.h"
#include "message.h"
#include "output.h"
#include "pins.h"
#include "procs.h"
#include "sysfs.h"
#include "text.h"

static const char *region;

static const struct option_def options[] = {
	TEXT('r', "region", &region, "ID", "only devices of this region"),
	END_OF_OPTIONS
};

struct search {
	const struct device *dev;
	struct frame_ranges ranges;
	struct json_object *processes, *cgroups, *unknown;
	struct texts paths;	/* of the cgroups, as the kernel has them */
	int refused;		/* processes that may not be looked at */
	bool pins;		/* some process has pinned something */
};

static void add_unknown(struct search *s, const char *code, const char *text)
{
	struct json_object *obj = json_object_new_object();

	add_text(obj, "code", code);
	add_text(obj, "text", text);
	json_object_array_add(s->unknown, obj);
}

/* ---- cgroups -------------------------------------------------------------- */

/* "anon N0=4096 N1=0": what is charged for anonymous memory, wherever it was used. */
static bool charged(const char *cgroup, int node, uint64_t *bytes)
{
	char *text = cgroup_attr(cgroup, "memory.numa_stat");
	char *word = xasprintf(" N%d=", node);
	char *end = text && !strncmp(text, "anon ", 5) ? strchr(text, '\n') : NULL;
	const char *at;

	if (end)
		*end = '\0';
	at = end ? strstr(text, word) : NULL;
	if (at)
		*bytes = strtoull(at + strlen(word), NULL, 10);
	free(word);
	free(text);
	return at;
}

static struct json_object *find_cgroup(struct search *s, const char *path)
{
	struct json_object *obj;
	uint64_t bytes;

	for (int i = 0; i < s->paths.nr; i++)
		if (!strcmp(s->paths.text[i], path))
			return json_object_array_get_idx(s->cgroups, (size_t)i);
	options_add_text(&s->paths, xstrdup(path));
	obj = json_object_new_object();
	add_text(obj, "cgroup", path);
	if (charged(path, s->dev->node, &bytes))
		add_size(obj, "charged", bytes);
	json_object_object_add(obj, "pids", json_object_new_array());
	json_object_array_add(s->cgroups, obj);
	return obj;
}

static void add_to_cgroup(struct search *s, int pid, const char *path)
{
	struct json_object *pids;

	if (path && json_object_object_get_ex(find_cgroup(s, path), "pids", &pids))
		json_object_array_add(pids, json_object_new_int(pid));
}

/* ---- processes ------------------------------------------------------------ */

static void add_pins(struct search *s, struct json_object *obj, int pid)
{
	uint64_t pinned = process_bytes(pid, "VmPin"), locked = process_bytes(pid, "VmLck");
	struct json_object *files = pinning_files(pid);

	if (locked)
		add_size(obj, "locked", locked);
	if (pinned)
		add_size(obj, "pinned_anywhere", pinned);
	if (json_object_array_length(files)) {
		uint64_t buffers = pinned_buffers(pid, &s->ranges);

		s->pins = true;
		if (buffers)
			add_size(obj, "pinned", buffers);
		json_object_object_add(obj, "pinned_by", json_object_get(files));
	}
	s->pins = s->pins || pinned;
	json_object_put(files);
}

static void add_process(struct search *s, int pid, uint64_t bytes)
{
	struct json_object *obj = json_object_new_object();
	char *command = process_command(pid), *cgroup = process_cgroup(pid);

	add_number(obj, "pid", pid);
	add_text(obj, "command", command);
	add_size(obj, "resident", bytes);
	add_text(obj, "cgroup", cgroup);
	add_pins(s, obj, pid);
	json_object_array_add(s->processes, obj);
	add_to_cgroup(s, pid, cgroup);
	free(command);
	free(cgroup);
}

static void find_processes(struct search *s)
{
	int *pids, nr = process_list(&pids);
	uint64_t bytes;

	for (int i = 0; i < nr; i++) {
		int ret = process_on_node(pids[i], s->dev->node, &bytes);

		if (ret == -EACCES || ret == -EPERM)
			s->refused++;
		else if (!ret && bytes)
			add_process(s, pids[i], bytes);
	}
	free(pids);
}

/* ---- page frames ---------------------------------------------------------- */

static struct json_object *frames_to_json(const struct frames *frames)
{
	struct json_object *pages = json_object_new_object();

	for (int i = 0; i < NR_FRAME_KINDS; i++)
		if (frames->kind[i] || i <= FRAME_ANONYMOUS)
			add_number(pages, frame_names[i], (int64_t)frames->kind[i]);
	add_number(pages, "mlocked", (int64_t)frames->mlocked);
	add_number(pages, "huge", (int64_t)frames->huge);
	add_number(pages, "swapcache", (int64_t)frames->swapcache);
	add_number(pages, "unmapped", (int64_t)frames->unmapped);
	return pages;
}

static void find_frames(struct search *s, struct json_object *obj)
{
	struct frames frames;
	int ret = frames_count(s->dev, &frames);

	if (ret) {
		add_unknown(s, "pages", ret == -EACCES || ret == -EPERM ?
			    "only root may see the pages of the device" :
			    "the kernel does not show the pages of the device");
		return;
	}
	json_object_object_add(obj, "pages", frames_to_json(&frames));
	if (frames.unmapped)
		add_unknown(s, "unmapped",
			    "pages that no process has mapped are in the swap cache, or held "
			    "by the kernel for I/O or a pipe: for whom it does not tell");
}

/* ---- the verb ------------------------------------------------------------- */

static void search_node(struct search *s, struct json_object *obj)
{
	char *text;

	(void)frame_ranges_load(s->dev, &s->ranges);
	find_processes(s);
	find_frames(s, obj);
	if (s->refused) {
		text = xasprintf("%d processes may only be looked at by root", s->refused);
		add_unknown(s, "processes", text);
		free(text);
	}
	if (s->pins)
		add_unknown(s, "pins",
			    "the kernel does not tell which pages are pinned: 'pinned' are the "
			    "fixed buffers of io_uring here, 'pinned_anywhere' is all that the "
			    "process has pinned, on whatever node");
	frame_ranges_free(&s->ranges);
}

static void free_paths(struct texts *paths)
{
	while (paths->nr)
		free((char *)paths->text[--paths->nr]);
	free(paths->text);
}

static struct json_object *search_device(const struct device *dev)
{
	struct json_object *obj = json_object_new_object();
	struct search s = {
		.dev = dev,
		.processes = json_object_new_array(),
		.cgroups = json_object_new_array(),
		.unknown = json_object_new_array(),
	};

	add_text(obj, "chardev", dev->name);
	if (dev->node != NO_NODE)
		add_number(obj, "node", dev->node);
	add_text(obj, "state", dev->state);
	if (device_is_plugged(dev) || dev->mode == MODE_SYSTEM_RAM)
		search_node(&s, obj);
	free_paths(&s.paths);
	json_object_object_add(obj, "processes", s.processes);
	json_object_object_add(obj, "cgroups", s.cgroups);
	json_object_object_add(obj, "unknown", s.unknown);
	return obj;
}

static int holders(const struct command *cmd, int argc, char **argv)
{
	struct json_object *array;
	struct devices devices;
	int ret;

	(void)cmd;
	if (!argc)
		return usage_error("no device was named; \"all\" is every one");
	if (devices_load(&devices))
		return EXIT_FAILED;
	ret = devices_select(&devices, argc, argv, region);
	array = json_object_new_array();
	for (int i = 0; !ret && i < devices.nr; i++)
		json_object_array_add(array, search_device(&devices.dev[i]));
	print_objects(array);
	devices_free(&devices);
	return ret;
}

const struct command cmd_holders = {
	.name = "holders",
	.args = "DEVICE...|all",
	.help = "Show who keeps a device busy: processes, cgroups, pinned pages.",
	.options = options,
	.run = holders,
};
