/*
 * Devices: DMA page by page, the device's own TLB, and what invalidations do to it.
 */
#include <string.h>

#include "fake_unit.h"

#define RAM 0x100000u
#define RAM_LAST 0x8fffffu
#define RID 0x0010
#define SEGS 8u

struct world {
	struct sim *s;
	struct fake *f;
	uint32_t dev;
	struct sim_segment seg[SEGS];
	struct sim_dma_result result;
};

static void world_start_with(struct world *w, const struct sim_config *config, bool ats)
{
	int dev;

	memset(w, 0, sizeof(*w));
	w->s = sim_start(config);
	w->f = fake_add(w->s);
	ck_assert_int_eq(sim_mem_add(w->s, RAM, RAM_LAST), SIM_OK);
	dev = sim_device_add(w->s, 0, RID, true);
	ck_assert_int_ge(dev, 0);
	w->dev = (uint32_t)dev;
	ck_assert_int_eq(sim_device_ats(w->s, w->dev, ats), SIM_OK);
}

static void world_start(struct world *w, bool ats)
{
	world_start_with(w, &(struct sim_config){ .trace_records = 256 }, ats);
}

static enum sim_outcome dma(struct world *w, enum sim_access access, uint64_t addr, void *data,
			    uint64_t len)
{
	const struct sim_dma d = {
		.dev = w->dev,
		.access = access,
		.addr = addr,
		.len = len,
		.data = data,
		.seg = w->seg,
		.segs = SEGS,
	};

	ck_assert_int_eq(sim_dma(w->s, &d, &w->result), SIM_OK);
	return w->result.outcome;
}

static uint64_t ram64(struct world *w, uint64_t pa)
{
	uint64_t val = 0;

	ck_assert_int_eq(sim_mem_load(w->s, pa, &val, 8), SIM_OK);
	return val;
}

static void ram_set64(struct world *w, uint64_t pa, uint64_t val)
{
	ck_assert_int_eq(sim_mem_store(w->s, pa, &val, 8), SIM_OK);
}

static enum sim_outcome read8(struct world *w, uint64_t addr)
{
	uint64_t val;

	return dma(w, SIM_READ, addr, &val, 8);
}

static enum sim_outcome write8(struct world *w, uint64_t addr)
{
	uint64_t val = 0x5a;

	return dma(w, SIM_WRITE, addr, &val, 8);
}

/* ---- DMA without ATS ---- */

