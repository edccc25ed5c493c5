/*
 * Steps of a device: DMA and translation requests, and what has to become of them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "run.h"

/* ---- the request ---- */

static uint32_t request_flags(const struct step *s)
{
	static const uint32_t bits[] = { BE_REQ_PASID, BE_REQ_PRIV, BE_REQ_EXEC, BE_REQ_NO_WRITE,
					 BE_REQ_NO_SNOOP };
	const struct dts_prop *p = dts_find(s->node, "flags");
	uint32_t flags = step_has(s, "pasid") ? BE_REQ_PASID : 0;
	const char *name;

	for (uint32_t i = 0; p && (name = dts_string(p, i)) != NULL; i++)
		flags |= bits[name_index(names_flag, name)];
	return flags;
}

static struct be_dma request(const struct run *r, const struct step *s, enum be_access access)
{
	int dev = step_device(r, s);
	struct be_dma d = { .dev = dev >= 0 ? r->device[dev] : 0,
			    .access = access,
			    /* inside `during` the property is the yield point */
			    .at = s->inside ? BE_AT_UNTRANSLATED
					    : (enum be_at)step_name(s, "at", BE_AT_UNTRANSLATED),
			    .flags = request_flags(s),
			    .pasid = (uint32_t)step_number(s, "pasid", 0),
			    .spoof = step_has(s, "rid"),
			    .rid = step_rid(r, s),
			    .addr = step_number(s, "iova", 0),
			    .len = step_number(s, "len", access == BE_ZLR ? 0 : 8) };

	return d;
}

/* What the request moves: the step's bytes, or a pattern no other step uses, repeated. */
static void fill_data(struct run *r, const struct step *s, uint8_t *data, uint64_t len)
{
	const struct dts_prop *p = dts_find(s->node, "data");
	uint64_t word = ++r->pattern * UINT64_C(0x9E3779B97F4A7C15);

	for (uint64_t i = 0; i < len; i++)
		data[i] = (uint8_t)(p ? p->data[i % p->len] : word >> (8 * (i % 8)));
}

/* ---- the answer ---- */

static void describe(char *buf, size_t size, const struct arch *a, const struct be_dma_result *res)
{
	const char *reason = arch_reason_name(a, res->reason);

	if (res->outcome == BE_OK)
		snprintf(buf, size, "ok at pa 0x%" PRIx64 "%s%s%s", res->pa,
			 res->unknown & BE_UNKNOWN_SOURCE ? "" : " from ",
			 res->unknown & BE_UNKNOWN_SOURCE ? "" : names_source(res->source),
			 res->stale ? ", stale" : "");
	else
		snprintf(buf, size,
			 "%s at iova 0x%" PRIx64 ", reason %s (0x%02x)%s%s, last entry 0x%" PRIx64
			 " at 0x%" PRIx64,
			 names_outcome(res->outcome), res->fail_addr, reason ? reason : "none",
			 res->reason, res->recorded ? ", recorded" : "",
			 res->suppressed ? ", suppressed" : "", res->entry, res->entry_pa);
}

static bool outcome_is(const char *expect, const struct be_dma_result *res)
{
	enum be_outcome outcome = res->outcome;

	if (strcmp(expect, "either") == 0 && outcome == BE_OK)
		return true;
	if ((res->unknown & BE_UNKNOWN_KIND) && outcome != BE_OK)
		return strcmp(expect, "ok") != 0;
	if (strcmp(expect, "either") == 0 && outcome == BE_NO_ACCESS)
		return true;
	if (strcmp(expect, "fault") == 0 || strcmp(expect, "either") == 0)
		return outcome == BE_UR || outcome == BE_CA ||
		       /* a translation completion without permission is how a refusal comes back by ATS */
		       (outcome == BE_NO_ACCESS && strcmp(expect, "either") == 0);
	return strcmp(expect, names_outcome(outcome)) == 0;
}

/* A property about something the backend cannot see. */
static bool hidden(struct run *r, const struct step *s, const struct be_dma_result *res,
		   const char *name, uint32_t bit)
{
	if (!(res->unknown & bit))
		return false;
	if (step_has(s, name))
		run_unjudged(r, name);
	return true;
}

