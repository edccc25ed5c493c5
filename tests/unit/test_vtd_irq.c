/*
 * Interrupt remapping of a VT-d unit: every entry and requester against a reading of VT-d 9 "Interrupt Remapping Table Entry"
 * typed again here, and the cause the oracle gives for a stale entry.
 */
#include <string.h>

#include "unit.h"
#include "vtd_world.h"

#define TABLE UINT64_C(0x200000)
#define RID 0x0108u

struct irq_world {
	struct sim *s;
	uint64_t random;
	bool eime;
};

static void put(struct sim *s, uint64_t pa, uint64_t word)
{
	ck_assert_int_eq(sim_mem_store(s, pa, &word, sizeof(word)), SIM_OK);
}

static void gcmd(struct sim *s, uint32_t val)
{
	sim_reg_write(s, 0, 0x18, 4, val);
	sim_advance(s, 100000);
}

static void start(struct irq_world *w, bool eime, bool oracle, enum sim_keep keep)
{
	struct sim_config config = { .seed = 5, .oracle = oracle, .policy = { .keep = keep } };
	struct sim_vtd_config unit;

	*w = (struct irq_world){ .random = 77, .eime = eime };
	ck_assert_int_eq(sim_create(&config, &w->s), SIM_OK);
	ck_assert_int_eq(sim_mem_add(w->s, 0, 0xffffff), SIM_OK);
	sim_vtd_default(&unit);
	unit.ecap |= UINT64_C(1) << 3 | UINT64_C(1) << 4 | UINT64_C(8) << 20; /* IR, EIM, MHMV */
	unit.cap |= UINT64_C(31) << 40;                                       /* NFR */
	ck_assert_int_eq(sim_vtd_add(w->s, &unit), 0);
	ck_assert_int_eq(sim_device_add(w->s, 0, RID, false), 0);
	sim_reg_write(w->s, 0, 0xb8, 8, TABLE | (eime ? 0x800u : 0) | 7);
	gcmd(w->s, 1u << 24);
	sim_reg_write(w->s, 0, 0x90, 8, 0x300000);
	gcmd(w->s, 1u << 26);
	gcmd(w->s, 1u << 26 | 1u << 25);
}

static void message(struct irq_world *w, uint16_t rid, uint32_t index, struct sim_xlat *x)
{
	const struct sim_request rq = {
		.addr = 0xfee00010u | (index & 0x7fff) << 5 | (index >> 15) << 2,
		.rid = rid,
		.access = SIM_WRITE,
		.len = 4,
	};

	sim_translate(w->s, &rq, x);
}

static uint64_t bits(uint64_t word, unsigned high, unsigned low)
{
	return word >> low & (~UINT64_C(0) >> (63 - (high - low)));
}

/* Fault reason of an entry of a unit without posting, 0: delivered. */
static unsigned want_reason(const uint64_t *q, uint16_t rid, bool eime)
{
	static const unsigned mask[] = { 0xffff, 0xfffb, 0xfff9, 0xfff8 };
	uint64_t sid = bits(q[1], 15, 0), svt = bits(q[1], 19, 18), dlm = bits(q[0], 7, 5);

	if (!(q[0] & 1))
		return 0x22;
	if (svt == 1 && ((sid ^ rid) & mask[bits(q[1], 17, 16)]))
		return 0x26;
	if (svt == 2 && (rid >> 8 < sid >> 8 || rid >> 8 > (sid & 0xff)))
		return 0x26;
	if (svt == 3 || bits(q[1], 63, 20) || bits(q[0], 31, 24) || bits(q[0], 15, 12))
		return 0x24;
	if (!eime && (bits(q[0], 63, 48) || bits(q[0], 39, 32)))
		return 0x24;
	return dlm == 3 || dlm == 6 || (dlm == 2 && bits(q[0], 23, 16)) ? 0x24 : 0;
}

static void want_message(const uint64_t *q, bool eime, uint64_t *addr, uint32_t *data)
{
	uint64_t dest = eime ? q[0] >> 32 : bits(q[0], 47, 40), dlm = bits(q[0], 7, 5);

	*addr = 0xfee00000u | (dest & 0xff) << 12 | dest >> 8 << 40 | bits(q[0], 3, 3) << 3 |
		bits(q[0], 2, 2) << 2;
	*data = 0x4000u | (uint32_t)dlm << 8;
	if (dlm <= 1)
		*data |= (uint32_t)(bits(q[0], 23, 16) | bits(q[0], 4, 4) << 15);
}

/* Mostly good entries, one random bit or field off. */
static void random_entry(struct irq_world *w, uint64_t *q)
{
	/* the destination's place in xAPIC mode, the vector, software's bits and those below */
	q[0] = (world_random(&w->random) & UINT64_C(0xff0000ff0fff)) | 1;
	q[0] ^= !world_below(&w->random, 8);
	q[1] = (uint64_t)world_below(&w->random, 4) << 18 | world_below(&w->random, 4) << 16 |
	       (world_below(&w->random, 2) ? RID ^ (1u << world_below(&w->random, 16))
					   : 0x0002u + RID - (RID & 0xff));
	if (!world_below(&w->random, 3))
		q[world_below(&w->random, 2)] ^= UINT64_C(1) << world_below(&w->random, 64);
}

