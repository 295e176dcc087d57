// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysfs.h"
#include "text.h"

/**
 * sysfs_read_fd() - what can still be read from a file
 * @fd: its descriptor
 * @all: where the length goes
 *
 * Return: the content, to be freed, with a zero byte after it; or NULL, with errno
 */
char *sysfs_read_fd(int fd, size_t *all)
{
	size_t len = 0, room = 0;
	char *text = NULL;
	ssize_t got;

	do {
		if (len + 1 >= room) {
			room = room ? 2 * room : 4096;
			text = xrealloc(text, room, 1);
		}
		got = read(fd, text + len, room - len - 1);
		len += got > 0 ? (size_t)got : 0;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	*all = len;
	return text;
}

/**
 * sysfs_read_bytes() - the content of a file that may be no text
 * @path: the file
 * @len: where its length goes
 *
 * Return: the content, to be freed; or NULL, with errno
 */
char *sysfs_read_bytes(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;
	int err;

	if (fd < 0)
		return NULL;
	text = sysfs_read_fd(fd, len);
	err = errno;
	close(fd);
	errno = err;
	return text;
}

static char *read_path(const char *path)
{
	size_t len = 0;
	char *text = sysfs_read_bytes(path, &len);

	while (text && len && text[len - 1] == '\n')
		text[--len] = '\0';
	return text;
}

/**
 * sysfs_read() - the content of a file
 * @format: its path, as of printf()
 *
 * Return: the text without newlines at its end, to be freed; or NULL, with errno
 */
char *sysfs_read(const char *format, ...)
{
	char *path, *text;
	va_list args;

	va_start(args, format);
	path = xvasprintf(format, args);
	va_end(args);
	text = read_path(path);
	free(path);
	return text;
}

/**
 * sysfs_number() - the content of a file that is a number
 * @value: where it goes; unchanged without one
 * @format: its path, as of printf()
 *
 * Return: whether there was one
 */
bool sysfs_number(uint64_t *value, const char *format, ...)
{
	char *path, *text, *end;
	unsigned long long got;
	bool ok = false;
	va_list args;

	va_start(args, format);
	path = xvasprintf(format, args);
	va_end(args);
	text = read_path(path);
	/* strtoull() takes a sign, and what is below zero for something huge */
	if (text && isdigit((unsigned char)*text)) {
		errno = 0;
		got = strtoull(text, &end, 0);
		ok = !errno && !*end;
		if (ok)
			*value = got;
	}
	free(text);
	free(path);
	return ok;
}

bool sysfs_exists(const char *format, ...)
{
	va_list args;
	char *path;
	bool ok;

	va_start(args, format);
	path = xvasprintf(format, args);
	va_end(args);
	ok = !access(path, F_OK);
	free(path);
	return ok;
}

/**
 * sysfs_link_name() - the last part of what a symbolic link leads to
 * @format: its path, as of printf()
 *
 * Return: the name, to be freed; or NULL, with errno
 */
char *sysfs_link_name(const char *format, ...)
{
	char target[PATH_MAX], *path, *slash;
	va_list args;
	ssize_t len;

	va_start(args, format);
	path = xvasprintf(format, args);
	va_end(args);
	len = readlink(path, target, sizeof(target) - 1);
	free(path);
	if (len < 0)
		return NULL;
	target[len] = '\0';
	slash = strrchr(target, '/');
	return xstrdup(slash ? slash + 1 : target);
}

/**
 * sysfs_write() - write a value to a file
 * @path: the file
 * @value: the value
 *
 * Return: 0, or a negative error number of the kernel
 */
int sysfs_write(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(value);
	int ret = 0;
	ssize_t done;

	if (fd < 0)
		return -errno;
	done = write(fd, value, len);
	if (done < 0)
		ret = -errno;
	else if ((size_t)done != len)
		ret = -EIO;
	close(fd);
	return ret;
}
