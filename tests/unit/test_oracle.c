/*
 * The oracle, on a made-up unit small enough that each case is plain: what it finds, what it names as the cause, and what
 * it leaves alone.
 */
#include <string.h>

#include "judged_unit.h"
#include "unit.h"

#define IOVA UINT64_C(0x5000)
#define PAGE_A UINT64_C(0x200000)
#define PAGE_B UINT64_C(0x300000)
#define OTHER_LOWER UINT64_C(0x40000)
#define SPACE 42u

struct world {
	struct sim *s;
	struct judged_unit *f;
};

/* Tables in place, IOVA mapped to PAGE_A read-write in the tables; the oracle is told nothing. */
static struct world world_start(enum mem_view view)
{
	struct world w;

	w.f = judged_machine(&w.s, view);
	judged_lower(w.s, IOVA, PAGE_A | 3);
	judged_tables(w.s);
	return w;
}

/* The same, and the oracle told so. */
static struct world world_told(void)
{
	struct world w = world_start(MEM_VIEW_CPU);

	ck_assert_int_eq(sim_oracle_attach(w.s, 0, JUDGED_RID, SPACE), SIM_OK);
	ck_assert_int_eq(sim_oracle_map(w.s, SPACE, IOVA, IOVA + 0xfff, PAGE_A, 3), SIM_OK);
	return w;
}

static void evict(struct world *w, enum sim_cache cache)
{
	sim_cache_evict(w->s, 0, cache, SIM_EVICT_ALL);
}

static const struct sim_finding *only(const struct world *w, enum sim_finding_kind kind,
				      const char *part_of_why)
{
	const struct sim_finding *f = sim_finding_get(w->s, 0);

	ck_assert_uint_eq(sim_finding_count(w->s), 1);
	ck_assert_str_eq(sim_finding_name(f->kind), sim_finding_name(kind));
	ck_assert_msg(strstr(f->why, part_of_why), "\"%s\" is not in \"%s\"", part_of_why, f->why);
	return f;
}

static bool found(const struct world *w, enum sim_finding_kind kind, const char *part_of_why)
{
	const struct sim_finding *f;

	for (uint32_t i = 0; (f = sim_finding_get(w->s, i)); i++)
		if (f->kind == kind && strstr(f->why, part_of_why))
			return true;
	return false;
}

/* ---- staleness ---- */

START_TEST(test_oracle_a_hit_that_memory_confirms_costs_one_probe_and_no_finding)
{
	struct world w = world_start(MEM_VIEW_CPU);
	struct sim_xlat x;

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	w.f->probes = 0;
	x = judged_dma(w.s, JUDGED_RID, SIM_WRITE, IOVA + 0x123);
	ck_assert_int_eq(x.source, SIM_FROM_IOTLB);
	ck_assert_uint_eq(x.pa, PAGE_A + 0x123);
	ck_assert(!x.stale);
	ck_assert_uint_eq(w.f->probes, 1);
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_hit_after_unmap_is_stale_and_names_the_line)
{
	struct world w = world_start(MEM_VIEW_CPU);
	const struct sim_finding *f;
	struct sim_xlat x;
	uint64_t filled;

	filled = sim_now_ns(w.s);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	judged_lower(w.s, IOVA, 0);
	x = judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA + 8);
	ck_assert(x.stale);
	f = only(&w, SIM_FINDING_STALE,
		 "the table is right, the cache is stale: the IOTLB still leads");
	ck_assert_uint_eq(f->time_ns, sim_now_ns(w.s));
	ck_assert_uint_eq(f->rid, JUDGED_RID);
	ck_assert_uint_eq(f->iova, IOVA + 8);
	ck_assert_uint_eq(f->pa, PAGE_A + 8);
	ck_assert_uint_eq(f->memory_pa, 0);
	ck_assert_uint_eq(f->memory_reason, JUDGED_NO_PERMISSION);
	ck_assert(f->has_line);
	ck_assert_int_eq(f->line.cache, SIM_CACHE_IOTLB);
	ck_assert_uint_eq(f->line.domain, JUDGED_DOMAIN);
	ck_assert_uint_eq(f->line.iova, IOVA);
	ck_assert_uint_eq(f->line.pa, PAGE_A);
	ck_assert_uint_eq(f->line.entry_pa, JUDGED_LOWER + 8 * 5);
	ck_assert_uint_eq(f->line.filled_ns, filled);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_stale_names_how_the_cache_differs)
{
	static const struct {
		uint64_t before, after;
		enum sim_access access;
		uint64_t memory_pa;
		const char *why;
	} row[] = {
		{ PAGE_A | 3, PAGE_B | 3, SIM_READ, PAGE_B, "the page that was mapped before" },
		{ PAGE_A | 3, PAGE_A | 1, SIM_READ, PAGE_A,
		  "a permission that memory has taken away" },
		{ PAGE_A | 3, PAGE_A | 1, SIM_WRITE, 0, "where memory no longer does" },
		{ PAGE_A | 1, PAGE_A | 3, SIM_WRITE, PAGE_A,
		  "still refuses what memory now allows" },
	};
	struct world w = world_start(MEM_VIEW_CPU);
	const struct sim_finding *f;

	judged_lower(w.s, IOVA, row[_i].before);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	judged_lower(w.s, IOVA, row[_i].after);
	ck_assert(judged_dma(w.s, JUDGED_RID, row[_i].access, IOVA).stale);
	f = only(&w, SIM_FINDING_STALE, row[_i].why);
	ck_assert_uint_eq(f->memory_pa, row[_i].memory_pa);
	ck_assert(f->has_line);
	sim_destroy(w.s);
}
END_TEST

