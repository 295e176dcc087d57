// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "text.h"

bool quiet;
const char *severity = "error";

/* A name can be anything: it makes no second line, and tells the terminal nothing. */
static void put_line(char *line)
{
	for (char *s = line; *s; s++)
		if (iscntrl((unsigned char)*s))
			*s = '?';
	(void)fprintf(stderr, "%s\n", line);
	free(line);
}

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
	put_line(xvasprintf(format, args));
	va_end(args);
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
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	put_line(xasprintf("error: %s", text));
	free(text);
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
	const char *name = err ? strerrorname_np(abs(err)) : NULL;
	va_list args;
	char *text;

	if (!severity)
		return -abs(err);
	if (err && !name)
		name = "unknown error";
	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	put_line(xasprintf("%s: %s: %s%s%s%s%s", severity, device, text, name ? ": " : "",
			     name ? name : "", hint ? ": " : "", hint ? hint : ""));
	free(text);
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
		return "some of the memory stayed with the node";
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
