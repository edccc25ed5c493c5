/*
 * What a unit may hold, as plain lists: tables, cached entries and commands, looked through from the first to the last. For
 * tests that play at random and compare; it shares no code with the simulator.
 *
 * Tables have four levels; of each a few slots are used, so that addresses meet. Nothing is evicted, nothing is fetched ahead.
 * Rules: VT-d 3.4, 3.7, 6.2 "Translation Caches" and 6.5 "Invalidation of Translation Caches"; 48882 2.2.2, 2.2.3, 2.2.8 and
 * 2.4 "Commands".
 */
#ifndef TESTS_STALE_MODEL_H
#define TESTS_STALE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define M_LEVELS 4u
#define M_TABLES 3u  /* of each level */
#define M_SLOTS 2u   /* used of each table */
#define M_DEVICES 3u /* the last one has a TLB of its own */
#define M_DOMAINS 3u /* ids 1.. */
#define M_PAGES 4u   /* of each size */
#define M_LINES 512u
#define M_LOG 512u
#define M_READ 1u
#define M_WRITE 2u

enum m_arch {
	M_VTD = 0,
	M_AMDVI
};

enum m_kind {
	M_NOTHING = 0,
	M_TABLE,
	M_PAGE
};

struct m_entry {
	enum m_kind kind;
	unsigned to; /* number of the table of the level below, or of the page */
	uint8_t perm;
};

struct m_context {
	bool present;
	unsigned domain, top;
};

enum m_cache {
	M_CONTEXT = 0,
	M_PAGING,
	M_IOTLB,
	M_DEVICE
};

struct m_line {
	enum m_cache cache;
	unsigned dev; /* whose, or for whom it was filled */
	unsigned domain;
	uint64_t iova;
	unsigned level;
	uint64_t pa; /* page, or table that it leads to */
	uint8_t perm;
	struct m_context context;
	uint64_t entry_pa;
	uint64_t filled; /* order */
};

enum m_what {
	M_CMD_NONE = 0, /* a wait */
	M_CMD_CONTEXT_GLOBAL,
	M_CMD_CONTEXT_DOMAIN,
	M_CMD_CONTEXT_DEVICE, /* VT-d: of a domain; AMD-Vi: whatever it is in */
	M_CMD_PAGES_GLOBAL,
	M_CMD_PAGES_DOMAIN,
	M_CMD_PAGES_RANGE,
	M_CMD_DEVICE_RANGE,
	M_CMD_EVERYTHING /* AMD-Vi: but for the devices' own */
};

struct m_command {
	enum m_what what;
	unsigned domain, dev;
	uint64_t first, last;
	bool leaf_only;
	uint64_t given;
	bool done;
};

struct m_store {
	uint64_t pa, old, now, order;
};

/* A line that went by a command. */
struct m_gone {
	struct m_line line;
	unsigned by; /* command's number */
};

struct model {
	enum m_arch arch;
	bool exact;  /* VT-d: a page goes only when the range holds all of it */
	bool rewalk; /* a hit that does not suffice walks again */
	struct m_entry table[M_LEVELS][M_TABLES][M_SLOTS];
	struct m_context context[M_DEVICES];
	uint64_t table_pa[M_LEVELS][M_TABLES];
	uint64_t page_pa[2][M_PAGES]; /* 4 KiB, 2 MiB */
	uint64_t context_pa[M_DEVICES];
	struct m_line line[M_LINES];
	unsigned lines;
	struct m_gone gone[M_LINES];
	unsigned gones;
	struct m_command command[M_LOG];
	unsigned commands, done, observed; /* numbers from 1; done: all up to it */
	struct m_store store[M_LOG];
	unsigned stores;
	uint64_t order;
};

/* An answer. */
struct m_answer {
	bool ok;
	bool no_context; /* refused before any table was asked: to a translation request another answer than "nothing" */
	uint64_t pa;
	uint8_t perm;
	unsigned level;
	uint64_t entry_pa;
};

/* Slot number of an index, and the address that goes through slot n[level] of each level. */
unsigned model_index(unsigned level, unsigned slot);
uint64_t model_iova(const unsigned *slot);
uint64_t model_entry_pa(const struct model *m, unsigned level, unsigned table, unsigned slot);

/* What memory says. */
struct m_answer model_truth(const struct model *m, unsigned dev, uint64_t iova);

/* A request, served and remembered as hardware does; *stale: some answer given on the way is not what memory says. */
struct m_answer model_request(struct model *m, unsigned dev, uint64_t iova, uint8_t need,
			      bool *stale);

/* Command number n, counted from 1, is carried out. */
void model_execute(struct model *m, unsigned n);

/* Whether it would take the line, whenever it is carried out. */
bool model_covers(const struct model *m, const struct m_command *c, const struct m_line *l);

uint64_t model_last(const struct m_line *l);

#endif
