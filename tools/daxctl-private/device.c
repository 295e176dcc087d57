// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "command.h"
#include "device.h"
#include "message.h"
#include "sysfs.h"
#include "text.h"

#define DEVICES	"/sys/bus/dax/devices"

static const struct {
	const char *word, *driver;
} modes[] = {
	[MODE_DISABLED]   = { "disabled", NULL },
	[MODE_DEVDAX]     = { "devdax", "device_dax" },
	[MODE_SYSTEM_RAM] = { "system-ram", "kmem" },
	[MODE_PRIVATE]    = { "private", "anondax" },
	[MODE_CRAM]       = { "cram", "cramdax" },
	[MODE_OTHER]      = { "unknown", NULL },
};

const char *mode_name(enum mode mode)
{
	return modes[mode].word;
}

const char *mode_driver(enum mode mode)
{
	return modes[mode].driver;
}

/**
 * mode_parse() - the mode that a word stands for
 * @word: as of --mode
 * @mode: where it goes
 *
 * Return: whether it is one that a device can be given
 */
bool mode_parse(const char *word, enum mode *mode)
{
	for (int i = MODE_DEVDAX; i <= MODE_CRAM; i++) {
		if (!strcmp(word, modes[i].word)) {
			*mode = (enum mode)i;
			return true;
		}
	}
	return false;
}

static enum mode mode_of_driver(const char *driver)
{
	if (!driver)
		return MODE_DISABLED;
	for (int i = MODE_DEVDAX; i <= MODE_CRAM; i++)
		if (!strcmp(driver, modes[i].driver))
			return (enum mode)i;
	return MODE_OTHER;
}

/**
 * device_path() - the path of a file of the device
 * @dev: the device
 * @name: the file
 *
 * Return: the path, to be freed
 */
char *device_path(const struct device *dev, const char *name)
{
	return xasprintf(DEVICES "/%s/%s", dev->name, name);
}

/**
 * device_attr() - the content of a file of the device
 * @dev: the device
 * @name: the file
 *
 * Return: the content, to be freed; or NULL, with errno
 */
char *device_attr(const struct device *dev, const char *name)
{
	return sysfs_read(DEVICES "/%s/%s", dev->name, name);
}

/**
 * device_number() - a number that the device has in a file
 * @dev: the device
 * @name: the file
 * @value: where it goes; unchanged without one
 *
 * Return: whether there is one
 */
bool device_number(const struct device *dev, const char *name, uint64_t *value)
{
	return sysfs_number(value, DEVICES "/%s/%s", dev->name, name);
}

/**
 * device_is_on() - is a switch of the device on?
 * @dev: the device
 * @name: its file
 *
 * Return: false as well if it has no such file
 */
bool device_is_on(const struct device *dev, const char *name)
{
	uint64_t value = 0;

	return device_number(dev, name, &value) && value;
}

bool mode_is_ours(enum mode mode)
{
	return mode == MODE_PRIVATE || mode == MODE_CRAM;
}

bool device_is_ours(const struct device *dev)
{
	return mode_is_ours(dev->mode);
}

/**
 * device_is_plugged() - is the memory of a device of ours with its node?
 * @dev: the device
 */
bool device_is_plugged(const struct device *dev)
{
	return dev->state && strcmp(dev->state, "unplugged") != 0;
}

/**
 * device_check_stays() - can be told whether a device of ours is plugged?
 * @dev: the device
 *
 * While its driver lets it go, some of its files are gone and the link to the driver
 * is not.
 *
 * Return: 0, or -ENODEV if it is going away, which was told
 */
int device_check_stays(const struct device *dev)
{
	if (!device_is_ours(dev) || dev->state)
		return 0;
	return complain(dev->name, ENODEV, "look again: daxctl-private list",
			"it is going away, its file hotplug cannot be read");
}

/**
 * device_check_kernel() - can any device be one of ours?
 * @dev: the one that is asked for
 *
 * Return: 0, or -EOPNOTSUPP if the kernel knows no private nodes, which was told
 */
int device_check_kernel(const struct device *dev)
{
	if (sysfs_exists("/sys/devices/system/node/has_memory_private"))
		return 0;
	return complain(dev->name, EOPNOTSUPP, "see daxctl-private doctor",
			"this kernel has no private nodes");
}

/* One of ours can have another node than the firmware says. */
static int node_of(const struct device *dev)
{
	char *text = device_is_ours(dev) ? device_attr(dev, "node") : NULL;
	long long node = daxctl_dev_get_target_node(dev->dax);

	if (text)
		(void)parse_number(text, &node);
	free(text);
	return node < 0 ? NO_NODE : (int)node;
}

/**
 * device_refresh() - look again what becomes of it
 * @dev: the device
 */
void device_refresh(struct device *dev)
{
	free(dev->driver);
	free(dev->state);
	dev->driver = sysfs_link_name(DEVICES "/%s/driver", dev->name);
	dev->mode = mode_of_driver(dev->driver);
	dev->state = device_is_ours(dev) ? device_attr(dev, "hotplug") : NULL;
	dev->node = node_of(dev);
}

