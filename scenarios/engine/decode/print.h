/* Reports for people and for programs. */
#ifndef ENGINE_DECODE_PRINT_H
#define ENGINE_DECODE_PRINT_H

#include <stdio.h>

#include "decode/decoded.h"

/* One report, as text; `number` from 1 when there are several, else 0. */
void print_report(FILE *f, const struct decoded *d, uint32_t number, bool colour);

struct cJSON;
/* The same as an object. */
struct cJSON *print_json(const struct decoded *d);

#endif
