/*
 * A finding as one paragraph. No allocation: text past the end of the buffer is only counted.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "oracle.h"

struct text {
	char *buf;
	size_t size, len;
};

static const char *const kind_names[SIM_FINDING_KINDS] = {
	[SIM_FINDING_OUTCOME] = "outcome",
	[SIM_FINDING_STALE] = "stale",
	[SIM_FINDING_UNPUBLISHED] = "unpublished",
	[SIM_FINDING_RELEASE] = "release",
	[SIM_FINDING_ESCAPE] = "escape",
	[SIM_FINDING_ACCOUNTING] = "accounting",
	[SIM_FINDING_BOUND] = "bound",
};

const char *sim_finding_name(enum sim_finding_kind kind)
{
	return (unsigned)kind < SIM_FINDING_KINDS ? kind_names[kind] : NULL;
}

static void add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *format, ...)
{
	size_t used = t->len < t->size ? t->len : t->size;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(t->size > used ? t->buf + used : NULL, t->size - used, format, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n;
}

static void add_rid(struct text *t, uint16_t rid)
{
	add(t, "%02x:%02x.%x", rid >> 8, rid >> 3 & 0x1f, rid & 7u);
}

static const char *perm_text(uint8_t perm)
{
	static const char *const names[4] = { "no access", "read-only", "write-only",
					      "read-write" };

	return names[perm & 3];
}

static const char *size_text(uint8_t level)
{
	static const char *const names[] = { "4 KiB", "2 MiB", "1 GiB", "512 GiB", "256 TiB" };

	return level < sizeof(names) / sizeof(names[0]) ? names[level] : "whole address space";
}

/* A message as interrupt controllers read it. */
static void add_message(struct text *t, uint64_t addr, uint32_t data)
{
	static const char *const delivery[] = { "fixed",  "lowest priority",
						"SMI",    "reserved mode",
						"NMI",    "INIT",
						"mode 6", "ExtINT" };

	add(t, "vector 0x%x (%s, %s) to %s destination 0x%" PRIx32, SIM_MSI_VECTOR(data),
	    delivery[SIM_MSI_DELIVERY(data)], SIM_MSI_LEVEL(data) ? "level" : "edge",
	    SIM_MSI_LOGICAL(addr) ? "logical" : "physical", SIM_MSI_DEST(addr));
}

static void add_delivery(struct text *t, bool posted, uint64_t addr, uint32_t data)
{
	if (posted)
		add(t, "vector 0x%" PRIx32 " in the descriptor at 0x%" PRIx64, data, addr);
	else
		add_message(t, addr, data);
}

static void add_interrupt(struct text *t, const struct sim_finding *f)
{
	add(t, "device ");
	add_rid(t, f->rid);
	add(t, " sent 0x%" PRIx64 " with data 0x%" PRIx32 ", interrupt entry 0x%x, ", f->iova,
	    f->sent, f->index);
	if (f->pa) {
		add(t, "and it was delivered as ");
		add_delivery(t, f->posted, f->pa, f->data);
	} else {
		add(t, "and it was blocked");
	}
}

/* What the device did or, for a release, what was given back. */
static void add_event(struct text *t, const struct sim_finding *f)
{
	add(t, "%s at %" PRIu64 " ns, unit %" PRIu32 ": ", kind_names[f->kind], f->time_ns,
	    f->unit);
	switch (f->kind) {
	case SIM_FINDING_RELEASE:
		add(t, "the page at 0x%" PRIx64 " was given back", f->pa);
		if (!f->has_line && (f->rid || f->iova)) {
			add(t, f->verdict == SIM_VERDICT_NEITHER ? "; it was mapped for "
								 : "; the tables lead there for ");
			add_rid(t, f->rid);
			add(t, " %s 0x%" PRIx64, f->verdict == SIM_VERDICT_NEITHER ? "at" : "from",
			    f->iova);
		}
		break;
	case SIM_FINDING_ACCOUNTING:
		add(t, "%" PRIu64 " are accounted for where %" PRIu64 " should be", f->pa, f->iova);
		break;
	case SIM_FINDING_BOUND:
		add(t, "a wait went on and on");
		break;
	default:
		if (f->interrupt) {
			add_interrupt(t, f);
			break;
		}
		add(t, "device ");
		add_rid(t, f->rid);
		add(t, " issued %s0x%" PRIx64, f->translated ? "a translated request for " : "",
		    f->iova);
		if (f->pa)
			add(t, " and reached 0x%" PRIx64, f->pa);
		else
			add(t, " and was refused");
	}
	add(t, ". ");
}

