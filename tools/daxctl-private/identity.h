/* SPDX-License-Identifier: GPL-2.0 */
/* What a device is known by. Its name and its node may be others after a boot. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdbool.h>

#include "device.h"

/* The most dependable first. */
enum identity_key {
	NVDIMM_UUID,
	REGION_UUID,
	MEMDEV_SERIAL,
	RANGE,
	TARGET_NODE,
	NR_IDENTITIES,
};

/* A text for each; NULL: it has none, or it cannot be read. */
struct identity {
	char *value[NR_IDENTITIES];
};

void identity_read(struct identity *id, const struct device *dev);
void identity_free(struct identity *id);
const char *identity_name(enum identity_key key);
const char *identity_meaning(enum identity_key key);
const char *identity_hint(enum identity_key key);
bool identity_valid(enum identity_key key, const char *wanted);
bool identity_agrees(enum identity_key key, const char *value, const char *wanted);

#endif
