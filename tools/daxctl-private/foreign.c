// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "foreign.h"

#define OF_LIST		"daxctl-private list has it"
#define OF_RECONFIGURE	"daxctl-private reconfigure-device has it"

/* Who knows daxctl tries them with verbs that it has not. */
static const struct {
	const char *name;
	char letter;		/* 0: none */
	const char *hint;
} foreign[] = {
	{ "align", 'a', OF_RECONFIGURE },
	{ "check-config", 'C', "daxctl-private apply does what the config says" },
	{ "dev", 'd', "give the names of devices without it" },
	{ "devices", 'D', OF_LIST },
	{ "force", 'f', "leave it out, or see daxctl-private reconfigure-device" },
	{ "idle", 'i', OF_LIST },
	{ "input", 0, OF_RECONFIGURE },
	{ "mappings", 'M', OF_LIST },
	{ "mode", 'm', OF_RECONFIGURE },
	{ "movable", 0, "daxctl-private plug --zone=movable does this" },
	{ "no-movable", 0, "daxctl-private plug --zone=kernel does this" },
	{ "no-online", 'N', OF_RECONFIGURE },
	{ "region", 'r', "name the devices: daxctl-private list -D --region=ID shows them" },
	{ "regions", 'R', OF_LIST },
	{ "size", 's', OF_RECONFIGURE },
};

/**
 * foreign_hint() - what does what an option of daxctl does
 * @name: the option, without dashes; NULL: @letter is the option
 * @len: the length of @name
 * @letter: the letter of the option
 *
 * Return: the hint, or NULL if it is no option of daxctl
 */
const char *foreign_hint(const char *name, int len, int letter)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(*foreign); i++) {
		const char *of = foreign[i].name;

		if (name ? (int)strlen(of) == len && !strncmp(of, name, (size_t)len) :
			   letter && foreign[i].letter == letter)
			return foreign[i].hint;
	}
	return NULL;
}
