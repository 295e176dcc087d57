// SPDX-License-Identifier: GPL-2.0
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "message.h"
#include "signals.h"

static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

#define NR_ENDS	(sizeof(ends) / sizeof(*ends))

static sigset_t before, watched;
static int fd = -1;

/* nohup and shells have some ignored: while it waits, such a one would look as if it came. */
static bool is_ignored(int sig)
{
	struct sigaction now;

	return !sigaction(sig, NULL, &now) && now.sa_handler == SIG_IGN;
}

/**
 * now_ms() - the time
 *
 * Return: milliseconds on a clock that nobody sets
 */
long long now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/**
 * signals_hold() - let those that would end the program wait
 *
 * Half of a change is worse than none, and what was begun ends soon.
 */
void signals_hold(void)
{
	sigset_t held;

	(void)sigemptyset(&watched);
	for (size_t i = 0; i < NR_ENDS; i++)
		if (!is_ignored(ends[i]))
			(void)sigaddset(&watched, ends[i]);
	held = watched;
	(void)sigaddset(&held, SIGPIPE);	/* of a message that nobody reads: not an order */
	(void)sigprocmask(SIG_BLOCK, &held, &before);
	fd = signalfd(-1, &watched, SFD_CLOEXEC);
}

/**
 * signals_came() - has one come that ends the program?
 *
 * Return: its number, or 0
 */
int signals_came(void)
{
	sigset_t pending;

	if (fd < 0 || sigpending(&pending))
		return 0;
	for (size_t i = 0; i < NR_ENDS; i++)
		if (sigismember(&watched, ends[i]) && sigismember(&pending, ends[i]))
			return ends[i];
	return 0;
}

/**
 * signals_fd() - is readable when one has come
 *
 * Return: not to be read from, only for poll(), which passes over -1
 */
int signals_fd(void)
{
	return fd;
}

/**
 * signals_wait() - for so long, or until one comes
 * @ms: milliseconds
 */
void signals_wait(int ms)
{
	struct pollfd came = { .fd = fd, .events = POLLIN };

	(void)poll(&came, 1, ms);
}

/**
 * signals_default() - a child that may be ended at any time
 */
void signals_default(void)
{
	sigset_t none;

	(void)signal(SIGTERM, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void forget(const sigset_t *set)
{
	const struct timespec at_once = { .tv_sec = 0 };

	while (sigtimedwait(set, NULL, &at_once) > 0)
		;
}

/**
 * signals_release() - no longer let them wait
 * @interrupted: whether something was left undone because one came
 *
 * Does not return then. Else one that came was too late: all is done, and it is not told
 * as if it were not.
 */
void signals_release(bool interrupted)
{
	int sig = interrupted ? signals_came() : 0;
	sigset_t unread;

	(void)sigemptyset(&unread);
	(void)sigaddset(&unread, SIGPIPE);
	forget(&unread);
	if (sig) {
		(void)fprintf(stderr, "error: ended by SIG%s\n", sigabbrev_np(sig));
		(void)fflush(stdout);
	} else {
		forget(&watched);
	}
	if (fd >= 0)
		close(fd);
	fd = -1;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}
