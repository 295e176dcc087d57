// SPDX-License-Identifier: GPL-2.0
/* Print the time stamp counter, for scripts: under `vm/run --accel icount` instructions. */
#include <stdio.h>

#include "measure.h"

int main(void)
{
	return printf("%ju\n", (uintmax_t)ticks()) < 0;
}
