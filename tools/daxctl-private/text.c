// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "text.h"

void *xcalloc(size_t nr, size_t size)
{
	void *p = calloc(nr, size);

	if (!p && nr && size)
		out_of_memory();
	return p;
}

void *xrealloc(void *old, size_t nr, size_t size)
{
	void *p = reallocarray(old, nr, size);

	if (!p && nr && size)
		out_of_memory();
	return p;
}

char *xstrdup(const char *s)
{
	char *p = strdup(s);

	if (!p)
		out_of_memory();
	return p;
}

char *xvasprintf(const char *format, va_list args)
{
	char *p;

	if (vasprintf(&p, format, args) < 0)
		out_of_memory();
	return p;
}

char *xasprintf(const char *format, ...)
{
	va_list args;
	char *p;

	va_start(args, format);
	p = xvasprintf(format, args);
	va_end(args);
	return p;
}

/*
 * The length of the character at @s, 0 if it is no UTF-8. Not mbrtowc(): whatever the
 * locale of the user, and a captured machine has none.
 */
static size_t utf8_length(const unsigned char *s)
{
	size_t len = *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;

	if (*s < 0x80)
		return 1;
	if (*s < 0xc2 || *s > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* longer than it has to be, half of a pair, or above what there is */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

/**
 * utf8_text() - a copy that has a place in JSON and in tables
 * @s: from somebody who may have put anything into it
 *
 * Return: the copy, with a ? for each byte that is no UTF-8; to be freed
 */
char *utf8_text(const char *s)
{
	char *copy = xstrdup(s);
	size_t len;

	for (char *c = copy; *c; c += len) {
		len = utf8_length((const unsigned char *)c);
		if (len)
			continue;
		*c = '?';
		len = 1;
	}
	return copy;
}

/**
 * parse_number() - read a whole string as a number
 * @s: decimal, or with 0x hexadecimal
 * @value: where it goes
 *
 * Return: whether it was one
 */
bool parse_number(const char *s, long long *value)
{
	char *end;

	if (!isdigit((unsigned char)*s) && *s != '-')
		return false;
	errno = 0;
	*value = strtoll(s, &end, strncasecmp(s, "0x", 2) != 0 ? 10 : 16);
	return !errno && end != s && !*end;
}

/**
 * parse_size() - read a whole string as a number of bytes
 * @s: a number, and one of k, m, g or t for the powers of 1024, as daxctl has it
 * @value: where it goes
 *
 * Return: whether it was one, and less than 2^64
 */
bool parse_size(const char *s, uint64_t *value)
{
	static const char units[] = "kmgt";
	const char *unit;
	unsigned int shift = 0;
	char *end;

	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	*value = strtoull(s, &end, strncasecmp(s, "0x", 2) != 0 ? 10 : 16);
	if (errno || end == s)
		return false;
	if (*end) {
		unit = strchr(units, tolower((unsigned char)*end));
		if (!unit || end[1])
			return false;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (*value > UINT64_MAX >> shift)
		return false;
	*value <<= shift;
	return true;
}

/**
 * human_size() - a size as daxctl shows it to people
 * @bytes: the size
 *
 * Return: "15.63 GiB (16.78 GB)", to be freed
 */
char *human_size(uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	double binary = (double)bytes, decimal = (double)bytes;
	int b = -1, d = -1;

	while (binary >= 1024 && b < 5) {
		binary /= 1024;
		b++;
	}
	while (decimal >= 1000 && d < 5) {
		decimal /= 1000;
		d++;
	}
	if (b < 0 || d < 0)
		return xasprintf("%ju", (uintmax_t)bytes);
	return xasprintf("%.2f %ciB (%.2f %cB)", binary, units[b], decimal, units[d]);
}