static void add_filler(struct text *t, const struct sim_cache_line *line)
{
	if (!line->by_known) {
		add(t, " for no request that is known: ahead of use, or before the oracle looked");
		return;
	}
	add(t, " for a %s%s by ", line->by_ats ? "translation request, " : "",
	    sim_access_name((enum sim_access)line->by_access));
	add_rid(t, line->by_rid);
	if (line->by_iova)
		add(t, " of 0x%" PRIx64, line->by_iova);
}

static void add_filled(struct text *t, const struct sim_cache_line *line)
{
	add(t, ", filled at %" PRIu64 " ns", line->filled_ns);
	if (line->entry_pa)
		add(t, " from the entry at 0x%" PRIx64, line->entry_pa);
}

static void add_interrupt_line(struct text *t, const struct sim_cache_line *line, bool gone)
{
	add(t, "The interrupt cache %s, ", gone ? "held" : "holds");
	if (!line->interrupt || line->by_rid_tag) {
		add(t, "for ");
		add_rid(t, line->rid);
		add(t, " ");
	}
	if (!line->interrupt) {
		add(t, "the table 0x%" PRIx64, line->pa);
	} else {
		add(t, "at entry 0x%" PRIx64 ", ", line->iova >> SIM_INDEX_LG2);
		if (line->negative)
			add(t, "that it blocks");
		else
			add_delivery(t, line->posted, line->pa, line->data);
	}
	add_filled(t, line);
	if (line->by_known) {
		add(t, " for an interrupt by ");
		add_rid(t, line->by_rid);
	} else {
		add_filler(t, line);
	}
	add(t, ". ");
}

static void add_line(struct text *t, const struct sim_cache_line *line, bool gone)
{
	if (line->cache == SIM_CACHE_INTERRUPT) {
		add_interrupt_line(t, line, gone);
		return;
	}
	add(t, "The %s cache %s, ", sim_cache_name(line->cache), gone ? "held" : "holds");
	if (line->cache != SIM_CACHE_PAGING) {
		add(t, "for ");
		add_rid(t, line->rid);
		add(t, " ");
	}
	if (line->cache != SIM_CACHE_DEVICE)
		add(t, "in domain id %" PRIu32 " ", line->domain);
	if (line->pasid)
		add(t, "with PASID 0x%" PRIx32 " ", line->pasid);
	if (line->cache != SIM_CACHE_CONTEXT)
		add(t, "at 0x%" PRIx64 " (%s, level %u) ", line->iova, size_text(line->level),
		    line->level);
	if (line->negative)
		add(t, "that there is no translation");
	else if (line->cache == SIM_CACHE_IOTLB || line->cache == SIM_CACHE_DEVICE)
		add(t, "the page 0x%" PRIx64 ", %s", line->pa, perm_text(line->perm));
	else
		add(t, "the table 0x%" PRIx64, line->pa);
	add_filled(t, line);
	add_filler(t, line);
	add(t, ". ");
}

static void add_memory_interrupt(struct text *t, const struct sim_finding *f)
{
	if (f->memory_pa) {
		add(t, "Memory now gives ");
		add_delivery(t, f->memory_posted, f->memory_pa, f->memory_data);
		add(t, ". ");
	} else if (f->memory_reason) {
		add(t, "Memory now blocks it with fault reason 0x%02x. ", f->memory_reason);
	} else {
		add(t, "Memory now blocks it. ");
	}
}

/* A walk was made for everything a device did, and for a released page that a translation leads to. */
static void add_memory(struct text *t, const struct sim_finding *f)
{
	bool leaf = f->has_line &&
		    (f->line.cache == SIM_CACHE_IOTLB || f->line.cache == SIM_CACHE_DEVICE);

	if (f->kind == SIM_FINDING_ACCOUNTING || f->kind == SIM_FINDING_BOUND)
		return;
	if (f->kind == SIM_FINDING_RELEASE && !leaf)
		return;
	if (f->kind == SIM_FINDING_ESCAPE && f->verdict == SIM_VERDICT_NEITHER)
		return; /* no table was asked */
	if (f->interrupt) {
		add_memory_interrupt(t, f);
		return;
	}
	if (f->memory_reason)
		add(t, "Memory now refuses 0x%" PRIx64 " with fault reason 0x%02x. ", f->iova,
		    f->memory_reason);
	else if (f->memory_pa)
		add(t, "Memory now leads from 0x%" PRIx64 " to 0x%" PRIx64 ". ", f->iova,
		    f->memory_pa);
	else
		add(t, "Memory now gives 0x%" PRIx64 " no translation. ", f->iova);
}

/* ---- what made memory differ ---- */