/* Less in the cache than in memory harms nobody until it refuses. */
START_TEST(test_oracle_a_smaller_permission_that_suffices_is_not_stale)
{
	struct world w = world_start(MEM_VIEW_CPU);

	judged_lower(w.s, IOVA, PAGE_A | 1);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	judged_lower(w.s, IOVA, PAGE_A | 3);
	ck_assert(!judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA).stale);
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_cached_absence_is_stale_once_memory_maps_the_page)
{
	struct world w = world_start(MEM_VIEW_CPU);
	const struct sim_finding *f;

	w.f->caches_absence = true;
	judged_lower(w.s, IOVA, 0);
	ck_assert(!judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA).stale);
	ck_assert(!judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA).stale);
	judged_lower(w.s, IOVA, PAGE_A | 3);
	ck_assert(judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA).stale);
	f = only(&w, SIM_FINDING_STALE, "refuses what memory now allows");
	ck_assert_uint_eq(f->pa, 0);
	ck_assert(f->has_line);
	ck_assert(f->line.negative);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_stale_hit_on_a_leaving_mapping_says_so)
{
	struct world w = world_told();

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	judged_lower(w.s, IOVA, 0);
	ck_assert_int_eq(sim_oracle_unmap(w.s, SPACE, IOVA, IOVA + 0xfff), SIM_OK);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	only(&w, SIM_FINDING_STALE, "not yet told complete");
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_walk_misled_by_a_paging_entry_names_it)
{
	struct world w = world_start(MEM_VIEW_CPU);
	const struct sim_finding *f;

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	evict(&w, SIM_CACHE_IOTLB);
	judged_upper(w.s, IOVA, OTHER_LOWER | 3); /* an empty table */
	ck_assert(judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA).stale);
	f = only(&w, SIM_FINDING_STALE, "the entry the walk started from still leads");
	ck_assert(f->has_line);
	ck_assert_int_eq(f->line.cache, SIM_CACHE_PAGING);
	ck_assert_uint_eq(f->line.pa, JUDGED_LOWER);
	ck_assert_uint_eq(f->line.entry_pa, JUDGED_UPPER);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_walk_misled_by_a_context_entry_names_it)
{
	struct world w = world_start(MEM_VIEW_CPU);
	const struct sim_finding *f;

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	evict(&w, SIM_CACHE_IOTLB);
	judged_context(w.s, JUDGED_RID, 0);
	ck_assert(judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA).stale);
	f = only(&w, SIM_FINDING_STALE, "the entry the walk started from still leads");
	ck_assert_uint_eq(f->memory_reason, JUDGED_NO_CONTEXT);
	ck_assert(f->has_line);
	ck_assert_int_eq(f->line.cache, SIM_CACHE_CONTEXT);
	ck_assert_uint_eq(f->line.entry_pa, JUDGED_CONTEXT + 8 * (JUDGED_RID & 0xff));
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_device_tlb_hit_after_unmap_is_stale)
{
	struct world w = world_start(MEM_VIEW_CPU);
	struct sim_dma_result result;
	uint8_t byte;
	struct sim_dma dma = { .access = SIM_READ, .addr = IOVA, .len = 1, .data = &byte };
	const struct sim_finding *f;
	int dev = sim_device_add(w.s, 0, JUDGED_RID, true);

	ck_assert_int_ge(dev, 0);
	ck_assert_int_eq(sim_device_ats(w.s, (uint32_t)dev, true), SIM_OK);
	w.f->translation_requests = true;
	dma.dev = (uint32_t)dev;
	ck_assert_int_eq(sim_dma(w.s, &dma, &result), SIM_OK);
	ck_assert_int_eq(result.outcome, SIM_OUTCOME_OK);
	evict(&w, SIM_CACHE_IOTLB);
	ck_assert_int_eq(sim_dma(w.s, &dma, &result), SIM_OK);
	ck_assert_int_eq(result.last.source, SIM_FROM_DEVTLB);
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	judged_lower(w.s, IOVA, 0);
	ck_assert_int_eq(sim_dma(w.s, &dma, &result), SIM_OK);
	ck_assert(result.stale);
	f = only(&w, SIM_FINDING_STALE, "the device's TLB still leads");
	ck_assert(f->has_line);
	ck_assert_int_eq(f->line.cache, SIM_CACHE_DEVICE);
	ck_assert_uint_eq(f->line.rid, JUDGED_RID);
	ck_assert_uint_eq(f->line.pa, PAGE_A);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_disabled_looks_at_nothing)
{
	struct world w = world_start(MEM_VIEW_CPU);

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	judged_lower(w.s, IOVA, 0);
	sim_oracle_enable(w.s, false);
	w.f->probes = 0;
	ck_assert(!judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA).stale);
	ck_assert_uint_eq(w.f->probes, 0);
	sim_oracle_enable(w.s, true);
	ck_assert(judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA).stale);
	sim_destroy(w.s);
}
END_TEST

/* ---- unpublished stores ---- */

START_TEST(test_oracle_a_walk_of_a_line_not_written_back_is_unpublished)
{
	static const enum mem_view view[] = { MEM_VIEW_BUFFER, MEM_VIEW_MEMORY };
	struct world w = world_start(view[_i]);
	const struct sim_finding *f;
	struct sim_xlat x;

	judged_lower(w.s, IOVA, PAGE_B | 3);
	x = judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	ck_assert_uint_eq(x.pa, PAGE_A);
	f = only(&w, SIM_FINDING_UNPUBLISHED, "the cache line was not written back");
	ck_assert_uint_eq(f->pa, PAGE_A);
	ck_assert_uint_eq(f->memory_pa, PAGE_B);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_walk_before_the_write_buffer_is_flushed_is_unpublished)
{
	struct world w = world_start(MEM_VIEW_MEMORY);

	judged_lower(w.s, IOVA, PAGE_B | 3);
	mem_write_back(&w.s->mem, JUDGED_LOWER, 4096);
	ck_assert_uint_eq(judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA).pa, PAGE_A);
	only(&w, SIM_FINDING_UNPUBLISHED, "the write buffer was not flushed");
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_published_stores_are_not_found)
{
	struct world w = world_start(MEM_VIEW_MEMORY);

	judged_lower(w.s, IOVA, PAGE_B | 3);
	mem_write_back(&w.s->mem, JUDGED_LOWER, 4096);
	mem_drain(&w.s->mem);
	/* another word is still on its way: what is pending does not matter, what differs does */
	judged_lower(w.s, IOVA + 0x100000, PAGE_A | 3);
	ck_assert_uint_eq(judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA).pa, PAGE_B);
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	sim_destroy(w.s);
}
END_TEST

/* ---- outcome and containment ---- */

START_TEST(test_oracle_what_was_asked_for_is_no_finding)
{
	struct world w = world_told();

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	judged_dma(w.s, JUDGED_RID, SIM_WRITE, IOVA + 0xfff);
	judged_dma(w.s, JUDGED_RID, SIM_ATOMIC, IOVA);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA + 0x1000);        /* refused, not mapped */
	judged_dma(w.s, 0x0109, SIM_READ, IOVA);                     /* refused, in no domain */
	judged_dma(w.s, JUDGED_RID, SIM_READ, UINT64_C(0xfee00000)); /* refused: interrupt range */
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	sim_destroy(w.s);
}
END_TEST

