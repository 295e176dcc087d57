/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of a device that compresses, for memory that does not.
 */
#ifndef __DAX_CRAM_MODEL_H__
#define __DAX_CRAM_MODEL_H__

struct cram;
struct range;

int cram_model_attach(struct cram *cram, const char *algorithm,
		      const struct range *span);
void cram_model_detach(struct cram *cram);
bool cram_model_knows(const char *algorithm);

#endif /* __DAX_CRAM_MODEL_H__ */
