/* SPDX-License-Identifier: GPL-2.0 */
/* The keys that "list" prints, which are the columns of its table. */
#ifndef COLUMNS_H
#define COLUMNS_H

#include <stdbool.h>

#include "device.h"

enum columns_of {
	OF_DEVICES,
	OF_REGIONS,
};

typedef void (*column_fn)(void *arg, const char *name);

void columns_each(enum columns_of of, column_fn each, void *arg);
int columns_check(enum columns_of of, const char *names, const struct devices *devices);

#endif
