// SPDX-License-Identifier: GPL-2.0
/* The kinds of memory a machine can be filled with. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "filler.h"

#define CHUNK		((size_t)1 << 20)
#define PMD_SPAN	((size_t)2 << 20)
#define HUGE_RESERVE	((size_t)64 << 20)
#define DENTRY_COST	((size_t)1024)	/* inode and dentry of a tmpfs file */

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

static char chunk[CHUNK];

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static char *map_anon(size_t bytes)
{
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static size_t free_bytes(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : info.freeram * info.mem_unit;
}

/*
 * Takes huge pages while there are plenty: faults are most of the time that
 * filling takes.  MADV_COLLAPSE makes them whatever the system's setting.
 */
static size_t take_huge(size_t bytes)
{
	size_t done = 0;

	while (bytes - done >= PMD_SPAN && free_bytes() > HUGE_RESERVE) {
		char *p = map_anon(2 * PMD_SPAN);

		if (!p)
			break;
		p += -(uintptr_t)p % PMD_SPAN;
		*p = 0x5a;
		if (madvise(p, PMD_SPAN, MADV_COLLAPSE))
			break;
		memset(p, 0x5a, PMD_SPAN);
		done += PMD_SPAN;
	}
	return done;
}

static size_t take_anon(size_t bytes)
{
	size_t done = take_huge(bytes);

	while (done < bytes) {
		char *p = map_anon(CHUNK);

		if (!p)
			break;
		memset(p, 0x5a, CHUNK);
		done += CHUNK;
	}
	return done;
}

static size_t take_tmpfs(size_t bytes)
{
	int fd = memfd_create("filler", MFD_CLOEXEC);
	size_t done = 0;

	while (fd >= 0 && done < bytes) {
		ssize_t n = write(fd, chunk, min_size(CHUNK, bytes - done));

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

/* State of the tree walk: nftw() has no argument for it. */
static size_t cache_want, cache_done;

static int read_file(const char *path, const struct stat *st, int type,
		     struct FTW *ftw)
{
	ssize_t n;
	int fd;

	(void)ftw;
	if (type != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	while (cache_done < cache_want && (n = read(fd, chunk, CHUNK)) > 0)
		cache_done += (size_t)n;
	close(fd);
	return cache_done >= cache_want;
}

/* Reads files, so that the page cache holds them. */
static size_t take_cache(size_t bytes)
{
	const char *tree = getenv("FILLER_TREE");

	cache_want = bytes;
	cache_done = 0;
	(void)nftw(tree ? tree : "/usr/bin", read_file, 16, FTW_PHYS | FTW_MOUNT);
	return cache_done;
}

/* Empty files on tmpfs: inodes and dentries that cannot be reclaimed. */
static size_t take_dentries(size_t bytes)
{
	const char *dir = getenv("FILLER_TMPFS");
	char path[256];
	size_t done = 0;

	for (unsigned long i = 0; done < bytes; i++, done += DENTRY_COST) {
		int fd;

		(void)snprintf(path, sizeof(path), "%s/filler.%d.%lu",
			       dir ? dir : "/tmp", getpid(), i);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	return done;
}

/* One read fault per 2 MiB: a page table each, and only the zero page in it. */
static size_t take_pagetables(size_t bytes)
{
	size_t span = bytes / PAGE_SIZE * PMD_SPAN;
	size_t done = 0;
	char *p = mmap(NULL, span, PROT_READ,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return 0;
	(void)madvise(p, span, MADV_NOHUGEPAGE);
	for (; done < bytes; done += PAGE_SIZE)
		(void)*(volatile char *)(p + done / PAGE_SIZE * PMD_SPAN);
	return done;
}

static size_t fill_fd(int fd)
{
	size_t done = 0;
	ssize_t n;

	while ((n = write(fd, chunk, PAGE_SIZE)) > 0)
		done += (size_t)n;
	return done;
}

static size_t take_pipes(size_t bytes)
{
	size_t done = 0;
	int fd[2];

	while (done < bytes && !pipe2(fd, O_NONBLOCK | O_CLOEXEC)) {
		size_t n;

		(void)fcntl(fd[1], F_SETPIPE_SZ, 1 << 20);
		n = fill_fd(fd[1]);
		if (!n)
			break;
		done += n;
	}
	return done;
}

static size_t take_sockets(size_t bytes)
{
	size_t done = 0;
	int fd[2];

	while (done < bytes &&
	       !socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			   0, fd)) {
		size_t n = fill_fd(fd[0]);

		if (!n)
			break;
		done += n;
	}
	return done;
}

const struct leak leaks[] = {
	{ "anon", take_anon, "anonymous memory" },
	{ "tmpfs", take_tmpfs, "tmpfs pages" },
	{ "cache", take_cache, "page cache of the files below $FILLER_TREE (/usr/bin)" },
	{ "dentries", take_dentries, "inodes and dentries below $FILLER_TMPFS (/tmp)" },
	{ "pagetables", take_pagetables, "page tables" },
	{ "pipes", take_pipes, "pipe buffers" },
	{ "sockets", take_sockets, "socket buffers" },
};

const size_t nr_leaks = sizeof(leaks) / sizeof(leaks[0]);