/* What the tables say instead of what was asked for. */
START_TEST(test_oracle_a_wrong_table_is_an_outcome_or_an_escape)
{
	static const struct {
		uint64_t word; /* for IOVA */
		uint8_t perm;  /* asked for */
		enum sim_access access;
		enum sim_finding_kind kind;
		const char *why;
	} row[] = {
		{ PAGE_B | 3, 3, SIM_READ, SIM_FINDING_OUTCOME,
		  "the table is wrong: it leads to another page of" },
		{ PAGE_B + 0x1001, 3, SIM_READ, SIM_FINDING_ESCAPE,
		  "leads to a page the domain does not map" },
		{ PAGE_A | 3, 1, SIM_WRITE, SIM_FINDING_OUTCOME,
		  "grants more than the mapping's permission" },
		{ 0, 3, SIM_READ, SIM_FINDING_OUTCOME, "the table is wrong: it refuses" },
		{ PAGE_A | 1, 3, SIM_WRITE, SIM_FINDING_OUTCOME, "the table is wrong: it refuses" },
	};
	struct world w = world_start(MEM_VIEW_CPU);

	ck_assert_int_eq(sim_oracle_attach(w.s, 0, JUDGED_RID, SPACE), SIM_OK);
	ck_assert_int_eq(sim_oracle_map(w.s, SPACE, IOVA, IOVA + 0xfff, PAGE_A, row[_i].perm),
			 SIM_OK);
	ck_assert_int_eq(sim_oracle_map(w.s, SPACE, 0x9000, 0x9fff, PAGE_B, 3), SIM_OK);
	judged_lower(w.s, IOVA, row[_i].word);
	judged_dma(w.s, JUDGED_RID, row[_i].access, IOVA);
	only(&w, row[_i].kind, row[_i].why);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_reaching_what_was_never_mapped_is_an_escape)
{
	struct world w = world_told();

	judged_lower(w.s, IOVA + 0x1000, PAGE_B | 3);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA + 0x1000);
	only(&w, SIM_FINDING_ESCAPE, "the table is wrong: it still maps an address");
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_leaving_mapping_may_be_reached_or_refused_and_a_quiesced_one_not)
{
	struct world w = world_told();

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	ck_assert_int_eq(sim_oracle_unmap(w.s, SPACE, IOVA, IOVA + 0xfff), SIM_OK);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA); /* the tables still have it */
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	judged_lower(w.s, IOVA, 0);
	evict(&w, SIM_CACHE_IOTLB);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA); /* refused */
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	judged_lower(w.s, IOVA, PAGE_A | 3);
	ck_assert_int_eq(sim_oracle_quiesce(w.s, SPACE, IOVA, IOVA + 0xfff), SIM_OK);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	only(&w, SIM_FINDING_ESCAPE,
	     "the table is wrong: it still maps an address whose removal was told");
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_stale_hit_on_a_quiesced_mapping_is_stale_and_an_escape)
{
	struct world w = world_told();

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	judged_lower(w.s, IOVA, 0);
	ck_assert_int_eq(sim_oracle_unmap(w.s, SPACE, IOVA, IOVA + 0xfff), SIM_OK);
	ck_assert_int_eq(sim_oracle_quiesce(w.s, SPACE, IOVA, IOVA + 0xfff), SIM_OK);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	ck_assert_uint_eq(sim_finding_count(w.s), 2);
	ck_assert(found(&w, SIM_FINDING_STALE, "the table is right"));
	ck_assert(found(&w, SIM_FINDING_ESCAPE,
			"the table is right, a cache is stale: it leads to an address"));
	ck_assert(sim_finding_get(w.s, 1)->has_line);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_device_in_no_domain_has_to_be_blocked_once_one_is)
{
	struct world w = world_start(MEM_VIEW_CPU);

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA); /* nobody told the oracle anything */
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	ck_assert_int_eq(sim_oracle_attach(w.s, 0, 0x0200, SPACE), SIM_OK);
	w.f->translating = false;
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	w.f->translating = true;
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	only(&w, SIM_FINDING_ESCAPE,
	     "the table is wrong: it lets a device that is in no domain through");
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_detached_device_served_from_a_cache_escapes)
{
	struct world w = world_told();

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	judged_context(w.s, JUDGED_RID, 0);
	ck_assert_int_eq(sim_oracle_detach(w.s, 0, JUDGED_RID), SIM_OK);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	ck_assert(found(&w, SIM_FINDING_ESCAPE, "a cache is stale: a device that is in no domain"));
	ck_assert(found(&w, SIM_FINDING_STALE, "the IOTLB still leads"));
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_an_identity_space_maps_all_to_itself)
{
	struct world w = world_start(MEM_VIEW_CPU);

	ck_assert_int_eq(sim_oracle_identity(w.s, SPACE, true), SIM_OK);
	ck_assert_int_eq(sim_oracle_attach(w.s, 0, JUDGED_RID, SPACE), SIM_OK);
	w.f->pass_through = true;
	judged_dma(w.s, JUDGED_RID, SIM_WRITE, PAGE_B + 4);
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	w.f->pass_through = false;
	judged_dma(w.s, JUDGED_RID, SIM_WRITE, IOVA);
	only(&w, SIM_FINDING_OUTCOME, "the table is wrong");
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_zero_length_read_of_a_write_only_page_may_go_either_way)
{
	struct world w = world_start(MEM_VIEW_CPU);

	ck_assert_int_eq(sim_oracle_attach(w.s, 0, JUDGED_RID, SPACE), SIM_OK);
	ck_assert_int_eq(sim_oracle_map(w.s, SPACE, IOVA, IOVA + 0xfff, PAGE_A, 2), SIM_OK);
	judged_lower(w.s, IOVA, PAGE_A | 2);
	ck_assert_int_ne(judged_dma(w.s, JUDGED_RID, SIM_ZLR, IOVA).outcome, SIM_OUTCOME_OK);
	judged_lower(w.s, IOVA, PAGE_A | 3);
	evict(&w, SIM_CACHE_IOTLB);
	ck_assert_int_eq(judged_dma(w.s, JUDGED_RID, SIM_ZLR, IOVA).outcome, SIM_OUTCOME_OK);
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	evict(&w, SIM_CACHE_IOTLB);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA); /* a real read may not */
	only(&w, SIM_FINDING_OUTCOME, "grants more");
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_refusal_by_an_injected_bus_error_is_excused_and_an_escape_is_not)
{
	struct sim_inject_rule abort_walk = {
		.point = SIM_POINT_BUS_READ_ABORT,
		.last = UINT64_MAX,
		.master = SIM_MASTER_WALK,
		.count = 1,
	};
	struct sim_inject_rule flip = {
		.point = SIM_POINT_BIT_FLIP,
		.first = JUDGED_LOWER + 8 * 5,
		.last = JUDGED_LOWER + 8 * 5 + 7,
		.master = SIM_MASTER_WALK,
		.value = PAGE_A ^ (PAGE_B + 0x1000),
	};
	struct world w = world_told();

	ck_assert_int_ge(sim_inject_add(w.s, &abort_walk), 0);
	ck_assert_int_ne(judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA).outcome, SIM_OUTCOME_OK);
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	evict(&w, SIM_CACHE_IOTLB);
	ck_assert_int_ge(sim_inject_add(w.s, &flip), 0);
	ck_assert_uint_eq(judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA).pa, PAGE_B + 0x1000);
	only(&w, SIM_FINDING_ESCAPE, "a page the domain does not map");
	sim_destroy(w.s);
}
END_TEST

