/* SPDX-License-Identifier: GPL-2.0 */
/* A tar file of what is in sysfs and procfs. */
#ifndef PACK_H
#define PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct tarfile;

struct packer {
	struct tarfile *tar;
	void *done;		/* paths that are packed, as of tsearch() */
	int entries;
	FILE *notes;		/* what could not be read, and why */
	int unreadable;		/* lines of them that are new */
};

bool pack_tree(struct packer *p, const char *path, int depth);
bool pack_path(struct packer *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool pack_binary(struct packer *p, const char *path, size_t most);
bool pack_copy(struct packer *p, const char *path, size_t most);
bool pack_bytes(struct packer *p, const char *path, const void *data, size_t len);
bool pack_text(struct packer *p, const char *path, const char *text);
bool pack_link(struct packer *p, const char *path, const char *target);
void pack_note(struct packer *p, const char *path, int err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
bool pack_config(struct packer *p);
bool pack_log(struct packer *p);
bool pack_users(struct packer *p);
void pack_forget(struct packer *p);

#endif
