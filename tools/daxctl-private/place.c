// SPDX-License-Identifier: GPL-2.0
/*
 * What is set aside on the command line must be there, be ordinary memory and be
 * empty at the next boot: the kernel, which knows of it only later, must not be put
 * there. Above 4 GiB nothing is that the firmware or the boot loader needs.
 *
 * The kernel's own choice of an address at random (KASLR, not with EFI, where memmap=
 * turns it off) takes the size of memmap=SIZE%START for the end of memory. So the
 * kernel is below SIZE, and a range that starts there or above is safe.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iomem.h"
#include "message.h"
#include "names.h"
#include "node.h"
#include "place.h"
#include "sysfs.h"
#include "text.h"

#define NODES		"/sys/devices/system/node"
#define GIB		(UINT64_C(1) << 30)
#define HIGH		(4 * GIB)
#define LOW		(GIB / 4)	/* a kernel that is not put at random starts at 16 MiB */

struct machine {
	struct mem_map map;	/* all */
	struct mem_map free;	/* ordinary memory without what has to stay */
	uint64_t block, floor;	/* floor: nothing below is known to be free */
	bool efi;
};

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* ---- what there is -------------------------------------------------------- */

/* The parts of ordinary memory are the kernel, a crash kernel and the like. */
static void add_free(struct machine *m, int i)
{
	const struct mem_range *ram = &m->map.range[i];
	uint64_t at = ram->start;

	for (i++; i < m->map.nr && m->map.range[i].depth; i++) {
		const struct mem_range *part = &m->map.range[i];

		if (part->start > at)
			mem_map_add(&m->free, at, part->start, 0, ram->name);
		at = max(at, part->end);
	}
	if (ram->end > at)
		mem_map_add(&m->free, at, ram->end, 0, ram->name);
}

static bool is_ram(const struct mem_range *range)
{
	return !range->depth && !strcmp(range->name, SYSTEM_RAM);
}

static void machine_free(struct machine *m)
{
	mem_map_free(&m->map);
	mem_map_free(&m->free);
}

static int machine_load(struct machine *m)
{
	*m = (struct machine){ .block = memory_block_size(), .floor = LOW };
	if (!m->block)
		return complain("reserve", EOPNOTSUPP, "boot a kernel with CONFIG_MEMORY_HOTPLUG=y",
				"the kernel has no memory blocks");
	m->efi = sysfs_exists("/sys/firmware/efi");
	if (!iomem_load(&m->map) || m->map.hidden) {
		mem_map_free(&m->map);
		m->floor = HIGH;
		if (!firmware_map_load(&m->map))
			return complain("reserve", EACCES, "run it as root",
					"where memory is, is told to root only");
	}
	for (int i = 0; i < m->map.nr; i++)
		if (is_ram(&m->map.range[i]))
			add_free(m, i);
	return 0;
}

/* ---- nodes ---------------------------------------------------------------- */

/**
 * place_node_hint() - what to give instead of a node that has no memory
 *
 * Return: text, to be freed
 */
char *place_node_hint(void)
{
	char *list = sysfs_read(NODES "/has_memory");
	char *hint = list && *list ? xasprintf("give one of %s, or leave --node out", list) :
				     xstrdup("leave --node out");

	free(list);
	return hint;
}

static int check_node(int node)
{
	char *name, *hint;
	int ret;

	if (node_has_state("has_memory", node))
		return 0;
	name = xasprintf("node %d", node);
	hint = place_node_hint();
	ret = complain(name, ENODEV, hint, sysfs_exists(NODES "/node%d", node) ?
		       "it has no ordinary memory" : "there is no such node");
	free(hint);
	free(name);
	return ret;
}

/* Memory blocks of a node, those that follow each other as one. */
static void load_blocks(struct mem_map *blocks, int node, uint64_t block)
{
	struct names names;

	*blocks = (struct mem_map){ .nr = 0 };
	(void)names_read(&names, "memory[0-9]*", NODES "/node%d", node);
	for (int i = 0; i < names.nr; i++) {
		uint64_t start = strtoull(names.name[i] + strlen("memory"), NULL, 10) * block;

		if (blocks->nr && blocks->range[blocks->nr - 1].end == start)
			blocks->range[blocks->nr - 1].end += block;
		else
			mem_map_add(blocks, start, start + block, 0, "");
	}
	names_free(&names);
}