/* The excuse needs a rule that fired: the same refusal without one is the guest's. */
START_TEST(test_oracle_a_rule_that_did_not_fire_excuses_nothing)
{
	struct sim_inject_rule elsewhere = {
		.point = SIM_POINT_BUS_READ_ABORT,
		.first = PAGE_B,
		.last = PAGE_B,
		.master = SIM_MASTER_WALK,
	};
	struct world w = world_told();

	ck_assert_int_ge(sim_inject_add(w.s, &elsewhere), 0);
	judged_lower(w.s, IOVA, 0);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	only(&w, SIM_FINDING_OUTCOME, "the table is wrong: it refuses");
	sim_destroy(w.s);
}
END_TEST

/* One error excuses one request, not those that come after it. */
START_TEST(test_oracle_an_error_of_an_earlier_walk_excuses_nothing)
{
	struct sim_inject_rule once = {
		.point = SIM_POINT_BUS_READ_ABORT,
		.last = UINT64_MAX,
		.master = SIM_MASTER_WALK,
		.count = 1,
	};
	struct world w = world_told();

	ck_assert_int_ge(sim_inject_add(w.s, &once), 0);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	judged_lower(w.s, IOVA, 0);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	only(&w, SIM_FINDING_OUTCOME, "the table is wrong: it refuses");
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_a_device_using_ats_without_leave_is_refused_rightly)
{
	struct world w = world_told();
	struct sim_dma_result result;
	uint8_t byte;
	struct sim_dma dma = { .access = SIM_READ, .addr = IOVA, .len = 1, .data = &byte };
	int dev = sim_device_add(w.s, 0, JUDGED_RID, true);

	ck_assert_int_eq(sim_device_ats(w.s, (uint32_t)dev, true), SIM_OK);
	dma.dev = (uint32_t)dev;
	ck_assert_int_eq(sim_dma(w.s, &dma, &result), SIM_OK);
	ck_assert_int_eq(result.outcome, SIM_OUTCOME_UR);
	ck_assert_uint_eq(sim_finding_count(w.s), 0);
	sim_destroy(w.s);
}
END_TEST

/* ---- release ---- */

START_TEST(test_oracle_release_of_a_page_the_iotlb_still_has)
{
	struct world w = world_start(MEM_VIEW_CPU);
	const struct sim_finding *f;

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	judged_lower(w.s, IOVA, 0);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_A - 0x1000, PAGE_A - 1), 0);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_A + 0x1000, PAGE_A + 0x1fff), 0);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_A, PAGE_A + 0xfff), 1);
	f = only(&w, SIM_FINDING_RELEASE,
		 "the table is right, the cache is stale: page given back while the IOTLB");
	ck_assert_uint_eq(f->pa, PAGE_A);
	ck_assert_uint_eq(f->iova, IOVA);
	ck_assert_uint_eq(f->memory_reason, JUDGED_NO_PERMISSION);
	ck_assert_int_eq(f->line.cache, SIM_CACHE_IOTLB);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_release_of_a_page_the_tables_still_have)
{
	struct world w = world_start(MEM_VIEW_CPU);

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_A, PAGE_A + 0xfff), 1);
	only(&w, SIM_FINDING_RELEASE,
	     "the table is wrong: page given back while the tables and the IOTLB");
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_release_of_table_pages_their_caches_still_point_to)
{
	struct world w = world_start(MEM_VIEW_CPU);

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	judged_lower(w.s, IOVA, 0);
	judged_upper(w.s, IOVA, 0);
	judged_context(w.s, JUDGED_RID, 0);
	evict(&w, SIM_CACHE_IOTLB);
	ck_assert_uint_eq(sim_oracle_release(w.s, JUDGED_LOWER, JUDGED_LOWER + 0xfff), 1);
	ck_assert_uint_eq(sim_oracle_release(w.s, JUDGED_UPPER, JUDGED_UPPER + 0xfff), 1);
	ck_assert(found(&w, SIM_FINDING_RELEASE,
			"page-table page given back while a paging-structure cache entry still "
			"points to it"));
	ck_assert(found(&w, SIM_FINDING_RELEASE, "while a context-cache entry still points to it"));
	evict(&w, SIM_CACHE_PAGING);
	evict(&w, SIM_CACHE_CONTEXT);
	ck_assert_uint_eq(sim_oracle_release(w.s, JUDGED_UPPER, JUDGED_LOWER + 0xfff), 0);
	sim_destroy(w.s);
}
END_TEST

