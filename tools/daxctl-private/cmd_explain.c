// SPDX-License-Identifier: GPL-2.0
/* daxctl-private explain: where the memory of a process is, and why. */
#include <ctype.h>
#include <errno.h>
#include <linux/kernel-page-flags.h>
#include <numaif.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "device.h"
#include "frames.h"
#include "message.h"
#include "node.h"
#include "output.h"
#include "procs.h"
#include "sysfs.h"
#include "text.h"
#include "why.h"

/* ---- nodes ---------------------------------------------------------------- */

static struct json_object *node_to_json(const struct devices *devices, int node, uint64_t bytes)
{
	struct json_object *obj = json_object_new_object(), *names = json_object_new_array();

	add_number(obj, "node", node);
	add_size(obj, "resident", bytes);
	json_object_object_add(obj, "private",
			       json_object_new_boolean(node_has_state("has_memory_private", node)));
	for (int i = 0; i < devices->nr; i++)
		if (devices->dev[i].node == node && device_is_plugged(&devices->dev[i]))
			json_object_array_add(names, text_to_json(devices->dev[i].name));
	json_object_object_add(obj, "devices", names);
	return obj;
}

static int highest_node(const struct mappings *maps)
{
	int highest = -1;

	for (int i = 0; i < maps->nr; i++)
		for (int k = 0; k < maps->map[i].nr; k++)
			if (maps->map[i].use[k].node > highest)
				highest = maps->map[i].use[k].node;
	return highest < MAX_NODES ? highest : MAX_NODES - 1;
}

static struct json_object *nodes_to_json(const struct devices *devices, const struct mappings *maps)
{
	struct json_object *nodes = json_object_new_array();
	int highest = highest_node(maps);

	for (int node = 0; node <= highest; node++) {
		uint64_t bytes = mappings_on_node(maps, node);

		if (bytes)
			json_object_array_add(nodes, node_to_json(devices, node, bytes));
	}
	return nodes;
}

/* ---- mappings ------------------------------------------------------------- */

static void add_hex(struct json_object *obj, const char *key, uint64_t addr)
{
	char *text = xasprintf("0x%jx", (uintmax_t)addr);

	add_text(obj, key, text);
	free(text);
}

static void add_policy(struct json_object *obj, const struct mapping *map)
{
	add_text(obj, "policy", map->mode);
	if (*map->nodes)
		add_text(obj, "policy_nodes", map->nodes);
}

static struct json_object *mapping_to_json(const struct devices *devices, int pid,
					   const struct mapping *map)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *nodes = json_object_new_array(), *use;
	struct subject s = {
		.pid = pid, .devices = devices, .map = map, .node = NO_NODE,
		.reasons = json_object_new_array(),
	};

	add_hex(obj, "address", map->start);
	add_policy(obj, map);
	for (int i = 0; i < map->nr; i++) {
		use = json_object_new_object();
		add_number(use, "node", map->use[i].node);
		add_size(use, "resident", map->use[i].bytes);
		json_object_array_add(nodes, use);
	}
	json_object_object_add(obj, "nodes", nodes);
	explain_subject(&s);
	json_object_object_add(obj, "reasons", s.reasons);
	return obj;
}

/* It has something to do with a private node: by its policy, or by its pages. */
static bool concerns(const struct devices *devices, const struct mapping *map)
{
	for (int i = 0; i < devices->nr; i++) {
		const struct device *dev = &devices->dev[i];

		if (!device_is_plugged(dev))
			continue;
		if ((map->anonymous && node_in_list(map->nodes, dev->node)) ||
		    mapping_on_node(map, dev->node))
			return true;
	}
	return false;
}

static struct json_object *mappings_to_json(const struct devices *devices, int pid,
					    const struct mappings *maps)
{
	struct json_object *array = json_object_new_array();

	for (int i = 0; i < maps->nr; i++)
		if (concerns(devices, &maps->map[i]))
			json_object_array_add(array, mapping_to_json(devices, pid, &maps->map[i]));
	return array;
}

/* ---- a page --------------------------------------------------------------- */

