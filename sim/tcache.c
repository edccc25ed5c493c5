/*
 * The translation cache.
 *
 * Four ways lead to an entry: the hash of its look-up tag; the list of its group; the list of its group and region, which a
 * range removal follows; and the list of all entries by age. Levels 0 and 1 share regions of 2 MiB, so that one list answers
 * for both; a larger entry is a region of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "iommusim/sim.h"
#include "tcache.h"

#define ROOM_FIRST 64u
#define LRU_DEFAULT 64u
#define LRU_MOST ((uint32_t)1 << 20)

static uint64_t level_span(unsigned level)
{
	return ((uint64_t)1 << TC_SIZE_LG2(level)) - 1;
}

static bool overlaps(const struct tc_entry *e, uint64_t first, uint64_t last)
{
	return e->addr <= last && (e->addr | level_span(e->level)) >= first;
}

/* What a removal takes: entries that overlap [first, last], or with `inside` set those that lie in it. */
struct reach {
	uint64_t first, last;
	bool inside;
};

static bool reaches(const struct reach *r, const struct tc_entry *e)
{
	if (r->inside)
		return e->addr >= r->first && (e->addr | level_span(e->level)) <= r->last;
	return overlaps(e, r->first, r->last);
}

/* ---- lists by key ---- */

/* Levels of one class share regions. */
static unsigned level_class(unsigned level)
{
	return level ? level : 1;
}

static uint64_t region_key(uint64_t addr, unsigned class)
{
	return addr >> TC_SIZE_LG2(class) << 3 | class;
}

static uint32_t entry_head(const struct tc_entry *e)
{
	return e->level ? TC_PAGE_HEADS : (uint32_t)(e->addr >> 12) % TC_PAGE_HEADS;
}

static uint32_t key_hash(uint32_t group, uint64_t key)
{
	uint64_t h = key * UINT64_C(0x9E3779B97F4A7C15) ^ group * UINT64_C(0xC2B2AE3D27D4EB4F);

	return (uint32_t)(h >> 32);
}

static uint32_t index_find(const struct tc_index *x, uint32_t group, uint64_t key)
{
	uint32_t i = x->room ? x->bucket[key_hash(group, key) & x->mask] : 0;

	while (i && (x->list[i].key != key || x->list[i].group != group))
		i = x->list[i].hash_next;
	return i;
}

static void index_link(struct tc_index *x, uint32_t i)
{
	uint32_t *bucket = &x->bucket[key_hash(x->list[i].group, x->list[i].key) & x->mask];

	x->list[i].hash_next = *bucket;
	*bucket = i;
}

/* Makes room for one more list. */
static bool index_reserve(struct tc_index *x)
{
	uint32_t room = x->room ? 2 * x->room : ROOM_FIRST;
	struct tc_list *list;
	uint32_t *bucket;

	if (x->free)
		return true;
	list = realloc(x->list, room * sizeof(*list));
	if (!list)
		return false;
	x->list = list;
	bucket = calloc(room, sizeof(*bucket));
	if (!bucket)
		return false;
	free(x->bucket);
	x->bucket = bucket;
	x->mask = room - 1;
	for (uint32_t i = 1; i < x->room; i++) /* all in use, or there would be a free one */
		index_link(x, i);
	for (uint32_t i = room - 1; i >= (x->room ? x->room : 1); i--) {
		x->list[i] = (struct tc_list){ .hash_next = x->free };
		x->free = i;
	}
	x->room = room;
	return true;
}

/* The list with this key, made when there is none; index_reserve came first. */
static uint32_t index_get(struct tc_index *x, uint32_t group, uint64_t key)
{
	uint32_t i = index_find(x, group, key);

	if (i)
		return i;
	i = x->free;
	x->free = x->list[i].hash_next;
	x->list[i].key = key; /* count and heads are 0 in every free list */
	x->list[i].group = group;
	x->used++;
	index_link(x, i);
	return i;
}

/* Gives back list `i`, which is empty: its heads stay 0 for whoever is walking it. */
static void index_put(struct tc_index *x, uint32_t i)
{
	uint32_t *p = &x->bucket[key_hash(x->list[i].group, x->list[i].key) & x->mask];

	while (*p != i)
		p = &x->list[*p].hash_next;
	*p = x->list[i].hash_next;
	x->list[i].hash_next = x->free;
	x->free = i;
	x->used--;
}

