/*
 * Steps of the guest: our driver is called, its answer compared, and the oracle told what was asked for.
 */
#include <inttypes.h>
#include <string.h>

#include "acpi/discover.h"
#include "names.h"
#include "run.h"

/* ---- telling the oracle ---- */

static void space_map(struct run *r, const struct piece *p)
{
	if (r->be->ops->oracle_map)
		(void)r->be->ops->oracle_map(r->be, p->domain, p->first, p->last, p->pa, p->perm);
}

static void space_unmap(struct run *r, const struct piece *p)
{
	if (r->be->ops->oracle_unmap)
		(void)r->be->ops->oracle_unmap(r->be, p->domain, p->first, p->last);
}

static void space_quiesce(struct run *r, const struct piece *p)
{
	if (r->be->ops->oracle_quiesce)
		(void)r->be->ops->oracle_quiesce(r->be, p->domain, p->first, p->last);
}

/* The guest takes the pages of piece i for something else, but for those another piece still holds. */
static void release(struct run *r, uint32_t i)
{
	const struct piece *p = r->ledger.piece + i;
	uint64_t at = p->pa, last = p->pa + (p->last - p->first), end;

	while (r->be->ops->oracle_release && ledger_free_part(&r->ledger, i, &at, last, &end)) {
		(void)r->be->ops->oracle_release(r->be, at, end);
		if (end == last)
			return;
		at = end + 1;
	}
}

typedef bool (*piece_fn)(const struct piece *p, uint32_t domain, uint32_t ticket);

static bool is_leaving(const struct piece *p, uint32_t domain, uint32_t ticket)
{
	(void)ticket;
	return p->domain == domain && p->state == PIECE_LEAVING;
}

static bool is_pending(const struct piece *p, uint32_t domain, uint32_t ticket)
{
	(void)ticket;
	return p->domain == domain && p->state == PIECE_PENDING;
}

static bool has_ticket(const struct piece *p, uint32_t domain, uint32_t ticket)
{
	(void)domain;
	return p->state == PIECE_PENDING && p->ticket == ticket;
}

static bool is_quarantined(const struct piece *p, uint32_t domain, uint32_t ticket)
{
	(void)ticket;
	return p->domain == domain && p->state == PIECE_QUARANTINED;
}

static bool is_of(const struct piece *p, uint32_t domain, uint32_t ticket)
{
	(void)ticket;
	return p->domain == domain;
}

/* The driver said that no hardware reaches these any more. All are told quiesced before any page is given back. */
static void quiesce(struct run *r, piece_fn which, uint32_t domain, uint32_t ticket)
{
	for (uint32_t i = 0; i < r->ledger.count; i++)
		if (which(r->ledger.piece + i, domain, ticket))
			space_quiesce(r, r->ledger.piece + i);
	for (uint32_t i = r->ledger.count; i-- > 0;) {
		if (!which(r->ledger.piece + i, domain, ticket))
			continue;
		if (!r->ledger.piece[i].keep)
			release(r, i);
		ledger_drop(&r->ledger, i);
	}
}

static void set_state(struct run *r, piece_fn which, uint32_t domain, uint32_t ticket,
		      enum piece_state state)
{
	for (uint32_t i = 0; i < r->ledger.count; i++) {
		struct piece *p = r->ledger.piece + i;

		if (!which(p, domain, ticket))
			continue;
		p->state = state;
		if (state == PIECE_MAPPED)
			space_map(r, p);
	}
}

static void oracle_on(struct run *r, bool on)
{
	if (r->be->ops->oracle_enable)
		r->be->ops->oracle_enable(r->be, on);
}

/* ---- the answer ---- */

static const char *rc_name(int rc)
{
	return guest_error_name(rc);
}

static bool lost_pages(int rc)
{
	return strcmp(rc_name(rc), "time-out") == 0 || strcmp(rc_name(rc), "broken") == 0 ||
	       rc == GUEST_BOUND;
}

/* Compares the driver's answer with the step's `result`. */
enum step_rc guest_answer(struct run *r, const struct step *s, int rc)
{
	const char *want = step_string(s, "result", "ok");
	struct guest_status st;

	if (rc == GUEST_NO_SLOT)
		return run_error(
			r, "%s: the domain is not made, or made already, or the unit is in use",
			s->verb->name);
	if (rc == GUEST_BOUND) {
		r->dead = true;
		if (r->be->ops->oracle_unbounded)
			r->be->ops->oracle_unbounded(r->be, step_unit(r, s));
		return run_fail(r,
				"%s: the driver does not come back: it made all the accesses of "
				"its budget, or none for too long",
				s->verb->name);
	}
	r->res->checks++;
	if (strcmp(want, rc_name(rc)) == 0)
		return STEP_OK;
	r->why = JUDGE_ANSWERS;
	guest_status(r->guest, step_unit(r, s), &st);
	return run_fail(r, "%s: expected the driver to answer \"%s\", it answered \"%s\"%s%s",
			s->verb->name, want, rc_name(rc),
			st.broken_why ? "; the unit is broken: " : "",
			st.broken_why ? st.broken_why : "");
}

/* ---- units ---- */