static const struct mapping *find_mapping(int pid, const struct mappings *maps, uint64_t addr)
{
	char *text = sysfs_read("/proc/%d/maps", pid), *save = NULL;
	const struct mapping *found = NULL;
	unsigned long long start, end;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%llx-%llx ", &start, &end) != 2 || addr < start || addr >= end)
			continue;
		for (int i = 0; i < maps->nr; i++)
			if (maps->map[i].start == start)
				found = &maps->map[i];
	}
	free(text);
	return found;
}

/* The kernel says it to who may trace the process; frames are for root. */
static int ask_for_node(struct subject *s, uint64_t addr)
{
	void *page = (void *)(uintptr_t)addr;
	int status = -ENOENT;

	if (global.sysroot)
		return 0;
	if (move_pages(s->pid, 1, &page, NULL, &status, 0) < 0)
		return complain("explain", errno, "run it as root", "cannot ask where the page is");
	if (status >= 0)
		s->node = status;
	else if (status == -EFAULT && s->state == PAGE_PRESENT)
		s->state = PAGE_ZERO;
	return 0;
}

/* For who may see frames, or a captured machine. */
static void look_at_frame(struct subject *s, struct json_object *obj, uint64_t pfn)
{
	struct frame_ranges ranges;

	if (!pfn)
		return;
	add_hex(obj, "frame", pfn);
	if (frame_flags(pfn, &s->flags))
		s->flags = 0;
	if (s->flags & 1ULL << KPF_ZERO_PAGE) {
		s->state = PAGE_ZERO;
		return;
	}
	for (int i = 0; s->node == NO_NODE && i < s->devices->nr; i++) {
		const struct device *dev = &s->devices->dev[i];

		if (!frame_ranges_load(dev, &ranges) && frame_in_ranges(&ranges, pfn))
			s->node = dev->node;
		frame_ranges_free(&ranges);
	}
}

/* A report has neither frames nor where what is mapped ends. */
static int cannot_look(int err)
{
	return complain("explain", err, global.sysroot ?
			"a report has no pages: leave the address out" : "run it as root",
			"cannot look at the page");
}

static int look_at_page(struct subject *s, struct json_object *obj, uint64_t addr)
{
	uint64_t entry = 0;
	int ret = pagemap_read(s->pid, addr, &entry, 1);

	if (ret < 0)
		return cannot_look(ret);
	s->state = PAGEMAP_PRESENT(entry) ? PAGE_PRESENT :
		   PAGEMAP_SWAPPED(entry) ? PAGE_SWAPPED : PAGE_ABSENT;
	ret = ask_for_node(s, addr);
	if (!ret && PAGEMAP_PRESENT(entry))
		look_at_frame(s, obj, PAGEMAP_FRAME(entry));
	return ret;
}

static void add_flags(struct json_object *obj, uint64_t flags)
{
	static const struct {
		int bit;
		const char *name;
	} names[] = {
		{ KPF_ACTIVE, "active" }, { KPF_REFERENCED, "referenced" },
		{ KPF_ANON, "anonymous" }, { KPF_THP, "huge" }, { KPF_HUGE, "hugetlb" },
		{ KPF_UNEVICTABLE, "mlocked" }, { KPF_SWAPCACHE, "swapcache" },
		{ KPF_WRITEBACK, "writeback" }, { KPF_HWPOISON, "hwpoison" },
	};
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (flags & 1ULL << names[i].bit)
			json_object_array_add(array, text_to_json(names[i].name));
	json_object_object_add(obj, "flags", array);
}

static const char *state_name(enum page_state state)
{
	static const char *const names[] = {
		[PAGE_UNKNOWN] = "unknown", [PAGE_PRESENT] = "present", [PAGE_SWAPPED] = "swapped",
		[PAGE_ABSENT] = "absent", [PAGE_ZERO] = "zero",
	};

	return names[state];
}

