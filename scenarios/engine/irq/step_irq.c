/*
 * Steps of interrupts: a message a device sends, and what has to become of it.
 */
#include <inttypes.h>
#include <string.h>

#include "names.h"
#include "run.h"

#define MESSAGE_BASE 0xfee00000u

/* A delivered message: the address holds destination bits 31:8 in 63:40, 7:0 in 19:12 (iommusim/sim.h). */
static uint64_t destination(uint64_t addr)
{
	return (addr >> 40 << 8) | (addr >> 12 & 0xff);
}

struct answer {
	struct be_dma_result res;
	struct be_msi msi; /* the newest of a device since the step began */
	bool delivered;
};

static void describe(char *buf, size_t size, const struct arch *a, const struct answer *w)
{
	const struct be_dma_result *res = &w->res;
	const char *reason = arch_reason_name(a, res->reason);

	if (res->outcome != BE_OK)
		snprintf(buf, size,
			 "%s, reason %s (0x%02x)%s%s, entry %u, last word 0x%" PRIx64
			 " at 0x%" PRIx64,
			 names_outcome(res->outcome), reason ? reason : "none", res->reason,
			 res->recorded ? ", recorded" : "", res->suppressed ? ", suppressed" : "",
			 res->index, res->entry, res->entry_pa);
	else if (res->posted)
		snprintf(buf, size, "ok, vector 0x%x posted at 0x%" PRIx64 ", from %s%s", res->data,
			 res->pa, names_source(res->source), res->stale ? ", stale" : "");
	else if (!w->delivered)
		snprintf(buf, size, "ok, but no message was delivered");
	else
		snprintf(buf, size,
			 "ok, vector 0x%x (%s, %s) to %s destination 0x%" PRIx64 ", from %s%s",
			 w->msi.data & 0xff, names_delivery(w->msi.data >> 8 & 7),
			 w->msi.data >> 15 & 1 ? "level" : "edge",
			 w->msi.addr >> 2 & 1 ? "logical" : "physical", destination(w->msi.addr),
			 names_source(res->source), res->stale ? ", stale" : "");
}

static bool outcome_is(const char *expect, const struct be_dma_result *res)
{
	enum be_outcome outcome = res->outcome;

	if (strcmp(expect, "either") == 0 && outcome == BE_OK)
		return true;
	if ((res->unknown & BE_UNKNOWN_KIND) && outcome != BE_OK)
		return strcmp(expect, "ok") != 0;
	if (strcmp(expect, "fault") == 0 || strcmp(expect, "either") == 0)
		return outcome == BE_UR || outcome == BE_CA;
	return strcmp(expect, names_outcome(outcome)) == 0;
}

/* A property about something the backend cannot see. */
static bool hidden(struct run *r, const struct step *s, const char *name, bool unknown)
{
	if (unknown && step_has(s, name))
		run_unjudged(r, name);
	return unknown;
}

static enum step_rc judge_reason(struct run *r, const struct step *s,
				 const struct be_dma_result *res)
{
	const struct arch *a = run_arch(r, step_unit(r, s));
	uint8_t want = 0, got = res->reason;

	if (!step_has(s, "reason") || hidden(r, s, "reason", res->unknown & BE_UNKNOWN_REASON))
		return STEP_OK;
	if (step_reason(r, s, step_unit(r, s), &want) != STEP_OK)
		return STEP_ERROR;
	return check_text(r, "reason", arch_reason_name(a, want),
			  got ? arch_reason_name(a, got) : "none");
}

/* Of a posted interrupt the vector is the one in the descriptor, the rest tells of its notification. */
static enum step_rc judge_message(struct run *r, const struct step *s, const struct answer *w)
{
	const uint64_t data = w->msi.data, addr = w->msi.addr;
	/* a controller that holds vectors tells neither how one came nor that it came again */
	const bool merged = r->be->ops->msi_merged, unseen = merged && !w->delivered;
	const struct {
		const char *name;
		uint64_t got;
		bool unknown;
	} numbers[] = {
		{ "vector", w->res.posted ? w->res.data : data & 0xff, unseen },
		{ "destination", destination(addr), unseen },
		{ "logical", addr >> 2 & 1, merged },
		{ "redirect", addr >> 3 & 1, merged },
		{ "level", data >> 15 & 1, merged },
	};

