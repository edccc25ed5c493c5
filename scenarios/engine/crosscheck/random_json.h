/* What generated cases came to, for the report in JSON. */
#ifndef CROSSCHECK_RANDOM_JSON_H
#define CROSSCHECK_RANDOM_JSON_H

#include "session.h"
#include "survey.h"

struct cJSON;

/* A difference; `smallest` and `path` are NULL when the case was not shrunk. */
void random_json_difference(struct cJSON *array, uint64_t number, const char *text,
			    const char *smallest, const char *path);

/* One vendor's cases, into the array "random" of the report; takes `differences`, which may be NULL. */
void random_json_vendor(const struct session *s, const struct random_spec *spec,
			const struct random_counts *sum, const struct survey_sum *drawn,
			struct cJSON *differences);

#endif
