/* SPDX-License-Identifier: GPL-2.0 */
/* The command line of the kernel. */
#ifndef BOOTPARAM_H
#define BOOTPARAM_H

#include <stdbool.h>
#include <stdint.h>

/* A part of memmap=: "8G%16G-1+0xefffffff". */
struct memmap {
	uint64_t size, start;
	char kind;		/* of @ # $ ! %, or 0: nothing but a size */
	uint32_t from, to;	/* types of memory, 0: any, none */
};

#define E820_RAM		1
#define E820_SOFT_RESERVED	0xefffffff

char *bootparam_value(const char *name);
char *bootparam_values(const char *name);
long long bootparam_private_nodes(void);
bool memmap_parse(const char *text, struct memmap *memmap);

#endif