/* The domain has another unit too, which may reach what a call that failed left in the tables. */
static bool shared_domain(const struct run *r, uint32_t id, uint32_t unit)
{
	for (uint32_t i = 0; i < r->machine->units; i++)
		if (i != unit && guest_domain_uses(r->guest, id, i))
			return true;
	return false;
}

static void forget_unit(struct run *r, uint32_t unit)
{
	for (uint32_t i = 0; i < r->machine->devices; i++) {
		if (r->machine->device[i].unit != unit || r->attached[i] < 0)
			continue;
		r->attached[i] = -1;
		if (r->be->ops->oracle_detach)
			(void)r->be->ops->oracle_detach(r->be, unit, r->machine->device[i].rid);
	}
	for (uint32_t id = 0; id < GUEST_DOMAINS; id++)
		if (guest_domain_uses(r->guest, id, unit) && !shared_domain(r, id, unit))
			quiesce(r, is_quarantined, id, 0);
}

/* The guest was told that the unit translates, or has switched it off itself. */
static void rely(struct run *r, uint32_t unit, bool on)
{
	if (r->be->ops->oracle_rely)
		(void)r->be->ops->oracle_rely(r->be, unit, on);
}

int guest_calls_unit(struct run *r, uint32_t unit, enum guest_op op,
		     const struct guest_unit_options *o)
{
	int rc;

	if (op == GUEST_STOP || op == GUEST_RESET || op == GUEST_SUSPEND)
		rely(r, unit, false);
	rc = guest_unit(r->guest, unit, op, o);
	if (rc == 0 && (op == GUEST_START || op == GUEST_ENABLE || op == GUEST_RESUME))
		rely(r, unit, true);
	if (rc == 0 && (op == GUEST_RESET || op == GUEST_STOP))
		forget_unit(r, unit);
	return rc;
}

static enum step_rc unit_step(struct run *r, const struct step *s, enum guest_op op)
{
	struct guest_unit_options o = { .timeout_ns = step_number(s, "timeout-ns", 0),
					.iova_bits = (uint32_t)step_number(s, "iova-bits", 0),
					.rid_count = (uint32_t)step_number(s, "rid-count", 0),
					.register_inval = r->setting.register_inval,
					.no_superpages = r->setting.no_superpages,
					.no_inval_all = !step_number(s, "inval-all", 1) };
	uint32_t unit = step_unit(r, s);
	int rc;

	if (step_has(s, "inval"))
		o.register_inval = step_name(s, "inval", 0) == 1;
	if (step_has(s, "superpages"))
		o.no_superpages = !step_number(s, "superpages", 1);
	/* a device's DMA meets a unit in the middle of a change: either answer is right */
	if (s->during)
		oracle_on(r, false);
	rc = guest_calls_unit(r, unit, op, &o);
	if (s->during)
		oracle_on(r, true);
	return guest_answer(r, s, rc);
}

static enum step_rc do_init(struct run *r, const struct step *s)
{
	return unit_step(r, s, GUEST_INIT);
}

static enum step_rc do_build(struct run *r, const struct step *s)
{
	return unit_step(r, s, GUEST_BUILD);
}

static enum step_rc do_program(struct run *r, const struct step *s)
{
	return unit_step(r, s, GUEST_PROGRAM);
}

static enum step_rc do_enable(struct run *r, const struct step *s)
{
	return unit_step(r, s, GUEST_ENABLE);
}

static enum step_rc do_start(struct run *r, const struct step *s)
{
	return unit_step(r, s, GUEST_START);
}

static enum step_rc do_stop(struct run *r, const struct step *s)
{
	return unit_step(r, s, GUEST_STOP);
}

static enum step_rc do_reset(struct run *r, const struct step *s)
{
	return unit_step(r, s, GUEST_RESET);
}

static enum step_rc do_suspend(struct run *r, const struct step *s)
{
	return unit_step(r, s, GUEST_SUSPEND);
}

static enum step_rc do_resume(struct run *r, const struct step *s)
{
	return unit_step(r, s, GUEST_RESUME);
}

static enum step_rc do_fault_event(struct run *r, const struct step *s)
{
	return guest_answer(r, s,
			    guest_fault_event(r->guest, step_unit(r, s),
					      (uint32_t)step_number(s, "addr", 0),
					      (uint32_t)step_number(s, "data", 0)));
}

/* ---- domains and devices ---- */

static uint32_t domain_of(const struct step *s)
{
	return (uint32_t)step_number(s, "domain", 0);
}

static enum step_rc do_domain(struct run *r, const struct step *s)
{
	const struct dts_prop *p = dts_find(s->node, "units");
	bool passthrough = step_name(s, "kind", 0) == 1;
	uint32_t units[MACHINE_UNITS] = { 0 }, count = 1;
	uint32_t last = domain_of(s) + (uint32_t)step_number(s, "repeat", 1);
	int rc = 0;

	for (uint32_t i = 0; p && i < p->len / 4; i++) {
		int unit = machine_unit(r->machine, dts_cell(p, i));

		if (unit < 0 || i >= MACHINE_UNITS)
			return run_error(
				r, "property \"units\": more than 8, or not units of this machine");
		units[i] = (uint32_t)unit;
		count = i + 1;
	}
	for (uint32_t id = domain_of(s); id < last; id++) {
		rc = guest_domain(r->guest, id, passthrough, units, count);
		if (rc == 0 && passthrough && r->be->ops->oracle_identity)
			(void)r->be->ops->oracle_identity(r->be, id, true);
		if (rc)
			break;
	}
	return guest_answer(r, s, rc);
}

