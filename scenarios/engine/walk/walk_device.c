/* From the registers to the page tables of a device. */
#include <inttypes.h>
#include <string.h>

#include "hw/amdvi.h"
#include "hw/vtd.h"
#include "walk/walk.h"

/* Reads an entry as the next step; false when the source does not hold it. */
static struct walk_step *step(const struct image *im, const char *layout, uint64_t pa,
			      struct walk_result *res)
{
	struct walk_step *s = &res->step[res->steps++];

	*s = (struct walk_step){ .layout = layout_find(LAYOUT_ENTRY, layout),
				 .pa = pa,
				 .level = -1 };
	for (uint32_t i = 0; i < s->layout->size / 8; i++) {
		if (im->read(im, pa + 8 * i, &s->word[i])) {
			s->words = 0;
			walk_stop(res, WALK_UNKNOWN, 0, "the source does not hold this entry");
			return NULL;
		}
	}
	s->words = s->layout->size / 8;
	return s;
}

static uint32_t mgaw(const struct image *im)
{
	uint64_t cap;

	return image_get(im, "CAP", &cap) ? (uint32_t)FIELD_GET(VTD_CAP_MGAW, cap) + 1 : 64;
}

static bool identity(const struct walk_request *rq, struct walk_result *res, const char *text)
{
	walk_stop(res, WALK_IDENTITY, 0, text);
	res->pa = rq->addr;
	res->perm = WALK_R | WALK_W;
	return false;
}

/* Tables of AW, AW + 2 levels. */
static bool stage(const struct image *im, enum walk_format format, uint64_t table, uint64_t aw,
		  uint8_t reason, struct walk_tables *t, struct walk_result *res)
{
	uint32_t bits = 30 + 9 * (uint32_t)aw;

	if (aw < 1 || aw > 3) {
		walk_stop(res, WALK_BLOCKED, reason, "AW names no supported number of levels");
		return false;
	}
	*t = (struct walk_tables){ .format = format,
				   .table = table,
				   .levels = (uint32_t)aw + 2,
				   .perm = WALK_R | WALK_W };
	t->bits = bits < mgaw(im) ? bits : mgaw(im);
	t->pages = true;
	return true;
}

static bool legacy(const struct image *im, const struct walk_request *rq, uint64_t root,
		   struct walk_tables *t, struct walk_result *res)
{
	const struct walk_step *s = step(im, "root", root + 16 * (uint64_t)(rq->rid >> 8), res);

	if (!s)
		return false;
	if (rq->has_pasid) {
		walk_stop(res, WALK_BLOCKED, VTD_FR_LEGACY_PASID,
			  "a request with PASID in legacy mode");
		return false;
	}
	if (!(s->word[0] & VTD_RE0_P)) {
		walk_stop(res, WALK_BLOCKED, VTD_FR_ROOT_NP, "the root entry is not present");
		return false;
	}
	if (s->word[0] & VTD_RE0_RSVD || s->word[1]) {
		walk_stop(res, WALK_BLOCKED, VTD_FR_ROOT_RSVD,
			  "a reserved bit of the root entry is set");
		return false;
	}
	s = step(im, "context", (s->word[0] & VTD_RE0_CTP) + 16 * (uint64_t)(rq->rid & 0xFF), res);
	if (!s)
		return false;
	res->domain = (uint32_t)FIELD_GET(VTD_CE1_DID, s->word[1]);
	if (!(s->word[0] & VTD_CE0_P)) {
		walk_stop(res, WALK_BLOCKED, VTD_FR_CTX_NP, "the context entry is not present");
		return false;
	}
	if (s->word[0] & VTD_CE0_RSVD || s->word[1] & VTD_CE1_RSVD) {
		walk_stop(res, WALK_BLOCKED, VTD_FR_CTX_RSVD,
			  "a reserved bit of the context entry is set");
		return false;
	}
	switch (FIELD_GET(VTD_CE0_TT, s->word[0])) {
	case VTD_TT_PASSTHROUGH:
		return identity(rq, res, "the context entry passes requests through (TT = 10b)");
	case VTD_TT_UNTRANSLATED:
	case VTD_TT_DEV_TLB:
		return stage(im, FORMAT_SS, s->word[0] & VTD_CE0_SSPTPTR,
			     FIELD_GET(VTD_CE1_AW, s->word[1]), VTD_FR_CTX_INV, t, res);
	default:
		walk_stop(res, WALK_BLOCKED, VTD_FR_CTX_INV, "TT is reserved");
		return false;
	}
}

