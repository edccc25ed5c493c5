/*
 * fake_vtd.h.
 */
#include "fake_vtd.h"

#include <stdlib.h>
#include <string.h>

#include "hw/vtd.h"

uint64_t *fake_cpu(struct fake *f, uint64_t pa)
{
	return fake_mem_cpu(&f->m, pa);
}

uint64_t fake_walk_read(struct fake *f, uint64_t pa)
{
	return f->ecap & VTD_ECAP_C ? *fake_mem_cpu(&f->m, pa) : fake_mem_walker(&f->m, pa);
}

static bool reserved(const uint64_t q[2])
{
	switch (FIELD_GET(VTD_DESC_TYPE, q[0])) {
	case VTD_DT_CC:
		return (q[0] & VTD_CCD0_RSVD) || (q[1] & VTD_CCD1_RSVD) ||
		       !FIELD_GET(VTD_CCD0_G, q[0]);
	case VTD_DT_IOTLB:
		return (q[0] & VTD_IOTLBD0_RSVD) || (q[1] & VTD_IOTLBD1_RSVD) ||
		       !FIELD_GET(VTD_IOTLBD0_G, q[0]);
	case VTD_DT_DEV_TLB:
		return (q[0] & VTD_DEVTLBD0_RSVD) || (q[1] & VTD_DEVTLBD1_RSVD);
	case VTD_DT_IEC:
		return (q[0] & VTD_IECD0_RSVD) || q[1];
	case VTD_DT_WAIT:
		return (q[0] & VTD_WAITD0_RSVD) || (q[1] & VTD_WAITD1_RSVD);
	default:
		return true;
	}
}

static void check_iotlb(struct fake *f, const uint64_t q[2])
{
	if (FIELD_GET(VTD_IOTLBD0_G, q[0]) != VTD_IOTLBD_G_PAGE)
		return;
	if (!(f->cap & VTD_CAP_PSI))
		fake_mem_bad(&f->m, "page-selective without PSI");
	if (FIELD_GET(VTD_IOTLBD1_AM, q[1]) > FIELD_GET(VTD_CAP_MAMV, f->cap))
		fake_mem_bad(&f->m, "AM above MAMV");
}

static void queue_step(struct fake *f)
{
	uint64_t at = (f->iqa & VTD_IQA_IQA) + (f->iqh & VTD_IQH_QH), q[2];

	if (!(f->gsts & VTD_GSTS_QIES) || f->iqh == f->iqt || (f->dead & FAKE_DEAD_QUEUE) ||
	    (f->fsts & (VTD_FSTS_IQE | VTD_FSTS_ITE)))
		return;
	q[0] = *fake_cpu(f, at);
	q[1] = *fake_cpu(f, at + 8);
	if (reserved(q) || (f->iqe_left && f->iqe_left-- > 0)) {
		f->fsts |= VTD_FSTS_IQE;
		f->iqercd = FIELD_PREP(VTD_IQERCD_IQEI, VTD_IQEI_RSVD);
		return;
	}
	f->iqh = (f->iqh + 16) % 4096;
	fake_mem_note(&f->m, FAKE_DESC, q[0], q[1]);
	switch (FIELD_GET(VTD_DESC_TYPE, q[0])) {
	case VTD_DT_IOTLB:
		check_iotlb(f, q);
		break;
	case VTD_DT_IEC:
		if (FIELD_GET(VTD_IECD0_IM, q[0]) > FIELD_GET(VTD_ECAP_MHMV, f->ecap))
			fake_mem_bad(&f->m, "IM above MHMV");
		break;
	case VTD_DT_DEV_TLB:
		if (!(f->gsts & VTD_GSTS_TES))
			fake_mem_bad(&f->m, "device-TLB invalidation while not translating");
		if (f->ite_left &&
		    (!f->ite_sid || f->ite_sid == FIELD_GET(VTD_DEVTLBD0_SID, q[0]))) {
			f->ite_left--;
			f->fsts |= VTD_FSTS_ITE;
			f->iqercd = f->ite_told ? FIELD_PREP(VTD_IQERCD_ITESID, f->ite_sid) : 0;
		}
		break;
	case VTD_DT_WAIT:
		if ((q[0] & VTD_WAITD0_SW) && !f->status_lost)
			memcpy(fake_cpu(f, q[1] & ~UINT64_C(7)),
			       &(uint32_t){ (uint32_t)(q[0] >> 32) }, 4);
		break;
	default:
		break;
	}
}