int guest_calls_destroy(struct run *r, uint32_t id)
{
	int rc;

	/* its pages leave while the call runs */
	for (uint32_t i = 0; i < r->ledger.count; i++)
		if (r->ledger.piece[i].domain == id && r->ledger.piece[i].state == PIECE_MAPPED) {
			r->ledger.piece[i].state = PIECE_LEAVING;
			space_unmap(r, r->ledger.piece + i);
		}
	rc = guest_destroy(r->guest, id);
	if (rc == 0) {
		quiesce(r, is_of, id, 0);
		if (r->be->ops->oracle_identity)
			(void)r->be->ops->oracle_identity(r->be, id, false);
	} else {
		set_state(r, is_leaving, id, 0, lost_pages(rc) ? PIECE_QUARANTINED : PIECE_MAPPED);
	}
	return rc;
}

static enum step_rc do_destroy(struct run *r, const struct step *s)
{
	return guest_answer(r, s, guest_calls_destroy(r, domain_of(s)));
}

/* Where the driver has to attach a device: as firmware tells, unless the step names a unit. */
static struct discovery_place find_device(struct run *r, const struct step *s, uint32_t dev)
{
	struct discovery_place at = { .unit = step_unit(r, s), .rid = r->machine->device[dev].rid };

	if (!step_has(s, "unit") && !discovery_device(r->discovery, dev, &at))
		at.unit = GUEST_UNITS;
	return at;
}

static enum step_rc do_attach(struct run *r, const struct step *s)
{
	int dev = step_device(r, s);
	struct discovery_place at;
	const struct machine_device *d;
	int rc;

	if (dev < 0)
		return run_error(r, "property \"dev\" is no device of this machine");
	d = r->machine->device + dev;
	at = find_device(r, s, (uint32_t)dev);
	if (s->during)
		oracle_on(r, false);
	rc = guest_attach(r->guest, domain_of(s), at.unit, (uint32_t)dev, at.rid,
			  step_number(s, "ats", d->ats) != 0);
	if (s->during)
		oracle_on(r, true);
	r->half[dev] = lost_pages(rc) && r->attached[dev] < 0 ? (int)domain_of(s) : -1;
	if (rc == 0) {
		r->attached[dev] = (int)domain_of(s);
		if (r->be->ops->oracle_attach)
			(void)r->be->ops->oracle_attach(r->be, at.unit, at.rid, domain_of(s));
	}
	return guest_answer(r, s, rc);
}

int guest_calls_detach(struct run *r, uint32_t dev)
{
	int rc = guest_detach(r->guest, dev);

	if (rc == 0) {
		r->attached[dev] = -1;
		if (r->be->ops->oracle_detach)
			(void)r->be->ops->oracle_detach(r->be, r->machine->device[dev].unit,
							r->machine->device[dev].rid);
	}
	return rc;
}

static enum step_rc do_detach(struct run *r, const struct step *s)
{
	int dev = step_device(r, s), rc;

	if (dev < 0)
		return run_error(r, "property \"dev\" is no device of this machine");
	if (s->during)
		oracle_on(r, false);
	rc = guest_calls_detach(r, (uint32_t)dev);
	if (s->during)
		oracle_on(r, true);
	return guest_answer(r, s, rc);
}

/* ---- mappings ---- */

static uint64_t last_of(const struct step *s)
{
	uint64_t size = step_number(s, "size", 4096);

	return step_number(s, "iova", 0) + (size ? size - 1 : 0);
}

static bool mapped_already(const struct run *r, uint32_t domain, uint64_t first, uint64_t last)
{
	for (uint32_t i = 0; i < r->ledger.count; i++) {
		const struct piece *p = r->ledger.piece + i;

		if (p->domain == domain && p->first <= last && p->last >= first)
			return true;
	}
	return false;
}

static bool domain_broken(const struct run *r, uint32_t id)
{
	struct guest_status st;

	for (uint32_t i = 0; i < r->machine->units; i++) {
		if (!guest_domain_uses(r->guest, id, i))
			continue;
		guest_status(r->guest, i, &st);
		if (strcmp(names_stage(st.stage), "broken") == 0)
			return true;
	}
	return false;
}

/* A map that broke a unit: hardware may reach the pages until the reset, other units until the domain is destroyed. */
static bool quarantine_map(struct run *r, const struct piece *p)
{
	space_map(r, p);
	space_unmap(r, p);
	if (!ledger_map(&r->ledger, p->domain, p->first, p->last, p->pa, p->perm))
		return false;
	r->ledger.piece[r->ledger.count - 1].state = PIECE_QUARANTINED;
	return true;
}

static enum step_rc do_map(struct run *r, const struct step *s)
{
	struct piece p = { .domain = domain_of(s),
			   .first = step_number(s, "iova", 0),
			   .last = last_of(s),
			   .pa = step_number(s, "pa", 0),
			   .perm = (uint8_t)step_name(s, "perm", 3) };
	bool fresh = !mapped_already(r, p.domain, p.first, p.last), early = s->during && fresh;
	bool was_broken = domain_broken(r, p.domain);
	int rc;

