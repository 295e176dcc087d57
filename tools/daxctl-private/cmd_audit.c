// SPDX-License-Identifier: GPL-2.0
/* daxctl-private audit: is there anything on a private node that nothing explains? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "device.h"
#include "frames.h"
#include "message.h"
#include "node.h"
#include "output.h"
#include "text.h"

/* A page on its way from one user to the next is nobody's: look again some times. */
#define LOOKS		10
#define PAUSE_NS	300000000L

static const char *region;

static const struct option_def options[] = {
	TEXT('r', "region", &region, "ID", "only devices of this region"),
	END_OF_OPTIONS
};

struct audit {
	const struct device *dev;
	const struct devices *all;	/* of which some may share the node */
	struct frames frames;
	struct {			/* of the node, as are all numbers below */
		uint64_t anonymous;
		uint64_t blank;		/* of which nothing is told */
	} on_node;
	uint64_t cpu_lists;		/* that many are free in the lists of CPUs */
	uint64_t placed;
	bool counted;			/* there is such a counter */
};

/* ---- looking -------------------------------------------------------------- */

static void add_to_node(struct audit *a, const struct frames *frames)
{
	a->on_node.anonymous += frames->kind[FRAME_ANONYMOUS];
	a->on_node.blank += frames->kind[FRAME_BLANK];
}

/* The kernel counts what it let in, and what is in the lists of CPUs, for a node. */
static int count_node(struct audit *a)
{
	a->on_node.anonymous = 0;
	a->on_node.blank = 0;
	add_to_node(a, &a->frames);
	for (int i = 0; i < a->all->nr; i++) {
		const struct device *dev = &a->all->dev[i];
		struct frames frames;
		int ret;

		if (!strcmp(dev->name, a->dev->name) || dev->node != a->dev->node ||
		    !device_is_plugged(dev))
			continue;
		ret = frames_count(dev, &frames);
		if (ret)
			return ret;
		add_to_node(a, &frames);
	}
	return 0;
}

/* Unless it was unplugged just now, it has some that are online. */
static int check_shown(const struct audit *a)
{
	char *state;
	int ret = 0;

	for (int i = 0; i < NR_FRAME_KINDS; i++)
		if (a->frames.kind[i])
			return 0;
	state = device_attr(a->dev, "hotplug");
	if (state && strcmp(state, "unplugged") != 0)
		ret = complain(a->dev->name, ENODATA, "look again: daxctl-private list",
			       "it is plugged, and none of its page frames is shown");
	free(state);
	return ret;
}

/* The lists are counted before and after, as they change meanwhile. */
static int look(struct audit *a)
{
	uint64_t before = zone_pages(a->dev->node, "count:"), after;
	int ret = frames_count(a->dev, &a->frames);

	if (!ret)
		ret = count_node(a);
	if (ret)
		return ret;
	after = zone_pages(a->dev->node, "count:");
	a->cpu_lists = before > after ? before : after;
	a->placed = 0;
	a->counted = device_number(a->dev, "stats/placed", &a->placed);
	return 0;
}

/* ---- judging -------------------------------------------------------------- */

static void violation(struct json_object *violations, const char *code, char *text)
{
	struct json_object *obj = json_object_new_object();

	add_text(obj, "code", code);
	add_text(obj, "text", text);
	json_object_array_add(violations, obj);
	free(text);
}

static void judge_kinds(const struct audit *a, struct json_object *violations)
{
	static const struct {
		enum frame_kind kind;
		const char *what;
	} never[] = {
		{ FRAME_FILE, "of the page cache or of shared memory" },
		{ FRAME_HUGETLB, "of hugetlbfs" },
		{ FRAME_SLAB, "of the kernel's slab allocator" },
		{ FRAME_PAGE_TABLE, "of page tables" },
		{ FRAME_OTHER, "of the kernel" },
	};

	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++) {
		uint64_t nr = a->frames.kind[never[i].kind];

		if (nr)
			violation(violations, frame_names[never[i].kind],
				  xasprintf("%ju pages are %s", (uintmax_t)nr, never[i].what));
	}
}

/**
 * judge() - what is there that nothing explains
 * @a: what was seen
 *
 * Whatever comes in passes the gate, which counts it; and the gate opens for
 * nobody unless an opt-in is there.
 *
 * Return: an array, empty if all is well
 */
static struct json_object *judge(const struct audit *a)
{
	struct json_object *violations = json_object_new_array();
	uint64_t anonymous = a->on_node.anonymous, blank = a->on_node.blank;

