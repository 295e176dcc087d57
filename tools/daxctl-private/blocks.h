/* SPDX-License-Identifier: GPL-2.0 */
/* The memory blocks of a device that kmem has: which are online, and in which zone. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "device.h"

enum block_state {
	BLOCK_OFFLINE,
	BLOCK_KERNEL,		/* online, in a zone of the kernel */
	BLOCK_MOVABLE,
};

struct block {
	uint64_t index;		/* that of /sys/devices/system/memory/memoryINDEX */
	enum block_state state;
};

struct blocks {
	struct block *block;
	int nr;
};

/* A write to the file of a block. */
typedef void (*block_write_fn)(void *arg, const char *path, const char *word);

void blocks_read(struct blocks *blocks, const struct device *dev);
void blocks_expect(struct blocks *blocks, const struct device *dev);
int blocks_count(const struct blocks *blocks, enum block_state state);
void blocks_each_write(const struct blocks *blocks, enum block_state to, block_write_fn each,
		       void *arg);
int blocks_change(const struct blocks *blocks, enum block_state to);
int blocks_restore(const struct blocks *blocks);
void blocks_free(struct blocks *blocks);

#endif
