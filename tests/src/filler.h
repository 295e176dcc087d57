/* SPDX-License-Identifier: GPL-2.0 */
/* filler - fill memory with one kind of object each, and hold it. */
#ifndef FILLER_H
#define FILLER_H

#include <stdbool.h>
#include <stddef.h>

#define PAGE_SIZE	((size_t)4096)

/*
 * A leak takes about @bytes of one kind of memory, or all it can get, and
 * returns how much it got; what it took stays taken until the process ends.
 * It may be killed by the OOM killer at any time.
 */
struct leak {
	const char *name;
	size_t (*take)(size_t bytes);
	const char *help;
};

extern const struct leak leaks[];
extern const size_t nr_leaks;

#endif
