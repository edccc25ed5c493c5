/*
 * What the JSON of every subcommand has in common. cJSON keeps numbers as double, which rounds those of 64 bits; text has to be
 * UTF-8 before.
 */
#ifndef ENGINE_JSON_H
#define ENGINE_JSON_H

#include <stdint.h>

struct cJSON;

/* A decimal number, whole. */
void json_number(struct cJSON *object, const char *name, uint64_t value);

/* A number as "0x..." in a string. */
void json_hex(struct cJSON *object, const char *name, uint64_t value);

/* A string of any bytes, cleaned as report_clean does. */
void json_text(struct cJSON *object, const char *name, const char *text);

#endif
