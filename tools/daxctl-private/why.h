/* SPDX-License-Identifier: GPL-2.0 */
/* Why memory of a process is on a private node, or is not. */
#ifndef WHY_H
#define WHY_H

#include <json-c/json.h>
#include <stdint.h>

#include "device.h"
#include "procs.h"

/* Where a page is, if it is about one. */
enum page_state {
	PAGE_UNKNOWN,		/* it is about a whole mapping */
	PAGE_PRESENT,
	PAGE_SWAPPED,
	PAGE_ABSENT,		/* never touched, or given back */
	PAGE_ZERO,		/* only read so far */
};

struct subject {
	int pid;
	const struct devices *devices;
	const struct mapping *map;
	enum page_state state;
	int node;		/* of the page; NO_NODE if not known */
	uint64_t flags;		/* of its frame, as of /proc/kpageflags; 0 if not known */
	struct json_object *reasons;
};

void add_reason(struct json_object *reasons, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
const struct device *device_of_node(const struct devices *devices, int node);
void explain_subject(const struct subject *s);

#endif
