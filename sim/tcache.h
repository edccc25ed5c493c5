/*
 * The translation cache: one mechanism, five instances (context, PASID, IOTLB, paging-structure, interrupt entry) per unit
 * and one in every ATS device.
 *
 * An entry is found by its look-up tag (first address and level, plus `who`: requester, PASID, or domain, as the
 * architecture says for that cache) and removed by its invalidation tag (`group`: the domain id, and the addresses it
 * covers). Find costs one probe per page size present. Removing a group or a range costs in proportion to what is removed
 * plus, for ranges, the 2 MiB regions (or larger, for larger pages) the range touches; never what the cache holds.
 *
 * Entries are referred to by index; index 0 is none. The pool doubles when full (amortised, never on a hit) up to the limit:
 * the policy's number of entries, or TC_MOST under SIM_KEEP_ALL, where the oldest entry goes as a last resort.
 */
#ifndef SIM_TCACHE_H
#define SIM_TCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommusim/policy.h"
#include "rng.h"

#define TC_LEVELS 6 /* 4 KiB .. 2^57 (whole address space: entries without an address) */

struct tc_entry {
	uint64_t
		addr; /* first address covered; with the level it is the address part of both tags */
	uint64_t who;  /* rest of the look-up tag */
	uint64_t q[2]; /* what is cached; the owner's business */
	uint32_t hash_next;
	uint32_t group;  /* invalidation tag */
	uint8_t level;   /* covers 2^(12 + 9 * level) bytes */
	uint8_t perm;    /* bit 0 read, bit 1 write */
	uint8_t flags;   /* TC_*, and the owner's from TC_OWNER up */
	uint8_t reason;  /* TC_NEGATIVE: the fault it caches */
	uint32_t region; /* list of entries of one group and region */
	uint32_t region_next, region_prev;
	uint32_t group_head;
	uint32_t group_next, group_prev;
	uint32_t lru_next, lru_prev;
	uint32_t filler;   /* TC_FILLER of the request it was filled for, 0: not known */
	uint64_t entry_pa; /* table entry it was read from */
	uint64_t filled_ns;
};

#define TC_MOST ((uint32_t)1 << 22)

#define TC_USED 0x01u
#define TC_NEGATIVE 0x02u
#define TC_OWNER 0x10u

/*
 * Entries that share a key. Within it 4 KiB pages are told apart by the low bits of their page number, so that removing one
 * page does not look at all of its 2 MiB region; larger entries share the last head.
 */
#define TC_PAGE_HEADS 64u
#define TC_HEADS (TC_PAGE_HEADS + 1)

struct tc_list {
	uint64_t key;
	uint32_t group;
	uint32_t count;
	uint32_t hash_next;
	uint32_t head[TC_HEADS];
};

/* Lists by key: hash over a pool of list heads. */
struct tc_index {
	struct tc_list *list; /* [0] unused */
	uint32_t room;        /* lists allocated, [0] included */
	uint32_t used;
	uint32_t free; /* chain of free lists through hash_next */
	uint32_t *bucket;
	uint32_t mask;
};

struct tcache {
	struct tc_entry *entry; /* [0] unused */
	uint32_t *bucket;
	uint32_t mask;   /* buckets - 1 */
	uint32_t levels; /* bit n: some entry has level n */
	uint32_t lowest; /* the lowest of them, 0 when there is none */
	uint32_t count;
	uint32_t room;  /* entries allocated, [0] included */
	uint32_t free;  /* chain of free entries through hash_next */
	uint32_t limit; /* most entries at once; 0: no entry is ever kept */
	enum sim_keep keep;
	uint32_t level_count[TC_LEVELS];
	uint32_t lru_first,
		lru_last; /* every entry: oldest and newest; re-ordered by use under SIM_KEEP_LRU only */
	struct tc_index group, region;
	struct rng rng;
	uint32_t filler; /* what entries added from now on are marked with */
	void (*removed)(struct tcache *c,
			const struct tc_entry *e); /* hears of each; NULL: nobody */
	void *removed_ctx;
};

/* Whom an entry was filled for: requester, access, whether it was a translation request, and the offset in its page. */
#define TC_FILLER(rid, access, ats, addr)                                                  \
	((uint32_t)1 << 31 | (uint32_t)((ats) != 0) << 30 | ((uint32_t)(access)&3) << 28 | \
	 (uint32_t)((addr)&0xfff) << 16 | (uint16_t)(rid))
