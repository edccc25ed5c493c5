/*
 * A QEMU process: started with descriptors it inherits, so that nothing of it has a name in the file system; ended with
 * SIGKILL; and ended by the kernel when we are gone, however we end.
 */
#ifndef ENGINE_QEMU_PROCESS_H
#define ENGINE_QEMU_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "qemu.h"

#define PROCESS_ARGS 128
#define PROCESS_TEXT 8192
#define PROCESS_FDS 4
#define PROCESS_FIRST_FD 3 /* the descriptors given arrive as 3, 4, ... */

/* A command line; what does not fit is refused. */
struct process_args {
	char *arg[PROCESS_ARGS + 1];
	char text[PROCESS_TEXT];
	size_t args, used;
	bool full;
};

struct process {
	pid_t pid; /* 0: none */
	int err;   /* file that its standard output and error go to */
};

void process_arg(struct process_args *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The program itself, and where it finds its data. */
void process_arg_program(struct process_args *a, const struct qemu_program *program);

/* False with `error` filled. The descriptors stay the caller's. */
bool process_start(struct process *p, const struct qemu_program *program,
		   const struct process_args *args, const int *fds, size_t count, char *error,
		   size_t size);

/* Kills it, waits for it, closes its file. */
void process_end(struct process *p);

/* Whether it is still there; when not, `how` says what ended it. */
bool process_alive(struct process *p, char *how, size_t size);

/* The end of what it wrote to standard error, on one line or more. */
void process_errors(const struct process *p, char *buf, size_t size);

/* Its memory: as a debugger would. False when that is forbidden, or there is nothing. */
bool process_peek(const struct process *p, uint64_t at, void *buf, size_t len);
bool process_poke(const struct process *p, uint64_t at, const void *buf, size_t len);

/* Where its own memory holds these bytes, the heap first; 0: nowhere, or it may not be looked at. */
uint64_t process_find(const struct process *p, const void *bytes, size_t len);

/* A file without a name. -1 on failure. */
int process_file(const char *what);

#endif