	if (step_has(s, "delivery") && !hidden(r, s, "delivery", merged) &&
	    check_text(r, "delivery", step_string(s, "delivery", ""),
		       names_delivery(data >> 8 & 7)) != STEP_OK)
		return STEP_FAIL;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!hidden(r, s, numbers[i].name, numbers[i].unknown) &&
		    check_property(r, s, numbers[i].name, numbers[i].got) != STEP_OK)
			return STEP_FAIL;
	return STEP_OK;
}

static enum step_rc judge_details(struct run *r, const struct step *s, const struct answer *w)
{
	const struct be_dma_result *res = &w->res;
	const struct {
		const char *name;
		uint64_t got;
		uint32_t unknown;
	} numbers[] = {
		{ "stale", res->stale, BE_UNKNOWN_STALE },
		{ "recorded", res->recorded, BE_UNKNOWN_RECORDED },
		{ "suppressed", res->suppressed, BE_UNKNOWN_SUPPRESSED },
		{ "entry", res->index, BE_UNKNOWN_SOURCE },
		{ "posted", res->posted, 0 },
		{ "notified", res->posted && w->delivered, 0 },
	};

	if (step_has(s, "source") && !hidden(r, s, "source", res->unknown & BE_UNKNOWN_SOURCE) &&
	    check_text(r, "source", step_string(s, "source", ""), names_source(res->source)) !=
		    STEP_OK)
		return STEP_FAIL;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!hidden(r, s, numbers[i].name, res->unknown & numbers[i].unknown) &&
		    check_property(r, s, numbers[i].name, numbers[i].got) != STEP_OK)
			return STEP_FAIL;
	return res->outcome == BE_OK ? judge_message(r, s, w) : STEP_OK;
}

static enum step_rc judge(struct run *r, const struct step *s, const struct answer *w)
{
	const char *expect = step_string(s, "expect", "ok");
	bool arrives = w->res.outcome == BE_OK && !w->res.posted;
	bool again = arrives && !w->delivered && r->be->ops->msi_merged;
	enum step_rc rc;
	char got[300];

	describe(got, sizeof(got), run_arch(r, step_unit(r, s)), w);
	r->res->checks++;
	if (!outcome_is(expect, &w->res))
		return run_fail(r, "msi: expected %s, got %s", expect, got);
	if (!w->res.posted && w->delivered != arrives && !again && !step_has(s, "lost"))
		return run_fail(r, "msi: %s, but a message was%s delivered", got,
				w->delivered ? "" : " not");
	rc = w->res.outcome == BE_OK ? STEP_OK : judge_reason(r, s, &w->res);
	if (rc == STEP_OK)
		rc = judge_details(r, s, w);
	return rc == STEP_FAIL ? run_fail(r, "msi: got %s", got) : rc;
}

/* The newest message since number `first` that is no event of a unit. */
static void look_for_message(struct run *r, uint64_t first, struct answer *w)
{
	struct be_msi m;

	for (uint64_t n = r->be->ops->msi_count(r->be); n > first && !w->delivered; n--)
		if (r->be->ops->msi_get(r->be, n - 1, &m) && !m.from_unit) {
			w->msi = m;
			w->delivered = true;
		}
}

/* What the driver says the device has to be given. */
static enum step_rc take_message(struct run *r, const struct step *s, uint64_t *address,
				 uint32_t *data)
{
	struct guest_irq_message m;
	uint32_t irq = (uint32_t)step_number(s, "irq", 0);
	int rc = guest_irq_message(r->guest, irq, (uint32_t)step_number(s, "n", 0), &m);

	if (rc == GUEST_NO_SLOT)
		return run_error(r, "msi: irq %u is not allocated", irq);
	if (rc)
		return run_error(r, "msi: the driver has no message for irq %u: \"%s\"", irq,
				 guest_error_name(rc));
	*address = m.address;
	*data = m.data;
	return STEP_OK;
}

static enum step_rc do_msi(struct run *r, const struct step *s)
{
	uint32_t data = (uint32_t)step_number(s, "data", 0);
	int dev = step_device(r, s);
	struct be_dma d = { .dev = dev >= 0 ? r->device[dev] : 0,
			    .access = BE_WRITE,
			    .at = BE_AT_UNTRANSLATED,
			    .flags = step_has(s, "pasid") ? BE_REQ_PASID : 0,
			    .pasid = (uint32_t)step_number(s, "pasid", 0),
			    .spoof = step_has(s, "rid"),
			    .rid = step_rid(r, s),
			    .addr = step_number(s, "address", MESSAGE_BASE),
			    .len = sizeof(data),
			    .data = &data };
	struct answer w = { 0 };
	uint64_t before;