/* A large page reaches all of its 512 pages, and the finding names the address that leads to the one given back. */
START_TEST(test_oracle_release_sees_all_of_a_large_page)
{
	struct world w = world_start(MEM_VIEW_CPU);
	struct tc_entry e = {
		.addr = 0x400000, .who = JUDGED_RID, .group = JUDGED_DOMAIN, .level = 1, .perm = 3
	};

	e.q[0] = PAGE_A | 3;
	tcache_insert(&w.f->u.cache[SIM_CACHE_IOTLB], &e);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_A + 0x200000, PAGE_A + 0x2fffff), 0);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_A - 0x1000, PAGE_A - 1), 0);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_A + 0x1ff000, PAGE_A + 0x1fffff), 1);
	ck_assert_uint_eq(sim_finding_get(w.s, 0)->iova, 0x400000 + 0x1ff000);
	ck_assert_uint_eq(sim_finding_get(w.s, 0)->pa, PAGE_A + 0x1ff000);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_release_of_a_page_a_device_tlb_still_has)
{
	struct world w = world_start(MEM_VIEW_CPU);
	int dev = sim_device_add(w.s, 0, JUDGED_RID, true);
	struct tc_entry e = { .addr = IOVA, .perm = 3, .q = { PAGE_A, 0 } };

	ck_assert_int_ge(dev, 0);
	tcache_insert(&device_by_rid(w.s, 0, JUDGED_RID)->tlb, &e);
	judged_lower(w.s, IOVA, 0);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_A, PAGE_A), 1);
	only(&w, SIM_FINDING_RELEASE, "a device's TLB still translates to it");
	sim_destroy(w.s);
}
END_TEST

/* The unit refuses what the device translated itself: it has no entry for it any more, in memory or cached. */
START_TEST(test_oracle_release_of_a_page_a_blocked_device_tlb_still_has)
{
	struct world w = world_start(MEM_VIEW_CPU);
	struct tc_entry e = { .addr = IOVA, .perm = 3, .q = { PAGE_A, 0 } };

	ck_assert_int_ge(sim_device_add(w.s, 0, JUDGED_RID, true), 0);
	tcache_insert(&device_by_rid(w.s, 0, JUDGED_RID)->tlb, &e);
	judged_lower(w.s, IOVA, 0);
	judged_context(w.s, JUDGED_RID, 0);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_A, PAGE_A), 0);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_release_of_a_page_that_is_still_mapped)
{
	struct world w = world_told();
	const struct sim_finding *f;

	ck_assert_int_eq(sim_oracle_map(w.s, SPACE, 0x10000, 0x13fff, PAGE_B, 1), SIM_OK);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_B + 0x4000, PAGE_B + 0x4fff), 0);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_B + 0x3000, PAGE_B + 0x4fff), 1);
	f = only(&w, SIM_FINDING_RELEASE, "a mapping that was never removed still leads to it");
	ck_assert_uint_eq(f->iova, 0x13000);
	ck_assert_uint_eq(f->pa, PAGE_B + 0x3000);
	ck_assert(!f->has_line);
	ck_assert_int_eq(sim_oracle_unmap(w.s, SPACE, 0x10000, 0x13fff), SIM_OK);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_B, PAGE_B + 0x3fff),
			  1); /* not told complete */
	ck_assert_int_eq(sim_oracle_quiesce(w.s, SPACE, 0x10000, 0x13fff), SIM_OK);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_B, PAGE_B + 0x3fff), 0);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_release_leaves_identity_domains_alone)
{
	struct world w = world_start(MEM_VIEW_CPU);

	w.f->pass_through = true;
	ck_assert_int_eq(sim_oracle_identity(w.s, SPACE, true), SIM_OK);
	ck_assert_int_eq(sim_oracle_attach(w.s, 0, JUDGED_RID, SPACE), SIM_OK);
	judged_dma(w.s, JUDGED_RID, SIM_READ, PAGE_B);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_B, PAGE_B + 0xfff), 0);
	ck_assert_int_eq(sim_oracle_detach(w.s, 0, JUDGED_RID), SIM_OK);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_B, PAGE_B + 0xfff), 1);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_release_ignores_what_leads_nowhere)
{
	struct world w = world_start(MEM_VIEW_CPU);

	w.f->caches_absence = true;
	judged_lower(w.s, IOVA, PAGE_A); /* an address without permission */
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	ck_assert_uint_eq(sim_cache_count(w.s, 0, SIM_CACHE_IOTLB), 1);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_A, PAGE_A + 0xfff), 0);
	ck_assert_uint_eq(sim_oracle_release(w.s, PAGE_A + 1, PAGE_A), 0);
	sim_destroy(w.s);
}
END_TEST

/* ---- accounts and bounds ---- */

START_TEST(test_oracle_accounts_have_to_balance)
{
	static const struct {
		struct sim_unit_stats n;
		uint64_t told, lost;
		const char *why; /* NULL: they do */
		uint64_t should, was;
	} row[] = {
		{ { .blocked = 10,
		    .recorded = 4,
		    .suppressed = 3,
		    .overflowed = 2,
		    .collapsed = 1 },
		  4,
		  1,
		  NULL,
		  0,
		  0 },
		{ { .blocked = 11,
		    .recorded = 4,
		    .suppressed = 3,
		    .overflowed = 2,
		    .collapsed = 1 },
		  4,
		  1,
		  "the unit is wrong",
		  11,
		  10 },
		{ { .blocked = 4, .recorded = 4 }, 3, 0, "that the guest never took", 4, 3 },
		{ { .blocked = 4, .recorded = 4 },
		  5,
		  0,
		  "took more fault records than were written",
		  4,
		  5 },
		{ { .blocked = 6, .recorded = 4, .overflowed = 2 },
		  4,
		  0,
		  "did not see that any were lost",
		  2,
		  0 },
		{ { .blocked = 4, .recorded = 4 }, 4, 9, NULL, 0, 0 },
	};
	struct world w = world_start(MEM_VIEW_CPU);

	w.f->u.stats = row[_i].n;
	ck_assert_uint_eq(sim_oracle_account(w.s, 0, row[_i].told, row[_i].lost),
			  row[_i].why != NULL);
	if (row[_i].why) {
		const struct sim_finding *f = only(&w, SIM_FINDING_ACCOUNTING, row[_i].why);

		ck_assert_uint_eq(f->iova, row[_i].should);
		ck_assert_uint_eq(f->pa, row[_i].was);
	}
	ck_assert_uint_eq(sim_oracle_account(w.s, 1, 0, 0), 0);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_reports_a_wait_without_end)
{
	struct world w = world_start(MEM_VIEW_CPU);

	sim_oracle_unbounded(w.s, 0);
	only(&w, SIM_FINDING_BOUND, "did not end within its bound");
	sim_destroy(w.s);
}
END_TEST

/* ---- findings ---- */

