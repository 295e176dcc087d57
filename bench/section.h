/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sections of a benchmark: what is between section_begin() and section_end() is timed
 * by the program, and counted by the plugin of QEMU (count.c), which numbers the
 * sections in the order in which they run.
 */
#ifndef BENCH_SECTION_H
#define BENCH_SECTION_H

#include <stddef.h>
#include <stdint.h>

enum { PAGE = 4096, MIB = 1 << 20, ROUNDS = 5 };

void section_begin(void);

/* Ends it, where it is not known yet what it was. */
void section_stop(void);

/* Ends it, if that is not done.  @row: as in the file rows, or NULL to warm up; @units: pages, say, that it took */
void section_end(const char *row, uint64_t units);

/* Print a line "ROW TICKS UNITS" for each section, those of children included. */
void sections_print(void);

/* Have them printed at the end, after so many turns of a loop, given as the first
 * argument: they shift the phase of the timer interrupt. */
void sections_start(int argc, char **argv);

/* Print what went wrong, with errno, and end. */
_Noreturn void fail(const char *what);

/* Private anonymous memory */
char *map(size_t size);

void write_pages(volatile char *area, size_t size);
void read_pages(volatile char *area, size_t size);

void bind_to(void *area, size_t size, int node);

/* Write @text to a file of sysfs, procfs or a cgroup; negative errno if refused. */
int write_file(const char *path, const char *text);

/* The sum of what /proc/vmstat says of these names */
uint64_t vmstat(const char *const names[], size_t nr);

#endif
