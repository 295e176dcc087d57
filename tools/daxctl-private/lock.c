// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "lock.h"
#include "message.h"
#include "signals.h"
#include "sysfs.h"
#include "text.h"

#define LOCK_FILE	"/run/daxctl-private.lock"
#define LOOK_MS		100
#define TELL_MS		1000

static int fd = -1;

/* "4711 daxctl-private", as it has written there; to be freed. */
static char *holder(void)
{
	char *text = sysfs_read(LOCK_FILE);

	if (text && *text)
		return text;
	free(text);
	return xstrdup("somebody");
}

static void tell_waiting(void)
{
	char *who = holder();

	say("waiting for %s, which changes devices", who);
	free(who);
}

static int give_up(void)
{
	char *who = holder();
	int ret = complain(LOCK_FILE, ETIMEDOUT, "try again when it is done",
			   "%s changes devices", who);

	free(who);
	return ret;
}

static int wait_for_it(long long end)
{
	long long tell = now_ms() + TELL_MS;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return complain(LOCK_FILE, errno, NULL, "cannot be locked");
		if (signals_came())
			return complain(LOCK_FILE, EINTR, failure_hint(EINTR, NULL),
					"nothing was changed");
		if (end && now_ms() >= end)
			return give_up();
		if (tell && now_ms() >= tell) {
			tell_waiting();
			tell = 0;
		}
		signals_wait(LOOK_MS);
	}
	return 0;
}

/**
 * lock_take() - wait until nobody else changes devices
 * @end: as of now_ms(), when to give up; 0: never
 *
 * What is not done under it can be wrong before it is used: how a device is now.
 *
 * Return: 0 or a negative error number; an error was told
 */
int lock_take(long long end)
{
	int ret;

	/* who may only read it could hold up everybody */
	fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return complain(LOCK_FILE, errno, failure_hint(errno, "is /run there, and writable?"),
				"cannot be opened, and devices are changed by one at a time");
	ret = wait_for_it(end);
	if (ret) {
		lock_leave();
		return ret;
	}
	if (ftruncate(fd, 0) || dprintf(fd, "%d %s\n", getpid(), program_invocation_short_name) < 0)
		say("%s: cannot be written", LOCK_FILE);
	return 0;
}

/**
 * lock_lend() - let others change devices while there is nothing to do
 * @ms: for how many milliseconds
 * @end: as of lock_take()
 *
 * Return: as lock_take(), or -EINTR if a signal came
 */
int lock_lend(int ms, long long end)
{
	lock_release();
	signals_wait(ms);
	return signals_came() ? -EINTR : lock_take(end);
}

void lock_release(void)
{
	if (fd >= 0 && ftruncate(fd, 0))
		say("%s: cannot be written", LOCK_FILE);
	lock_leave();
}

/**
 * lock_leave() - for a child: it is its parent's, and ends with that
 */
void lock_leave(void)
{
	if (fd >= 0)
		close(fd);
	fd = -1;
}
