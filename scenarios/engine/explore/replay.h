/*
 * The scenario file that replays a failure.
 */
#ifndef EXPLORE_REPLAY_H
#define EXPLORE_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "explore.h"

struct replay {
	char *path; /* NULL: not written to a folder */
	char *text;
	bool confirmed; /* loaded from its text and run, it fails in the same way */
};

/*
 * Makes replay number n of a failure, in `folder` unless that is NULL, and runs it, in a process of its own when `apart`.
 * False with a message when it cannot be written.
 */
bool replay_make(struct replay *r, const struct failure *f, const char *folder, size_t n,
		 bool apart);
void replay_free(struct replay *r);

#endif
