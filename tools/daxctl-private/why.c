// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel-page-flags.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "node.h"
#include "output.h"
#include "sysfs.h"
#include "text.h"
#include "why.h"

#define BIT(nr)		(1ULL << (nr))

/**
 * add_reason() - one more reason
 * @reasons: where it goes
 * @code: a word that scripts can rely on
 * @format: a sentence for people, as of printf()
 */
void add_reason(struct json_object *reasons, const char *code, const char *format, ...)
{
	struct json_object *obj = json_object_new_object();
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	add_text(obj, "code", code);
	add_text(obj, "text", text);
	json_object_array_add(reasons, obj);
	free(text);
}

/**
 * device_of_node() - the plugged device of ours whose memory a node has
 * @devices: all devices
 * @node: the node
 *
 * Return: the first one, or NULL
 */
const struct device *device_of_node(const struct devices *devices, int node)
{
	for (int i = 0; i < devices->nr; i++)
		if (devices->dev[i].node == node && device_is_plugged(&devices->dev[i]))
			return &devices->dev[i];
	return NULL;
}

static bool binds(const struct mapping *map)
{
	return !strcmp(map->mode, "bind");
}

static bool names(const struct mapping *map, int node)
{
	return node_in_list(map->nodes, node);
}

/* ---- it is there ---------------------------------------------------------- */

static void why_there(const struct subject *s, const struct device *dev)
{
	if (names(s->map, dev->node) && device_is_on(dev, "mbind"))
		add_reason(s->reasons, "bound",
			   "the policy names node %d, and mbind of %s is 1",
			   dev->node, dev->name);
	else if (names(s->map, dev->node))
		add_reason(s->reasons, "stayed",
			   "the policy names node %d; mbind of %s is 0 by now, but what is there "
			   "stays",
			   dev->node, dev->name);
	else if (dev->mode == MODE_CRAM)
		add_reason(s->reasons, "demoted",
			   "it was cold and came to %s, compressed RAM, by demotion",
			   dev->name);
	else if (device_is_on(dev, "demotion"))
		add_reason(s->reasons, "demoted",
			   "no policy names node %d: it was cold and came by demotion, or was "
			   "moved there by move_pages(2) or migrate_pages(2)",
			   dev->node);
	else
		add_reason(s->reasons, "moved",
			   "no policy names node %d: move_pages(2), migrate_pages(2), demotion "
			   "or a policy that is gone brought it to %s",
			   dev->node, dev->name);
}

/* ---- what keeps a policy that names the node from it ---------------------- */

static void why_closed(const struct subject *s, const struct device *dev)
{
	char *cgroup;

	if (dev->mode == MODE_CRAM) {
		add_reason(s->reasons, "cram",
			   "%s is compressed RAM: nothing is placed there but by demotion",
			   dev->name);
		return;
	}
	if (!device_is_on(dev, "mbind"))
		add_reason(s->reasons, "mbind-off",
			   "mbind of %s is 0: processes may not name node %d",
			   dev->name, dev->node);
	else if (!binds(s->map) && !device_is_on(dev, "interleave"))
		add_reason(s->reasons, "interleave-off",
			   "interleave of %s is 0: the policy '%s' may not name node %d",
			   dev->name, s->map->mode, dev->node);
	cgroup = process_cpuset_without(s->pid, dev->node);
	if (cgroup)
		add_reason(s->reasons, "cpuset",
			   "cpuset.mems of the cgroup %s leaves node %d out",
			   cgroup, dev->node);
	free(cgroup);
}

/* The kernel keeps so much back that the last pages are not for processes. */
static bool is_full(int node)
{
	uint64_t free_pages = zone_pages(node, "free");

	return free_pages <= zone_pages(node, "high") + 64;
}

/* Where a long-term pin may not be, it moves the memory to ordinary nodes first. */
static void why_pinned_elsewhere(const struct subject *s, const struct device *dev)
{
	if (!process_bytes(s->pid, "VmPin"))
		return;
	if (!device_is_on(dev, "ltpin"))
		add_reason(s->reasons, "pinned",
			   "the process has pinned memory, which moves it to ordinary nodes "
			   "first while ltpin of %s is 0",
			   dev->name);
	else if (dev->state && !strcmp(dev->state, "online_movable"))
		add_reason(s->reasons, "zone",
			   "the process has pinned memory, which does not stay in ZONE_MOVABLE: "
			   "for that %s has to be plugged with online_kernel",
			   dev->name);
}

