/* What a run did and saw. */
#include "transcript.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "hw/amdvi.h"
#include "hw/vtd.h"
#include "names.h"
#include "qemu/qemu.h"

#define LOOK_BACK 24u /* reads of one register between two other records become one */
#define RING_MOST 4096u
#define LOG_MOST 64u
#define CONTROLLERS 4u

/*
 * The table of the backend with some entries replaced. A backend's first member points to its table, and the table of a tapped
 * one is the first member of its tap.
 */
struct tap {
	struct backend_ops ops;
	const struct backend_ops *real;
	struct transcript *t;
	struct transcript_as as;
	struct be_unit unit_as;
	uint32_t step;
	bool begun; /* a step runs */
	be_yield_fn yield;
	void *yield_ctx;
	bool inside; /* at a yield point: of what is done there only DMA is kept */
	uint64_t
		effects; /* of the step: stands for its stores and register writes, in their order */
	bool seen[CONTROLLERS][256];
	uint64_t msis;
	uint32_t fence; /* reads before this record are not repeated: a word was stored since */
};

static struct tap *tap_of(const struct backend *be)
{
	return (struct tap *)(uintptr_t)be->ops;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t z = (a ^ b) * UINT64_C(0x9E3779B97F4A7C15) + UINT64_C(0xD1B54A32D192ED03);

	return z ^ z >> 29;
}

static void effect(struct tap *p, uint64_t where, uint64_t val)
{
	p->effects = mix(mix(p->effects, where), val);
}

static struct record *add(struct tap *p, enum record_kind kind)
{
	struct transcript *t = p->t;
	struct record *r;

	if (t->count == t->cap) {
		uint32_t cap = t->cap ? 2 * t->cap : 256;
		struct record *more = t->count < TRANSCRIPT_RECORDS
					      ? realloc(t->record, cap * sizeof(*more))
					      : NULL;

		if (!more) {
			t->cut = true;
			return NULL;
		}
		t->record = more;
		t->cap = cap;
	}
	r = &t->record[t->count++];
	memset(r, 0, sizeof(*r));
	r->kind = kind;
	r->step = p->step;
	return r;
}

/* ---- reads, of which the last before the next event counts ---- */

static void keep_read(struct tap *p, enum record_kind kind, uint32_t off, uint64_t at,
		      uint32_t width, uint64_t val)
{
	struct transcript *t = p->t;
	struct record *r;

	if (p->inside)
		return;
	for (uint32_t i = 0; i + p->fence < t->count && i < LOOK_BACK; i++) {
		r = &t->record[t->count - 1 - i];
		if (r->step != p->step || (r->kind != RECORD_READ && r->kind != RECORD_LOAD))
			break;
		if (r->kind == kind && r->off == off && r->at == at && r->width == width) {
			r->val[0] = val;
			return;
		}
	}
	r = add(p, kind);
	if (!r)
		return;
	r->off = off;
	r->at = at;
	r->width = width;
	r->val[0] = val;
}

static uint64_t tap_reg_read(struct backend *be, uint32_t unit, uint32_t off, uint32_t width)
{
	struct tap *p = tap_of(be);
	uint64_t val = p->real->reg_read(be, unit, off, width);

	keep_read(p, RECORD_READ, off, 0, width, val);
	return val;
}

static uint64_t tap_mem_read(struct backend *be, uint64_t pa)
{
	struct tap *p = tap_of(be);
	uint64_t val = p->real->mem_read(be, pa);

	keep_read(p, RECORD_LOAD, 0, pa, 8, val);
	return val;
}

static void tap_mem_write(struct backend *be, uint64_t pa, uint64_t val)
{
	struct tap *p = tap_of(be);

	if (!p->inside)
		p->fence = p->t->count;
	p->real->mem_write(be, pa, val);
	effect(p, pa, val);
}

/* ---- writes and commands ---- */

/* Where commands are, when `off` is the register of their tail. */
static bool ring_of(struct tap *p, struct backend *be, uint32_t off, struct ring *q)
{
	bool vtd = p->t->unit.arch == BE_VTD;
	uint64_t base;

	if (off != (vtd ? VTD_REG_IQT : AMDVI_REG_CMD_TAIL))
		return false;
	if (vtd ? !(p->real->peek(be, 0, VTD_REG_GSTS, 4) & VTD_GSTS_QIES)
		: !(p->real->peek(be, 0, AMDVI_REG_STATUS, 8) & AMDVI_STATUS_CMDBUFRUN))
		return false; /* nobody fetches them */
	base = p->real->peek(be, 0, vtd ? VTD_REG_IQA : AMDVI_REG_CMDBUF, 8);
	*q = (struct ring){
		.base = base & (vtd ? VTD_IQA_IQA : AMDVI_RING_BASE),
		.bytes = vtd ? UINT64_C(4096) << FIELD_GET(VTD_IQA_QS, base)
			     : UINT64_C(1) << AMDVI_RING_LG2_BYTES(FIELD_GET(AMDVI_RING_LEN, base)),
		.width = vtd && (base & VTD_IQA_DW) ? 32 : 16,
		.pointer = vtd ? VTD_IQT_QT : AMDVI_PTR_16,
	};
	return true;
}