static void add_device(struct devices *devices, struct daxctl_dev *dax)
{
	struct device *dev;

	devices->dev = xrealloc(devices->dev, (size_t)devices->nr + 1, sizeof(*dev));
	dev = &devices->dev[devices->nr++];
	*dev = (struct device){ .dax = dax, .name = daxctl_dev_get_devname(dax) };
	device_refresh(dev);
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(((const struct device *)a)->name, ((const struct device *)b)->name);
}

/**
 * devices_load() - all dax devices that there are
 * @devices: what is filled in, to be given to devices_free()
 *
 * Return: 0 or a negative error number; an error was told
 */
int devices_load(struct devices *devices)
{
	struct daxctl_region *region;
	struct daxctl_dev *dax;
	int ret;

	*devices = (struct devices){ .nr = 0 };
	ret = daxctl_new(&devices->ctx);
	if (ret)
		return complain("libdaxctl", ret, NULL, "cannot be used");
	if (global.verbose)
		daxctl_set_log_priority(devices->ctx, LOG_DEBUG);
	daxctl_region_foreach(devices->ctx, region)
		daxctl_dev_foreach(region, dax)
			/* what was given its size back is a seed for a new one */
			if (daxctl_dev_get_size(dax))
				add_device(devices, dax);
	if (devices->nr)
		qsort(devices->dev, (size_t)devices->nr, sizeof(*devices->dev), by_name);
	return 0;
}

static void free_device(struct device *dev)
{
	free(dev->driver);
	free(dev->state);
}

void devices_free(struct devices *devices)
{
	for (int i = 0; i < devices->nr; i++)
		free_device(&devices->dev[i]);
	free(devices->dev);
	daxctl_unref(devices->ctx);
}

/**
 * region_is() - is that region meant?
 * @region: the region
 * @word: as daxctl has it, "0", "region0" or "all"; NULL: every one
 */
bool region_is(struct daxctl_region *region, const char *word)
{
	const char *digits = word;
	long long id;

	if (!word || !strcmp(word, "all"))
		return true;
	if (!strncmp(word, "region", strlen("region")))
		digits += strlen("region");
	return parse_number(digits, &id) && daxctl_region_get_id(region) == id;
}

static bool in_region(const struct device *dev, const char *region)
{
	return region_is(daxctl_dev_get_region(dev->dax), region);
}

/**
 * names_all() - does the command line mean every device?
 * @argc: number of names
 * @argv: the names
 *
 * Return: whether "all" is among them, or there are none
 */
bool names_all(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!strcmp(argv[i], "all"))
			return true;
	return !argc;
}

/**
 * device_is_named() - does the command line mean this device?
 * @dev: the device
 * @argc: number of names; 0: all are meant
 * @argv: the names; "all" is every one
 */
bool device_is_named(const struct device *dev, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (!strcmp(argv[i], dev->name))
			return true;
	return names_all(argc, argv);
}

/**
 * devices_find() - the device of a name
 * @devices: those that are looked through
 * @name: the name
 *
 * Return: the device, or NULL
 */
const struct device *devices_find(const struct devices *devices, const char *name)
{
	for (int i = 0; i < devices->nr; i++)
		if (!strcmp(devices->dev[i].name, name))
			return &devices->dev[i];
	return NULL;
}

/**
 * devices_keep() - keep those that the command line names, even if that is none
 * @devices: all that there are
 * @argc: number of names; 0: all are meant
 * @argv: the names; "all" is every one
 * @region: the region that they must be in, or NULL
 */
void devices_keep(struct devices *devices, int argc, char **argv, const char *region)
{
	int kept = 0;

	for (int i = 0; i < devices->nr; i++) {
		struct device *dev = &devices->dev[i];

		if (device_is_named(dev, argc, argv) && in_region(dev, region))
			devices->dev[kept++] = *dev;
		else
			free_device(dev);
	}
	devices->nr = kept;
}

/**
 * devices_select() - keep those that the command line names
 * @devices: all that there are
 * @argc: number of names; 0: all are meant, and that there are none is no error
 * @argv: the names; "all" is every one
 * @region: the region that they must be in, or NULL
 *
 * Return: 0, or EXIT_NO_MATCH if a name is that of no device, or none is left;
 * that was told then
 */
int devices_select(struct devices *devices, int argc, char **argv, const char *region)
{
	if (!argc && !devices->nr)
		return 0;
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "all") != 0 && !devices_find(devices, argv[i])) {
			(void)complain(argv[i], ENODEV, "see daxctl-private list", "no such dax device");
			return EXIT_NO_MATCH;
		}
	}
	devices_keep(devices, argc, argv, region);
	if (devices->nr)
		return 0;
	(void)complain(argc ? argv[0] : "all", ENODEV, "see daxctl-private list",
		       "no dax device%s%s", region ? " in region " : "", region ? region : "");
	return EXIT_NO_MATCH;
}
