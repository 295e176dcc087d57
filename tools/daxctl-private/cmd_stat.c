// SPDX-License-Identifier: GPL-2.0
/* daxctl-private stat: occupancy and counters of private nodes, once or ever again. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "command.h"
#include "message.h"
#include "stats.h"

#define MAX_INTERVAL	(366LL * 24 * 60 * 60)
#define NOT_GIVEN	LLONG_MIN

static long long interval = NOT_GIVEN, count = NOT_GIVEN;
static bool all_modes, json, procs, cgroups, openmetrics;

static const struct option_def options[] = {
	NUMBER('i', "interval", &interval, "SECONDS", "report ever again: rates, not totals"),
	NUMBER('c', "count", &count, "COUNT", "with --interval: stop after so many reports"),
	FLAG(0, "all", &all_modes, "nodes of devices in mode system-ram, too"),
	FLAG(0, "procs", &procs, "the processes with memory there"),
	FLAG(0, "cgroups", &cgroups, "the cgroups with memory there"),
	FLAG(0, "json", &json, "JSON, an object and a line for each report"),
	FLAG(0, "openmetrics", &openmetrics, "OpenMetrics text, for a collector of text files"),
	END_OF_OPTIONS
};

/* Once: the next report would say the same. */
static int say_unreadable(struct table_state *state, const struct users *users)
{
	if (!users->unreadable)
		return EXIT_DONE;
	if (!state->told)
		(void)complain(procs ? "processes" : "cgroups", EACCES, "run it as root",
			       "%d of them cannot be looked at", users->unreadable);
	state->told = true;
	return EXIT_PARTLY;
}

static int report_users(struct table_state *state, const struct sample *sample)
{
	struct users users;
	int ret = procs ? stat_procs_load(&users, sample) : stat_cgroups_load(&users, sample);

	if (ret)
		goto out;
	if (json)
		stat_users_json(&users, sample, procs ? "processes" : "cgroups");
	else if (users.nr)
		stat_users_table(&users, sample, state->times);
	else
		say("no %s has memory there", procs ? "process" : "cgroup");
	ret = say_unreadable(state, &users);
out:
	users_free(&users);
	return ret;
}

static int report(struct table_state *state, const struct sample *sample)
{
	int ret = EXIT_DONE;

	if (procs || cgroups)
		ret = report_users(state, sample);
	else if (openmetrics)
		stat_openmetrics(sample);
	else if (json)
		stat_json(sample);
	else
		stat_table(state, sample);
	/* what cannot be written is said at the end */
	if (fflush(stdout) || ferror(stdout))
		ret = EXIT_FAILED;
	return ret;
}

/* Reports do not drift, and those for which there was no time are left out. */
static void wait_until(double *next)
{
	double now = clock_seconds(CLOCK_MONOTONIC);
	struct timespec until;

	do
		*next += (double)interval;
	while (*next <= now);
	until.tv_sec = (time_t)*next;
	until.tv_nsec = (long)((*next - (double)until.tv_sec) * 1e9);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

static bool goes_on(int ret)
{
	return !ret || ret == EXIT_PARTLY;
}

/* Rates need a look before the first report; who has memory there does not. */
static int report_often(struct table_state *state, struct sample *before, int argc, char **argv)
{
	bool users = procs || cgroups;
	double next = before->mark;
	int ret = users ? report(state, before) : EXIT_DONE;

	for (long long n = users; goes_on(ret) && (count == NOT_GIVEN || n < count); n++) {
		struct sample now;

		wait_until(&next);
		ret = sample_take(&now, argc, argv, all_modes);
		if (!ret) {
			sample_rates(&now, before);
			ret = report(state, &now);
		}
		sample_free(before);
		*before = now;
	}
	return ret;
}

static int check_options(void)
{
	if (procs + cgroups + openmetrics > 1)
		return usage_error("give one of --procs, --cgroups and --openmetrics");
	if (openmetrics && (json || interval != NOT_GIVEN))
		return usage_error("--openmetrics is one report, and no JSON");
	if (interval != NOT_GIVEN && (interval <= 0 || interval > MAX_INTERVAL))
		return usage_error("--interval: '%lld' is not from 1 to %lld", interval,
				   MAX_INTERVAL);
	if (count != NOT_GIVEN && count <= 0)
		return usage_error("--count: '%lld' is not above 0", count);
	if (count != NOT_GIVEN && interval == NOT_GIVEN)
		return usage_error("--count needs --interval");
	return 0;
}

static int show_stat(const struct command *cmd, int argc, char **argv)
{
	struct table_state state = { .times = interval != NOT_GIVEN };
	struct sample sample;
	int ret = check_options();

	(void)cmd;
	if (ret)
		return ret;
	ret = sample_take(&sample, argc, argv, all_modes);
	if (!ret && !sample.nr)
		say("no device is in mode private or cram");
	if (!ret)
		ret = state.times ? report_often(&state, &sample, argc, argv) :
				    report(&state, &sample);
	sample_free(&sample);
	free(state.heading);
	return ret;
}

static bool is_no_json(void)
{
	return !json;
}

const struct command cmd_stat = {
	.name = "stat",
	.args = "[DEVICE...]",
	.help = "Show what private nodes hold, and what comes and goes.",
	.options = options,
	.run = show_stat,
	.other_result = is_no_json,
};
