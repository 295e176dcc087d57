// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are not anonymous: of tmpfs, of pipes, and of the page cache.
 *
 * usage: files SPIN FILE
 *
 * FILE is made on a file system whose pages stay in the page cache, as those of ramfs:
 * tmpfs reads in a way of its own.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "section.h"

enum { CHUNK = 64 << 10, SIZE = 16 * MIB, PAGES = SIZE / PAGE };

static char buffer[CHUNK];

static void tmpfs_round(int fd, bool counts)
{
	section_begin();
	for (off_t at = 0; at < SIZE; at += CHUNK)
		if (pwrite(fd, buffer, CHUNK, at) != CHUNK)
			fail("pwrite");
	section_end(counts ? "tmpfs_write" : NULL, PAGES);
	section_begin();
	if (ftruncate(fd, 0))
		fail("ftruncate");
	section_end(counts ? "tmpfs_free" : NULL, PAGES);
}

static int file_in_cache(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		fail(path);
	for (off_t at = 0; at < SIZE; at += CHUNK)
		if (pwrite(fd, buffer, CHUNK, at) != CHUNK)
			fail(path);
	return fd;
}

static void cache_round(int fd, bool counts)
{
	section_begin();
	for (off_t at = 0; at < SIZE; at += CHUNK)
		if (pread(fd, buffer, CHUNK, at) != CHUNK)
			fail("pread");
	section_end(counts ? "cache_read" : NULL, PAGES);
}

static void pipe_round(const int fd[2], bool counts)
{
	section_begin();
	for (size_t at = 0; at < SIZE; at += CHUNK)
		if (write(fd[1], buffer, CHUNK) != CHUNK ||
		    read(fd[0], buffer, CHUNK) != CHUNK)
			fail("pipe");
	section_end(counts ? "pipe" : NULL, PAGES);
}

int main(int argc, char **argv)
{
	int tmpfs_fd, cache_fd, pipe_fd[2];

	if (argc != 3) {
		(void)fputs("usage: files SPIN FILE\n", stderr);
		return 2;
	}
	sections_start(argc, argv);
	memset(buffer, 1, sizeof(buffer));
	tmpfs_fd = memfd_create("bench", MFD_CLOEXEC);
	if (tmpfs_fd < 0 || pipe(pipe_fd) || fcntl(pipe_fd[1], F_SETPIPE_SZ, 2 * CHUNK) < 0)
		fail("files");
	for (int i = 0; i <= ROUNDS; i++)
		tmpfs_round(tmpfs_fd, i > 0);
	cache_fd = file_in_cache(argv[2]);
	for (int i = 0; i <= ROUNDS; i++)
		cache_round(cache_fd, i > 0);
	for (int i = 0; i <= ROUNDS; i++)
		pipe_round(pipe_fd, i > 0);
	sections_print();
	return 0;
}
