/*
 * Mistakes of a driver, each made on a VT-d unit through the public interface, and the cause the oracle has to name. What is
 * expected follows from VT-d 6.5 "Invalidation of Translation Caches", 6.8 "Write Buffer Flushing" and the rules for what
 * software has to invalidate after each change.
 */
#include <string.h>

#include "unit.h"
#include "vtd_world.h"

#define RID 0x0108u
#define OTHER_RID 0x0110u
#define DID 7u
#define IOVA UINT64_C(0x5000)
#define PAGE UINT64_C(0x800000)
#define BIG_IOVA UINT64_C(0x200000)
#define BIG_PAGE UINT64_C(0xa00000)
#define STATUS UINT64_C(0x700000)
#define LEVELS 4u

/* ---- a unit that translates for a device with ATS and one without ---- */

struct scene {
	struct world w;
	uint64_t top;
	uint64_t store_at, store_old, store_new; /* what the mistake changed */
};

enum device {
	PLAIN = 0,
	ATS
};

static void begin(struct scene *m, const struct sim_vtd_config *config,
		  const struct sim_policy *policy)
{
	*m = (struct scene){ .top = 0 };
	vt_start(&m->w, config, policy);
	sim_oracle_enable(m->w.s, true);
	ck_assert_int_eq(sim_device_add(m->w.s, 0, RID, false), PLAIN);
	ck_assert_int_eq(sim_device_add(m->w.s, 0, OTHER_RID, true), ATS);
	ck_assert_int_eq(sim_device_ats(m->w.s, ATS, true), SIM_OK);
	m->top = world_page(&m->w);
	vt_leaf(&m->w, m->top, LEVELS, IOVA, 0, PAGE | VT_RW);
	vt_leaf(&m->w, m->top, LEVELS, BIG_IOVA, 1, BIG_PAGE | VTD_SS_PS | VT_RW);
	vt_context(&m->w, RID, m->top, VTD_TT_UNTRANSLATED, 2, DID, false);
	vt_context(&m->w, OTHER_RID, m->top, VTD_TT_DEV_TLB, 2, DID, false);
	vt_queue_on(&m->w, 0, false);
	vt_enable(&m->w, VTD_TTM_LEGACY);
}

static struct sim_dma_result dma(struct scene *m, uint32_t dev, enum sim_access access,
				 uint64_t iova)
{
	uint8_t byte[8] = { 0 };
	struct sim_dma d = { .dev = dev, .access = access, .addr = iova, .len = 8, .data = byte };
	struct sim_dma_result r;

	ck_assert_int_eq(sim_dma(m->w.s, &d, &r), SIM_OK);
	return r;
}

static void touch(struct scene *m)
{
	dma(m, PLAIN, SIM_WRITE, IOVA + 0x10);
}

/* The guest stores an entry; the last one stored is the one the report has to name. */
static void put(struct scene *m, uint64_t at, uint64_t val)
{
	m->store_at = at;
	m->store_old = world_get(&m->w, at);
	m->store_new = val;
	sim_cpu_write64(m->w.s, at, val);
}

static void clear(struct scene *m, uint64_t iova, unsigned level)
{
	put(m, vt_entry_at(&m->w, m->top, LEVELS, iova, level), 0);
}

/* ---- descriptors, typed from VT-d 6.5.2 ---- */

static uint64_t iotlb0(unsigned g, unsigned did)
{
	return 2 | (uint64_t)g << 4 | 3u << 6 | (uint64_t)did << 16;
}

static void iotlb_page(struct scene *m, unsigned did, uint64_t addr, unsigned am, bool ih)
{
	vt_submit(&m->w, iotlb0(3, did), addr | (uint64_t)ih << 6 | am);
}

static void context_global(struct scene *m)
{
	vt_submit(&m->w, 1 | 1u << 4, 0);
}

static void device_tlb(struct scene *m, uint16_t sid, uint64_t addr)
{
	vt_submit(&m->w, 3 | (uint64_t)sid << 32, addr);
}

static void wait_for(struct scene *m, bool look)
{
	vt_submit(&m->w, 5 | 1u << 5 | UINT64_C(1) << 32, STATUS);
	if (look)
		ck_assert_uint_eq(sim_cpu_read64(m->w.s, STATUS), 1);
}

static void inject(struct scene *m, enum sim_point point)
{
	struct sim_inject_rule rule = {
		.point = point, .count = 1, .last = UINT64_MAX, .master = SIM_MASTER_ANY
	};

	ck_assert_int_ge(sim_inject_add(m->w.s, &rule), 0);
}

/* ---- the mistakes ---- */

