/* SPDX-License-Identifier: GPL-2.0 */
/* Files that are written as a whole. */
#ifndef FILE_H
#define FILE_H

int file_check_kind(const char *path, const char *remedy);
int file_replace(const char *path, const char *text);

#endif
