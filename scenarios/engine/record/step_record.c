/*
 * Steps of the driver's records: device addresses, the ledger of pages, and looking without touching.
 */
#include <string.h>

#include "names.h"
#include "run.h"

/* Tickets of the ledger's runs, apart from those of `unmap-lazy`. */
#define RUN_TICKET(run) (GUEST_TICKETS + (run))

static uint32_t number(const struct step *s, const char *name)
{
	return (uint32_t)step_number(s, name, 0);
}

/* ---- looking without touching ---- */

static enum step_rc do_inspect(struct run *r, const struct step *s)
{
	struct guest_walk w;
	const char *want = step_string(s, "expect", "allowed"), *got;
	int rc = guest_walk(r->guest, step_unit(r, s), step_rid(r, s), step_number(s, "iova", 0),
			    (uint32_t)step_name(s, "perm", 1), &w);
	enum step_rc was = guest_answer(r, s, rc);

	if (was != STEP_OK || rc != 0)
		return was;
	r->res->checks++;
	got = guest_walk_name(w.result);
	if (!got || strcmp(want, got) != 0)
		return run_fail(r, "inspect: expected \"%s\": %s", want, w.line);
	if (check_property(r, s, "pa", w.pa) != STEP_OK ||
	    check_property(r, s, "page-size", w.size) != STEP_OK ||
	    check_property(r, s, "steps", w.steps) != STEP_OK ||
	    check_property(r, s, "in-force", w.in_force) != STEP_OK)
		return run_fail(r, "inspect: %s", w.line);
	return STEP_OK;
}

static enum step_rc do_diag(struct run *r, const struct step *s)
{
	struct guest_diag d;
	int rc = guest_diag(r->guest, step_unit(r, s), &d);
	enum step_rc was = guest_answer(r, s, rc);

	if (was != STEP_OK || rc != 0)
		return was;
	if (check_property(r, s, "translating", d.translating) != STEP_OK ||
	    check_property(r, s, "queue", d.queue) != STEP_OK ||
	    check_property(r, s, "faults", d.faults) != STEP_OK ||
	    check_property(r, s, "lost", d.lost) != STEP_OK)
		return run_fail(r, "diag: %s", d.line);
	return STEP_OK;
}

static enum step_rc do_domain_line(struct run *r, const struct step *s)
{
	const struct dts_prop *p = dts_find(s->node, "labels");
	char line[512];
	const char *want;

	if (!guest_domain_line(r->guest, number(s, "domain"), line, sizeof(line)))
		return run_error(r, "domain-line: the domain is not made");
	for (uint32_t i = 0; p && (want = dts_string(p, i)) != NULL; i++) {
		r->res->checks++;
		if (!strstr(line, want))
			return run_fail(r, "domain-line: expected the label \"%s\" in \"%s\"", want,
					line);
	}
	return STEP_OK;
}

/* ---- device addresses ---- */

static enum step_rc do_reserve(struct run *r, const struct step *s)
{
	uint64_t first = step_number(s, "iova", 0), size = step_number(s, "size", 4096);

	return guest_answer(
		r, s, guest_reserve(r->guest, number(s, "domain"), first, first + (size - 1)));
}

static enum step_rc do_range(struct run *r, const struct step *s)
{
	return guest_answer(r, s,
			    guest_range(r->guest, number(s, "domain"), number(s, "range"),
					step_number(s, "size", 4096), step_number(s, "align", 0),
					step_number(s, "limit", 0)));
}

static enum step_rc do_range_free(struct run *r, const struct step *s)
{
	return guest_answer(r, s, guest_range_free(r->guest, number(s, "range")));
}

static enum step_rc do_range_map(struct run *r, const struct step *s)
{
	uint64_t offset = step_number(s, "offset", 0), size = step_number(s, "size", 4096);
	uint32_t range = number(s, "range");
	struct piece p = { .pa = step_number(s, "pa", 0),
			   .perm = (uint8_t)step_name(s, "perm", 3) };
	bool known = guest_range_where(r->guest, range, &p.domain, &p.first);
	int rc = guest_range_map(r->guest, range, offset, p.pa, size, p.perm);

	p.first += offset;
	p.last = p.first + (size - 1);
	if (rc == 0 && known && !guest_mapped(r, &p))
		return run_error(r, "out of memory");
	return guest_answer(r, s, rc);
}

static enum step_rc do_ranges_done(struct run *r, const struct step *s)
{
	return guest_answer(r, s, guest_ranges_done(r->guest, number(s, "domain")));
}

static enum step_rc do_range_address(struct run *r, const struct step *s)
{
	uint64_t iova = 0;
	int rc = guest_range_address(r->guest, number(s, "range"), &iova);
	enum step_rc was = guest_answer(r, s, rc);

	return was == STEP_OK && rc == 0 ? check_property(r, s, "iova", iova) : was;
}

/* ---- the ledger ---- */

static enum step_rc do_lend(struct run *r, const struct step *s)
{
	return guest_answer(r, s,
			    guest_lend(r->guest, number(s, "domain"), number(s, "run"),
				       step_number(s, "pa", 0), step_number(s, "size", 4096)));
}