	RUN_NEEDS(r, dma, "DMA of devices");
	RUN_NEEDS(r, msi_count, "a sink of messages");
	if (dev < 0)
		return run_error(r, "property \"dev\" is no device of this machine");
	if (d.addr >> 20 != MESSAGE_BASE >> 20 || d.addr % 4)
		return run_error(r,
				 "property \"address\" is 0x%" PRIx64
				 "; expected 0xfee00000 to 0xfeeffffc, a multiple of 4",
				 d.addr);
	if (step_has(s, "irq") && take_message(r, s, &d.addr, &data) != STEP_OK)
		return STEP_ERROR;
	before = r->be->ops->msi_count(r->be);
	if (r->be->ops->dma(r->be, &d, &w.res))
		return run_error(r, "msi: the backend refuses this request");
	look_for_message(r, before, &w);
	return judge(r, s, &w);
}

/* ---- the table ---- */

/* clang-format off */

#define END { NULL, TYPE_FLAG, false, 0, NULL, NULL }

static const struct prop_desc msi_props[] = {
	{ "dev", TYPE_DEVICE, true, 0, NULL, "the device, I/O APIC or HPET that sends it" },
	{ "rid", TYPE_NUMBER, false, 0xffff, NULL, "requester id sent instead of its own" },
	{ "address", TYPE_NUMBER, false, UINT32_MAX, NULL, "message address, 0xfee00000 to 0xfeeffffc (0xfee00000)" },
	{ "data", TYPE_NUMBER, false, UINT32_MAX, NULL, "message data (0)" },
	{ "irq", TYPE_NUMBER, false, GUEST_IRQS - 1, NULL, "instead: the message the driver gives the device for this irq" },
	{ "n", TYPE_NUMBER, false, 65535, NULL, "which of its entries (0)" },
	{ "pasid", TYPE_NUMBER, false, 0xfffff, NULL, "PASID the request carries" },
	{ "expect", TYPE_NAME, false, 0, names_expect, "what has to come of it; `fault` is `ur` or `ca`, `either` is `ok` or `fault` (`ok`)" },
	{ "reason", TYPE_REASON, false, 0, NULL, "expected fault reason; of several names the one that the unit's architecture has" },
	{ "recorded", TYPE_BOOL, false, 0, NULL, "expected: whether a fault record was written" },
	{ "suppressed", TYPE_BOOL, false, 0, NULL, "expected: whether the tables suppressed the fault" },
	{ "source", TYPE_NAME, false, 0, names_source, "expected: `msi` as it was sent, `irt` by an entry of the table, `iec` by a cached one" },
	{ "stale", TYPE_BOOL, false, 0, NULL, "expected: whether memory says otherwise by now" },
	{ "entry", TYPE_NUMBER, false, 65535, NULL, "expected number of the remapping entry" },
	{ "vector", TYPE_NUMBER, false, 255, NULL, "expected vector; of a posted interrupt the one in the descriptor" },
	{ "destination", TYPE_NUMBER, false, UINT32_MAX, NULL, "expected destination; of a posted interrupt the notification's, as the next four" },
	{ "logical", TYPE_BOOL, false, 0, NULL, "expected destination mode" },
	{ "redirect", TYPE_BOOL, false, 0, NULL, "expected redirection hint" },
	{ "delivery", TYPE_NAME, false, 0, names_delivery, "expected delivery mode" },
	{ "level", TYPE_BOOL, false, 0, NULL, "expected trigger mode: 1 level" },
	{ "posted", TYPE_BOOL, false, 0, NULL, "expected: kept in a posted interrupt descriptor" },
	{ "notified", TYPE_BOOL, false, 0, NULL, "expected: and a notification was sent" },
	{ "lost", TYPE_FLAG, false, 0, NULL, "the message is let through and lost on its way by injection" },
	END
};

const struct verb interrupt_verbs[] = {
	{ "msi", GROUP_INTERRUPT, "A device sends one interrupt message.", msi_props, do_msi, NULL, LAYOUT_REGISTER,
	  false, true, NULL },
	{ NULL, GROUP_INTERRUPT, NULL, NULL, NULL, NULL, LAYOUT_REGISTER, false, false, NULL }
};
