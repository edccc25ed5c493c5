/*
 * Fault records and the fault event. VT-d 7.3 "Fault Reporting", 7.4 "Fault Event", 11 "Fault Recording Registers".
 *
 * FSTS is shared with the invalidation queue: only PFO is ours to clear here, and it is written alone. IQE, ITE and ICE
 * belong to whoever waits for the queue.
 */
#include "intel.h"

#define FRCD_HIGH 8u  /* the record's upper half */
#define FRCD_FLAG 12u /* its last 32 bits: F, T1, AT, PV, FR */
#define FRCD_F32 ((uint32_t)(VTD_FRCD1_F >> 32))

static uint32_t record_off(const struct iommu_unit *u, uint32_t i)
{
	return (uint32_t)u->intel.fault_off + VTD_FRCD_SIZE * i;
}

static bool record_full(const struct iommu_unit *u, uint32_t i)
{
	return reg_read32(u, record_off(u, i) + FRCD_FLAG) & FRCD_F32;
}

static void record_free(const struct iommu_unit *u, uint32_t i)
{
	reg_write32(u, record_off(u, i) + FRCD_FLAG, FRCD_F32);
}

static void record_decode(const uint64_t raw[2], struct iommu_fault *f)
{
	static const uint8_t kinds[] = {
		[VTD_FRCD_T_WRITE] = IOMMU_FAULT_WRITE,
		[VTD_FRCD_T_PAGE_REQ] = IOMMU_FAULT_PAGE_REQUEST,
		[VTD_FRCD_T_READ] = IOMMU_FAULT_READ,
		[VTD_FRCD_T_ATOMIC] = IOMMU_FAULT_ATOMIC,
	};
	uint32_t type = (raw[1] & VTD_FRCD1_T1 ? 2u : 0u) | (raw[1] & VTD_FRCD1_T2 ? 1u : 0u);

	memset(f, 0, sizeof(*f));
	f->raw[0] = raw[0];
	f->raw[1] = raw[1];
	f->addr = raw[0] & VTD_FRCD0_FI;
	f->rid = (uint16_t)FIELD_GET(VTD_FRCD1_SID, raw[1]);
	f->reason = (uint8_t)FIELD_GET(VTD_FRCD1_FR, raw[1]);
	f->at = (uint8_t)FIELD_GET(VTD_FRCD1_AT, raw[1]);
	f->kind = kinds[type];
	f->has_pasid = raw[1] & VTD_FRCD1_PP;
	f->pasid = f->has_pasid ? (uint32_t)FIELD_GET(VTD_FRCD1_PV, raw[1]) : 0;
}

static void record_take(struct iommu_unit *u, uint32_t i, struct iommu_fault *out)
{
	uint64_t raw[2];

	raw[0] = reg_read64(u, record_off(u, i));
	raw[1] = reg_read64(u, record_off(u, i) + FRCD_HIGH);
	record_free(u, i);
	record_decode(raw, out);
	u->stats.faults++;
}

/*
 * Records in order of arrival, from the one FRI names, or from where the last call stopped for lack of room: FRI keeps
 * naming the first until all are free, so it must not be used again then.
 */
static uint32_t drain_ring(struct iommu_unit *u, uint32_t fsts, struct iommu_fault *out,
			   uint32_t max)
{
	struct intel_unit *in = &u->intel;
	uint32_t i = (uint32_t)FIELD_GET(VTD_FSTS_FRI, fsts), n = 0;

	if (in->fault_more)
		i = in->fault_next;
	i %= in->fault_slots;
	while (n < max && record_full(u, i)) {
		record_take(u, i, &out[n++]);
		i = i + 1 == in->fault_slots ? 0 : i + 1;
	}
	in->fault_next = i;
	in->fault_more = record_full(u, i);
	return n;
}

/* Whatever is left anywhere: before an overflow may be acknowledged every record must be free. */
static uint32_t drain_rest(struct iommu_unit *u, struct iommu_fault *out, uint32_t max)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < u->intel.fault_slots; i++) {
		if (!record_full(u, i))
			continue;
		if (n == max) {
			u->intel.fault_next = i;
			u->intel.fault_more = true;
			break;
		}
		record_take(u, i, &out[n++]);
	}
	return n;
}

/*
 * Everything the hardware holds is kept to be handed out: the unit is about to be switched off, or taken over after it
 * broke. Oldest first, as drain_ring.
 */
