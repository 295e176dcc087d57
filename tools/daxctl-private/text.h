/* SPDX-License-Identifier: GPL-2.0 */
/* Strings and numbers. What allocates does not return without memory. */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *xcalloc(size_t nr, size_t size);
void *xrealloc(void *old, size_t nr, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *utf8_text(const char *s);
char *xvasprintf(const char *format, va_list args);

bool parse_number(const char *s, long long *value);
bool parse_size(const char *s, uint64_t *value);
char *human_size(uint64_t bytes);

#endif