START_TEST(test_irq_entries_as_the_specification_reads)
{
	unsigned seen[256] = { 0 };
	struct irq_world w;

	start(&w, _i & 1, false, _i & 2 ? SIM_KEEP_ALL : SIM_KEEP_NONE);
	for (uint32_t n = 0; n < 20000; n++) {
		uint16_t rid = (uint16_t)(RID ^ (world_below(&w.random, 3)
							 ? 0
							 : 1u << world_below(&w.random, 16)));
		uint64_t q[2], addr;
		uint32_t data;
		struct sim_xlat x;
		unsigned reason;

		random_entry(&w, q);
		put(w.s, TABLE + 16 * 9, q[0]);
		put(w.s, TABLE + 16 * 9 + 8, q[1]);
		sim_cache_evict(w.s, 0, SIM_CACHE_INTERRUPT, SIM_EVICT_ALL);
		reason = want_reason(q, rid, w.eime);
		seen[reason]++;
		for (unsigned again = 0; again < 2; again++) {
			message(&w, rid, 9, &x);
			ck_assert_msg(x.reason == reason, "%llx %llx from %x: %x, not %x",
				      (unsigned long long)q[1], (unsigned long long)q[0], rid,
				      x.reason, reason);
			if (reason)
				continue;
			want_message(q, w.eime, &addr, &data);
			ck_assert_uint_eq(x.pa, addr);
			ck_assert_uint_eq(x.data, data);
		}
	}
	ck_assert(seen[0] > 100 && seen[0x22] > 100 && seen[0x24] > 100 && seen[0x26] > 100);
	sim_destroy(w.s);
}
END_TEST

/* ---- the oracle ---- */

static void submit(struct irq_world *w, uint32_t *tail, uint64_t q0)
{
	sim_cpu_write64(w->s, 0x300000 + *tail, q0);
	sim_cpu_write64(w->s, 0x300000 + *tail + 8, 0);
	*tail += 16;
	sim_reg_write(w->s, 0, 0x88, 8, *tail);
	sim_advance(w->s, 100000);
}

static const struct {
	uint64_t descriptor; /* 0: none */
	enum sim_cause cause;
} causes[] = {
	{ 0, SIM_CAUSE_NOT_ISSUED },
	{ 4 | 1 << 4 | UINT64_C(1) << 27 | UINT64_C(6) << 32,
	  SIM_CAUSE_SHORT },                   /* entries 6 and 7 */
	{ 2 | 1 << 4, SIM_CAUSE_OTHER_CACHE }, /* IOTLB, global */
};

START_TEST(test_irq_stale_entry_is_explained)
{
	struct irq_world w;
	struct sim_xlat x;
	const struct sim_finding *f;
	uint32_t tail = 0;
	char text[2000];

	start(&w, false, true, SIM_KEEP_ALL);
	put(w.s, TABLE + 16 * 5, UINT64_C(0x20000310001));
	message(&w, RID, 5, &x);
	ck_assert_uint_eq(x.source, SIM_FROM_IRT);
	sim_advance(w.s, 1000);
	sim_cpu_write64(w.s, TABLE + 16 * 5, 0);
	if (causes[_i].descriptor)
		submit(&w, &tail, causes[_i].descriptor);
	message(&w, RID, 5, &x);
	ck_assert(x.source == SIM_FROM_IEC && x.stale);
	ck_assert_uint_eq(sim_finding_count(w.s), 1);
	f = sim_finding_get(w.s, 0);
	ck_assert_int_eq(f->kind, SIM_FINDING_STALE);
	ck_assert_int_eq(f->cause, causes[_i].cause);
	ck_assert(f->interrupt && f->has_line && f->line.interrupt && f->has_store &&
		  f->has_needed);
	ck_assert_uint_eq(f->index, 5);
	ck_assert_uint_eq(f->line.entry_pa, TABLE + 16 * 5);
	ck_assert_uint_eq(f->store.pa, TABLE + 16 * 5);
	ck_assert_uint_eq(f->memory_reason, 0x22);
	ck_assert_uint_eq(f->needed.first, SIM_INDEX_ADDR(5));
	sim_finding_format(f, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "vector 0x31"));
	submit(&w, &tail, 4 | 1 << 4 | UINT64_C(5) << 32);
	message(&w, RID, 5, &x);
	ck_assert(x.reason == 0x22 && !x.stale);
	sim_destroy(w.s);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("vtd_irq");
	TCase *t = tcase_create("irq");

	tcase_add_loop_test(t, test_irq_entries_as_the_specification_reads, 0, 4);
	tcase_add_loop_test(t, test_irq_stale_entry_is_explained, 0,
			    sizeof(causes) / sizeof(causes[0]));
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(make_suite)