/* A handshake is over at the second relax after its command. */
static void settle(struct fake *f)
{
	static const struct {
		uint32_t bit, dead_on, dead_off;
	} rows[] = {
		{ VTD_GSTS_TES, FAKE_DEAD_TE_ON, FAKE_DEAD_TE_OFF },
		{ VTD_GSTS_RTPS, FAKE_DEAD_SRTP, FAKE_DEAD_SRTP },
		{ VTD_GSTS_WBFS, FAKE_DEAD_WBF, FAKE_DEAD_WBF },
		{ VTD_GSTS_QIES, FAKE_DEAD_QIE_ON, FAKE_DEAD_QIE_OFF },
		{ VTD_GSTS_IRES, FAKE_DEAD_IRE, FAKE_DEAD_IRE },
		{ VTD_GSTS_IRTPS, FAKE_DEAD_SIRTP, FAKE_DEAD_SIRTP },
		{ VTD_GSTS_CFIS, FAKE_DEAD_CFI, FAKE_DEAD_CFI },
	};

	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t bit = rows[i].bit & f->pending, to = bit & f->pending_to;

		if (!bit || (f->dead & (to ? rows[i].dead_on : rows[i].dead_off)))
			continue;
		f->pending &= ~bit;
		f->gsts = (f->gsts & ~bit) | to;
		if (bit == VTD_GSTS_RTPS)
			f->rtaddr_latched = f->rtaddr;
		if (bit == VTD_GSTS_IRTPS)
			f->irta_latched = f->irta;
		if (bit == VTD_GSTS_QIES && !to)
			f->iqh = 0;
	}
	if (f->pmen_pending && !(f->dead & FAKE_DEAD_PMEN)) {
		f->pmen_pending = false;
		f->pmen = (f->pmen & VTD_PMEN_EPM) | (f->pmen & VTD_PMEN_EPM ? VTD_PMEN_PRS : 0);
	}
	if ((f->ccmd & VTD_CCMD_ICC) && !(f->dead & FAKE_DEAD_CCMD)) {
		f->ccmd &= ~(VTD_CCMD_ICC | VTD_CCMD_CAIG);
		if (f->refuse)
			f->refuse--;
		else
			f->ccmd |= FIELD_PREP(VTD_CCMD_CAIG, FIELD_GET(VTD_CCMD_CIRG, f->ccmd));
	}
	if ((f->iotlb & VTD_IOTLB_IVT) && !(f->dead & FAKE_DEAD_IOTLB)) {
		f->iotlb &= ~(VTD_IOTLB_IVT | VTD_IOTLB_IAIG);
		if (f->refuse)
			f->refuse--;
		else
			f->iotlb |= FIELD_PREP(VTD_IOTLB_IAIG, FIELD_GET(VTD_IOTLB_IIRG, f->iotlb));
	}
}

static void relax(void *ctx)
{
	struct fake *f = ctx;

	fake_mem_relaxed(&f->m);
	settle(f);
	for (int i = 0; i < 3; i++)
		queue_step(f);
}

static uint32_t iva_off(const struct fake *f)
{
	return (uint32_t)FIELD_GET(VTD_ECAP_IRO, f->ecap) * 16;
}

static uint32_t frcd_off(const struct fake *f)
{
	return (uint32_t)FIELD_GET(VTD_CAP_FRO, f->cap) * 16;
}

static uint32_t records(const struct fake *f)
{
	return (uint32_t)FIELD_GET(VTD_CAP_NFR, f->cap) + 1;
}

static uint64_t *frcd_word(struct fake *f, uint32_t off)
{
	if (off < frcd_off(f) || off >= frcd_off(f) + 16 * records(f))
		return NULL;
	return &f->frcd[(off - frcd_off(f)) / 16][(off - frcd_off(f)) / 8 % 2];
}

static uint64_t reg64(struct fake *f, uint32_t off)
{
	switch (off) {
	case VTD_REG_CAP:
		return f->cap;
	case VTD_REG_ECAP:
		return f->ecap;
	case VTD_REG_RTADDR:
		return f->rtaddr;
	case VTD_REG_CCMD:
		return f->ccmd;
	case VTD_REG_IQH:
		return f->iqh;
	case VTD_REG_IQT:
		return f->iqt;
	case VTD_REG_IQA:
		return f->iqa;
	case VTD_REG_IQERCD:
		return f->iqercd;
	default:
		break;
	}
	if (off == iva_off(f) + 8)
		return f->iotlb;
	if (frcd_word(f, off))
		return *frcd_word(f, off);
	fake_mem_bad(&f->m, "64-bit read of something else");
	return 0;
}

