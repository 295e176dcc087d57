/* SPDX-License-Identifier: GPL-2.0 */
/* The file of ours that GRUB on Debian makes its configuration of. */
#ifndef GRUB_H
#define GRUB_H

#include <stdbool.h>

#define GRUB_FILE	"/etc/default/grub.d/daxctl-private.cfg"

char *grub_text(const char *cmdline);
char *grub_cmdline(void);
int grub_write(const char *text);
int grub_remove(bool *removed);
bool grub_update(const char *cmdline);

#endif
