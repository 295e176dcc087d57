/* SPDX-License-Identifier: GPL-2.0 */
/* NUMA nodes and memory tiers. */
#ifndef NODE_H
#define NODE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#define MAX_NODES	1024	/* of any kernel for x86-64 */
#define NO_TIER		(-1)

#define DEMOTION_ENABLED	"/sys/kernel/mm/numa/demotion_enabled"

bool node_in_list(const char *list, int node);
bool node_memory(int node, const char *field, uint64_t *bytes);
bool node_has_state(const char *file, int node);
int node_tier(int node);
bool demotion_enabled(void);
struct json_object *tiers_to_json(void);

#endif