static void no_invalidation(struct scene *m)
{
	touch(m);
	clear(m, IOVA, 0);
	touch(m);
}

/* Flushes of everything, and of the mapping while nothing was cached, come before every mistake: they are not to blame. */
static void only_flushes_at_the_start(struct scene *m)
{
	put(m, vt_entry_at(&m->w, m->top, LEVELS, IOVA, 0), (PAGE + 0x1000) | VT_RW);
	vt_submit(&m->w, iotlb0(1, 0), 0);
	iotlb_page(m, DID, IOVA, 0, false);
	touch(m);
	clear(m, IOVA, 0);
	touch(m);
}

static void invalidation_before_the_store(struct scene *m)
{
	touch(m);
	iotlb_page(m, DID, IOVA, 0, true);
	wait_for(m, true);
	touch(m);
	clear(m, IOVA, 0);
	touch(m);
}

static void wrong_domain(struct scene *m)
{
	touch(m);
	clear(m, IOVA, 0);
	iotlb_page(m, DID + 1, IOVA, 0, true);
	wait_for(m, true);
	touch(m);
}

static void one_page_short(struct scene *m)
{
	touch(m);
	clear(m, IOVA, 0);
	iotlb_page(m, DID, IOVA - 0x1000, 0, true);
	iotlb_page(m, DID, IOVA + 0x8000, 3, true); /* further away: not the nearest */
	touch(m);
}

#define HIGH_IOVA UINT64_C(0x380005000)

static void address_cut_to_32_bits(struct scene *m)
{
	vt_leaf(&m->w, m->top, LEVELS, HIGH_IOVA, 0, PAGE | VT_RW);
	dma(m, PLAIN, SIM_READ, HIGH_IOVA);
	clear(m, HIGH_IOVA, 0);
	iotlb_page(m, DID, (uint32_t)HIGH_IOVA, 0, true);
	dma(m, PLAIN, SIM_READ, HIGH_IOVA);
}

static void mask_too_small(struct scene *m)
{
	dma(m, PLAIN, SIM_READ, BIG_IOVA + 0x1000);
	clear(m, BIG_IOVA, 1);
	iotlb_page(m, DID, BIG_IOVA, 8, true);
	dma(m, PLAIN, SIM_READ, BIG_IOVA + 0x1000);
}

static void hint_set(struct scene *m)
{
	touch(m);
	clear(m, IOVA, 1);
	iotlb_page(m, DID, IOVA, 0, true);
	touch(m);
}

/* The page itself was removed, came back through the table that was unlinked, and is served from the IOTLB. */
static void hint_set_and_page_back(struct scene *m)
{
	touch(m);
	clear(m, IOVA, 1);
	iotlb_page(m, DID, IOVA, 0, true);
	sim_oracle_enable(m->w.s, false);
	touch(m);
	sim_oracle_enable(m->w.s, true);
	touch(m);
}

static void context_cache_only(struct scene *m)
{
	touch(m);
	clear(m, IOVA, 0);
	context_global(m);
	touch(m);
}

static void iotlb_only(struct scene *m)
{
	touch(m);
	put(m, vt_context_at(&m->w, RID), 0);
	vt_submit(&m->w, iotlb0(2, DID), 0);
	touch(m);
}

/* Caching mode: the absence is cached in domain id 0, and the driver invalidates the domain the entry now names. */
static void absence_in_domain_0(struct scene *m)
{
	uint64_t at = vt_context_at(&m->w, OTHER_RID + 8);

	ck_assert_int_eq(sim_device_add(m->w.s, 0, OTHER_RID + 8, false), 2);
	dma(m, 2, SIM_READ, IOVA);
	world_put(&m->w, at + 8, (uint64_t)DID << 8 | 2);
	put(m, at, m->top | 1);
	vt_submit(&m->w, 1 | 3u << 4 | (uint64_t)DID << 16 | (uint64_t)(OTHER_RID + 8) << 32, 0);
	dma(m, 2, SIM_READ, IOVA);
}

static void not_yet_executed(struct scene *m)
{
	touch(m);
	clear(m, IOVA, 0);
	vt_desc(&m->w, iotlb0(3, DID), IOVA);
	vt_tell(&m->w);
	touch(m);
}

static void lost_by_injection(struct scene *m)
{
	touch(m);
	clear(m, IOVA, 0);
	inject(m, SIM_POINT_INVALIDATION_LOST);
	iotlb_page(m, DID, IOVA, 0, true);
	wait_for(m, true);
	touch(m);
}

