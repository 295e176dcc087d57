// SPDX-License-Identifier: GPL-2.0
/*
 * daxctl-private report: this machine as far as dax and its memory go, in one
 * tar file. Every verb that only reads can look at it with --sysroot.
 */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "message.h"
#include "output.h"
#include "sysfs.h"
#include "text.h"

static const char *file;

static const struct option_def options[] = {
	TEXT('o', "output", &file, "FILE", "where it goes, - is stdout; without it daxctl-private.tar.gz"),
	END_OF_OPTIONS
};

struct packer {
	struct archive *tar;
	char **done;		/* paths that are packed */
	int nr, entries;
};

/* ---- one entry ------------------------------------------------------------ */

static bool write_entry(struct packer *p, const char *path, const struct stat *st,
			const char *link, const char *text)
{
	struct archive_entry *entry = archive_entry_new();
	size_t len = text ? strlen(text) : 0;
	bool ok;

	if (!entry)
		out_of_memory();
	archive_entry_set_pathname(entry, path + 1);
	archive_entry_set_mode(entry, st->st_mode);
	archive_entry_set_mtime(entry, st->st_mtime, 0);
	archive_entry_set_size(entry, (la_int64_t)len);
	if (link)
		archive_entry_set_symlink(entry, link);
	ok = archive_write_header(p->tar, entry) == ARCHIVE_OK &&
	     (!len || archive_write_data(p->tar, text, len) == (la_ssize_t)len);
	archive_entry_free(entry);
	p->entries++;
	return ok;
}

/* What cannot be read is there, and empty. */
static bool pack_file(struct packer *p, const char *path, const struct stat *st)
{
	char *text = st->st_mode & 0444 ? sysfs_read("%s", path) : NULL;
	char *line = text && *text ? xasprintf("%s\n", text) : NULL;
	bool ok = write_entry(p, path, st, NULL, line);

	free(line);
	free(text);
	return ok;
}

static bool pack_link(struct packer *p, const char *path, const struct stat *st)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len < 0)
		return true;
	target[len] = '\0';
	return write_entry(p, path, st, target, NULL);
}

static bool seen(struct packer *p, const char *path)
{
	for (int i = 0; i < p->nr; i++)
		if (!strcmp(p->done[i], path))
			return true;
	p->done = xrealloc(p->done, (size_t)p->nr + 1, sizeof(*p->done));
	p->done[p->nr++] = xstrdup(path);
	return false;
}

/* ---- trees ---------------------------------------------------------------- */

/* Files that are no text: what is behind a PCI device. */
static bool is_binary(const char *name)
{
	static const char *const binary[] = { "config", "rom", "resource0", "CDAT", "vpd", "autoprobe" };

	for (size_t i = 0; i < sizeof(binary) / sizeof(*binary); i++)
		if (!strcmp(name, binary[i]))
			return true;
	return !strncmp(name, "resource", 8) && name[8];
}

static bool pack(struct packer *p, const char *path, int depth);

static bool pack_dir(struct packer *p, const char *path, const struct stat *st, int depth)
{
	struct dirent **entry;
	bool ok = true;
	int nr;

	if (!seen(p, path))
		ok = write_entry(p, path, st, NULL, NULL);
	if (!depth)
		return ok;
	nr = scandir(path, &entry, NULL, alphasort);
	for (int i = 0; i < nr; i++) {
		const char *name = entry[i]->d_name;
		char *child = xasprintf("%s/%s", path, name);

		if (ok && strcmp(name, ".") && strcmp(name, "..") && !is_binary(name))
			ok = pack(p, child, depth - 1);
		free(child);
		free(entry[i]);
	}
	if (nr >= 0)
		free(entry);
	return ok;
}

/* DEPTH: how far down from a directory; links are not followed. */
static bool pack(struct packer *p, const char *path, int depth)
{
	struct stat st;

	if (lstat(path, &st))
		return true;
	if (S_ISDIR(st.st_mode))
		return pack_dir(p, path, &st, depth);
	if (seen(p, path))
		return true;
	if (S_ISLNK(st.st_mode))
		return pack_link(p, path, &st);
	return S_ISREG(st.st_mode) ? pack_file(p, path, &st) : true;
}

/* The directories that the links of a bus lead to, and the one above each. */
static bool pack_targets(struct packer *p, const char *bus, int depth)
{
	char real[PATH_MAX];
	struct dirent **entry;
	int nr = scandir(bus, &entry, NULL, versionsort);
	bool ok = true;

	for (int i = 0; i < nr; i++) {
		char *link = xasprintf("%s/%s", bus, entry[i]->d_name);

		if (ok && *entry[i]->d_name != '.' && realpath(link, real)) {
			ok = pack(p, real, depth);
			*strrchr(real, '/') = '\0';
			ok = ok && pack(p, real, 2);
		}
		free(link);
		free(entry[i]);
	}
	if (nr >= 0)
		free(entry);
	return ok;
}

