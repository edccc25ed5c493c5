/*
 * Steps of the guest: interrupt remapping by our driver (iommu/irq.h).
 */
#include <string.h>

#include "names.h"
#include "run.h"

/* ---- the call ---- */

static struct guest_irq request(const struct run *r, const struct step *s)
{
	int dev = step_device(r, s);

	return (struct guest_irq){
		.unit = step_unit(r, s),
		.source = dev >= 0 ? (uint32_t)dev : 0,
		.irq = (uint32_t)step_number(s, "irq", 0),
		.n = (uint32_t)step_number(s, "n", 0),
		.count = (uint32_t)step_number(s, "count", 1),
		.kind = (uint32_t)step_name(s, "kind", 0),
		.entries = (uint32_t)step_number(s, "entries", 0),
		.x2apic = step_has(s, "x2apic"),
		.narrow = step_has(s, "narrow"),
		.rid = step_rid(r, s),
		.ignore_functions = (uint8_t)step_number(s, "ignore-functions", 0),
		.bus_last = (uint8_t)step_number(s, "bus-last", 0),
		.pass = (uint8_t)step_number(s, "pass", 0),
		.block = step_has(s, "block"),
		.dest = (uint32_t)step_number(s, "destination", 0),
		.vector = (uint8_t)step_number(s, "vector", 0),
		.delivery = (uint8_t)step_name(s, "delivery", 0),
		.logical = step_number(s, "logical", 0) != 0,
		.redirect = step_number(s, "redirect", 0) != 0,
		.level = step_number(s, "level", 0) != 0,
	};
}

static int ask(struct run *r, const struct step *s, enum guest_irq_op op)
{
	struct guest_irq c = request(r, s);
	int rc;

	r->changing = true;
	rc = guest_irq(r->guest, op, &c);
	r->changing = false;
	return rc;
}

static enum step_rc irq_step(struct run *r, const struct step *s, enum guest_irq_op op)
{
	int rc = ask(r, s, op);

	if (rc == GUEST_NO_SLOT)
		return run_error(r, "%s: the source is there already", s->verb->name);
	return guest_answer(r, s, rc);
}

static enum step_rc do_setup(struct run *r, const struct step *s)
{
	return irq_step(r, s, GUEST_IRQ_SETUP);
}

static enum step_rc do_teardown(struct run *r, const struct step *s)
{
	return irq_step(r, s, GUEST_IRQ_TEARDOWN);
}

static enum step_rc do_enable(struct run *r, const struct step *s)
{
	return irq_step(r, s, GUEST_IRQ_ENABLE);
}

static enum step_rc do_disable(struct run *r, const struct step *s)
{
	return irq_step(r, s, GUEST_IRQ_DISABLE);
}

static enum step_rc do_source(struct run *r, const struct step *s)
{
	return irq_step(r, s, GUEST_IRQ_SOURCE_ADD);
}

static enum step_rc do_source_remove(struct run *r, const struct step *s)
{
	return irq_step(r, s, GUEST_IRQ_SOURCE_REMOVE);
}

static enum step_rc do_alloc(struct run *r, const struct step *s)
{
	return irq_step(r, s, GUEST_IRQ_ALLOC);
}

static enum step_rc do_set(struct run *r, const struct step *s)
{
	return irq_step(r, s, step_has(s, "start") ? GUEST_IRQ_SET_START : GUEST_IRQ_SET);
}

static enum step_rc do_free(struct run *r, const struct step *s)
{
	return irq_step(r, s, step_has(s, "start") ? GUEST_IRQ_FREE_START : GUEST_IRQ_FREE);
}

#define POLL_TURNS 100000u

/* With `wait` as often as the driver answers "again"; the driver bounds that by its time-out. */
static enum step_rc do_poll(struct run *r, const struct step *s)
{
	int rc = ask(r, s, GUEST_IRQ_POLL);

