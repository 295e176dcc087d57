/* SPDX-License-Identifier: GPL-2.0 */
/* Writing a compressed tar file. */
#ifndef TARFILE_H
#define TARFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct tarfile;

void tarfile_prepare(void);
int tarfile_check(const char *name);
struct tarfile *tarfile_open(const char *name, int fd);
bool tarfile_add(struct tarfile *tar, const char *path, const struct stat *st, const char *link,
		 const void *data, size_t len);
bool tarfile_close(struct tarfile *tar, bool ok);

#endif
