/*
 * Release: pages that go back to the allocator against everything that still leads to them. Looks at every entry of every
 * cache and at every mapping, and then at the entries that led there until a command removed them which the guest has not
 * seen complete.
 */
#include "oracle.h"

/* Whether the tables still lead there too: an early release, not a missing invalidation. */
enum suspect {
	CACHE = 0,
	BOTH,
	SUSPECTS
};

static const char *const release_why[SIM_CACHES][SUSPECTS] = {
	[SIM_CACHE_CONTEXT] = { "table page given back while a context-cache entry still points to "
				"it",
				"table page given back while a context entry, cached and in "
				"memory, still "
				"points to it" },
	[SIM_CACHE_PASID] = { "table page given back while a PASID-cache entry still points to it",
			      "table page given back while a PASID entry, cached and in memory, "
			      "still points "
			      "to it" },
	[SIM_CACHE_IOTLB] = { "the table is right, the cache is stale: page given back while the "
			      "IOTLB still "
			      "translates to it",
			      "the table is wrong: page given back while the tables and the IOTLB "
			      "still lead "
			      "to it" },
	[SIM_CACHE_PAGING] = { "page-table page given back while a paging-structure cache entry "
			       "still points "
			       "to it",
			       "page-table page given back while a paging entry, cached and in "
			       "memory, still "
			       "points to it" },
	[SIM_CACHE_DEVICE] = { "the table is right, the cache is stale: page given back while a "
			       "device's TLB "
			       "still translates to it",
			       "the table is wrong: page given back while the tables and a "
			       "device's TLB still "
			       "lead to it" },
	[SIM_CACHE_INTERRUPT] = { "interrupt table page given back while an entry cached from it, "
				  "or the cached pointer to it, is still used",
				  "interrupt table page given back while the unit still remaps by "
				  "it, in memory and in its cache" },
};

/* The entry went by a command, and the guest did not look whether that was complete: it was lucky. */
static const char *const early_why[SIM_CACHES] = {
	[SIM_CACHE_CONTEXT] =
		"wait not observed: table page given back before the guest saw that the "
		"invalidation of the context entry that pointed to it was complete",
	[SIM_CACHE_PASID] = "wait not observed: table page given back before the guest saw that "
			    "the invalidation of the PASID entry that pointed to it was complete",
	[SIM_CACHE_IOTLB] = "wait not observed: page given back before the guest saw that the "
			    "invalidation of the IOTLB, which translated to it, was complete",
	[SIM_CACHE_PAGING] =
		"wait not observed: page-table page given back before the guest saw that the "
		"invalidation of the paging entry that pointed to it was complete",
	[SIM_CACHE_DEVICE] =
		"wait not observed: page given back before the guest saw that the invalidation of "
		"the device's TLB, which translated to it, was complete",
	[SIM_CACHE_INTERRUPT] =
		"wait not observed: page given back before the guest saw that the invalidation of "
		"the cached interrupt entry that depended on it was complete",
};

static const char table_in_force[] =
	"interrupt table page given back while the unit still remaps by it";
static const char descriptor_held[] =
	"page given back while a cached interrupt entry still posts interrupts to it";

static const char still_mapped[] =
	"page given back while a mapping that was never removed still leads to it";
static const char leaving[] =
	"page given back before the removal of the mapping that led to it was told complete";

struct range {
	uint64_t first, last;
};

/* Whether memory, asked now, still leads from the line's address into the released range, for reads or for writes. */
static bool memory_leads(const struct sim *s, const struct sim_cache_line *line,
			 const struct range *r, uint64_t iova, struct sim_xlat *now)
{
	const struct unit *u = sim_unit(s, line->unit);
	struct sim_request rq = {
		.addr = iova,
		.rid = line->rid,
		.unit = (uint8_t)line->unit,
		.access = line->perm & 1 || !line->perm ? SIM_READ : SIM_WRITE,
		.len = 1,
	};

	u->ops->probe(u, &rq, MEM_VIEW_CPU, now);
	if (now->outcome != SIM_OUTCOME_OK) {
		struct sim_xlat other;

		rq.access = rq.access == SIM_READ ? SIM_WRITE : SIM_READ;
		u->ops->probe(u, &rq, MEM_VIEW_CPU, &other);
		if (other.outcome == SIM_OUTCOME_OK)
			*now = other;
	}
	return now->outcome == SIM_OUTCOME_OK && now->pa >= r->first && now->pa <= r->last;
}