static void device_before_iotlb(struct scene *m)
{
	dma(m, ATS, SIM_WRITE, IOVA);
	clear(m, IOVA, 0);
	device_tlb(m, OTHER_RID, IOVA);
	sim_oracle_enable(
		m->w.s,
		false); /* what the device asks now is stale, as it will be found to be later */
	dma(m, ATS, SIM_WRITE, IOVA);
	sim_oracle_enable(m->w.s, true);
	iotlb_page(m, DID, IOVA, 0, true);
	dma(m, ATS, SIM_WRITE, IOVA);
}

static void no_device_tlb(struct scene *m)
{
	dma(m, ATS, SIM_WRITE, IOVA);
	clear(m, IOVA, 0);
	iotlb_page(m, DID, IOVA, 0, true);
	wait_for(m, true);
	dma(m, ATS, SIM_WRITE, IOVA);
}

static void wrong_device(struct scene *m)
{
	dma(m, ATS, SIM_WRITE, IOVA);
	clear(m, IOVA, 0);
	iotlb_page(m, DID, IOVA, 0, true);
	ck_assert_int_eq(sim_device_add(m->w.s, 0, OTHER_RID + 1, true), 2);
	device_tlb(m, OTHER_RID + 1, IOVA);
	dma(m, ATS, SIM_WRITE, IOVA);
}

static void device_ignores(struct scene *m)
{
	dma(m, ATS, SIM_WRITE, IOVA);
	clear(m, IOVA, 0);
	iotlb_page(m, DID, IOVA, 0, true);
	inject(m, SIM_POINT_DEVTLB_IGNORED);
	device_tlb(m, OTHER_RID, IOVA);
	dma(m, ATS, SIM_WRITE, IOVA);
}

/* The device does not answer, the queue gives up what is in it, and the driver does not give it again. */
static void given_up_by_the_queue(struct scene *m)
{
	touch(m);
	clear(m, IOVA, 0);
	inject(m, SIM_POINT_DEVTLB_SILENT);
	vt_desc(&m->w, 3 | (uint64_t)OTHER_RID << 32, IOVA);
	vt_desc(&m->w, iotlb0(3, DID), IOVA);
	vt_tell(&m->w);
	world_settle(&m->w);
	touch(m);
}

static void by_registers_wrong_domain(struct scene *m)
{
	vt_gcmd(&m->w, VTD_GCMD_QIE, false);
	touch(m);
	clear(m, IOVA, 0);
	world_w64(&m->w, m->w.vtd.iva, IOVA | 1u << 6);
	world_w64(&m->w, m->w.vtd.iotlb, UINT64_C(1) << 63 | UINT64_C(3) << 60 | UINT64_C(9) << 32);
	world_settle(&m->w);
	ck_assert(!(world_r64(&m->w, m->w.vtd.iotlb) >> 63));
	touch(m);
}

static void other_unit(struct scene *m)
{
	struct sim_vtd_config second = m->w.vtd.config;

	second.base += 0x100000;
	ck_assert_int_eq(sim_vtd_add(m->w.s, &second), 1);
	touch(m);
	clear(m, IOVA, 0);
	sim_reg_write(m->w.s, 1, m->w.vtd.iotlb, 8,
		      UINT64_C(1) << 63 | UINT64_C(2) << 60 | (uint64_t)DID << 32);
	world_settle(&m->w);
	touch(m);
}

static void line_not_written_back(struct scene *m)
{
	touch(m);
	clear(m, IOVA, 0);
	iotlb_page(m, DID, IOVA, 0, true);
	wait_for(m, true);
	touch(m);
}

/* Seen only after the line was written back at last: the IOTLB had been filled from memory in between. */
static void written_back_too_late(struct scene *m)
{
	touch(m);
	clear(m, IOVA, 0);
	iotlb_page(m, DID, IOVA, 0, true);
	sim_oracle_enable(m->w.s, false);
	touch(m);
	sim_oracle_enable(m->w.s, true);
	sim_cpu_sync(m->w.s, m->store_at, 8, true);
	touch(m);
}

static void buffer_not_flushed(struct scene *m)
{
	put(m, vt_entry_at(&m->w, m->top, LEVELS, IOVA + 0x1000, 0), (PAGE + 0x1000) | VT_RW);
	sim_cpu_sync(m->w.s, m->store_at, 8, true); /* out of the cache, into the buffer */
	dma(m, PLAIN, SIM_WRITE, IOVA + 0x1000);
}

/* Freed while the tables still lead there: the entry's own store is the one to look at. */
static void freed_while_mapped(struct scene *m)
{
	put(m, vt_entry_at(&m->w, m->top, LEVELS, IOVA + 0x1000, 0), (PAGE + 0x1000) | VT_RW);
	dma(m, PLAIN, SIM_WRITE, IOVA + 0x1000);
	sim_oracle_release(m->w.s, PAGE + 0x1000, PAGE + 0x1fff);
}

