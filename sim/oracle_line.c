/*
 * The oracle's search for the cache entry that explains a finding.
 */
#include "oracle.h"

static unsigned size_lg2(uint8_t level)
{
	unsigned lg2 = TC_SIZE_LG2(level);

	return lg2 < 64 ? lg2 : 63;
}

uint64_t oracle_line_last(const struct sim_cache_line *line)
{
	uint64_t last = line->iova + (UINT64_C(1) << size_lg2(line->level)) - 1;

	return last < line->iova ? UINT64_MAX : last;
}

/* A final translation leads to its whole page, an entry that points to a table leads to one table page. */
uint64_t oracle_line_pa_last(const struct sim_cache_line *line)
{
	bool leaf = line->cache == SIM_CACHE_IOTLB || line->cache == SIM_CACHE_DEVICE;
	uint64_t last = line->pa + (UINT64_C(1) << size_lg2(leaf ? line->level : 0)) - 1;

	return last < line->pa ? UINT64_MAX : last;
}

static bool covers(const struct sim_cache_line *line, uint64_t iova)
{
	return line->iova <= iova && iova <= oracle_line_last(line);
}

static bool explains(const struct sim_cache_line *line, uint64_t iova, const struct sim_xlat *x)
{
	if (x->outcome != SIM_OUTCOME_OK)
		return line->negative;
	return !line->negative && line->pa + (iova - line->iova) == x->pa;
}

/* The entry itself: a look-up tag has no more than index and, on AMD-Vi, requester. */
static bool interrupt_served(const struct sim *s, const struct sim_request *rq,
			     const struct sim_xlat *x, struct sim_cache_line *out)
{
	uint32_t cursor = 0;

	while (sim_cache_next(s, rq->unit, SIM_CACHE_INTERRUPT, &cursor, out))
		if (out->interrupt && out->iova == SIM_INDEX_ADDR(x->index) &&
		    (!out->by_rid_tag || out->rid == rq->rid))
			return true;
	return false;
}

/* What is cached for the requester as a whole: of an interrupt the half of its entry that interrupts go by. */
static bool context_of(const struct sim *s, const struct sim_request *rq,
		       struct sim_cache_line *out)
{
	enum sim_cache cache = oracle_is_interrupt(rq) ? SIM_CACHE_INTERRUPT : SIM_CACHE_CONTEXT;
	uint32_t cursor = 0;

	while (sim_cache_next(s, rq->unit, cache, &cursor, out))
		if (out->rid == rq->rid && !out->interrupt)
			return true;
	return false;
}

/* The look-up tag is the requester's; a domain's where the unit no longer holds what says the domain, any. */
static bool tag_fits(const struct sim_cache_line *line, const struct sim_request *rq,
		     const struct sim_cache_line *context)
{
	if (!line->by_domain_tag)
		return line->rid == rq->rid;
	return !context || line->domain == context->domain;
}

bool oracle_line_served(const struct sim *s, const struct sim_request *rq, const struct sim_xlat *x,
			struct sim_cache_line *out)
{
	enum sim_cache cache = x->source == SIM_FROM_DEVTLB ? SIM_CACHE_DEVICE : SIM_CACHE_IOTLB;
	struct sim_cache_line line, context;
	bool found = false, has_context = context_of(s, rq, &context);
	uint32_t cursor = 0;

	if (x->source == SIM_FROM_IEC)
		return interrupt_served(s, rq, x, out);
	/* The entry that gives the answer; failing that (a permission too small), any that covers the address. */
	while (sim_cache_next(s, rq->unit, cache, &cursor, &line)) {
		if (!tag_fits(&line, rq, has_context ? &context : NULL) || !covers(&line, rq->addr))
			continue;
		if (rq->flags & SIM_REQ_PASID && line.pasid != rq->pasid)
			continue;
		if (!found || explains(&line, rq->addr, x))
			*out = line;
		if (explains(&line, rq->addr, x))
			return true;
		found = true;
	}
	return found;
}

/*
 * An entry has its address in bits 51:12, on both architectures, and at least one of its two lowest bits set while it leads
 * anywhere. Below the size of a large page the bits mean something else.
 */
bool oracle_line_agrees(const struct sim_cache_line *line, uint64_t word)
{
	bool leaf = line->cache == SIM_CACHE_IOTLB || line->cache == SIM_CACHE_DEVICE;
	uint64_t addr = ((UINT64_C(1) << 52) - 1) & ~UINT64_C(0xfff);

	if (line->word_mask)
		return !((word ^ line->word) & line->word_mask);
	if (leaf)
		addr &= ~((UINT64_C(1) << size_lg2(line->level)) - 1);
	if ((word & 3) == 0)
		return line->negative;
	return !line->negative && (word & addr) == (line->pa & addr);
}

bool oracle_line_contradicted(const struct sim *s, const struct sim_cache_line *line)
{
	uint64_t word;

	return !mem_read64(&s->mem, MEM_VIEW_CPU, line->entry_pa, &word) ||
	       !oracle_line_agrees(line, word);
}

bool oracle_line_of_domain(const struct sim *s, const struct sim_request *rq, uint32_t domain)
{
	struct sim_cache_line context;

	return !context_of(s, rq, &context) || context.domain == domain;
}

bool oracle_line_changed(const struct sim *s, const struct sim_cache_line *line)
{
	uint64_t word;

	if (!(line->half_mask[0] | line->half_mask[1]))
		return oracle_line_contradicted(s, line);
	for (unsigned i = 0; i < 2; i++)
		if (!mem_read64(&s->mem, MEM_VIEW_CPU, line->entry_pa + 8 * i, &word) ||
		    (word ^ line->half[i]) & line->half_mask[i])
			return true;
	return false;
}

/*
 * Suspects in order: the context entry and the paging entries memory contradicts; then the paging entry nearest to the
 * page, which shortens the walk past whatever changed above it; then the context entry.
 */
bool oracle_line_misled(const struct sim *s, const struct sim_request *rq,
			struct sim_cache_line *out)
{
	struct sim_cache_line context = { 0 }, line;
	bool has_context = context_of(s, rq, &context);
	bool found = false, wrong = false;
	uint32_t cursor = 0;

	if (has_context && oracle_line_changed(s, &context)) {
		*out = context;
		return true;
	}
	while (!oracle_is_interrupt(rq) &&
	       sim_cache_next(s, rq->unit, SIM_CACHE_PAGING, &cursor, &line)) {
		bool bad;

		if (!covers(&line, rq->addr) || (has_context && line.domain != context.domain))
			continue;
		bad = oracle_line_contradicted(s, &line);
		if (found && (bad == wrong ? line.level >= out->level : wrong))
			continue;
		*out = line;
		found = true;
		wrong = bad;
	}
	if (!found && has_context)
		*out = context;
	return found || has_context;
}