/* A device of an identity domain reaches every page for as long as it is attached: no reason to keep any. */
static bool by_design(const struct sim *s, const struct sim_cache_line *line)
{
	const struct oracle_space *space = oracle_attached(s->oracle, line->unit, line->rid);

	return space && space->identity && line->pa == line->iova;
}

/* The table the unit remaps all interrupts by reaches into the range. */
static bool in_force(const struct sim *s, uint32_t unit, const struct range *r)
{
	const struct unit *u = sim_unit(s, unit);
	uint64_t first, last;

	return u->ops->interrupt_table && u->ops->interrupt_table(u, &first, &last) &&
	       first <= r->last && last >= r->first;
}

enum reach {
	NOTHING = 0,
	ENTRY,      /* the entry was read from there */
	DESCRIPTOR, /* the entry posts interrupts there */
	TABLE       /* what is cached of the requester's own entry points there */
};

static bool meets(uint64_t at, uint64_t bytes, const struct range *r, uint64_t *pa)
{
	*pa = at > r->first ? at : r->first;
	return bytes && at <= r->last && r->first <= at + (bytes - 1);
}

/* How a line of the interrupt cache depends on the range; *pa: the first byte of it. */
static enum reach reach_of(const struct sim_cache_line *line, const struct range *r, uint64_t *pa)
{
	if (!line->interrupt)
		return line->pa && meets(line->pa, line->data, r, pa) ? TABLE : NOTHING;
	if (line->posted && meets(line->pa, 64, r, pa))
		return DESCRIPTOR;
	return meets(line->entry_pa, 16, r, pa) ? ENTRY : NOTHING;
}

/* Not the line alone says so. */
static bool still_reached(const struct sim *s, const struct sim_cache_line *line, enum reach reach,
			  const struct range *r)
{
	return reach == ENTRY ? in_force(s, line->unit, r) : !oracle_line_contradicted(s, line);
}

static struct sim_finding interrupt_finding(const struct sim_cache_line *line, uint64_t pa)
{
	return (struct sim_finding){
		.kind = SIM_FINDING_RELEASE,
		.unit = line->unit,
		.rid = line->by_rid_tag || !line->interrupt ? line->rid : 0,
		.iova = line->iova,
		.index = (uint16_t)(line->iova >> SIM_INDEX_LG2),
		.pa = pa,
		.has_line = true,
		.line = *line,
	};
}

static bool is_leaf(enum sim_cache cache)
{
	return cache == SIM_CACHE_IOTLB || cache == SIM_CACHE_DEVICE;
}

/* The unit holds an entry of the requester by which it accepts what the requester translated itself. */
static bool accepted(const struct sim *s, uint32_t unit, uint16_t rid)
{
	struct sim_cache_line line;
	uint32_t cursor = 0;

	while (sim_cache_next(s, unit, SIM_CACHE_CONTEXT, &cursor, &line)) {
		if (line.rid == rid && line.translated)
			return true;
	}
	return false;
}

/*
 * What a device holds reaches memory only while the unit lets its translated requests pass: by an entry that is cached, or
 * by the one in memory, as the processor or the hardware sees it.
 */
static bool of_use(const struct sim *s, const struct sim_cache_line *line)
{
	const struct unit *u = sim_unit(s, line->unit);
	const struct sim_request rq = {
		.addr = line->pa,
		.rid = line->rid,
		.unit = (uint8_t)line->unit,
		.at = SIM_AT_TRANSLATED,
		.access = line->perm & 1 || !line->perm ? SIM_READ : SIM_WRITE,
		.len = 1,
	};
	struct sim_xlat processor, hardware;

	u->ops->probe(u, &rq, MEM_VIEW_CPU, &processor);
	u->ops->probe(u, &rq, u->view, &hardware);
	return processor.outcome == SIM_OUTCOME_OK || hardware.outcome == SIM_OUTCOME_OK ||
	       accepted(s, line->unit, line->rid);
}