/* The PASID table entry of a request: with PASID its own, else RID_PASID. */
static const struct walk_step *pasid_entry(const struct image *im, const struct walk_request *rq,
					   const struct walk_step *context, struct walk_result *res)
{
	uint32_t pasid = rq->has_pasid ? rq->pasid
				       : (uint32_t)FIELD_GET(VTD_SCE1_RID_PASID, context->word[1]);
	uint64_t dir = context->word[0] & VTD_SCE0_PASIDDIRPTR;
	uint32_t entries = 1u << (FIELD_GET(VTD_SCE0_PDTS, context->word[0]) + 7);
	const struct walk_step *s;

	if (pasid >> 6 >= entries) {
		walk_stop(res, WALK_BLOCKED, VTD_FR_PASID_DIR_BEYOND,
			  "the PASID is beyond the PASID directory");
		return NULL;
	}
	s = step(im, "pasid-dir", dir + 8 * (uint64_t)(pasid >> 6), res);
	if (!s)
		return NULL;
	if (!(s->word[0] & VTD_PDE_P)) {
		walk_stop(res, WALK_BLOCKED, VTD_FR_PASID_DIR_NP,
			  "the PASID directory entry is not present");
		return NULL;
	}
	s = step(im, "pasid", (s->word[0] & VTD_PDE_SMPTBLPTR) + 64 * (uint64_t)(pasid & 63), res);
	if (s && !(s->word[0] & VTD_PE0_P)) {
		walk_stop(res, WALK_BLOCKED, VTD_FR_PASID_NP,
			  "the PASID table entry is not present");
		return NULL;
	}
	return s;
}

static bool scalable(const struct image *im, const struct walk_request *rq, uint64_t root,
		     struct walk_tables *t, struct walk_result *res)
{
	const struct walk_step *s = step(im, "sm-root", root + 16 * (uint64_t)(rq->rid >> 8), res);
	uint32_t half = rq->rid >> 7 & 1;

	if (!s)
		return false;
	if (!(s->word[half] & VTD_SRE0_LP)) {
		walk_stop(res, WALK_BLOCKED, VTD_FR_SM_ROOT_NP,
			  "this half of the scalable-mode root entry is not present");
		return false;
	}
	s = step(im, "sm-context",
		 (s->word[half] & VTD_SRE0_LCTP) + 32 * (uint64_t)(rq->rid & 0x7F), res);
	if (!s)
		return false;
	if (!(s->word[0] & VTD_SCE0_P)) {
		walk_stop(res, WALK_BLOCKED, VTD_FR_SM_CTX_NP,
			  "the scalable-mode context entry is not present");
		return false;
	}
	s = pasid_entry(im, rq, s, res);
	if (!s)
		return false;
	res->domain = (uint32_t)FIELD_GET(VTD_PE1_DID, s->word[1]);
	switch (FIELD_GET(VTD_PE0_PGTT, s->word[0])) {
	case VTD_PGTT_PASSTHROUGH:
		return identity(rq, res,
				"the PASID table entry passes requests through (PGTT = 100b)");
	case VTD_PGTT_FIRST_STAGE:
		return stage(im, FORMAT_FS, s->word[2] & VTD_PE2_FSPTPTR,
			     2 + FIELD_GET(VTD_PE2_FSPM, s->word[2]), VTD_FR_PASID_INV, t, res);
	case VTD_PGTT_SECOND_STAGE:
		return stage(im, FORMAT_SS, s->word[0] & VTD_PE0_SSPTPTR,
			     FIELD_GET(VTD_PE0_AW, s->word[0]), VTD_FR_PASID_INV, t, res);
	case VTD_PGTT_NESTED:
		walk_stop(res, WALK_UNKNOWN, 0, "not modelled: nested translation (PGTT = 011b)");
		return false;
	default:
		walk_stop(res, WALK_BLOCKED, VTD_FR_PASID_INV, "PGTT is reserved");
		return false;
	}
}

/* A text of debugfs may know a device's tables and not the entries that lead to them. */
static bool known_root(const struct image *im, const struct walk_request *rq, struct walk_tables *t)
{
	for (uint32_t i = 0; i < im->roots; i++) {
		if (im->root[i].rid != rq->rid || im->root[i].levels < 3)
			continue;
		*t = (struct walk_tables){ .format = FORMAT_SS,
					   .table = im->root[i].table,
					   .levels = im->root[i].levels,
					   .perm = WALK_R | WALK_W,
					   .bits = 12 + 9 * im->root[i].levels,
					   .pages = true };
		return true;
	}
	return false;
}

static bool vtd(const struct image *im, const struct walk_request *rq, struct walk_tables *t,
		struct walk_result *res)
{
	uint64_t rtaddr, gsts;

