// SPDX-License-Identifier: GPL-2.0
/* Is memory set aside, and did devices come of it? */
#include <stdlib.h>
#include <string.h>

#include "bootparam.h"
#include "checks.h"
#include "sysfs.h"
#include "text.h"

static bool is_soft_reserved(const struct mem_range *range)
{
	return !strcmp(range->name, SOFT_RESERVED);
}

static int count_reserved(const struct mem_map *map)
{
	int nr = 0;

	for (int i = 0; i < map->nr; i++)
		nr += is_soft_reserved(&map->range[i]);
	return nr;
}

static bool efi_says_no(void)
{
	char *efi = bootparam_values("efi");
	bool no = efi && strstr(efi, "nosoftreserve");

	free(efi);
	return no;
}

static void check_soft_reservation(struct checks *checks, const struct mem_map *map,
				   const struct devices *devices)
{
	int nr = count_reserved(map);

	if (nr) {
		check_ok(checks, "soft-reservation", NULL,
			 "%d range%s of memory %s set aside", nr, nr == 1 ? "" : "s",
			 nr == 1 ? "is" : "are");
	} else if (efi_says_no()) {
		check_problem(checks, "soft-reservation", NULL,
			      "none: efi=nosoftreserve makes what the firmware sets aside ordinary memory");
		check_remedy(checks, "take efi=nosoftreserve from the kernel's command line");
	} else if (devices->nr) {
		check_ok(checks, "soft-reservation", NULL, "none, the devices are others");
	} else {
		check_problem(checks, "soft-reservation", NULL,
			      "neither the firmware nor the command line sets memory aside");
		check_remedy(checks,
			     "daxctl-private reserve SIZE prints what sets DRAM aside; or attach a CXL device");
	}
}

static void check_memmap(struct checks *checks, const struct mem_map *map, const char *word)
{
	struct memmap m;
	const char *name;

	if (!memmap_parse(word, &m)) {
		check_problem(checks, "memmap", word, "the kernel cannot read it");
		check_remedy(checks,
			     "see what daxctl-private reserve prints; GRUB needs \\$ for $");
		return;
	}
	if (m.kind != '!' && (m.kind != '%' || m.to != E820_SOFT_RESERVED))
		return;
	name = m.kind == '!' ? "Persistent Memory" : SOFT_RESERVED;
	if (map->hidden) {
		check_ok(checks, "memmap", word, "what became of it is told to root only");
	} else if (mem_map_covers(map, name, m.start, m.start + m.size)) {
		check_ok(checks, "memmap", word, "%s in /proc/iomem", name);
	} else {
		check_problem(checks, "memmap", word,
			      "the range is not %s in /proc/iomem: it was not all RAM", name);
		check_remedy(checks, "daxctl-private reserve finds a range that is");
	}
}

static void check_memmaps(struct checks *checks, const struct mem_map *map)
{
	char *all = bootparam_values("memmap"), *save = NULL;

	for (char *word = all ? strtok_r(all, ",", &save) : NULL; word;
	     word = strtok_r(NULL, ",", &save))
		if (strcmp(word, "exactmap") != 0)
			check_memmap(checks, map, word);
	free(all);
}

static bool has_device(const struct devices *devices, const struct mem_range *range, bool *known)
{
	uint64_t start, end;

	*known = true;
	for (int i = 0; i < devices->nr; i++)
		for (int m = 0; device_range(&devices->dev[i], m, &start, &end, known); m++)
			if (mem_range_overlaps(range, start, end))
				return true;
	return false;
}

/* A part of it may have a range of its own; a device of one is as good. */
static void check_ranges(struct checks *checks, const struct mem_map *map,
			 const struct devices *devices)
{
	for (int i = 0; i < map->nr && !map->hidden; i++) {
		const struct mem_range *range = &map->range[i];
		bool known, found;
		char *text;

		if (!is_soft_reserved(range))
			continue;
		found = has_device(devices, range, &known);
		text = range_text(range->start, range->end);
		if (found) {
			check_ok(checks, "range", text, "a dax device has it");
		} else if (known) {
			check_problem(checks, "range", text, "set aside, and no dax device has it");
			check_remedy(checks,
				     "modprobe dax_hmem, or make a CXL region of its memory");
		}
		free(text);
	}
}

static bool region_has_device(struct daxctl_region *region)
{
	struct daxctl_dev *dev;

	daxctl_dev_foreach(region, dev)
		if (daxctl_dev_get_size(dev))
			return true;
	return false;
}

static void check_regions(struct checks *checks, const struct devices *devices)
{
	struct daxctl_region *region;

	daxctl_region_foreach(devices->ctx, region) {
		int id = daxctl_region_get_id(region);
		char *name = xasprintf("region %d", id);

		if (!region_has_device(region)) {
			check_problem(checks, "dax-region", name,
				      "no device has any of its memory");
			check_remedy(checks, "daxctl create-device -r %d", id);
		}
		free(name);
	}
}

/**
 * check_reserved() - memory that is set aside, and what became of it
 * @checks: where the results go
 * @devices: all dax devices
 */
void check_reserved(struct checks *checks, const struct devices *devices)
{
	struct mem_map map;

	(void)iomem_load(&map);
	check_soft_reservation(checks, &map, devices);
	check_memmaps(checks, &map);
	check_ranges(checks, &map, devices);
	check_regions(checks, devices);
	mem_map_free(&map);
}
