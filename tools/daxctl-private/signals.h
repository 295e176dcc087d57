/* SPDX-License-Identifier: GPL-2.0 */
/* Signals that would end the program wait until a change is done or undone. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <stdbool.h>

long long now_ms(void);

void signals_hold(void);
int signals_came(void);
void signals_wait(int ms);
int signals_fd(void);
void signals_release(bool interrupted);
void signals_default(void);

#endif
