// SPDX-License-Identifier: GPL-2.0
/* A process may end while it is looked at: then its files are gone, or empty. */
#include <ctype.h>
#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "node.h"
#include "procs.h"
#include "sysfs.h"
#include "text.h"

/* ---- numa_maps ------------------------------------------------------------ */

/* As mpol_to_str() of the kernel writes them; one that begins another one comes later. */
static const char *const mode_names[] = {
	"default", "prefer (many)", "prefer", "bind", "weighted interleave", "interleave", "local",
};

static const char *mode_at(const char *s, size_t *len)
{
	for (size_t i = 0; i < sizeof(mode_names) / sizeof(*mode_names); i++) {
		*len = strlen(mode_names[i]);
		if (!strncmp(s, mode_names[i], *len) && strchr(" :=", s[*len]))
			return mode_names[i];
	}
	*len = strcspn(s, " :=");
	return "unknown";
}

/* "bind=static:0-1 "; returns what comes after it. */
static char *parse_policy(char *s, struct mapping *map)
{
	char *end;
	size_t len;

	map->mode = mode_at(s, &len);
	s += len;
	end = s + strcspn(s, " ");
	s = memchr(s, ':', (size_t)(end - s));
	map->nodes = s ? s + 1 : "";
	if (*end)
		*end++ = '\0';
	return end;
}

static void add_use(struct mapping *map, int node, uint64_t pages)
{
	map->use = xrealloc(map->use, (size_t)map->nr + 1, sizeof(*map->use));
	map->use[map->nr++] = (struct node_use){ .node = node, .bytes = pages };
}

