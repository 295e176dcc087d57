/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sets of nodes for the system calls of numaif.h. The functions of libnuma refuse
 * nodes that it does not list, as private nodes.
 */
#ifndef NODEMASK_H
#define NODEMASK_H

#include <limits.h>

#define NODEMASK_NODES	1024	/* as many as any kernel has */
#define NODEMASK_BITS	(sizeof(unsigned long) * CHAR_BIT)
/* The kernel takes one off. */
#define NODEMASK_MAXNODE	(NODEMASK_NODES + 1)

struct nodemask {
	unsigned long bits[NODEMASK_NODES / NODEMASK_BITS];
};

static inline void nodemask_add(struct nodemask *mask, int node)
{
	if (node >= 0 && node < NODEMASK_NODES)
		mask->bits[(unsigned int)node / NODEMASK_BITS] |=
			1UL << (unsigned int)node % NODEMASK_BITS;
}

#endif
