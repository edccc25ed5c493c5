/* A source cut down to what a device's tables take: as a page list, or as a scenario. */
#ifndef ENGINE_WALK_EXPORT_H
#define ENGINE_WALK_EXPORT_H

#include "walk/walk.h"

/* An image that answers as `im` and keeps every word that was asked for. */
struct image *export_recorder(const struct image *im);

/* What it kept. */
void export_pages(FILE *f, const struct image *recorder);
/* NULL, or why not. The request and what came of it are the last step. */
const char *export_scenario(FILE *f, const struct image *recorder, const struct walk_request *rq,
			    const struct walk_result *res);

#endif
