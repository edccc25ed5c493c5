/*
 * The oracle's own state. Judging a translation costs one probe of memory and, for device data, one look-up of what was
 * asked; only what goes wrong costs more (and that only SIM_FINDINGS times), except for a release, which looks at every
 * cache entry and every mapping.
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "machine.h"
#include "refmap.h"

/* What one domain was asked to be. */
struct oracle_space {
	uint32_t number; /* the caller's */
	bool identity;
	bool attached; /* by some device, at some time: unit and rid name the latest */
	uint8_t unit;
	uint16_t rid;
	struct refmap map;
};

/* So many findings, repeats included, can be asked for by number. */
#define ORACLE_NUMBERED 4096u
#define ORACLE_NOT_KEPT UINT8_MAX
_Static_assert(SIM_FINDINGS < ORACLE_NOT_KEPT, "a kept finding fits in a byte");

struct oracle {
	struct sim_finding finding[SIM_FINDINGS];
	uint32_t stored;
	uint32_t count;
	uint8_t kept_as[ORACLE_NUMBERED]; /* finding by the order found: the one kept for it */
	struct oracle_space **space;      /* by number */
	uint32_t spaces, space_room;
	struct oracle_space *
		*bus[SIM_UNITS][256]; /* by bus number, then by device and function; NULL: none */
	uint64_t faults_translated, faults_accessed; /* oracle_walk_faulted's, of either hook */
	bool told[SIM_UNITS]; /* a device of the unit was attached: the others have to be blocked */
};

/* The machine's oracle, made when it has none; NULL: no host memory. */
struct oracle *oracle_of(struct sim *s);

/* The space device `rid` of `unit` uses, NULL: none. */
struct oracle_space *oracle_attached(const struct oracle *o, uint32_t unit, uint16_t rid);

/*
 * Counts a finding, and stores it when it is new and there is room: then returns the stored copy for details to be added
 * (what costs a search is only searched for now), else NULL.
 */
struct sim_finding *oracle_found(struct sim *s, const struct sim_finding *f);

/*
 * The one excuse there is: injection failed or altered a walk's access since the last judgement of this kind (*seen, brought up
 * to date), so what hardware read is not what memory holds. A refusal by such a walk, and such a walk that memory contradicts,
 * are not findings. A page that DMA reached is judged all the same: a broken bus is no reason to leave the domain.
 */
bool oracle_walk_faulted(const struct sim *s, uint64_t *seen);

/* The request as the unit's own tables would be asked: a device-TLB hit is judged as an untranslated request. */
struct sim_request oracle_question(const struct sim_request *rq, const struct sim_xlat *x);

/* The cache entry that explains `x`; false: none. Scans the cache. */
bool oracle_line_served(const struct sim *s, const struct sim_request *rq, const struct sim_xlat *x,
			struct sim_cache_line *out);

/* The cached context or paging entry that led the walk of `rq` astray; false: none. Scans the caches. */
bool oracle_line_misled(const struct sim *s, const struct sim_request *rq,
			struct sim_cache_line *out);

/* Last address covered by a line, and last physical address it leads to. */
uint64_t oracle_line_last(const struct sim_cache_line *line);
uint64_t oracle_line_pa_last(const struct sim_cache_line *line);

#endif
