/*
 * What a unit may hold, as plain lists.
 */
#include "stale_model.h"

#include <check.h>

static const unsigned slot_index[M_LEVELS][M_SLOTS] = { { 6, 7 }, { 2, 3 }, { 0, 1 }, { 0, 0 } };

unsigned model_index(unsigned level, unsigned slot)
{
	return slot_index[level][slot];
}

static uint64_t span(unsigned level)
{
	return (uint64_t)4096 << 9 * level;
}

uint64_t model_iova(const unsigned *slot)
{
	uint64_t iova = 0;

	for (unsigned level = 0; level < M_LEVELS; level++)
		iova += slot_index[level][slot[level]] * span(level);
	return iova;
}

/* -1: no slot is used for that address. */
static int slot_of(unsigned level, uint64_t iova)
{
	unsigned index = (unsigned)(iova / span(level) % 512);

	for (unsigned slot = 0; slot < M_SLOTS; slot++)
		if (slot_index[level][slot] == index)
			return (int)slot;
	return -1;
}

uint64_t model_entry_pa(const struct model *m, unsigned level, unsigned table, unsigned slot)
{
	return m->table_pa[level][table] + 8 * slot_index[level][slot];
}

static unsigned table_number(const struct model *m, unsigned level, uint64_t pa)
{
	unsigned n = 0;

	while (m->table_pa[level][n] != pa)
		ck_assert_uint_lt(++n, M_TABLES);
	return n;
}

/* ---- lines ---- */

uint64_t model_last(const struct m_line *l)
{
	return l->iova + span(l->level) - 1;
}

static bool same_tag(const struct model *m, const struct m_line *a, const struct m_line *b)
{
	if (a->cache != b->cache || a->iova != b->iova || a->level != b->level)
		return false;
	if (a->cache == M_PAGING || (a->cache == M_IOTLB && m->arch == M_AMDVI))
		return a->domain == b->domain;
	return a->dev == b->dev;
}

static void drop(struct model *m, unsigned i)
{
	for (m->lines--; i < m->lines; i++)
		m->line[i] = m->line[i + 1];
}

static void keep(struct model *m, struct m_line l)
{
	for (unsigned i = 0; i < m->lines; i++)
		if (same_tag(m, &m->line[i], &l)) {
			drop(m, i);
			break;
		}
	l.filled = ++m->order;
	ck_assert_uint_lt(m->lines, M_LINES);
	m->line[m->lines++] = l;
}

/* The smallest that covers the address; NULL: a miss. */
static const struct m_line *look(const struct model *m, enum m_cache cache, unsigned dev,
				 unsigned domain, uint64_t iova)
{
	const struct m_line *best = NULL;

	for (unsigned i = 0; i < m->lines; i++) {
		const struct m_line *l = &m->line[i];
		bool by_domain = cache == M_PAGING || (cache == M_IOTLB && m->arch == M_AMDVI);

		if (l->cache != cache || (by_domain ? l->domain != domain : l->dev != dev))
			continue;
		if (cache != M_CONTEXT && (iova < l->iova || iova > model_last(l)))
			continue;
		if (!best || l->level < best->level)
			best = l;
	}
	return best;
}

/* ---- walks ---- */

/* From `table` of `level` down; what is passed is kept when `fill` is set. */
static struct m_answer descend(struct model *m, bool fill, const struct m_context *c,
			       unsigned level, unsigned table, uint8_t perm, uint64_t iova,
			       uint8_t need)
{
	for (;; level--) {
		int slot = slot_of(level, iova);
		const struct m_entry *e = slot < 0 ? NULL : &m->table[level][table][slot];
		uint64_t at = m->table_pa[level][table] + 8 * (iova / span(level) % 512);
		uint64_t base = iova & ~(span(level) - 1);

		if (!e || e->kind == M_NOTHING)
			return (struct m_answer){ .entry_pa = at };
		perm &= e->perm;
		if (e->kind == M_PAGE)
			return (struct m_answer){ .ok = perm != 0,
						  .pa = m->page_pa[level][e->to] + (iova - base),
						  .perm = perm,
						  .level = level,
						  .entry_pa = at };
		/* AMD-Vi: a directory entry that does not permit the access ends the walk. */
		if (m->arch == M_AMDVI && need & ~perm)
			return (struct m_answer){ .entry_pa = at };
		table = e->to;
		if (fill)
			keep(m, (struct m_line){ .cache = M_PAGING,
						 .domain = c->domain,
						 .iova = base,
						 .level = level,
						 .pa = m->table_pa[level - 1][table],
						 .perm = perm,
						 .entry_pa = at });
	}
}