static void freed_without_invalidation(struct scene *m)
{
	touch(m);
	clear(m, IOVA, 0);
	sim_oracle_release(m->w.s, PAGE, PAGE + 0xfff);
}

static void table_freed_with_the_hint_set(struct scene *m)
{
	uint64_t table = vt_entry_at(&m->w, m->top, LEVELS, IOVA, 0) & ~UINT64_C(0xfff);

	touch(m);
	clear(m, IOVA, 1);
	iotlb_page(m, DID, IOVA, 0, true);
	wait_for(m, true);
	sim_oracle_release(m->w.s, table, table + 0xfff);
}

/* The table itself is mapped for the device, which clears its own leaf entry. */
static void device_wrote_the_table(struct scene *m)
{
	uint64_t leaf = vt_entry_at(&m->w, m->top, LEVELS, IOVA, 0);

	vt_leaf(&m->w, m->top, LEVELS, IOVA + 0x2000, 0, (leaf & ~UINT64_C(0xfff)) | VT_RW);
	touch(m);
	m->store_at = leaf;
	m->store_old = PAGE | VT_RW;
	m->store_new = 0;
	dma(m, PLAIN, SIM_WRITE, IOVA + 0x2000 + leaf % 4096);
	touch(m);
}

static void escape_after_quiesce(struct scene *m)
{
	ck_assert_int_eq(sim_oracle_attach(m->w.s, 0, RID, 1), SIM_OK);
	ck_assert_int_eq(sim_oracle_map(m->w.s, 1, IOVA, IOVA + 0xfff, PAGE, 3), SIM_OK);
	touch(m);
	clear(m, IOVA, 0);
	ck_assert_int_eq(sim_oracle_unmap(m->w.s, 1, IOVA, IOVA + 0xfff), SIM_OK);
	iotlb_page(m, DID + 1, IOVA, 0, true);
	ck_assert_int_eq(sim_oracle_quiesce(m->w.s, 1, IOVA, IOVA + 0xfff), SIM_OK);
	touch(m);
}

/* ---- waits ---- */

static void waits_for_nothing(struct scene *m)
{
	wait_for(m, true);
	sim_oracle_unbounded(m->w.s, 0);
}

static void does_not_look(struct scene *m)
{
	iotlb_page(m, DID, IOVA, 0, true);
	wait_for(m, false);
	sim_oracle_unbounded(m->w.s, 0);
}

static void completion_lost(struct scene *m)
{
	inject(m, SIM_POINT_COMPLETION_LOST);
	wait_for(m, false);
	sim_oracle_unbounded(m->w.s, 0);
}

static void queue_stalled(struct scene *m)
{
	inject(m, SIM_POINT_QUEUE_STALL);
	iotlb_page(m, DID, IOVA, 0, true);
	wait_for(m, false);
	sim_oracle_unbounded(m->w.s, 0);
}

static void bad_descriptor(struct scene *m)
{
	vt_desc(&m->w, 15, 0);
	wait_for(m, false);
	sim_oracle_unbounded(m->w.s, 0);
}

/* ---- the table ---- */

enum hardware {
	SOUND = 0,
	CACHING,   /* CM = 1 */
	EXACT,     /* keeps a page larger than the range of an invalidation */
	UNSNOOPED, /* C = 0, lines published when written back */
	BUFFERED   /* C = 0 and RWBF = 1, likewise */
};

#define NO_CACHE SIM_CACHES
#define NO_STORE false
#define STORE true