/* Pages are of the size that the end of the line tells. */
static void parse_words(char *s, struct mapping *map)
{
	unsigned long long pages, page_kb = 4;
	char *save = NULL;
	int node;

	map->anonymous = true;
	for (char *word = strtok_r(s, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (!strncmp(word, "file=", 5) || !strcmp(word, "huge"))
			map->anonymous = false;
		else if (sscanf(word, "N%d=%llu", &node, &pages) == 2)
			add_use(map, node, pages);
		else
			(void)sscanf(word, "kernelpagesize_kB=%llu", &page_kb);
	}
	for (int i = 0; i < map->nr; i++)
		map->use[i].bytes *= page_kb << 10;
}

static void add_mapping(struct mappings *maps, char *line)
{
	struct mapping map = { .nr = 0 };
	char *end;

	map.start = strtoull(line, &end, 16);
	if (end == line || *end != ' ')
		return;
	parse_words(parse_policy(end + 1, &map), &map);
	maps->map = xrealloc(maps->map, (size_t)maps->nr + 1, sizeof(map));
	maps->map[maps->nr++] = map;
}

/**
 * mappings_read() - the mappings of a process, with where their pages are
 * @pid: the process
 * @maps: what is filled in, to be given to mappings_free() in any case
 *
 * Return: 0, -ESRCH if there is no such process (any more), or another negative
 * error number: who may not trace the process may not see it either
 */
int mappings_read(int pid, struct mappings *maps)
{
	char *save = NULL;

	*maps = (struct mappings){ .nr = 0 };
	errno = 0;
	maps->text = sysfs_read("/proc/%d/numa_maps", pid);
	if (!maps->text)
		return errno == ENOENT ? -ESRCH : -errno;
	for (char *line = strtok_r(maps->text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		add_mapping(maps, line);
	return 0;
}

void mappings_free(struct mappings *maps)
{
	for (int i = 0; i < maps->nr; i++)
		free(maps->map[i].use);
	free(maps->map);
	free(maps->text);
}

uint64_t mapping_on_node(const struct mapping *map, int node)
{
	uint64_t bytes = 0;

	for (int i = 0; i < map->nr; i++)
		if (map->use[i].node == node)
			bytes += map->use[i].bytes;
	return bytes;
}

uint64_t mappings_on_node(const struct mappings *maps, int node)
{
	uint64_t bytes = 0;

	for (int i = 0; i < maps->nr; i++)
		bytes += mapping_on_node(&maps->map[i], node);
	return bytes;
}

/* ---- processes ------------------------------------------------------------ */

/**
 * process_list() - all processes that there are
 * @pids: where their numbers go, in order; to be freed
 *
 * Return: how many
 */
int process_list(int **pids)
{
	struct names names;
	int nr;

	(void)names_read(&names, "[0-9]*", "/proc");
	nr = names.nr;
	*pids = xcalloc((size_t)nr + 1, sizeof(**pids));
	for (int i = 0; i < nr; i++)
		(*pids)[i] = (int)strtol(names.name[i], NULL, 10);
	names_free(&names);
	return nr;
}

/**
 * process_on_node() - how much of a process is on a node
 * @pid: the process
 * @node: the node
 * @bytes: where it goes; what processes share counts for each
 *
 * Return: as mappings_read()
 */
int process_on_node(int pid, int node, uint64_t *bytes)
{
	struct mappings maps;
	int ret = mappings_read(pid, &maps);

	*bytes = mappings_on_node(&maps, node);
	mappings_free(&maps);
	return ret;
}

/* The name is any bytes, JSON is not, and some move the cursor. TEXT is freed. */
static char *printable(char *text)
{
	char *valid = text ? utf8_text(text) : NULL;

	for (char *s = valid; s && *s; s++)
		if (iscntrl((unsigned char)*s))
			*s = '?';
	free(text);
	return valid;
}

/**
 * process_command() - the name that a process goes by
 * @pid: the process
 *
 * Return: the name, to be freed; or NULL
 */
char *process_command(int pid)
{
	return printable(sysfs_read("/proc/%d/comm", pid));
}

/**
 * process_cgroup() - the cgroup of a process, of the one hierarchy of version 2
 * @pid: the process
 *
 * Return: its path from the root of the hierarchy, to be freed; or NULL. It may have any
 * name, which need not be UTF-8
 */
char *process_cgroup(int pid)
{
	char *text = sysfs_read("/proc/%d/cgroup", pid);
	char *at = text, *path;

	while (at && strncmp(at, "0::", 3) != 0) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	path = at ? xasprintf("%.*s", (int)strcspn(at + 3, "\n"), at + 3) : NULL;
	free(text);
	return path;
}

/**
 * cgroups_mount() - where cgroup v2 is mounted
 *
 * Return: the path, to be freed; or NULL
 */
char *cgroups_mount(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	char *dir = NULL;

	while (mounts && !dir && (entry = getmntent(mounts)))
		if (!strcmp(entry->mnt_type, "cgroup2"))
			dir = xstrdup(entry->mnt_dir);
	if (mounts)
		(void)endmntent(mounts);
	return dir;
}

/**
 * cgroup_attr() - the content of a file of a cgroup
 * @cgroup: its path, as of process_cgroup()
 * @file: the file
 *
 * Return: the content, to be freed; or NULL
 */
char *cgroup_attr(const char *cgroup, const char *file)
{
	/* looked for once: there can be thousands of cgroups */
	static char *mount;

	if (!mount)
		mount = cgroups_mount();
	return sysfs_read("%s%s/%s", mount ? mount : "/sys/fs/cgroup", cgroup, file);
}

/**
 * process_bytes() - a size in the status of a process
 * @pid: the process
 * @field: as "VmPin"
 *
 * Return: the size in bytes, 0 without one
 */
uint64_t process_bytes(int pid, const char *field)
{
	char *text = sysfs_read("/proc/%d/status", pid);
	char *pattern = xasprintf("\n%s:", field);
	const char *at = text ? strstr(text, pattern) : NULL;
	uint64_t bytes = at ? strtoull(at + strlen(pattern), NULL, 10) << 10 : 0;

	free(pattern);
	free(text);
	return bytes;
}

/**
 * process_cpuset_without() - does a cpuset keep a process off a private node?
 * @pid: the process
 * @node: the node
 *
 * Private nodes are never in Mems_allowed: every cpuset.mems from the one of the
 * process up to the root has to name them or be empty.
 *
 * Return: the path of a cgroup that leaves the node out, to be freed; or NULL
 */
char *process_cpuset_without(int pid, int node)
{
	char *path = process_cgroup(pid);

	while (path && strrchr(path, '/')) {
		char *mems = cgroup_attr(path, "cpuset.mems");
		bool without = mems && *mems && !node_in_list(mems, node);

		free(mems);
		if (without)
			return path;
		*strrchr(path, '/') = '\0';
	}
	free(path);
	return NULL;
}