struct m_answer model_truth(const struct model *m, unsigned dev, uint64_t iova)
{
	const struct m_context *c = &m->context[dev];

	if (!c->present)
		return (struct m_answer){ .no_context = true };
	return descend((struct model *)(uintptr_t)m, false, c, M_LEVELS - 1, c->top,
		       M_READ | M_WRITE, iova, 0);
}

static struct m_context context_of(struct model *m, unsigned dev)
{
	const struct m_line *l = look(m, M_CONTEXT, dev, 0, 0);
	struct m_context c = l ? l->context : m->context[dev];

	/* VT-d without caching mode keeps nothing that is not there; AMD-Vi keeps device table entries as they are. */
	if (!l && (c.present || m->arch == M_AMDVI))
		keep(m, (struct m_line){ .cache = M_CONTEXT,
					 .dev = dev,
					 .domain = c.domain,
					 .context = c,
					 .pa = c.present ? m->table_pa[M_LEVELS - 1][c.top] : 0,
					 .entry_pa = m->context_pa[dev] });
	return c;
}

/* Tables, by way of what is kept of them. need: 0 for a translation request. */
static struct m_answer walk(struct model *m, unsigned dev, const struct m_context *c, uint64_t iova,
			    uint8_t need)
{
	const struct m_line *l = look(m, M_PAGING, dev, c->domain, iova);
	unsigned level = M_LEVELS - 1, table = c->top;
	uint8_t perm = M_READ | M_WRITE;
	struct m_answer a;

	if (l) {
		level = l->level - 1;
		perm = l->perm;
		if (m->arch == M_AMDVI && need & ~perm)
			return (struct m_answer){ 0 };
		table = table_number(m, level, l->pa);
	}
	a = descend(m, true, c, level, table, perm, iova, need);
	if (a.ok && !(need & ~a.perm))
		keep(m, (struct m_line){ .cache = M_IOTLB,
					 .dev = dev,
					 .domain = c->domain,
					 .iova = iova & ~(span(a.level) - 1),
					 .level = a.level,
					 .pa = a.pa & ~(span(a.level) - 1),
					 .perm = a.perm,
					 .entry_pa = a.entry_pa });
	return a;
}

static struct m_answer from_line(const struct m_line *l, uint64_t iova)
{
	return (struct m_answer){
		.ok = true, .pa = l->pa + (iova - l->iova), .perm = l->perm, .level = l->level
	};
}

/* The unit's answer; need 0: a translation request. */
static struct m_answer ask(struct model *m, unsigned dev, uint64_t iova, uint8_t need)
{
	struct m_context c = { 0 };
	const struct m_line *l;
	struct m_answer a;

	if (m->arch == M_AMDVI) { /* pages are looked up by the domain the device is in */
		c = context_of(m, dev);
		if (!c.present)
			return (struct m_answer){ .no_context = true };
	}
	l = look(m, M_IOTLB, dev, c.domain, iova);
	if (l) {
		a = from_line(l, iova);
		if (!(need & ~a.perm))
			return a;
		if (!m->rewalk)
			return (struct m_answer){ 0 };
	}
	if (m->arch == M_VTD)
		c = context_of(m, dev);
	if (!c.present)
		return (struct m_answer){ .no_context = true };
	a = walk(m, dev, &c, iova, need);
	if (need & ~a.perm)
		a.ok = false;
	return a;
}

/* Somebody who was told this instead of what memory says was told wrong. */
static bool differs(const struct m_answer *told, const struct m_answer *memory, uint8_t need)
{
	bool may = memory->ok && !(need & ~memory->perm);

	if (told->ok != may || (!need && told->no_context != memory->no_context))
		return true;
	return told->ok && (told->pa != memory->pa || told->perm & ~memory->perm);
}