START_TEST(test_device_dma_is_split_at_pages_and_told_in_segments)
{
	uint8_t in[3 * 4096], out[3 * 4096] = { 0 };
	struct world w;

	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 31 + i / 256);
	world_start(&w, false);
	fake_map(w.f, 0x5000, 0x200000, 0, 3);
	fake_map(w.f, 0x6000, 0x201000, 0, 3); /* goes on */
	fake_map(w.f, 0x7000, 0x300000, 0, 3); /* does not */
	fake_map(w.f, 0x8000, 0x200000, 0, 3);
	ck_assert_int_eq(dma(&w, SIM_WRITE, 0x5800, in, sizeof(in)), SIM_OUTCOME_OK);
	ck_assert_uint_eq(w.result.done, sizeof(in));
	ck_assert_uint_eq(w.f->requests[SIM_AT_UNTRANSLATED], 4);
	ck_assert_uint_eq(w.f->last.len, 0x800);
	ck_assert_uint_eq(w.f->last.rid, RID);
	ck_assert_uint_eq(w.result.segs, 3);
	ck_assert_uint_eq(w.seg[0].iova, 0x5800);
	ck_assert_uint_eq(w.seg[0].pa, 0x200800);
	ck_assert_uint_eq(w.seg[0].len, 0x1800);
	ck_assert_uint_eq(w.seg[0].source, SIM_FROM_WALK);
	ck_assert_uint_eq(w.seg[1].pa, 0x300000);
	ck_assert_uint_eq(w.seg[1].len, 0x1000);
	ck_assert_uint_eq(w.seg[2].iova, 0x8000);
	ck_assert_uint_eq(w.seg[2].pa, 0x200000);
	ck_assert_uint_eq(w.seg[2].len, 0x800);
	ck_assert_int_eq(sim_mem_load(w.s, 0x200800, out, 0x1800), SIM_OK);
	ck_assert_mem_eq(out, in, 0x1800);
	ck_assert_int_eq(sim_mem_load(w.s, 0x300000, out, 0x1000), SIM_OK);
	ck_assert_mem_eq(out, in + 0x1800, 0x1000);
	memset(out, 0, sizeof(out));
	ck_assert_int_eq(dma(&w, SIM_READ, 0x5800, out, sizeof(out)), SIM_OUTCOME_OK);
	ck_assert_mem_eq(out, in, sizeof(in));
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_dma_stops_at_the_first_refusal)
{
	uint8_t buf[3 * 4096];
	struct world w;

	memset(buf, 0x77, sizeof(buf));
	world_start(&w, false);
	fake_map(w.f, 0x5000, 0x200000, 0, 3);
	fake_map(w.f, 0x6000, 0x201000, 0, 1); /* read-only */
	fake_map(w.f, 0x7000, 0x202000, 0, 3);
	ck_assert_int_eq(dma(&w, SIM_WRITE, 0x5ff0, buf, 0x1020), SIM_OUTCOME_UR);
	ck_assert_uint_eq(w.result.done, 0x10);
	ck_assert_uint_eq(w.result.fail_addr, 0x6000);
	ck_assert_uint_eq(w.result.last.reason, 5);
	ck_assert_uint_eq(w.result.segs, 1);
	ck_assert_uint_eq(ram64(&w, 0x200ff0), 0x7777777777777777);
	ck_assert_uint_eq(ram64(&w, 0x201000), 0);
	ck_assert_uint_eq(ram64(&w, 0x202000), 0);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_memory_that_does_not_answer)
{
	uint64_t val = 1;
	struct world w;

	world_start(&w, false);
	fake_map(w.f, 0x5000, 0xf0000000, 0, 3);
	fake_map(w.f, 0x6000, 0x200000, 0, 3);
	ck_assert_int_eq(dma(&w, SIM_READ, 0x5000, &val, 8), SIM_OUTCOME_BUS);
	ck_assert_uint_eq(w.result.last.pa, 0xf0000000);
	ck_assert_int_eq(dma(&w, SIM_WRITE, 0x5000, &val, 8), SIM_OUTCOME_BUS);
	ck_assert_int_eq(dma(&w, SIM_ATOMIC, 0x5000, &val, 8), SIM_OUTCOME_BUS);
	sim_inject_add(w.s, &(struct sim_inject_rule){ .point = SIM_POINT_BUS_WRITE_ABORT,
						       .first = 0x200000,
						       .last = 0x200fff,
						       .master = SIM_MASTER_DMA });
	ck_assert_int_eq(dma(&w, SIM_ATOMIC, 0x6000, &val, 8), SIM_OUTCOME_BUS);
	ck_assert_uint_eq(val, 1); /* the old value was not delivered */
	ck_assert_int_eq(dma(&w, SIM_READ, 0x6000, &val, 8), SIM_OUTCOME_OK);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_atomics_add_and_return_the_old_value)
{
	uint64_t wide = 2;
	uint32_t narrow = 3;
	struct world w;

	world_start(&w, false);
	fake_map(w.f, 0x5000, 0x200000, 0, 3);
	ram_set64(&w, 0x200010, UINT64_MAX);
	ck_assert_int_eq(dma(&w, SIM_ATOMIC, 0x5010, &wide, 8), SIM_OUTCOME_OK);
	ck_assert_uint_eq(wide, UINT64_MAX);
	ck_assert_uint_eq(ram64(&w, 0x200010), 1);
	ram_set64(&w, 0x200018, 0xAAAAAAAAFFFFFFFF);
	ck_assert_int_eq(dma(&w, SIM_ATOMIC, 0x5018, &narrow, 4), SIM_OUTCOME_OK);
	ck_assert_uint_eq(narrow, UINT32_MAX);
	ck_assert_uint_eq(ram64(&w, 0x200018), 0xAAAAAAAA00000002); /* no carry out of 32 bits */
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_zero_length_reads_move_nothing)
{
	uint8_t buf[16] = { 0 };
	struct world w;

	world_start(&w, false);
	fake_map(w.f, 0x5000, 0xf0000000, 0, 2); /* no memory there: not touched */
	ck_assert_int_eq(dma(&w, SIM_ZLR, 0x5000, NULL, 0), SIM_OUTCOME_OK);
	ck_assert_uint_eq(w.result.done, 0);
	ck_assert_uint_eq(w.f->last.len, 1);
	ck_assert_uint_eq(w.f->last.access, SIM_ZLR);
	ck_assert_int_eq(dma(&w, SIM_ZLR, 0x5000, buf, 16), SIM_OUTCOME_OK);
	ck_assert_int_eq(dma(&w, SIM_ZLR, 0x9000, NULL, 0), SIM_OUTCOME_UR);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_messages_reach_the_sink)
{
	uint32_t data = 0x4041;
	struct world w;

	world_start(&w, false);
	ck_assert_int_eq(dma(&w, SIM_WRITE, 0xfee01000, &data, 4), SIM_OUTCOME_OK);
	ck_assert_uint_eq(w.seg[0].source, SIM_FROM_MSI);
	ck_assert_uint_eq(sim_msi_count(w.s), 1);
	ck_assert_uint_eq(sim_msi_get(w.s, 0)->addr, 0xfee01000);
	ck_assert_uint_eq(sim_msi_get(w.s, 0)->data, 0x4041);
	ck_assert_uint_eq(sim_msi_get(w.s, 0)->rid, RID);
	ck_assert(!sim_msi_get(w.s, 0)->from_unit);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_spoofed_requests_carry_the_other_id_and_no_tlb)
{
	uint64_t val = 0;
	struct world w;

	world_start(&w, true);
	fake_map(w.f, 0x5000, 0x200000, 0, 3);
	ck_assert_int_eq(read8(&w, 0x5000), SIM_OUTCOME_OK);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 1);
	ck_assert_int_eq(sim_dma(w.s,
				 &(struct sim_dma){ .dev = w.dev,
						    .addr = 0x5000,
						    .len = 8,
						    .data = &val,
						    .spoof = true,
						    .rid = 0x1234 },
				 &w.result),
			 SIM_OK);
	ck_assert_uint_eq(w.f->last.rid, 0x1234);
	ck_assert_uint_eq(w.f->last.at, SIM_AT_UNTRANSLATED);
	ck_assert_uint_eq(w.result.segs, 1); /* counted although none is stored */
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_requests_are_checked)
{
	uint64_t val = 0;
	static const struct sim_dma bad[] = {
		{ .access = (enum sim_access)4, .len = 8 },
		{ .at = (enum sim_at)3, .len = 8 },
		{ .len = 0 },
		{ .access = SIM_WRITE, .len = 0 },
		{ .addr = UINT64_MAX - 6, .len = 8 },
		{ .access = SIM_ATOMIC, .len = 2 },
		{ .access = SIM_ATOMIC, .len = 16 },
		{ .access = SIM_ATOMIC, .len = 8, .addr = 4 },
		{ .flags = 0x100, .len = 8 },
		{ .at = SIM_AT_TRANSLATION, .len = 0 },
	};
	struct world w;

	world_start(&w, false);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sim_dma d = bad[i];

		d.data = &val;
		ck_assert_int_eq(sim_dma(w.s, &d, &w.result), SIM_E_INVAL);
	}
	ck_assert_int_eq(sim_dma(w.s, &(struct sim_dma){ .len = 8 }, &w.result), SIM_E_INVAL);
	ck_assert_int_eq(
		sim_dma(w.s, &(struct sim_dma){ .dev = 1, .len = 8, .data = &val }, &w.result),
		SIM_E_NOENT);
	ck_assert_uint_eq(w.f->requests[0] + w.f->requests[1] + w.f->requests[2], 0);
	ck_assert_int_eq(
		sim_dma(w.s, &(struct sim_dma){ .addr = UINT64_MAX - 7, .len = 8, .data = &val },
			&w.result),
		SIM_OK); /* the last eight bytes there are */
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_set_up)
{
	struct world w;

	world_start(&w, false);
	ck_assert_int_eq(sim_device_add(w.s, 0, RID, false), SIM_E_EXIST);
	ck_assert_ptr_nonnull(strstr(sim_why(w.s), "0x0010"));
	ck_assert_int_eq(sim_device_add(w.s, 1, RID, false), SIM_E_NOENT);
	fake_add(w.s);
	ck_assert_int_eq(sim_device_add(w.s, 1, RID, false), 1);
	ck_assert_int_eq(sim_device_ats(w.s, 1, true), SIM_E_INVAL);
	ck_assert_int_eq(sim_device_ats(w.s, 1, false), SIM_OK);
	ck_assert_int_eq(sim_device_ats(w.s, 2, false), SIM_E_NOENT);
	ck_assert_ptr_eq(device_by_rid(w.s, 0, RID), w.s->device[0]);
	ck_assert_ptr_eq(device_by_rid(w.s, 1, RID), w.s->device[1]);
	ck_assert_ptr_null(device_by_rid(w.s, 0, 0xffff));
	ck_assert_ptr_null(device_by_rid(w.s, 2, RID));
	ck_assert_ptr_null(device_by_rid(w.s, SIM_UNITS, RID));
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_as_many_as_promised)
{
	struct sim *s = sim_start(&(struct sim_config){ 0 });

	fake_add(s);
	for (uint32_t i = 0; i < SIM_DEVICES; i++)
		ck_assert_int_eq(sim_device_add(s, 0, (uint16_t)(i * 16 + 15), false), (int)i);
	ck_assert_int_eq(sim_device_add(s, 0, 0, false), SIM_E_FULL);
	for (uint32_t i = 0; i < SIM_DEVICES; i++)
		ck_assert_ptr_eq(device_by_rid(s, 0, (uint16_t)(i * 16 + 15)), s->device[i]);
	sim_destroy(s);
}
END_TEST