static uint64_t read64(void *ctx, uint32_t unit, uint32_t off)
{
	struct fake *f = ctx;

	(void)unit;
	fake_mem_tick(&f->m);
	return f->gone ? UINT64_MAX : reg64(f, off);
}

static uint32_t reg32(struct fake *f, uint32_t off)
{
	switch (off) {
	case VTD_REG_VER:
		return f->ver;
	case VTD_REG_GSTS:
		return f->gsts;
	case VTD_REG_FSTS:
		return f->fsts;
	case VTD_REG_FECTL:
		return f->fectl;
	case VTD_REG_IECTL:
		return f->iectl;
	case VTD_REG_PECTL:
		return f->pectl;
	case VTD_REG_PMEN:
		return f->pmen;
	default:
		break;
	}
	if (off % 8 == 4 && frcd_word(f, off - 4))
		return (uint32_t)(*frcd_word(f, off - 4) >> 32);
	fake_mem_bad(&f->m, "32-bit read of something else");
	return 0;
}

static uint32_t read32(void *ctx, uint32_t unit, uint32_t off)
{
	struct fake *f = ctx;

	(void)unit;
	fake_mem_tick(&f->m);
	return f->gone ? UINT32_MAX : reg32(f, off);
}

static void gcmd(struct fake *f, uint32_t val)
{
	const uint32_t levels = VTD_GCMD_TE | VTD_GCMD_QIE | VTD_GCMD_IRE | VTD_GCMD_CFI;
	uint32_t changed = (val ^ f->gsts) & levels;
	uint32_t once = val & (VTD_GCMD_SRTP | VTD_GCMD_WBF | VTD_GCMD_SIRTP);
	uint32_t all = changed | once;

	if (f->pending)
		fake_mem_bad(&f->m, "GCMD written while a command is under way");
	if (all & (all - 1))
		fake_mem_bad(&f->m, "two commands in one GCMD write");
	if ((once & VTD_GCMD_WBF) && !(f->cap & VTD_CAP_RWBF))
		fake_mem_bad(&f->m, "WBF without RWBF");
	f->pending |= all;
	f->pending_to = val & changed;
	if (once & VTD_GCMD_SRTP) {
		f->gsts &= ~(uint32_t)VTD_GSTS_RTPS;
		f->pending_to |= VTD_GSTS_RTPS;
	}
	if (once & VTD_GCMD_SIRTP) {
		f->gsts &= ~(uint32_t)VTD_GSTS_IRTPS;
		f->pending_to |= VTD_GSTS_IRTPS;
	}
	if (once & VTD_GCMD_WBF)
		f->gsts |= VTD_GSTS_WBFS;
}

static void ppf_update(struct fake *f)
{
	f->fsts &= ~(uint32_t)VTD_FSTS_PPF;
	for (uint32_t i = 0; i < records(f); i++) {
		if (f->frcd[i][1] & VTD_FRCD1_F)
			f->fsts |= VTD_FSTS_PPF;
	}
}

static void write32(void *ctx, uint32_t unit, uint32_t off, uint32_t val)
{
	struct fake *f = ctx;

	(void)unit;
	fake_mem_note(&f->m, FAKE_REG, off, val);
	if (off % 8 == 4 && frcd_word(f, off - 4)) {
		if (val & 0x80000000u)
			*frcd_word(f, off - 4) &= ~VTD_FRCD1_F;
		ppf_update(f);
		return;
	}
	switch (off) {
	case VTD_REG_GCMD:
		gcmd(f, val);
		break;
	case VTD_REG_FSTS:
		f->fsts &= ~(val & VTD_FSTS_W1C);
		break;
	case VTD_REG_FECTL:
		f->fectl = val;
		break;
	case VTD_REG_IECTL:
		f->iectl = val;
		break;
	case VTD_REG_PECTL:
		f->pectl = val;
		break;
	case VTD_REG_FEDATA:
		f->fedata = val;
		break;
	case VTD_REG_FEADDR:
		f->feaddr = val;
		break;
	case VTD_REG_FEUADDR:
		break;
	case VTD_REG_PMEN:
		f->pmen = (f->pmen & VTD_PMEN_PRS) | (val & ~(uint32_t)VTD_PMEN_PRS);
		f->pmen_pending = true;
		break;
	default:
		fake_mem_bad(&f->m, "32-bit write of something else");
	}
}

