// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "command.h"
#include "lock.h"
#include "message.h"
#include "node.h"
#include "output.h"
#include "signals.h"

struct tally {
	int changed, same, failed, no_feature;
	bool interrupted;
};

static void count_result(struct tally *tally, int ret, bool changed)
{
	if (!ret && changed)
		tally->changed++;
	else if (!ret)
		tally->same++;
	else
		tally->failed++;
	if (ret == -EOPNOTSUPP)
		tally->no_feature++;
	if (ret == -EINTR)
		tally->interrupted = true;
}

static bool has_changed(const struct plan *plan)
{
	return plan->nr && !plan->same;
}

/* With --dry-run the steps, else the device as it is then. */
static struct json_object *describe(const struct device *dev, const struct plan *plan)
{
	struct json_object *obj;

	if (global.dry_run) {
		obj = json_object_new_object();
		add_text(obj, "chardev", dev->name);
		json_object_object_add(obj, "steps", plan_to_json(plan));
		return obj;
	}
	obj = device_to_json(dev);
	if (device_is_ours(dev))
		json_object_object_add(obj, "tiers", tiers_to_json());
	json_object_object_add(obj, "changed", json_object_new_boolean(has_changed(plan)));
	return obj;
}

static void change_one(const struct change *change, struct device *dev, struct tally *tally,
		       struct json_object *results)
{
	struct plan plan = { .dev = dev };
	int ret;

	/* others may have had the lock before */
	device_refresh(dev);
	ret = change->make(dev, &plan);
	if (!ret && !global.dry_run)
		ret = plan_run(&plan);
	device_refresh(dev);
	count_result(tally, ret, has_changed(&plan));
	if (!ret)
		json_object_array_add(results, describe(dev, &plan));
	plan_free(&plan);
}

/* The lock is held meanwhile; a dry run needs none. */
static int change_all(const struct change *change, const struct devices *devices,
		      struct tally *tally, struct json_object *results)
{
	int ret = change->only_looks || global.dry_run ? 0 : lock_take(change->end);

	tally->interrupted = ret == -EINTR;
	for (int i = 0; !ret && i < devices->nr && !tally->interrupted; i++) {
		if (signals_came())
			tally->interrupted = true;
		else
			change_one(change, &devices->dev[i], tally, results);
	}
	lock_release();
	return ret ? EXIT_FAILED : 0;
}

static int exit_code(const struct tally *tally)
{
	if (!tally->failed)
		return EXIT_DONE;
	if (tally->changed + tally->same)
		return EXIT_PARTLY;
	return tally->no_feature == tally->failed ? EXIT_NO_FEATURE : EXIT_FAILED;
}

#define LOOK_MS	200

static bool any_ready(const struct change *change, const struct devices *devices)
{
	for (int i = 0; i < devices->nr; i++)
		if (change->ready(&devices->dev[i]))
			return true;
	return false;
}

/* The first that is not there as it has to be; of "all", one is enough. NULL: none. */
static const char *who_is_missing(const struct change *change, int argc, char **argv)
{
	const char *missing = NULL;
	struct devices devices;

	if (devices_load(&devices))
		return NULL;
	devices_keep(&devices, argc, argv, change->region);
	if (names_all(argc, argv) && !any_ready(change, &devices))
		missing = "a device";
	for (int i = 0; i < argc && !missing; i++) {
		const struct device *dev = devices_find(&devices, argv[i]);

		if (strcmp(argv[i], "all") != 0 && !(dev && change->ready(dev)))
			missing = argv[i];
	}
	devices_free(&devices);
	return missing;
}

/* If the time is over, the change tells what is wrong. */
static int wait_until_ready(const struct change *change, int argc, char **argv)
{
	const char *told = NULL, *missing = who_is_missing(change, argc, argv);

	while (missing && !(change->end && now_ms() >= change->end)) {
		if (missing != told)
			say("waiting for %s", missing);
		told = missing;
		signals_wait(LOOK_MS);
		if (signals_came())
			return complain(missing, EINTR, failure_hint(EINTR, NULL), "it was not there");
		missing = who_is_missing(change, argc, argv);
	}
	return 0;
}

static int change_named(const struct change *change, int argc, char **argv, struct tally *tally,
			struct json_object *results)
{
	struct devices devices;
	int ret;

	if (change->ready && !global.dry_run && wait_until_ready(change, argc, argv)) {
		tally->interrupted = true;
		return EXIT_FAILED;
	}
	if (devices_load(&devices))
		return EXIT_FAILED;
	ret = devices_select(&devices, argc, argv, change->region);
	if (!ret)
		ret = change_all(change, &devices, tally, results);
	devices_free(&devices);
	return ret;
}

/**
 * change_devices() - change each device that is named
 * @change: how
 * @argc: number of names
 * @argv: the names
 *
 * Prints those that are now as was wanted. A signal that would end the program does
 * so afterwards: no device is left half changed, and the next ones are left alone. One
 * that comes when all is done anyway does not.
 *
 * Return: the exit code
 */
int change_devices(const struct change *change, int argc, char **argv)
{
	struct json_object *results;
	struct tally tally = { 0 };
	int ret;

	if (!argc)
		return usage_error("no device was named; \"all\" is every one");
	results = json_object_new_array();
	signals_hold();
	ret = change_named(change, argc, argv, &tally, results);
	print_objects(results);
	if (!ret && !global.dry_run && !change->only_looks)
		say("%s %d device%s", change->done, tally.changed, tally.changed == 1 ? "" : "s");
	signals_release(tally.interrupted);
	return ret ? ret : exit_code(&tally);
}

/**
 * change_check() - what else is wrong, of a command line that is
 * @change: how each device would be changed
 * @argc: number of names
 * @argv: the names
 *
 * Tells what change_devices() would tell; nothing is changed or printed.
 */
void change_check(const struct change *change, int argc, char **argv)
{
	struct devices devices;

	if (!argc || devices_load(&devices))
		return;
	if (!devices_select(&devices, argc, argv, change->region)) {
		for (int i = 0; i < devices.nr; i++) {
			struct plan plan = { .dev = &devices.dev[i] };

			(void)change->make(&devices.dev[i], &plan);
			plan_free(&plan);
		}
	}
	devices_free(&devices);
}
