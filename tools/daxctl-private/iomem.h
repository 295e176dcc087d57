/* SPDX-License-Identifier: GPL-2.0 */
/* Physical addresses: what is where. */
#ifndef IOMEM_H
#define IOMEM_H

#include <stdbool.h>
#include <stdint.h>

struct mem_range {
	uint64_t start, end;	/* end: the first byte after it */
	int depth;		/* 0, or how many ranges it is part of */
	char *name;		/* "System RAM" */
};

struct mem_map {
	struct mem_range *range;
	int nr;
	bool hidden;		/* from those without rights: all addresses are 0 */
};

#define SOFT_RESERVED	"Soft Reserved"
#define SYSTEM_RAM	"System RAM"

bool iomem_load(struct mem_map *map);
bool firmware_map_load(struct mem_map *map);
void mem_map_add(struct mem_map *map, uint64_t start, uint64_t end, int depth, const char *name);
bool mem_range_overlaps(const struct mem_range *range, uint64_t start, uint64_t end);
bool mem_map_covers(const struct mem_map *map, const char *name, uint64_t start, uint64_t end);
void mem_map_free(struct mem_map *map);
uint64_t memory_block_size(void);

#endif
