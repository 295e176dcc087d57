/* SPDX-License-Identifier: GPL-2.0 */
/* One at a time changes devices: an admin, what udev starts, a script. */
#ifndef LOCK_H
#define LOCK_H

int lock_take(long long end);
int lock_lend(int ms, long long end);
void lock_release(void);
void lock_leave(void);

#endif