static enum step_rc judge_reason(struct run *r, const struct step *s,
				 const struct be_dma_result *res)
{
	const struct arch *a = run_arch(r, step_unit(r, s));
	const char *name, *got = arch_reason_name(a, res->reason);
	uint8_t want = 0;

	if (!step_has(s, "reason") || hidden(r, s, res, "reason", BE_UNKNOWN_REASON))
		return STEP_OK;
	if (step_reason(r, s, step_unit(r, s), &want) != STEP_OK)
		return STEP_ERROR;
	name = arch_reason_name(a, want);
	r->res->checks++;
	if (want == res->reason)
		return STEP_OK;
	return run_fail(r, "reason: expected %s (0x%02x), got %s (0x%02x)", name ? name : "?", want,
			got ? got : "none", res->reason);
}

static enum step_rc judge_details(struct run *r, const struct step *s,
				  const struct be_dma_result *res)
{
	const struct {
		const char *name;
		uint64_t got;
		uint32_t unknown;
	} numbers[] = { { "pa", res->pa, 0 },
			{ "stale", res->stale, BE_UNKNOWN_STALE },
			{ "recorded", res->recorded, BE_UNKNOWN_RECORDED },
			{ "suppressed", res->suppressed, BE_UNKNOWN_SUPPRESSED },
			{ "level", res->level, BE_UNKNOWN_LEVEL },
			{ "done", res->done, 0 } };

	if (step_has(s, "source") && !hidden(r, s, res, "source", BE_UNKNOWN_SOURCE) &&
	    check_text(r, "source", step_string(s, "source", ""), names_source(res->source)) !=
		    STEP_OK)
		return STEP_FAIL;
	if (step_has(s, "perm") && !hidden(r, s, res, "perm", BE_UNKNOWN_PERM) &&
	    check_text(r, "perm", step_string(s, "perm", ""), names_perm(res->perm & 3u)) !=
		    STEP_OK)
		return STEP_FAIL;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!hidden(r, s, res, numbers[i].name, numbers[i].unknown) &&
		    check_property(r, s, numbers[i].name, numbers[i].got) != STEP_OK)
			return STEP_FAIL;
	return STEP_OK;
}

static enum step_rc judge_result(struct run *r, const struct step *s,
				 const struct be_dma_result *res)
{
	const char *expect = step_string(s, "expect", "ok");
	enum step_rc rc = STEP_OK;
	char got[300];
	bool either;

	describe(got, sizeof(got), run_arch(r, step_unit(r, s)), res);
	r->res->checks++;
	if (!outcome_is(expect, res))
		return run_fail(r, "%s at iova 0x%" PRIx64 ": expected %s, got %s", s->verb->name,
				step_number(s, "iova", 0), expect, got);
	/* where either answer is right, the reason speaks of a refusal and all else of a success */
	either = strcmp(expect, "either") == 0;
	if (!either || res->outcome != BE_OK)
		rc = judge_reason(r, s, res);
	if (rc == STEP_OK && (!either || res->outcome == BE_OK))
		rc = judge_details(r, s, res);
	if (rc != STEP_FAIL)
		return rc;
	return run_fail(r, "%s at iova 0x%" PRIx64 ": got %s", s->verb->name,
			step_number(s, "iova", 0), got);
}

/* The bytes have to be where the result says they went, or came from. */
static enum step_rc compare_memory(struct run *r, const struct be_dma_result *res,
				   const uint8_t *data)
{
	uint64_t at = 0;
	uint8_t page[4096];

	for (uint32_t i = 0; i < res->segs; i++)
		for (uint64_t k = 0; k < res->seg[i].len && at < res->done;) {
			uint64_t n = res->seg[i].len - k < sizeof(page) ? res->seg[i].len - k
									: sizeof(page);

			if (n > res->done - at)
				n = res->done - at;
			if (r->be->ops->load(r->be, res->seg[i].pa + k, page, (size_t)n))
				return STEP_OK; /* a register or a message: nothing to compare */
			r->res->checks++;
			if (memcmp(page, data + at, (size_t)n) != 0)
				return run_fail(
					r, "the bytes moved differ from memory at pa 0x%" PRIx64,
					res->seg[i].pa + k);
			k += n;
			at += n;
		}
	return STEP_OK;
}