void intel_fault_keep(struct iommu_unit *u)
{
	uint32_t fsts = reg_read32(u, VTD_REG_FSTS);
	uint32_t i =
		u->intel.fault_more ? u->intel.fault_next : (uint32_t)FIELD_GET(VTD_FSTS_FRI, fsts);

	if (fsts == UINT32_MAX)
		return;
	kept_start(u);
	for (uint32_t n = 0; n < u->intel.fault_slots; n++) {
		uint32_t at = (i + n) % u->intel.fault_slots;
		uint64_t raw[2];

		if (!record_full(u, at))
			continue;
		raw[0] = reg_read64(u, record_off(u, at));
		raw[1] = reg_read64(u, record_off(u, at) + FRCD_HIGH);
		record_free(u, at);
		(void)kept_push(u, raw);
	}
	u->intel.fault_more = false;
	if (!(fsts & VTD_FSTS_PFO))
		return;
	u->kept.lost = true;
	reg_write32(u, VTD_REG_FSTS, VTD_FSTS_PFO);
}

static void drain_kept(struct iommu_unit *u, struct iommu_fault *out, uint32_t max, uint32_t *n)
{
	const uint64_t *raw;

	while (*n < max && (raw = kept_pop(u)) != NULL) {
		record_decode(raw, &out[(*n)++]);
		u->stats.faults++;
	}
}

int intel_fault_drain(struct iommu_unit *u, struct iommu_fault *out, uint32_t max, uint32_t *count,
		      bool *lost)
{
	uint32_t fsts;

	drain_kept(u, out, max, count);
	*lost = kept_tell_loss(u);
	fsts = reg_read32(u, VTD_REG_FSTS);
	if (fsts == UINT32_MAX)
		return IOMMU_E_BROKEN; /* the unit is gone */
	if (fsts & VTD_FSTS_PPF)
		*count += drain_ring(u, fsts, max ? out + *count : out, max - *count);
	else
		u->intel.fault_more = false;
	if (!(reg_read32(u, VTD_REG_FSTS) & VTD_FSTS_PFO) || u->intel.fault_more)
		return IOMMU_OK;
	*count += drain_rest(u, max ? out + *count : out, max - *count);
	if (u->intel.fault_more)
		return IOMMU_OK;
	reg_write32(u, VTD_REG_FSTS, VTD_FSTS_PFO);
	u->stats.fault_overflows++;
	*lost = true;
	return IOMMU_OK;
}

/* The same records, left where they are. */
void intel_fault_peek(const struct iommu_unit *u, uint32_t fsts, struct iommu_diag *d)
{
	uint32_t i =
		u->intel.fault_more ? u->intel.fault_next : (uint32_t)FIELD_GET(VTD_FSTS_FRI, fsts);

	for (uint32_t n = 0; n < u->intel.fault_slots; n++) {
		uint32_t at = (i + n) % u->intel.fault_slots;
		uint64_t raw[2];

		if (!record_full(u, at))
			continue;
		d->faults_pending++;
		if (d->faults == IOMMU_DIAG_FAULTS)
			continue;
		raw[0] = reg_read64(u, record_off(u, at));
		raw[1] = reg_read64(u, record_off(u, at) + FRCD_HIGH);
		record_decode(raw, &d->fault[d->faults++]);
	}
}

/* Take-over: what a predecessor left is of no interest, but as long as it is there no new event is raised. */
void intel_fault_clear(struct iommu_unit *u)
{
	for (uint32_t i = 0; i < u->intel.fault_slots; i++) {
		if (record_full(u, i))
			record_free(u, i);
	}
	reg_write32(u, VTD_REG_FSTS, VTD_FSTS_W1C);
	u->intel.fault_more = false;
}

/* The control registers hold no write-1-to-clear bit, and reserved bits must be written as read. */
void intel_mask_events(struct iommu_unit *u)
{
	reg_write32(u, VTD_REG_FECTL, reg_read32(u, VTD_REG_FECTL) | VTD_FECTL_IM);
	if (intel_ehas(u, VTD_ECAP_QI))
		reg_write32(u, VTD_REG_IECTL, reg_read32(u, VTD_REG_IECTL) | VTD_IECTL_IM);
	if (intel_ehas(u, VTD_ECAP_PRS))
		reg_write32(u, VTD_REG_PECTL, reg_read32(u, VTD_REG_PECTL) | VTD_PECTL_IM);
}

/* Unmasked last: a fault that waited since before is reported at that moment. */
int intel_fault_event(struct iommu_unit *u, uint32_t msi_addr, uint32_t msi_data)
{
	if ((msi_addr & ~(uint32_t)VTD_FEADDR_MA) || (msi_data & ~(uint32_t)VTD_FEDATA_IMD))
		return IOMMU_E_INVAL;
	reg_write32(u, VTD_REG_FEDATA, msi_data);
	reg_write32(u, VTD_REG_FEADDR, msi_addr);
	reg_write32(u, VTD_REG_FEUADDR, 0);
	reg_write32(u, VTD_REG_FECTL, reg_read32(u, VTD_REG_FECTL) & ~(uint32_t)VTD_FECTL_IM);
	return IOMMU_OK;
}
