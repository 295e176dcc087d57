// SPDX-License-Identifier: GPL-2.0
/*
 * A model of a device that compresses, so that compressed RAM can be had, and
 * tested, on memory that does not: each page that arrives is compressed, the
 * result is thrown away and its size remembered.
 */
#include <linux/cram.h>
#include <linux/crypto.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/pfn.h>
#include <linux/range.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "cram_model.h"

/* Of a page that is promised to a copy and not there yet */
#define COMING	U16_MAX

/* What does not compress may grow. */
#define BUFFER_SIZE	(2 * PAGE_SIZE)

struct stream {
	struct mutex lock;	/* both of the others */
	struct crypto_comp *tfm;
	void *buffer;
};

/**
 * struct cram_model - the model of one device
 * @first_pfn: page frame number of the first page
 * @size: of each page when compressed, in bytes; 0 if free, or COMING
 * @streams: per CPU, as several CPUs demote at once
 */
struct cram_model {
	unsigned long first_pfn;
	u16 *size;
	struct stream __percpu *streams;
};

static unsigned int compressed_size(struct cram_model *model, struct page *page)
{
	struct stream *stream = raw_cpu_ptr(model->streams);
	unsigned int size = BUFFER_SIZE;
	void *from;
	int rc;

	mutex_lock(&stream->lock);
	from = kmap_local_page(page);
	rc = crypto_comp_compress(stream->tfm, from, PAGE_SIZE, stream->buffer,
				  &size);
	kunmap_local(from);
	mutex_unlock(&stream->lock);
	return rc ? PAGE_SIZE : clamp_t(unsigned int, size, 1, PAGE_SIZE);
}

static u16 *size_of(struct cram *cram, struct page *page)
{
	struct cram_model *model = cram->data;

	return &model->size[page_to_pfn(page) - model->first_pfn];
}

static void model_taken(struct cram *cram, struct page *page, unsigned int nr)
{
	u16 *size = size_of(cram, page);
	unsigned int i;

	for (i = 0; i < nr; i++)
		WRITE_ONCE(size[i], COMING);
}

static void model_stored(struct cram *cram, struct folio *folio)
{
	u16 *size = size_of(cram, &folio->page);
	long i, nr = folio_nr_pages(folio);

	for (i = 0; i < nr; i++) {
		u16 was = size[i];

		WRITE_ONCE(size[i], compressed_size(cram->data,
						    folio_page(folio, i)));
		if (was == COMING)
			cram_account(cram, size[i], -PAGE_SIZE);
		else
			cram_account(cram, size[i] - was, 0);
		cond_resched();
	}
}

static void model_trimmed(struct cram *cram, struct page *page, unsigned int nr)
{
	u16 *size = size_of(cram, page);
	long used = 0, coming = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (size[i] == COMING)
			coming += PAGE_SIZE;
		else
			used += size[i];
		WRITE_ONCE(size[i], 0);
	}
	if (used || coming)
		cram_account(cram, -used, -coming);
}

static const struct cram_ops model_ops = {
	.taken = model_taken,
	.stored = model_stored,
	.trimmed = model_trimmed,
};

static void free_streams(struct stream __percpu *streams)
{
	int cpu;

	if (!streams)
		return;
	for_each_possible_cpu(cpu) {
		struct stream *stream = per_cpu_ptr(streams, cpu);

		if (!IS_ERR_OR_NULL(stream->tfm))
			crypto_free_comp(stream->tfm);
		kfree(stream->buffer);
	}
	free_percpu(streams);
}

static struct stream __percpu *alloc_streams(const char *algorithm)
{
	struct stream __percpu *streams = alloc_percpu(struct stream);
	int cpu;

	if (!streams)
		return NULL;
	for_each_possible_cpu(cpu) {
		struct stream *stream = per_cpu_ptr(streams, cpu);

		mutex_init(&stream->lock);
		stream->buffer = kmalloc(BUFFER_SIZE, GFP_KERNEL);
		stream->tfm = crypto_alloc_comp(algorithm, 0, 0);
		if (!stream->buffer || IS_ERR(stream->tfm)) {
			free_streams(streams);
			return NULL;
		}
	}
	return streams;
}

static void free_model(struct cram_model *model)
{
	free_streams(model->streams);
	vfree(model->size);
	kfree(model);
}

/**
 * cram_model_knows - can the model compress like that?
 * @algorithm: name of a compressor of the crypto API
 *
 * Context: Process context, may load a module.
 * Return: true if so.
 */
bool cram_model_knows(const char *algorithm)
{
	return crypto_has_comp(algorithm, 0, 0);
}
EXPORT_SYMBOL_GPL(cram_model_knows);

/**
 * cram_model_attach - let the model keep the books of a device
 * @cram: the device, before its memory is plugged
 * @algorithm: name of a compressor of the crypto API
 * @span: physical addresses that all of its memory is in, inclusive
 *
 * Context: Process context, sleeps.
 * Return: 0 or -ENOMEM.
 */
int cram_model_attach(struct cram *cram, const char *algorithm,
		      const struct range *span)
{
	struct cram_model *model = kzalloc(sizeof(*model), GFP_KERNEL);

	BUILD_BUG_ON(PAGE_SIZE >= COMING);
	if (!model)
		return -ENOMEM;
	model->first_pfn = PHYS_PFN(span->start);
	model->size = vcalloc(PHYS_PFN(range_len(span)), sizeof(*model->size));
	model->streams = alloc_streams(algorithm);
	if (!model->size || !model->streams) {
		free_model(model);
		return -ENOMEM;
	}
	cram->data = model;
	cram->ops = &model_ops;
	return 0;
}
EXPORT_SYMBOL_GPL(cram_model_attach);

/**
 * cram_model_detach - the memory of a device is gone
 * @cram: the device; nothing happens if it has no model
 *
 * Context: Process context, sleeps.
 */
void cram_model_detach(struct cram *cram)
{
	if (!cram->data)
		return;
	free_model(cram->data);
	cram->data = NULL;
	cram->ops = NULL;
}
EXPORT_SYMBOL_GPL(cram_model_detach);

MODULE_DESCRIPTION("CRAM DAX: a model of a device that compresses");
MODULE_LICENSE("GPL");
