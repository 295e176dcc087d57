/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Telling devices which pages of compressed RAM are free.
 */
#ifndef __DAX_CRAM_TRIMMER_H__
#define __DAX_CRAM_TRIMMER_H__

#include <linux/kconfig.h>

struct cram;
struct dev_dax;

#if IS_REACHABLE(CONFIG_DEV_DAX_CRAM_TRIM)
void cram_trimmer_attach(struct cram *cram, struct dev_dax *dev_dax);
#else
static inline void cram_trimmer_attach(struct cram *cram,
				       struct dev_dax *dev_dax)
{
}
#endif

#endif /* __DAX_CRAM_TRIMMER_H__ */
