// SPDX-License-Identifier: GPL-2.0
/* Processes with memory on nodes, from /proc/PID/numa_maps. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "stats.h"
#include "sysfs.h"
#include "text.h"

/*
 * A mapping: "7f0000000000 bind:1 anon=1024 N1=1024 kernelpagesize_kB=4". In names
 * of files the kernel writes blanks and '=' as numbers.
 */
static void count_mapping(struct user *user, const struct sample *sample, char *line)
{
	static const char key[] = " kernelpagesize_kB=";
	const char *size = strstr(line, key);
	uint64_t kb = size ? strtoull(size + strlen(key), NULL, 10) : 0;
	char *save = NULL;

	if (!kb)
		return;
	for (char *word = strtok_r(line, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
		unsigned long long pages;
		int node;

		if (*word == 'N' && sscanf(word, "N%d=%llu", &node, &pages) == 2)
			users_count(user, sample, node, (pages * kb) << 10);
	}
}

static void name_process(struct user *user, const char *pid)
{
	char *name = sysfs_read("/proc/%s/comm", pid);

	users_name(user, name ? name : "");
	free(name);
	user->pid = strtol(pid, NULL, 10);
}

/* One that ends meanwhile is as one that has nothing. */
static void add_process(struct users *users, const struct sample *sample, const char *pid)
{
	char *path = xasprintf("/proc/%s/numa_maps", pid), *line = NULL;
	FILE *maps = fopen(path, "re");
	struct user *user;
	size_t room = 0;

	free(path);
	if (!maps) {
		users->unreadable += errno == EACCES || errno == EPERM;
		return;
	}
	user = users_add(users, sample);
	while (getline(&line, &room, maps) > 0)
		count_mapping(user, sample, line);
	if (user->total)
		name_process(user, pid);
	else
		users_drop_last(users);
	free(line);
	(void)fclose(maps);
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
	struct names pids;

	*users = (struct users){ .nr = 0 };
	(void)names_read(&pids, "[0-9]*", "/proc");
	for (int i = 0; i < pids.nr; i++)
		add_process(users, sample, pids.name[i]);
	names_free(&pids);
	users_sort(users);
	return 0;
}
