/*
 * What fuzz targets share. A target is tests/fuzz/fuzz_NAME.c with LLVMFuzzerTestOneInput, as libFuzzer and OSS-Fuzz want
 * it; its seeds come from tests/fuzz/seeds.sh and tests/fuzz/corpus/NAME.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A finding: something the target promises did not hold. */
static inline void fuzz_finding(const char *what)
{
	fprintf(stderr, "finding: %s\n", what);
	abort();
}

#endif