	/* DMA inside the call may reach the page or be refused: what the oracle calls unmapped and not quiesced */
	if (early) {
		space_map(r, &p);
		space_unmap(r, &p);
		r->coming = &p;
	}
	rc = guest_map(r->guest, p.domain, p.first, p.pa, step_number(s, "size", 4096), p.perm);
	r->coming = NULL;
	if (rc == 0) {
		space_map(r, &p);
		if (!ledger_map(&r->ledger, p.domain, p.first, p.last, p.pa, p.perm))
			return run_error(r, "out of memory");
	} else if (fresh && !was_broken && lost_pages(rc)) {
		if (!quarantine_map(r, &p))
			return run_error(r, "out of memory");
	} else if (early) {
		space_quiesce(r, &p);
	}
	return guest_answer(r, s, rc);
}

/* Marks what an unmap will take before it is called, so that DMA inside the call is judged rightly. */
static bool leave(struct run *r, const struct step *s)
{
	if (!ledger_leave(&r->ledger, domain_of(s), step_number(s, "iova", 0), last_of(s)))
		return false;
	for (uint32_t i = 0; i < r->ledger.count; i++) {
		struct piece *p = r->ledger.piece + i;

		if (!is_leaving(p, domain_of(s), 0))
			continue;
		p->keep = step_has(s, "keep");
		space_unmap(r, p);
	}
	return true;
}

static enum step_rc do_unmap(struct run *r, const struct step *s)
{
	int rc;

	if (!leave(r, s))
		return run_error(r, "out of memory");
	rc = guest_unmap(r->guest, domain_of(s), step_number(s, "iova", 0),
			 step_number(s, "size", 4096));
	if (rc == 0)
		quiesce(r, is_leaving, domain_of(s), 0);
	else
		set_state(r, is_leaving, domain_of(s), 0,
			  lost_pages(rc) ? PIECE_QUARANTINED : PIECE_MAPPED);
	return guest_answer(r, s, rc);
}

static enum step_rc do_unmap_lazy(struct run *r, const struct step *s)
{
	uint32_t ticket = (uint32_t)step_number(s, "ticket", 0);
	int rc;

	if (!leave(r, s))
		return run_error(r, "out of memory");
	rc = guest_unmap_lazy(r->guest, domain_of(s), step_number(s, "iova", 0),
			      step_number(s, "size", 4096), ticket);
	for (uint32_t i = 0; i < r->ledger.count; i++)
		if (is_leaving(r->ledger.piece + i, domain_of(s), 0))
			r->ledger.piece[i].ticket = ticket;
	set_state(r, is_leaving, domain_of(s), 0,
		  rc == 0 ? PIECE_PENDING : (lost_pages(rc) ? PIECE_QUARANTINED : PIECE_MAPPED));
	/* the bug of a guest that does not wait */
	for (uint32_t i = 0; rc == 0 && step_has(s, "release") && i < r->ledger.count; i++)
		if (has_ticket(r->ledger.piece + i, 0, ticket)) {
			release(r, i);
			r->ledger.piece[i].keep = true;
		}
	return guest_answer(r, s, rc);
}

int guest_calls_flush(struct run *r, uint32_t id)
{
	int rc = guest_flush(r->guest, id);

	if (rc == 0)
		quiesce(r, is_pending, id, 0);
	else if (lost_pages(rc))
		set_state(r, is_pending, id, 0, PIECE_QUARANTINED);
	return rc;
}

static enum step_rc do_flush(struct run *r, const struct step *s)
{
	return guest_answer(r, s, guest_calls_flush(r, domain_of(s)));
}

static enum step_rc do_poll(struct run *r, const struct step *s)
{
	uint32_t ticket = (uint32_t)step_number(s, "ticket", 0);
	uint64_t limit = step_number(s, "tries", 1);
	int rc = 0;

	for (uint64_t i = 0; i < limit; i++) {
		rc = guest_poll(r->guest, ticket);
		if (rc == GUEST_BOUND || strcmp(rc_name(rc), "again") != 0)
			break;
		r->be->ops->relax(r->be);
	}
	if (rc == 0)
		quiesce(r, has_ticket, 0, ticket);
	else if (lost_pages(rc))
		set_state(r, has_ticket, 0, ticket, PIECE_QUARANTINED);
	return guest_answer(r, s, rc);
}

static enum step_rc do_lookup(struct run *r, const struct step *s)
{
	uint64_t pa = 0, size = 0;
	uint32_t perm = 0;
	int rc = guest_lookup(r->guest, domain_of(s), step_number(s, "iova", 0), &pa, &perm, &size);
	enum step_rc got = guest_answer(r, s, rc);

	if (got != STEP_OK || rc != 0)
		return got;
	if (check_property(r, s, "pa", pa) != STEP_OK ||
	    check_property(r, s, "page-size", size) != STEP_OK)
		return STEP_FAIL;
	if (step_has(s, "perm"))
		return check_text(r, "perm", step_string(s, "perm", ""), names_perm(perm & 3));
	return STEP_OK;
}

/* ---- for the steps of the driver's records ---- */

