// SPDX-License-Identifier: GPL-2.0
/*
 * Tar files are written by libarchive. It is loaded when one is: it brings a C++ runtime
 * and cryptography along, and to load these takes as long as all else that the program
 * does, for a verb that is hardly ever used.
 */
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "message.h"
#include "tarfile.h"
#include "text.h"

#define LIBRARY		"libarchive.so.13"

#define FUNCTIONS(each)				\
	each(archive_entry_free)		\
	each(archive_entry_new)			\
	each(archive_entry_set_mode)		\
	each(archive_entry_set_mtime)		\
	each(archive_entry_set_pathname)	\
	each(archive_entry_set_size)		\
	each(archive_entry_set_symlink)		\
	each(archive_errno)			\
	each(archive_write_add_filter_gzip)	\
	each(archive_write_close)		\
	each(archive_write_data)		\
	each(archive_write_free)		\
	each(archive_write_header)		\
	each(archive_write_new)			\
	each(archive_write_open_fd)		\
	each(archive_write_set_filter_option)	\
	each(archive_write_set_format_gnutar)

#define MEMBER(function)	__typeof__(function) *(function);
static struct { FUNCTIONS(MEMBER) } la;

static bool loaded;
static const char *why;

struct tarfile {
	const char *name;
	struct archive *archive;
};

static bool find_functions(void *library)
{
#define FIND(function)	\
	*(void **)&la.function = dlsym(library, #function); \
	if (!la.function) \
		return false;
	FUNCTIONS(FIND)
	return true;
}

/**
 * tarfile_prepare() - load what writes them, for as long as the program runs
 *
 * Before --sysroot: the library is one of this machine.
 */
void tarfile_prepare(void)
{
	void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);

	loaded = library && find_functions(library);
	if (!loaded)
		why = dlerror();
}

/**
 * tarfile_check() - whether they can be written, before anything is touched
 * @name: what it is called in messages
 *
 * Return: 0 or a negative error number; an error was told
 */
int tarfile_check(const char *name)
{
	if (loaded)
		return 0;
	return complain(name, ELIBACC, "install the package of libarchive",
			"cannot write the report: %s", why ? why : LIBRARY);
}

/**
 * tarfile_open() - begin one; tarfile_check() has said that it can be
 * @name: what it is called in messages
 * @fd: where it goes
 *
 * Return: it, or NULL: an error was told
 */
struct tarfile *tarfile_open(const char *name, int fd)
{
	struct tarfile *tar = xcalloc(1, sizeof(*tar));

	tar->name = name;
	tar->archive = la.archive_write_new();
	if (!tar->archive)
		out_of_memory();
	/*
	 * Without the time, a captured machine gives the same file each time. To pax the
	 * bytes of a name would have to be text in the locale of the user.
	 */
	if (la.archive_write_add_filter_gzip(tar->archive) == ARCHIVE_OK &&
	    la.archive_write_set_filter_option(tar->archive, "gzip", "timestamp", NULL) ==
		    ARCHIVE_OK &&
	    la.archive_write_set_format_gnutar(tar->archive) == ARCHIVE_OK &&
	    la.archive_write_open_fd(tar->archive, fd) == ARCHIVE_OK)
		return tar;
	(void)tarfile_close(tar, false);
	return NULL;
}

/**
 * tarfile_add() - one file
 * @tar: the tar file
 * @path: where it is when that is unpacked
 * @st: its mode, and when it was written
 * @link: what it leads to, if it is a symbolic link, or NULL
 * @data: what is in it
 * @len: the length of that
 *
 * Return: whether that could be written
 */
bool tarfile_add(struct tarfile *tar, const char *path, const struct stat *st, const char *link,
		 const void *data, size_t len)
{
	struct archive_entry *entry = la.archive_entry_new();
	bool ok;

	if (!entry)
		out_of_memory();
	la.archive_entry_set_pathname(entry, path);
	la.archive_entry_set_mode(entry, st->st_mode);
	la.archive_entry_set_mtime(entry, st->st_mtime, 0);
	la.archive_entry_set_size(entry, (la_int64_t)len);
	if (link)
		la.archive_entry_set_symlink(entry, link);
	ok = la.archive_write_header(tar->archive, entry) == ARCHIVE_OK &&
	     (!len || la.archive_write_data(tar->archive, data, len) == (la_ssize_t)len);
	la.archive_entry_free(entry);
	return ok;
}

/**
 * tarfile_close() - end it, and free what was allocated
 * @tar: the tar file
 * @ok: it is whole; false: something before has failed
 *
 * Return: whether it was written; if not, an error was told
 */
bool tarfile_close(struct tarfile *tar, bool ok)
{
	ok = ok && la.archive_write_close(tar->archive) == ARCHIVE_OK;
	if (!ok)
		(void)complain(tar->name, la.archive_errno(tar->archive), NULL,
			       "cannot write the report");
	la.archive_write_free(tar->archive);
	free(tar);
	return ok;
}
