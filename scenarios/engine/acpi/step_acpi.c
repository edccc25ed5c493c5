/*
 * Steps of firmware's tables: what the driver found in them, and the memory it has to map for them.
 */
#include <inttypes.h>
#include <string.h>

#include "acpi/discover.h"
#include "names.h"
#include "run.h"

#define IDS 16 /* more than scenarios have bridges above each other */

/* The step's list of rules against what the driver told, in order. */
static enum step_rc check_diags(struct run *r, const struct step *s)
{
	const struct dts_prop *p = dts_find(s->node, "diagnostics");
	uint32_t want = p ? dts_string_count(p) : 0, got = discovery_diags(r->discovery);
	char line[256];

	for (uint32_t i = 0; i < want && i < got; i++) {
		const char *name = discovery_diag(r->discovery, i, line, sizeof(line));

		r->res->checks++;
		if (strcmp(dts_string(p, i), name) != 0)
			return run_fail(r, "diagnostic %u: expected \"%s\", got \"%s\"", i + 1,
					dts_string(p, i), line);
	}
	if (want < got) {
		(void)discovery_diag(r->discovery, want, line, sizeof(line));
		return run_fail(r, "expected %u diagnostics, got %u; the first beyond them: \"%s\"",
				want, got, line);
	}
	r->res->checks++;
	return want == got ? STEP_OK
			   : run_fail(r, "expected %u diagnostics, got %u; missing: \"%s\"", want,
				      got, dts_string(p, got));
}

/* The ids the step lists against those the driver works out from the bridges. */
static enum step_rc check_ids(struct run *r, const struct step *s, int dev)
{
	const struct dts_prop *p = dts_find(s->node, "ids");
	uint32_t want = p ? p->len / 4 : 0, got;
	uint16_t ids[IDS];

	if (!p)
		return STEP_OK;
	if (dev < 0)
		return run_error(r, "property \"ids\" is about the device of \"dev\"");
	got = discovery_requesters(r->discovery, (uint32_t)dev, ids, IDS);
	r->res->checks++;
	if (want != got)
		return run_fail(r, "ids: expected %u, got %u", want, got);
	for (uint32_t i = 0; i < got && i < IDS; i++)
		if (dts_cell(p, i) != ids[i])
			return run_fail(r, "id %u: expected 0x%x, got 0x%x", i + 1, dts_cell(p, i),
					ids[i]);
	return STEP_OK;
}

/* The device of the step, or the function that `rid` names. */
static enum step_rc check_place(struct run *r, const struct step *s, int dev)
{
	struct discovery_place at = { 0 };
	bool found = dev >= 0 ? discovery_device(r->discovery, (uint32_t)dev, &at)
			      : discovery_function(r->discovery, step_rid(r, s), &at);
	enum step_rc rc = check_property(r, s, "found", found);

	if (rc != STEP_OK || !found)
		return rc;
	if (step_has(s, "unit"))
		rc = check_number(r, "unit", step_unit(r, s), at.unit);
	if (rc == STEP_OK)
		rc = check_property(r, s, "seen-as", at.rid);
	if (rc == STEP_OK)
		rc = check_property(r, s, "aliased", at.aliased);
	return rc == STEP_OK ? check_property(r, s, "ats", at.ats) : rc;
}

static enum step_rc do_discover(struct run *r, const struct step *s)
{
	int dev = step_device(r, s);
	enum step_rc rc = check_diags(r, s);

	if (rc == STEP_OK)
		rc = check_property(r, s, "units", discovery_units(r->discovery));
	if (rc == STEP_OK && (dev >= 0 || step_has(s, "rid")))
		rc = check_place(r, s, dev);
	if (rc == STEP_OK)
		rc = check_ids(r, s, dev);
	if (rc == STEP_OK && step_has(s, "record"))
		rc = guest_answer(r, s,
				  guest_describes(r->guest, (uint32_t)step_number(s, "record", 0)));
	return rc;
}

