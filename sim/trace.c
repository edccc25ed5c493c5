/*
 * The trace: a ring of records, and their text. One line per record, "time_ns unit kind key=value ...", the same bytes for
 * the same run. Fault reasons stay numbers: what they mean is the architecture's business.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "machine.h"

/* How a column is written. */
enum style {
	HEX,
	DEC,
	RID,
	CACHE,
	SOURCE,
	ACCESS,
	POINT,
	COMPLAINT,
	FINDING,
	POWER,
	ENTRY,
	REASON
};

/* Where it comes from. */
enum field {
	A,
	B,
	CODE,
	SMALL,
	FLAGS
};

struct column {
	const char *key; /* NULL: none, and none after it */
	enum field field;
	enum style style;
};

struct layout {
	const char *name;
	struct column column[5];
};

/* clang-format off */
static const struct layout layouts[SIM_TRACE_KINDS] = {
	[SIM_TRACE_NONE] = { "none", { { 0 } } },
	[SIM_TRACE_MARK] = { "mark", { { "number", A, DEC } } },
	[SIM_TRACE_REG_READ] = { "reg-read", { { "off", A, HEX }, { "width", SMALL, DEC }, { "val", B, HEX } } },
	[SIM_TRACE_REG_WRITE] = { "reg-write", { { "off", A, HEX }, { "width", SMALL, DEC }, { "val", B, HEX } } },
	[SIM_TRACE_CPU_WRITE] = { "cpu-write", { { "pa", A, HEX }, { "val", B, HEX } } },
	[SIM_TRACE_CPU_SYNC] = { "cpu-sync", { { "pa", A, HEX }, { "size", B, HEX }, { "write-back", SMALL, DEC } } },
	[SIM_TRACE_PUBLISH] = { "publish", { { "pa", A, HEX }, { "words", B, HEX }, { "to-buffer", SMALL, DEC } } },
	[SIM_TRACE_XLAT] = { "xlat", { { "rid", CODE, RID }, { "access", FLAGS, ACCESS }, { "iova", A, HEX },
		{ "pa", B, HEX }, { "from", SMALL, SOURCE } } },
	[SIM_TRACE_XLAT_FAULT] = { "xlat-fault", { { "rid", CODE, RID }, { "access", FLAGS, ACCESS }, { "iova", A, HEX },
		{ "entry", B, HEX }, { "reason", SMALL, REASON } } },
	[SIM_TRACE_DMA] = { "dma", { { "rid", CODE, RID }, { "access", SMALL, ACCESS }, { "pa", A, HEX }, { "len", B, DEC } } },
	[SIM_TRACE_FILL] = { "fill", { { "cache", SMALL, CACHE }, { "id", CODE, HEX }, { "addr", A, HEX }, { "val", B, HEX } } },
	[SIM_TRACE_DROP] = { "drop", { { "cache", SMALL, CACHE }, { "domain", CODE, DEC }, { "first", A, HEX },
		{ "entries", B, DEC } } },
	[SIM_TRACE_COMMAND] = { "command", { { "head", CODE, HEX }, { "q0", A, HEX }, { "q1", B, HEX } } },
	[SIM_TRACE_STATUS] = { "status", { { "pa", A, HEX }, { "val", B, HEX } } },
	[SIM_TRACE_MSI] = { "msi", { { "rid", CODE, RID }, { "from-unit", SMALL, DEC }, { "addr", A, HEX }, { "data", B, HEX } } },
	[SIM_TRACE_FAULT_RECORD] = { "fault-record", { { "index", CODE, DEC }, { "q0", A, HEX }, { "q1", B, HEX } } },
	[SIM_TRACE_COMPLAINT] = { "complaint", { { "id", CODE, COMPLAINT }, { "val", A, HEX } } },
	[SIM_TRACE_INJECT] = { "inject", { { "point", SMALL, POINT }, { "rule", CODE, DEC }, { "addr", A, HEX }, { "val", B, HEX } } },
	[SIM_TRACE_POWER] = { "power", { { "what", SMALL, POWER }, { "rid", CODE, RID } } },
	[SIM_TRACE_STALE] = { "stale", { { "cache", SMALL, CACHE }, { "id", CODE, HEX }, { "addr", A, HEX },
		{ "level", FLAGS, DEC }, { "entry", B, HEX } } },
	[SIM_TRACE_GONE] = { "gone", { { "cache", SMALL, CACHE }, { "id", CODE, HEX }, { "addr", A, HEX },
		{ "level", FLAGS, DEC }, { "entry", B, HEX } } },
	[SIM_TRACE_SAFE] = { "safe", { { "cache", SMALL, CACHE }, { "id", CODE, HEX }, { "addr", A, HEX },
		{ "level", FLAGS, DEC }, { "entry", B, HEX } } },
	[SIM_TRACE_ENTRY] = { "entry", { { "what", SMALL, ENTRY }, { "word", CODE, DEC }, { "pa", A, HEX }, { "val", B, HEX } } },
	[SIM_TRACE_FINDING] = { "finding", { { "kind", CODE, FINDING }, { "addr", A, HEX } } },
};
/* clang-format on */

