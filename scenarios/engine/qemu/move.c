/* One request of a device within one page. */
#include "move.h"

#include <string.h>

#define PIECE_MAX 2048u
#define TRIES 64u  /* tags looked for, and places a read may have come from */
#define CERTAIN 4u /* bytes that two pages do not share by chance */

static uint64_t mix(uint64_t a)
{
	uint64_t z = a * UINT64_C(0x9E3779B97F4A7C15) + UINT64_C(0xD1B54A32D192ED03);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* Bytes without a zero, so that no untouched page holds them. */
static void make_tag(uint64_t number, uint8_t *tag, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)(mix(number + i / 8) >> 8 * (i % 8));

		tag[i] = byte ? byte : 0xA5;
	}
}

/* The page, of those listed, that holds the bytes at that place: the first from *next on. */
static bool find_page(const struct vm *vm, const struct ram_pages *pages, size_t *next,
		      uint32_t place, const uint8_t *bytes, uint32_t len, uint64_t *page)
{
	for (; *next < pages->count; (*next)++) {
		const uint8_t *at = ram_at(&vm->ram, pages->pa[*next] + place, len);

		if (at && memcmp(at, bytes, len) == 0) {
			*page = pages->pa[(*next)++];
			return true;
		}
	}
	return false;
}

/* A tag that no page holds at that place. */
static bool new_tag(const struct vm *vm, const struct move *m, const struct ram_pages *pages,
		    uint8_t *tag)
{
	for (uint32_t i = 0; i < TRIES; i++) {
		size_t next = 0;
		uint64_t page;

		make_tag(*m->tags, tag, m->len);
		*m->tags += m->len / 8 + 1;
		if (!find_page(vm, pages, &next, (uint32_t)(m->iova % RAM_PAGE), tag, m->len,
			       &page))
			return true;
	}
	return false;
}

bool move_raw(struct vm *vm, const struct move *m)
{
	return vm->master->put(vm, m->dev, m->data, m->len) &&
	       vm->master->run(vm, m->dev, true, m->iova, m->len) && !vm_broken(vm);
}

/* ---- write ---- */

static enum moved write_tagged(struct vm *vm, struct move *m, struct ram_pages *pages)
{
	uint32_t place = (uint32_t)(m->iova % RAM_PAGE);
	uint8_t tag[PIECE_MAX];
	struct move sent = *m;
	uint64_t page, second;
	size_t next = 0;

	sent.data = tag;
	m->why = "out of memory";
	if (!ram_list(&vm->ram, pages))
		return MOVED_UNKNOWN;
	m->why = "every value of these few bytes is in some page already";
	if (!new_tag(vm, m, pages, tag))
		return MOVED_UNKNOWN;
	if (!move_raw(vm, &sent))
		return MOVED_BROKEN;
	if (!ram_list(&vm->ram, pages) || !find_page(vm, pages, &next, place, tag, m->len, &page))
		return MOVED_NOTHING;
	m->why = "the bytes came out in two places";
	if (find_page(vm, pages, &next, place, tag, m->len, &second))
		return MOVED_UNKNOWN;
	m->pa = page + place;
	memcpy(ram_at(&vm->ram, m->pa, m->len), m->data, m->len);
	return MOVED_ALL;
}

enum moved move_write(struct vm *vm, struct move *m)
{
	struct ram_pages pages = { NULL, 0, 0 };
	enum moved rc = write_tagged(vm, m, &pages);

	ram_pages_free(&pages);
	return rc;
}

/* ---- read ---- */

struct reading {
	struct ram_pages before, after;
	uint32_t place;
	bool tables; /* one may have been read */
	uint8_t sentinel[PIECE_MAX];
};

static bool transfer(struct vm *vm, const struct move *m, const uint8_t *sentinel, uint8_t *got)
{
	return vm->master->put(vm, m->dev, sentinel, m->len) &&
	       vm->master->run(vm, m->dev, false, m->iova, m->len) &&
	       vm->master->get(vm, m->dev, got, m->len) && !vm_broken(vm);
}

