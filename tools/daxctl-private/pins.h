/* SPDX-License-Identifier: GPL-2.0 */
/* What a process has pinned, as far as it can be told. */
#ifndef PINS_H
#define PINS_H

#include <json-c/json.h>
#include <stdint.h>

#include "frames.h"

uint64_t pinned_buffers(int pid, const struct frame_ranges *ranges);
struct json_object *pinning_files(int pid);

#endif
