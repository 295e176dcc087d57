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
};

struct config {
	struct section *section;	/* the good ones */
	int nr;
	int bad;			/* sections and files that were skipped */
};

int config_load(struct config *config, const char *dir);
void config_pair(struct config *config, const struct devices *devices);
const struct section *config_find(const struct config *config, const char *device);
void section_free(struct section *section);
void config_free(struct config *config);

#endif
