/* SPDX-License-Identifier: GPL-2.0 */
#ifndef COMPLETE_H
#define COMPLETE_H

int list_values(const char *of);

#endif