	if (known_root(im, rq, t))
		return true;
	if (!image_get(im, "RTADDR", &rtaddr)) {
		walk_stop(res, WALK_UNKNOWN, 0,
			  "the register RTADDR is not known; give it with --reg RTADDR=VALUE");
		return false;
	}
	if (image_get(im, "GSTS", &gsts) && !(gsts & VTD_GSTS_TES))
		return identity(rq, res, "translation is off (GSTS.TES = 0)");
	switch (FIELD_GET(VTD_RTADDR_TTM, rtaddr)) {
	case VTD_TTM_LEGACY:
		return legacy(im, rq, rtaddr & VTD_RTADDR_RTA, t, res);
	case VTD_TTM_SCALABLE:
		return scalable(im, rq, rtaddr & VTD_RTADDR_RTA, t, res);
	case VTD_TTM_ABORT:
		walk_stop(res, WALK_BLOCKED, VTD_FR_ABORT_MODE,
			  "the unit is in abort-DMA mode (RTADDR.TTM = 11b)");
		return false;
	default:
		walk_stop(res, WALK_BLOCKED, VTD_FR_TTM_INV, "RTADDR.TTM is reserved");
		return false;
	}
}

static bool by_entry(const struct walk_request *rq, const struct walk_step *s,
		     struct walk_tables *t, struct walk_result *res)
{
	uint64_t q0 = s->word[0], mode = FIELD_GET(AMDVI_DTE0_MODE, q0);
	uint8_t perm =
		(uint8_t)((q0 & AMDVI_DTE0_IR ? WALK_R : 0) | (q0 & AMDVI_DTE0_IW ? WALK_W : 0));

	res->domain = (uint32_t)FIELD_GET(AMDVI_DTE1_DOMAINID, s->word[1]);
	if (!(q0 & AMDVI_DTE0_V))
		return identity(
			rq, res,
			"the device table entry is not valid (V = 0): requests pass untranslated");
	if (!(q0 & AMDVI_DTE0_TV)) {
		walk_stop(res, WALK_BLOCKED, AMDVI_EV_IO_PAGE_FAULT,
			  "the entry has no translation (TV = 0)");
		return false;
	}
	if (q0 & AMDVI_DTE0_GV) {
		walk_stop(res, WALK_UNKNOWN, 0, "not modelled: guest translation (GV = 1)");
		return false;
	}
	if (mode == 7) {
		walk_stop(res, WALK_BLOCKED, AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, "Mode is reserved");
		return false;
	}
	if (mode == 0) {
		if (perm & (rq->write ? WALK_W : WALK_R)) {
			identity(rq, res, "the entry translates nothing (Mode = 0)");
			res->perm = perm;
		} else {
			walk_stop(res, WALK_BLOCKED, AMDVI_EV_IO_PAGE_FAULT,
				  "the entry does not give the permission (IR, IW)");
		}
		return false;
	}
	*t = (struct walk_tables){ .format = FORMAT_AMD,
				   .table = q0 & AMDVI_DTE0_HOSTPT,
				   .levels = (uint32_t)mode,
				   .perm = perm,
				   .bits = mode == 6 ? 64 : 12 + 9 * (uint32_t)mode,
				   .pages = true };
	return true;
}

static bool amdvi(const struct image *im, const struct walk_request *rq, struct walk_tables *t,
		  struct walk_result *res)
{
	uint64_t devtab, control;
	const struct walk_step *s;

	if (!image_get(im, "DEVTAB", &devtab)) {
		walk_stop(res, WALK_UNKNOWN, 0,
			  "the register DEVTAB is not known; give it with --reg DEVTAB=VALUE");
		return false;
	}
	if (image_get(im, "CONTROL", &control)) {
		if (!(control & AMDVI_CONTROL_IOMMUEN))
			return identity(rq, res, "the unit is off (CONTROL.IommuEn = 0)");
		if (FIELD_GET(AMDVI_CONTROL_DEVTBLSEGEN, control)) {
			walk_stop(res, WALK_UNKNOWN, 0,
				  "not modelled: device tables in segments (CONTROL.DevTblSegEn)");
			return false;
		}
	}
	if (rq->has_pasid) {
		walk_stop(res, WALK_UNKNOWN, 0,
			  "not modelled: guest translation (a request with PASID)");
		return false;
	}
	if (rq->rid >> 7 > FIELD_GET(AMDVI_DEVTAB_SIZE, devtab)) {
		walk_stop(res, WALK_BLOCKED, AMDVI_EV_IO_PAGE_FAULT,
			  "the DeviceID is beyond the device table");
		return false;
	}
	s = step(im, "dte", (devtab & AMDVI_DEVTAB_BASE) + 32 * (uint64_t)rq->rid, res);
	return s && by_entry(rq, s, t, res);
}

bool walk_device(const struct image *im, const struct walk_request *rq, struct walk_tables *t,
		 struct walk_result *res)
{
	return im->arch == BE_AMDVI ? amdvi(im, rq, t, res) : vtd(im, rq, t, res);
}
