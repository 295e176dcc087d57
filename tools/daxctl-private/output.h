/* SPDX-License-Identifier: GPL-2.0 */
/* What goes to stdout. The keys and their types are in the schema. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <json-c/json.h>

#include "device.h"

void add_text(struct json_object *obj, const char *key, const char *text);
void add_number(struct json_object *obj, const char *key, int64_t number);
void add_size(struct json_object *obj, const char *key, uint64_t bytes);

struct json_object *device_to_json(const struct device *dev);
void print_objects(struct json_object *array);

#endif