START_TEST(test_oracle_a_repeat_is_counted_and_given_as_first_seen)
{
	struct world w = world_start(MEM_VIEW_CPU);

	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	judged_lower(w.s, IOVA, 0);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA + 0x10);
	sim_oracle_unbounded(w.s, 0);
	ck_assert_uint_eq(sim_finding_count(w.s), 3);
	ck_assert_ptr_eq(sim_finding_get(w.s, 0), sim_finding_get(w.s, 1));
	ck_assert_int_eq(sim_finding_get(w.s, 0)->kind, SIM_FINDING_STALE);
	ck_assert_uint_eq(sim_finding_get(w.s, 0)->iova, IOVA);
	ck_assert_int_eq(sim_finding_get(w.s, 2)->kind, SIM_FINDING_BOUND);
	ck_assert_ptr_null(sim_finding_get(w.s, 3));
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_keeps_so_many_findings_and_counts_on)
{
	struct world w = world_start(MEM_VIEW_CPU);
	const uint32_t pages = SIM_FINDINGS + 10;

	for (uint32_t i = 0; i < pages; i++)
		judged_lower(w.s, IOVA + i * 0x1000, (PAGE_A + i * 0x1000) | 3);
	for (uint32_t i = 0; i < pages; i++)
		judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA + i * 0x1000);
	for (uint32_t i = 0; i < pages; i++)
		judged_lower(w.s, IOVA + i * 0x1000, 0);
	for (uint32_t i = 0; i < pages; i++)
		ck_assert(judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA + i * 0x1000).stale);
	ck_assert_uint_eq(sim_finding_count(w.s), pages);
	for (uint32_t i = 0; i < pages; i++) {
		const struct sim_finding *f = sim_finding_get(w.s, i);

		ck_assert_int_eq(f != NULL, i < SIM_FINDINGS);
		ck_assert(!f || f->iova == IOVA + i * 0x1000);
	}
	/* far more repeats than have numbers: counted, never out of bounds */
	for (uint32_t i = 0; i < 5000; i++)
		judged_dma(w.s, JUDGED_RID, SIM_READ, IOVA);
	ck_assert_uint_eq(sim_finding_count(w.s), pages + 5000);
	ck_assert_ptr_null(sim_finding_get(w.s, pages + 4999));
	ck_assert_ptr_eq(sim_finding_get(w.s, pages), sim_finding_get(w.s, 0));
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_format_tells_the_whole_story)
{
	static const struct {
		struct sim_finding f;
		const char *text;
	} row[] = {
		{ { .kind = SIM_FINDING_STALE,
		    .time_ns = 900,
		    .rid = 0x0108,
		    .iova = 0x5008,
		    .pa = 0x200008,
		    .has_line = true,
		    .line = { .cache = SIM_CACHE_IOTLB,
			      .domain = 7,
			      .rid = 0x0108,
			      .perm = 3,
			      .iova = 0x5000,
			      .pa = 0x200000,
			      .entry_pa = 0x30028,
			      .filled_ns = 400 },
		    .memory_reason = 3,
		    .verdict = SIM_VERDICT_CACHE,
		    .has_entry = true,
		    .entry_pa = 0x20000,
		    .has_store = true,
		    .store = { .pa = 0x30028,
			       .time_ns = 500,
			       .old = 0x200003,
			       .later = 1,
			       .master = SIM_MASTER_CPU },
		    .has_needed = true,
		    .needed = { .name = "invalidation of a page",
				.by_domain = true,
				.by_range = true,
				.has_hint = true,
				.leaf_only = true,
				.domain = 7,
				.first = 0x5000,
				.last = 0x5fff },
		    .cause = SIM_CAUSE_SHORT,
		    .has_nearest = true,
		    .nearest = { .name = "invalidation of a page",
				 .by_range = true,
				 .by_device = true,
				 .rid = 0x0109,
				 .rid_mask = 4,
				 .mask_lg2 = 1,
				 .first = 0x8000,
				 .last = 0x9fff,
				 .state = SIM_COMMAND_EXECUTED,
				 .unit = 1,
				 .issued_ns = 600,
				 .executed_ns = 700 },
		    .why = "because" },
		  "stale at 900 ns, unit 0: device 01:01.0 issued 0x5008 and reached 0x200008. The "
		  "iotlb cache "
		  "holds, for 01:01.0 in domain id 7 at 0x5000 (4 KiB, level 0) the page 0x200000, "
		  "read-write, "
		  "filled at 400 ns from the entry at 0x30028 for no request that is known: ahead "
		  "of use, or before the oracle looked. Memory now refuses 0x5008 with "
		  "fault reason 0x03. The word at 0x30028 was changed at 500 ns by the CPU: "
		  "0x200003 "
		  "became 0x0, and was stored to 1 more time since. A walk now ends at the word at "
		  "0x20000, which holds 0x0. What removes the entry: invalidation of a page, "
		  "domain "
		  "id 7, address 0x5000 to 0x5fff (2^0 pages), hint set (leaf entries only), or "
		  "hint "
		  "clear. The nearest one issued: invalidation of a page, device 01:01.1 (function "
		  "bits 0x4 masked), address 0x8000 to 0x9fff (2^1 pages), issued at 600 ns on "
		  "unit "
		  "1, carried out at 700 ns, completion not observed; its range begins 3 pages "
		  "short "
		  "of the entry. The table is right, the cache is stale. Cause: because." },
		{ { .kind = SIM_FINDING_UNPUBLISHED,
		    .rid = 0xffff,
		    .iova = 0x5000,
		    .memory_pa = 0x7000,
		    .verdict = SIM_VERDICT_UNSEEN,
		    .has_store = true,
		    .store = { .pa = 0x30, .now = 3, .master = SIM_MASTER_ANY },
		    .why = "w" },
		  "unpublished at 0 ns, unit 0: device ff:1f.7 issued 0x5000 and was refused. "
		  "Memory now leads from "
		  "0x5000 to 0x7000. The word at 0x30 was changed at 0 ns by a store from outside "
		  "the machine: 0x0 became 0x3. The table is right as the CPU wrote it, and no "
		  "cache "
		  "is stale: the walk did not see it. Cause: w." },
		{ { .kind = SIM_FINDING_RELEASE,
		    .time_ns = 1,
		    .unit = 2,
		    .pa = 0x30000,
		    .has_line = true,
		    .line = { .cache = SIM_CACHE_PAGING,
			      .domain = 9,
			      .level = 1,
			      .pa = 0x30000,
			      .filled_ns = 5 },
		    .verdict = SIM_VERDICT_TABLE,
		    .why = "w" },
		  "release at 1 ns, unit 2: the page at 0x30000 was given back. The paging cache "
		  "holds, in domain id 9 "
		  "at 0x0 (2 MiB, level 1) the table 0x30000, filled at 5 ns for no request that "
		  "is "
		  "known: ahead of use, or before the oracle looked. The table is wrong, "
		  "and no "
		  "invalidation would help. Cause: w." },
		{ { .kind = SIM_FINDING_OUTCOME,
		    .rid = 0x0108,
		    .iova = 0x5000,
		    .has_line = true,
		    .line = { .cache = SIM_CACHE_DEVICE,
			      .rid = 0x0108,
			      .pasid = 0x1f,
			      .negative = true,
			      .iova = 0x5000,
			      .by_known = true,
			      .by_ats = true,
			      .by_access = SIM_READ,
			      .by_rid = 0x0108,
			      .by_iova = 0x5004 },
		    .verdict = SIM_VERDICT_TABLE,
		    .why = "the table is wrong: w" },
		  "outcome at 0 ns, unit 0: device 01:01.0 issued 0x5000 and was refused. The "
		  "device cache holds, for "
		  "01:01.0 with PASID 0x1f at 0x5000 (4 KiB, level 0) that there is no "
		  "translation, filled at 0 ns for a translation request, read by 01:01.0 of "
		  "0x5004. "
		  "Memory now gives 0x5000 no translation. Cause: the table is wrong: w." },
		{ { .kind = SIM_FINDING_ACCOUNTING,
		    .iova = 4,
		    .pa = 3,
		    .blocked = 4,
		    .recorded = 2,
		    .overflowed = 1,
		    .why = "w" },
		  "accounting at 0 ns, unit 0: 3 are accounted for where 4 should be. Of 4 blocked "
		  "requests 2 were recorded, 0 suppressed by the tables, 1 dropped at overflow, 0 "
		  "collapsed into a record there was. Neither the table nor a cache is at fault. "
		  "Cause: w." },
		{ { .kind = SIM_FINDING_BOUND,
		    .cause = SIM_CAUSE_LOST,
		    .has_nearest = true,
		    .nearest = { .name = "wait", .state = SIM_COMMAND_LOST, .executed_ns = 9 },
		    .why = "w" },
		  "bound at 0 ns, unit 0: a wait went on and on. Outstanding: wait, issued at 0 ns "
		  "on "
		  "unit 0, completed at 9 ns, its effect lost by injection; injection lost its "
		  "completion. Neither the table nor a cache is at fault. Cause: w." },
	};
	char buf[2048], small[40];
	size_t len = sim_finding_format(&row[_i].f, buf, sizeof(buf));

	ck_assert_str_eq(buf, row[_i].text);
	ck_assert_uint_eq(len, strlen(row[_i].text));
	/* the length does not depend on the room, and what does not fit is cut */
	memset(small, 'x', sizeof(small));
	ck_assert_uint_eq(sim_finding_format(&row[_i].f, small, 30), len);
	ck_assert_uint_eq(strlen(small), 29);
	ck_assert(memcmp(small, row[_i].text, 29) == 0);
	ck_assert_int_eq(small[30], 'x');
	ck_assert_uint_eq(sim_finding_format(&row[_i].f, NULL, 0), len);
}
END_TEST

