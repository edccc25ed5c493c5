/*
 * One inquiry into a finding: shared by those who look for the store, the entry to blame and the command.
 */
#ifndef SIM_ORACLE_INQUIRY_H
#define SIM_ORACLE_INQUIRY_H

#include "oracle.h"

struct inquiry {
	struct sim *s;
	struct sim_finding *f;
	struct walk_path path; /* of memory as the CPU sees it */
	bool asked;            /* path is there */
	uint32_t domain;       /* that memory gives the requester */
	uint64_t order;        /* of the store; 0: not known */
	uint64_t
		before; /* order of the store to the same word before it: older commands meant another mapping */
};

/* ---- oracle_store.c ---- */

/* Store i of those kept of a word is the one. */
void inquiry_tell(struct inquiry *q, const struct journal_word *w, uint32_t i);

/* The first store to the word after the line was filled; `ties`: at the same moment counts. Each of these: false: there is none. */
bool inquiry_store_after_fill(struct inquiry *q, uint64_t pa, bool ties);

/* The same of the words the line was read from and a walk reads. */
bool inquiry_store_on_the_way(struct inquiry *q, bool ties);

/* The tables are elsewhere since the line was filled: the first change of a register that says so. */
bool inquiry_pointer(struct inquiry *q);

/* The newest store to the word nearest to where memory ends. */
bool inquiry_store_of_end(struct inquiry *q);

/* What explains the line by itself; the word the walk did not see; whoever wrote the entry memory ends at. */
void inquiry_store_of_line(struct inquiry *q);
void inquiry_store_unseen(struct inquiry *q, const struct sim_request *rq);
void inquiry_store_of_table(struct inquiry *q);

/* ---- oracle_blame.c ---- */

/* The line was filled for another device of its domain, and a store took that out of it. */
bool inquiry_store_of_filler(struct inquiry *q, const struct sim_request *rq);

/* The store that explains the line; failing that, the entry that led to the line becomes the line, with its store. */
void inquiry_store(struct inquiry *q, const struct sim_request *rq);

#endif
