/*
 * Requesters: their DMA, and the translation cache (ATS) some of them have.
 *
 * With ATS on, an untranslated DMA first asks the device's own TLB, then sends a translation request, and goes to memory as a
 * translated request. Requests of a spoofed requester id never use the TLB: it holds what was told to the device itself.
 *
 * Not modelled: a device that turns its ATS off by itself after a completion with UR; page requests; multi-page
 * translation requests; peer-to-peer DMA to registers (memory does not answer).
 */
#include <stdlib.h>
#include <string.h>

#include "machine.h"

#define RIDS 65536u
#define PAGE 4096u
#define TLB_LEVEL_MOST \
	2u /* an ATS completion says at least 1 GiB; larger ranges are kept as 4 KiB */

/* inspect.c packs device and slot into one cursor. */
#define TLB_ENTRIES_MOST (((uint32_t)1 << 20) - 1)

#define NEED_READ 1u
#define NEED_WRITE 2u

/* ---- devices ---- */

struct device *device_by_rid(struct sim *s, uint32_t unit, uint16_t rid)
{
	const uint16_t *of_rid = unit < SIM_UNITS ? s->device_of_rid[unit] : NULL;

	return of_rid && of_rid[rid] ? s->device[of_rid[rid] - 1] : NULL;
}

static void device_answer(void *arg);

/* Makes room in the table of devices and in the unit's table of requester ids. */
static bool devices_reserve(struct sim *s, uint32_t unit)
{
	if (!s->device_of_rid[unit])
		s->device_of_rid[unit] = calloc(RIDS, sizeof(*s->device_of_rid[unit]));
	if (!s->device_of_rid[unit])
		return false;
	if (s->devices == s->device_room) {
		uint32_t room = s->device_room ? 2 * s->device_room : 16;
		struct device **device = realloc(s->device, room * sizeof(struct device *));

		if (!device)
			return false;
		s->device = device;
		s->device_room = room;
	}
	return true;
}

int sim_device_add(struct sim *s, uint32_t unit, uint16_t rid, bool ats)
{
	struct device *d;

	s->why[0] = '\0';
	if (!sim_unit(s, unit))
		return sim_fail(s, SIM_E_NOENT, "there is no unit %u", (unsigned)unit);
	if (device_by_rid(s, unit, rid))
		return sim_fail(s, SIM_E_EXIST, "unit %u has a device 0x%04x", (unsigned)unit,
				(unsigned)rid);
	if (s->devices == SIM_DEVICES)
		return sim_fail(s, SIM_E_FULL, "more than %u devices", (unsigned)SIM_DEVICES);
	d = calloc(1, sizeof(*d));
	if (!d || !devices_reserve(s, unit) ||
	    tcache_init(&d->tlb, &s->policy, s->seed, STREAM_DEVICE + s->devices) != SIM_OK) {
		free(d);
		return sim_fail(s, SIM_E_NOMEM, "the host is out of memory");
	}
	if (d->tlb.limit > TLB_ENTRIES_MOST)
		d->tlb.limit = TLB_ENTRIES_MOST;
	d->sim = s;
	d->unit = (uint8_t)unit;
	d->rid = rid;
	d->has_ats = ats;
	timer_init(&d->answer, device_answer, d);
	s->device[s->devices] = d;
	s->device_of_rid[unit][rid] = (uint16_t)(s->devices + 1);
	return (int)s->devices++;
}

int sim_device_ats(struct sim *s, uint32_t dev, bool on)
{
	struct device *d = dev < s->devices ? s->device[dev] : NULL;

	if (!d)
		return SIM_E_NOENT;
	if (on && !d->has_ats)
		return SIM_E_INVAL;
	d->ats_on = on;
	if (!on)
		tcache_drop_all(&d->tlb);
	return SIM_OK;
}

/* What it was to answer it never will. */
static void pull_out(struct device *d)
{
	struct unit *u = d->sim->unit[d->unit];

	tcache_drop_all(&d->tlb);
	d->ats_on = false;
	clock_cancel(&d->sim->clock, &d->answer);
	for (; d->flights; d->flights--) {
		if (u->ops->devtlb_silent)
			u->ops->devtlb_silent(u, d->flight[d->flight_first].tag);
		d->flight_first = (d->flight_first + 1) % DEVICE_FLIGHTS;
	}
}

