/*
 * A finding as names and values, for reports that are read by programs.
 */
#include "oracle.h"

struct teller {
	sim_fact_fn fn;
	void *ctx;
};

static const char *const cause_names[SIM_CAUSES] = {
	[SIM_CAUSE_NONE] = "none",
	[SIM_CAUSE_NOT_ISSUED] = "not-issued",
	[SIM_CAUSE_BEFORE_STORE] = "before-store",
	[SIM_CAUSE_OTHER_UNIT] = "other-unit",
	[SIM_CAUSE_OTHER_CACHE] = "other-cache",
	[SIM_CAUSE_OTHER_DOMAIN] = "other-domain",
	[SIM_CAUSE_OTHER_DEVICE] = "other-device",
	[SIM_CAUSE_SHORT] = "range-short",
	[SIM_CAUSE_SMALL] = "mask-small",
	[SIM_CAUSE_HINT] = "hint-set",
	[SIM_CAUSE_PENDING] = "pending",
	[SIM_CAUSE_LOST] = "lost",
	[SIM_CAUSE_DROPPED] = "dropped",
	[SIM_CAUSE_DEVICE_FIRST] = "device-tlb-first",
	[SIM_CAUSE_REFILLED] = "refilled",
	[SIM_CAUSE_UNOBSERVED] = "not-observed",
	[SIM_CAUSE_NOT_WRITTEN_BACK] = "not-written-back",
	[SIM_CAUSE_NOT_FLUSHED] = "not-flushed",
	[SIM_CAUSE_SIZE_CUT] = "size-cut",
	[SIM_CAUSE_SHARED_ID] = "shared-id",
};

const char *sim_cause_name(enum sim_cause cause)
{
	return (unsigned)cause < SIM_CAUSES ? cause_names[cause] : NULL;
}

static void text(const struct teller *t, const char *name, const char *value)
{
	const struct sim_fact fact = { name, SIM_FACT_TEXT, value ? value : "", 0 };

	t->fn(t->ctx, &fact);
}

static void number(const struct teller *t, const char *name, uint64_t value)
{
	const struct sim_fact fact = { name, SIM_FACT_NUMBER, "", value };

	t->fn(t->ctx, &fact);
}

static void yes(const struct teller *t, const char *name, bool value)
{
	const struct sim_fact fact = { name, SIM_FACT_BOOL, "", value };

	t->fn(t->ctx, &fact);
}

static void line_facts(const struct teller *t, const struct sim_cache_line *l)
{
	text(t, "line.cache", sim_cache_name(l->cache));
	number(t, "line.unit", l->unit);
	number(t, "line.domain", l->domain);
	number(t, "line.pasid", l->pasid);
	number(t, "line.device", l->rid);
	number(t, "line.level", l->level);
	number(t, "line.iova", l->iova);
	number(t, "line.pa", l->pa);
	number(t, "line.permission", l->perm);
	yes(t, "line.negative", l->negative);
	number(t, "line.entry-pa", l->entry_pa);
	number(t, "line.filled-ns", l->filled_ns);
	if (l->interrupt) {
		number(t, "line.index", l->iova >> SIM_INDEX_LG2);
		number(t, "line.data", l->data);
		yes(t, "line.posted", l->posted);
	}
	if (!l->by_known)
		return;
	number(t, "line.filled-by", l->by_rid);
	text(t, "line.filled-access", sim_access_name((enum sim_access)l->by_access));
	yes(t, "line.filled-ats", l->by_ats);
	number(t, "line.filled-iova", l->by_iova);
}

static void store_facts(const struct teller *t, const struct sim_store *s)
{
	if (s->name)
		text(t, "store.register", s->name);
	else
		number(t, "store.pa", s->pa);
	number(t, "store.time-ns", s->time_ns);
	text(t, "store.master",
	     s->master == SIM_MASTER_ANY ? "outside" : sim_master_name((enum sim_master)s->master));
	number(t, "store.old", s->old);
	number(t, "store.new", s->now);
	number(t, "store.later", s->later);
}

/* Two sets of names, so that each is one static text. */
enum invalidation_fact {
	NAME,
	CACHES,
	DOMAIN_ID,
	DEVICE,
	FIRST,
	LAST,
	MASK,
	HINT,
	FACTS
};