/* ---- the ways to an entry ---- */

static void age_link(struct tcache *c, uint32_t i)
{
	struct tc_entry *e = &c->entry[i];

	e->lru_next = 0;
	e->lru_prev = c->lru_last;
	if (c->lru_last)
		c->entry[c->lru_last].lru_next = i;
	else
		c->lru_first = i;
	c->lru_last = i;
}

static void age_unlink(struct tcache *c, uint32_t i)
{
	const struct tc_entry *e = &c->entry[i];

	if (e->lru_prev)
		c->entry[e->lru_prev].lru_next = e->lru_next;
	else
		c->lru_first = e->lru_next;
	if (e->lru_next)
		c->entry[e->lru_next].lru_prev = e->lru_prev;
	else
		c->lru_last = e->lru_prev;
}

void tcache_touch(struct tcache *c, uint32_t i)
{
	if (c->lru_last == i)
		return;
	age_unlink(c, i);
	age_link(c, i);
}

static void group_link(struct tcache *c, uint32_t i)
{
	struct tc_entry *e = &c->entry[i];
	struct tc_list *l;

	e->group_head = index_get(&c->group, e->group, 0);
	l = &c->group.list[e->group_head];
	e->group_prev = 0;
	e->group_next = l->head[0];
	if (e->group_next)
		c->entry[e->group_next].group_prev = i;
	l->head[0] = i;
	l->count++;
}

static void group_unlink(struct tcache *c, uint32_t i)
{
	const struct tc_entry *e = &c->entry[i];
	struct tc_list *l = &c->group.list[e->group_head];

	if (e->group_prev)
		c->entry[e->group_prev].group_next = e->group_next;
	else
		l->head[0] = e->group_next;
	if (e->group_next)
		c->entry[e->group_next].group_prev = e->group_prev;
	if (!--l->count)
		index_put(&c->group, e->group_head);
}

static void region_link(struct tcache *c, uint32_t i)
{
	struct tc_entry *e = &c->entry[i];
	uint32_t *head;

	e->region = index_get(&c->region, e->group, region_key(e->addr, level_class(e->level)));
	c->region.list[e->region].count++;
	head = &c->region.list[e->region].head[entry_head(e)];
	e->region_prev = 0;
	e->region_next = *head;
	if (*head)
		c->entry[*head].region_prev = i;
	*head = i;
}

static void region_unlink(struct tcache *c, uint32_t i)
{
	const struct tc_entry *e = &c->entry[i];
	struct tc_list *l = &c->region.list[e->region];

	if (e->region_prev)
		c->entry[e->region_prev].region_next = e->region_next;
	else
		l->head[entry_head(e)] = e->region_next;
	if (e->region_next)
		c->entry[e->region_next].region_prev = e->region_prev;
	if (!--l->count)
		index_put(&c->region, e->region);
}

static uint32_t *entry_bucket(const struct tcache *c, const struct tc_entry *e)
{
	return &c->bucket[tc_hash(e->addr, e->who, e->level) & c->mask];
}

static void hash_link(struct tcache *c, uint32_t i)
{
	uint32_t *bucket = entry_bucket(c, &c->entry[i]);

	c->entry[i].hash_next = *bucket;
	*bucket = i;
}

static void hash_unlink(struct tcache *c, uint32_t i)
{
	uint32_t *p = entry_bucket(c, &c->entry[i]);

	while (*p != i)
		p = &c->entry[*p].hash_next;
	*p = c->entry[i].hash_next;
}

static void levels_set(struct tcache *c, uint32_t levels)
{
	c->levels = levels;
	c->lowest = levels ? (uint32_t)__builtin_ctz(levels) : 0;
}

static void entry_remove(struct tcache *c, uint32_t i)
{
	struct tc_entry *e = &c->entry[i];

	if (__builtin_expect(c->removed != NULL, 0))
		c->removed(c, e);
	hash_unlink(c, i);
	region_unlink(c, i);
	group_unlink(c, i);
	age_unlink(c, i);
	if (!--c->level_count[e->level])
		levels_set(c, c->levels & ~((uint32_t)1 << e->level));
	c->count--;
	e->flags = 0;
	e->hash_next = c->free;
	c->free = i;
}

/* ---- room ---- */

