/*
 * The event log. 48882 2.5 "Event Logging", "Event Log Restart Procedure"; 3 on the interrupts of the unit itself.
 *
 * Two readers: amd_fault_drain hands events out and frees their slots; amd_log_look notes those that speak of commands,
 * for the command buffer has to know before the caller asks.
 */
#include "amd.h"

/* Turns to wait for an entry whose slot the tail already counts (errata 732, 733). */
#define EVENT_TURNS 100u

static uint32_t log_next(uint32_t off)
{
	return (off + (UINT32_C(1) << AMDVI_EVENT_LG2)) & (AMD_RING_BYTES - 1);
}

static uint32_t log_tail(const struct iommu_unit *u)
{
	return (uint32_t)(reg_read64(u, AMDVI_REG_EVT_TAIL) & AMDVI_PTR_16) & (AMD_RING_BYTES - 1);
}

/* Only while it does not run. Its slots are empty: it is a new page, or amd_log_keep emptied those that were used. */
void amd_log_base(struct iommu_unit *u)
{
	u->amd.log_head = 0;
	u->amd.log_seen = 0;
	u->amd.iotlb_timeouts = 0;
	u->amd.command_error = AMDVI_EV_CODE_EMPTY;
	reg_write64(u, AMDVI_REG_EVTLOG, AMD_RING(u->amd.log));
	reg_write64(u, AMDVI_REG_EVT_HEAD, 0);
	reg_write64(u, AMDVI_REG_EVT_TAIL, 0);
}

/* The tail may be seen before the entry: its code is not 0 once it is there. False when it never comes. */
static bool event_read(const struct iommu_unit *u, uint32_t off, uint64_t raw[2])
{
	for (uint32_t turn = 0; turn < EVENT_TURNS; turn++) {
		raw[0] = mem_read64(u->plat, u->amd.log + off);
		if (FIELD_GET(AMDVI_EV0_CODE, raw[0]) != AMDVI_EV_CODE_EMPTY) {
			raw[1] = mem_read64(u->plat, u->amd.log + off + 8);
			return true;
		}
		plat_relax(u->plat);
	}
	return false;
}

static void note_unanswered(struct iommu_unit *u, uint64_t q0)
{
	struct iommu_device *dev = ats_find(u, (uint16_t)FIELD_GET(AMDVI_EV0_DEVICEID, q0));

	if (dev)
		dev->unanswered = true;
}

/* An entry that never comes may have been any. */
void amd_log_look(struct iommu_unit *u)
{
	struct amd_unit *a = &u->amd;
	uint32_t tail = log_tail(u);

	for (; a->log_seen != tail; a->log_seen = log_next(a->log_seen)) {
		uint64_t raw[2], code;

		if (!event_read(u, a->log_seen, raw)) {
			a->iotlb_timeouts++;
			continue;
		}
		code = FIELD_GET(AMDVI_EV0_CODE, raw[0]);
		if (code == AMDVI_EV_IOTLB_INV_TIMEOUT) {
			a->iotlb_timeouts++;
			note_unanswered(u, raw[0]);
		}
		if (code == AMDVI_EV_ILLEGAL_COMMAND_ERROR ||
		    code == AMDVI_EV_COMMAND_HARDWARE_ERROR)
			a->command_error = (uint32_t)code;
	}
}

static uint8_t event_kind(uint64_t code, uint64_t q0)
{
	if (code == AMDVI_EV_INVALID_PPR_REQUEST)
		return IOMMU_FAULT_PAGE_REQUEST;
	return q0 & AMDVI_EV0_RW ? IOMMU_FAULT_WRITE : IOMMU_FAULT_READ;
}

static uint8_t event_at(uint64_t code, uint64_t q0)
{
	if (code == AMDVI_EV_INVALID_PPR_REQUEST)
		return 0;
	if (q0 & AMDVI_EV0_TR)
		return 1;
	return code == AMDVI_EV_INVALID_DEVICE_REQUEST &&
			       FIELD_GET(AMDVI_EV0_TYPE, q0) == AMDVI_DR_PRETRANSLATED
		       ? 2
		       : 0;
}

