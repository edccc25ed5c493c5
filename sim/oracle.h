/*
 * The oracle's own state. Judging a translation costs one probe of memory and, for device data, one look-up of what was
 * asked; only what goes wrong costs more (and that only SIM_FINDINGS times), except for a release, which looks at every
 * cache entry and every mapping.
 */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "journal.h"
#include "machine.h"
#include "refmap.h"

/* What one domain was asked to be. */
struct oracle_space {
	uint32_t number; /* the caller's */
	bool identity;
	uint8_t unit; /* of the device attached last, whether or not it still is */
	uint16_t rid;
	struct {
		bool is;
		uint16_t rid; /* of one device that is */
	} attached[SIM_UNITS];
	struct refmap map;
};

/* So many findings, repeats included, can be asked for by number. */
#define ORACLE_NUMBERED 4096u
#define ORACLE_NOT_KEPT UINT8_MAX
_Static_assert(SIM_FINDINGS < ORACLE_NOT_KEPT, "a kept finding fits in a byte");

/* A command as it is kept. */
struct oracle_command {
	struct sim_invalidation cmd;
	uint64_t order;   /* of all events */
	uint64_t removed; /* entries of the unit's caches; a device does not say */
	uint64_t slot;    /* in the ring, ORACLE_NO_SLOT: given through registers */
	bool wait;
	bool fetched;
};

/* An entry that a command removed: whatever it leads to is not free before the guest has seen the command complete. */
struct oracle_gone {
	struct sim_cache_line line;
	uint64_t number; /* of the command, on line.unit; 0: it has not ended */
};

/* A change of where a unit finds its tables. */
struct oracle_pointer {
	const char *name; /* of the register, NULL: none */
	uint64_t old, now, time_ns, order;
	bool interrupts, dma; /* what goes by it */
};

#define ORACLE_POINTERS 8u /* kept per unit */

#define ORACLE_GONE 4096u /* the newest */

#define ORACLE_QUIET 32u /* ranges whose removal was told complete: the newest */

#define ORACLE_NO_SLOT UINT64_MAX
#define ORACLE_COMMANDS 1024u /* kept per unit */
#define ORACLE_STATUSES \
	256u /* of waits that completed and were not looked at: as many as a queue holds */

/* Commands of a unit: number n, from 1, at n % ORACLE_COMMANDS. */
struct oracle_log {
	struct oracle_command command[ORACLE_COMMANDS];
	uint64_t given;     /* number of the newest */
	uint64_t dropped;   /* entries of the unit's caches, by the commands so far */
	uint64_t unfetched; /* the unit has fetched everything before this number */
	uint64_t observed;  /* the guest has seen this one complete, and so those before it */
	struct {
		uint64_t pa, number; /* number 0: none */
	} status[ORACLE_STATUSES];
	uint32_t statuses, status_next; /* in use; the oldest, when all are */
	struct {
		uint32_t off;
		uint64_t number;
	} polled;
};

struct oracle {
	struct sim_finding finding[SIM_FINDINGS];
	const char *found_as[SIM_FINDINGS]; /* why, before it was explained */
	uint32_t stored;
	uint32_t count;
	uint8_t kept_as[ORACLE_NUMBERED]; /* finding by the order found: the one kept for it */
	struct oracle_space **space;      /* by number */
	uint32_t spaces, space_room;
	struct oracle_space *
		*bus[SIM_UNITS][256]; /* by bus number, then by device and function; NULL: none */
	uint64_t faults_translated, faults_accessed; /* oracle_walk_faulted's, of either hook */
	bool faulted;                                /* the translation judged last */
	bool told[SIM_UNITS]; /* a device of the unit was attached: the others have to be blocked */
	bool relied[SIM_UNITS]; /* sim_oracle_rely */
	struct {
		uint16_t rid;
		uint8_t vector;
	} given[SIM_UNITS][SIM_ORACLE_VECTORS]; /* sim_oracle_vector */
	uint32_t givens[SIM_UNITS];
	struct journal journal;
	struct oracle_pointer pointer[SIM_UNITS][ORACLE_POINTERS];
	uint32_t pointers[SIM_UNITS];      /* so far */
	struct oracle_log *log[SIM_UNITS]; /* NULL: no command yet */
	uint64_t events;                   /* stores and commands so far: which came first */
	uint64_t losses;                   /* of inject.losses, those given to a command */
	uint32_t unread;                   /* status words and registers the guest has not read */
	struct oracle_gone *gone;          /* NULL: none yet */
	uint32_t gones;
	struct oracle_windows *windows; /* NULL: nobody asked for them */
	struct {
		const struct oracle_space *space; /* NULL: none */
		uint64_t first, last;
	} quiet[ORACLE_QUIET];
	uint32_t quiet_next;
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

/* Command number n of a unit, NULL: it is not kept. `observed` is up to date in *out. */
const struct oracle_command *oracle_command_get(const struct oracle *o, uint32_t unit, uint64_t n);
void oracle_command_copy(const struct oracle *o, uint32_t unit, uint64_t n,
			 struct sim_invalidation *out);

/* Asks memory as `view` sees it for `rq`, and which words that takes. No side effect. */
void oracle_path(struct sim *s, const struct unit *u, const struct sim_request *rq,
		 enum mem_view view, struct walk_path *path, struct sim_xlat *now);

/* Pages given back that no cache holds and a walk would reach: findings counted. */
uint32_t oracle_scan_views(struct sim *s, uint64_t first, uint64_t last);

/* Some command that the guest has seen complete would have removed the line, had no other done so before. */
bool oracle_removes_line(const struct oracle *o, const struct sim_cache_line *line);

/* Forgets removed entries whose command the guest has seen complete. */
void oracle_gone_settle(struct oracle *o);

/* The same for a page given back behind a command that nobody saw complete. */
void oracle_explain_early(struct sim *s, struct sim_finding *f, uint64_t number);

/*
 * Fills in what is known beyond the bare finding: the table entry memory ends at, the store, the invalidation needed, the
 * nearest one issued and why it was not enough. rq: the request, NULL for a release.
 */
void oracle_explain(struct sim *s, struct sim_finding *f, const struct sim_request *rq);

/* The same for a wait without end. */
void oracle_explain_wait(struct sim *s, struct sim_finding *f);

/* What an entry leads to is what a table word says; both architectures hold the address in bits 51:12. */
bool oracle_line_agrees(const struct sim_cache_line *line, uint64_t word);

/* A device's message: what a remapping entry may answer. */
static inline bool oracle_is_interrupt(const struct sim_request *rq)
{
	return rq->addr >> 20 == 0xfee && rq->access == SIM_WRITE && rq->len == 4 &&
	       rq->at == SIM_AT_UNTRANSLATED;
}

/* Memory no longer says what the line does, in the word it was read from. */
bool oracle_line_contradicted(const struct sim *s, const struct sim_cache_line *line);

/* The same; of a context entry anything that translation goes by, not where it leads to alone. */
bool oracle_line_changed(const struct sim *s, const struct sim_cache_line *line);

/* The requester is looked up in that domain, or nothing cached says in which. */
bool oracle_line_of_domain(const struct sim *s, const struct sim_request *rq, uint32_t domain);

/* NULL: no host memory; free() gives it back. */
struct oracle_windows *oracle_windows_new(void);

/* Last address covered by a line, and last physical address it leads to. */
uint64_t oracle_line_last(const struct sim_cache_line *line);
uint64_t oracle_line_pa_last(const struct sim_cache_line *line);

#endif
