// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

bool quiet;
const char *severity = "error";

/**
 * say() - tell a person what is going on
 * @format: as of printf(), a line without its end
 *
 * Nothing that a script needs: it goes to stderr, and not with --quiet.
 */
void say(const char *format, ...)
{
	va_list args;

	if (quiet)
		return;
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

/**
 * usage_error() - say what is wrong with the command line
 * @format: as of printf(), a line without its end
 *
 * Return: EXIT_USAGE
 */
int usage_error(const char *format, ...)
{
	va_list args;

	(void)fputs("error: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return EXIT_USAGE;
}

/**
 * complain() - say what failed, in the one form that all errors have
 * @device: the name of the device, or whatever else it is about
 * @err: error number, positive or negative; 0 if there is none
 * @hint: what would help; may be NULL
 * @format: what could not be done, as of printf()
 *
 * Return: -@err, as a negative number
 */
int complain(const char *device, int err, const char *hint, const char *format, ...)
{
	const char *name = strerrorname_np(abs(err));
	va_list args;

	if (!severity)
		return -abs(err);
	(void)fprintf(stderr, "%s: %s: ", severity, device);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	if (err)
		(void)fprintf(stderr, ": %s", name ? name : "unknown error");
	if (hint)
		(void)fprintf(stderr, ": %s", hint);
	(void)fputc('\n', stderr);
	return -abs(err);
}

/**
 * failure_hint() - what would help after a write that failed
 * @err: the error number of the kernel, positive or negative
 * @hint: what is known of this write; may be NULL
 *
 * Return: the hint; there always is one
 */
const char *failure_hint(int err, const char *hint)
{
	switch (abs(err)) {
	case EACCES:
	case EPERM:
		if (geteuid())
			return "run it as root";
		break;
	case EINTR:
		return "a signal came";
	case EUCLEAN:
		return "some of the memory stays with the node: daxctl-private unplug takes it away";
	default:
		break;
	}
	return hint ? hint : "the kernel log may say why";
}

void out_of_memory(void)
{
	(void)fputs("error: out of memory\n", stderr);
	exit(EXIT_FAILED);
}
