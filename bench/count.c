// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU that counts what a guest runs in each section of a benchmark: all
 * instructions, those of functions that do what the section is for, as to copy or to
 * compress a page, and those of programs. Writes a line "INSTRUCTIONS PAYLOAD USER" for
 * each.
 *
 * options: out=FILE, payload=FILE with a line "START END" for each such function, in
 * hexadecimal and ascending
 *
 * Debian has no qemu-plugin.h. What is declared here has been the same from the first
 * QEMU with plugins on, but for the number of the interface, which is a macro.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_info_t;

typedef void (*translated_fn)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*executed_fn)(unsigned int cpu, void *data);
typedef void (*exit_fn)(qemu_plugin_id_t id, void *data);

enum { NO_REGISTERS = 0, MOST_PAYLOADS = 256 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translated_fn fn);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, executed_fn fn,
					  int registers, void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_fn fn, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int qemu_plugin_version = INTERFACE;
EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info,
				 int argc, char **argv);

static struct { uint64_t start, end; } payloads[MOST_PAYLOADS];
static size_t nr_payloads;

static bool in_section;
static uint64_t executed, of_payload, of_user;
static FILE *out;

static void begin(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	executed = 0;
	of_payload = 0;
	of_user = 0;
	in_section = true;
}

static void end(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	in_section = false;
	(void)fprintf(out, "%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", executed,
		      of_payload, of_user);
}

static void count(unsigned int cpu, void *data)
{
	(void)cpu;
	if (in_section)
		executed += (uintptr_t)data;
}

static void count_payload(unsigned int cpu, void *data)
{
	count(cpu, data);
	if (in_section)
		of_payload += (uintptr_t)data;
}

static void count_user(unsigned int cpu, void *data)
{
	count(cpu, data);
	if (in_section)
		of_user += (uintptr_t)data;
}

static bool is_payload(uint64_t address)
{
	for (size_t i = 0; i < nr_payloads; i++)
		if (address >= payloads[i].start && address < payloads[i].end)
			return true;
	return false;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	uint64_t address = qemu_plugin_tb_vaddr(tb);
	void *nr = (void *)(uintptr_t)qemu_plugin_tb_n_insns(tb);
	executed_fn fn = count;

	(void)id;
	if (is_payload(address))
		fn = count_payload;
	else if (!(address >> 63))
		fn = count_user;
	if (address == MARK_BEGIN)
		fn = begin;
	else if (address == MARK_END)
		fn = end;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, fn, NO_REGISTERS, nr);
}

static void finish(qemu_plugin_id_t id, void *data)
{
	(void)id;
	(void)data;
	(void)fclose(out);
}

static bool load_payloads(const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return false;
	while (nr_payloads < MOST_PAYLOADS &&
	       fscanf(f, "%" SCNx64 " %" SCNx64, &payloads[nr_payloads].start,
		      &payloads[nr_payloads].end) == 2)
		nr_payloads++;
	(void)fclose(f);
	return nr_payloads > 0;
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info,
			int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "we");
		else if (!strncmp(argv[i], "payload=", 8) && !load_payloads(argv[i] + 8))
			return 1;
	}
	if (!out)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
