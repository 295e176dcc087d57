/* SPDX-License-Identifier: GPL-2.0 */
/* Reading and writing files of sysfs and procfs: a value each. */
#ifndef SYSFS_H
#define SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

char *sysfs_read(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *sysfs_read_fd(int fd, size_t *all);
char *sysfs_read_bytes(const char *path, size_t *len);
bool sysfs_number(uint64_t *value, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool sysfs_exists(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *sysfs_link_name(const char *format, ...) __attribute__((format(printf, 1, 2)));
int sysfs_write(const char *path, const char *value);

#endif