bool guest_mapped(struct run *r, const struct piece *p)
{
	space_map(r, p);
	return ledger_map(&r->ledger, p->domain, p->first, p->last, p->pa, p->perm);
}

bool guest_leaves(struct run *r, const struct piece *p)
{
	if (!ledger_leave(&r->ledger, p->domain, p->first, p->last))
		return false;
	for (uint32_t i = 0; i < r->ledger.count; i++)
		if (is_leaving(r->ledger.piece + i, p->domain, 0))
			space_unmap(r, r->ledger.piece + i);
	return true;
}

void guest_left(struct run *r, const struct piece *p, uint32_t ticket, int rc)
{
	for (uint32_t i = 0; i < r->ledger.count; i++)
		if (is_leaving(r->ledger.piece + i, p->domain, 0))
			r->ledger.piece[i].ticket = ticket;
	set_state(r, is_leaving, p->domain, 0,
		  rc == 0 ? PIECE_PENDING : (lost_pages(rc) ? PIECE_QUARANTINED : PIECE_MAPPED));
}

void guest_collected(struct run *r, uint32_t ticket, int rc)
{
	if (rc == 0)
		quiesce(r, has_ticket, 0, ticket);
	else if (lost_pages(rc))
		set_state(r, has_ticket, 0, ticket, PIECE_QUARANTINED);
}

/* ---- faults ---- */

/* Properties of a fault expected by `drain`, in its child nodes. */
static const struct prop_desc fault_props[] = {
	{ "dev", TYPE_DEVICE, false, 0, NULL, "fault node: the requester" },
	{ "rid", TYPE_NUMBER, false, 0xffff, NULL, "fault node: requester id" },
	{ "reason", TYPE_REASON, false, 0, NULL,
	  "fault node: the fault reason; of several names the one that the unit's architecture "
	  "has" },
	{ "addr", TYPE_NUMBER, false, 0, NULL, "fault node: page address of the request" },
	{ "kind", TYPE_NAME, false, 0, names_fault_kind, "fault node: kind of request" },
	{ "type", TYPE_NAME, false, 0, names_at, "fault node: address type" },
	{ "pasid", TYPE_NUMBER, false, 0xfffff, NULL,
	  "fault node: PASID; without it the fault has none" },
	{ "flags", TYPE_NAMES, false, 0, names_event_flag,
	  "fault node: the flags of an AMD-Vi event, no more and no fewer; VT-d has none" },
	{ NULL, TYPE_FLAG, false, 0, NULL, NULL }
};

static const struct verb fault_verb = { .name = "drain", .props = fault_props };

/* Fields of the record as the hardware wrote it; those of another architecture's record are not looked at. */
static enum step_rc compare_record(struct run *r, const struct step *s, const struct arch *a,
				   const struct guest_fault *f)
{
	const struct dts_prop *p = dts_find(s->node, "flags");
	uint64_t want, flags = 0;
	const char *name;

	for (const struct field *at = arch_record(a)->fields; at->name; at++) {
		const struct dts_prop *v = dts_find(s->node, at->name);

		if (v && dts_number(v, &want) &&
		    check_number(r, at->name, want, field_get(at, f->raw[at->word])) != STEP_OK)
			return STEP_FAIL;
	}
	if (!p || !a->flags)
		return STEP_OK;
	for (uint32_t i = 0; (name = dts_string(p, i)) != NULL; i++)
		for (const struct field *at = a->flags; at->name; at++)
			flags |= strcmp(at->name, name) == 0 ? at->mask : 0;
	return check_number(r, "fault's flags", flags, f->raw[0] & a->flags_mask);
}

static enum step_rc compare_reason(struct run *r, const struct step *s, uint32_t unit,
				   uint8_t reason)
{
	const struct arch *a = run_arch(r, unit);
	const char *want, *name = arch_reason_name(a, reason);
	uint8_t code = 0;

	if (step_reason(r, s, unit, &code) != STEP_OK)
		return STEP_ERROR;
	want = arch_reason_name(a, code);
	return check_text(r, "fault's reason", want ? want : "?", name ? name : "?");
}

static enum step_rc compare_fault(struct run *r, const struct dts_node *node, uint32_t unit,
				  const struct guest_fault *f)
{
	const struct step s = { .node = node, .verb = &fault_verb };
	enum step_rc rc = STEP_OK;

	if (step_has(&s, "dev") || step_has(&s, "rid"))
		rc = check_number(r, "fault's requester id", step_rid(r, &s), f->rid);
	if (rc == STEP_OK && step_has(&s, "reason"))
		rc = compare_reason(r, &s, unit, f->reason);
	if (rc == STEP_OK && step_has(&s, "addr"))
		rc = check_number(r, "fault's address", step_number(&s, "addr", 0), f->addr);
	if (rc == STEP_OK && step_has(&s, "kind"))
		rc = check_text(r, "fault's kind", step_string(&s, "kind", ""),
				names_fault_kind(f->kind & 3));
	if (rc == STEP_OK && step_has(&s, "type"))
		rc = check_number(r, "fault's address type", (uint64_t)step_name(&s, "type", 0),
				  f->at);
	if (rc == STEP_OK && step_has(&s, "pasid"))
		rc = check_number(r, "fault's PASID", step_number(&s, "pasid", 0),
				  f->has_pasid ? f->pasid : UINT64_MAX);
	return rc == STEP_OK ? compare_record(r, &s, run_arch(r, unit), f) : rc;
}

