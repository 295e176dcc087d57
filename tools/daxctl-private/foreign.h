/* SPDX-License-Identifier: GPL-2.0 */
/* Options of daxctl, where a verb has no such option. */
#ifndef FOREIGN_H
#define FOREIGN_H

const char *foreign_hint(const char *name, int len, int letter);

#endif
