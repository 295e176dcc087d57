// SPDX-License-Identifier: GPL-2.0
/*
 * What cannot be read is there, and empty, and noted; what is not there is left out.
 * Each function returns whether the tar file could be written.
 */
#include <errno.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "names.h"
#include "pack.h"
#include "sysfs.h"
#include "tarfile.h"
#include "text.h"

#define UNREADABLE	"cannot be read"

/**
 * pack_note() - something is not in the tar file, or not all of it
 * @p: the tar file
 * @path: which file
 * @err: why, an error number
 * @format: what of it, as of printf()
 */
void pack_note(struct packer *p, const char *path, int err, const char *format, ...)
{
	const char *name = strerrorname_np(err);
	va_list args;

	(void)fprintf(p->notes, "%s: ", path);
	va_start(args, format);
	(void)vfprintf(p->notes, format, args);
	va_end(args);
	(void)fprintf(p->notes, ": %s\n", name ? name : "unknown error");
	p->unreadable++;
}

/* ---- one entry ------------------------------------------------------------ */

static bool write_entry(struct packer *p, const char *path, const struct stat *st,
			const char *link, const void *data, size_t len)
{
	p->entries++;
	return tarfile_add(p->tar, path + 1, st, link, data, len);
}

static bool pack_file(struct packer *p, const char *path, const struct stat *st)
{
	bool readable = st->st_mode & 0444;
	char *text = readable ? sysfs_read("%s", path) : NULL;
	char *line = text && *text ? xasprintf("%s\n", text) : NULL;
	bool ok;

	if (readable && !text)
		pack_note(p, path, errno, UNREADABLE);
	ok = write_entry(p, path, st, NULL, line, line ? strlen(line) : 0);
	free(line);
	free(text);
	return ok;
}

static bool pack_real_link(struct packer *p, const char *path, const struct stat *st)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len < 0)
		return true;
	target[len] = '\0';
	return write_entry(p, path, st, target, NULL, 0);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A machine can have a hundred thousand of them: each memory block has its files. */
static bool seen(struct packer *p, const char *path)
{
	char *copy = xstrdup(path);
	char **node = tsearch(copy, &p->done, by_text);

	if (!node)
		out_of_memory();
	if (*node == copy)
		return false;
	free(copy);
	return true;
}

/**
 * pack_text() - a file that this machine has not got, or not so
 * @p: the tar file
 * @path: where it is when that is unpacked
 * @text: what is in it
 */
bool pack_text(struct packer *p, const char *path, const char *text)
{
	return pack_bytes(p, path, text, strlen(text));
}

/**
 * pack_bytes() - pack_text() of what may be no text
 * @p: the tar file
 * @path: where it is when that is unpacked
 * @data: what is in it
 * @len: the length of that
 */
bool pack_bytes(struct packer *p, const char *path, const void *data, size_t len)
{
	const struct stat st = { .st_mode = S_IFREG | 0600 };

	return write_entry(p, path, &st, NULL, data, len);
}

/**
 * pack_link() - a symbolic link that this machine has not got
 * @p: the tar file
 * @path: where it is when that is unpacked
 * @target: what it leads to
 */
bool pack_link(struct packer *p, const char *path, const char *target)
{
	const struct stat st = { .st_mode = S_IFLNK | 0777 };

	return write_entry(p, path, &st, target, NULL, 0);
}

static bool pack_content(struct packer *p, const char *path, const struct stat *st)
{
	size_t len = 0;
	char *data = sysfs_read_bytes(path, &len);
	bool ok;

	if (!data)
		pack_note(p, path, errno, UNREADABLE);
	ok = write_entry(p, path, st, NULL, data, data ? len : 0);
	free(data);
	return ok;
}

/**
 * pack_binary() - a file that is no text
 * @p: the tar file
 * @path: the file
 * @most: a larger one is left out
 */
bool pack_binary(struct packer *p, const char *path, size_t most)
{
	struct stat st;

	if (lstat(path, &st) || !S_ISREG(st.st_mode) || (size_t)st.st_size > most || seen(p, path))
		return true;
	return pack_content(p, path, &st);
}

/**
 * pack_copy() - a file as it is to who reads it: a link leads to what is packed
 * @p: the tar file
 * @path: the file; one that is no file is empty, as /dev/null is
 * @most: a larger one is left out
 */
bool pack_copy(struct packer *p, const char *path, size_t most)
{
	struct stat st;

	if (stat(path, &st)) {
		int err = errno;

		if (err != ENOENT || !lstat(path, &st))
			pack_note(p, path, err, UNREADABLE);
		return true;
	}
	if (seen(p, path))
		return true;
	if (S_ISREG(st.st_mode) && (size_t)st.st_size > most) {
		pack_note(p, path, EFBIG, "left out, it is larger than %zu KiB", most >> 10);
		return true;
	}
	if (S_ISREG(st.st_mode))
		return pack_content(p, path, &st);
	st.st_mode = S_IFREG | 0600;
	return write_entry(p, path, &st, NULL, NULL, 0);
}

/* ---- trees ---------------------------------------------------------------- */

/*
 * Files that are no text: what is behind a PCI device. And the directory of runtime
 * power management, of which even root cannot read all.
 */
static bool is_left_out(const char *name)
{
	static const char *const names[] = {
		"config", "rom", "resource0", "CDAT", "vpd", "autoprobe", "power",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return !strncmp(name, "resource", 8) && name[8];
}

static bool pack_dir(struct packer *p, const char *path, const struct stat *st, int depth)
{
	struct names names;
	bool ok = true;
	int ret;

	if (!seen(p, path))
		ok = write_entry(p, path, st, NULL, NULL, 0);
	if (!depth)
		return ok;
	ret = names_read(&names, "*", "%s", path);
	if (ret)
		pack_note(p, path, -ret, UNREADABLE);
	for (int i = 0; ok && i < names.nr; i++)
		if (!is_left_out(names.name[i])) {
			char *child = xasprintf("%s/%s", path, names.name[i]);

			ok = pack_tree(p, child, depth - 1);
			free(child);
		}
	names_free(&names);
	return ok;
}

/**
 * pack_tree() - a file, or a directory
 * @p: the tar file
 * @path: of which; what was packed before is not packed again
 * @depth: how far down from a directory; links are not followed
 */
bool pack_tree(struct packer *p, const char *path, int depth)
{
	struct stat st;

	if (lstat(path, &st))
		return true;
	if (S_ISDIR(st.st_mode))
		return pack_dir(p, path, &st, depth);
	if (seen(p, path))
		return true;
	if (S_ISLNK(st.st_mode))
		return pack_real_link(p, path, &st);
	return S_ISREG(st.st_mode) ? pack_file(p, path, &st) : true;
}

/**
 * pack_path() - pack_tree() of a file
 * @p: the tar file
 * @format: its path, as of printf()
 */
bool pack_path(struct packer *p, const char *format, ...)
{
	va_list args;
	char *path;
	bool ok;

	va_start(args, format);
	path = xvasprintf(format, args);
	va_end(args);
	ok = pack_tree(p, path, 0);
	free(path);
	return ok;
}

/**
 * pack_forget() - free what the packer knows, once the tar file is written
 * @p: the packer
 */
void pack_forget(struct packer *p)
{
	tdestroy(p->done, free);
	p->done = NULL;
}
