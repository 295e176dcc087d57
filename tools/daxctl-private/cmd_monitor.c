// SPDX-License-Identifier: GPL-2.0
/*
 * daxctl-private monitor: a line for each thing that happens to dax devices.
 *
 * The kernel tells when devices are bound and unbound; what else there is has to
 * be looked at from time to time, for neither the gate nor the use notifies.
 */
#include <errno.h>
#include <libudev.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "command.h"
#include "message.h"
#include "monitor.h"

#define MAX_INTERVAL	(24LL * 60 * 60)

static long long interval = 1, count = LLONG_MAX;

static const struct option_def options[] = {
	NUMBER('i', "interval", &interval, "SECONDS", "how often to look; without it 1"),
	NUMBER('c', "count", &count, "COUNT", "stop after so many events"),
	END_OF_OPTIONS
};

struct watch {
	int argc;
	char **argv;
	int signals;			/* says when to stop; -1: nothing does */
	struct udev *udev;
	struct udev_monitor *uevents;	/* NULL: only looks */
	struct look last;
	struct events events;
};

/* Those of the kernel itself: they need no daemon. */
static void listen_to_kernel(struct watch *w)
{
	w->udev = udev_new();
	w->uevents = w->udev ? udev_monitor_new_from_netlink(w->udev, "kernel") : NULL;
	if (w->uevents &&
	    !udev_monitor_filter_add_match_subsystem_devtype(w->uevents, "dax", NULL) &&
	    !udev_monitor_enable_receiving(w->uevents))
		return;
	say("the kernel cannot be listened to: looking every %lld s instead", interval);
	if (w->uevents)
		(void)udev_monitor_unref(w->uevents);
	w->uevents = NULL;
}

static int listen_to_signals(void)
{
	sigset_t ends;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &ends, NULL))
		return -1;
	return signalfd(-1, &ends, SFD_CLOEXEC);
}

/* It may be bound again by the next look, which would see no difference then. */
static void hear(struct watch *w, struct udev_device *device)
{
	const char *action = udev_device_get_action(device);
	struct seen *seen = look_find(&w->last, udev_device_get_sysname(device));

	if (!seen || !seen->driver || !action || strcmp(action, "unbind") != 0)
		return;
	events_add(&w->events, "unbound", seen);
	seen_unbind(seen);
}

static void hear_all(struct watch *w)
{
	struct udev_device *device;

	while (w->uevents && (device = udev_monitor_receive_device(w->uevents))) {
		hear(w, device);
		(void)udev_device_unref(device);
	}
}

static int look_again(struct watch *w)
{
	struct look now;
	int ret = look_take(&now, w->argc, w->argv);

	if (ret)
		return ret;
	events_between(&w->events, &w->last, &now);
	look_free(&w->last);
	w->last = now;
	return 0;
}

/* Return whether to go on: not after a signal, and when nobody reads any more. */
static bool wait_for_something(struct watch *w)
{
	struct pollfd fds[] = {
		{ .fd = w->signals, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
		{ .fd = w->uevents ? udev_monitor_get_fd(w->uevents) : -1, .events = POLLIN },
	};
	int nr = poll(fds, sizeof(fds) / sizeof(*fds), (int)interval * 1000);

	if (nr < 0)
		return errno == EINTR;
	return !fds[0].revents && !fds[1].revents;
}

static int watch(struct watch *w)
{
	int ret = 0;

	while (!ret && w->events.nr < w->events.max && !ferror(stdout) &&
	       wait_for_something(w)) {
		hear_all(w);
		ret = look_again(w);
	}
	return ret ? EXIT_FAILED : EXIT_DONE;
}

static int all_are_there(const struct watch *w)
{
	for (int i = 0; i < w->argc; i++) {
		if (!strcmp(w->argv[i], "all") || look_find(&w->last, w->argv[i]))
			continue;
		(void)complain(w->argv[i], ENODEV, "see daxctl-private list", "no such dax device");
		return EXIT_NO_MATCH;
	}
	return 0;
}

static int start(struct watch *w)
{
	struct events present = { .max = LLONG_MAX };
	int ret;

	if (!global.sysroot)
		listen_to_kernel(w);
	w->signals = listen_to_signals();
	if (look_take(&w->last, w->argc, w->argv))
		return EXIT_FAILED;
	ret = all_are_there(w);
	for (int i = 0; !ret && i < w->last.nr; i++)
		events_add(&present, "present", &w->last.seen[i]);
	return ret;
}

static int monitor(const struct command *cmd, int argc, char **argv)
{
	struct watch w = { .argc = argc, .argv = argv, .signals = -1, .events.max = count };
	int ret;

	(void)cmd;
	if (interval <= 0 || interval > MAX_INTERVAL)
		return usage_error("--interval: '%lld' is not from 1 to %lld", interval,
				   MAX_INTERVAL);
	if (count <= 0)
		return usage_error("--count: '%lld' is not above 0", count);
	ret = start(&w);
	if (!ret)
		ret = watch(&w);
	look_free(&w.last);
	if (w.uevents)
		(void)udev_monitor_unref(w.uevents);
	if (w.udev)
		(void)udev_unref(w.udev);
	if (w.signals >= 0)
		(void)close(w.signals);
	return ret;
}

static bool is_lines(void)
{
	return true;
}

const struct command cmd_monitor = {
	.name = "monitor",
	.args = "[DEVICE...]",
	.help = "Print what happens to devices, as JSON lines.",
	.options = options,
	.run = monitor,
	.other_result = is_lines,
};