static void event_pasid(uint64_t code, uint64_t q0, struct iommu_fault *f)
{
	if (code == AMDVI_EV_INVALID_PPR_REQUEST) {
		f->has_pasid = q0 & AMDVI_PPRE0_GN;
		f->pasid = (uint32_t)(FIELD_GET(AMDVI_PPRE0_PASID_LO, q0) |
				      FIELD_GET(AMDVI_PPRE0_PASID_HI, q0) << 16);
	} else {
		f->has_pasid = q0 & AMDVI_EV0_GN;
		f->pasid = (uint32_t)(FIELD_GET(AMDVI_EV0_PASID_LO, q0) |
				      FIELD_GET(AMDVI_EV0_PASID_HI, q0) << 16);
	}
	if (!f->has_pasid)
		f->pasid = 0;
}

/* Events that name the address of a structure of ours, not of a page of the device. */
static bool names_structure(uint64_t code)
{
	return code >= AMDVI_EV_DEV_TAB_HARDWARE_ERROR && code <= AMDVI_EV_IOTLB_INV_TIMEOUT;
}

static void event_decode(const uint64_t raw[2], struct iommu_fault *f)
{
	uint64_t code = FIELD_GET(AMDVI_EV0_CODE, raw[0]);

	memset(f, 0, sizeof(*f));
	f->raw[0] = raw[0];
	f->raw[1] = raw[1];
	f->addr = names_structure(code) ? raw[1] : raw[1] & ~(PAGE_SIZE_BYTES - 1);
	f->rid = (uint16_t)FIELD_GET(AMDVI_EV0_DEVICEID, raw[0]);
	f->reason = (uint8_t)code;
	f->at = event_at(code, raw[0]);
	f->kind = event_kind(code, raw[0]);
	event_pasid(code, raw[0], f);
}

/* Events that are in the log, left where they are. What a log of another size holds is counted as one. */
void amd_log_peek(const struct iommu_unit *u, uint32_t head, uint32_t tail, struct iommu_diag *d)
{
	bool ours = u->amd.log && iommu_unit_live(u);

	if (!ours) {
		d->faults_pending = head != tail;
		return;
	}
	for (head = u->amd.log_head; head != (tail & (AMD_RING_BYTES - 1)); head = log_next(head)) {
		uint64_t raw[2];

		d->faults_pending++;
		raw[0] = mem_read64(u->plat, u->amd.log + head);
		raw[1] = mem_read64(u->plat, u->amd.log + head + 8);
		if (d->faults < IOMMU_DIAG_FAULTS && FIELD_GET(AMDVI_EV0_CODE, raw[0]))
			event_decode(raw, &d->fault[d->faults++]);
	}
}

/* Takes the oldest event out; its slot gets code 0, so that the next event there is not mistaken for this one. */
static bool event_take(struct iommu_unit *u, struct iommu_fault *out)
{
	uint64_t at = u->amd.log + u->amd.log_head, raw[2];
	bool there = event_read(u, u->amd.log_head, raw);

	if (there) {
		event_decode(raw, out);
		u->stats.faults++;
	} else {
		u->amd.log_lost = true;
	}
	mem_write64(u->plat, at, 0);
	u->amd.log_head = log_next(u->amd.log_head);
	return there;
}

static void head_write(struct iommu_unit *u)
{
	reg_write64(u, AMDVI_REG_EVT_HEAD, u->amd.log_head);
}

/* No more events come until the log is restarted. A full log may have lost one that nothing tells of yet. */
bool amd_log_stuck(const struct iommu_unit *u, uint64_t status)
{
	if (log_next(u->amd.log_seen) == u->amd.log_head)
		return true;
	return (u->amd.control & AMDVI_CONTROL_IOMMUEN) &&
	       ((status & AMDVI_STATUS_EVENTOVERFLOW) || !(status & AMDVI_STATUS_EVENTLOGRUN));
}