/* The piece of the oracle that a run is, at `offset` of a range. */
static bool piece_of(struct run *r, uint32_t run, uint32_t range, uint64_t offset, struct piece *p)
{
	uint64_t size, first, ignored;
	uint32_t at;

	memset(p, 0, sizeof(*p));
	if (!guest_run_where(r->guest, run, &p->pa, &size, &at, &ignored) ||
	    !guest_range_where(r->guest, range, &p->domain, &first))
		return false;
	p->first = first + offset;
	p->last = p->first + (size - 1);
	return true;
}

static enum step_rc do_pages_map(struct run *r, const struct step *s)
{
	uint64_t offset = step_number(s, "offset", 0);
	uint32_t run = number(s, "run"), range = number(s, "range");
	struct piece p;
	bool known = piece_of(r, run, range, offset, &p);
	int rc;

	p.perm = (uint8_t)step_name(s, "perm", 3);
	rc = guest_run_map(r->guest, run, range, offset, p.perm);
	if (rc == 0 && known && !guest_mapped(r, &p))
		return run_error(r, "out of memory");
	return guest_answer(r, s, rc);
}

static enum step_rc do_pages_unmap(struct run *r, const struct step *s)
{
	uint32_t run = number(s, "run"), range;
	uint64_t pa, size, offset;
	struct piece p;
	bool known;
	int rc;

	known = guest_run_where(r->guest, run, &pa, &size, &range, &offset) &&
		piece_of(r, run, range, offset, &p);
	if (known && !guest_leaves(r, &p))
		return run_error(r, "out of memory");
	rc = guest_run_unmap(r->guest, run);
	if (known)
		guest_left(r, &p, RUN_TICKET(run), rc);
	return guest_answer(r, s, rc);
}

static enum step_rc do_pages_collect(struct run *r, const struct step *s)
{
	uint64_t limit = step_number(s, "tries", 1), pa = 0, size = 0;
	uint32_t run = number(s, "run");
	enum step_rc was;
	int rc = 0;

	for (uint64_t i = 0; i < limit; i++) {
		rc = guest_run_collect(r->guest, run, &pa, &size);
		if (rc == GUEST_BOUND || strcmp(guest_error_name(rc), "again") != 0)
			break;
		r->be->ops->relax(r->be);
	}
	guest_collected(r, RUN_TICKET(run), rc);
	was = guest_answer(r, s, rc);
	return was == STEP_OK && rc == 0 ? check_property(r, s, "pa", pa) : was;
}

static enum step_rc do_pages(struct run *r, const struct step *s)
{
	static const char *const states[GUEST_RUN_STATES] = {
		NULL, "reserved", "mapped", "unmapped", "invalidating", "quiesced", "quarantined"
	};
	struct guest_counts c;

	if (!guest_count(r->guest, number(s, "domain"), &c))
		return run_error(r, "pages: nothing was lent in this domain");
	for (uint32_t i = 1; i < GUEST_RUN_STATES; i++)
		if (check_property(r, s, states[i], c.pages[i]) != STEP_OK)
			return STEP_FAIL;
	return STEP_OK;
}

/* ---- the table ---- */

/* clang-format off */

#define END { NULL, TYPE_FLAG, false, 0, NULL, NULL }
#define UNIT { "unit", TYPE_UNIT, false, 0, NULL, "which unit (the device's, else the first)" }
#define RESULT { "result", TYPE_NAME, false, 0, names_result, "what the driver has to answer (`ok`)" }
#define DOMAIN { "domain", TYPE_NUMBER, true, GUEST_DOMAINS - 1, NULL, "number of the domain, the scenario's own" }
#define RANGE { "range", TYPE_NUMBER, true, GUEST_RANGES - 1, NULL, "number of the range of device addresses, the scenario's own" }
#define RUN { "run", TYPE_NUMBER, true, GUEST_RUNS - 1, NULL, "number of the run of pages, the scenario's own" }
#define SIZE { "size", TYPE_NUMBER, false, 0, NULL, "bytes (4096)" }

