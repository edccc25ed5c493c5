/*
 * A machine for tests with one unit of either architecture: everything goes through the public interface, so that a test sees
 * what a guest and its devices see. vtd_world.h and amdvi_world.h start it and know its unit's tables and commands.
 *
 * Pages come from a heap that begins where the architecture's header says. Memory is changed as a loader would, without time.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "iommusim/amdvi.h"
#include "iommusim/vtd.h"

struct world {
	struct sim *s;
	uint64_t next_page, ram;
	struct {
		struct sim_vtd_config config;
		uint64_t root, queue;
		uint32_t tail, queue_bytes, desc_bytes; /* where the next descriptor goes */
		uint32_t iva, iotlb, frcd; /* offsets of the registers the capabilities place */
	} vtd;
	struct {
		struct sim_amdvi_config config;
		uint32_t tail, head; /* of commands to come, of events to take */
	} amdvi;
};

/* Memory [0, ram) without a unit; `policy` NULL: the default. Ends the test when the machine cannot be made. */
void world_create(struct world *w, uint64_t ram, uint64_t heap, const struct sim_policy *policy);
void world_stop(struct world *w);

/* ---- memory ---- */

uint64_t world_page(struct world *w); /* zeroed */
void world_put(struct world *w, uint64_t pa, uint64_t val);
uint64_t world_get(struct world *w, uint64_t pa);

/* ---- registers ---- */

uint32_t world_r32(struct world *w, uint32_t off);
uint64_t world_r64(struct world *w, uint32_t off);
void world_w32(struct world *w, uint32_t off, uint32_t val);
void world_w64(struct world *w, uint32_t off, uint64_t val);

/* Complaints of that name so far; the name must exist. */
uint32_t world_complaints(struct world *w, const char *name);
uint32_t world_complaints_all(struct world *w);

/* Time passes until nothing is scheduled, at most some milliseconds. */
void world_settle(struct world *w);

/* ---- requests ---- */

void world_request(struct world *w, uint16_t rid, uint64_t addr, unsigned access, unsigned at,
		   unsigned flags, struct sim_xlat *x);

/* An untranslated read of 4 bytes succeeds at `pa`. */
bool world_reads(struct world *w, uint16_t rid, uint64_t addr, uint64_t pa);

/* ---- caches ---- */

/* Lines of a cache that match; `domain` and `iova` UINT64_MAX match all. */
unsigned world_cached(struct world *w, enum sim_cache cache, uint64_t domain, uint64_t iova);

/* ---- random numbers of the tests ---- */

uint64_t world_random(uint64_t *state);
uint32_t world_below(uint64_t *state, uint32_t n);
struct sim_policy world_random_policy(uint64_t *state); /* any that the rules allow */

#endif
