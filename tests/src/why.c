// SPDX-License-Identifier: GPL-2.0
/* Reasons for failures, and the small words of the language. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memscript.h"

#define MAX_ERRNO	133

/* Notes why a statement failed and passes @ret on. */
int because(struct script *s, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
	return ret;
}

void die(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("memscript: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(2);
}

static unsigned int unit_shift(char unit)
{
	switch (unit) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	default:
		return 0;
	}
}

/* A number of bytes with an optional K, M, G, or "p" for pages. */
bool parse_size(const char *text, size_t *size)
{
	char *end;
	unsigned int shift;

	errno = 0;
	*size = strtoull(text, &end, 0);
	if (end == text || errno)
		return false;
	shift = *end == 'p' ? PAGE_SHIFT : unit_shift(*end);
	if (shift)
		end++;
	*size <<= shift;
	return *end == '\0';
}

bool parse_count(const char *text, long *count)
{
	char *end;

	errno = 0;
	*count = strtol(text, &end, 0);
	return end != text && *end == '\0' && !errno;
}

const char *errno_name(int err)
{
	const char *name = strerrorname_np(err);

	return name ? name : "unknown errno";
}

/* The number behind "EINVAL", or 0. */
int parse_errno(const char *name)
{
	for (int err = 1; err <= MAX_ERRNO; err++) {
		const char *known = strerrorname_np(err);

		if (known && !strcmp(known, name))
			return err;
	}
	return 0;
}

/* The number behind "KILL" or "SIGKILL", or 0. */
int parse_signal(const char *name)
{
	if (!strncmp(name, "SIG", 3))
		name += 3;
	for (int sig = 1; sig < 32; sig++) {
		const char *known = sigabbrev_np(sig);

		if (known && !strcmp(known, name))
			return sig;
	}
	return 0;
}

int word_index(const char *const *words, const char *text)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], text))
			return i;
	return -1;
}