/* A unit that writes no fault records as the architecture has them: there is nothing to compare. */
static bool untold(const struct run *r, uint32_t unit)
{
	return r->be->ops->tells_faults && !r->be->ops->tells_faults(r->be, unit);
}

static enum step_rc do_drain(struct run *r, const struct step *s)
{
	struct guest_fault faults[GUEST_FAULTS];
	uint32_t count = 0, unit = step_unit(r, s), i = 0;
	bool lost = false;
	int rc = guest_drain(r->guest, unit, faults, (uint32_t)step_number(s, "max", GUEST_FAULTS),
			     &count, &lost);
	enum step_rc got = guest_answer(r, s, rc);

	r->told[unit] += count;
	r->lost[unit] += lost;
	if (got == STEP_OK && untold(r, unit)) {
		if (s->node->child || step_has(s, "count") || step_has(s, "lost"))
			run_unjudged(r, "drain");
		return STEP_OK;
	}
	for (const struct dts_node *n = s->node->child; n && got == STEP_OK; n = n->next) {
		if (strcmp(n->name, "during") == 0)
			continue;
		if (i == count)
			return run_fail(r, "drain: expected fault \"%s\", only %u came", n->name,
					count);
		got = compare_fault(r, n, unit, &faults[i++]);
		if (got == STEP_FAIL)
			return run_fail(r, "drain: in fault \"%s\", number %u", n->name, i);
	}
	if (got == STEP_OK && i && !step_has(s, "count") && i != count)
		return run_fail(r, "drain: expected %u faults, got %u", i, count);
	if (got == STEP_OK)
		got = check_property(r, s, "count", count);
	return got == STEP_OK ? check_property(r, s, "lost", lost) : got;
}

enum step_rc guest_account(struct run *r)
{
	struct guest_fault faults[GUEST_FAULTS];

	for (uint32_t unit = 0; unit < r->machine->units && !r->dead; unit++) {
		uint32_t count;
		bool lost;

		if (!guest_unit_known(r->guest, unit))
			continue;
		if (guest_drain(r->guest, unit, faults, GUEST_FAULTS, &count, &lost) == GUEST_BOUND)
			return run_fail(r, "at the end: draining the faults of %s does not end",
					r->machine->unit[unit].label);
		r->told[unit] += count;
		r->lost[unit] += lost;
		if (!r->own_faults[unit] && r->be->ops->oracle_account)
			(void)r->be->ops->oracle_account(r->be, unit, r->told[unit], r->lost[unit]);
	}
	return STEP_OK;
}

/* ---- status ---- */

static enum step_rc check_labels(struct run *r, const struct step *s, const char *line)
{
	const struct dts_prop *p = dts_find(s->node, "labels");
	const char *want;

	for (uint32_t i = 0; p && (want = dts_string(p, i)) != NULL; i++) {
		r->res->checks++;
		if (!strstr(line, want))
			return run_fail(r, "status: expected the label \"%s\" in \"%s\"", want,
					line);
	}
	return STEP_OK;
}

/* What the driver learnt from fault records. */
static enum step_rc check_told(struct run *r, const struct step *s, const struct guest_status *st)
{
	if (untold(r, step_unit(r, s))) {
		if (step_has(s, "faults") || step_has(s, "fault-overflows"))
			run_unjudged(r, "faults");
		return STEP_OK;
	}
	if (check_property(r, s, "faults", st->faults) != STEP_OK)
		return STEP_FAIL;
	return check_property(r, s, "fault-overflows", st->fault_overflows);
}

static enum step_rc do_status(struct run *r, const struct step *s)
{
	struct guest_status st;