/* 48882 2.5 "Event Log Restart Procedure". Head and tail stay where they are. */
static int log_restart(struct iommu_unit *u)
{
	uint64_t interrupt = u->amd.control & AMDVI_CONTROL_EVENTINTEN;
	int rc;

	amd_control(u, AMDVI_CONTROL_EVENTLOGEN | AMDVI_CONTROL_EVENTINTEN, 0);
	rc = amd_wait_status(u, AMDVI_STATUS_EVENTLOGRUN, 0, "event log does not stop");
	if (rc != IOMMU_OK)
		return rc;
	reg_write64(u, AMDVI_REG_STATUS, AMDVI_STATUS_EVENTOVERFLOW);
	amd_control(u, 0, AMDVI_CONTROL_EVENTLOGEN | interrupt);
	rc = amd_wait_status(u, AMDVI_STATUS_EVENTLOGRUN, AMDVI_STATUS_EVENTLOGRUN,
			     "event log does not start");
	u->amd.log_lost = true;
	return rc;
}

/*
 * Takes everything out of the log and keeps it to be handed out: the log is about to be given back, or has to run again
 * before anybody asked for what it holds.
 */
void amd_log_keep(struct iommu_unit *u)
{
	struct amd_unit *a = &u->amd;
	uint32_t tail = log_tail(u);

	kept_start(u);
	for (; a->log_head != tail; a->log_head = log_next(a->log_head)) {
		uint64_t raw[2];

		if (!event_read(u, a->log_head, raw) || !kept_push(u, raw))
			a->log_lost = true;
		mem_write64(u->plat, a->log + a->log_head, 0);
	}
	head_write(u);
	if (reg_read64(u, AMDVI_REG_STATUS) & AMDVI_STATUS_EVENTOVERFLOW)
		a->log_lost = true;
}

/* The command buffer needs a log that works, now. */
int amd_log_clear(struct iommu_unit *u)
{
	amd_log_keep(u);
	u->amd.log_seen = u->amd.log_head;
	return log_restart(u);
}

static void drain_kept(struct iommu_unit *u, struct iommu_fault *out, uint32_t max, uint32_t *n)
{
	const uint64_t *raw;

	while (*n < max && (raw = kept_pop(u)) != NULL) {
		event_decode(raw, &out[*n]);
		u->stats.faults++;
		++*n;
	}
}

static void tell_loss(struct iommu_unit *u, bool *lost)
{
	if (!u->amd.log_lost)
		return;
	u->amd.log_lost = u->kept.lost = false; /* one loss, told once */
	u->stats.fault_overflows++;
	*lost = true;
}

/* As many events as there are and fit. True when the log is empty now. */
static bool drain_once(struct iommu_unit *u, struct iommu_fault *out, uint32_t max, uint32_t *n)
{
	uint32_t tail, head = u->amd.log_head;

	amd_log_look(u);
	tail = u->amd.log_seen; /* nothing is handed out that was not looked at */
	while (*n < max && u->amd.log_head != tail) {
		if (event_take(u, &out[*n]))
			++*n;
	}
	if (u->amd.log_head != head)
		head_write(u);
	return u->amd.log_head == tail;
}

/*
 * The status bit is cleared before the tail is read, alone: an event that comes later sets it again. It is looked at once
 * more at the end, because parts exist that raise no interrupt while it stayed set (erratum 787).
 */
