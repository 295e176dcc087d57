/* SPDX-License-Identifier: GPL-2.0 */
/* The config files: what devices are to be after each boot. */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>

#include "device.h"
#include "identity.h"
#include "policy.h"

#define CONFIG_DIR	"/etc/daxctl-private.conf.d"
#define CONFIG_SECTION	"reconfigure-device"

struct section {
	char *where;			/* "FILE:LINE", for messages */
	char *name;
	char *match[NR_IDENTITIES];	/* NULL: it does not matter */
	enum mode mode;
	bool has_mode, no_online;
	const char *plug_word;
	struct policy policy;
	char *device;			/* what config_pair() found; NULL: nothing */
	bool ambiguous;			/* and so it is no good */
	bool unclear;			/* it cannot be known which device it is for */
};

struct config {
	struct section *section;	/* the good ones */
	int nr;
	struct section *skipped;	/* the others; a file as a whole is one, too */
	int nr_skipped;
};

int config_load(struct config *config, const char *dir, bool lenient);
void config_load_beside(struct config *config, const char *file);
void config_pair(struct config *config, const struct devices *devices, bool lenient);
void config_pair_silently(struct config *config, const struct devices *devices);
void config_skip(struct config *config, const struct section *section);
void config_skip_place(struct config *config, const char *where);
const struct section *config_skipped(const struct config *config, const struct device *dev,
				     bool *sure);
const struct section *config_find(const struct config *config, const char *device);
const struct section *config_claim(const struct config *config, const struct device *dev);
const struct section *config_named(const struct config *config, const char *name);
void section_free(struct section *section);
void config_free(struct config *config);

#endif