uint64_t sim_trace_count(const struct sim *s)
{
	return s->trace.count;
}

const struct sim_trace_record *sim_trace_get(const struct sim *s, uint64_t n)
{
	const struct trace *t = &s->trace;

	if (!t->ring || n >= t->count || t->count - n > (uint64_t)t->mask + 1)
		return NULL;
	return &t->ring[n & t->mask];
}

const char *sim_entry_name(enum sim_entry what)
{
	static const char *const names[SIM_ENTRIES] = { "root",          "context",     "ss",
							"irte-remapped", "irte-posted", "pid",
							"dte",           "pte",         "irte32",
							"irte" };

	return (unsigned)what < SIM_ENTRIES ? names[what] : NULL;
}

void trace_entry(struct sim *s, const struct port *port, enum sim_entry what, uint64_t at,
		 const uint64_t *q, unsigned words)
{
	if (!s->trace_entries || port->probe)
		return;
	for (unsigned i = 0; i < words; i++)
		trace(s, SIM_TRACE_ENTRY, port->unit, i, (uint8_t)what, 0, at + 8ul * i, q[i]);
}

void sim_trace_mark(struct sim *s, uint64_t number)
{
	trace(s, SIM_TRACE_MARK, 0, 0, 0, 0, number, 0);
}

static uint64_t field_of(const struct sim_trace_record *r, enum field field)
{
	switch (field) {
	case A:
		return r->a;
	case B:
		return r->b;
	case CODE:
		return r->code;
	case SMALL:
		return r->small;
	case FLAGS:
		return r->flags;
	}
	return 0;
}

/* The name a value has in its style, NULL when it is written as a number. */
static const char *name_of(enum style style, uint64_t val)
{
	const struct sim_complaint_info *info;

	if (val > UINT8_MAX)
		return NULL;
	switch (style) {
	case CACHE:
		return sim_cache_name((enum sim_cache)val);
	case SOURCE:
		return sim_source_name((enum sim_source)val);
	case ACCESS:
		return sim_access_name((enum sim_access)val);
	case POINT:
		return sim_point_name((enum sim_point)val);
	case COMPLAINT:
		info = sim_complaint_info((uint32_t)val);
		return info ? info->name : NULL;
	case FINDING:
		return sim_finding_name((enum sim_finding_kind)val);
	case POWER:
		return power_name((unsigned)val);
	case ENTRY:
		return sim_entry_name((enum sim_entry)val);
	case HEX:
	case DEC:
	case RID:
	case REASON:
		break;
	}
	return NULL;
}

/* Text under construction; `len` goes on counting behind the end. */
struct text {
	char *buf;
	size_t size, len;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *format, ...)
{
	size_t at = t->len < t->size ? t->len : t->size;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->size ? t->buf + at : NULL, t->size - at, format, args);
	va_end(args);
	if (n > 0)
		t->len += (size_t)n;
}

static void put_value(struct text *t, enum style style, uint64_t val)
{
	const char *name = name_of(style, val);

	if (name)
		put(t, "%s", name);
	else if (style == HEX)
		put(t, "0x%" PRIx64, val);
	else if (style == RID)
		put(t, "%02x:%02x.%x", (unsigned)(val >> 8 & 0xFF), (unsigned)(val >> 3 & 0x1F),
		    (unsigned)(val & 7));
	else if (style == REASON)
		put(t, "0x%02x", (unsigned)val);
	else
		put(t, "%" PRIu64, val);
}

size_t sim_trace_format(const struct sim *s, const struct sim_trace_record *r, char *buf,
			size_t size)
{
	struct text t = { .buf = buf, .size = size };
	const struct layout *l = &layouts[r->kind < SIM_TRACE_KINDS ? r->kind : SIM_TRACE_NONE];

	(void)s;
	put(&t, "%" PRIu64 " %u %s", r->time_ns, (unsigned)r->unit, l->name);
	for (unsigned i = 0; i < 5 && l->column[i].key; i++) {
		const struct column *c = &l->column[i];

		put(&t, " %s=", c->key);
		put_value(&t, c->style, field_of(r, c->field));
	}
	return t.len;
}