static bool leads_into(const struct sim *s, const struct sim_cache_line *line,
		       const struct range *r)
{
	/* Address 0 of a table pointer is no table: a pass-through context entry has none. */
	if (line->negative || (!is_leaf(line->cache) && !line->pa))
		return false;
	if (line->pa > r->last || oracle_line_pa_last(line) < r->first)
		return false;
	if (line->cache == SIM_CACHE_DEVICE && !of_use(s, line))
		return false;
	return !is_leaf(line->cache) || !by_design(s, line);
}

static void line_found(struct sim *s, const struct sim_cache_line *line, const struct range *r)
{
	uint64_t pa = line->pa > r->first ? line->pa : r->first;
	struct sim_xlat now = { 0 };
	struct sim_finding f = {
		.kind = SIM_FINDING_RELEASE,
		.unit = line->unit,
		.rid = line->cache == SIM_CACHE_PAGING ? 0 : line->rid,
		.iova = line->iova,
		.pa = pa,
		.has_line = true,
		.line = *line,
	};
	struct sim_finding *kept;
	bool both;

	if (is_leaf(line->cache)) {
		f.iova += pa - line->pa;
		both = memory_leads(s, line, r, f.iova, &now);
		f.memory_pa = now.outcome == SIM_OUTCOME_OK ? now.pa : 0;
		f.memory_reason = now.reason;
	} else {
		both = !oracle_line_contradicted(s, line);
	}
	f.why = release_why[line->cache][both ? BOTH : CACHE];
	f.verdict = both ? SIM_VERDICT_TABLE : SIM_VERDICT_CACHE;
	kept = oracle_found(s, &f);
	if (kept)
		oracle_explain(s, kept, NULL);
}

static uint32_t scan_interrupts(struct sim *s, uint32_t unit, const struct range *r)
{
	struct sim_cache_line line;
	uint32_t cursor = 0, found = 0;

	while (sim_cache_next(s, unit, SIM_CACHE_INTERRUPT, &cursor, &line)) {
		struct sim_finding f, *kept;
		uint64_t pa;
		enum reach reach = reach_of(&line, r, &pa);
		bool both;

		if (reach == NOTHING)
			continue;
		f = interrupt_finding(&line, pa);
		both = still_reached(s, &line, reach, r);
		f.why = reach == DESCRIPTOR ? descriptor_held
					    : release_why[SIM_CACHE_INTERRUPT][both ? BOTH : CACHE];
		f.verdict = both ? SIM_VERDICT_TABLE : SIM_VERDICT_CACHE;
		kept = oracle_found(s, &f);
		if (kept)
			oracle_explain(s, kept, NULL);
		found++;
	}
	if (found || !in_force(s, unit, r))
		return found;
	oracle_found(s, &(struct sim_finding){
				.kind = SIM_FINDING_RELEASE,
				.unit = unit,
				.pa = r->first,
				.why = table_in_force,
				.verdict = SIM_VERDICT_TABLE,
			});
	return 1;
}

static uint32_t scan_cache(struct sim *s, uint32_t unit, enum sim_cache cache,
			   const struct range *r)
{
	struct sim_cache_line line;
	uint32_t cursor = 0, found = 0;

	while (sim_cache_next(s, unit, cache, &cursor, &line)) {
		if (!leads_into(s, &line, r))
			continue;
		line_found(s, &line, r);
		found++;
	}
	return found;
}

/* A unit that does not remap has no use for its entries either. */
static bool interrupt_early(const struct sim *s, const struct sim_cache_line *line,
			    const struct range *r, struct sim_finding *f)
{
	const struct unit *u = sim_unit(s, line->unit);
	uint64_t pa, first, last;
	enum reach reach = reach_of(line, r, &pa);

	if (reach == NOTHING || still_reached(s, line, reach, r))
		return false;
	if (u->ops->interrupt_table ? !u->ops->interrupt_table(u, &first, &last)
				    : !u->ops->translating(u))
		return false;
	*f = interrupt_finding(line, pa);
	f->why = early_why[SIM_CACHE_INTERRUPT];
	f->verdict = SIM_VERDICT_NEITHER;
	return true;
}

