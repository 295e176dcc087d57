/* SPDX-License-Identifier: GPL-2.0 */
/* A config file as libiniparser reads it, but for the sections that it cannot read. */
#ifndef CONFIG_DICT_H
#define CONFIG_DICT_H

#include <iniparser/iniparser.h>

#include "config.h"
#include "config_lines.h"

dictionary *config_dict_load(const char *path, const struct config_lines *lines,
			     struct config *config);

#endif
