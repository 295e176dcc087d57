// SPDX-License-Identifier: GPL-2.0
/*
 * daxctl-private report: this machine as far as dax and its memory go, in one
 * tar file. Every verb that only reads can look at it with --sysroot.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "file.h"
#include "message.h"
#include "names.h"
#include "output.h"
#include "pack.h"
#include "sysfs.h"
#include "tarfile.h"
#include "text.h"

static const char *file;

static const struct option_def options[] = {
	TEXT('o', "output", &file, "FILE", "where it goes, - is stdout; without it daxctl-private.tar.gz"),
	END_OF_OPTIONS
};

#define DAX_DEVICES	"/sys/bus/dax/devices"
#define CXL_DEVICES	"/sys/bus/cxl/devices"

#define NOTES		"/report/notes"

/* Tables of the firmware that tell which memory is where, and how fast. */
#define ACPI_TABLES	"/sys/firmware/acpi/tables"
#define LARGEST_TABLE	((size_t)64 << 10)

/* The directories that the links of a bus lead to, and the one above each. */
static bool pack_targets(struct packer *p, const char *bus, int depth)
{
	char real[PATH_MAX];
	struct names links;
	bool ok = true;

	(void)names_read(&links, "*", "%s", bus);
	for (int i = 0; ok && i < links.nr; i++) {
		char *link = xasprintf("%s/%s", bus, links.name[i]);

		if (realpath(link, real)) {
			ok = pack_tree(p, real, depth);
			*strrchr(real, '/') = '\0';
			ok = ok && pack_tree(p, real, 2);
		}
		free(link);
	}
	names_free(&links);
	return ok;
}

/*
 * libdaxctl wants to see the device files, which a user could not unpack, and asks
 * what bus the device of that number is on. Empty files have the number 0:0.
 */
static bool pack_device_files(struct packer *p)
{
	struct names devices;
	bool ok = true;

	(void)names_read(&devices, "*", DAX_DEVICES);
	for (int i = 0; ok && i < devices.nr; i++) {
		char *path = xasprintf("/dev/%s", devices.name[i]);

		ok = !sysfs_exists("%s", path) || pack_text(p, path, "");
		free(path);
	}
	names_free(&devices);
	return ok && pack_link(p, "/sys/dev/char/0:0/subsystem", "../../../bus/dax");
}

/* How much memory of which kind a CXL device has: it is further down than all else. */
static bool pack_memdevs(struct packer *p)
{
	char real[PATH_MAX];
	struct names memdevs;
	bool ok = true;

	(void)names_read(&memdevs, "mem[0-9]*", CXL_DEVICES);
	for (int i = 0; ok && i < memdevs.nr; i++) {
		char *link = xasprintf(CXL_DEVICES "/%s", memdevs.name[i]);

		if (realpath(link, real))
			ok = pack_path(p, "%s/ram/size", real) && pack_path(p, "%s/pmem/size", real);
		free(link);
	}
	names_free(&memdevs);
	return ok;
}

static bool pack_firmware(struct packer *p)
{
	return pack_binary(p, ACPI_TABLES "/CEDT", LARGEST_TABLE) &&
	       pack_binary(p, ACPI_TABLES "/HMAT", LARGEST_TABLE) &&
	       pack_binary(p, ACPI_TABLES "/SRAT", LARGEST_TABLE);
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
		{ "/sys/firmware/efi", 0 },
		{ "/sys/firmware/memmap", 2 },
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
		ok = pack_tree(p, roots[i].path, roots[i].depth);
	return ok && pack_device_files(p) && pack_targets(p, DAX_DEVICES, 2) &&
	       pack_targets(p, CXL_DEVICES, 1) && pack_targets(p, "/sys/bus/nd/devices", 1) &&
	       pack_memdevs(p) && pack_firmware(p) && pack_users(p) && pack_config(p) &&
	       pack_log(p);
}

/* Of a captured machine first what could not be read when it was captured. */
static void begin_notes(struct packer *p, char **text, size_t *len)
{
	char *before = global.sysroot ? sysfs_read(NOTES) : NULL;

	p->notes = open_memstream(text, len);
	if (!p->notes)
		out_of_memory();
	(void)fprintf(p->notes, "%s\n", before ? before : "daxctl-private " VERSION);
	free(before);
}

static bool pack_all(struct packer *p)
{
	char *text = NULL;
	size_t len;
	bool ok;

	begin_notes(p, &text, &len);
	ok = pack_machine(p);
	if (fclose(p->notes))
		out_of_memory();
	ok = ok && pack_bytes(p, NOTES, text, len);
	free(text);
	return ok;
}

static bool to_stdout(void)
{
	return file && !strcmp(file, "-") && !global.dry_run;
}

/* What root can read is not for everybody, whoever made the file before. */
static int create(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || fchmod(fd, 0600)) {
		(void)complain(name, errno, NULL, "cannot write the report");
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	return fd;
}

/* Return: where to write, or a negative number; an error was told */
static int open_output(const char *name)
{
	int fd;

	if (!global.dry_run && !to_stdout())
		return file_check_kind(name, "give another --output") ? -1 : create(name);
	/* not /dev/null, which a captured machine does not have */
	fd = global.dry_run ? memfd_create("report", MFD_CLOEXEC) :
			      fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		(void)complain(name, errno, NULL, "cannot write the report");
	return fd;
}

static bool write_tar(struct packer *p, const char *name, int fd)
{
	p->tar = tarfile_open(name, fd);
	return p->tar && tarfile_close(p->tar, pack_all(p));
}

static int report(const struct command *cmd, int argc, char **argv)
{
	struct packer p = { .entries = 0 };
	const char *name = file ? file : "daxctl-private.tar.gz";
	struct json_object *results, *obj;
	int fd;
	bool ok;

	(void)argv;
	if (argc)
		return usage_error("%s takes no arguments", cmd->name);
	if (global.sysroot && !global.dry_run && !to_stdout())
		return usage_error("%s: with --sysroot it goes to stdout only", cmd->name);
	fd = tarfile_check(name) ? -1 : open_output(name);
	if (fd < 0)
		return EXIT_FAILED;
	ok = write_tar(&p, name, fd);
	(void)close(fd);
	pack_forget(&p);
	if (!ok) {
		/* half of it looks like a report */
		if (!global.dry_run && !to_stdout())
			(void)unlink(name);
		return EXIT_FAILED;
	}
	if (p.unreadable)
		say("%d file%s could not be read: report/notes in it says which", p.unreadable,
		    p.unreadable == 1 ? "" : "s");
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
	.prepare = tarfile_prepare,
	.run = report,
	.other_result = to_stdout,
};