static const struct prop_desc inspect_props[] = {
	UNIT,
	{ "dev", TYPE_DEVICE, false, 0, NULL, "the requester" },
	{ "rid", TYPE_NUMBER, false, 0xffff, NULL, "the requester id, instead of `dev`" },
	{ "iova", TYPE_NUMBER, true, 0, NULL, "device address" },
	{ "perm", TYPE_NAME, false, 0, names_perm, "what the DMA wants (`r`)" },
	{ "expect", TYPE_NAME, false, 0, guest_walk_name, "what it would meet (`allowed`)" },
	{ "pa", TYPE_NUMBER, false, 0, NULL, "expected physical address" },
	{ "page-size", TYPE_NUMBER, false, 0, NULL, "expected size of the page that maps it" },
	{ "steps", TYPE_NUMBER, false, 0, NULL, "expected number of entries on the way" },
	{ "in-force", TYPE_BOOL, false, 0, NULL, "expected: whether the unit translates" },
	RESULT, END
};
static const struct prop_desc diag_props[] = {
	UNIT,
	{ "translating", TYPE_BOOL, false, 0, NULL, "expected: whether the unit translates now" },
	{ "queue", TYPE_BOOL, false, 0, NULL, "expected: whether its queue or command buffer runs" },
	{ "faults", TYPE_NUMBER, false, 0, NULL, "expected number of faults recorded and not taken" },
	{ "lost", TYPE_BOOL, false, 0, NULL, "expected: whether it tells that faults were lost" },
	RESULT, END
};
static const struct prop_desc line_props[] = {
	DOMAIN, { "labels", TYPE_STRINGS, true, 0, NULL, "each has to be part of the domain's line" }, END
};
static const struct prop_desc reserve_props[] = {
	DOMAIN, { "iova", TYPE_NUMBER, true, 0, NULL, "first device address" }, SIZE, RESULT, END
};
static const struct prop_desc range_props[] = {
	DOMAIN, RANGE, SIZE,
	{ "align", TYPE_NUMBER, false, 0, NULL, "the first address is a multiple of this power of two (4096)" },
	{ "limit", TYPE_NUMBER, false, 0, NULL, "last address the device can reach (all)" },
	RESULT, END
};
static const struct prop_desc range_map_props[] = {
	RANGE,
	{ "offset", TYPE_NUMBER, false, 0, NULL, "where in the range (0)" },
	{ "pa", TYPE_NUMBER, true, 0, NULL, "first physical address" }, SIZE,
	{ "perm", TYPE_NAME, false, 0, names_perm, "permissions (`rw`)" },
	RESULT, END
};
static const struct prop_desc ranges_done_props[] = { DOMAIN, RESULT, END };
static const struct prop_desc range_only_props[] = { RANGE, RESULT, END };
static const struct prop_desc address_props[] = {
	RANGE, { "iova", TYPE_NUMBER, false, 0, NULL, "expected device address" }, RESULT, END
};
static const struct prop_desc lend_props[] = {
	DOMAIN, RUN, { "pa", TYPE_NUMBER, true, 0, NULL, "first physical address" }, SIZE, RESULT, END
};
static const struct prop_desc run_map_props[] = {
	RUN, RANGE,
	{ "offset", TYPE_NUMBER, false, 0, NULL, "where in the range (0)" },
	{ "perm", TYPE_NAME, false, 0, names_perm, "permissions (`rw`)" },
	RESULT, END
};
static const struct prop_desc run_props[] = { RUN, RESULT, END };
static const struct prop_desc collect_props[] = {
	RUN,
	{ "tries", TYPE_NUMBER, false, 1000000, NULL, "calls at most, relaxing in between, while the answer is `again` (1)" },
	{ "pa", TYPE_NUMBER, false, 0, NULL, "expected physical address" },
	RESULT, END
};
#define STATE(name) { name, TYPE_NUMBER, false, 0, NULL, "expected: 4 KiB pages in this state" }
static const struct prop_desc pages_props[] = {
	DOMAIN, STATE("reserved"), STATE("mapped"), STATE("unmapped"), STATE("invalidating"), STATE("quiesced"),
	STATE("quarantined"), END
};

#define VERB(name, help, props, run, yields) { name, GROUP_RECORD, help, props, run, NULL, LAYOUT_REGISTER, yields, false, NULL }

const struct verb record_verbs[] = {
	VERB("inspect", "Asks the driver what the tables would do with a DMA; writes nothing, and works before the unit is programmed.",
	     inspect_props, do_inspect, true),
	VERB("diag", "Reads what the registers say, without taking a fault away.", diag_props, do_diag, true),
	VERB("domain-line", "Compares the driver's line of a domain; touches no hardware.", line_props, do_domain_line, false),
	VERB("iova-reserve", "Keeps device addresses of a domain from being given out.", reserve_props, do_reserve, true),
	VERB("iova-alloc", "Allocates a range of device addresses of a domain.", range_props, do_range, true),
	VERB("iova-address", "Asks where the range is: answered only while every unit of the domain translates.",
	     address_props, do_range_address, false),
	VERB("iova-free", "Gives the range back: only when nothing in it is mapped and all of it is quiesced.",
	     range_only_props, do_range_free, true),
	VERB("iova-map", "Maps pages in the range; `unmap` takes them back.", range_map_props, do_range_map, true),
	VERB("iova-done", "Ends the allocation of device addresses in a domain: only when no range is left.", ranges_done_props,
	     do_ranges_done, true),
	VERB("pages-lend", "Hands a run of pages to the ledger of a domain.", lend_props, do_lend, true),
	VERB("pages-map", "Maps a run of the ledger at a range of device addresses.", run_map_props, do_pages_map, true),
	VERB("pages-unmap", "Unmaps a run; `pages-collect` or `flush` completes it.", run_props, do_pages_unmap, true),
	VERB("pages-collect", "Takes the run back, when no hardware reaches it any more.", collect_props, do_pages_collect, true),
	VERB("pages", "Compares how many pages of the ledger are in which state; touches no hardware.", pages_props, do_pages, false),
	{ NULL, GROUP_RECORD, NULL, NULL, NULL, NULL, LAYOUT_REGISTER, false, false, NULL }
};
