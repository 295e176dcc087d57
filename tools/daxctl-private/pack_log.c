// SPDX-License-Identifier: GPL-2.0
/* The log of the kernel since it was booted. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "pack.h"
#include "sysfs.h"
#include "text.h"

#define LOG		"/report/kernel.log"
#define LARGEST_LOG	((size_t)8 << 20)

/* As of syslog(2). */
#define LOG_READ_ALL	3
#define LOG_SIZE	10

/* ---- the journal ---------------------------------------------------------- */

static int start_journal(int out, pid_t *pid)
{
	const char *const argv[] = {
		"journalctl", "--dmesg", "--no-hostname", "--output=short-monotonic", "--no-pager",
		"--quiet", NULL,
	};
	posix_spawn_file_actions_t actions;
	int ret;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	(void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	ret = posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return ret;
}

static bool ended_well(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* NULL, too, if it is not for this user, who sees an empty one then. */
static char *read_journal(size_t *len)
{
	char *text = NULL;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	if (!start_journal(fds[1], &pid)) {
		(void)close(fds[1]);
		fds[1] = -1;
		text = sysfs_read_fd(fds[0], len);
		if (!ended_well(pid) || !text || !*len) {
			free(text);
			text = NULL;
		}
	}
	(void)close(fds[0]);
	if (fds[1] >= 0)
		(void)close(fds[1]);
	return text;
}

/* ---- the kernel's own buffer, which may have lost the beginning ------------ */

static char *read_buffer(size_t *len)
{
	int size = klogctl(LOG_SIZE, NULL, 0), got;
	char *text;

	if (size < 0)
		return NULL;
	text = xcalloc((size_t)size + 1, 1);
	got = klogctl(LOG_READ_ALL, text, size);
	if (got >= 0) {
		*len = (size_t)got;
		return text;
	}
	free(text);
	return NULL;
}

/* --------------------------------------------------------------------------- */

/* Its end is about what happened last. */
static bool pack_end(struct packer *p, const char *text, size_t len)
{
	const char *end = text + len, *line;

	if (len <= LARGEST_LOG)
		return pack_bytes(p, LOG, text, len);
	line = memchr(end - LARGEST_LOG, '\n', LARGEST_LOG);
	line = line ? line + 1 : end - LARGEST_LOG;
	pack_note(p, LOG, EFBIG, "only its end is there, of %zu KiB", LARGEST_LOG >> 10);
	return pack_bytes(p, LOG, line, (size_t)(end - line));
}

/**
 * pack_log() - the log of the kernel, of a captured machine the one that it has
 * @p: the tar file
 *
 * Return: whether it could be written
 */
bool pack_log(struct packer *p)
{
	size_t len = 0;
	char *text;
	bool ok = true;

	if (global.sysroot)
		return pack_copy(p, LOG, LARGEST_LOG);
	text = read_journal(&len);
	if (!text)
		text = read_buffer(&len);
	if (text)
		ok = pack_end(p, text, len);
	else
		pack_note(p, LOG, errno, "cannot be read");
	free(text);
	return ok;
}