/* ---- ATS ---- */

START_TEST(test_device_tlb_misses_once_then_hits)
{
	uint64_t val = 0;
	struct world w;

	world_start(&w, true);
	ram_set64(&w, 0x200100, 0x1122);
	fake_map(w.f, 0x5000, 0x200000, 0, 3);
	ck_assert_int_eq(dma(&w, SIM_READ, 0x5100, &val, 8), SIM_OUTCOME_OK);
	ck_assert_uint_eq(val, 0x1122);
	ck_assert_uint_eq(w.f->requests[SIM_AT_TRANSLATION], 1);
	ck_assert_uint_eq(w.f->requests[SIM_AT_TRANSLATED], 1);
	ck_assert_uint_eq(w.f->last.addr, 0x200100);
	ck_assert_uint_eq(w.seg[0].source, SIM_FROM_WALK);
	ck_assert_int_eq(dma(&w, SIM_READ, 0x5100, &val, 8), SIM_OUTCOME_OK);
	ck_assert_uint_eq(w.f->requests[SIM_AT_TRANSLATION], 1);
	ck_assert_uint_eq(w.f->requests[SIM_AT_TRANSLATED], 2);
	ck_assert_uint_eq(w.f->requests[SIM_AT_UNTRANSLATED], 0);
	ck_assert_uint_eq(w.seg[0].source, SIM_FROM_DEVTLB);
	ck_assert_uint_eq(w.seg[0].pa, 0x200100);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_writes_ask_in_the_form_of_a_read)
{
	struct world w;

	world_start(&w, true);
	fake_map(w.f, 0x5000, 0x200000, 0, 3);
	ck_assert_int_eq(write8(&w, 0x5000), SIM_OUTCOME_OK);
	ck_assert_uint_eq(w.f->access[SIM_AT_TRANSLATION], SIM_READ);
	ck_assert_uint_eq(w.f->access[SIM_AT_TRANSLATED], SIM_WRITE);
	ck_assert_uint_eq(ram64(&w, 0x200000), 0x5a);
	w.f->no_translated = true;
	ram_set64(&w, 0x200000, 0);
	ck_assert_int_eq(write8(&w, 0x5000), SIM_OUTCOME_UR); /* what the TLB knows is not enough */
	ck_assert_uint_eq(ram64(&w, 0x200000), 0);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_tlb_covers_large_pages)
{
	struct sim_cache_line line;
	uint32_t cursor = 0;
	struct world w;

	world_start(&w, true);
	fake_map(w.f, 0x40000000, 0x200000, 1, 3);
	ck_assert_int_eq(read8(&w, 0x40001000), SIM_OUTCOME_OK);
	ck_assert_int_eq(read8(&w, 0x401ffff8), SIM_OUTCOME_OK);
	ck_assert_uint_eq(w.f->requests[SIM_AT_TRANSLATION], 1);
	ck_assert_uint_eq(w.seg[0].pa, 0x3ffff8);
	ck_assert(sim_cache_next(w.s, 0, SIM_CACHE_DEVICE, &cursor, &line));
	ck_assert_uint_eq(line.iova, 0x40000000);
	ck_assert_uint_eq(line.pa, 0x200000);
	ck_assert_uint_eq(line.level, 1);
	ck_assert_uint_eq(line.perm, 3);
	ck_assert_uint_eq(line.rid, RID);
	ck_assert(!sim_cache_next(w.s, 0, SIM_CACHE_DEVICE, &cursor, &line));
	/* what is no page of that size is kept as 4 KiB */
	fake_map(w.f, 0x80000000, 0x300000, 1, 3);
	ck_assert_int_eq(read8(&w, 0x80001000), SIM_OUTCOME_OK);
	ck_assert_int_eq(read8(&w, 0x80002000), SIM_OUTCOME_OK);
	ck_assert_uint_eq(w.f->requests[SIM_AT_TRANSLATION], 3);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_too_small_a_permission_asks_once_more)
{
	struct world w;

	world_start(&w, true);
	fake_map(w.f, 0x5000, 0x200000, 0, 1);
	ck_assert_int_eq(read8(&w, 0x5000), SIM_OUTCOME_OK);
	ck_assert_int_eq(write8(&w, 0x5000), SIM_OUTCOME_NO_ACCESS);
	ck_assert_uint_eq(w.f->requests[SIM_AT_TRANSLATION], 2);
	ck_assert_uint_eq(w.f->requests[SIM_AT_TRANSLATED], 1);
	w.f->page[0].perm = 3;
	ck_assert_int_eq(write8(&w, 0x5000), SIM_OUTCOME_OK);
	ck_assert_uint_eq(w.f->requests[SIM_AT_TRANSLATION], 3);
	ck_assert_int_eq(write8(&w, 0x5000), SIM_OUTCOME_OK);
	ck_assert_uint_eq(w.f->requests[SIM_AT_TRANSLATION], 3);
	w.f->page[0].perm = 0;
	ck_assert_int_eq(read8(&w, 0x5000), SIM_OUTCOME_OK); /* the TLB does not know yet */
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_refusals_are_not_cached)
{
	struct world w;
	uint64_t one = 1;

	world_start(&w, true);
	ck_assert_int_eq(read8(&w, 0x5000), SIM_OUTCOME_UR);
	fake_map(w.f, 0x5000, 0x200000, 0, 0);
	ck_assert_int_eq(read8(&w, 0x5000), SIM_OUTCOME_NO_ACCESS);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 0);
	w.f->page[0].perm = 2;
	ck_assert_int_eq(dma(&w, SIM_ATOMIC, 0x5000, &one, 8), SIM_OUTCOME_NO_ACCESS);
	ck_assert_int_eq(dma(&w, SIM_ZLR, 0x5000, NULL, 0), SIM_OUTCOME_OK); /* W suffices */
	ck_assert_int_eq(write8(&w, 0x5000), SIM_OUTCOME_OK);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_told_untranslated_only_sends_untranslated)
{
	struct world w;

	world_start(&w, true);
	w.f->untranslated_only = true;
	fake_map(w.f, 0x5000, 0x200000, 0, 3);
	ck_assert_int_eq(write8(&w, 0x5000), SIM_OUTCOME_OK);
	ck_assert_uint_eq(w.f->requests[SIM_AT_TRANSLATED], 0);
	ck_assert_uint_eq(w.f->requests[SIM_AT_UNTRANSLATED], 1);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 0);
	ck_assert_uint_eq(ram64(&w, 0x200000), 0x5a);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_pasids_have_their_own_entries)
{
	struct sim_cache_line line;
	uint32_t cursor = 0, pasids = 0;
	uint64_t val = 0;
	struct world w;

	world_start(&w, true);
	fake_map(w.f, 0x5000, 0x200000, 0, 3);
	ck_assert_int_eq(read8(&w, 0x5000), SIM_OUTCOME_OK);
	for (uint32_t pasid = 0; pasid < 2; pasid++)
		ck_assert_int_eq(sim_dma(w.s,
					 &(struct sim_dma){ .dev = w.dev,
							    .flags = SIM_REQ_PASID,
							    .pasid = pasid,
							    .addr = 0x5000,
							    .len = 8,
							    .data = &val },
					 &w.result),
				 SIM_OK);
	ck_assert_uint_eq(w.f->requests[SIM_AT_TRANSLATION], 3);
	ck_assert_uint_eq(w.f->last.pasid, 1);
	while (sim_cache_next(w.s, 0, SIM_CACHE_DEVICE, &cursor, &line))
		pasids += line.pasid;
	ck_assert_uint_eq(pasids, 1);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_explicit_requests_are_sent_as_they_are)
{
	struct sim_dma d;
	uint64_t val = 7;
	struct world w;

	world_start(&w, false);
	fake_map(w.f, 0x5000, 0x200000, 0, 3);
	d = (struct sim_dma){ .dev = w.dev,
			      .at = SIM_AT_TRANSLATED,
			      .access = SIM_WRITE,
			      .addr = 0x300000,
			      .len = 8,
			      .data = &val };
	ck_assert_int_eq(sim_dma(w.s, &d, &w.result), SIM_OK);
	ck_assert_int_eq(w.result.outcome, SIM_OUTCOME_OK);
	ck_assert_uint_eq(ram64(&w, 0x300000), 7);
	d.at = SIM_AT_TRANSLATION;
	d.access = SIM_READ;
	d.addr = 0x5000;
	d.data = NULL;
	ck_assert_int_eq(sim_dma(w.s, &d, &w.result), SIM_OK);
	ck_assert_uint_eq(w.result.last.pa, 0x200000);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 0); /* ATS is off */
	ck_assert_int_eq(sim_device_ats(w.s, w.dev, true), SIM_OK);
	ck_assert_int_eq(sim_dma(w.s, &d, &w.result), SIM_OK);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 1);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_switching_ats_off_empties_its_tlb)
{
	struct world w;

	world_start(&w, true);
	fake_map(w.f, 0x5000, 0x200000, 0, 3);
	ck_assert_int_eq(read8(&w, 0x5000), SIM_OUTCOME_OK);
	ck_assert_int_eq(sim_device_ats(w.s, w.dev, false), SIM_OK);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 0);
	ck_assert_int_eq(read8(&w, 0x5000), SIM_OUTCOME_OK);
	ck_assert_uint_eq(w.f->requests[SIM_AT_UNTRANSLATED], 1);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_tlbs_are_listed_and_evicted_by_unit)
{
	struct sim_cache_line line;
	uint32_t cursor = 0, seen[3] = { 0 };
	uint64_t val = 0;
	struct world w;

	world_start(&w, true);
	fake_map(w.f, 0, 0x200000, 1, 3);
	w.f->page[0].level = 0;
	fake_map(w.f, 0x1000, 0x201000, 0, 3);
	fake_map(w.f, 0x2000, 0x202000, 0, 3);
	fake_map(fake_add(w.s), 0, 0x400000, 0, 3);
	ck_assert_int_eq(sim_device_add(w.s, 1, 0x20, true), 1);
	ck_assert_int_eq(sim_device_add(w.s, 0, 0x30, true), 2);
	for (uint32_t dev = 0; dev < 3; dev++) {
		ck_assert_int_eq(sim_device_ats(w.s, dev, true), SIM_OK);
		for (uint64_t page = 0; page < (dev == 1 ? 1 : 3); page++)
			ck_assert_int_eq(sim_dma(w.s,
						 &(struct sim_dma){ .dev = dev,
								    .addr = page << 12,
								    .len = 8,
								    .data = &val },
						 &w.result),
					 SIM_OK);
	}
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 6);
	ck_assert_uint_eq(sim_cache_count(w.s, 1, SIM_CACHE_DEVICE), 1);
	while (sim_cache_next(w.s, 0, SIM_CACHE_DEVICE, &cursor, &line)) {
		ck_assert_uint_eq(line.unit, 0);
		ck_assert_uint_eq(line.pa, 0x200000 + line.iova);
		seen[line.rid / 16 - 1]++;
	}
	ck_assert_uint_eq(seen[0], 3);
	ck_assert_uint_eq(seen[1], 0);
	ck_assert_uint_eq(seen[2], 3);
	ck_assert_uint_eq(sim_cache_evict(w.s, 0, SIM_CACHE_DEVICE, 0x1fff), 2);
	ck_assert_uint_eq(sim_cache_evict(w.s, 0, SIM_CACHE_DEVICE, SIM_EVICT_ALL), 4);
	ck_assert_uint_eq(sim_cache_count(w.s, 1, SIM_CACHE_DEVICE), 1);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_tlb_obeys_the_policy)
{
	struct world w;

	world_start_with(&w, &(struct sim_config){ .policy = { .keep = SIM_KEEP_NONE } }, true);
	fake_map(w.f, 0x5000, 0x200000, 0, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(read8(&w, 0x5000), SIM_OUTCOME_OK);
	ck_assert_uint_eq(w.f->requests[SIM_AT_TRANSLATION], 3);
	sim_destroy(w.s);
}
END_TEST

/* ---- device-TLB invalidation ---- */

static void three_entries(struct world *w)
{
	world_start(w, true);
	for (uint64_t page = 0; page < 3; page++) {
		fake_map(w->f, 0x5000 + 0x1000 * page, 0x200000 + 0x1000 * page, 0, 3);
		ck_assert_int_eq(read8(w, 0x5000 + 0x1000 * page), SIM_OUTCOME_OK);
	}
	ck_assert_uint_eq(sim_cache_count(w->s, 0, SIM_CACHE_DEVICE), 3);
}

static enum device_answer invalidate(struct world *w, uint32_t tag, uint64_t first, uint64_t last)
{
	return device_invalidate(w->s, 0, RID, tag, first, last);
}

static void inject(struct world *w, enum sim_point point)
{
	ck_assert_int_ge(sim_inject_add(w->s, &(struct sim_inject_rule){ .point = point,
									 .count = 1,
									 .first = RID,
									 .last = RID }),
			 0);
}

START_TEST(test_device_drops_when_it_answers)
{
	struct world w;

	three_entries(&w);
	ck_assert_int_eq(invalidate(&w, 9, 0x5000, 0x6fff), DEVICE_ANSWERS);
	sim_advance(w.s, w.s->timing.devtlb_ns - 1);
	ck_assert_uint_eq(w.f->answers, 0);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 3); /* may still use them */
	sim_advance(w.s, 1);
	ck_assert_uint_eq(w.f->answers, 1);
	ck_assert_uint_eq(w.f->answer_tag[0], 9);
	ck_assert(w.f->answer_ok[0]);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 1);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_answers_in_order_each_at_its_time)
{
	struct world w;

	three_entries(&w);
	for (uint32_t tag = 0; tag < 40; tag++) {
		ck_assert_int_eq(invalidate(&w, tag, 0, 0),
				 tag < DEVICE_FLIGHTS ? DEVICE_ANSWERS : DEVICE_SILENT);
		sim_advance(w.s, 10);
	}
	sim_advance(w.s, 100000);
	ck_assert_uint_eq(w.f->answers, DEVICE_FLIGHTS);
	for (uint32_t i = 0; i < DEVICE_FLIGHTS; i++) {
		ck_assert_uint_eq(w.f->answer_tag[i], i);
		ck_assert_uint_eq(w.f->answer_ns[i], 10 * i + w.s->timing.devtlb_ns);
	}
	ck_assert(sim_idle(w.s));
	ck_assert_int_eq(invalidate(&w, 50, 0, UINT64_MAX), DEVICE_ANSWERS);
	sim_advance(w.s, 100000);
	ck_assert_uint_eq(w.f->answer_tag[DEVICE_FLIGHTS], 50);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 0);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_with_ats_switched_off_still_answers)
{
	struct world w;

	three_entries(&w);
	ck_assert_int_eq(sim_device_ats(w.s, w.dev, false), SIM_OK);
	ck_assert_int_eq(invalidate(&w, 1, 0, UINT64_MAX), DEVICE_ANSWERS);
	sim_advance(w.s, 1000000000);
	ck_assert_uint_eq(w.f->answers, 1);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_without_ats_is_silent)
{
	struct world w;

	three_entries(&w);
	ck_assert_int_eq(device_invalidate(w.s, 0, 0x77, 1, 0, UINT64_MAX), DEVICE_SILENT);
	ck_assert_int_eq(device_invalidate(w.s, 5, RID, 1, 0, UINT64_MAX), DEVICE_SILENT);
	ck_assert_int_ge(sim_device_add(w.s, 0, 0x78, false), 0);
	ck_assert_int_eq(device_invalidate(w.s, 0, 0x78, 1, 0, UINT64_MAX), DEVICE_SILENT);
	sim_advance(w.s, 1000000000);
	ck_assert_uint_eq(w.f->answers, 0);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_device_misbehaves_when_told_to)
{
	struct world w;

	three_entries(&w);
	inject(&w, SIM_POINT_DEVTLB_SILENT);
	ck_assert_int_eq(invalidate(&w, 1, 0, UINT64_MAX), DEVICE_SILENT);
	sim_advance(w.s, 100000);
	ck_assert_uint_eq(w.f->answers, 0);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 3);
	inject(&w, SIM_POINT_DEVTLB_IGNORED);
	ck_assert_int_eq(invalidate(&w, 2, 0, UINT64_MAX), DEVICE_ANSWERS);
	sim_advance(w.s, 100000);
	ck_assert_uint_eq(w.f->answers, 1);
	ck_assert(w.f->answer_ok[0]);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 3);
	inject(&w, SIM_POINT_DEVTLB_BAD_ANSWER);
	ck_assert_int_eq(invalidate(&w, 3, 0, UINT64_MAX), DEVICE_ANSWERS);
	sim_advance(w.s, 100000);
	ck_assert_uint_eq(w.f->answers, 2);
	ck_assert(!w.f->answer_ok[1]);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_DEVICE), 0);
	sim_destroy(w.s);
}
END_TEST