static void keep_commands(struct tap *p, struct backend *be, uint32_t off, uint64_t val)
{
	struct ring q = { 0 };
	uint64_t at, end;

	if (!ring_of(p, be, off, &q))
		return;
	at = p->real->peek(be, 0, off, 8) & q.pointer;
	end = val & q.pointer;
	if (at >= q.bytes || end >= q.bytes || at % q.width || end % q.width)
		return;
	for (uint32_t n = 0; at != end && n < RING_MOST; n++, at = (at + q.width) % q.bytes) {
		uint64_t words[4] = { 0 };
		struct record *r;

		if (p->real->load(be, q.base + at, words, q.width))
			return;
		r = add(p, RECORD_COMMAND);
		if (!r)
			return;
		r->at = at;
		r->width = q.width;
		memcpy(r->val, words, sizeof(words));
	}
}

static void tap_reg_write(struct backend *be, uint32_t unit, uint32_t off, uint32_t width,
			  uint64_t val)
{
	struct tap *p = tap_of(be);
	struct record *r;

	if (!p->inside) {
		keep_commands(p, be, off, val);
		r = add(p, RECORD_WRITE);
		if (r) {
			r->unit = unit;
			r->off = off;
			r->width = width;
			r->val[0] = val;
		}
	}
	p->real->reg_write(be, unit, off, width, val);
	effect(p, UINT64_MAX - off, val);
}

/* ---- DMA ---- */

