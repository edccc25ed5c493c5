/*
 * A finding as one paragraph. No allocation: text past the end of the buffer is only counted.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

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

/* What the device did or, for a release, what was given back. */
static void add_event(struct text *t, const struct sim_finding *f)
{
	add(t, "%s at %" PRIu64 " ns, unit %" PRIu32 ": ", kind_names[f->kind], f->time_ns,
	    f->unit);
	switch (f->kind) {
	case SIM_FINDING_RELEASE:
		add(t, "the page at 0x%" PRIx64 " was given back", f->pa);
		break;
	case SIM_FINDING_ACCOUNTING:
		add(t, "%" PRIu64 " are accounted for where %" PRIu64 " should be", f->pa, f->iova);
		break;
	case SIM_FINDING_BOUND:
		add(t, "a wait went on and on");
		break;
	default:
		add(t, "device ");
		add_rid(t, f->rid);
		add(t, " issued 0x%" PRIx64, f->iova);
		if (f->pa)
			add(t, " and reached 0x%" PRIx64, f->pa);
		else
			add(t, " and was refused");
	}
	add(t, ". ");
}

static void add_line(struct text *t, const struct sim_cache_line *line)
{
	add(t, "The %s cache holds, ", sim_cache_name(line->cache));
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
	add(t, ", filled at %" PRIu64 " ns", line->filled_ns);
	if (line->entry_pa)
		add(t, " from the entry at 0x%" PRIx64, line->entry_pa);
	add(t, ". ");
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
	if (f->memory_reason)
		add(t, "Memory now refuses 0x%" PRIx64 " with fault reason 0x%02x. ", f->iova,
		    f->memory_reason);
	else if (f->memory_pa)
		add(t, "Memory now leads from 0x%" PRIx64 " to 0x%" PRIx64 ". ", f->iova,
		    f->memory_pa);
	else
		add(t, "Memory now gives 0x%" PRIx64 " no translation. ", f->iova);
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
		add_line(&t, &f->line);
	add_memory(&t, f);
	add(&t, "Cause: %s.", f->why);
	return t.len;
}
