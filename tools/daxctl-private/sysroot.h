/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSROOT_H
#define SYSROOT_H

int sysroot_enter(const char *dir);
int sysroot_descriptors(void);

#endif
