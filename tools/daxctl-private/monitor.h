/* SPDX-License-Identifier: GPL-2.0 */
/* What "monitor" compares: devices as they were seen, and what became of them. */
#ifndef MONITOR_H
#define MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

/* Marks of compressed RAM that its use is above. */
enum level {
	LEVEL_NONE,
	LEVEL_LOW,
	LEVEL_HIGH,
};

struct seen {
	char *name;
	enum mode mode;
	char *driver;		/* NULL: none */
	int node;
	char *state;		/* as of struct device */
	char *gate;		/* NULL: no compressed RAM */
	uint64_t used, backed;
	uint64_t mark[LEVEL_HIGH + 1];	/* percent */
	enum level level;
};

struct look {
	struct seen *seen;
	int nr;
};

int look_take(struct look *look, int argc, char **argv);
void look_free(struct look *look);
struct seen *look_find(const struct look *look, const char *name);
bool seen_plugged(const struct seen *seen);
void seen_unbind(struct seen *seen);

/* How many events were printed, and how many may be. */
struct events {
	long long nr, max;
};

void events_add(struct events *events, const char *event, const struct seen *seen);
void events_between(struct events *events, const struct look *before, const struct look *now);

#endif