static enum step_rc check_atomic(struct run *r, const struct step *s,
				 const struct be_dma_result *res, const uint8_t *data, uint64_t add,
				 uint64_t len)
{
	uint64_t old = 0, now = 0, mask = len == 8 ? UINT64_MAX : UINT32_MAX;

	memcpy(&old, data, (size_t)len);
	if (r->be->ops->load(r->be, res->pa, &now, (size_t)len))
		return STEP_OK;
	if (check_number(r, "atomic: memory", (old + add) & mask, now) != STEP_OK)
		return STEP_FAIL;
	return check_property(r, s, "old", old);
}

static enum step_rc check_moved(struct run *r, const struct step *s, const struct be_dma *d,
				const struct be_dma_result *res)
{
	const struct dts_prop *want = dts_find(s->node, "data");
	const uint8_t *data = d->data;

	if (d->access == BE_ZLR || !res->done || res->source >= BE_FROM_MSI)
		return STEP_OK;
	if (d->access == BE_ATOMIC)
		return check_atomic(r, s, res, data, step_number(s, "add", 1), d->len);
	if (d->access == BE_READ && want) {
		r->res->checks++;
		for (uint64_t i = 0; i < res->done; i++)
			if (data[i] != want->data[i % want->len])
				return run_fail(r,
						"read: byte %" PRIu64 " is 0x%02x, expected 0x%02x",
						i, data[i], want->data[i % want->len]);
	}
	return compare_memory(r, res, data);
}

/* ---- verbs ---- */

static enum step_rc dma_step(struct run *r, const struct step *s, enum be_access access)
{
	struct be_dma d = request(r, s, access);
	struct be_dma_result res;
	uint64_t add = step_number(s, "add", 1);
	uint8_t *data;
	enum step_rc rc;

	RUN_NEEDS(r, dma, "DMA of devices");
	if (step_device(r, s) < 0)
		return run_error(r, "property \"dev\" is no device of this machine");
	if (d.len > RUN_DMA_MAX)
		return run_error(r, "property \"len\": expected at most 0x%" PRIx64, RUN_DMA_MAX);
	r->moved += d.len + 1;
	if (r->moved > RUN_DMA_TOTAL)
		return run_error(r, "all DMA of the run together is more than 0x%" PRIx64 " bytes",
				 RUN_DMA_TOTAL);
	data = calloc((size_t)d.len + 8, 1);
	if (!data)
		return run_error(r, "out of memory");
	if (access == BE_WRITE)
		fill_data(r, s, data, d.len);
	else if (access == BE_ATOMIC)
		memcpy(data, &add, sizeof(add));
	d.data = data;
	if (r->be->ops->dma(r->be, &d, &res))
		rc = run_error(r, "%s: the backend refuses this request", s->verb->name);
	else
		rc = judge_result(r, s, &res);
	if (rc == STEP_OK)
		rc = check_moved(r, s, &d, &res);
	free(data);
	return rc;
}

static enum step_rc do_read(struct run *r, const struct step *s)
{
	return dma_step(r, s, BE_READ);
}

static enum step_rc do_write(struct run *r, const struct step *s)
{
	return dma_step(r, s, BE_WRITE);
}

static enum step_rc do_atomic(struct run *r, const struct step *s)
{
	uint64_t len = step_number(s, "len", 8);

	if (len != 4 && len != 8)
		return run_error(r, "property \"len\": an atomic has 4 or 8 bytes");
	return dma_step(r, s, BE_ATOMIC);
}

static enum step_rc do_zlr(struct run *r, const struct step *s)
{
	return dma_step(r, s, BE_ZLR);
}

static enum step_rc do_translate(struct run *r, const struct step *s)
{
	struct be_dma d = request(r, s, BE_READ);
	struct be_dma_result res;

	RUN_NEEDS(r, translate, "translation requests");
	d.at = BE_AT_TRANSLATION;
	if (!step_has(s, "rid") && step_device(r, s) < 0)
		return run_error(r, "expected \"dev\" or \"rid\"");
	if (r->be->ops->translate(r->be, step_unit(r, s), &d, &res))
		return run_error(r, "translate: the backend refuses this request");
	return judge_result(r, s, &res);
}

