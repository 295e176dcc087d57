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

static void add_range(struct blocks *blocks, uint64_t first, uint64_t last)
{
	for (uint64_t index = first; index < last; index++) {
		if (!sysfs_exists(MEMORY "/state", index))
			continue;
		blocks->block = xrealloc(blocks->block, (size_t)blocks->nr + 1,
					 sizeof(*blocks->block));
		blocks->block[blocks->nr++] = (struct block){ index, state_of(index) };
	}
}

/**
 * blocks_read() - the memory blocks of a device, as they are now
 * @blocks: where they go; what was there is freed. None if the addresses are not told
 * @dev: the device
 */
void blocks_read(struct blocks *blocks, const struct device *dev)
{
	uint64_t size = memory_block_size(), start, end;
	bool known = true;

	blocks_free(blocks);
	for (int i = 0; size && device_range(dev, i, &start, &end, &known); i++)
		add_range(blocks, (start + size - 1) / size, end / size);
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

static int restore(const struct block *block)
{
	static const char *const word[] = {
		[BLOCK_OFFLINE] = "offline",
		[BLOCK_KERNEL] = "online_kernel",
		[BLOCK_MOVABLE] = "online_movable",
	};
	enum block_state now = state_of(block->index);
	char *path;
	int ret;

	if (now == block->state)
		return 0;
	path = xasprintf(MEMORY "/state", block->index);
	ret = sysfs_write(path, word[block->state]);
	free(path);
	return ret;
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
		int ret = restore(&blocks->block[i]);

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
