/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A change is a plan: steps that are known before the first one is done, each
 * with what undoes it. It happens as a whole or not at all.
 */
#ifndef PLAN_H
#define PLAN_H

#include <json-c/json.h>

#include "device.h"

struct step_write {
	char *path, *value;
};

struct step {
	char *what;		/* "bind it to anondax", for messages */
	int (*run)(const struct step *step);	/* NULL: there is only an undo */
	int (*undo)(const struct step *step);
	const struct device *dev;
	char *path;		/* NULL: no single file */
	char *value, *former;	/* what is set, and what was there */
	struct step_write *write;	/* all writes in order, but for @value to @path */
	int nr_writes;
	struct blocks *blocks;	/* as they were before; of ordinary memory */
	bool partly;		/* may be half done if it fails: is undone then, too */
	const struct patience *patience;
	const char *hint;	/* if it fails */
};

struct plan {
	const struct device *dev;
	struct step *step;
	int nr;
	bool binds;		/* there is a step that binds it to another driver */
	bool same;		/* it is so already, the steps only make sure */
};

/* How often to ask, and how long. */
struct patience {
	bool retry;		/* while something holds it; of a plan with one step */
	long long end;		/* as of now_ms(), 0: none */
};

void plan_write(struct plan *plan, const char *attr, const char *value, const char *hint);
void plan_hotplug(struct plan *plan, const char *word, const struct patience *patience);
void plan_node(struct plan *plan, const char *node);
void plan_keep(struct plan *plan, const char *attr);
void plan_unbind(struct plan *plan);
void plan_bind(struct plan *plan, const char *driver);
void plan_load(struct plan *plan, const char *driver);
void plan_online(struct plan *plan, bool movable);
void plan_offline(struct plan *plan);
int plan_run(const struct plan *plan);
void plan_free(struct plan *plan);

struct json_object *plan_to_json(const struct plan *plan);

#endif