START_TEST(test_oracle_finding_names)
{
	static const char *const names[] = { "outcome", "stale",      "unpublished", "release",
					     "escape",  "accounting", "bound" };

	ck_assert_uint_eq(sizeof(names) / sizeof(names[0]), SIM_FINDING_KINDS);
	for (unsigned i = 0; i < SIM_FINDING_KINDS; i++)
		ck_assert_str_eq(sim_finding_name((enum sim_finding_kind)i), names[i]);
	ck_assert_ptr_null(sim_finding_name(SIM_FINDING_KINDS));
}
END_TEST

/* ---- what it is told ---- */

START_TEST(test_oracle_refuses_what_makes_no_sense)
{
	struct world w = world_start(MEM_VIEW_CPU);

	ck_assert_int_eq(sim_oracle_map(w.s, 1, 0x2000, 0x1fff, 0, 3), SIM_E_INVAL);
	ck_assert_int_eq(sim_oracle_map(w.s, 1, 0, 0xfff, 0, 0), SIM_E_INVAL);
	ck_assert_int_eq(sim_oracle_map(w.s, 1, 0, 0xfff, 0, 4), SIM_E_INVAL);
	ck_assert_int_eq(sim_oracle_map(w.s, 1, 0, 0x1000, UINT64_MAX - 0xfff, 3), SIM_E_RANGE);
	ck_assert_int_eq(sim_oracle_unmap(w.s, 1, 0, 0xfff), SIM_E_NOENT);
	ck_assert_int_eq(sim_oracle_quiesce(w.s, 1, 0, 0xfff), SIM_E_NOENT);
	ck_assert_int_eq(sim_oracle_map(w.s, 1, 0, 0xfff, 0x1000, 3), SIM_OK);
	ck_assert_int_eq(sim_oracle_map(w.s, 1, 0, 0xfff, 0x1000, 3), SIM_E_EXIST);
	ck_assert_int_eq(sim_oracle_unmap(w.s, 1, 1, 0), SIM_E_INVAL);
	ck_assert_int_eq(sim_oracle_quiesce(w.s, 1, 1, 0), SIM_E_INVAL);
	ck_assert_int_eq(sim_oracle_attach(w.s, 1, 0, 1), SIM_E_NOENT);
	ck_assert_int_eq(sim_oracle_detach(w.s, 1, 0), SIM_E_NOENT);
	ck_assert_int_eq(sim_oracle_detach(w.s, 0, 0), SIM_E_NOENT);
	sim_destroy(w.s);
}
END_TEST

START_TEST(test_oracle_keeps_many_spaces_and_devices_apart)
{
	struct world w = world_start(MEM_VIEW_CPU);

	/* numbers in no order, one page each, two devices each */
	for (uint32_t i = 0; i < 200; i++) {
		uint32_t space = i * 7919u % 200u;

		ck_assert_int_eq(
			sim_oracle_map(w.s, space, IOVA, IOVA + 0xfff, PAGE_A + space * 0x1000, 3),
			SIM_OK);
		ck_assert_int_eq(sim_oracle_attach(w.s, 0, (uint16_t)(space * 300u), space),
				 SIM_OK);
	}
	for (uint32_t space = 0; space < 200; space++) {
		struct sim_request rq = { .addr = IOVA, .rid = (uint16_t)(space * 300u) };
		struct sim_xlat x = { .source = SIM_FROM_WALK,
				      .pa = PAGE_A + space * 0x1000,
				      .perm = 3 };

		oracle_accessed(w.s, &rq, &x);
		ck_assert_uint_eq(sim_finding_count(w.s), space);
		x.pa += 0x1000; /* the next space's page */
		oracle_accessed(w.s, &rq, &x);
		ck_assert_uint_eq(sim_finding_count(w.s), space + 1);
	}
	sim_destroy(w.s);
}
END_TEST