/* The unit lets a translated request pass; not to, where memory says that it may, is an answer too. */
static bool passes(struct model *m, unsigned dev, bool *stale)
{
	bool pass = context_of(m, dev).present;

	*stale |= !pass && m->context[dev].present;
	return pass;
}

/* A device with a TLB: what it holds, else what it is told, and then the unit has to let it pass. */
static struct m_answer by_device(struct model *m, unsigned dev, uint64_t iova, uint8_t need,
				 bool *stale)
{
	const struct m_line *l = look(m, M_DEVICE, dev, 0, iova);
	struct m_answer memory = model_truth(m, dev, iova), a;

	if (l && !(need & ~l->perm)) {
		a = from_line(l, iova);
		a.ok = passes(m, dev, stale);
		*stale |= differs(&a, &memory, need);
		return a;
	}
	a = ask(m, dev, iova, 0);
	*stale |= differs(&a, &memory, 0);
	if (!a.ok)
		return a;
	keep(m, (struct m_line){ .cache = M_DEVICE,
				 .dev = dev,
				 .iova = iova & ~(span(a.level) - 1),
				 .level = a.level,
				 .pa = a.pa & ~(span(a.level) - 1),
				 .perm = a.perm,
				 .entry_pa = a.entry_pa });
	a.ok = !(need & ~a.perm) && passes(m, dev, stale);
	if (!a.ok) /* refused what memory gives */
		*stale |= memory.ok && !(need & ~memory.perm);
	return a;
}

struct m_answer model_request(struct model *m, unsigned dev, uint64_t iova, uint8_t need,
			      bool *stale)
{
	struct m_answer memory = model_truth(m, dev, iova), a;

	*stale = false;
	if (dev == M_DEVICES - 1)
		return by_device(m, dev, iova, need, stale);
	a = ask(m, dev, iova, need);
	*stale = differs(&a, &memory, need);
	return a;
}

/* ---- commands ---- */

static bool touches(const struct m_command *c, const struct m_line *l)
{
	return c->first <= model_last(l) && c->last >= l->iova;
}

bool model_covers(const struct model *m, const struct m_command *c, const struct m_line *l)
{
	switch (c->what) {
	case M_CMD_NONE:
		return false;
	case M_CMD_CONTEXT_GLOBAL:
		return l->cache == M_CONTEXT;
	case M_CMD_CONTEXT_DOMAIN:
		return l->cache == M_CONTEXT && l->domain == c->domain;
	case M_CMD_CONTEXT_DEVICE:
		return l->cache == M_CONTEXT && l->dev == c->dev &&
		       (m->arch == M_AMDVI || l->domain == c->domain);
	case M_CMD_PAGES_GLOBAL:
		return l->cache == M_IOTLB || l->cache == M_PAGING;
	case M_CMD_PAGES_DOMAIN:
		return (l->cache == M_IOTLB || l->cache == M_PAGING) && l->domain == c->domain;
	case M_CMD_PAGES_RANGE:
		if (l->domain != c->domain || !touches(c, l))
			return false;
		if (l->cache == M_PAGING)
			return !c->leaf_only;
		if (l->cache != M_IOTLB)
			return false;
		return !m->exact || (c->first <= l->iova && model_last(l) <= c->last);
	case M_CMD_DEVICE_RANGE:
		return l->cache == M_DEVICE && l->dev == c->dev && touches(c, l);
	case M_CMD_EVERYTHING:
		return l->cache != M_DEVICE;
	}
	return false;
}

void model_execute(struct model *m, unsigned n)
{
	struct m_command *c = &m->command[n - 1];

	c->done = true;
	m->done = n;
	for (unsigned i = 0; i < m->lines;) {
		if (!model_covers(m, c, &m->line[i])) {
			i++;
			continue;
		}
		ck_assert_uint_lt(m->gones, M_LINES);
		m->gone[m->gones++] = (struct m_gone){ m->line[i], n };
		drop(m, i);
	}
}
