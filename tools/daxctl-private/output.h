/* SPDX-License-Identifier: GPL-2.0 */
/* What goes to stdout. The keys and their types are in the schema. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <json-c/json.h>

#include "device.h"

bool result_printed(void);
void print_line(struct json_object *obj);
void print_text(const char *text);

struct json_object *text_to_json(const char *text);
void add_value(struct json_object *obj, const char *key, struct json_object *value);
void add_text(struct json_object *obj, const char *key, const char *text);
void add_number(struct json_object *obj, const char *key, int64_t number);
void add_count(struct json_object *obj, const char *key, uint64_t count);
void add_size(struct json_object *obj, const char *key, uint64_t bytes);
void add_address(struct json_object *obj, const char *key, uint64_t address);

struct json_object *device_to_json(const struct device *dev);
void print_objects(struct json_object *array);

#endif
