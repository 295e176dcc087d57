/* SPDX-License-Identifier: GPL-2.0 */
/* What "daxctl list" shows besides devices, with the same keys. */
#ifndef REGION_H
#define REGION_H

#include <daxctl/libdaxctl.h>
#include <json-c/json.h>

#include "device.h"

struct json_object *region_to_json(struct daxctl_region *region);
struct json_object *mappings_to_json(const struct device *dev);

#endif