	for (uint32_t i = 0; step_has(s, "wait") && i < POLL_TURNS && rc < 0 && rc > GUEST_BOUND &&
			     strcmp(guest_error_name(rc), "again") == 0;
	     i++) {
		r->be->ops->relax(r->be);
		rc = ask(r, s, GUEST_IRQ_POLL);
	}
	return guest_answer(r, s, rc);
}

static enum step_rc do_message(struct run *r, const struct step *s)
{
	struct guest_irq_message m;
	int rc = guest_irq_message(r->guest, (uint32_t)step_number(s, "irq", 0),
				   (uint32_t)step_number(s, "n", 0), &m);
	enum step_rc judged;

	if (rc == GUEST_NO_SLOT)
		return run_error(r, "irq-message: the irq was never allocated");
	judged = guest_answer(r, s, rc);
	if (judged != STEP_OK || rc)
		return judged;
	if (check_property(r, s, "address", m.address) != STEP_OK ||
	    check_property(r, s, "data", m.data) != STEP_OK)
		return STEP_FAIL;
	return check_property(r, s, "rte", m.rte);
}

static enum step_rc do_status(struct run *r, const struct step *s)
{
	struct guest_irq_status st;

	guest_irq_status(r->guest, step_unit(r, s), &st);
	const struct {
		const char *name;
		uint64_t got;
	} numbers[] = {
		{ "installed", st.installed },     { "on", st.on },
		{ "entry-bytes", st.entry_bytes }, { "entries", st.entries },
		{ "sources", st.sources },         { "held", st.held },
		{ "quarantined", st.quarantined }, { "invalidations", st.invalidations },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (check_property(r, s, numbers[i].name, numbers[i].got) != STEP_OK)
			return STEP_FAIL;
	return STEP_OK;
}

/* ---- the table ---- */

/* clang-format off */

#define END { NULL, TYPE_FLAG, false, 0, NULL, NULL }
#define UNIT { "unit", TYPE_UNIT, false, 0, NULL, "which unit (the first)" }
#define RESULT { "result", TYPE_NAME, false, 0, names_result, "what the driver has to answer (`ok`)" }
#define IRQ { "irq", TYPE_NUMBER, true, GUEST_IRQS - 1, NULL, "number of the scenario's own for an irq" }
#define N { "n", TYPE_NUMBER, false, 65535, NULL, "which of its entries (0)" }
#define START { "start", TYPE_FLAG, false, 0, NULL, "returns without waiting for the invalidation; `irq-poll` ends it" }

static const struct prop_desc setup_props[] = {
	UNIT,
	{ "entries", TYPE_NUMBER, false, 0x20000, NULL, "entries of the table, or the most of one source (the driver's default)" },
	{ "x2apic", TYPE_FLAG, false, 0, NULL, "destinations of 32 bits" },
	{ "narrow", TYPE_FLAG, false, 0, NULL, "AMD-Vi: entries of 32 bits although there are larger ones" },
	RESULT, END
};
static const struct prop_desc unit_props[] = { UNIT, RESULT, END };
static const struct prop_desc source_props[] = {
	{ "dev", TYPE_DEVICE, true, 0, NULL, "the device, I/O APIC or HPET" },
	{ "rid", TYPE_NUMBER, false, 0xffff, NULL, "requester id its messages carry, a bridge's (its own)" },
	{ "ignore-functions", TYPE_NUMBER, false, 3, NULL, "VT-d: low bits of the function that do not count (0)" },
	{ "bus-last", TYPE_NUMBER, false, 255, NULL, "VT-d: requesters up to this bus are accepted (no range)" },
	{ "pass", TYPE_NUMBER, false, 255, NULL, "AMD-Vi: data setting of its IVHD entry (0)" },
	{ "entries", TYPE_NUMBER, false, 65535, NULL, "most it may hold (the driver's default)" },
	RESULT, END
};
static const struct prop_desc source_remove_props[] = {
	{ "dev", TYPE_DEVICE, true, 0, NULL, "the source" }, RESULT, END
};
static const struct prop_desc alloc_props[] = {
	{ "dev", TYPE_DEVICE, true, 0, NULL, "the source" },
	IRQ,
	{ "kind", TYPE_NAME, false, 0, names_irq_kind, "how the device sends it (`msi`)" },
	{ "count", TYPE_NUMBER, false, 65535, NULL, "entries in a row (1)" },
	RESULT, END
};
static const struct prop_desc set_props[] = {
	IRQ, N,
	{ "vector", TYPE_NUMBER, false, 255, NULL, "vector it delivers (0)" },
	{ "destination", TYPE_NUMBER, false, UINT32_MAX, NULL, "APIC id, or logical destination (0)" },
	{ "delivery", TYPE_NAME, false, 0, names_delivery, "delivery mode (`fixed`)" },
	{ "logical", TYPE_BOOL, false, 0, NULL, "destination mode (0)" },
	{ "redirect", TYPE_BOOL, false, 0, NULL, "redirection hint (0)" },
	{ "level", TYPE_BOOL, false, 0, NULL, "level-triggered (0)" },
	{ "block", TYPE_FLAG, false, 0, NULL, "instead of all that: it delivers nothing" },
	START, RESULT, END
};
static const struct prop_desc free_props[] = { IRQ, START, RESULT, END };
static const struct prop_desc poll_props[] = {
	IRQ,
	{ "wait", TYPE_FLAG, false, 0, NULL, "again and again, until the answer is another than `again`" },
	RESULT, END
};
static const struct prop_desc message_props[] = {
	IRQ, N,
	{ "address", TYPE_NUMBER, false, 0, NULL, "expected address, of an I/O APIC the one it sends" },
	{ "data", TYPE_NUMBER, false, UINT32_MAX, NULL, "expected data" },
	{ "rte", TYPE_NUMBER, false, 0, NULL, "expected redirection table entry" },
	RESULT, END
};
static const struct prop_desc status_props[] = {
	UNIT,
	{ "installed", TYPE_BOOL, false, 0, NULL, "expected: it is set up" },
	{ "on", TYPE_BOOL, false, 0, NULL, "expected: it is in force" },
	{ "entry-bytes", TYPE_NUMBER, false, 0, NULL, "expected size of an entry" },
	{ "entries", TYPE_NUMBER, false, 0, NULL, "expected entries of the table, or most of one source" },
	{ "sources", TYPE_NUMBER, false, 0, NULL, "expected sources" },
	{ "held", TYPE_NUMBER, false, 0, NULL, "expected entries allocated" },
	{ "quarantined", TYPE_NUMBER, false, 0, NULL, "expected entries whose invalidation failed" },
	{ "invalidations", TYPE_NUMBER, false, 0, NULL, "expected commands issued" },
	END
};

#define VERB(name, help, props, run) { name, GROUP_GUEST_IRQ, help, props, run, NULL, LAYOUT_REGISTER, true, false, NULL }

const struct verb guest_irq_verbs[] = {
	VERB("irq-setup", "Builds what interrupt remapping needs.", setup_props, do_setup),
	VERB("irq-teardown", "Gives it back.", unit_props, do_teardown),
	VERB("irq-enable", "Puts interrupt remapping in force.", unit_props, do_enable),
	VERB("irq-disable", "Takes it out of force.", unit_props, do_disable),
	VERB("irq-source", "Makes a source of interrupts known.", source_props, do_source),
	VERB("irq-source-remove", "Forgets it.", source_remove_props, do_source_remove),
	VERB("irq-alloc", "Takes entries in a row for a source; all of them block.", alloc_props, do_alloc),
	VERB("irq-set", "Says where an entry delivers to.", set_props, do_set),
	VERB("irq-free", "Clears the entries and gives them back.", free_props, do_free),
	VERB("irq-poll", "Drives what `start` left under way.", poll_props, do_poll),
	VERB("irq-message", "Asks what the device has to be given, and compares.", message_props, do_message),
	VERB("irq-status", "Asks for the driver's counters of interrupt remapping, and compares.", status_props, do_status),
	{ NULL, GROUP_GUEST_IRQ, NULL, NULL, NULL, NULL, LAYOUT_REGISTER, false, false, NULL }
};
