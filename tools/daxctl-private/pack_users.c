// SPDX-License-Identifier: GPL-2.0
/*
 * Who has memory on a private node, and what their cgroups have and may have. Never
 * what a process was started with: there are passwords in that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "pack.h"
#include "procs.h"
#include "stats.h"
#include "text.h"

static bool pack_process(struct packer *p, long pid)
{
	static const char *const files[] = {
		"cgroup", "comm", "limits", "numa_maps", "smaps_rollup", "status",
	};
	bool ok = true;

	for (size_t i = 0; ok && i < sizeof(files) / sizeof(*files); i++)
		ok = pack_path(p, "/proc/%ld/%s", pid, files[i]);
	return ok;
}

static bool pack_cgroup(struct packer *p, const char *mount, const char *path)
{
	static const char *const files[] = {
		"memory.current", "memory.events", "memory.max", "memory.numa_stat", "memory.stat",
	};
	struct names cpuset;
	bool ok = true;

	for (size_t i = 0; ok && i < sizeof(files) / sizeof(*files); i++)
		ok = pack_path(p, "%s%s/%s", mount, path, files[i]);
	(void)names_read(&cpuset, "cpuset.mems*", "%s%s", mount, path);
	for (int i = 0; ok && i < cpuset.nr; i++)
		ok = pack_path(p, "%s%s/%s", mount, path, cpuset.name[i]);
	names_free(&cpuset);
	return ok;
}

/* With those above, which limit it as well. One outside of what we see is "/..". */
static bool pack_cgroups_of(struct packer *p, const char *mount, long pid)
{
	char *path = process_cgroup((int)pid), *slash = path;
	bool ok = true;

	if (path && strstr(path, "/.."))
		*path = '\0';
	if (path && !strcmp(path, "/"))
		*path = '\0';
	while (path && ok && slash) {
		ok = pack_cgroup(p, mount, path);
		slash = strrchr(path, '/');
		if (slash)
			*slash = '\0';
	}
	free(path);
	return ok;
}

static bool pack_each(struct packer *p, const struct users *users, const char *mount)
{
	bool ok = true;

	for (int i = 0; ok && i < users->nr; i++) {
		ok = pack_process(p, users->user[i].pid);
		if (ok && mount)
			ok = pack_cgroups_of(p, mount, users->user[i].pid);
	}
	return ok;
}

/* Of all mounts only this one: others may name servers and people. */
static bool pack_mount(struct packer *p, const char *mount)
{
	char *line = xasprintf("cgroup2 %s cgroup2 rw 0 0\n", mount);
	bool ok = pack_text(p, "/proc/self/mounts", line);

	free(line);
	return ok;
}

/**
 * pack_users() - processes and cgroups that have memory on private nodes
 * @p: the tar file
 *
 * Return: whether it could be written
 */
bool pack_users(struct packer *p)
{
	char *mount = cgroups_mount();
	struct users users = { .nr = 0 };
	struct sample sample;
	bool ok = true;

	if (!sample_take(&sample, 0, NULL, false) && sample.nr) {
		(void)stat_procs_load(&users, &sample);
		ok = pack_each(p, &users, mount);
	}
	if (users.unreadable)
		pack_note(p, "/proc", EACCES, "%d processes cannot be looked at", users.unreadable);
	if (ok && mount)
		ok = pack_mount(p, mount);
	users_free(&users);
	sample_free(&sample);
	free(mount);
	return ok;
}
