// SPDX-License-Identifier: GPL-2.0
/* Processes with memory on nodes, from /proc/PID/numa_maps. */
#include <errno.h>
#include <stdlib.h>

#include "procs.h"
#include "stats.h"
#include "sysfs.h"

static void name_process(struct user *user, int pid)
{
	char *name = sysfs_read("/proc/%d/comm", pid);

	users_name(user, name ? name : "");
	free(name);
	user->pid = pid;
}

static void count_mapping(struct user *user, const struct sample *sample,
			  const struct mapping *map)
{
	for (int i = 0; i < map->nr; i++)
		users_count(user, sample, map->use[i].node, map->use[i].bytes);
}

/* One that ends meanwhile is as one that has nothing. */
static void add_process(struct users *users, const struct sample *sample, int pid)
{
	struct mappings maps;
	int ret = mappings_read(pid, &maps);
	struct user *user = users_add(users, sample);

	users->unreadable += ret == -EACCES || ret == -EPERM;
	for (int i = 0; i < maps.nr; i++)
		count_mapping(user, sample, &maps.map[i]);
	mappings_free(&maps);
	if (user->total)
		name_process(user, pid);
	else
		users_drop_last(users);
}

/**
 * stat_procs_load() - all processes with memory on some nodes
 * @users: what is filled in, to be given to users_free()
 * @sample: the nodes
 *
 * Return: 0
 */
int stat_procs_load(struct users *users, const struct sample *sample)
{
	int *pids, nr = process_list(&pids);

	*users = (struct users){ .nr = 0 };
	for (int i = 0; i < nr; i++)
		add_process(users, sample, pids[i]);
	free(pids);
	users_sort(users);
	return 0;
}