/* ---- with the oracle looking ---- */

START_TEST(test_device_stale_tlb_entries_are_seen)
{
	struct world w;

	world_start_with(&w, &(struct sim_config){ .oracle = true }, true);
	fake_map(w.f, 0x5000, 0x200000, 0, 3);
	ck_assert_int_eq(read8(&w, 0x5000), SIM_OUTCOME_OK);
	ck_assert_int_eq(read8(&w, 0x5000), SIM_OUTCOME_OK);
	ck_assert(!w.result.stale);
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	w.f->page[0].pa = 0x300000; /* memory changes, nobody tells the device */
	ck_assert_int_eq(read8(&w, 0x5000), SIM_OUTCOME_OK);
	ck_assert(w.result.stale);
	ck_assert(w.seg[0].stale);
	ck_assert_uint_eq(w.seg[0].pa, 0x200000);
	ck_assert_uint_eq(sim_finding_count(w.s), 1);
	ck_assert_int_eq(sim_finding_get(w.s, 0)->kind, SIM_FINDING_STALE);
	sim_destroy(w.s);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("device");
	TCase *t = tcase_create("device");

	tcase_add_test(t, test_device_dma_is_split_at_pages_and_told_in_segments);
	tcase_add_test(t, test_device_dma_stops_at_the_first_refusal);
	tcase_add_test(t, test_device_memory_that_does_not_answer);
	tcase_add_test(t, test_device_atomics_add_and_return_the_old_value);
	tcase_add_test(t, test_device_zero_length_reads_move_nothing);
	tcase_add_test(t, test_device_messages_reach_the_sink);
	tcase_add_test(t, test_device_spoofed_requests_carry_the_other_id_and_no_tlb);
	tcase_add_test(t, test_device_requests_are_checked);
	tcase_add_test(t, test_device_set_up);
	tcase_add_test(t, test_device_as_many_as_promised);
	suite_add_tcase(s, t);
	t = tcase_create("ats");
	tcase_add_test(t, test_device_tlb_misses_once_then_hits);
	tcase_add_test(t, test_device_writes_ask_in_the_form_of_a_read);
	tcase_add_test(t, test_device_tlb_covers_large_pages);
	tcase_add_test(t, test_device_too_small_a_permission_asks_once_more);
	tcase_add_test(t, test_device_refusals_are_not_cached);
	tcase_add_test(t, test_device_told_untranslated_only_sends_untranslated);
	tcase_add_test(t, test_device_pasids_have_their_own_entries);
	tcase_add_test(t, test_device_explicit_requests_are_sent_as_they_are);
	tcase_add_test(t, test_device_switching_ats_off_empties_its_tlb);
	tcase_add_test(t, test_device_tlbs_are_listed_and_evicted_by_unit);
	tcase_add_test(t, test_device_tlb_obeys_the_policy);
	suite_add_tcase(s, t);
	t = tcase_create("invalidation");
	tcase_add_test(t, test_device_drops_when_it_answers);
	tcase_add_test(t, test_device_answers_in_order_each_at_its_time);
	tcase_add_test(t, test_device_with_ats_switched_off_still_answers);
	tcase_add_test(t, test_device_without_ats_is_silent);
	tcase_add_test(t, test_device_misbehaves_when_told_to);
	tcase_add_test(t, test_device_stale_tlb_entries_are_seen);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