int sim_device_plug(struct sim *s, uint32_t dev, bool in)
{
	struct device *d = dev < s->devices ? s->device[dev] : NULL;

	if (!d)
		return SIM_E_NOENT;
	if (in != d->gone)
		return SIM_OK;
	d->gone = !in;
	trace(s, SIM_TRACE_POWER, d->unit, d->rid, in ? POWER_PLUGGED : POWER_PULLED, 0, 0, 0);
	if (!in)
		pull_out(d);
	return SIM_OK;
}

/* Injection pulls it out now. */
static bool is_gone(struct device *d)
{
	if (!d->gone && inject_armed(d->sim, SIM_POINT_DEVICE_GONE) &&
	    inject_fires(d->sim, d->unit, SIM_POINT_DEVICE_GONE, SIM_MASTER_DMA, d->rid, d->rid,
			 NULL))
		sim_device_plug(d->sim, (uint32_t)d->sim->device_of_rid[d->unit][d->rid] - 1,
				false);
	return d->gone;
}

/* ---- device-TLB invalidation ---- */

static void flight_schedule(struct device *d)
{
	const struct device_flight *f = &d->flight[d->flight_first];
	uint64_t now = d->sim->clock.now_ns;

	clock_after(&d->sim->clock, &d->answer, f->due_ns > now ? f->due_ns - now : 0);
}

/* The oldest invalidation in flight: carried out, then answered. */
static void device_answer(void *arg)
{
	struct device *d = arg;
	struct device_flight f = d->flight[d->flight_first];
	struct unit *u = d->sim->unit[d->unit];

	d->flight_first = (d->flight_first + 1) % DEVICE_FLIGHTS;
	d->flights--;
	if (d->flights)
		flight_schedule(d);
	if (!f.ignored) {
		uint32_t dropped;

		oracle_device_removes(d, d->sim->watch);
		dropped = tcache_drop_range(&d->tlb, 0, f.first, f.last);
		oracle_device_removes(d, false);
		trace(d->sim, SIM_TRACE_DROP, d->unit, d->rid, SIM_CACHE_DEVICE, 0, f.first,
		      dropped);
	} else {
		d->sim->inject.losses++;
	}
	u->ops->devtlb_answer(u, d->rid, f.tag, !f.bad_answer);
}

enum device_answer device_invalidate(struct sim *s, uint32_t unit, uint16_t rid, uint32_t tag,
				     uint64_t first, uint64_t last)
{
	struct device *d = device_by_rid(s, unit, rid);
	struct device_flight *f;

	/* A device whose ATS was switched off still answers: software invalidates once more after that. */
	if (!d || is_gone(d) || !d->has_ats || d->flights == DEVICE_FLIGHTS ||
	    s->timing.devtlb_ns == TIMING_NEVER)
		return DEVICE_SILENT;
	if (inject_fires(s, unit, SIM_POINT_DEVTLB_SILENT, SIM_MASTER_ANY, rid, rid, NULL))
		return DEVICE_SILENT;
	f = &d->flight[(d->flight_first + d->flights) % DEVICE_FLIGHTS];
	*f = (struct device_flight){
		.first = first,
		.last = last,
		.due_ns = s->clock.now_ns + s->timing.devtlb_ns,
		.tag = tag,
		.ignored = inject_fires(s, unit, SIM_POINT_DEVTLB_IGNORED, SIM_MASTER_ANY, rid, rid,
					NULL),
		.bad_answer = inject_fires(s, unit, SIM_POINT_DEVTLB_BAD_ANSWER, SIM_MASTER_ANY,
					   rid, rid, NULL),
	};
	if (!d->flights++)
		flight_schedule(d);
	return DEVICE_ANSWERS;
}

/* ---- translation ---- */

static __attribute__((noinline)) void
translate_checked(struct sim *s, struct unit *u, const struct sim_request *rq, struct sim_xlat *x)
{
	uint32_t filler = TC_FILLER(rq->rid, rq->access, rq->at == SIM_AT_TRANSLATION, rq->addr);

	for (unsigned i = 0; i < SIM_CACHE_DEVICE; i++)
		u->cache[i].filler = filler;
	u->ops->translate(u, rq, x);
	oracle_translated(s, u, rq, x);
}