static void add_store(struct text *t, const struct sim_finding *f)
{
	const struct sim_store *s = &f->store;

	if (f->has_store) {
		if (s->name)
			add(t, "The register %s", s->name);
		else
			add(t, "The word at 0x%" PRIx64, s->pa);
		add(t, " was changed at %" PRIu64 " ns by %s: 0x%" PRIx64 " became 0x%" PRIx64,
		    s->time_ns,
		    s->master == SIM_MASTER_CPU   ? "the CPU"
		    : s->master == SIM_MASTER_ANY ? "a store from outside the machine"
						  : sim_master_name((enum sim_master)s->master),
		    s->old, s->now);
		if (s->later)
			add(t, ", and was stored to %" PRIu32 " more time%s since", s->later,
			    s->later == 1 ? "" : "s");
		add(t, ". ");
	} else if (f->verdict == SIM_VERDICT_CACHE && f->has_line) {
		add(t, "No store that would explain it is in the journal. ");
	}
	if (f->has_entry &&
	    (!f->has_store || s->name || f->entry_pa != s->pa || f->entry != s->now))
		add(t, "A walk now ends at the word at 0x%" PRIx64 ", which holds 0x%" PRIx64 ". ",
		    f->entry_pa, f->entry);
}

/* ---- invalidations ---- */

static void add_tags(struct text *t, const struct sim_invalidation *c)
{
	add(t, "%s", c->name);
	if (c->by_domain)
		add(t, ", domain id %" PRIu32, c->domain);
	if (c->by_device) {
		add(t, ", device ");
		add_rid(t, c->rid);
		if (c->rid_mask)
			add(t, " (function bits 0x%x masked)", c->rid_mask);
	}
	if (c->by_index)
		add(t, ", entry 0x%" PRIx64 " to 0x%" PRIx64 " (2^%u entries)",
		    c->first >> SIM_INDEX_LG2, c->last >> SIM_INDEX_LG2, c->mask_lg2);
	else if (c->by_range)
		add(t, ", address 0x%" PRIx64 " to 0x%" PRIx64 " (2^%u pages)", c->first, c->last,
		    c->mask_lg2);
	if (c->has_hint)
		add(t, c->leaf_only ? ", hint set (leaf entries only)" : ", hint clear");
}

static void add_needed(struct text *t, const struct sim_finding *f)
{
	if (!f->has_needed)
		return;
	add(t, "What removes the entry: ");
	add_tags(t, &f->needed);
	if (f->needed.leaf_only) /* it need not say so */
		add(t, ", or hint clear");
	add(t, ". ");
}

static void add_state(struct text *t, const struct sim_invalidation *c)
{
	add(t, ", issued at %" PRIu64 " ns on unit %" PRIu32, c->issued_ns, c->unit);
	switch (c->state) {
	case SIM_COMMAND_ISSUED:
		add(t, ", not carried out");
		break;
	case SIM_COMMAND_EXECUTED:
		add(t, ", carried out at %" PRIu64 " ns, completion %s", c->executed_ns,
		    c->observed ? "observed" : "not observed");
		break;
	case SIM_COMMAND_LOST:
		add(t, ", completed at %" PRIu64 " ns, its effect lost by injection",
		    c->executed_ns);
		break;
	case SIM_COMMAND_DROPPED:
		add(t, ", given up by the queue");
		break;
	}
}

static uint64_t pages_away(const struct sim_invalidation *c, const struct sim_cache_line *line)
{
	uint64_t gap =
		c->last < line->iova ? line->iova - c->last : c->first - oracle_line_last(line);

	return (gap + 0xfff) >> 12;
}

/* clang-format off */
static const char *const cause_text[SIM_CAUSES] = {
	[SIM_CAUSE_NOT_ISSUED] = "None was issued since the store",
	[SIM_CAUSE_BEFORE_STORE] = "it came before the store, and none after it",
	[SIM_CAUSE_OTHER_UNIT] = "it was given to another unit",
	[SIM_CAUSE_OTHER_CACHE] = "it does not look into this cache",
	[SIM_CAUSE_OTHER_DOMAIN] = "the entry is tagged with another domain id",
	[SIM_CAUSE_OTHER_DEVICE] = "the entry belongs to another device",
	[SIM_CAUSE_SMALL] = "it covers only a part of the page",
	[SIM_CAUSE_HINT] = "its hint says that only leaf entries changed, and this is a paging-structure entry",
	[SIM_CAUSE_PENDING] = "nothing may rely on it before it is complete",
	[SIM_CAUSE_LOST] = "injection took its effect away",
	[SIM_CAUSE_DROPPED] = "the queue gave it up before it was carried out",
	[SIM_CAUSE_DEVICE_FIRST] = "the device's TLB was invalidated before the IOTLB was, and filled from it again",
	[SIM_CAUSE_REFILLED] = "the entry was cached again after it",
	[SIM_CAUSE_SIZE_CUT] = "of a range of 4 GiB or more that begins there it covers only this: its size was computed in 32 bits",
	[SIM_CAUSE_UNOBSERVED] = "it removed the entry, and the guest has not read what tells that",
	[SIM_CAUSE_NOT_WRITTEN_BACK] = "the entry was cached again after it, from memory: the store's cache line was not written back before",
	[SIM_CAUSE_NOT_FLUSHED] = "the entry was cached again after it, from memory: the write buffer was not flushed before",
};

