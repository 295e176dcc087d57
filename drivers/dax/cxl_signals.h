/* SPDX-License-Identifier: GPL-2.0 */
/* What the CXL devices behind a dax device say; private to personality.c. */
#ifndef __DAX_CXL_SIGNALS_H__
#define __DAX_CXL_SIGNALS_H__

#include <linux/types.h>

struct personality;

#ifdef CONFIG_CXL_REGION_WATCH
int cxl_signals_attach(struct personality *p);
void cxl_signals_detach(struct personality *p, bool stays);
int cxl_signals_use(struct personality *p, bool use);
#else
static inline int cxl_signals_attach(struct personality *p)
{
	return 0;
}

static inline void cxl_signals_detach(struct personality *p, bool stays)
{
}

static inline int cxl_signals_use(struct personality *p, bool use)
{
	return 0;
}
#endif

#endif /* __DAX_CXL_SIGNALS_H__ */
