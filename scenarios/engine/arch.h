/*
 * What an architecture brings to the language: its names. Tables end with a NULL name.
 */
#ifndef ENGINE_ARCH_H
#define ENGINE_ARCH_H

#include "layout.h"

struct reason {
	uint8_t code;
	const char *name;
};

extern const struct layout vtd_layouts[];
extern const struct capability vtd_capabilities[];
extern const struct reason vtd_reasons[];

#endif
