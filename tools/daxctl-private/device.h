/* SPDX-License-Identifier: GPL-2.0 */
/* dax devices as they are now: what libdaxctl knows, and whose they are. */
#ifndef DEVICE_H
#define DEVICE_H

#include <daxctl/libdaxctl.h>
#include <stdbool.h>
#include <stdint.h>

enum mode {
	MODE_DISABLED,		/* no driver */
	MODE_DEVDAX,
	MODE_SYSTEM_RAM,
	MODE_PRIVATE,
	MODE_CRAM,
	MODE_OTHER,		/* some other driver */
};

#define NO_NODE	(-1)

struct device {
	struct daxctl_dev *dax;
	const char *name;
	char *driver;		/* NULL: none */
	enum mode mode;
	int node;		/* where the memory goes, or NO_NODE */
	char *state;		/* the file hotplug; NULL: not a device of ours, or going away */
};

struct devices {
	struct daxctl_ctx *ctx;
	struct device *dev;
	int nr;
};

int devices_load(struct devices *devices);
void devices_free(struct devices *devices);
void devices_keep(struct devices *devices, int argc, char **argv, const char *region);
int devices_select(struct devices *devices, int argc, char **argv, const char *region);
const struct device *devices_find(const struct devices *devices, const char *name);
bool names_all(int argc, char **argv);

bool region_is(struct daxctl_region *region, const char *word);
void device_refresh(struct device *dev);
bool device_is_named(const struct device *dev, int argc, char **argv);
bool device_is_ours(const struct device *dev);
bool device_is_plugged(const struct device *dev);
int device_check_stays(const struct device *dev);
int device_check_kernel(const struct device *dev);
char *device_attr(const struct device *dev, const char *name);
bool device_number(const struct device *dev, const char *name, uint64_t *value);
bool device_is_on(const struct device *dev, const char *name);
char *device_path(const struct device *dev, const char *name);

const char *mode_name(enum mode mode);
const char *mode_driver(enum mode mode);
bool mode_is_ours(enum mode mode);
bool mode_parse(const char *word, enum mode *mode);

#endif