void sim_translate(struct sim *s, const struct sim_request *rq, struct sim_xlat *x)
{
	struct unit *u = sim_unit(s, rq->unit);

	if (__builtin_expect(!u, 0)) {
		*x = (struct sim_xlat){ .outcome = SIM_OUTCOME_UR };
		return;
	}
	if (__builtin_expect(!s->check, 1))
		u->ops->translate(u, rq, x);
	else
		translate_checked(s, u, rq, x);
}

/* Requests with and without PASID are different requesters to a TLB. */
static uint64_t tlb_who(const struct sim_request *rq)
{
	return rq->flags & SIM_REQ_PASID ? (uint64_t)rq->pasid << 1 | 1 : 0;
}

/* PCI Express ATS: with either permission a zero-length read is allowed too. */
static bool perm_suffices(uint8_t perm, uint8_t access)
{
	switch (access) {
	case SIM_READ:
		return perm & NEED_READ;
	case SIM_WRITE:
		return perm & NEED_WRITE;
	case SIM_ATOMIC:
		return (perm & (NEED_READ | NEED_WRITE)) == (NEED_READ | NEED_WRITE);
	default:
		return perm & (NEED_READ | NEED_WRITE);
	}
}

static void tlb_fill(struct device *d, const struct sim_request *rq, const struct sim_xlat *x)
{
	unsigned level = x->level <= TLB_LEVEL_MOST ? x->level : 0;
	uint64_t offset = rq->addr - tc_base(rq->addr, level);

	if (tc_base(x->pa, level) + offset != x->pa) { /* not one page: no larger than it is */
		level = 0;
		offset = rq->addr % PAGE;
	}
	if (d->sim->check)
		d->tlb.filler =
			TC_FILLER(rq->rid, rq->access, rq->at == SIM_AT_TRANSLATION, rq->addr);
	tcache_insert(&d->tlb, &(struct tc_entry){
				       .addr = rq->addr - offset,
				       .who = tlb_who(rq),
				       .q = { x->pa - offset, 0 },
				       .level = (uint8_t)level,
				       .perm = x->perm,
				       .entry_pa = x->entry_pa,
				       .filled_ns = d->sim->clock.now_ns,
			       });
	trace(d->sim, SIM_TRACE_FILL, d->unit, d->rid, SIM_CACHE_DEVICE, 0, rq->addr - offset,
	      x->pa - offset);
}

/* A completion that a device may keep. */
static bool completion_holds_address(const struct sim_xlat *x)
{
	return x->outcome == SIM_OUTCOME_OK && !x->untranslated_only &&
	       (x->perm & (NEED_READ | NEED_WRITE));
}

static void ask_translation(struct device *d, const struct sim_request *rq, struct sim_xlat *x)
{
	struct sim_request ask = *rq;

	ask.at = SIM_AT_TRANSLATION;
	ask.access = SIM_READ; /* it has the form of a read, whatever comes after */
	sim_translate(d->sim, &ask, x);
	if (completion_holds_address(x))
		tlb_fill(d, rq, x);
}

/* From the TLB; false: a miss, or not the permission needed. */
static bool tlb_hit(struct device *d, const struct sim_request *rq, struct sim_xlat *x)
{
	const struct tc_entry *e = tcache_find(&d->tlb, rq->addr, tlb_who(rq));

	if (!e || !perm_suffices(e->perm, rq->access))
		return false;
	*x = (struct sim_xlat){
		.pa = e->q[0] + (rq->addr - e->addr),
		.source = SIM_FROM_DEVTLB,
		.perm = e->perm,
		.level = e->level,
	};
	return true;
}

/*
 * The address comes from the TLB or a translation request; then the translated request is sent. The answer is about the
 * address the device knows, x->pa where the translated request went.
 */
