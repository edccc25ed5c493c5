/*
 * Bits, masks and fields.
 *
 * A hardware field is one mask, written as (hi, lo) exactly as in the specification; shift and width derive
 * from it. Everything here is an integer constant expression when its arguments are.
 */
#ifndef HW_BITS_H
#define HW_BITS_H

#include <stdint.h>

/* The same word for both languages, so that a C++ program can include these headers. */
#if defined(__cplusplus) && !defined(_Static_assert)
#define _Static_assert static_assert
#endif

/* Bit n of a 64-bit word, 0 <= n <= 63. */
#define BIT64(n) ((uint64_t)1 << (n))

/* Bits hi..lo inclusive of a 64-bit word, 63 >= hi >= lo >= 0. */
#define MASK64(hi, lo) ((~(uint64_t)0 >> (63 - (hi))) & (~(uint64_t)0 << (lo)))

/* The same for the 32-bit registers. */
#define BIT32(n) ((uint32_t)1 << (n))
#define MASK32(hi, lo) ((uint32_t)MASK64(hi, lo))

/* The lowest set bit of mask m; m must not be 0. */
#define FIELD_LSB(m) ((uint64_t)(m) & (~(uint64_t)(m) + 1))

/* The value of field m in word w, unshifted. */
#define FIELD_GET(m, w) (((uint64_t)(w) & (uint64_t)(m)) / FIELD_LSB(m))

/* Value v placed into field m; bits of v beyond the field are dropped, so check FIELD_FITS first. */
#define FIELD_PREP(m, v) (((uint64_t)(v)*FIELD_LSB(m)) & (uint64_t)(m))

/* True when value v fits into field m. */
#define FIELD_FITS(m, v) ((uint64_t)(v) <= (uint64_t)(m) / FIELD_LSB(m))

#endif
