/* Linked into the programs of `make COV=1`, beside a driver that calls it. */
#include "coverage/hook.h"

#include <stdint.h>

/* From the linker: the first byte of the program, and the one after its code. */
extern const char __executable_start, etext;

/* The compiler gives the hook no argument to hang this from. */
static unsigned char *into;

void __sanitizer_cov_trace_pc(void);

size_t hook_bytes(void)
{
	return (size_t)((uintptr_t)&etext - (uintptr_t)&__executable_start) / 32 + 1;
}

void hook_into(unsigned char *bits)
{
	into = bits;
}

void __sanitizer_cov_trace_pc(void)
{
	uintptr_t at = (uintptr_t)__builtin_return_address(0) - (uintptr_t)&__executable_start;
	unsigned char bit = (unsigned char)(1u << (at / 4 % 8));

	/* workers may run permutations of one scenario at the same time */
	if (into && !(into[at / 32] & bit))
		__atomic_fetch_or(&into[at / 32], bit, __ATOMIC_RELAXED);
}