/* clang-format off */
static const struct {
	const char *name;
	void (*make)(struct scene *m);
	enum hardware hw;
	enum sim_finding_kind kind;
	enum sim_cause cause;
	enum sim_verdict verdict;
	enum sim_cache cache;	/* of the line named */
	bool store;		/* the store of the scene is named */
	enum sim_master master;
	const char *needed;	/* its name begins so, NULL: none */
	uint64_t first, last;	/* of needed */
	const char *nearest;	/* NULL: none */
	const char *text;	/* in the paragraph */
} row[] = {
	{ "none", no_invalidation, SOUND, SIM_FINDING_STALE, SIM_CAUSE_NOT_ISSUED, SIM_VERDICT_CACHE, SIM_CACHE_IOTLB,
	  STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, NULL, "None was issued since the store." },
	{ "start", only_flushes_at_the_start, SOUND, SIM_FINDING_STALE, SIM_CAUSE_NOT_ISSUED, SIM_VERDICT_CACHE, SIM_CACHE_IOTLB,
	  STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, NULL, "None was issued since the store." },
	{ "before", invalidation_before_the_store, SOUND, SIM_FINDING_STALE, SIM_CAUSE_BEFORE_STORE, SIM_VERDICT_CACHE,
	  SIM_CACHE_IOTLB, STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, "page-selective", "it came before the store" },
	{ "domain", wrong_domain, SOUND, SIM_FINDING_STALE, SIM_CAUSE_OTHER_DOMAIN, SIM_VERDICT_CACHE, SIM_CACHE_IOTLB,
	  STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, "page-selective", "domain id 8" },
	{ "short", one_page_short, SOUND, SIM_FINDING_STALE, SIM_CAUSE_SHORT, SIM_VERDICT_CACHE, SIM_CACHE_IOTLB,
	  STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, "page-selective", "ends 1 page short of the entry" },
	{ "mask", mask_too_small, EXACT, SIM_FINDING_STALE, SIM_CAUSE_SMALL, SIM_VERDICT_CACHE, SIM_CACHE_IOTLB,
	  STORE, SIM_MASTER_CPU, "page-selective", BIG_IOVA, BIG_IOVA + 0x1fffff, "page-selective", "only a part of the page" },
	{ "cut", address_cut_to_32_bits, SOUND, SIM_FINDING_STALE, SIM_CAUSE_SHORT, SIM_VERDICT_CACHE, SIM_CACHE_IOTLB,
	  STORE, SIM_MASTER_CPU, "page-selective", HIGH_IOVA, HIGH_IOVA + 0xfff, "page-selective", "pages short of the entry" },
	{ "absence", absence_in_domain_0, CACHING, SIM_FINDING_STALE, SIM_CAUSE_OTHER_DOMAIN, SIM_VERDICT_CACHE,
	  SIM_CACHE_CONTEXT, STORE, SIM_MASTER_CPU, "device-selective", 0, 0, "device-selective", "that there is no translation" },
	{ "hint", hint_set, SOUND, SIM_FINDING_STALE, SIM_CAUSE_HINT, SIM_VERDICT_CACHE, SIM_CACHE_PAGING,
	  STORE, SIM_MASTER_CPU, "page-selective", 0, 0xfff, "page-selective", "hint clear" },
	{ "hint, page back", hint_set_and_page_back, SOUND, SIM_FINDING_STALE, SIM_CAUSE_HINT, SIM_VERDICT_CACHE,
	  SIM_CACHE_PAGING, STORE, SIM_MASTER_CPU, "page-selective", 0, 0xfff, "page-selective", "hint set" },
	{ "context only", context_cache_only, SOUND, SIM_FINDING_STALE, SIM_CAUSE_OTHER_CACHE, SIM_VERDICT_CACHE,
	  SIM_CACHE_IOTLB, STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, "global context-cache",
	  "does not look into this cache" },
	{ "iotlb only", iotlb_only, SOUND, SIM_FINDING_STALE, SIM_CAUSE_OTHER_CACHE, SIM_VERDICT_CACHE, SIM_CACHE_CONTEXT,
	  STORE, SIM_MASTER_CPU, "device-selective", 0, 0, "domain-selective IOTLB", "device 01:01.0" },
	{ "pending", not_yet_executed, SOUND, SIM_FINDING_STALE, SIM_CAUSE_PENDING, SIM_VERDICT_CACHE, SIM_CACHE_IOTLB,
	  STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, "page-selective", "before it is complete" },
	{ "lost", lost_by_injection, SOUND, SIM_FINDING_STALE, SIM_CAUSE_LOST, SIM_VERDICT_CACHE, SIM_CACHE_IOTLB,
	  STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, "page-selective", "lost by injection" },
	{ "device first", device_before_iotlb, SOUND, SIM_FINDING_STALE, SIM_CAUSE_DEVICE_FIRST, SIM_VERDICT_CACHE,
	  SIM_CACHE_DEVICE, STORE, SIM_MASTER_CPU, "device-TLB", IOVA, IOVA + 0xfff, "device-TLB", "before the IOTLB" },
	{ "no device", no_device_tlb, SOUND, SIM_FINDING_STALE, SIM_CAUSE_OTHER_CACHE, SIM_VERDICT_CACHE, SIM_CACHE_DEVICE,
	  STORE, SIM_MASTER_CPU, "device-TLB", IOVA, IOVA + 0xfff, "page-selective", "completion observed" },
	{ "wrong device", wrong_device, SOUND, SIM_FINDING_STALE, SIM_CAUSE_OTHER_DEVICE, SIM_VERDICT_CACHE, SIM_CACHE_DEVICE,
	  STORE, SIM_MASTER_CPU, "device-TLB", IOVA, IOVA + 0xfff, "device-TLB", "belongs to another device" },
	{ "ignored", device_ignores, SOUND, SIM_FINDING_STALE, SIM_CAUSE_LOST, SIM_VERDICT_CACHE, SIM_CACHE_DEVICE,
	  STORE, SIM_MASTER_CPU, "device-TLB", IOVA, IOVA + 0xfff, "device-TLB", "lost by injection" },
	{ "given up", given_up_by_the_queue, SOUND, SIM_FINDING_STALE, SIM_CAUSE_DROPPED, SIM_VERDICT_CACHE, SIM_CACHE_IOTLB,
	  STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, "page-selective", "given up by the queue" },
	{ "registers", by_registers_wrong_domain, SOUND, SIM_FINDING_STALE, SIM_CAUSE_OTHER_DOMAIN, SIM_VERDICT_CACHE,
	  SIM_CACHE_IOTLB, STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, "page-selective", "completion observed" },
	{ "other unit", other_unit, SOUND, SIM_FINDING_STALE, SIM_CAUSE_OTHER_UNIT, SIM_VERDICT_CACHE, SIM_CACHE_IOTLB,
	  STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, "domain-selective IOTLB", "on unit 1" },
	{ "not written back", line_not_written_back, UNSNOOPED, SIM_FINDING_UNPUBLISHED, SIM_CAUSE_NOT_WRITTEN_BACK,
	  SIM_VERDICT_UNSEEN, NO_CACHE, STORE, SIM_MASTER_CPU, NULL, 0, 0, NULL, "cache line was not written back" },
	{ "back too late", written_back_too_late, UNSNOOPED, SIM_FINDING_STALE, SIM_CAUSE_NOT_WRITTEN_BACK, SIM_VERDICT_CACHE,
	  SIM_CACHE_IOTLB, STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, "page-selective",
	  "the store's cache line was not written back" },
	{ "not flushed", buffer_not_flushed, BUFFERED, SIM_FINDING_UNPUBLISHED, SIM_CAUSE_NOT_FLUSHED, SIM_VERDICT_UNSEEN,
	  NO_CACHE, STORE, SIM_MASTER_CPU, NULL, 0, 0, NULL, "write buffer was not flushed" },
	{ "freed, mapped", freed_while_mapped, SOUND, SIM_FINDING_RELEASE, SIM_CAUSE_NONE, SIM_VERDICT_TABLE,
	  SIM_CACHE_IOTLB, STORE, SIM_MASTER_CPU, NULL, 0, 0, NULL, "the table is wrong" },
	{ "freed, stale", freed_without_invalidation, SOUND, SIM_FINDING_RELEASE, SIM_CAUSE_NOT_ISSUED, SIM_VERDICT_CACHE,
	  SIM_CACHE_IOTLB, STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, NULL, "None was issued" },
	{ "table freed", table_freed_with_the_hint_set, SOUND, SIM_FINDING_RELEASE, SIM_CAUSE_HINT, SIM_VERDICT_CACHE,
	  SIM_CACHE_PAGING, STORE, SIM_MASTER_CPU, "page-selective", 0, 0xfff, "page-selective", "hint clear" },
	{ "device wrote", device_wrote_the_table, SOUND, SIM_FINDING_STALE, SIM_CAUSE_NOT_ISSUED, SIM_VERDICT_CACHE,
	  SIM_CACHE_IOTLB, STORE, SIM_MASTER_DMA, "page-selective", IOVA, IOVA + 0xfff, NULL, "by dma" },
	{ "escape", escape_after_quiesce, SOUND, SIM_FINDING_ESCAPE, SIM_CAUSE_OTHER_DOMAIN, SIM_VERDICT_CACHE, SIM_CACHE_IOTLB,
	  STORE, SIM_MASTER_CPU, "page-selective", IOVA, IOVA + 0xfff, "page-selective", "another domain id" },
	{ "for nothing", waits_for_nothing, SOUND, SIM_FINDING_BOUND, SIM_CAUSE_NOT_ISSUED, SIM_VERDICT_NEITHER, NO_CACHE,
	  NO_STORE, SIM_MASTER_CPU, NULL, 0, 0, NULL, "Nothing is outstanding" },
	{ "unobserved", does_not_look, SOUND, SIM_FINDING_BOUND, SIM_CAUSE_UNOBSERVED, SIM_VERDICT_NEITHER, NO_CACHE,
	  NO_STORE, SIM_MASTER_CPU, NULL, 0, 0, "invalidation wait", "does not look where that was told" },
	{ "completion lost", completion_lost, SOUND, SIM_FINDING_BOUND, SIM_CAUSE_LOST, SIM_VERDICT_NEITHER, NO_CACHE,
	  NO_STORE, SIM_MASTER_CPU, NULL, 0, 0, "invalidation wait", "injection lost its completion" },
	{ "stalled", queue_stalled, SOUND, SIM_FINDING_BOUND, SIM_CAUSE_PENDING, SIM_VERDICT_NEITHER, NO_CACHE,
	  NO_STORE, SIM_MASTER_CPU, NULL, 0, 0, "page-selective", "has not carried it out" },
	{ "bad descriptor", bad_descriptor, SOUND, SIM_FINDING_BOUND, SIM_CAUSE_DROPPED, SIM_VERDICT_NEITHER, NO_CACHE,
	  NO_STORE, SIM_MASTER_CPU, NULL, 0, 0, "command", "the queue gave it up" },
};
/* clang-format on */