/* ---- the table ---- */

/* clang-format off */

#define END { NULL, TYPE_FLAG, false, 0, NULL, NULL }
#define REQUEST(required) \
	{ "dev", TYPE_DEVICE, required, 0, NULL, "the device" }, \
	{ "iova", TYPE_NUMBER, true, 0, NULL, "address of the request" }, \
	{ "rid", TYPE_NUMBER, false, 0xffff, NULL, "requester id sent instead of the device's own" }, \
	{ "pasid", TYPE_NUMBER, false, 0xfffff, NULL, "PASID the request carries" }, \
	{ "flags", TYPE_NAMES, false, 0, names_flag, "attributes of the request" }, \
	{ "expect", TYPE_NAME, false, 0, names_expect, "what has to come of it; `fault` is `ur` or `ca`, `either` is `ok`, `fault` or `no-access` (`ok`)" }, \
	{ "reason", TYPE_REASON, false, 0, NULL, "expected fault reason; of several names the one that the unit's architecture has" }, \
	{ "recorded", TYPE_BOOL, false, 0, NULL, "expected: whether a fault record was written" }, \
	{ "suppressed", TYPE_BOOL, false, 0, NULL, "expected: whether the tables suppressed the fault" }, \
	{ "source", TYPE_NAME, false, 0, names_source, "expected: where the translation came from" }, \
	{ "stale", TYPE_BOOL, false, 0, NULL, "expected: whether memory says otherwise by now" }, \
	{ "pa", TYPE_NUMBER, false, 0, NULL, "expected physical address of the first byte" }, \
	{ "perm", TYPE_NAME, false, 0, names_perm, "expected permissions" }, \
	{ "level", TYPE_NUMBER, false, 5, NULL, "expected level of the leaf, 0: 4 KiB, or where the walk stopped" }
#define DMA \
	REQUEST(true), \
	{ "at", TYPE_NAME, false, 0, names_at, "address type (`untranslated`; inside `during` always)" }, \
	{ "done", TYPE_NUMBER, false, 0, NULL, "expected number of bytes moved" }

static const struct prop_desc read_props[] = {
	DMA,
	{ "len", TYPE_NUMBER, false, RUN_DMA_MAX, NULL, "bytes (8)" },
	{ "data", TYPE_BYTES, false, 0, NULL, "expected bytes, repeated; memory is compared anyway" },
	END
};
static const struct prop_desc write_props[] = {
	DMA,
	{ "len", TYPE_NUMBER, false, RUN_DMA_MAX, NULL, "bytes (8)" },
	{ "data", TYPE_BYTES, false, 0, NULL, "bytes to write, repeated (a pattern of its own for each step); memory is compared" },
	END
};
static const struct prop_desc atomic_props[] = {
	DMA,
	{ "len", TYPE_NUMBER, false, 8, NULL, "4 or 8 (8)" },
	{ "add", TYPE_NUMBER, false, 0, NULL, "what is added (1)" },
	{ "old", TYPE_NUMBER, false, 0, NULL, "expected value before" },
	END
};
static const struct prop_desc zlr_props[] = { DMA, END };
static const struct prop_desc translate_props[] = {
	REQUEST(false),
	{ "unit", TYPE_UNIT, false, 0, NULL, "unit asked when there is no `dev` (the first)" },
	END
};

#define VERB(name, help, props, run) { name, GROUP_DEVICE, help, props, run, NULL, LAYOUT_REGISTER, false, true, NULL }

const struct verb device_verbs[] = {
	VERB("read", "A device reads memory.", read_props, do_read),
	VERB("write", "A device writes memory.", write_props, do_write),
	VERB("atomic", "A device fetches and adds.", atomic_props, do_atomic),
	VERB("zlr", "A device sends a zero-length read.", zlr_props, do_zlr),
	VERB("translate", "A device asks for a translation (ATS).", translate_props, do_translate),
	{ NULL, GROUP_DEVICE, NULL, NULL, NULL, NULL, LAYOUT_REGISTER, false, false, NULL }
};