static void write64(void *ctx, uint32_t unit, uint32_t off, uint64_t val)
{
	struct fake *f = ctx;

	(void)unit;
	fake_mem_note(&f->m, off == VTD_REG_IQT ? FAKE_RING : FAKE_REG, off, val);
	if (off == iva_off(f)) {
		f->iva = val;
	} else if (off == iva_off(f) + 8) {
		if ((f->gsts & VTD_GSTS_QIES) || ((f->iotlb | f->ccmd) & BIT64(63)))
			fake_mem_bad(&f->m, "IOTLB register used while busy or queued");
		f->iotlb = val;
	} else if (off == VTD_REG_CCMD) {
		if ((f->gsts & VTD_GSTS_QIES) || ((f->iotlb | f->ccmd) & BIT64(63)))
			fake_mem_bad(&f->m, "CCMD used while busy or queued");
		f->ccmd = val;
	} else if (off == VTD_REG_RTADDR) {
		f->rtaddr = val;
	} else if (off == VTD_REG_IRTA) {
		f->irta = val;
	} else if (off == VTD_REG_IQT) {
		f->iqt = val;
	} else if (off == VTD_REG_IQA) {
		if (f->gsts & VTD_GSTS_QIES)
			fake_mem_bad(&f->m, "IQA written while the queue is enabled");
		f->iqa = val;
	} else {
		fake_mem_bad(&f->m, "64-bit write of something else");
	}
}

void fake_fault(struct fake *f, uint32_t slot, uint64_t lo, uint64_t hi, bool first)
{
	f->frcd[slot][0] = lo;
	f->frcd[slot][1] = hi | VTD_FRCD1_F;
	if (first)
		f->fsts = (f->fsts & ~(uint32_t)VTD_FSTS_FRI) |
			  (uint32_t)FIELD_PREP(VTD_FSTS_FRI, slot);
	ppf_update(f);
}

uint32_t fake_count_desc(const struct fake *f, uint32_t from, uint32_t type, uint32_t *last)
{
	uint32_t n = 0;

	for (uint32_t i = from; i < f->m.logged; i++) {
		if (f->m.log[i].what != FAKE_DESC ||
		    FIELD_GET(VTD_DESC_TYPE, f->m.log[i].a) != type)
			continue;
		n++;
		if (last)
			*last = i;
	}
	return n;
}

struct iommu_unit_desc fake_desc(void)
{
	return (struct iommu_unit_desc){
		.vendor = IOMMU_VENDOR_INTEL,
		.host_addr_bits = 46,
		.timeout_ns = 200000,
	};
}

struct fake *fake_new(uint64_t cap, uint64_t ecap)
{
	struct fake *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	fake_mem_init(&f->m);
	f->cap = cap;
	f->ecap = ecap;
	f->ver = 0x10;
	f->fectl = f->iectl = f->pectl = 0x80000000u;
	f->m.plat.reg_read32 = read32;
	f->m.plat.reg_read64 = read64;
	f->m.plat.reg_write32 = write32;
	f->m.plat.reg_write64 = write64;
	f->m.plat.relax = relax;
	return f;
}

void fake_free(struct fake *f)
{
	fake_mem_done(&f->m);
	free(f);
}

uint32_t fake_find_write(const struct fake *f, uint32_t from, uint32_t off, uint64_t bits)
{
	for (uint32_t i = from; i < f->m.logged; i++) {
		if (f->m.log[i].what == FAKE_REG && f->m.log[i].a == off &&
		    (f->m.log[i].b & bits) == bits)
			return i;
	}
	return UINT32_MAX;
}

uint32_t fake_find_desc(const struct fake *f, uint32_t from, uint32_t type)
{
	for (uint32_t i = from; i < f->m.logged; i++) {
		if (f->m.log[i].what == FAKE_DESC &&
		    FIELD_GET(VTD_DESC_TYPE, f->m.log[i].a) == type)
			return i;
	}
	return UINT32_MAX;
}