#define DOMAIN_ROW 3 /* "domain" */
#define ROWS (sizeof(row) / sizeof(row[0]))

static void make(struct scene *m, unsigned i)
{
	struct sim_vtd_config config;
	struct sim_policy policy = { .keep = SIM_KEEP_ALL };

	sim_vtd_default(&config);
	config.ecap |= VTD_ECAP_DT;
	policy.exact_range = row[i].hw == EXACT;
	if (row[i].hw >= UNSNOOPED) {
		config.ecap &= ~(uint64_t)VTD_ECAP_C;
		policy.publish = SIM_PUBLISH_AT_SYNC;
	}
	if (row[i].hw == CACHING)
		config.cap |= VTD_CAP_CM;
	if (row[i].hw == BUFFERED)
		config.cap |= VTD_CAP_RWBF;
	begin(m, &config, &policy);
	row[i].make(m);
}

static const struct sim_finding *finding_of(struct scene *m, unsigned i)
{
	const struct sim_finding *f;
	char text[4096];

	for (uint32_t n = 0; (f = sim_finding_get(m->w.s, n)) != NULL; n++)
		if (f->kind == row[i].kind && (!f->has_line || f->line.cache == row[i].cache))
			return f;
	f = sim_finding_get(m->w.s, 0);
	if (f)
		sim_finding_format(f, text, sizeof(text));
	ck_abort_msg("%s: no such finding; the first is: %s", row[i].name, f ? text : "none");
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void check_paragraph(const struct sim_finding *f, unsigned i)
{
	static const char *const sentence[] = {
		[SIM_VERDICT_NEITHER] = "Neither the table nor a cache is at fault",
		[SIM_VERDICT_CACHE] = "he table is right, the cache is stale",
		[SIM_VERDICT_TABLE] = "he table is wrong",
		[SIM_VERDICT_UNSEEN] = "he table is right as the CPU wrote it",
	};
	char text[4096];

	sim_finding_format(f, text, sizeof(text));
	if (getenv("SHOW"))
		printf("%s: %s\n\n", row[i].name, text);
	ck_assert_msg(strstr(text, row[i].text) != NULL, "%s: \"%s\" is not in: %s", row[i].name,
		      row[i].text, text);
	if (f->kind != SIM_FINDING_ESCAPE)
		ck_assert_msg(strstr(text, sentence[f->verdict]) != NULL, "%s: no verdict in: %s",
			      row[i].name, text);
	else
		ck_assert_msg(strstr(text, "the table is right, a cache is stale") != NULL, "%s",
			      text);
}

START_TEST(test_oracle_cause_of_a_mistake)
{
	const unsigned i = (unsigned)_i;
	struct scene m;
	const struct sim_finding *f;

	make(&m, i);
	f = finding_of(&m, i);
	check_paragraph(f, i);
	ck_assert_msg(f->cause == row[i].cause, "%s: cause %s", row[i].name,
		      sim_cause_name(f->cause));
	ck_assert_int_eq(f->verdict, row[i].verdict);
	ck_assert_int_eq(f->has_line, row[i].cache != NO_CACHE);
	ck_assert_int_eq(f->has_store, row[i].store);
	if (row[i].store) {
		ck_assert_uint_eq(f->store.pa, m.store_at);
		ck_assert_uint_eq(f->store.old, m.store_old);
		ck_assert_uint_eq(f->store.now, m.store_new);
		ck_assert_uint_eq(f->store.master, row[i].master);
		ck_assert_uint_le(f->store.time_ns, f->time_ns);
	}
	ck_assert_int_eq(f->has_needed, row[i].needed != NULL);
	if (row[i].needed) {
		ck_assert_msg(begins(f->needed.name, row[i].needed), "%s: %s", row[i].name,
			      f->needed.name);
		ck_assert_uint_eq(f->needed.first, row[i].first);
		ck_assert_uint_eq(f->needed.last, row[i].last);
		ck_assert_uint_eq(f->needed.domain,
				  f->needed.by_domain && !f->line.negative ? DID : 0);
	}
	if (row[i].nearest || row[i].verdict != SIM_VERDICT_UNSEEN)
		ck_assert_msg(f->has_nearest == (row[i].nearest != NULL), "%s", row[i].name);
	if (row[i].nearest)
		ck_assert_msg(begins(f->nearest.name, row[i].nearest), "%s: %s", row[i].name,
			      f->nearest.name);
	world_stop(&m.w);
}
END_TEST

/* ---- facts ---- */

struct told {
	unsigned facts, named;
	uint64_t store, domain;
	bool cause;
};

static void hear(void *ctx, const struct sim_fact *fact)
{
	struct told *t = ctx;

	t->facts++;
	t->named += fact->name && *fact->name && strlen(fact->name) < 64 && fact->text;
	if (!strcmp(fact->name, "store.pa"))
		t->store = fact->number;
	if (!strcmp(fact->name, "nearest.domain"))
		t->domain = fact->number;
	if (!strcmp(fact->name, "cause"))
		t->cause = !strcmp(fact->text, "other-domain");
}

START_TEST(test_oracle_cause_facts_say_what_the_paragraph_says)
{
	struct told t = { 0 };
	struct scene m;

	make(&m, DOMAIN_ROW);
	sim_finding_facts(finding_of(&m, DOMAIN_ROW), hear, &t);
	ck_assert_uint_eq(t.named, t.facts);
	ck_assert_uint_eq(t.store, m.store_at);
	ck_assert_uint_eq(t.domain, DID + 1);
	ck_assert(t.cause);
	world_stop(&m.w);
}
END_TEST

START_TEST(test_oracle_cause_names_differ)
{
	for (unsigned a = 0; a < SIM_CAUSES; a++)
		for (unsigned b = 0; b < a; b++)
			ck_assert_str_ne(sim_cause_name((enum sim_cause)a),
					 sim_cause_name((enum sim_cause)b));
	ck_assert_ptr_null(sim_cause_name(SIM_CAUSES));
}
END_TEST

/* The requester, its access and its address are kept with the entry, and cost nothing while nobody asks. */
START_TEST(test_oracle_cause_names_the_dma_that_filled_the_line)
{
	const struct sim_cache_line *line;
	struct scene m;

	make(&m, 0);
	line = &finding_of(&m, 0)->line;
	ck_assert(line->by_known);
	ck_assert_uint_eq(line->by_rid, RID);
	ck_assert_uint_eq(line->by_access, SIM_WRITE);
	ck_assert_uint_eq(line->by_iova, IOVA + 0x10);
	ck_assert(!line->by_ats);
	world_stop(&m.w);
	vt_start(&m.w, NULL, NULL);
	ck_assert_ptr_null(sim_finding_get(m.w.s, 0));
	world_stop(&m.w);
}
END_TEST

/* A mapping made long ago, and a thousand commands for others since: none of them is blamed. */
START_TEST(test_oracle_cause_blames_no_unrelated_command)
{
	struct sim_vtd_config config;
	const struct sim_finding *f;
	struct scene m;

	sim_vtd_default(&config);
	begin(&m, &config, NULL);
	touch(&m);
	clear(&m, IOVA, 0);
	for (unsigned i = 0; i < 1200; i++)
		iotlb_page(&m, DID + 1, UINT64_C(0x40000000) + i * UINT64_C(0x1000), 0, true);
	touch(&m);
	f = sim_finding_get(m.w.s, 0);
	ck_assert_int_eq(f->cause, SIM_CAUSE_NOT_ISSUED);
	ck_assert(!f->has_nearest);
	world_stop(&m.w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("oracle_cause");
	TCase *t = tcase_create("cause");

	tcase_add_loop_test(t, test_oracle_cause_of_a_mistake, 0, (int)ROWS);
	tcase_add_test(t, test_oracle_cause_facts_say_what_the_paragraph_says);
	tcase_add_test(t, test_oracle_cause_names_differ);
	tcase_add_test(t, test_oracle_cause_names_the_dma_that_filled_the_line);
	tcase_add_test(t, test_oracle_cause_blames_no_unrelated_command);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
