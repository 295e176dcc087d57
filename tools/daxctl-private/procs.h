/* SPDX-License-Identifier: GPL-2.0 */
/* Processes: where their memory is, by /proc/PID/numa_maps, and what limits it. */
#ifndef PROCS_H
#define PROCS_H

#include <stdbool.h>
#include <stdint.h>

struct node_use {
	int node;
	uint64_t bytes;
};

/* A line of numa_maps. */
struct mapping {
	uint64_t start;
	const char *mode;	/* of its policy, or of the task's: "bind", "prefer (many)" */
	const char *nodes;	/* that the policy names: "0-1"; empty for none */
	bool anonymous;		/* of no file, not shared, not of hugetlbfs */
	struct node_use *use;
	int nr;
};

struct mappings {
	char *text;
	struct mapping *map;
	int nr;
};

int mappings_read(int pid, struct mappings *maps);
void mappings_free(struct mappings *maps);
uint64_t mapping_on_node(const struct mapping *map, int node);
uint64_t mappings_on_node(const struct mappings *maps, int node);

int process_list(int **pids);
int process_on_node(int pid, int node, uint64_t *bytes);
char *process_command(int pid);
char *process_cgroup(int pid);
uint64_t process_bytes(int pid, const char *field);
char *process_cpuset_without(int pid, int node);

char *cgroups_mount(void);
char *cgroup_attr(const char *cgroup, const char *file);

#endif