static void translate_by_device(struct device *d, const struct sim_request *rq, struct sim_xlat *x)
{
	struct unit *u = d->sim->unit[d->unit];
	struct sim_request send = *rq;
	struct sim_xlat sent;

	if (!tlb_hit(d, rq, x)) {
		ask_translation(d, rq, x);
		if (x->outcome != SIM_OUTCOME_OK)
			return;
		if (x->untranslated_only) {
			sim_translate(d->sim, rq, x);
			return;
		}
		if (!perm_suffices(x->perm, rq->access)) {
			x->outcome = SIM_OUTCOME_NO_ACCESS;
			if (d->sim->check)
				oracle_denied(d->sim, u, rq, x);
			return;
		}
	}
	send.at = SIM_AT_TRANSLATED;
	send.addr = x->pa;
	u->ops->translate(u, &send, &sent);
	if (sent.outcome != SIM_OUTCOME_OK) {
		if (d->sim->check)
			oracle_translated(d->sim, u, &send, &sent);
		*x = sent;
		return;
	}
	x->pa = sent.pa;
	if (d->sim->check && x->source == SIM_FROM_DEVTLB)
		oracle_translated(d->sim, u, rq, x);
}

/* ---- data ---- */

/* A machine stores little-endian, as both architectures do. */
static uint64_t load_le(const uint8_t *p, uint16_t len)
{
	uint64_t val = 0;

	for (unsigned i = 0; i < len; i++)
		val |= (uint64_t)p[i] << 8 * i;
	return val;
}

static void store_le(uint8_t *p, uint16_t len, uint64_t val)
{
	for (unsigned i = 0; i < len; i++)
		p[i] = (uint8_t)(val >> 8 * i);
}

static bool fetch_and_add(struct sim *s, uint32_t unit, uint64_t pa, uint8_t *data, uint16_t len)
{
	uint8_t old[8], sum[8];

	if (!bus_read(s, unit, SIM_MASTER_DMA, pa, old, len))
		return false;
	store_le(sum, len, load_le(old, len) + load_le(data, len));
	if (!bus_write(s, unit, SIM_MASTER_DMA, pa, sum, len))
		return false;
	memcpy(data, old, len);
	return true;
}

static void send_message(struct sim *s, const struct sim_request *rq, const struct sim_xlat *x)
{
	if (x->posted)
		return;
	if (x->source == SIM_FROM_MSI)
		msi_send(s, rq->unit, false, rq->rid, x->pa, rq->data);
	else
		msi_send_remapped(s, rq->unit, rq->rid, x->pa, x->data);
}

static bool move_data(struct sim *s, const struct sim_request *rq, const struct sim_xlat *x,
		      uint8_t *data)
{
	if (rq->access == SIM_ZLR)
		return true;
	if (SIM_FROM_INTERRUPT(x->source)) {
		send_message(s, rq, x);
		return true;
	}
	trace(s, SIM_TRACE_DMA, rq->unit, rq->rid, rq->access, 0, x->pa, rq->len);
	switch (rq->access) {
	case SIM_READ:
		return bus_read(s, rq->unit, SIM_MASTER_DMA, x->pa, data, rq->len);
	case SIM_WRITE:
		return bus_write(s, rq->unit, SIM_MASTER_DMA, x->pa, data, rq->len);
	default:
		return fetch_and_add(s, rq->unit, x->pa, data, rq->len);
	}
}

/* ---- DMA ---- */

static bool dma_ok(const struct sim_dma *dma)
{
	if ((unsigned)dma->access > SIM_ZLR || (unsigned)dma->at > SIM_AT_TRANSLATED ||
	    dma->flags > UINT8_MAX)
		return false;
	if (dma->len && dma->len - 1 > UINT64_MAX - dma->addr)
		return false;
	if (dma->access == SIM_ATOMIC)
		return dma->data && (dma->len == 4 || dma->len == 8) && dma->addr % dma->len == 0;
	if (dma->access == SIM_ZLR || dma->at == SIM_AT_TRANSLATION)
		return dma->len || dma->access == SIM_ZLR;
	return dma->len && dma->data;
}