static const char *const needed_names[FACTS] = {
	"needed.command", "needed.caches", "needed.domain", "needed.device",
	"needed.first",   "needed.last",   "needed.mask",   "needed.hint",
};

static const char *const nearest_names[FACTS] = {
	"nearest.command", "nearest.caches", "nearest.domain", "nearest.device",
	"nearest.first",   "nearest.last",   "nearest.mask",   "nearest.hint",
};

static void invalidation_facts(const struct teller *t, const char *const *name,
			       const struct sim_invalidation *c)
{
	text(t, name[NAME], c->name);
	number(t, name[CACHES], c->caches);
	if (c->by_domain)
		number(t, name[DOMAIN_ID], c->domain);
	if (c->by_device)
		number(t, name[DEVICE], c->rid);
	if (c->by_range) {
		number(t, name[FIRST], c->first);
		number(t, name[LAST], c->last);
		number(t, name[MASK], c->mask_lg2);
	}
	if (c->has_hint)
		yes(t, name[HINT], c->leaf_only);
}

static void issued_facts(const struct teller *t, const struct sim_invalidation *c)
{
	static const char *const states[] = {
		[SIM_COMMAND_ISSUED] = "issued",
		[SIM_COMMAND_EXECUTED] = "executed",
		[SIM_COMMAND_LOST] = "lost",
		[SIM_COMMAND_DROPPED] = "dropped",
	};

	number(t, "nearest.unit", c->unit);
	text(t, "nearest.state", states[c->state]);
	number(t, "nearest.issued-ns", c->issued_ns);
	number(t, "nearest.executed-ns", c->executed_ns);
	yes(t, "nearest.observed", c->observed);
}

static void account_facts(const struct teller *t, const struct sim_finding *f)
{
	number(t, "account.should", f->iova);
	number(t, "account.was", f->pa);
	number(t, "account.blocked", f->blocked);
	number(t, "account.recorded", f->recorded);
	number(t, "account.suppressed", f->suppressed);
	number(t, "account.overflowed", f->overflowed);
	number(t, "account.collapsed", f->collapsed);
}

static void access_facts(const struct teller *t, const struct sim_finding *f)
{
	number(t, "device", f->rid);
	number(t, "iova", f->iova);
	number(t, "pa", f->pa);
	yes(t, "translated", f->translated);
	number(t, "memory.pa", f->memory_pa);
	number(t, "memory.reason", f->memory_reason);
	if (f->interrupt) {
		number(t, "interrupt.index", f->index);
		number(t, "interrupt.sent", f->sent);
		number(t, "interrupt.data", f->data);
		yes(t, "interrupt.posted", f->posted);
		number(t, "memory.data", f->memory_data);
	}
	if (f->has_entry) {
		number(t, "memory.entry-pa", f->entry_pa);
		number(t, "memory.entry", f->entry);
	}
}

void sim_finding_facts(const struct sim_finding *f, sim_fact_fn fn, void *ctx)
{
	static const char *const verdicts[] = {
		[SIM_VERDICT_NEITHER] = "neither",
		[SIM_VERDICT_CACHE] = "cache-stale",
		[SIM_VERDICT_TABLE] = "table-wrong",
		[SIM_VERDICT_UNSEEN] = "store-unseen",
	};
	const struct teller t = { fn, ctx };

	text(&t, "kind", sim_finding_name(f->kind));
	number(&t, "time-ns", f->time_ns);
	number(&t, "unit", f->unit);
	text(&t, "verdict", verdicts[f->verdict]);
	text(&t, "cause", sim_cause_name(f->cause));
	text(&t, "why", f->why);
	if (f->kind == SIM_FINDING_ACCOUNTING)
		account_facts(&t, f);
	else if (f->kind != SIM_FINDING_BOUND)
		access_facts(&t, f);
	if (f->has_line)
		line_facts(&t, &f->line);
	if (f->has_store)
		store_facts(&t, &f->store);
	if (f->has_needed)
		invalidation_facts(&t, needed_names, &f->needed);
	if (f->has_nearest) {
		invalidation_facts(&t, nearest_names, &f->nearest);
		issued_facts(&t, &f->nearest);
	}
}
