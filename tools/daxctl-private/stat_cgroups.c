// SPDX-License-Identifier: GPL-2.0
/* Cgroups with memory on nodes, from the memory.numa_stat of cgroup v2. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "procs.h"
#include "stats.h"
#include "sysfs.h"
#include "text.h"

/* Enough for containers in containers. */
#define MAX_DEPTH	32

/* Other lines are parts of these, or no memory. */
static bool is_memory(const char *line)
{
	static const char *const kinds[] = {
		"anon", "file", "kernel_stack", "pagetables", "sec_pagetables",
		"slab_reclaimable", "slab_unreclaimable",
	};
	size_t len = strcspn(line, " ");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strlen(kinds[i]) == len && !strncmp(line, kinds[i], len))
			return true;
	return false;
}

/* "anon N0=4096 N1=0\nfile N0=..." */
static void count_lines(struct user *user, const struct sample *sample, char *text)
{
	char *lines = NULL, *words = NULL;

	for (char *line = strtok_r(text, "\n", &lines); line; line = strtok_r(NULL, "\n", &lines)) {
		if (!is_memory(line))
			continue;
		for (char *word = strtok_r(line, " ", &words); word;
		     word = strtok_r(NULL, " ", &words)) {
			unsigned long long bytes;
			int node;

			if (sscanf(word, "N%d=%llu", &node, &bytes) == 2)
				users_count(user, sample, node, bytes);
		}
	}
}

/* Return whether those below may have memory there: a cgroup counts theirs as well. */
static bool add_cgroup(struct users *users, const struct sample *sample, const char *path,
		       size_t root)
{
	char *text = sysfs_read("%s/memory.numa_stat", path);
	struct user *user;

	if (!text) {
		users->unreadable += errno == EACCES || errno == EPERM;
		return !path[root];
	}
	user = users_add(users, sample);
	count_lines(user, sample, text);
	free(text);
	users_name(user, path[root] ? path + root : "/");
	if (user->total)
		return true;
	users_drop_last(users);
	return false;
}

static int is_below(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void walk(struct users *users, const struct sample *sample, const char *path, size_t root,
		 int depth)
{
	struct dirent **dir;
	int nr;

	if (!add_cgroup(users, sample, path, root) || !depth)
		return;
	nr = scandir(path, &dir, is_below, alphasort);
	for (int i = 0; i < nr; i++) {
		char *below = xasprintf("%s/%s", path, dir[i]->d_name);

		walk(users, sample, below, root, depth - 1);
		free(below);
		free(dir[i]);
	}
	if (nr >= 0)
		free(dir);
}

/**
 * stat_cgroups_load() - all cgroups with memory on some nodes
 * @users: what is filled in, to be given to users_free() in any case
 * @sample: the nodes
 *
 * Return: 0 or EXIT_FAILED; an error was told
 */
int stat_cgroups_load(struct users *users, const struct sample *sample)
{
	char *mount = cgroups_mount();

	*users = (struct users){ .nr = 0 };
	if (!mount) {
		(void)complain("cgroups", ENOENT, "mount -t cgroup2 none /sys/fs/cgroup",
			       "cgroup v2 is not mounted");
		return EXIT_FAILED;
	}
	walk(users, sample, mount, strlen(mount), MAX_DEPTH);
	free(mount);
	users_sort(users);
	return 0;
}
