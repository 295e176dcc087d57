// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iomem.h"
#include "names.h"
#include "sysfs.h"
#include "text.h"

#define FIRMWARE	"/sys/firmware/memmap"

/**
 * mem_map_add() - one more range
 * @map: the map
 * @start: the first byte
 * @end: the first byte after it
 * @depth: how many ranges it is part of
 * @name: what it is
 */
void mem_map_add(struct mem_map *map, uint64_t start, uint64_t end, int depth, const char *name)
{
	map->range = xrealloc(map->range, (size_t)map->nr + 1, sizeof(*map->range));
	map->range[map->nr++] = (struct mem_range){ start, end, depth, xstrdup(name) };
}

/* "  100000000-107ffffff : Soft Reserved"; two blanks for each range around it */
static void add_line(struct mem_map *map, const char *line)
{
	int blanks = (int)strspn(line, " "), name = 0;
	uint64_t start, last;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " : %n", &start, &last, &name) != 2 || !name)
		return;
	if (last)
		map->hidden = false;
	mem_map_add(map, start, last + 1, blanks / 2, line + name);
}

/**
 * iomem_load() - what the kernel has at which address
 * @map: what is filled in, to be given to mem_map_free(); ranges come before their parts
 *
 * Return: whether there is anything, maybe without addresses
 */
bool iomem_load(struct mem_map *map)
{
	char *text = sysfs_read("/proc/iomem"), *save = NULL;

	*map = (struct mem_map){ .hidden = true };
	if (!text)
		return false;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		add_line(map, line);
	free(text);
	return map->nr;
}

static void add_entry(struct mem_map *map, const char *entry)
{
	char *type = sysfs_read(FIRMWARE "/%s/type", entry);
	uint64_t start, last;

	if (type && sysfs_number(&start, FIRMWARE "/%s/start", entry) &&
	    sysfs_number(&last, FIRMWARE "/%s/end", entry))
		mem_map_add(map, start, last + 1, 0, type);
	free(type);
}

/**
 * firmware_map_load() - what the firmware said at boot, which everybody may read
 * @map: what is filled in, to be given to mem_map_free()
 *
 * Return: whether the kernel tells it
 */
bool firmware_map_load(struct mem_map *map)
{
	struct names entries;

	*map = (struct mem_map){ .nr = 0 };
	(void)names_read(&entries, "*", FIRMWARE);
	for (int i = 0; i < entries.nr; i++)
		add_entry(map, entries.name[i]);
	names_free(&entries);
	return map->nr;
}

bool mem_range_overlaps(const struct mem_range *range, uint64_t start, uint64_t end)
{
	return range->start < end && start < range->end;
}

/**
 * mem_map_covers() - is all of a range the same?
 * @map: the map
 * @name: what it has to be, in parts if need be; more may follow, as of "System RAM (kmem)"
 * @start: the first byte
 * @end: the first byte after it
 */
bool mem_map_covers(const struct mem_map *map, const char *name, uint64_t start, uint64_t end)
{
	uint64_t covered = 0;

	for (int i = 0; i < map->nr; i++) {
		const struct mem_range *range = &map->range[i];

		if (!strncmp(range->name, name, strlen(name)) && mem_range_overlaps(range, start, end))
			covered += (range->end < end ? range->end : end) -
				   (range->start > start ? range->start : start);
	}
	return start < end && covered >= end - start;
}

void mem_map_free(struct mem_map *map)
{
	while (map->nr)
		free(map->range[--map->nr].name);
	free(map->range);
	map->range = NULL;
}

/**
 * memory_block_size() - what memory comes and goes in
 *
 * Return: the size in bytes; 0 if the kernel has no memory hotplug
 */
uint64_t memory_block_size(void)
{
	char *text = sysfs_read("/sys/devices/system/memory/block_size_bytes");
	uint64_t size = text ? strtoull(text, NULL, 16) : 0;

	free(text);
	return size;
}
