/* SPDX-License-Identifier: GPL-2.0 */
/* A tar file of what is in sysfs and procfs. */
#ifndef PACK_H
#define PACK_H

#include <stdbool.h>
#include <stddef.h>

struct archive;

struct packer {
	struct archive *tar;
	void *done;		/* paths that are packed, as of tsearch() */
	int entries;
};

bool pack_tree(struct packer *p, const char *path, int depth);
bool pack_path(struct packer *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool pack_binary(struct packer *p, const char *path, size_t most);
bool pack_text(struct packer *p, const char *path, const char *text);
bool pack_link(struct packer *p, const char *path, const char *target);
bool pack_users(struct packer *p);
void pack_forget(struct packer *p);

#endif