	if (node_has_state("has_memory", a->dev->node))
		violation(violations, "ordinary",
			  xasprintf("node %d is ordinary memory to the kernel", a->dev->node));
	judge_kinds(a, violations);
	if (blank > a->cpu_lists)
		violation(violations, "blank",
			  xasprintf("%ju pages of the node have no flags, and only %ju of them are "
				    "free in the lists of CPUs", (uintmax_t)blank,
				    (uintmax_t)a->cpu_lists));
	if (anonymous && !a->counted)
		violation(violations, "uncounted",
			  xstrdup("the kernel does not count what it placed"));
	else if (anonymous > a->placed)
		violation(violations, "anonymous",
			  xasprintf("%ju anonymous pages are on the node, but the gate let only "
				    "%ju in", (uintmax_t)anonymous, (uintmax_t)a->placed));
	return violations;
}

/* ---- the verb ------------------------------------------------------------- */

static struct json_object *pages_to_json(const struct frames *frames)
{
	struct json_object *pages = json_object_new_object();

	for (int i = 0; i < NR_FRAME_KINDS; i++)
		add_number(pages, frame_names[i], (int64_t)frames->kind[i]);
	return pages;
}

static struct json_object *node_to_json(const struct audit *a)
{
	struct json_object *pages = json_object_new_object();

	add_number(pages, "anonymous", (int64_t)a->on_node.anonymous);
	add_number(pages, "blank", (int64_t)a->on_node.blank);
	return pages;
}

static struct json_object *result(const struct audit *a, struct json_object *violations)
{
	struct json_object *obj = json_object_new_object();
	bool explained = !json_object_array_length(violations);

	add_text(obj, "chardev", a->dev->name);
	if (a->dev->node != NO_NODE)
		add_number(obj, "node", a->dev->node);
	add_text(obj, "state", a->dev->state);
	json_object_object_add(obj, "explained", json_object_new_boolean(explained));
	json_object_object_add(obj, "pages", pages_to_json(&a->frames));
	json_object_object_add(obj, "on_node", node_to_json(a));
	add_number(obj, "cpu_lists", (int64_t)a->cpu_lists);
	add_number(obj, "placed", (int64_t)a->placed);
	json_object_object_add(obj, "violations", violations);
	return obj;
}

/* The exit code; what is seen goes to RESULTS. */
static int audit_device(const struct device *dev, const struct devices *all,
			struct json_object *results)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct audit a = { .dev = dev, .all = all };
	struct json_object *violations = NULL;
	int looks = global.sysroot ? 1 : LOOKS;
	size_t bad = 0;

	if (device_check_stays(dev))
		return EXIT_FAILED;
	do {
		int ret = device_is_plugged(dev) ? look(&a) : 0;

		if (violations)
			(void)json_object_put(violations);
		if (ret)
			return frames_complain(dev, ret);
		if (device_is_plugged(dev) && check_shown(&a))
			return EXIT_FAILED;
		violations = device_is_plugged(dev) ? judge(&a) : json_object_new_array();
		bad = json_object_array_length(violations);
	} while (bad && --looks && !nanosleep(&pause, NULL));
	json_object_array_add(results, result(&a, violations));
	return bad ? EXIT_FAILED : EXIT_DONE;
}

static int audit_devices(const struct devices *devices, const struct devices *all, bool named,
			 struct json_object *results)
{
	int worst = EXIT_DONE;

	for (int i = 0; i < devices->nr; i++) {
		const struct device *dev = &devices->dev[i];
		int ret = EXIT_DONE;

		if (device_is_ours(dev)) {
			ret = audit_device(dev, all, results);
		} else if (named) {
			(void)complain(dev->name, EINVAL, "see daxctl-private list",
				       "a device in mode %s has no private node",
				       mode_name(dev->mode));
			ret = EXIT_FAILED;
		}
		if (ret == EXIT_FAILED || !worst)
			worst = ret;
	}
	return worst;
}

static bool names_one(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "all") != 0)
			return true;
	return false;
}

static int audit(const struct command *cmd, int argc, char **argv)
{
	struct devices devices, all;
	struct json_object *results;
	int ret;

	(void)cmd;
	if (devices_load(&devices))
		return EXIT_FAILED;
	if (devices_load(&all)) {
		devices_free(&devices);
		return EXIT_FAILED;
	}
	results = json_object_new_array();
	ret = devices_select(&devices, argc, argv, region);
	if (!ret)
		ret = audit_devices(&devices, &all, names_one(argc, argv), results);
	print_objects(results);
	devices_free(&devices);
	devices_free(&all);
	return ret;
}

const struct command cmd_audit = {
	.name = "audit",
	.args = "[DEVICE...|all]",
	.help = "Prove that nothing is on a private node that no opt-in explains.",
	.options = options,
	.run = audit,
};
