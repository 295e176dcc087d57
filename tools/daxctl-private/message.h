/* SPDX-License-Identifier: GPL-2.0 */
/* What goes to stderr, and what the program exits with. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>

/* As daxctl-private(1) documents them. */
enum exit_code {
	EXIT_DONE = 0,		/* or it was so already */
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_MATCH = 3,
	EXIT_PARTLY = 64,
	EXIT_NO_FEATURE = 77,
};

extern bool quiet;
/*
 * What complain() calls it: "error", or for a time "warning", of what fails nothing.
 * NULL: it tells nothing, as nobody needs to know.
 */
extern const char *severity;

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
int complain(const char *device, int err, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
const char *failure_hint(int err, const char *hint);
void out_of_memory(void) __attribute__((noreturn));

#endif