/* Whether the device reads this page: what it reads there changes with what is there. */
static enum moved confirm(struct vm *vm, struct move *m, const struct reading *r, uint64_t page)
{
	uint8_t old[PIECE_MAX], tag[PIECE_MAX], got[PIECE_MAX];
	uint8_t *at = ram_at(&vm->ram, page + r->place, m->len);

	if (!at || !new_tag(vm, m, &r->after, tag))
		return MOVED_NOTHING;
	memcpy(old, at, m->len);
	memcpy(at, tag, m->len);
	if (!transfer(vm, m, r->sentinel, got))
		return MOVED_BROKEN;
	memcpy(at, old, m->len);
	if (memcmp(got, tag, m->len) != 0)
		return MOVED_NOTHING;
	m->pa = page + r->place;
	return MOVED_ALL;
}

/* Tries pages that were not there before, or those that were. */
static enum moved confirm_any(struct vm *vm, struct move *m, struct reading *r, bool fresh)
{
	uint64_t page;
	size_t next = 0;
	uint32_t tried = 0;

	while (find_page(vm, &r->after, &next, r->place, m->data, m->len, &page)) {
		enum moved rc;

		if (ram_pages_have(&r->before, page) == fresh)
			continue;
		if (m->is_table && m->is_table(m->ctx, page)) {
			r->tables = true;
			continue;
		}
		if (tried++ == TRIES) {
			m->why = "too many pages hold what it read";
			return MOVED_UNKNOWN;
		}
		rc = confirm(vm, m, r, page);
		if (rc != MOVED_NOTHING)
			return rc;
	}
	return MOVED_NOTHING;
}

/* Bytes so many and so varied that one page alone holds them. */
static bool is_certain(const struct vm *vm, struct move *m, const struct reading *r)
{
	uint32_t set = 0;
	size_t next = 0;
	uint64_t page, second;

	for (uint32_t i = 0; i < m->len; i++)
		set += m->data[i] != 0;
	if (set < CERTAIN || !find_page(vm, &r->after, &next, r->place, m->data, m->len, &page) ||
	    find_page(vm, &r->after, &next, r->place, m->data, m->len, &second))
		return false;
	m->pa = page + r->place;
	return true;
}

static enum moved locate(struct vm *vm, struct move *m, struct reading *r)
{
	enum moved rc;

	if (is_certain(vm, m, r))
		return MOVED_ALL;
	rc = confirm_any(vm, m, r, true);
	if (rc == MOVED_NOTHING)
		rc = confirm_any(vm, m, r, false);
	if (rc != MOVED_NOTHING)
		return rc;
	for (uint32_t i = 0; i < m->len; i++)
		if (m->data[i]) {
			m->why = "it read something that is no memory";
			return MOVED_UNKNOWN;
		}
	m->why = "it read zeroes, which a refused read gives too, and a table holds zeroes there";
	return r->tables && m->doubt ? MOVED_UNKNOWN : MOVED_NOTHING;
}

static enum moved read_followed(struct vm *vm, struct move *m, struct reading *r)
{
	m->why = "out of memory";
	r->place = (uint32_t)(m->iova % RAM_PAGE);
	if (!ram_drop_zeroes(&vm->ram) || !ram_list(&vm->ram, &r->before))
		return MOVED_UNKNOWN;
	make_tag(*m->tags, r->sentinel, m->len);
	*m->tags += m->len / 8 + 1;
	if (!transfer(vm, m, r->sentinel, m->data))
		return MOVED_BROKEN;
	if ((m->refused && m->refused(m->ctx)) || memcmp(m->data, r->sentinel, m->len) == 0)
		return MOVED_NOTHING;
	if (!ram_list(&vm->ram, &r->after))
		return MOVED_UNKNOWN;
	return locate(vm, m, r);
}

enum moved move_read(struct vm *vm, struct move *m)
{
	struct reading r = { .place = 0 };
	enum moved rc = read_followed(vm, m, &r);

	ram_pages_free(&r.before);
	ram_pages_free(&r.after);
	return rc;
}