int amd_fault_drain(struct iommu_unit *u, struct iommu_fault *out, uint32_t max, uint32_t *count,
		    bool *lost)
{
	uint64_t status = reg_read64(u, AMDVI_REG_STATUS);
	uint32_t before;
	bool empty;
	int rc = IOMMU_OK;

	if (status == UINT64_MAX)
		return IOMMU_E_BROKEN; /* the unit is gone */
	drain_kept(u, out, max, count);
	if (!(u->amd.control & AMDVI_CONTROL_EVENTLOGEN) || !u->amd.log) {
		if (u->kept.next == u->kept.count)
			tell_loss(u, lost);
		return IOMMU_OK;
	}
	do {
		before = *count;
		if (status & AMDVI_STATUS_EVENTLOGINT)
			reg_write64(u, AMDVI_REG_STATUS, AMDVI_STATUS_EVENTLOGINT);
		empty = drain_once(u, out, max, count);
		status = reg_read64(u, AMDVI_REG_STATUS);
	} while ((status & AMDVI_STATUS_EVENTLOGINT) && *count > before && *count < max);
	if (empty && amd_log_stuck(u, status))
		rc = log_restart(u);
	tell_loss(u, lost);
	return rc;
}

/* The MSI capability, as far as the register file shows it. */
static int route_msi(struct iommu_unit *u, uint32_t msi_addr, uint32_t msi_data)
{
	uint32_t header = reg_read32(u, AMDVI_REG_MSI_CAPHDR);

	if ((msi_addr & ~AMDVI_MSI_ADDRLO) || (msi_data & ~AMDVI_MSI_DATA))
		return IOMMU_E_INVAL;
	reg_write32(u, AMDVI_REG_MSI_CAPHDR, header & ~AMDVI_MSIHDR_MSIEN);
	reg_write32(u, AMDVI_REG_MSI_ADDRLO, msi_addr);
	reg_write32(u, AMDVI_REG_MSI_ADDRHI, 0);
	reg_write32(u, AMDVI_REG_MSI_DATA, msi_data);
	reg_write32(u, AMDVI_REG_MSI_CAPHDR, header | AMDVI_MSIHDR_MSIEN);
	return IOMMU_OK;
}

/* The fields of an MSI: address 19:12 destination, 2 its mode; data 7:0 vector, 10:8 delivery. */
#define MSI_ADDR_DEST MASK32(19, 12)
#define MSI_ADDR_MODE BIT32(2)
#define MSI_DATA_VECTOR MASK32(7, 0)
#define MSI_DATA_DELIVERY MASK32(10, 8)

static int route_xt(struct iommu_unit *u, uint32_t msi_addr, uint32_t msi_data)
{
	uint64_t delivery = FIELD_GET(MSI_DATA_DELIVERY, msi_data);

	if ((msi_data & ~(MSI_DATA_VECTOR | MSI_DATA_DELIVERY)) || delivery > 1)
		return IOMMU_E_INVAL;
	reg_write64(u, AMDVI_REG_XT_GEN,
		    FIELD_PREP(AMDVI_XT_DEST_LO, FIELD_GET(MSI_ADDR_DEST, msi_addr)) |
			    (msi_addr & MSI_ADDR_MODE ? AMDVI_XT_DESTMODE : 0) |
			    FIELD_PREP(AMDVI_XT_VECTOR, FIELD_GET(MSI_DATA_VECTOR, msi_data)) |
			    FIELD_PREP(AMDVI_XT_DELIVERYMODE, delivery));
	amd_control(u, 0, AMDVI_CONTROL_INTCAPXTEN);
	return IOMMU_OK;
}

/*
 * An interrupt is sent when a status bit goes from 0 to 1, so the bit is cleared first. Events logged before that raise
 * none: drain once after this.
 */
int amd_fault_event(struct iommu_unit *u, uint32_t msi_addr, uint32_t msi_data)
{
	int rc = IOMMU_E_UNSUPPORTED;

	if (amd_has(u, AMDVI_EFR_MSICAPMMIOSUP))
		rc = route_msi(u, msi_addr, msi_data);
	else if (amd_has(u, AMDVI_EFR_XTSUP))
		rc = route_xt(u, msi_addr, msi_data);
	if (rc != IOMMU_OK)
		return rc;
	reg_write64(u, AMDVI_REG_STATUS, AMDVI_STATUS_EVENTLOGINT);
	amd_control(u, 0, AMDVI_CONTROL_EVENTINTEN);
	return IOMMU_OK;
}