/* A device that lies about its request, or about who it is. */
static bool lies(struct device *d, struct sim_request *rq)
{
	struct sim *s = d->sim;
	uint64_t rid = rq->rid;
	bool translated = rq->at == SIM_AT_UNTRANSLATED &&
			  inject_armed(s, SIM_POINT_DMA_TRANSLATED) &&
			  inject_fires(s, d->unit, SIM_POINT_DMA_TRANSLATED, SIM_MASTER_DMA, d->rid,
				       d->rid, NULL);
	bool spoofed = inject_armed(s, SIM_POINT_DMA_SPOOFED) &&
		       inject_fires(s, d->unit, SIM_POINT_DMA_SPOOFED, SIM_MASTER_DMA, d->rid,
				    d->rid, &rid);

	if (translated)
		rq->at = SIM_AT_TRANSLATED;
	rq->rid = (uint16_t)rid;
	return spoofed;
}

/* One request: to memory, or an explicit translation request. `spoof`: not in the device's own name. */
static void request(struct device *d, bool spoof, const struct sim_request *rq, uint8_t *data,
		    struct sim_xlat *x)
{
	struct sim *s = d->sim;

	if (d->ats_on && !spoof && rq->at == SIM_AT_UNTRANSLATED)
		translate_by_device(d, rq, x);
	else if (d->ats_on && !spoof && rq->at == SIM_AT_TRANSLATION)
		ask_translation(d, rq, x);
	else
		sim_translate(s, rq, x);
	if (rq->at == SIM_AT_TRANSLATION)
		return;
	if (x->outcome == SIM_OUTCOME_OK && !move_data(s, rq, x, data))
		x->outcome = SIM_OUTCOME_BUS;
	if (s->check)
		oracle_accessed(s, rq, x);
}

/* Adds a part to the segments, to the last one when it goes on where that ends. */
static void segment_add(const struct sim_dma *dma, struct sim_dma_result *result,
			struct sim_segment *last, const struct sim_segment *part)
{
	if (result->segs && last->pa + last->len == part->pa &&
	    last->iova + last->len == part->iova && last->source == part->source &&
	    last->stale == part->stale) {
		last->len += part->len;
	} else {
		*last = *part;
		result->segs++;
	}
	if (dma->seg && result->segs <= dma->segs)
		dma->seg[result->segs - 1] = *last;
}

int sim_dma(struct sim *s, const struct sim_dma *dma, struct sim_dma_result *result)
{
	struct device *d = dma->dev < s->devices ? s->device[dma->dev] : NULL;
	uint64_t left = dma->len ? dma->len : 1; /* a zero-length read still names one byte */
	struct sim_segment last = { 0 };
	struct sim_request rq, as;

	*result = (struct sim_dma_result){ 0 };
	if (!d)
		return SIM_E_NOENT;
	if (!dma_ok(dma))
		return SIM_E_INVAL;
	rq = (struct sim_request){
		.addr = dma->addr,
		.pasid = dma->pasid,
		.rid = dma->spoof ? dma->rid : d->rid,
		.unit = d->unit,
		.access = (uint8_t)dma->access,
		.at = (uint8_t)dma->at,
		.flags = (uint8_t)dma->flags,
	};
	for (; left; left -= rq.len, rq.addr += rq.len) {
		uint64_t part = PAGE - rq.addr % PAGE;
		uint8_t *data = dma->data ? (uint8_t *)dma->data + result->done : NULL;

		rq.len = (uint16_t)(part < left ? part : left);
		if (data && rq.access == SIM_WRITE)
			rq.data = (uint32_t)load_le(data, rq.len < 4 ? rq.len : 4);
		as = rq;
		if (is_gone(d))
			result->last = (struct sim_xlat){ .outcome = SIM_OUTCOME_BLOCKED };
		else
			request(d, lies(d, &as) || dma->spoof, &as, data, &result->last);
		result->outcome = (enum sim_outcome)result->last.outcome;
		result->stale |= result->last.stale;
		if (result->outcome != SIM_OUTCOME_OK) {
			result->fail_addr = rq.addr;
			break;
		}
		result->done += dma->len ? rq.len : 0;
		segment_add(dma, result, &last,
			    &(struct sim_segment){
				    .iova = rq.addr,
				    .pa = result->last.pa,
				    .len = dma->len ? rq.len : 0,
				    .source = result->last.source,
				    .stale = result->last.stale,
			    });
	}
	if (clock_due(&s->clock)) /* events without delay */
		clock_advance(&s->clock, 0);
	machine_windows(s);
	return SIM_OK;
}