/* A machine without oracle gets one when it is told something, and is not checked for it. */
START_TEST(test_oracle_is_made_when_first_told_something)
{
	struct sim_config config = { .seed = 1 };
	struct sim *s;

	ck_assert_int_eq(sim_create(&config, &s), SIM_OK);
	ck_assert_uint_eq(sim_finding_count(s), 0);
	ck_assert_ptr_null(sim_finding_get(s, 0));
	ck_assert_int_eq(sim_oracle_map(s, 1, 0, 0xfff, 0x1000, 3), SIM_OK);
	ck_assert(!s->check);
	ck_assert_uint_eq(sim_oracle_release(s, 0x1000, 0x1fff), 1);
	sim_oracle_enable(s, true);
	ck_assert(s->check);
	sim_destroy(s);
}
END_TEST

static TCase *stale_cases(void)
{
	TCase *t = tcase_create("stale");

	tcase_add_test(t, test_oracle_a_hit_that_memory_confirms_costs_one_probe_and_no_finding);
	tcase_add_test(t, test_oracle_a_hit_after_unmap_is_stale_and_names_the_line);
	tcase_add_loop_test(t, test_oracle_stale_names_how_the_cache_differs, 0, 4);
	tcase_add_test(t, test_oracle_a_smaller_permission_that_suffices_is_not_stale);
	tcase_add_test(t, test_oracle_a_cached_absence_is_stale_once_memory_maps_the_page);
	tcase_add_test(t, test_oracle_a_stale_hit_on_a_leaving_mapping_says_so);
	tcase_add_test(t, test_oracle_a_walk_misled_by_a_paging_entry_names_it);
	tcase_add_test(t, test_oracle_a_walk_misled_by_a_context_entry_names_it);
	tcase_add_test(t, test_oracle_a_device_tlb_hit_after_unmap_is_stale);
	tcase_add_test(t, test_oracle_disabled_looks_at_nothing);
	tcase_add_loop_test(t, test_oracle_a_walk_of_a_line_not_written_back_is_unpublished, 0, 2);
	tcase_add_test(t, test_oracle_a_walk_before_the_write_buffer_is_flushed_is_unpublished);
	tcase_add_test(t, test_oracle_published_stores_are_not_found);
	return t;
}

static TCase *access_cases(void)
{
	TCase *t = tcase_create("access");

	tcase_add_test(t, test_oracle_what_was_asked_for_is_no_finding);
	tcase_add_loop_test(t, test_oracle_a_wrong_table_is_an_outcome_or_an_escape, 0, 5);
	tcase_add_test(t, test_oracle_reaching_what_was_never_mapped_is_an_escape);
	tcase_add_test(
		t, test_oracle_a_leaving_mapping_may_be_reached_or_refused_and_a_quiesced_one_not);
	tcase_add_test(t, test_oracle_a_stale_hit_on_a_quiesced_mapping_is_stale_and_an_escape);
	tcase_add_test(t, test_oracle_a_device_in_no_domain_has_to_be_blocked_once_one_is);
	tcase_add_test(t, test_oracle_a_detached_device_served_from_a_cache_escapes);
	tcase_add_test(t, test_oracle_an_identity_space_maps_all_to_itself);
	tcase_add_test(t, test_oracle_a_zero_length_read_of_a_write_only_page_may_go_either_way);
	tcase_add_test(
		t, test_oracle_a_refusal_by_an_injected_bus_error_is_excused_and_an_escape_is_not);
	tcase_add_test(t, test_oracle_a_rule_that_did_not_fire_excuses_nothing);
	tcase_add_test(t, test_oracle_an_error_of_an_earlier_walk_excuses_nothing);
	tcase_add_test(t, test_oracle_a_device_using_ats_without_leave_is_refused_rightly);
	return t;
}

static TCase *release_cases(void)
{
	TCase *t = tcase_create("release");

	tcase_add_test(t, test_oracle_release_of_a_page_the_iotlb_still_has);
	tcase_add_test(t, test_oracle_release_of_a_page_the_tables_still_have);
	tcase_add_test(t, test_oracle_release_of_table_pages_their_caches_still_point_to);
	tcase_add_test(t, test_oracle_release_sees_all_of_a_large_page);
	tcase_add_test(t, test_oracle_release_of_a_page_a_device_tlb_still_has);
	tcase_add_test(t, test_oracle_release_of_a_page_a_blocked_device_tlb_still_has);
	tcase_add_test(t, test_oracle_release_of_a_page_that_is_still_mapped);
	tcase_add_test(t, test_oracle_release_leaves_identity_domains_alone);
	tcase_add_test(t, test_oracle_release_ignores_what_leads_nowhere);
	return t;
}

static TCase *finding_cases(void)
{
	TCase *t = tcase_create("findings");

	tcase_add_loop_test(t, test_oracle_accounts_have_to_balance, 0, 6);
	tcase_add_test(t, test_oracle_reports_a_wait_without_end);
	tcase_add_test(t, test_oracle_a_repeat_is_counted_and_given_as_first_seen);
	tcase_add_test(t, test_oracle_keeps_so_many_findings_and_counts_on);
	tcase_add_loop_test(t, test_oracle_format_tells_the_whole_story, 0, 6);
	tcase_add_test(t, test_oracle_finding_names);
	tcase_add_test(t, test_oracle_refuses_what_makes_no_sense);
	tcase_add_test(t, test_oracle_keeps_many_spaces_and_devices_apart);
	tcase_add_test(t, test_oracle_is_made_when_first_told_something);
	return t;
}

static Suite *make_suite(void)
{
	Suite *s = suite_create("oracle");

	suite_add_tcase(s, stale_cases());
	suite_add_tcase(s, access_cases());
	suite_add_tcase(s, release_cases());
	suite_add_tcase(s, finding_cases());
	return s;
}

UNIT_MAIN(make_suite)