/* What of RANGES the node has; returns the bytes. PART may be NULL. */
static uint64_t of_node(const struct mem_map *ranges, const struct mem_map *blocks,
			struct mem_map *part)
{
	uint64_t bytes = 0;

	for (int i = 0; i < ranges->nr; i++) {
		for (int b = 0; b < blocks->nr; b++) {
			uint64_t start = max(ranges->range[i].start, blocks->range[b].start);
			uint64_t end = min(ranges->range[i].end, blocks->range[b].end);

			if (!is_ram(&ranges->range[i]) || start >= end)
				continue;
			bytes += end - start;
			if (part)
				mem_map_add(part, start, end, 0, ranges->range[i].name);
		}
	}
	return bytes;
}

static uint64_t node_bytes(const struct machine *m, int node)
{
	struct mem_map blocks;
	uint64_t bytes;

	load_blocks(&blocks, node, m->block);
	bytes = of_node(&m->map, &blocks, NULL);
	mem_map_free(&blocks);
	return bytes;
}

/* The node with the most memory: what is set aside is missed least there. */
static int biggest_node(const struct machine *m)
{
	char *list = sysfs_read(NODES "/has_memory");
	uint64_t most = 0;
	int best = 0;

	for (int node = 0; node < MAX_NODES; node++) {
		uint64_t bytes = node_in_list(list, node) ? node_bytes(m, node) : 0;

		if (bytes > most) {
			most = bytes;
			best = node;
		}
	}
	free(list);
	return best;
}

/* The one whose memory begins before it: what is set aside may be the end of a node. */
static int node_before(const char *list, uint64_t block, uint64_t address)
{
	uint64_t nearest = 0;
	int found = ANY_NODE;

	for (int node = 0; node < MAX_NODES; node++) {
		struct mem_map blocks = { .nr = 0 };

		if (node_in_list(list, node))
			load_blocks(&blocks, node, block);
		for (int i = 0; i < blocks.nr; i++) {
			if (blocks.range[i].start > address || blocks.range[i].start < nearest)
				continue;
			nearest = blocks.range[i].start;
			found = node;
		}
		mem_map_free(&blocks);
	}
	return found;
}

/**
 * place_node_of() - the node that an address belongs to, set aside or not
 * @address: the address
 *
 * Return: the node; ANY_NODE if it is below all memory
 */
int place_node_of(uint64_t address)
{
	char *list = sysfs_read(NODES "/has_memory");
	uint64_t block = memory_block_size();
	int found = node_before(list, block, address);

	free(list);
	return found;
}

/**
 * place_is_there() - is there memory that is set aside, or could be at the next boot?
 * @start: where it starts
 * @size: its size
 *
 * Return: true, too, if where memory is is told to root only
 */
bool place_is_there(uint64_t start, uint64_t size)
{
	struct mem_map map;
	bool there = !iomem_load(&map) || map.hidden ||
		     mem_map_covers(&map, SOFT_RESERVED, start, start + size) ||
		     mem_map_covers(&map, SYSTEM_RAM, start, start + size);

	mem_map_free(&map);
	return there;
}

/* ---- the search ----------------------------------------------------------- */

/* The highest start in the free ranges that is good, or ANYWHERE. */
static uint64_t search(const struct mem_map *ranges, uint64_t size, uint64_t align, uint64_t floor)
{
	uint64_t best = ANYWHERE;

	for (int i = 0; i < ranges->nr; i++) {
		const struct mem_range *range = &ranges->range[i];
		uint64_t start;

		if (range->end - range->start < size)
			continue;
		start = (range->end - size) / align * align;
		if (start >= max(range->start, floor) && (best == ANYWHERE || start > best))
			best = start;
	}
	return best;
}