static void why_not_now(const struct subject *s, const struct device *dev)
{
	char *ordinary = sysfs_read("/sys/devices/system/node/has_memory");
	bool others = false, full = is_full(dev->node);

	for (int node = 0; node < MAX_NODES; node++)
		others |= node_in_list(ordinary, node) && names(s->map, node);
	free(ordinary);
	if (full)
		add_reason(s->reasons, "full",
			   "node %d is full",
			   dev->node);
	if (others)
		add_reason(s->reasons, "other-node",
			   "the policy names ordinary nodes, too");
	if (s->state != PAGE_PRESENT && s->state != PAGE_UNKNOWN)
		return;
	why_pinned_elsewhere(s, dev);
	if (others || full)
		return;
	add_reason(s->reasons, "came-before",
		   "nothing keeps new pages from node %d: this came before the policy was set, "
		   "before %s was open, or while the node was full",
		   dev->node, dev->name);
}

/* ---- no policy names the node --------------------------------------------- */

static void why_not_demoted_to(const struct subject *s, const struct device *dev)
{
	char *gate = device_attr(dev, "gate");

	if (sysfs_exists(DEMOTION_ENABLED) && !demotion_enabled())
		add_reason(s->reasons, "demotion-disabled",
			   "nothing is demoted at all: " DEMOTION_ENABLED " is false");
	else if (gate && strcmp(gate, "open") != 0)
		add_reason(s->reasons, "gate",
			   "the gate of %s is %s",
			   dev->name, gate);
	else if (s->flags & BIT(KPF_UNEVICTABLE))
		add_reason(s->reasons, "mlocked",
			   "the page is locked in memory, and is not demoted");
	else if (s->flags & (BIT(KPF_ACTIVE) | BIT(KPF_REFERENCED)))
		add_reason(s->reasons, "in-use",
			   "the page was used lately: what is demoted to %s is cold",
			   dev->name);
	else
		add_reason(s->reasons, "not-cold",
			   "memory comes to %s by demotion, when DRAM runs short and it has not "
			   "been used for long",
			   dev->name);
	free(gate);
}

static bool takes_demotion(const struct device *dev)
{
	return device_is_plugged(dev) && (dev->mode == MODE_CRAM || device_is_on(dev, "demotion"));
}

static void why_not_named(const struct subject *s)
{
	int nr = 0;

	add_reason(s->reasons, "not-named",
		   "the policy names no private node, and nothing gets there by itself");
	for (int i = 0; i < s->devices->nr; i++) {
		if (!takes_demotion(&s->devices->dev[i]))
			continue;
		why_not_demoted_to(s, &s->devices->dev[i]);
		nr++;
	}
	if (!nr)
		add_reason(s->reasons, "no-demotion",
			   "no private node is open to demotion");
}

/* ---- all of it ------------------------------------------------------------ */

static void why_elsewhere(const struct subject *s)
{
	size_t before;
	int nr = 0;

	for (int i = 0; i < s->devices->nr; i++) {
		const struct device *dev = &s->devices->dev[i];

		if (!device_is_plugged(dev) || !names(s->map, dev->node) ||
		    device_of_node(s->devices, dev->node) != dev)
			continue;
		nr++;
		before = json_object_array_length(s->reasons);
		why_closed(s, dev);
		if (json_object_array_length(s->reasons) == before)
			why_not_now(s, dev);
	}
	if (!nr)
		why_not_named(s);
}

static void explain_page(const struct subject *s)
{
	const struct device *dev = s->node == NO_NODE ? NULL : device_of_node(s->devices, s->node);

	if (s->state == PAGE_ABSENT)
		add_reason(s->reasons, "absent",
			   "there is no page: nothing was written there so far");
	if (s->state == PAGE_SWAPPED)
		add_reason(s->reasons, "swapped",
			   "the page is in swap");
	if (s->state == PAGE_ZERO)
		add_reason(s->reasons, "zero-page",
			   "it was only read so far: all such addresses share a page of zeroes");
	if (dev)
		why_there(s, dev);
	else
		why_elsewhere(s);
}

/* A mapping that is on several nodes has reasons for each. */
static void explain_mapping(const struct subject *s)
{
	struct subject other = *s;
	uint64_t elsewhere = 0;

	for (int i = 0; i < s->map->nr; i++) {
		const struct device *dev = device_of_node(s->devices, s->map->use[i].node);

		if (dev)
			why_there(s, dev);
		else
			elsewhere += s->map->use[i].bytes;
	}
	if (!s->map->nr) {
		add_reason(s->reasons, "absent",
			   "it has no page in memory");
		other.state = PAGE_ABSENT;
	}
	if (elsewhere || !s->map->nr)
		why_elsewhere(&other);
}

/**
 * explain_subject() - give the reasons
 * @s: what it is about; the reasons are added to it
 */
void explain_subject(const struct subject *s)
{
	if (!s->map->anonymous)
		add_reason(s->reasons, "not-anonymous",
			   "only anonymous memory can be on a private node: this is a file, "
			   "shared memory or hugetlbfs");
	else if (s->state == PAGE_UNKNOWN)
		explain_mapping(s);
	else
		explain_page(s);
}