/*
 * What memory still leads to is another mistake. A unit that does not translate lets everything through: nobody waits for its
 * caches.
 */
static bool went_early(const struct sim *s, const struct oracle_gone *gone, const struct range *r,
		       struct sim_finding *f)
{
	const struct sim_cache_line *line = &gone->line;
	const struct unit *u = sim_unit(s, line->unit);
	uint64_t pa = line->pa > r->first ? line->pa : r->first;
	struct sim_xlat now = { 0 };

	if (line->cache == SIM_CACHE_INTERRUPT)
		return interrupt_early(s, line, r, f);
	if (!early_why[line->cache] || !leads_into(s, line, r) || !u->ops->translating(u))
		return false;
	*f = (struct sim_finding){
		.kind = SIM_FINDING_RELEASE,
		.unit = line->unit,
		.rid = line->cache == SIM_CACHE_PAGING ? 0 : line->rid,
		.iova = line->iova,
		.pa = pa,
		.has_line = true,
		.line = *line,
		.why = early_why[line->cache],
		.verdict = SIM_VERDICT_NEITHER,
	};
	if (!is_leaf(line->cache))
		return oracle_line_contradicted(s, line);
	f->iova += pa - line->pa;
	if (memory_leads(s, line, r, f->iova, &now))
		return false;
	f->memory_pa = now.outcome == SIM_OUTCOME_OK ? now.pa : 0;
	f->memory_reason = now.reason;
	return true;
}

static uint32_t scan_gone(struct sim *s, const struct range *r)
{
	struct oracle *o = s->oracle;
	struct sim_finding f, *kept;
	uint32_t found = 0;

	oracle_gone_settle(o);
	for (uint32_t i = 0; i < o->gones; i++) {
		if (!went_early(s, &o->gone[i], r, &f) || oracle_removes_line(o, &o->gone[i].line))
			continue;
		found++;
		kept = oracle_found(s, &f);
		if (kept)
			oracle_explain_early(s, kept, o->gone[i].number);
	}
	return found;
}

static uint32_t scan_space(struct sim *s, const struct oracle_space *space, const struct range *r,
			   enum ref_state state)
{
	struct ref_pos p = { 0, 0 };
	const struct ref_range *m;
	uint32_t found = 0;

	while ((m = refmap_next(&space->map, &p))) {
		uint64_t skip = r->first > m->pa ? r->first - m->pa : 0;
		struct sim_finding f = {
			.kind = SIM_FINDING_RELEASE,
			.unit = space->unit,
			.rid = space->rid,
			.iova = m->first + skip,
			.pa = m->pa + skip,
			.why = state == REF_MAPPED ? still_mapped : leaving,
			.verdict = state == REF_MAPPED ? SIM_VERDICT_TABLE : SIM_VERDICT_NEITHER,
			.cause = state == REF_MAPPED ? SIM_CAUSE_NONE : SIM_CAUSE_UNOBSERVED,
		};

		if (m->state != state || m->pa > r->last || skip > m->last - m->first)
			continue;
		oracle_found(s, &f);
		found++;
	}
	return found;
}

uint32_t sim_oracle_release(struct sim *s, uint64_t first, uint64_t last)
{
	const struct range r = { first, last };
	uint32_t found = 0;

	if (first > last || !oracle_of(s))
		return 0;
	for (uint32_t u = 0; u < s->units; u++)
		for (uint32_t cache = 0; cache < SIM_CACHES; cache++)
			if (cache == SIM_CACHE_INTERRUPT)
				found += scan_interrupts(s, u, &r);
			else if (release_why[cache][CACHE])
				found += scan_cache(s, u, (enum sim_cache)cache, &r);
	for (uint32_t i = 0; i < s->oracle->spaces; i++)
		if (!s->oracle->space[i]->identity)
			found += scan_space(s, s->oracle->space[i], &r, REF_MAPPED);
	if (!found)
		found = scan_gone(s, &r);
	if (!found)
		found = oracle_scan_views(s, first, last);
	for (uint32_t i = 0; !found && i < s->oracle->spaces; i++)
		if (!s->oracle->space[i]->identity)
			found += scan_space(s, s->oracle->space[i], &r, REF_LEAVING);
	return found;
}