static int add_page(struct json_object *obj, const struct devices *devices, int pid,
		    const struct mappings *maps, uint64_t addr)
{
	struct json_object *page = json_object_new_object();
	struct subject s = {
		.pid = pid, .devices = devices, .map = find_mapping(pid, maps, addr),
		.node = NO_NODE,
	};
	int ret;

	json_object_object_add(obj, "page", page);
	if (global.sysroot && !sysfs_exists("/proc/%d/maps", pid))
		return cannot_look(ENOENT);
	if (!s.map)
		return complain("explain", EFAULT, "see /proc/PID/maps",
				"nothing is mapped at 0x%jx", (uintmax_t)addr);
	add_hex(page, "address", addr);
	add_policy(page, s.map);
	ret = look_at_page(&s, page, addr);
	if (ret)
		return ret;
	add_text(page, "state", state_name(s.state));
	if (s.node != NO_NODE)
		add_number(page, "node", s.node);
	if (s.flags)
		add_flags(page, s.flags);
	s.reasons = json_object_new_array();
	explain_subject(&s);
	json_object_object_add(page, "reasons", s.reasons);
	return 0;
}

/* ---- the verb ------------------------------------------------------------- */

static struct json_object *process_to_json(const struct devices *devices, int pid,
					   const struct mappings *maps)
{
	struct json_object *obj = json_object_new_object(), *mappings, *reasons;
	char *command = process_command(pid), *cgroup = process_cgroup(pid);

	add_number(obj, "pid", pid);
	add_text(obj, "command", command);
	add_text(obj, "cgroup", cgroup);
	free(command);
	free(cgroup);
	json_object_object_add(obj, "nodes", nodes_to_json(devices, maps));
	mappings = mappings_to_json(devices, pid, maps);
	json_object_object_add(obj, "mappings", mappings);
	reasons = json_object_new_array();
	if (!json_object_array_length(mappings))
		add_reason(reasons, "unbound",
			   "no mapping names a private node, and none has a page there");
	json_object_object_add(obj, "reasons", reasons);
	return obj;
}

static int explain_process(const struct devices *devices, int pid, const uint64_t *addr,
			   struct json_object *results)
{
	char *name = xasprintf("process %d", pid);
	struct json_object *obj;
	struct mappings maps;
	int ret = mappings_read(pid, &maps);

	if (ret)
		(void)complain(name, ret, ret == -ESRCH ? NULL : "run it as root",
			       ret == -ESRCH ? "there is none" : "cannot look at it");
	free(name);
	if (ret) {
		mappings_free(&maps);
		return ret == -ESRCH ? EXIT_NO_MATCH : EXIT_FAILED;
	}
	obj = process_to_json(devices, pid, &maps);
	json_object_array_add(results, obj);
	if (addr)
		ret = add_page(obj, devices, pid, &maps, *addr);
	if (ret)
		json_object_array_del_idx(results, 0, 1);
	mappings_free(&maps);
	return ret ? EXIT_FAILED : EXIT_DONE;
}

static bool parse_address(const char *text, uint64_t *addr)
{
	char *end;

	if (!isxdigit((unsigned char)*text))
		return false;
	errno = 0;
	*addr = strtoull(text, &end, 16);
	return !errno && !*end;
}

static int explain(const struct command *cmd, int argc, char **argv)
{
	struct json_object *results;
	struct devices devices;
	uint64_t addr = 0;
	long long pid;
	int ret;

	(void)cmd;
	if (argc < 1 || argc > 2)
		return usage_error("explain: give a PID, and maybe an address");
	if (!parse_number(argv[0], &pid) || pid <= 0 || pid > INT32_MAX)
		return usage_error("explain: '%s' is no PID", argv[0]);
	if (argc == 2 && !parse_address(argv[1], &addr))
		return usage_error("explain: '%s' is no address, as 7f2a40000000", argv[1]);
	if (devices_load(&devices))
		return EXIT_FAILED;
	results = json_object_new_array();
	ret = explain_process(&devices, (int)pid, argc == 2 ? &addr : NULL, results);
	print_objects(results);
	devices_free(&devices);
	return ret;
}

const struct command cmd_explain = {
	.name = "explain",
	.args = "PID [ADDRESS]",
	.help = "Show where the memory of a process is, and why.",
	.options = NULL,
	.run = explain,
};