static uint64_t search_best(const struct machine *m, const struct mem_map *ranges, uint64_t size)
{
	uint64_t safe = m->efi ? m->floor : max(m->floor, size);
	const struct {
		uint64_t align, floor;
	} wish[] = {
		{ size >= GIB ? max(GIB, m->block) : m->block, max(HIGH, safe) },
		{ m->block, max(HIGH, safe) },
		{ m->block, safe },
		{ m->block, m->floor },
	};
	uint64_t start = ANYWHERE;

	for (size_t i = 0; start == ANYWHERE && i < sizeof(wish) / sizeof(*wish); i++)
		start = search(ranges, size, wish[i].align, wish[i].floor);
	return start;
}

static bool is_free(const struct mem_map *ranges, uint64_t start, uint64_t size)
{
	for (int i = 0; i < ranges->nr; i++)
		if (start >= ranges->range[i].start && start < ranges->range[i].end &&
		    size <= ranges->range[i].end - start)
			return true;
	return false;
}

static int check_amount(const struct place *place, const char *name, uint64_t bytes)
{
	char *there = human_size(bytes);
	int ret = 0;

	if (place->size > bytes)
		ret = complain(name, ENOSPC, "ask for less", "it has %s", there);
	else if (place->size > bytes / 2 && !place->force)
		ret = complain(name, ENOSPC, "ask for less, or give --force",
			       "that is more than half of its memory, %s", there);
	free(there);
	return ret;
}

static int find_in(const struct machine *m, struct place *place, const struct mem_map *ranges,
		   const char *name)
{
	const char *hint = m->floor < HIGH ? "ask for less, or for another node" :
					     "as root it sees what is below 4 GiB, too";

	if (place->start == ANYWHERE) {
		place->start = search_best(m, ranges, place->size);
		if (place->start == ANYWHERE)
			return complain(name, ENOSPC, hint, "it has no such range in one piece");
	} else if (!is_free(ranges, place->start, place->size)) {
		return complain(name, EINVAL, "without --at a range is found",
				"not all memory of it at %#" PRIx64 " is free", place->start);
	}
	place->nokaslr = !m->efi && place->start < place->size;
	return 0;
}

static int find_on_node(const struct machine *m, struct place *place)
{
	char *name = xasprintf("node %d", place->node);
	struct mem_map blocks, ranges = { .nr = 0 };
	int ret;

	load_blocks(&blocks, place->node, m->block);
	ret = check_amount(place, name, of_node(&m->map, &blocks, NULL));
	if (!ret) {
		(void)of_node(&m->free, &blocks, &ranges);
		ret = find_in(m, place, &ranges, name);
	}
	mem_map_free(&ranges);
	mem_map_free(&blocks);
	free(name);
	return ret;
}

static int check_aligned(const struct machine *m, const struct place *place)
{
	char *block = human_size(m->block);
	int ret = 0;

	if (!place->size || place->size % m->block)
		ret = complain("reserve", EINVAL, "memory comes and goes in blocks",
			       "the size is no multiple of %s", block);
	else if (place->start != ANYWHERE && place->start % m->block)
		ret = complain("reserve", EINVAL, "memory comes and goes in blocks",
			       "--at is no multiple of %s", block);
	free(block);
	return ret;
}

/**
 * place_find() - find memory that can be set aside
 * @place: the size, and maybe the start and the node; what is missing is filled in
 *
 * Return: 0 or a negative error number; an error was told
 */
int place_find(struct place *place)
{
	struct machine m;
	int ret = machine_load(&m);

	if (!ret)
		ret = check_aligned(&m, place);
	if (!ret && place->node != ANY_NODE)
		ret = check_node(place->node);
	if (!ret && place->node == ANY_NODE && place->start != ANYWHERE)
		place->node = place_node_of(place->start);
	if (!ret && place->node == ANY_NODE)
		place->node = biggest_node(&m);
	if (!ret)
		ret = find_on_node(&m, place);
	machine_free(&m);
	return ret;
}