#define TC_FILLER_KNOWN(f) ((f) >> 31 != 0)
#define TC_FILLER_ATS(f) (((f) >> 30 & 1) != 0)
#define TC_FILLER_ACCESS(f) ((uint8_t)((f) >> 28 & 3))
#define TC_FILLER_OFFSET(f) ((f) >> 16 & 0xfff)
#define TC_FILLER_RID(f) ((uint16_t)(f))

#define TC_SIZE_LG2(level) (12u + 9u * (unsigned)(level))

static inline uint64_t tc_base(uint64_t addr, unsigned level)
{
	return addr & ~(((uint64_t)1 << TC_SIZE_LG2(level)) - 1);
}

static inline uint32_t tc_hash(uint64_t base, uint64_t who, unsigned level)
{
	uint64_t h = ((base >> 12) + level) * UINT64_C(0x9E3779B97F4A7C15) ^
		     who * UINT64_C(0xC2B2AE3D27D4EB4F);

	return (uint32_t)(h >> 32);
}

/* An insertion may keep something: worth composing an entry for. */
static inline bool tcache_keeps(const struct tcache *c)
{
	return c->limit != 0;
}

/* SIM_OK or SIM_E_NOMEM. */
int tcache_init(struct tcache *c, const struct sim_policy *policy, uint64_t seed, uint64_t stream);
void tcache_destroy(struct tcache *c);

void tcache_touch(struct tcache *c, uint32_t i); /* makes `i` the most recently used */

/*
 * One probe, for the smallest page size present and the head of its chain: settles nearly every hit, and says nothing when
 * it finds none. Entry 0 matches nothing.
 */
static inline struct tc_entry *tcache_glance(const struct tcache *c, uint64_t addr, uint64_t who)
{
	unsigned level = c->lowest;
	uint64_t base = tc_base(addr, level);
	struct tc_entry *e;

	if (!c->levels)
		return NULL;
	e = &c->entry[c->bucket[tc_hash(base, who, level) & c->mask]];
	return e->addr == base && e->who == who && e->level == level ? e : NULL;
}

/* The entry covering `addr` for `who`, the smallest page first; NULL: a miss. Valid until the next insertion or removal. */
static inline struct tc_entry *tcache_find(struct tcache *c, uint64_t addr, uint64_t who)
{
	for (uint32_t levels = c->levels; levels; levels &= levels - 1) {
		unsigned level = (unsigned)__builtin_ctz(levels);
		uint64_t base = tc_base(addr, level);
		uint32_t i = c->bucket[tc_hash(base, who, level) & c->mask];

		for (; i; i = c->entry[i].hash_next) {
			struct tc_entry *e = &c->entry[i];

			if (e->addr != base || e->who != who || e->level != level)
				continue;
			if (c->keep == SIM_KEEP_LRU)
				tcache_touch(c, i);
			return e;
		}
	}
	return NULL;
}

/* Exactly this level; NULL: not there. */
struct tc_entry *tcache_find_level(struct tcache *c, uint64_t addr, uint64_t who, unsigned level);

/*
 * Adds a copy of *e (addr aligned to its level; addr, who, group, level, q, perm, flags, reason, entry_pa, filled_ns are
 * taken), replacing one with the same look-up tag, evicting by policy. Nothing happens under SIM_KEEP_NONE or when the
 * host has no memory: not caching is always legal.
 */
void tcache_insert(struct tcache *c, const struct tc_entry *e);

/* Removal; each returns how many entries went. */
uint32_t tcache_drop_all(struct tcache *c);
uint32_t tcache_drop_group(struct tcache *c, uint32_t group);
uint32_t tcache_drop_range(struct tcache *c, uint32_t group, uint64_t first,
			   uint64_t last); /* overlapping it */
uint32_t tcache_drop_inside(struct tcache *c, uint32_t group, uint64_t first,
			    uint64_t last); /* wholly inside it */
bool tcache_drop_entry(struct tcache *c, struct tc_entry *e);
uint32_t tcache_drop_covering(struct tcache *c, uint64_t addr); /* of any group; scans */

/* Iteration in slot order: *cursor starts at 0; NULL at the end. Removing entries on the way is allowed. */
struct tc_entry *tcache_next(const struct tcache *c, uint32_t *cursor);

#endif
