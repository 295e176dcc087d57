/* SPDX-License-Identifier: GPL-2.0 */
/* What is daxctl's own is left to the daxctl of the system. */
#ifndef HANDOVER_H
#define HANDOVER_H

#include <stdbool.h>

void handover_init(int argc, char **argv);
bool called_daxctl(void);
int hand_over(void);
int hand_over_verb(void);

#endif
