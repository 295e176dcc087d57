// SPDX-License-Identifier: GPL-2.0
/* From a CXL device to its dax device: window, decoders, region. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "names.h"
#include "sysfs.h"
#include "text.h"

#define CXL	"/sys/bus/cxl/devices"

/* Whether a name is PREFIX and a number. */
static bool is_a(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return !strncmp(name, prefix, len) && name[len] >= '0' && name[len] <= '9';
}

static bool file_says(const char *device, const char *file, const char *value)
{
	char *text = sysfs_read(CXL "/%s/%s", device, file);
	bool same = text && !strcmp(text, value);

	free(text);
	return same;
}

static char *size_of(const char *device, const char *file)
{
	uint64_t size = 0;

	(void)sysfs_number(&size, CXL "/%s/%s", device, file);
	return human_size(size);
}

/* The region that an endpoint decoder of the memdev is part of, to be freed. */
static char *region_if_of(const char *decoder, const char *memdev)
{
	char *port = sysfs_link_name(CXL "/%s/../uport", decoder), *region = NULL;

	if (port && !strcmp(port, memdev) && file_says(decoder, "devtype", "cxl_decoder_endpoint"))
		region = sysfs_read(CXL "/%s/region", decoder);
	free(port);
	if (region && *region)
		return region;
	free(region);
	return NULL;
}

static char *region_of(const char *memdev, const struct names *all)
{
	char *region = NULL;

	for (int i = 0; !region && i < all->nr; i++)
		if (is_a(all->name[i], "decoder"))
			region = region_if_of(all->name[i], memdev);
	return region;
}

static const char *root_decoder(const struct names *all)
{
	for (int i = 0; i < all->nr; i++)
		if (is_a(all->name[i], "decoder") && file_says(all->name[i], "cap_ram", "1"))
			return all->name[i];
	return NULL;
}

static void check_memdev(struct checks *checks, const char *memdev, const char *root, char *region)
{
	char *driver = sysfs_link_name(CXL "/%s/driver", memdev);
	uint64_t ram = 1;

	(void)sysfs_number(&ram, CXL "/%s/ram/size", memdev);
	if (!driver) {
		check_problem(checks, "cxl-memdev", memdev, "no driver has it");
		check_remedy(checks,
			     "modprobe cxl_mem; else the kernel log says what is wrong with it");
	} else if (region) {
		check_ok(checks, "cxl-memdev", memdev, "part of %s", region);
	} else if (!ram) {
		check_ok(checks, "cxl-memdev", memdev, "it has no volatile memory");
	} else {
		check_problem(checks, "cxl-memdev", memdev,
			      "its memory is in no region: no decoder is committed");
		check_remedy(checks,
			     "cxl create-region -t ram -d %s -m %s",
			     root ? root : "DECODER", memdev);
	}
	free(driver);
	free(region);
}

static void check_region(struct checks *checks, const char *region)
{
	char *driver = sysfs_link_name(CXL "/%s/driver", region);
	char *mode = sysfs_read(CXL "/%s/mode", region), *size = size_of(region, "size");

	if (!file_says(region, "commit", "1")) {
		check_problem(checks, "cxl-region", region, "its decoders are not committed");
		check_remedy(checks, "cxl enable-region %s; else the kernel log says why", region);
	} else if (!driver) {
		check_problem(checks, "cxl-region", region, "committed, and no driver has it");
		check_remedy(checks, "cxl enable-region %s", region);
	} else if (mode && !strcmp(mode, "pmem")) {
		check_ok(checks, "cxl-region", region, "committed, persistent memory");
	} else if (!sysfs_exists(CXL "/%s/dax_%s", region, region)) {
		check_problem(checks, "cxl-region", region,
			      "committed, and there is no dax region of it");
		check_remedy(checks, "boot a kernel with CONFIG_DEV_DAX_CXL");
	} else {
		check_ok(checks, "cxl-region", region, "committed, %s", size);
	}
	free(size);
	free(mode);
	free(driver);
}

/* Its driver makes the dax device. */
static void check_dax_region(struct checks *checks, const char *name)
{
	char *driver = sysfs_link_name(CXL "/%s/driver", name);

	if (driver) {
		check_ok(checks, "cxl-dax-region", name, "%s has it", driver);
	} else {
		check_problem(checks, "cxl-dax-region", name, "no driver makes a dax device of it");
		check_remedy(checks, "modprobe dax_cxl");
	}
	free(driver);
}

static void check_windows(struct checks *checks, const struct names *all)
{
	bool found = false, memdevs = false;

	for (int i = 0; i < all->nr; i++) {
		const char *name = all->name[i];
		char *size;

		memdevs = memdevs || is_a(name, "mem");
		/* only root decoders have the file */
		if (!is_a(name, "decoder") || !file_says(name, "cap_ram", "1"))
			continue;
		found = true;
		size = size_of(name, "size");
		check_ok(checks, "cxl-window", name, "for volatile memory, %s", size);
		free(size);
	}
	if (memdevs && !found) {
		check_problem(checks, "cxl-window", NULL,
			      "no window of addresses for volatile memory: no root decoder has cap_ram");
		check_remedy(checks,
			     "modprobe cxl_acpi; else look into the set-up of the firmware");
	}
}

/**
 * check_cxl() - how far CXL memory has come
 * @checks: where the results go; none without CXL devices
 */
void check_cxl(struct checks *checks)
{
	struct names all;

	(void)names_read(&all, "*", CXL);
	check_windows(checks, &all);
	for (int i = 0; i < all.nr; i++) {
		const char *name = all.name[i];

		if (is_a(name, "mem"))
			check_memdev(checks, name, root_decoder(&all), region_of(name, &all));
		else if (is_a(name, "region"))
			check_region(checks, name);
		else if (is_a(name, "dax_region"))
			check_dax_region(checks, name);
	}
	names_free(&all);
}
