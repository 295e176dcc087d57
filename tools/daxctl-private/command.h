/* SPDX-License-Identifier: GPL-2.0 */
/* A verb is a struct command; its options are a table. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stdint.h>

enum option_type {
	OPTION_FLAG,		/* bool */
	OPTION_TEXT,		/* const char * */
	OPTION_NUMBER,		/* long long */
	OPTION_SIZE,		/* uint64_t, in bytes */
	OPTION_TEXTS,		/* struct texts, may be given again */
	OPTION_DEVICES,		/* struct texts, the names of devices, may be given again */
};

/* The longest --timeout. */
#define MAX_TIMEOUT	(365LL * 24 * 60 * 60)

struct texts {
	const char **text;
	int nr;
};

struct option_def {
	const char *name;
	char letter;		/* 0: none */
	enum option_type type;
	void *value;
	const char *arg;	/* what the help calls the value */
	const char *help;
};

#define FLAG(letter, name, value, help) \
	{ name, letter, OPTION_FLAG, value, NULL, help }
#define TEXT(letter, name, value, arg, help) \
	{ name, letter, OPTION_TEXT, value, arg, help }
#define NUMBER(letter, name, value, arg, help) \
	{ name, letter, OPTION_NUMBER, value, arg, help }
#define SIZE(letter, name, value, arg, help) \
	{ name, letter, OPTION_SIZE, value, arg, help }
#define TEXTS(letter, name, value, arg, help) \
	{ name, letter, OPTION_TEXTS, value, arg, help }
#define DEVICE_NAMES(letter, name, value, arg, help) \
	{ name, letter, OPTION_DEVICES, value, arg, help }
#define END_OF_OPTIONS { NULL, 0, OPTION_FLAG, NULL, NULL, NULL }

struct command {
	const char *name;
	const char *args;	/* what the help shows after the options; DEVICE: names of some */
	const char *help;	/* a line */
	const struct option_def *options;
	void (*prepare)(void);	/* before --sysroot makes another machine of it; may be NULL */
	int (*run)(const struct command *cmd, int argc, char **argv);
	bool (*other_result)(void);	/* not one JSON value; NULL: it always is one */
	bool writes;		/* changes something: with --sysroot only --dry-run */
	bool to_the_end;	/* options end at the first argument that is none */
};

/* Of every verb. */
struct global_options {
	bool human;		/* for people */
	bool dry_run;
	bool verbose;
	const char *sysroot;
};

extern struct global_options global;
extern const struct option_def global_options[];

int options_parse(const struct command *cmd, int argc, char **argv);
const char *options_device(const char *word);
void options_add_text(struct texts *texts, const char *text);
void options_help(const struct option_def *options);
void options_names(const struct option_def *options);
void command_usage(const struct command *cmd);

extern const struct command cmd_apply;
extern const struct command cmd_audit;
extern const struct command cmd_doctor;
extern const struct command cmd_drain;
extern const struct command cmd_explain;
extern const struct command cmd_holders;
extern const struct command cmd_list;
extern const struct command cmd_monitor;
extern const struct command cmd_plug;
extern const struct command cmd_policy;
extern const struct command cmd_reconfigure_device;
extern const struct command cmd_report;
extern const struct command cmd_reserve;
extern const struct command cmd_run;
extern const struct command cmd_save;
extern const struct command cmd_stat;
extern const struct command cmd_unplug;

#endif
