// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into daxctl-private, which has a captured machine as its root directory:
 * what it writes to a file below /sys goes to the script /kernel first. That one does
 * what the kernel would do, and exits with the number of the error; 0 is none, and
 * the file has the value then.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FD	64

int open64(const char *path, int flags, ...);

static char paths[MAX_FD][512];

static int opened(int fd, const char *path, int flags)
{
	if (fd >= 0 && fd < MAX_FD)
		(void)snprintf(paths[fd], sizeof(*paths), "%s",
			       (flags & O_ACCMODE) == O_WRONLY && !strncmp(path, "/sys/", 5) ? path : "");
	return fd;
}

static int really_open(const char *path, int flags, va_list args)
{
	mode_t mode = flags & O_CREAT ? (mode_t)va_arg(args, int) : 0;

	return opened(openat(AT_FDCWD, path, flags, mode), path, flags);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	int fd;

	va_start(args, flags);
	fd = really_open(path, flags, args);
	va_end(args);
	return fd;
}

int open64(const char *path, int flags, ...)
{
	va_list args;
	int fd;

	va_start(args, flags);
	fd = really_open(path, flags, args);
	va_end(args);
	return fd;
}

static int ask_kernel(const char *path, const char *value)
{
	char *argv[] = { (char *)"bash", (char *)"/kernel", (char *)path, (char *)value, NULL };
	char *env[] = { (char *)"PATH=/usr/bin", NULL };
	int status;
	pid_t pid;

	if (posix_spawn(&pid, "/usr/bin/bash", NULL, NULL, argv, env))
		return ENOEXEC;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

ssize_t write(int fd, const void *data, size_t len)
{
	static ssize_t (*next)(int, const void *, size_t);
	char value[256];
	int err;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "write");
	if (fd < 0 || fd >= MAX_FD || !*paths[fd])
		return next(fd, data, len);
	(void)snprintf(value, sizeof(value), "%.*s", (int)len, (const char *)data);
	err = ask_kernel(paths[fd], value);
	if (!err)
		return (ssize_t)len;
	errno = err;
	return -1;
}