/*
 * libdaxctl wants to see the device files, which a user could not unpack, and asks
 * what bus the device of that number is on. Empty files have the number 0:0.
 */
static bool pack_device_files(struct packer *p)
{
	const struct stat st = { .st_mode = S_IFREG | 0600 }, link = { .st_mode = S_IFLNK | 0777 };
	struct dirent **entry;
	int nr = scandir("/sys/bus/dax/devices", &entry, NULL, versionsort);
	bool ok = true;

	for (int i = 0; i < nr; i++) {
		char *path = xasprintf("/dev/%s", entry[i]->d_name);

		if (ok && *entry[i]->d_name != '.' && !access(path, F_OK))
			ok = write_entry(p, path, &st, NULL, NULL);
		free(path);
		free(entry[i]);
	}
	if (nr >= 0)
		free(entry);
	return ok && write_entry(p, "/sys/dev/char/0:0/subsystem", &link, "../../../bus/dax", NULL);
}

static bool pack_machine(struct packer *p)
{
	static const struct {
		const char *path;
		int depth;
	} roots[] = {
		{ "/sys/bus/dax", 3 },
		{ "/sys/bus/cxl", 2 },
		{ "/sys/bus/nd", 2 },
		{ "/sys/devices/system/node", 2 },
		{ "/sys/devices/system/memory", 2 },
		{ "/sys/devices/virtual/memory_tiering", 2 },
		{ "/sys/kernel/mm", 3 },
		{ "/sys/module/anondax", 1 },
		{ "/sys/module/cramdax", 1 },
		{ "/sys/module/kmem", 1 },
		{ "/sys/module/dax_hmem", 1 },
		{ "/proc/buddyinfo", 0 },
		{ "/proc/cmdline", 0 },
		{ "/proc/iomem", 0 },
		{ "/proc/meminfo", 0 },
		{ "/proc/modules", 0 },
		{ "/proc/swaps", 0 },
		{ "/proc/sys/kernel/numa_balancing", 0 },
		{ "/proc/version", 0 },
		{ "/proc/vmstat", 0 },
		{ "/proc/zoneinfo", 0 },
	};
	bool ok = true;

	for (size_t i = 0; ok && i < sizeof(roots) / sizeof(*roots); i++)
		ok = pack(p, roots[i].path, roots[i].depth);
	return ok && pack_device_files(p) && pack_targets(p, "/sys/bus/dax/devices", 2) &&
	       pack_targets(p, "/sys/bus/cxl/devices", 1) && pack_targets(p, "/sys/bus/nd/devices", 1);
}

static bool to_stdout(void)
{
	return file && !strcmp(file, "-") && !global.dry_run;
}

/* What root can read is not for everybody, whoever made the file before. */
static int open_output(const char *name)
{
	int fd;

	/* not /dev/null, which a captured machine does not have */
	if (global.dry_run)
		return memfd_create("report", MFD_CLOEXEC);
	if (to_stdout())
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0 && fchmod(fd, 0600)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static bool write_tar(struct packer *p, const char *name, int fd)
{
	bool ok;

	p->tar = archive_write_new();
	if (!p->tar)
		out_of_memory();
	ok = archive_write_add_filter_gzip(p->tar) == ARCHIVE_OK &&
	     archive_write_set_format_pax_restricted(p->tar) == ARCHIVE_OK &&
	     archive_write_open_fd(p->tar, fd) == ARCHIVE_OK && pack_machine(p) &&
	     archive_write_close(p->tar) == ARCHIVE_OK;
	if (!ok)
		(void)complain(name, archive_errno(p->tar), NULL, "cannot write the report");
	archive_write_free(p->tar);
	return ok;
}

static int report(const struct command *cmd, int argc, char **argv)
{
	struct packer p = { .nr = 0 };
	const char *name = file ? file : "daxctl-private.tar.gz";
	struct json_object *results, *obj;
	int fd;
	bool ok;

	(void)argv;
	if (argc)
		return usage_error("%s takes no arguments", cmd->name);
	if (global.sysroot && !global.dry_run && !to_stdout())
		return usage_error("%s: with --sysroot it goes to stdout only", cmd->name);
	fd = open_output(name);
	if (fd < 0) {
		(void)complain(name, errno, NULL, "cannot write the report");
		return EXIT_FAILED;
	}
	ok = write_tar(&p, name, fd);
	(void)close(fd);
	while (p.nr)
		free(p.done[--p.nr]);
	free(p.done);
	if (!ok)
		return EXIT_FAILED;
	if (to_stdout())
		return EXIT_DONE;
	results = json_object_new_array();
	obj = json_object_new_object();
	add_text(obj, "report", name);
	add_number(obj, "entries", p.entries);
	json_object_array_add(results, obj);
	print_objects(results);
	return EXIT_DONE;
}

const struct command cmd_report = {
	.name = "report",
	.args = "",
	.help = "Pack what a look at this machine needs, for --sysroot.",
	.options = options,
	.run = report,
	.other_result = to_stdout,
};
