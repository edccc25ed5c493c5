/*
 * A translation followed by hand through memory: which entry was read where, what it says, what stopped it.
 *
 * A walker of the engine's own, apart from the simulator's and the driver's. It follows the tables in memory; what a cache
 * would have answered instead is the business of who asks.
 */
#ifndef ENGINE_WALK_WALK_H
#define ENGINE_WALK_WALK_H

#include "arch.h"
#include "walk/image.h"

#define WALK_STEPS 16
#define WALK_TEXT 160

#define WALK_R 1u
#define WALK_W 2u

struct walk_request {
	uint16_t rid;
	bool has_pasid, write;
	uint32_t pasid;
	uint64_t addr;
};

/* An entry that was read. */
struct walk_step {
	const struct layout *layout;
	uint64_t pa, word[8];
	uint32_t words;
	int level;    /* of a page-table entry, 0 is 4 KiB; -1: another kind */
	uint8_t perm; /* so far, WALK_R and WALK_W */
};

enum walk_end {
	WALK_PAGE,     /* translated: pa, size */
	WALK_IDENTITY, /* passes as it is */
	WALK_BLOCKED,  /* refused: reason and text */
	WALK_UNKNOWN   /* the source does not hold the entry */
};

struct walk_result {
	struct walk_step step[WALK_STEPS];
	uint32_t steps;
	enum walk_end end;
	uint64_t pa, size; /* byte exact; bytes of the page */
	uint8_t perm;
	bool has_reason;
	uint8_t reason; /* the fault reason or event code that hardware records */
	uint32_t domain;
	char text[WALK_TEXT]; /* what stopped it */
};

enum walk_format {
	FORMAT_SS, /* VT-d second-stage */
	FORMAT_FS, /* VT-d first-stage */
	FORMAT_AMD /* AMD-Vi host tables */
};

/* Where the tables of a device start. */
struct walk_tables {
	enum walk_format format;
	uint64_t table;
	uint32_t levels;
	uint8_t perm;
	uint32_t bits; /* of addresses that may be translated */
	bool pages;    /* false: *res of walk_device says how it ended */
};

/*
 * From the registers to the tables of a device. False when it ends before: blocked, identity or unknown. Steps and end are put
 * into *res, which the caller zeroes.
 */
bool walk_device(const struct image *im, const struct walk_request *rq, struct walk_tables *t,
		 struct walk_result *res);

/* The whole way. */
void walk_address(const struct image *im, const struct walk_request *rq, struct walk_result *res);

/* Ends a walk; reason 0: none is recorded. */
void walk_stop(struct walk_result *res, enum walk_end end, uint8_t reason, const char *text);

enum entry_kind {
	ENTRY_ABSENT,
	ENTRY_TABLE,
	ENTRY_PAGE,
	ENTRY_BAD
};

struct entry {
	enum entry_kind kind;
	uint64_t pa;    /* of the table or page */
	uint32_t next;  /* level of the table */
	uint32_t lg2;   /* of the page */
	uint8_t perm;   /* its own */
	uint8_t reason; /* ENTRY_BAD */
	const char *text;
};

/* What an entry at `level` says; `sslps` as in CAP, all large pages when not known. */
void walk_entry(const struct image *im, enum walk_format format, uint32_t level, uint64_t word,
		struct entry *e);

const char *walk_layout_name(enum walk_format format);

/* A range of device addresses that is mapped to one range of memory. */
struct walk_range {
	uint64_t first, last, pa;
	uint8_t perm;
};

typedef bool (*walk_range_fn)(void *ctx, const struct walk_range *r);
typedef bool (*walk_table_fn)(void *ctx, uint64_t table, uint32_t level, uint64_t entry_pa,
			      uint64_t word, const struct entry *e);

struct walk_sweep {
	walk_range_fn range; /* merged as far as they go on; false stops */
	walk_table_fn entry; /* each entry that is not absent; may be NULL; false stops */
	void *ctx;
	uint64_t entries, unknown,
		bad; /* found: entries looked at, words not held, entries with reserved bits or values */
	bool cut; /* more entries than SWEEP_MAX, or stopped */
};

#define SWEEP_MAX (UINT64_C(1) << 26)

/* Every mapping of the tables, ascending. */
void walk_all(const struct image *im, const struct walk_tables *t, struct walk_sweep *sweep);

#endif
