// SPDX-License-Identifier: GPL-2.0
/* daxctl-private drain: what processes have on a device moves to ordinary memory. */
#include <errno.h>
#include <numaif.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "device.h"
#include "frames.h"
#include "lock.h"
#include "message.h"
#include "node.h"
#include "nodemask.h"
#include "output.h"
#include "plan.h"
#include "procs.h"
#include "signals.h"
#include "sysfs.h"
#include "text.h"

#define PAUSE_MS	200
#define UNSEEN		"not every process can be looked at, and may have memory there"

static const char *region;
static long long timeout = 60;

static const struct option_def options[] = {
	NUMBER('t', "timeout", &timeout, "SECONDS", "give up then; without it after 60"),
	TEXT('r', "region", &region, "ID", "only devices of this region"),
	END_OF_OPTIONS
};

struct drain {
	const struct device *dev;
	long long end;			/* as of now_ms(), when to give up */
	int *targets, nr_targets;	/* ordinary nodes, the nearest first */
	uint64_t moved, left;
	struct frames frames;		/* of the device, if they can be looked at */
	int no_frames;			/* why they cannot */
	int unseen;			/* why some process cannot be looked at */
	int err;			/* of the last process that refused */
	bool emptied;			/* nothing was there, for a moment at least */
	struct json_object *steps;	/* with --dry-run: what would be written */
};

/* ---- where to ------------------------------------------------------------- */

static long distance(int from, int to)
{
	char *text = sysfs_read("/sys/devices/system/node/node%d/distance", from);
	char *at = text, *end;
	long value = 255;

	/* one for each node that is online, in order */
	for (int node = 0; at && node <= to; node++) {
		long next;

		if (!node_has_state("online", node))
			continue;
		next = strtol(at, &end, 10);
		if (end == at)
			break;
		at = end;
		value = next;
	}
	free(text);
	return value;
}

static void find_targets(struct drain *d)
{
	char *list = sysfs_read("/sys/devices/system/node/has_memory");

	d->targets = xcalloc(NODEMASK_NODES, sizeof(*d->targets));
	for (int node = 0; node < NODEMASK_NODES; node++) {
		int at = d->nr_targets;
		long away;

		if (!node_in_list(list, node))
			continue;
		away = distance(d->dev->node, node);
		for (; at && distance(d->dev->node, d->targets[at - 1]) > away; at--)
			d->targets[at] = d->targets[at - 1];
		d->targets[at] = node;
		d->nr_targets++;
	}
	free(list);
}

/* ---- what is left --------------------------------------------------------- */

static bool is_used(enum frame_kind kind)
{
	return kind != FRAME_FREE && kind != FRAME_BLANK && kind != FRAME_MEMMAP &&
	       kind != FRAME_HWPOISON;
}

