/*
 * The hook that a driver built with -fsanitize-coverage=trace-pc calls at the start of each block (coverage/hook.c). It needs
 * state that hangs from nothing, so only the build that counts has it: elsewhere both functions are NULL.
 */
#ifndef ENGINE_COVERAGE_HOOK_H
#define ENGINE_COVERAGE_HOOK_H

#include <stddef.h>

/* Bytes that hold a bit for each four bytes of the program's code: no two calls of the hook end closer together. */
size_t hook_bytes(void) __attribute__((weak));

/* From here on blocks set their bits there; NULL: nowhere. */
void hook_into(unsigned char *bits) __attribute__((weak));

#endif