/* What the guest waits for. */
static const char *const wait_text[SIM_CAUSES] = {
	[SIM_CAUSE_NOT_ISSUED] = "Nothing is outstanding: the guest waits for what it did not ask for",
	[SIM_CAUSE_PENDING] = "the unit has not carried it out",
	[SIM_CAUSE_LOST] = "injection lost its completion",
	[SIM_CAUSE_DROPPED] = "the queue gave it up, and it has to be given again",
	[SIM_CAUSE_UNOBSERVED] = "it was completed, and the guest does not look where that was told",
};
/* clang-format on */

static void add_cause(struct text *t, const struct sim_finding *f)
{
	bool wait = f->kind == SIM_FINDING_BOUND;
	const char *text =
		(unsigned)f->cause < SIM_CAUSES ? (wait ? wait_text : cause_text)[f->cause] : NULL;

	if (f->verdict == SIM_VERDICT_UNSEEN) {
		if (!f->has_nearest)
			return;
		add(t, "The last flush before the store: ");
		add_tags(t, &f->nearest);
		add_state(t, &f->nearest);
		add(t, ". ");
		return;
	}
	if (f->cause == SIM_CAUSE_SHARED_ID) {
		add(t, "That is what memory says for ");
		add_rid(t, f->line.by_rid);
		add(t, ", which has the same domain id. ");
	}
	if (!f->has_nearest) {
		if (f->cause == SIM_CAUSE_NOT_ISSUED && !wait && !f->has_store)
			text = "None was issued since the entry was filled";
		if (f->cause == SIM_CAUSE_NOT_ISSUED)
			add(t, "%s. ", text);
		return;
	}
	add(t, wait                               ? "Outstanding: "
	       : f->cause == SIM_CAUSE_UNOBSERVED ? "What removed it: "
						  : "The nearest one issued: ");
	add_tags(t, &f->nearest);
	add_state(t, &f->nearest);
	add(t, "; ");
	if (f->cause == SIM_CAUSE_SHORT)
		add(t, "its range %s %" PRIu64 " %s%s short of the entry",
		    f->nearest.last < f->line.iova ? "ends" : "begins",
		    pages_away(&f->nearest, &f->line), f->line.interrupt ? "index" : "page",
		    pages_away(&f->nearest, &f->line) == 1 ? ""
		    : f->line.interrupt                    ? "es"
							   : "s");
	else if (text)
		add(t, "%s", text);
	add(t, ". ");
}

/* Always told; a cause that begins with it need not repeat it. */
static void add_verdict(struct text *t, const struct sim_finding *f)
{
	static const char *const verdicts[] = {
		[SIM_VERDICT_NEITHER] = "Neither the table nor a cache is at fault",
		[SIM_VERDICT_CACHE] = "The table is right, the cache is stale",
		[SIM_VERDICT_TABLE] = "The table is wrong, and no invalidation would help",
		/* clang-format off */
		[SIM_VERDICT_UNSEEN] = "The table is right as the CPU wrote it, and no cache is stale: the walk did not see it",
		/* clang-format on */
	};

	if (strncmp(f->why, "the table is ", 13) != 0)
		add(t, "%s. ", verdicts[f->verdict]);
}

static void add_account(struct text *t, const struct sim_finding *f)
{
	if (f->kind == SIM_FINDING_ACCOUNTING)
		add(t,
		    "Of %" PRIu64 " blocked requests %" PRIu64 " were recorded, %" PRIu64
		    " suppressed by the tables, %" PRIu64 " dropped at overflow, %" PRIu64
		    " collapsed into a record there was. ",
		    f->blocked, f->recorded, f->suppressed, f->overflowed, f->collapsed);
}

size_t sim_finding_format(const struct sim_finding *f, char *buf, size_t size)
{
	struct text t = { buf, size, 0 };

	if (size)
		buf[0] = 0;
	if (!sim_finding_name(f->kind))
		return 0;
	add_event(&t, f);
	if (f->has_line)
		add_line(&t, &f->line, f->cause == SIM_CAUSE_UNOBSERVED);
	add_memory(&t, f);
	add_store(&t, f);
	add_account(&t, f);
	add_needed(&t, f);
	add_cause(&t, f);
	add_verdict(&t, f);
	add(&t, "Cause: %s.", f->why);
	return t.len;
}