static uint64_t frame_bytes(const struct drain *d, enum frame_kind kind)
{
	return d->frames.kind[kind] * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What processes have mapped on the node, and no more. */
static void look_at_processes(struct drain *d)
{
	int *pids, nr = process_list(&pids);
	uint64_t bytes;

	for (int i = 0; i < nr; i++) {
		int ret = process_on_node(pids[i], d->dev->node, &bytes);

		if (!ret)
			d->left += bytes;
		else if (ret != -ESRCH)
			d->unseen = ret;
	}
	free(pids);
}

/*
 * The frames tell of all that is there: what is pinned, in the swap cache or in the page
 * cache may be mapped by nobody.
 */
static void look(struct drain *d)
{
	d->left = 0;
	d->unseen = 0;
	d->no_frames = frames_count(d->dev, &d->frames);
	if (d->no_frames)
		look_at_processes(d);
	for (int kind = 0; !d->no_frames && kind < NR_FRAME_KINDS; kind++)
		if (is_used(kind))
			d->left += frame_bytes(d, kind);
}

/* "1.00 MiB (1.05 MB) anonymous and 4.00 KiB (4.10 KB) file"; to be freed. */
static char *left_text(const struct drain *d)
{
	char *text = d->no_frames ? human_size(d->left) : xstrdup("");

	for (int kind = 0; !d->no_frames && kind < NR_FRAME_KINDS; kind++) {
		char *size = human_size(frame_bytes(d, kind)), *longer;

		if (is_used(kind) && d->frames.kind[kind]) {
			longer = xasprintf("%s%s%s %s", text, *text ? " and " : "", size,
					   frame_names[kind]);
			free(text);
			text = longer;
		}
		free(size);
	}
	return text;
}

/* ---- moving --------------------------------------------------------------- */

static void migrate(struct drain *d, int pid, int target)
{
	struct nodemask from = { .bits = { 0 } }, to = { .bits = { 0 } };

	nodemask_add(&from, d->dev->node);
	nodemask_add(&to, target);
	if (migrate_pages(pid, NODEMASK_MAXNODE, from.bits, to.bits) < 0 && errno != ESRCH)
		d->err = errno;
}

static void move_process(struct drain *d, int pid, int target)
{
	uint64_t before, after;
	int ret = process_on_node(pid, d->dev->node, &before);

	if (ret == -EACCES || ret == -EPERM)
		d->err = -ret;
	if (ret || !before)
		return;
	migrate(d, pid, target);
	if (!process_on_node(pid, d->dev->node, &after) && after < before)
		d->moved += before - after;
}

static void move_all(struct drain *d, int target)
{
	int *pids, nr = process_list(&pids);

	d->err = 0;
	for (int i = 0; i < nr && !signals_came(); i++)
		move_process(d, pids[i], target);
	free(pids);
}

/* What is in a list of a CPU of pages that come to the LRU cannot be moved: any call ends that. */
static void move_round(struct drain *d, int target)
{
	move_all(d, target);
	look(d);
	if (!d->no_frames && d->frames.unmapped) {
		migrate(d, 0, target);
		look(d);
	}
}

static void tell_progress(const struct drain *d)
{
	char *left = human_size(d->left);

	say("%s: %s left", d->dev->name, left);
	free(left);
}

/* A process that comes while the others are moved is found the next time. */
static void move_until_empty(struct drain *d)
{
	for (int round = 0; ; round++) {
		uint64_t before = d->left;

		move_round(d, d->targets[round % d->nr_targets]);
		d->emptied = !d->left && !d->unseen;
		if (!d->left || signals_came() || now_ms() >= d->end)
			return;
		if (d->left != before)
			tell_progress(d);
		signals_wait(PAUSE_MS);
	}
}

/* ---- the verb ------------------------------------------------------------- */

static int check_device(const struct device *dev)
{
	if (dev->mode == MODE_PRIVATE)
		return device_check_stays(dev);
	if (dev->mode == MODE_CRAM)
		return complain(dev->name, EOPNOTSUPP, "unplugging it moves everything away",
				"processes cannot be moved off compressed RAM");
	return complain(dev->name, EINVAL, "see daxctl-private list",
			"a device in mode %s has no private node", mode_name(dev->mode));
}

static void add_result(const struct drain *d, struct json_object *results)
{
	struct json_object *obj = json_object_new_object();

	add_text(obj, "chardev", d->dev->name);
	if (d->dev->node != NO_NODE)
		add_number(obj, "node", d->dev->node);
	add_size(obj, "moved", d->moved);
	add_size(obj, "left", d->left);
	if (d->steps)
		json_object_object_add(obj, "steps", d->steps);
	json_object_array_add(results, obj);
}

static int set_mbind(const struct drain *d, const char *value, const char *hint)
{
	char *path = device_path(d->dev, "mbind");
	int ret = sysfs_write(path, value);

	free(path);
	return ret ? complain(d->dev->name, ret, failure_hint(ret, hint), "cannot set mbind to %s%s",
			      value, hint ? " again" : "") : 0;
}

/*
 * Who may name a node may move pages off it, and nobody else: for as long as this
 * takes the device has to be open to that. What came meanwhile is seen afterwards.
 */
static int drain_opened(struct drain *d)
{
	bool open = device_is_on(d->dev, "mbind");
	int ret = 0;

	if (!open) {
		say("%s: mbind is 1 until this is done", d->dev->name);
		ret = set_mbind(d, "1", NULL);
	}
	if (ret)
		return ret;
	move_until_empty(d);
	if (!open)
		ret = set_mbind(d, "0", "it is still open to processes");
	look(d);
	return ret;
}

/* The processes stay where they are. */
static void try_only(struct drain *d)
{
	struct plan plan = { .dev = d->dev };

	look_at_processes(d);
	if (d->unseen)
		say("%s: " UNSEEN ": %s", d->dev->name, strerrorname_np(-d->unseen));
	if (!device_is_on(d->dev, "mbind")) {
		plan_write(&plan, "mbind", "1", NULL);
		plan_write(&plan, "mbind", "0", NULL);
	}
	d->steps = plan_to_json(&plan);
	plan_free(&plan);
}

static int drain_plugged(struct drain *d)
{
	int ret = 0;

	find_targets(d);
	if (!d->nr_targets)
		ret = complain(d->dev->name, ENXIO, "online some, or stop who uses the device",
			       "no node has ordinary memory to move to");
	else if (global.dry_run)
		try_only(d);
	else
		ret = drain_opened(d);
	free(d->targets);
	return ret;
}

/* Unplugging finds it by the frames. */
static bool nobody_has_it(const struct drain *d)
{
	uint64_t unmapped = d->frames.unmapped * (uint64_t)sysconf(_SC_PAGESIZE);

	return !d->no_frames && d->left == unmapped + frame_bytes(d, FRAME_FILE);
}

/* To be freed. */
static char *what_helps(const struct drain *d, int err)
{
	bool open = device_is_on(d->dev, "mbind") || device_is_on(d->dev, "demotion");

	if (err != EBUSY)
		return xstrdup(failure_hint(err, "see daxctl-private holders"));
	if (d->emptied && open)
		return xasprintf("close it first: daxctl-private policy %s mbind=0 demotion=0",
				 d->dev->name);
	return xstrdup(nobody_has_it(d) ? "daxctl-private unplug moves what no process has, too" :
		       "see daxctl-private holders");
}

static int complain_of_left(const struct drain *d, int err)
{
	char *left = left_text(d), *hint = what_helps(d, err);

	(void)complain(d->dev->name, err, hint, d->emptied ? "all was moved, but %s came back" :
		       "not everything could be moved, %s left", left);
	free(left);
	free(hint);
	return -err;
}

/* As the kernel has it in the end, whatever was moved before. */
static int check_empty(const struct drain *d)
{
	if (d->left)
		return complain_of_left(d, signals_came() ? EINTR : d->err ? d->err : EBUSY);
	if (d->unseen)
		return complain(d->dev->name, d->unseen, failure_hint(d->unseen, NULL),
				UNSEEN);
	if (d->no_frames)
		say("%s: its page frames cannot be looked at: what no process has may be there",
		    d->dev->name);
	return 0;
}

static int drain_device(struct device *dev, long long end, struct json_object *results)
{
	struct drain d = { .dev = dev, .end = end };
	int ret;

	/* others may have had the lock before */
	device_refresh(dev);
	ret = check_device(dev);
	if (ret)
		return ret;
	if (device_is_plugged(dev))
		ret = drain_plugged(&d);
	if (ret && !d.moved)
		return ret;
	add_result(&d, results);
	if (!ret && device_is_plugged(dev) && !global.dry_run)
		ret = check_empty(&d);
	return ret;
}

/* A signal leaves the next devices alone. */
static int drain_all(const struct devices *devices, struct json_object *results)
{
	long long end = now_ms() + 1000 * timeout;
	bool locked, interrupted;
	int failed = 0;

	signals_hold();
	locked = global.dry_run || !lock_take(end);
	interrupted = !locked && signals_came();
	for (int i = 0; locked && i < devices->nr && !interrupted; i++) {
		int ret = signals_came() ? -EINTR : drain_device(&devices->dev[i], end, results);

		failed += ret != 0;
		interrupted = ret && signals_came();
	}
	lock_release();
	print_objects(results);
	signals_release(interrupted);
	if (!locked)
		return EXIT_FAILED;
	if (!failed)
		return EXIT_DONE;
	return failed == devices->nr ? EXIT_FAILED : EXIT_PARTLY;
}

static int drain(const struct command *cmd, int argc, char **argv)
{
	struct devices devices;
	int ret;

	(void)cmd;
	if (!argc)
		return usage_error("no device was named; \"all\" is every one");
	if (timeout < 0 || timeout > MAX_TIMEOUT)
		return usage_error("--timeout: '%lld' is not from 0 to %lld", timeout, MAX_TIMEOUT);
	if (devices_load(&devices))
		return EXIT_FAILED;
	ret = devices_select(&devices, argc, argv, region);
	if (!ret)
		ret = drain_all(&devices, json_object_new_array());
	devices_free(&devices);
	return ret;
}

const struct command cmd_drain = {
	.name = "drain",
	.args = "DEVICE...|all",
	.help = "Move what processes have on a device to ordinary memory.",
	.options = options,
	.run = drain,
	.writes = true,
};