int tcache_init(struct tcache *c, const struct sim_policy *policy, uint64_t seed, uint64_t stream)
{
	*c = (struct tcache){ .keep = policy->keep };
	rng_init(&c->rng, seed, stream);
	switch (policy->keep) {
	case SIM_KEEP_ALL:
		c->limit = TC_MOST;
		break;
	case SIM_KEEP_NONE:
		break;
	case SIM_KEEP_LRU:
	case SIM_KEEP_RANDOM:
		c->limit = policy->entries ? policy->entries : LRU_DEFAULT;
		if (c->limit > LRU_MOST)
			c->limit = LRU_MOST;
		break;
	}
	return SIM_OK;
}

void tcache_destroy(struct tcache *c)
{
	free(c->entry);
	free(c->bucket);
	free(c->group.list);
	free(c->group.bucket);
	free(c->region.list);
	free(c->region.bucket);
	*c = (struct tcache){ 0 };
}

static uint32_t buckets_for(uint32_t room)
{
	uint32_t n = ROOM_FIRST;

	while (n < room)
		n *= 2;
	return n;
}

static bool pool_grow(struct tcache *c)
{
	uint32_t room = c->room ? 2 * c->room : ROOM_FIRST;
	struct tc_entry *entry;
	uint32_t *bucket, buckets;

	if (room > c->limit + 1)
		room = c->limit + 1;
	entry = realloc(c->entry, room * sizeof(*entry));
	if (!entry)
		return false;
	c->entry = entry;
	entry[0] = (struct tc_entry){ .addr = ~(uint64_t)0 }; /* aligned to no page */
	buckets = buckets_for(room);
	bucket = calloc(buckets, sizeof(*bucket));
	if (!bucket)
		return false;
	free(c->bucket);
	c->bucket = bucket;
	c->mask = buckets - 1;
	for (uint32_t i = c->lru_first; i; i = c->entry[i].lru_next)
		hash_link(c, i);
	for (uint32_t i = room - 1; i >= (c->room ? c->room : 1); i--) {
		c->entry[i] = (struct tc_entry){ .hash_next = c->free };
		c->free = i;
	}
	c->room = room;
	return true;
}

/* At the limit every slot from 1 to the limit is in use. */
static uint32_t victim(struct tcache *c)
{
	if (c->keep == SIM_KEEP_RANDOM)
		return 1 + rng_below(&c->rng, c->limit);
	return c->lru_first;
}

/* Makes one free entry and one free list of each kind. */
static bool reserve(struct tcache *c)
{
	if (!c->limit)
		return false;
	if (c->count >= c->limit)
		entry_remove(c, victim(c));
	return (c->free || pool_grow(c)) && index_reserve(&c->group) && index_reserve(&c->region);
}

/* ---- public ---- */

struct tc_entry *tcache_find_level(struct tcache *c, uint64_t addr, uint64_t who, unsigned level)
{
	uint64_t base = tc_base(addr, level);
	uint32_t i;

	if (!(c->levels >> level & 1))
		return NULL;
	for (i = c->bucket[tc_hash(base, who, level) & c->mask]; i; i = c->entry[i].hash_next) {
		struct tc_entry *e = &c->entry[i];

		if (e->addr != base || e->who != who || e->level != level)
			continue;
		if (c->keep == SIM_KEEP_LRU)
			tcache_touch(c, i);
		return e;
	}
	return NULL;
}

void tcache_insert(struct tcache *c, const struct tc_entry *e)
{
	struct tc_entry add = *e, *old = tcache_find_level(c, e->addr, e->who, e->level);
	uint32_t i;

	if (old)
		tcache_drop_entry(c, old);
	if (!reserve(c))
		return;
	i = c->free;
	c->free = c->entry[i].hash_next;
	add.flags |= TC_USED;
	add.filler = c->filler;
	c->entry[i] = add;
	hash_link(c, i);
	group_link(c, i);
	region_link(c, i);
	age_link(c, i);
	c->level_count[add.level]++;
	levels_set(c, c->levels | (uint32_t)1 << add.level);
	c->count++;
}

bool tcache_drop_entry(struct tcache *c, struct tc_entry *e)
{
	if (!(e->flags & TC_USED))
		return false;
	entry_remove(c, (uint32_t)(e - c->entry));
	return true;
}

uint32_t tcache_drop_all(struct tcache *c)
{
	uint32_t dropped = c->count;

	while (c->lru_first)
		entry_remove(c, c->lru_first);
	return dropped;
}