static uint64_t hash(const uint8_t *bytes, uint64_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (uint64_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
	return h;
}

static int tap_dma(struct backend *be, const struct be_dma *d, struct be_dma_result *res)
{
	struct tap *p = tap_of(be);
	int rc = p->real->dma(be, d, res);
	struct record *r = rc ? NULL : add(p, p->inside ? RECORD_INSIDE : RECORD_DMA);

	if (!r)
		return rc;
	r->at = p->inside ? p->effects : 0;
	r->dma = *d;
	r->dma.data = NULL;
	r->res = *res;
	if (d->access == BE_READ)
		r->data = hash(d->data, res->done);
	return rc;
}

/* ---- the end of a step ---- */

struct state {
	uint32_t off, width;
};

static const struct state vtd_state[] = {
	{ VTD_REG_GSTS, 4 },    { VTD_REG_RTADDR, 8 }, { VTD_REG_FSTS, 4 },
	{ VTD_REG_FECTL, 4 },   { VTD_REG_FEDATA, 4 }, { VTD_REG_FEADDR, 4 },
	{ VTD_REG_FEUADDR, 4 }, { VTD_REG_IQH, 8 },    { VTD_REG_IQT, 8 },
	{ VTD_REG_IQA, 8 },     { VTD_REG_ICS, 4 },    { VTD_REG_IQERCD, 8 },
	{ VTD_REG_IECTL, 4 },   { VTD_REG_IEDATA, 4 }, { VTD_REG_IEADDR, 4 },
	{ VTD_REG_IEUADDR, 4 }, { VTD_REG_IRTA, 8 },   { 0, 0 },
};

static const struct state amdvi_state[] = {
	{ AMDVI_REG_DEVTAB, 8 },   { AMDVI_REG_CMDBUF, 8 },    { AMDVI_REG_EVTLOG, 8 },
	{ AMDVI_REG_CONTROL, 8 },  { AMDVI_REG_EXCL_BASE, 8 }, { AMDVI_REG_EXCL_LIMIT, 8 },
	{ AMDVI_REG_CMD_HEAD, 8 }, { AMDVI_REG_CMD_TAIL, 8 },  { AMDVI_REG_EVT_HEAD, 8 },
	{ AMDVI_REG_EVT_TAIL, 8 }, { AMDVI_REG_STATUS, 8 },    { 0, 0 },
};

static void keep_fault(struct tap *p, uint64_t n, uint64_t low, uint64_t high)
{
	struct record *r = add(p, RECORD_FAULT);

	if (!r)
		return;
	r->at = n;
	r->val[0] = low;
	r->val[1] = high;
}

/* A record that is not set says nothing. */
static void keep_vtd_faults(struct tap *p, struct backend *be)
{
	uint64_t cap = p->t->unit.word[BE_VTD_CAP];

	for (uint32_t i = 0; i <= FIELD_GET(VTD_CAP_NFR, cap); i++) {
		uint32_t off = (uint32_t)VTD_REG_FRCD(FIELD_GET(VTD_CAP_FRO, cap), i);
		uint64_t high = p->real->peek(be, 0, off + 8, 8);

		if (high & VTD_FRCD1_F)
			keep_fault(p, i, p->real->peek(be, 0, off, 8), high);
	}
}

/* Events that software did not take yet. */
static void keep_amdvi_faults(struct tap *p, struct backend *be)
{
	uint64_t ring = p->real->peek(be, 0, AMDVI_REG_EVTLOG, 8);
	uint64_t bytes = UINT64_C(1) << AMDVI_RING_LG2_BYTES(FIELD_GET(AMDVI_RING_LEN, ring));
	uint64_t at = p->real->peek(be, 0, AMDVI_REG_EVT_HEAD, 8) & AMDVI_PTR_16;
	uint64_t end = p->real->peek(be, 0, AMDVI_REG_EVT_TAIL, 8) & AMDVI_PTR_16;
	uint64_t words[2];

	for (uint32_t n = 0; at != end && at < bytes && end < bytes && n < LOG_MOST; n++) {
		if (p->real->load(be, (ring & AMDVI_RING_BASE) + at, words, sizeof(words)))
			return;
		keep_fault(p, n, words[0], words[1]);
		at = (at + sizeof(words)) % bytes;
	}
}

#define MSI_VECTOR 0xffu
#define MSI_DESTINATION(addr) ((uint32_t)((addr) >> 12 & 0xff) | (uint32_t)((addr) >> 40 << 8))
#define MSI_BROADCAST 0xffu

/* A controller holds a vector once, however often it comes: what counts is that it came. */
static void keep_vector(struct tap *p, uint32_t controller, const struct be_msi *m)
{
	uint32_t vector = m->data & MSI_VECTOR;
	struct record *r;

	if (p->seen[controller][vector])
		return;
	p->seen[controller][vector] = true;
	r = add(p, RECORD_INTERRUPT);
	if (!r)
		return;
	r->off = controller;
	r->val[0] = vector;
	r->from_unit = m->from_unit;
}

static void keep_interrupts(struct tap *p, struct backend *be)
{
	uint64_t end = p->real->msi_count ? p->real->msi_count(be) : 0;

	for (; p->msis < end; p->msis++) {
		struct be_msi m;
		uint32_t to;

		if (!p->real->msi_get(be, p->msis, &m))
			continue;
		to = MSI_DESTINATION(m.addr);
		for (uint32_t c = 0; c < CONTROLLERS; c++)
			if (to == c || to == MSI_BROADCAST)
				keep_vector(p, c, &m);
	}
}

static void step_ends(struct tap *p, struct backend *be)
{
	bool vtd = p->t->unit.arch == BE_VTD;
	const struct state *s = vtd ? vtd_state : amdvi_state;

	if (!p->begun || p->t->units != 1)
		return;
	for (; s->width; s++) {
		struct record *r = add(p, RECORD_STATE);

		if (!r)
			return;
		r->off = s->off;
		r->width = s->width;
		r->val[0] = p->real->peek(be, 0, s->off, s->width);
	}
	(vtd ? keep_vtd_faults : keep_amdvi_faults)(p, be);
	keep_interrupts(p, be);
}

static void tap_mark(struct backend *be, uint64_t number)
{
	struct tap *p = tap_of(be);

	step_ends(p, be);
	p->step = p->t->last = (uint32_t)number;
	p->begun = true;
	p->effects = 0;
	if (p->real->mark)
		p->real->mark(be, number);
}

static void at_yield(void *ctx)
{
	struct tap *p = ctx;
	bool was = p->inside;

	p->inside = true;
	p->yield(p->yield_ctx);
	p->inside = was;
}

static void tap_on_yield(struct backend *be, be_yield_fn fn, void *ctx)
{
	struct tap *p = tap_of(be);

	p->yield = fn;
	p->yield_ctx = ctx;
	p->real->on_yield(be, fn ? at_yield : NULL, p);
}

/* ---- set-up and end ---- */

static int tap_unit_add(struct backend *be, const struct be_unit *u)
{
	struct tap *p = tap_of(be);
	struct be_unit as = *u;

	if (p->as.unit && p->as.unit->arch == u->arch)
		memcpy(as.word, p->as.unit->word, sizeof(as.word));
	p->unit_as = as;
	p->t->unit = as;
	p->t->units++;
	return p->real->unit_add(be, &as);
}

static void tap_unit_actual(struct backend *be, uint32_t unit, struct be_unit *out)
{
	struct tap *p = tap_of(be);

	memcpy(out->word, p->unit_as.word, sizeof(out->word));
	if (p->real->unit_actual)
		p->real->unit_actual(be, unit, out);
	memcpy(p->t->unit.word, out->word, sizeof(out->word));
}

static void tap_close(struct backend *be)
{
	struct tap *p = tap_of(be);

	step_ends(p, be);
	if (p->real == &backend_qemu_ops)
		snprintf(p->t->machine, sizeof(p->t->machine), "%s", backend_qemu_machine(be));
	be->ops = p->real;
	free(p);
	be->ops->close(be);
}

bool transcript_tap(struct transcript *t, struct backend *be, const struct transcript_as *as)
{
	struct tap *p = calloc(1, sizeof(*p));

	if (!p)
		return false;
	p->real = be->ops;
	p->ops = *be->ops;
	p->t = t;
	if (as)
		p->as = *as;
	if (p->as.blind) {
		p->ops.findings = NULL;
		p->ops.complaint_count = NULL;
	}
	p->ops.unit_add = tap_unit_add;
	if (p->real->unit_actual || p->as.unit)
		p->ops.unit_actual = tap_unit_actual;
	p->ops.reg_read = tap_reg_read;
	p->ops.reg_write = tap_reg_write;
	p->ops.mem_read = tap_mem_read;
	p->ops.mem_write = tap_mem_write;
	p->ops.dma = tap_dma;
	p->ops.mark = tap_mark;
	p->ops.on_yield = tap_on_yield;
	p->ops.close = tap_close;
	be->ops = &p->ops;
	return true;
}

void transcript_free(struct transcript *t)
{
	free(t->record);
	memset(t, 0, sizeof(*t));
}

/* ---- texts ---- */

static void register_text(const struct transcript *t, uint32_t off, char *buf, size_t size)
{
	uint32_t at = 0;
	const struct layout *l = arch_register_at(&t->unit, off, &at);

	if (l && at == off)
		snprintf(buf, size, "%s", l->name);
	else if (l)
		snprintf(buf, size, "%s+%u", l->name, off - at);
	else
		snprintf(buf, size, "0x%x", off);
}

static void dma_text(const struct transcript *t, const struct record *r, char *buf, size_t size)
{
	const struct be_dma_result *res = &r->res;
	const char *reason = arch_reason_name(arch_of(&t->unit), res->reason);
	int at = snprintf(buf, size, "%s %" PRIu64 " at 0x%" PRIx64 " by %u: ",
			  r->dma.access == BE_WRITE ? "write" : "read", r->dma.len, r->dma.addr,
			  r->dma.dev);
	size_t used = at < 0 || (size_t)at >= size ? size - 1 : (size_t)at;

	if (res->outcome == BE_OK)
		snprintf(buf + used, size - used, "pa 0x%" PRIx64 "%s", res->pa,
			 res->stale ? " stale" : "");
	else
		snprintf(buf + used, size - used, "blocked%s%s%s",
			 res->unknown & BE_UNKNOWN_REASON ? "" : " ",
			 res->unknown & BE_UNKNOWN_REASON ? ""
			 : reason                         ? reason
							  : "?",
			 res->recorded ? " recorded" : "");
}

void record_text(const struct transcript *t, const struct record *r, char *buf, size_t size)
{
	static const char *const verb[] = {
		[RECORD_WRITE] = "write", [RECORD_READ] = "read", [RECORD_STATE] = "state"
	};
	char name[48];

	switch (r->kind) {
	case RECORD_WRITE:
	case RECORD_READ:
	case RECORD_STATE:
		register_text(t, r->off, name, sizeof(name));
		snprintf(buf, size, "%s %s = 0x%" PRIx64, verb[r->kind], name, r->val[0]);
		break;
	case RECORD_LOAD:
		snprintf(buf, size, "load 0x%" PRIx64 " = 0x%" PRIx64, r->at, r->val[0]);
		break;
	case RECORD_COMMAND:
		snprintf(buf, size, "command %016" PRIx64 " %016" PRIx64, r->val[0], r->val[1]);
		break;
	case RECORD_FAULT:
		snprintf(buf, size, "fault %016" PRIx64 " %016" PRIx64, r->val[0], r->val[1]);
		break;
	case RECORD_INTERRUPT:
		snprintf(buf, size, "interrupt 0x%02" PRIx64 " at %u", r->val[0], r->off);
		break;
	default:
		dma_text(t, r, buf, size);
	}
}
