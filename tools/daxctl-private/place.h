/* SPDX-License-Identifier: GPL-2.0 */
/* Ordinary memory that could be set aside. */
#ifndef PLACE_H
#define PLACE_H

#include <stdbool.h>
#include <stdint.h>

#define ANYWHERE	UINT64_MAX
#define ANY_NODE	(-1)

struct place {
	uint64_t size;
	uint64_t start;		/* or ANYWHERE */
	int node;		/* or ANY_NODE */
	bool force;		/* more than half of a node, too */
	bool nokaslr;		/* else the kernel may be put there */
};

char *place_node_hint(void);
int place_find(struct place *place);
int place_node_of(uint64_t address);
bool place_is_there(uint64_t start, uint64_t size);

#endif
