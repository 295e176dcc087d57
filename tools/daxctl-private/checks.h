/* SPDX-License-Identifier: GPL-2.0 */
/* What doctor finds out. */
#ifndef CHECKS_H
#define CHECKS_H

#include <json-c/json.h>
#include <stdbool.h>

#include "device.h"
#include "iomem.h"

struct checks {
	struct json_object *array;
	int problems;
	bool no_feature;	/* the kernel knows no private nodes */
};

/* Nothing but the kernel and its drivers; then what there is to be a device. */
void check_kernel(struct checks *checks);
void check_reserved(struct checks *checks, const struct devices *devices);
void check_cxl(struct checks *checks);
void check_device(struct checks *checks, const struct devices *devices, const struct device *dev);
void check_spare_nodes(struct checks *checks, const struct devices *devices);
void check_uses(struct checks *checks, const struct device *dev);

void check_ok(struct checks *checks, const char *check, const char *about,
	      const char *format, ...) __attribute__((format(printf, 4, 5)));
void check_problem(struct checks *checks, const char *check, const char *about,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));
void check_remedy(struct checks *checks, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool device_range(const struct device *dev, int i, uint64_t *start, uint64_t *end, bool *known);
char *range_text(uint64_t start, uint64_t end);
void print_checks(const struct checks *checks);
bool module_exists(const char *name, bool *known);
bool module_is_blacklisted(const char *name);
const char *node_is_taken(int node);
int check_spare_node(const char *device, int node);
int spare_nodes(const struct devices *devices, int *first);
void more_spare_nodes(struct checks *checks);

#endif