	guest_status(r->guest, step_unit(r, s), &st);
	if (step_has(s, "stage") &&
	    check_text(r, "stage", step_string(s, "stage", ""), names_stage(st.stage)) != STEP_OK)
		return STEP_FAIL;
	if (step_has(s, "broken") &&
	    !strstr(st.broken_why ? st.broken_why : "", step_string(s, "broken", "")))
		return run_fail(r, "status: expected \"%s\" as the reason, got \"%s\"",
				step_string(s, "broken", ""),
				st.broken_why ? st.broken_why : "none");
	if (step_has(s, "log") && !guest_logged(r->guest, step_string(s, "log", "")))
		return run_fail(r,
				"log: expected a line with \"%s\", and none of the last %d has it",
				step_string(s, "log", ""), GUEST_LOG);
	const struct {
		const char *name;
		uint64_t got;
	} numbers[] = {
		{ "domains", st.domains },
		{ "devices", st.devices },
		{ "maps", st.maps },
		{ "unmaps", st.unmaps },
		{ "pages-mapped", st.pages_mapped },
		{ "invalidations", st.invalidations },
		{ "waits", st.waits },
		{ "timeouts", st.timeouts },
		{ "queue-errors", st.queue_errors },
		{ "silent-devices", st.silent_devices },
		{ "wbuf-flushes", st.wbuf_flushes },
		{ "table-pages", st.table_pages },
		{ "quarantined-tables", st.quarantined_tables },
		{ "quarantined-pages", st.quarantined_pages },
		{ "pages-held", guest_pages_held(r->guest) },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (check_property(r, s, numbers[i].name, numbers[i].got) != STEP_OK)
			return STEP_FAIL;
	if (check_told(r, s, &st) != STEP_OK)
		return STEP_FAIL;
	return check_labels(r, s, st.labels);
}

/* ---- the table ---- */

/* clang-format off */

#define END { NULL, TYPE_FLAG, false, 0, NULL, NULL }
#define UNIT { "unit", TYPE_UNIT, false, 0, NULL, "which unit (the device's, else the first)" }
#define RESULT { "result", TYPE_NAME, false, 0, names_result, "what the driver has to answer (`ok`)" }
#define DOMAIN { "domain", TYPE_NUMBER, true, GUEST_DOMAINS - 1, NULL, "number of the domain, the scenario's own" }
#define IOVA { "iova", TYPE_NUMBER, true, 0, NULL, "first device address" }
#define SIZE { "size", TYPE_NUMBER, false, 0, NULL, "bytes (4096)" }
#define DEAD { "dead", TYPE_FLAG, false, 0, NULL, "a unit that is broken may stay so: its hardware will not answer any more" }
#define KEEP { "keep", TYPE_FLAG, false, 0, NULL, "the guest keeps the pages; without it they are reused once quiesced" }

static const struct prop_desc start_props[] = {
	UNIT,
	{ "timeout-ns", TYPE_NUMBER, false, 0, NULL, "bound of each of the driver's waits (20 ms)" },
	{ "inval", TYPE_NAME, false, 0, names_inval, "how the driver invalidates (as the policy says)" },
	{ "superpages", TYPE_BOOL, false, 0, NULL, "whether the driver maps large pages (as the policy says)" },
	{ "inval-all", TYPE_BOOL, false, 0, NULL, "whether the driver uses INVALIDATE_IOMMU_ALL where the unit has it (1)" },
	{ "iova-bits", TYPE_NUMBER, false, 64, NULL, "device address width its domains have to reach, from 12 (what suits the unit)" },
	{ "rid-count", TYPE_NUMBER, false, 65536, NULL,
	  "requester ids an AMD-Vi device table has to reach (all of the machine's devices behind the unit)" },
	RESULT, END
};
static const struct prop_desc unit_props[] = { UNIT, RESULT, END };
static const struct prop_desc event_props[] = {
	UNIT,
	{ "addr", TYPE_NUMBER, true, UINT32_MAX, NULL, "message address" },
	{ "data", TYPE_NUMBER, true, UINT32_MAX, NULL, "message data" },
	RESULT, END
};
static const struct prop_desc domain_props[] = {
	DOMAIN,
	{ "repeat", TYPE_NUMBER, false, GUEST_DOMAINS, NULL, "how many are made, with ascending numbers; the first error ends it (1)" },
	{ "kind", TYPE_NAME, false, 0, names_domain_kind, "translated, or device address = physical address (`paging`)" },
	{ "units", TYPE_UNITS, false, 0, NULL, "units it is usable on (the first)" },
	RESULT, END
};
static const struct prop_desc destroy_props[] = { DOMAIN, RESULT, END };
static const struct prop_desc attach_props[] = {
	DOMAIN,
	{ "dev", TYPE_DEVICE, true, 0, NULL, "the device" },
	UNIT,
	{ "ats", TYPE_BOOL, false, 0, NULL, "whether its ATS will be used (as the device has it)" },
	RESULT, END
};
static const struct prop_desc detach_props[] = {
	{ "dev", TYPE_DEVICE, true, 0, NULL, "the device" }, RESULT, END
};
static const struct prop_desc map_props[] = {
	DOMAIN, IOVA,
	{ "pa", TYPE_NUMBER, true, 0, NULL, "first physical address" },
	SIZE,
	{ "perm", TYPE_NAME, false, 0, names_perm, "permissions (`rw`)" },
	RESULT, END
};
static const struct prop_desc unmap_props[] = { DOMAIN, IOVA, SIZE, KEEP, RESULT, END };
static const struct prop_desc lazy_props[] = {
	DOMAIN, IOVA, SIZE,
	{ "ticket", TYPE_NUMBER, true, GUEST_TICKETS - 1, NULL, "number of the ticket" },
	KEEP,
	{ "release", TYPE_FLAG, false, 0, NULL, "the guest reuses the pages at once: a bug the oracle has to find" },
	RESULT, END
};
static const struct prop_desc poll_props[] = {
	{ "ticket", TYPE_NUMBER, true, GUEST_TICKETS - 1, NULL, "number of the ticket" },
	{ "tries", TYPE_NUMBER, false, 1000000, NULL, "polls at most, relaxing in between, while the answer is `again` (1)" },
	RESULT, END
};
static const struct prop_desc lookup_props[] = {
	DOMAIN, IOVA,
	{ "pa", TYPE_NUMBER, false, 0, NULL, "expected physical address" },
	{ "page-size", TYPE_NUMBER, false, 0, NULL, "expected size of the page that maps it" },
	{ "perm", TYPE_NAME, false, 0, names_perm, "expected permissions" },
	RESULT, END
};
static const struct prop_desc drain_props[] = {
	UNIT,
	{ "max", TYPE_NUMBER, false, GUEST_FAULTS, NULL, "records taken at most (256)" },
	{ "count", TYPE_NUMBER, false, GUEST_FAULTS, NULL, "expected number of records (as many as there are child nodes)" },
	{ "lost", TYPE_BOOL, false, 0, NULL, "expected: whether the hardware told that records were lost" },
	RESULT, END
};
static const struct prop_desc works_props[] = {
	{ "unbroken", TYPE_FLAG, false, 0, NULL, "no unit may say broken" },
	{ "reset", TYPE_FLAG, false, 0, NULL, "everything is taken down and started again first" },
	DEAD, END
};
static const struct prop_desc take_down_props[] = { DEAD, END };
#define STAT(name, text) { name, TYPE_NUMBER, false, 0, NULL, "expected: " text }
static const struct prop_desc status_props[] = {
	UNIT,
	{ "stage", TYPE_NAME, false, 0, names_stage, "expected stage" },
	{ "labels", TYPE_STRINGS, false, 0, NULL, "each has to be part of the status line" },
	{ "broken", TYPE_STRING, false, 0, NULL, "part of the reason why it is broken" },
	{ "log", TYPE_STRING, false, 0, NULL, "part of a line that the driver logged, of any unit; the last 32 are kept" },
	STAT("domains", "domains that name the unit"), STAT("devices", "devices attached"),
	STAT("maps", "successful maps"), STAT("unmaps", "successful unmaps"),
	STAT("pages-mapped", "4 KiB pages mapped"), STAT("invalidations", "commands issued, waits apart"),
	STAT("waits", "completions observed"), STAT("timeouts", "completions not observed in time"),
	STAT("queue-errors", "queue errors handled"), STAT("silent-devices", "devices cut off because they did not answer"), STAT("wbuf-flushes", "write-buffer flushes"),
	STAT("faults", "fault records drained"), STAT("fault-overflows", "overflows told"),
	STAT("table-pages", "table pages in use"), STAT("quarantined-tables", "table pages in quarantine"),
	STAT("quarantined-pages", "data pages in quarantine"),
	STAT("pages-held", "pages the driver has of the platform, all units"),
	END
};

#define VERB(name, help, props, run, yields) { name, GROUP_GUEST, help, props, run, NULL, LAYOUT_REGISTER, yields, false, NULL }

const struct verb guest_verbs[] = {
	VERB("init", "Reads the unit's capabilities; writes nothing. The other verbs do it when it was not done.",
	     start_props, do_init, true),
	VERB("build", "Builds the tables in memory.", start_props, do_build, true),
	VERB("program", "Takes the unit over and sets its table pointer.", unit_props, do_program, true),
	VERB("enable", "Switches translation on.", unit_props, do_enable, true),
	VERB("start", "Init, build, program and enable in one.", start_props, do_start, true),
	VERB("stop", "Switches translation off and gives the tables back.", unit_props, do_stop, true),
	VERB("reset", "Brings a broken unit back to the beginning.", unit_props, do_reset, true),
	VERB("suspend", "Switches the unit off before the machine sleeps; tables, domains and devices stay.", unit_props, do_suspend, true),
	VERB("resume", "Brings a suspended unit back to where it was.", unit_props, do_resume, true),
	VERB("fault-event", "Sets the fault event's message up and unmasks it.", event_props, do_fault_event, true),
	VERB("domain", "Makes a domain.", domain_props, do_domain, true),
	VERB("destroy", "Unmaps what is mapped in a domain and gives it back.", destroy_props, do_destroy, true),
	VERB("attach", "Lets a domain translate a device's DMA.", attach_props, do_attach, true),
	VERB("detach", "Blocks a device's DMA again.", detach_props, do_detach, true),
	VERB("map", "Maps a range.", map_props, do_map, true),
	VERB("unmap", "Unmaps a range and waits until no hardware reaches it.", unmap_props, do_unmap, true),
	VERB("unmap-lazy", "Unmaps a range; `flush` or `poll` completes the ticket.", lazy_props, do_unmap_lazy, true),
	VERB("flush", "Completes every pending ticket of a domain.", destroy_props, do_flush, true),
	VERB("poll", "Drives one ticket without waiting.", poll_props, do_poll, true),
	VERB("lookup", "Asks the driver's tables about one address.", lookup_props, do_lookup, true),
	VERB("works", "Ends every injected fault and shows that each unit that translates still does, with a domain of its own: a page mapped "
	     "is reached, unmapped it is not. A unit that says broken is reset and started first.", works_props, do_works, true),
	VERB("take-down", "Ends every injected fault, detaches, flushes, destroys and stops all there is, resets what is broken: then the driver "
	     "holds no page.",
	     take_down_props, do_take_down, true),
	{ "drain", GROUP_GUEST, "Takes fault records; each child node is an expected fault, oldest first. Fields of the record (`FRCD`, `event`) are "
	  "properties of it too; those of the other architecture's are not looked at.",
	  drain_props, do_drain, NULL, LAYOUT_REGISTER, true, false, fault_props },
	VERB("status", "Compares the driver's own report of a unit; touches no hardware.", status_props, do_status, false),
	{ NULL, GROUP_GUEST, NULL, NULL, NULL, NULL, LAYOUT_REGISTER, false, false, NULL }
};
