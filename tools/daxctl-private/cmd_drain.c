// SPDX-License-Identifier: GPL-2.0
/* daxctl-private drain: what processes have on a device moves to ordinary memory. */
#include <errno.h>
#include <numaif.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "device.h"
#include "frames.h"
#include "message.h"
#include "node.h"
#include "nodemask.h"
#include "output.h"
#include "plan.h"
#include "procs.h"
#include "sysfs.h"
#include "text.h"

#define PAUSE_NS	200000000L

static const char *region;
static long long timeout = 60;

static const struct option_def options[] = {
	NUMBER('t', "timeout", &timeout, "SECONDS", "give up then; without it after 60"),
	TEXT('r', "region", &region, "ID", "only devices of this region"),
	END_OF_OPTIONS
};

static volatile sig_atomic_t stopped;

struct drain {
	const struct device *dev;
	int *targets, nr_targets;	/* ordinary nodes, the nearest first */
	uint64_t moved, left;
	int err;			/* of the last process that refused */
	struct json_object *steps;	/* with --dry-run: what would be written */
};

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

/* So that what was changed for a while is put back. */
static void stop_at_signals(void)
{
	const struct sigaction action = { .sa_handler = stop };
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		(void)sigaction(signals[i], &action, NULL);
}

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

/* ---- moving --------------------------------------------------------------- */

static void migrate(struct drain *d, int pid, int target)
{
	struct nodemask from = { .bits = { 0 } }, to = { .bits = { 0 } };

	nodemask_add(&from, d->dev->node);
	nodemask_add(&to, target);
	if (migrate_pages(pid, NODEMASK_MAXNODE, from.bits, to.bits) < 0 && errno != ESRCH)
		d->err = errno;
}

static void move_process(struct drain *d, int pid, int target, uint64_t before)
{
	uint64_t after;

	migrate(d, pid, target);
	if (process_on_node(pid, d->dev->node, &after))
		after = 0;
	if (after < before)
		d->moved += before - after;
	d->left += after;
}

static void move_all(struct drain *d, int target)
{
	int *pids, nr = process_list(&pids);
	uint64_t bytes;

	d->left = 0;
	for (int i = 0; i < nr && !stopped; i++) {
		int ret = process_on_node(pids[i], d->dev->node, &bytes);

		if (ret == -EACCES || ret == -EPERM)
			d->err = -ret;
		else if (!ret && bytes && global.dry_run)
			d->left += bytes;
		else if (!ret && bytes)
			move_process(d, pids[i], target, bytes);
	}
	free(pids);
}

static void tell_progress(const struct drain *d)
{
	char *left = human_size(d->left);

	say("%s: %s left", d->dev->name, left);
	free(left);
}

/*
 * What no process has mapped is there, too: in the swap cache, or in a list of a
 * CPU of pages that come to the LRU. To migrate from the node empties these.
 */
static void count_unmapped(struct drain *d, int target)
{
	struct frames frames;

	if (frames_count(d->dev, &frames) || !frames.unmapped)
		return;
	migrate(d, 0, target);
	if (!frames_count(d->dev, &frames))
		d->left += frames.unmapped * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A process that comes while the others are moved is found the next time. */
static void move_until_empty(struct drain *d)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct timespec now;
	time_t end;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + timeout;
	for (int round = 0; ; round++) {
		int target = d->targets[round % d->nr_targets];
		uint64_t before = d->left;

		move_all(d, target);
		count_unmapped(d, target);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (!d->left || stopped || now.tv_sec >= end)
			return;
		if (d->left != before)
			tell_progress(d);
		(void)nanosleep(&pause, NULL);
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

static bool is_open(const struct device *dev)
{
	uint64_t open = 0;

	return device_number(dev, "mbind", &open) && open;
}

/*
 * Who may name a node may move pages off it, and nobody else: for as long as this
 * takes the device has to be open to that.
 */
static int drain_opened(struct drain *d)
{
	char *path = device_path(d->dev, "mbind");
	bool open = is_open(d->dev);
	int ret = 0;

	if (!open) {
		say("%s: mbind is 1 until this is done", d->dev->name);
		ret = sysfs_write(path, "1");
	}
	if (ret)
		(void)complain(d->dev->name, ret, failure_hint(ret, NULL), "cannot set mbind to 1");
	else
		move_until_empty(d);
	if (!ret && !open) {
		ret = sysfs_write(path, "0");
		if (ret)
			(void)complain(d->dev->name, ret, "it is still open to processes",
				       "cannot set mbind to 0 again");
	}
	free(path);
	return ret;
}

/* The processes stay where they are. */
static void try_only(struct drain *d)
{
	struct plan plan = { .dev = d->dev };

	move_all(d, NO_NODE);
	if (!is_open(d->dev)) {
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

static int drain_device(const struct device *dev, struct json_object *results)
{
	struct drain d = { .dev = dev };
	int ret = check_device(dev);

	if (!ret && device_is_plugged(dev))
		ret = drain_plugged(&d);
	if (ret)
		return EXIT_FAILED;
	add_result(&d, results);
	if (!d.left || global.dry_run)
		return EXIT_DONE;
	(void)complain(dev->name, d.err ? d.err : EBUSY, "see daxctl-private holders",
		       "not everything could be moved");
	return EXIT_FAILED;
}

static int drain(const struct command *cmd, int argc, char **argv)
{
	struct json_object *results;
	struct devices devices;
	int ret, failed = 0;

	(void)cmd;
	if (!argc)
		return usage_error("no device was named; \"all\" is every one");
	if (timeout < 0 || timeout > MAX_TIMEOUT)
		return usage_error("--timeout: '%lld' is not from 0 to %lld", timeout, MAX_TIMEOUT);
	if (devices_load(&devices))
		return EXIT_FAILED;
	stop_at_signals();
	ret = devices_select(&devices, argc, argv, region);
	results = json_object_new_array();
	for (int i = 0; !ret && i < devices.nr; i++)
		failed += drain_device(&devices.dev[i], results) != EXIT_DONE;
	print_objects(results);
	if (!ret && failed)
		ret = failed == devices.nr ? EXIT_FAILED : EXIT_PARTLY;
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
