/* SPDX-License-Identifier: GPL-2.0 */
/* Occupancy and counters of nodes, and who has memory there: what "stat" shows. */
#ifndef STATS_H
#define STATS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "device.h"
#include "use.h"

struct counter {
	char *name;
	bool of_node;		/* the kernel has it for every node */
	uint64_t value;
	double rate;		/* per second */
};

/* A node and the devices that share it; or an unplugged device, which has none. */
struct node_stat {
	char *devices;		/* "dax0.0,dax1.0" */
	enum mode mode;
	int node;		/* where it is or will be plugged */
	bool plugged;
	struct use use;
	bool compressed;
	char *gate;
	uint64_t ratio;		/* bytes for 1000 in use */
	struct counter *counter;
	int nr;
};

struct sample {
	double time;		/* seconds since 1970 */
	double mark;		/* seconds on a clock that nobody sets */
	double seconds;		/* that the rates are about; 0: there are none */
	struct node_stat *node;
	int nr;
};

int sample_take(struct sample *sample, int argc, char **argv, bool all);
void sample_rates(struct sample *sample, const struct sample *before);
void sample_free(struct sample *sample);
double clock_seconds(clockid_t clock);

/* A process or a cgroup, and what it has on each node of a sample. */
struct user {
	char *name;
	long pid;		/* 0: a cgroup */
	uint64_t total;
	uint64_t *bytes;	/* as many as the sample has nodes */
};

struct users {
	struct user *user;
	int nr;
	int unreadable;		/* that may have memory there, too */
};

struct user *users_add(struct users *users, const struct sample *sample);
void users_drop_last(struct users *users);
void users_sort(struct users *users);
void users_free(struct users *users);
void users_count(struct user *user, const struct sample *sample, int node, uint64_t bytes);
void users_name(struct user *user, const char *name);
int stat_procs_load(struct users *users, const struct sample *sample);
int stat_cgroups_load(struct users *users, const struct sample *sample);

/* How it is shown. */
struct table_state {
	char *heading;		/* the columns of the last one */
	int lines;		/* since then; 0: none was printed */
	bool times;		/* a column of the time */
	bool told;		/* that something cannot be looked at */
};

void stat_table(struct table_state *state, const struct sample *sample);
void stat_users_table(const struct users *users, const struct sample *sample, bool times);
void stat_json(const struct sample *sample);
void stat_users_json(const struct users *users, const struct sample *sample, const char *key);
void stat_openmetrics(const struct sample *sample);

#endif