static enum step_rc map_region(struct run *r, const struct step *s, uint64_t first, uint64_t last,
			       uint8_t perm)
{
	uint32_t domain = (uint32_t)step_number(s, "domain", 0);
	int rc = guest_map(r->guest, domain, first, first, last - first + 1, perm);

	r->res->checks++;
	if (rc == GUEST_BOUND || rc == GUEST_NO_SLOT)
		return run_error(r, "map-reserved: %s",
				 rc == GUEST_BOUND ? "the driver does not come back"
						   : "the domain is not made");
	if (rc)
		return run_fail(r, "map-reserved: 0x%" PRIx64 ": the driver answered \"%s\"", first,
				guest_error_name(rc));
	if (r->be->ops->oracle_map)
		(void)r->be->ops->oracle_map(r->be, domain, first, last, first, perm);
	return ledger_map(&r->ledger, domain, first, last, first, perm)
		       ? STEP_OK
		       : run_error(r, "out of memory");
}

static enum step_rc do_map_reserved(struct run *r, const struct step *s)
{
	int dev = step_device(r, s);
	enum step_rc rc = STEP_OK;
	uint64_t first, last;
	uint32_t n = 0;
	uint8_t perm;

	if (dev < 0)
		return run_error(r, "property \"dev\" is no device of this machine");
	while (rc == STEP_OK &&
	       discovery_region(r->discovery, (uint32_t)dev, n, &first, &last, &perm)) {
		rc = map_region(r, s, first, last, perm);
		n++;
	}
	return rc == STEP_OK ? check_property(r, s, "regions", n) : rc;
}

/* clang-format off */

#define END { NULL, TYPE_FLAG, false, 0, NULL, NULL }

static const struct prop_desc discover_props[] = {
	{ "diagnostics", TYPE_STRINGS, false, 0, NULL,
	  "the rules the tables break, in the order the driver tells them (docs/acpi.md); without it: none" },
	{ "units", TYPE_NUMBER, false, 64, NULL, "expected number of units found" },
	{ "dev", TYPE_DEVICE, false, 0, NULL, "the device, I/O APIC or HPET that the rest is about" },
	{ "rid", TYPE_NUMBER, false, 0xffff, NULL, "or any function, of the first unit's segment" },
	{ "found", TYPE_BOOL, false, 0, NULL, "expected: whether it is behind some unit" },
	{ "unit", TYPE_UNIT, false, 0, NULL, "expected unit" },
	{ "seen-as", TYPE_NUMBER, false, 0xffff, NULL, "expected requester id the unit sees" },
	{ "aliased", TYPE_BOOL, false, 0, NULL, "expected: whether that is another one than its own" },
	{ "ids", TYPE_CELLS, false, 0, NULL,
	  "expected requester ids of `dev` by the bridges above it, its own first" },
	{ "ats", TYPE_BOOL, false, 0, NULL, "expected: whether the platform lets it use ATS" },
	{ "record", TYPE_NUMBER, false, 0, NULL, "number of a unit in the tables: the driver is asked to describe it" },
	{ "result", TYPE_NAME, false, 0, names_result, "what it has to answer then (`ok`)" },
	END
};
static const struct prop_desc reserved_props[] = {
	{ "domain", TYPE_NUMBER, true, GUEST_DOMAINS - 1, NULL, "number of the domain" },
	{ "dev", TYPE_DEVICE, true, 0, NULL, "the device" },
	{ "regions", TYPE_NUMBER, false, 0, NULL, "expected number of regions" },
	END
};

const struct verb firmware_verbs[] = {
	{ "discover", GROUP_FIRMWARE, "Compares what the driver found in the ACPI tables; touches no hardware.", discover_props,
	  do_discover, NULL, LAYOUT_REGISTER, false, false, NULL },
	{ "map-reserved", GROUP_FIRMWARE, "Maps the memory firmware reserved for a device to itself.", reserved_props,
	  do_map_reserved, NULL, LAYOUT_REGISTER, true, false, NULL },
	{ NULL, GROUP_FIRMWARE, NULL, NULL, NULL, NULL, LAYOUT_REGISTER, false, false, NULL }
};
