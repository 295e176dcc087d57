// SPDX-License-Identifier: GPL-2.0
/*
 * Writing to hotplug. The write ends when the memory has come or gone, which can
 * take minutes: a child writes, and we show how far it is and watch the time.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hotplug.h"
#include "lock.h"
#include "message.h"
#include "node.h"
#include "signals.h"
#include "sysfs.h"

#define PROGRESS_MS	2000
#define RETRY_MS	500

static void show_progress(const struct device *dev)
{
	uint64_t total, unused;

	if (dev->node != NO_NODE && node_memory(dev->node, "MemTotal", &total) &&
	    node_memory(dev->node, "MemFree", &unused))
		say("%s: %ju of %ju MiB in use", dev->name, (uintmax_t)(total - unused) >> 20,
		    (uintmax_t)total >> 20);
}

/* Until the child ends or a signal comes to us, or for that long. */
static bool ended(int pidfd, long long ms)
{
	struct pollfd fds[] = {
		{ .fd = pidfd, .events = POLLIN },
		{ .fd = signals_fd(), .events = POLLIN },
	};

	(void)poll(fds, sizeof(fds) / sizeof(*fds), ms > 0 ? (int)ms : 0);
	return fds[0].revents;
}

static void watch(int pidfd, pid_t pid, const struct device *dev, long long end, bool *late)
{
	long long wait = end && end - now_ms() < PROGRESS_MS ? end - now_ms() : PROGRESS_MS;

	while (!ended(pidfd, wait)) {
		*late = end && now_ms() >= end;
		if (*late || signals_came()) {
			(void)kill(pid, SIGTERM);
			return;
		}
		show_progress(dev);
		wait = end && end - now_ms() < PROGRESS_MS ? end - now_ms() : PROGRESS_MS;
	}
}

/* A signal ends the write, which changes nothing then unless all was done. */
static int wait_for(pid_t pid, const struct device *dev, long long end)
{
	int pidfd = pidfd_open(pid, 0);
	bool late = false;
	int status;

	if (pidfd >= 0) {
		watch(pidfd, pid, dev, end, &late);
		close(pidfd);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status))
		return -WEXITSTATUS(status);
	return late ? -ETIMEDOUT : -EINTR;
}

/* Nobody would tell what became of it, or stop it, when its parent is gone. */
static int write_as_child(const char *path, const char *word, pid_t parent)
{
	signals_default();
	lock_leave();
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		return EINTR;
	return -sysfs_write(path, word);
}

static int write_by_child(const struct device *dev, const char *path, const char *word,
			  long long end)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(write_as_child(path, word, parent));
	return wait_for(pid, dev, end);
}

/* "online" is any zone. */
static bool reads(const char *path, const char *word)
{
	char *now = sysfs_read("%s", path);
	bool same = now && (!strcmp(word, "online") ? strcmp(now, "unplugged") != 0 :
						      !strcmp(word, now));

	free(now);
	return same;
}

/* A child that was ended may have been late: the kernel tells what it has done. */
static int write_once(const struct device *dev, const char *path, const char *word, long long end)
{
	bool before = reads(path, word);
	int ret = write_by_child(dev, path, word, end);

	if ((ret == -EINTR || ret == -ETIMEDOUT) && !before && reads(path, word))
		return 0;
	return ret;
}

/**
 * hotplug_write() - the memory of a device comes or goes
 * @dev: the device
 * @path: its file hotplug
 * @word: what is written
 * @patience: with what is in use; NULL: one try, that may take any time
 *
 * Return: 0, -ETIMEDOUT, or what the kernel said
 */
int hotplug_write(const struct device *dev, const char *path, const char *word,
		  const struct patience *patience)
{
	long long end = patience ? patience->end : 0;
	int ret;

	for (;;) {
		ret = write_once(dev, path, word, end);
		if (ret != -EBUSY || !patience || !patience->retry)
			return ret;
		if (end && now_ms() > end)
			return -ETIMEDOUT;
		ret = lock_lend(RETRY_MS, end);
		if (ret)
			return ret;
	}
}
