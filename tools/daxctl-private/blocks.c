// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "checks.h"
#include "iomem.h"
#include "sysfs.h"
#include "text.h"

#define MEMORY	"/sys/devices/system/memory/memory%" PRIu64

static enum block_state state_of(uint64_t index)
{
	char *state = sysfs_read(MEMORY "/state", index);
	char *zones = sysfs_read(MEMORY "/valid_zones", index);
	enum block_state found = BLOCK_OFFLINE;

	/* of what is online, the only zone is the one that has it */
	if (state && !strcmp(state, "online"))
		found = zones && !strcmp(zones, "Movable") ? BLOCK_MOVABLE : BLOCK_KERNEL;
	free(state);
	free(zones);
	return found;
}

static void add_block(struct blocks *blocks, uint64_t index, enum block_state state)
{
	blocks->block = xrealloc(blocks->block, (size_t)blocks->nr + 1, sizeof(*blocks->block));
	blocks->block[blocks->nr++] = (struct block){ index, state };
}

/* The blocks that are wholly in a range of the device, in order. */
static void add_all(struct blocks *blocks, const struct device *dev, bool expected)
{
	uint64_t size = memory_block_size(), start, end;
	bool known = true;

	blocks_free(blocks);
	for (int i = 0; size && device_range(dev, i, &start, &end, &known); i++)
		for (uint64_t index = (start + size - 1) / size; index < end / size; index++)
			if (expected)
				add_block(blocks, index, BLOCK_OFFLINE);
			else if (sysfs_exists(MEMORY "/state", index))
				add_block(blocks, index, state_of(index));
}

/**
 * blocks_read() - the memory blocks of a device, as they are now
 * @blocks: where they go; what was there is freed. None if the addresses are not told
 * @dev: the device
 */
void blocks_read(struct blocks *blocks, const struct device *dev)
{
	add_all(blocks, dev, false);
}

/**
 * blocks_expect() - those that there will be when kmem takes the device, offline
 * @blocks: where they go; what was there is freed. None if the addresses are not told
 * @dev: the device
 */
void blocks_expect(struct blocks *blocks, const struct device *dev)
{
	add_all(blocks, dev, true);
}

/**
 * blocks_count() - how many are in this state?
 * @blocks: the blocks
 * @state: the state
 */
int blocks_count(const struct blocks *blocks, enum block_state state)
{
	int nr = 0;

	for (int i = 0; i < blocks->nr; i++)
		nr += blocks->block[i].state == state;
	return nr;
}

static const char *const words[] = {
	[BLOCK_OFFLINE] = "offline",
	[BLOCK_KERNEL] = "online_kernel",
	[BLOCK_MOVABLE] = "online_movable",
};

static int set_block(uint64_t index, enum block_state to)
{
	char *path = xasprintf(MEMORY "/state", index);
	int ret = sysfs_write(path, words[to]);

	free(path);
	return ret;
}

/* What is online in the one zone is not moved to the other one. */
static bool is_to_change(const struct block *block, enum block_state to)
{
	return (block->state == BLOCK_OFFLINE) != (to == BLOCK_OFFLINE);
}

/**
 * blocks_each_write() - what blocks_change() writes, in order
 * @blocks: as they are
 * @to: the state
 * @each: called for each write
 * @arg: for @each
 */
void blocks_each_write(const struct blocks *blocks, enum block_state to, block_write_fn each,
		       void *arg)
{
	for (int i = 0; i < blocks->nr; i++) {
		char *path;

		if (!is_to_change(&blocks->block[i], to))
			continue;
		path = xasprintf(MEMORY "/state", blocks->block[i].index);
		each(arg, path, words[to]);
		free(path);
	}
}

/**
 * blocks_change() - take them offline, or put those online that are offline
 * @blocks: as they are
 * @to: the state
 *
 * Return: 0, or the error of the first that does not go; the others stay then
 */
int blocks_change(const struct blocks *blocks, enum block_state to)
{
	for (int i = 0; i < blocks->nr; i++) {
		uint64_t index = blocks->block[i].index;
		int ret = is_to_change(&blocks->block[i], to) ? set_block(index, to) : 0;

		/* somebody else may have done it meanwhile */
		if (ret && (state_of(index) == BLOCK_OFFLINE) != (to == BLOCK_OFFLINE))
			return ret;
	}
	return 0;
}

/**
 * blocks_restore() - make them as they were
 * @blocks: how they were
 *
 * Return: 0, or the last error; then some are not
 */
int blocks_restore(const struct blocks *blocks)
{
	int err = 0;

	for (int i = 0; i < blocks->nr; i++) {
		const struct block *block = &blocks->block[i];
		int ret = state_of(block->index) == block->state ? 0 :
			  set_block(block->index, block->state);

		if (ret)
			err = ret;
	}
	return err;
}

void blocks_free(struct blocks *blocks)
{
	free(blocks->block);
	*blocks = (struct blocks){ .nr = 0 };
}