static uint32_t drop_from_group(struct tcache *c, uint32_t list, const struct reach *reach)
{
	uint32_t dropped = 0;

	for (uint32_t i = c->group.list[list].head[0], next; i; i = next) {
		next = c->entry[i].group_next;
		if (reaches(reach, &c->entry[i])) {
			entry_remove(c, i);
			dropped++;
		}
	}
	return dropped;
}

uint32_t tcache_drop_group(struct tcache *c, uint32_t group)
{
	uint32_t list = index_find(&c->group, group, 0);

	return list ? drop_from_group(c, list, &(struct reach){ .last = UINT64_MAX }) : 0;
}

/* Removes from one of a region's heads. */
static uint32_t drop_from_head(struct tcache *c, uint32_t i, const struct reach *reach)
{
	uint32_t dropped = 0;

	for (uint32_t next; i; i = next) {
		next = c->entry[i].region_next;
		if (reaches(reach, &c->entry[i])) {
			entry_remove(c, i);
			dropped++;
		}
	}
	return dropped;
}

/* Of the heads of 4 KiB pages only those that the range touches. */
static uint32_t drop_from_region(struct tcache *c, uint32_t list, const struct reach *reach)
{
	const uint32_t *head = c->region.list[list].head; /* no insertion while this runs */
	uint64_t page = reach->first >> 12, pages = (reach->last >> 12) - page + 1;
	uint32_t heads = pages < TC_PAGE_HEADS ? (uint32_t)pages : TC_PAGE_HEADS, dropped = 0;

	for (uint32_t n = 0; n < heads; n++)
		dropped += drop_from_head(c, head[(page + n) % TC_PAGE_HEADS], reach);
	return dropped + drop_from_head(c, head[TC_PAGE_HEADS], reach);
}

/* Bit n: some entry of class n is held. */
static uint32_t classes(const struct tcache *c)
{
	return (c->levels & ~1u) | (c->levels & 1u) << 1;
}

/* Regions that [first, last] touches, over all classes. */
static uint64_t regions_touched(const struct tcache *c, uint64_t first, uint64_t last)
{
	uint64_t n = 0;

	for (uint32_t left = classes(c); left; left &= left - 1) {
		unsigned lg2 = TC_SIZE_LG2(__builtin_ctz(left));

		n += (last >> lg2) - (first >> lg2) + 1;
	}
	return n;
}

static uint32_t drop_reach(struct tcache *c, uint32_t group, const struct reach *reach)
{
	uint64_t first = reach->first, last = reach->last;
	uint32_t list = index_find(&c->group, group, 0), dropped = 0;

	if (!list || first > last)
		return 0;
	if (regions_touched(c, first, last) > c->group.list[list].count)
		return drop_from_group(c, list, reach);
	for (uint32_t left = classes(c); left; left &= left - 1) {
		unsigned class = (unsigned)__builtin_ctz(left);
		unsigned lg2 = TC_SIZE_LG2(class);

		for (uint64_t n = first >> lg2; n <= last >> lg2; n++) {
			uint32_t region =
				index_find(&c->region, group, region_key(n << lg2, class));

			if (region)
				dropped += drop_from_region(c, region, reach);
		}
	}
	return dropped;
}

uint32_t tcache_drop_range(struct tcache *c, uint32_t group, uint64_t first, uint64_t last)
{
	return drop_reach(c, group, &(struct reach){ first, last, false });
}

uint32_t tcache_drop_inside(struct tcache *c, uint32_t group, uint64_t first, uint64_t last)
{
	return drop_reach(c, group, &(struct reach){ first, last, true });
}

uint32_t tcache_drop_covering(struct tcache *c, uint64_t addr)
{
	uint32_t dropped = 0;

	for (uint32_t i = c->lru_first, next; i; i = next) {
		next = c->entry[i].lru_next;
		if (overlaps(&c->entry[i], addr, addr)) {
			entry_remove(c, i);
			dropped++;
		}
	}
	return dropped;
}

struct tc_entry *tcache_next(const struct tcache *c, uint32_t *cursor)
{
	for (uint32_t i = *cursor + 1; i < c->room; i++) {
		if (c->entry[i].flags & TC_USED) {
			*cursor = i;
			return &c->entry[i];
		}
	}
	return NULL;
}
