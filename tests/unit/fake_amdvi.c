/*
 * fake_amdvi.h.
 */
#include "fake_amdvi.h"

#include <stdlib.h>

static uint64_t ring_bytes(uint64_t base)
{
	return UINT64_C(1) << AMDVI_RING_LG2_BYTES(FIELD_GET(AMDVI_RING_LEN, base));
}

uint64_t fake_amdvi_walk_read(struct fake_amdvi *f, uint64_t pa, bool snoop)
{
	return snoop ? *fake_mem_cpu(&f->m, pa) : fake_mem_walker(&f->m, pa);
}

uint64_t fake_amdvi_dte(struct fake_amdvi *f, uint32_t rid, uint32_t q)
{
	uint64_t pa = (f->devtab & AMDVI_DEVTAB_BASE) + rid * UINT64_C(32) + 8 * q;

	return fake_amdvi_walk_read(f, pa, f->control & AMDVI_CONTROL_COHERENT);
}

static uint64_t status(const struct fake_amdvi *f)
{
	return f->status | (f->cmd_run ? AMDVI_STATUS_CMDBUFRUN : 0) |
	       (f->log_run ? AMDVI_STATUS_EVENTLOGRUN : 0) |
	       (f->ppr_run ? AMDVI_STATUS_PPRLOGRUN : 0);
}

static void raise(struct fake_amdvi *f, uint64_t bit)
{
	if (!(f->status & bit) && (f->control & AMDVI_CONTROL_EVENTINTEN))
		f->interrupts++;
	f->status |= bit;
}

static void late_arrives(struct fake_amdvi *f)
{
	if (!f->late_event[0])
		return;
	*fake_mem_cpu(&f->m, f->late_at + 8) = f->late_event[1];
	*fake_mem_cpu(&f->m, f->late_at) = f->late_event[0];
	f->late_event[0] = 0;
}

void fake_amdvi_event(struct fake_amdvi *f, uint64_t q0, uint64_t q1)
{
	uint64_t at = (f->evtlog & AMDVI_RING_BASE) + f->evt_tail;
	uint64_t next = (f->evt_tail + 16) % ring_bytes(f->evtlog);

	late_arrives(f);
	if (!f->log_run || (f->status & AMDVI_STATUS_EVENTOVERFLOW))
		return;
	if (next == f->evt_head) {
		raise(f, AMDVI_STATUS_EVENTOVERFLOW);
		f->log_halted = true;
		f->log_run = f->run_survives;
		return;
	}
	f->late_event[0] = q0;
	f->late_event[1] = q1;
	f->late_at = at;
	if (!f->late)
		late_arrives(f);
	f->evt_tail = next;
	raise(f, AMDVI_STATUS_EVENTLOGINT);
}

static bool reserved(const struct fake_amdvi *f, const uint64_t q[2])
{
	switch (FIELD_GET(AMDVI_CMD0_OP, q[0])) {
	case AMDVI_OP_COMPLETION_WAIT:
		return q[0] & AMDVI_CWC0_RSVD;
	case AMDVI_OP_INVALIDATE_DEVTAB_ENTRY:
		return (q[0] & AMDVI_DEVTABC0_RSVD) || q[1];
	case AMDVI_OP_INVALIDATE_INTERRUPT_TABLE:
		return (q[0] & AMDVI_INTTABC0_RSVD) || q[1];
	case AMDVI_OP_INVALIDATE_IOMMU_PAGES:
		return (q[0] & (AMDVI_PAGESC0_RSVD | AMDVI_PAGESC0_PASID)) ||
		       (q[1] & AMDVI_PAGESC1_RSVD);
	case AMDVI_OP_INVALIDATE_IOTLB_PAGES:
		return !(f->cap & AMDVI_CAPHDR_IOTLBSUP) || (q[1] & AMDVI_IOTLBC1_RSVD) ||
		       (q[1] & AMDVI_IOTLBC1_TYPE);
	case AMDVI_OP_INVALIDATE_IOMMU_ALL:
		return !(f->efr & AMDVI_EFR_IASUP) || (q[0] & AMDVI_ALLC0_RSVD) || q[1];
	default:
		return true;
	}
}

static void halt(struct fake_amdvi *f, uint64_t at, uint64_t code)
{
	f->cmd_halted = true;
	f->cmd_run = false;
	if (f->head_past)
		f->cmd_head = (f->cmd_head + 16) % ring_bytes(f->cmdbuf);
	if (!f->quiet)
		fake_amdvi_event(f, code << 60 | (code == 6 ? UINT64_C(1) << 57 : 0), at);
}

static void execute(struct fake_amdvi *f, uint64_t at, const uint64_t q[2])
{
	fake_mem_note(&f->m, FAKE_DESC, q[0], q[1]);
	switch (FIELD_GET(AMDVI_CMD0_OP, q[0])) {
	case AMDVI_OP_COMPLETION_WAIT:
		if ((q[0] & AMDVI_CWC0_S) && !f->store_lost)
			*fake_mem_cpu(&f->m, q[0] & AMDVI_CWC0_STOREADDR) = q[1];
		break;
	case AMDVI_OP_INVALIDATE_IOTLB_PAGES:
		if (!f->silent_left)
			break;
		f->silent_left--;
		fake_amdvi_event(f,
				 (uint64_t)AMDVI_EV_IOTLB_INV_TIMEOUT << 60 |
					 (q[0] & AMDVI_IOTLBC0_DEVICEID),
				 at);
		break;
	default:
		break;
	}
}

static void queue_step(struct fake_amdvi *f)
{
	uint64_t at = (f->cmdbuf & AMDVI_RING_BASE) + f->cmd_head, q[2];

	if (!f->cmd_run || f->cmd_head == f->cmd_tail || (f->dead & AFAKE_DEAD_QUEUE))
		return;
	q[0] = *fake_mem_cpu(&f->m, at);
	q[1] = *fake_mem_cpu(&f->m, at + 8);
	if (f->hw_error_left && f->hw_error_left-- > 0) {
		halt(f, at, AMDVI_EV_COMMAND_HARDWARE_ERROR);
		return;
	}
	if (reserved(f, q) || (f->illegal_left && f->illegal_left-- > 0)) {
		halt(f, at, AMDVI_EV_ILLEGAL_COMMAND_ERROR);
		return;
	}
	f->cmd_head = (f->cmd_head + 16) % ring_bytes(f->cmdbuf);
	execute(f, at, q);
}

static void follow(bool *run, bool want, bool dead_on, bool dead_off)
{
	if (want != *run && !(want ? dead_on : dead_off))
		*run = want;
}

/* The run bits follow at the next relax. */
static void settle(struct fake_amdvi *f)
{
	bool on = f->control & AMDVI_CONTROL_IOMMUEN;

	follow(&f->cmd_run, on && (f->control & AMDVI_CONTROL_CMDBUFEN) && !f->cmd_halted,
	       f->dead & AFAKE_DEAD_CMD_ON, f->dead & AFAKE_DEAD_CMD_OFF);
	follow(&f->log_run,
	       on && (f->control & AMDVI_CONTROL_EVENTLOGEN) && (!f->log_halted || f->run_survives),
	       f->dead & AFAKE_DEAD_LOG_ON, f->dead & AFAKE_DEAD_LOG_OFF);
	follow(&f->ppr_run, on && (f->control & AMDVI_CONTROL_PPRLOGEN), false, false);
}

static void relax(void *ctx)
{
	struct fake_amdvi *f = ctx;

	fake_mem_relaxed(&f->m);
	settle(f);
	late_arrives(f);
	for (int i = 0; i < 3; i++)
		queue_step(f);
}

static uint64_t *plain64(struct fake_amdvi *f, uint32_t off)
{
	switch (off) {
	case AMDVI_REG_DEVTAB:
		return &f->devtab;
	case AMDVI_REG_CMDBUF:
		return &f->cmdbuf;
	case AMDVI_REG_EVTLOG:
		return &f->evtlog;
	case AMDVI_REG_CONTROL:
		return &f->control;
	case AMDVI_REG_EXCL_BASE:
		return &f->excl_base;
	case AMDVI_REG_EXCL_LIMIT:
		return &f->excl_limit;
	case AMDVI_REG_CMD_HEAD:
		return &f->cmd_head;
	case AMDVI_REG_CMD_TAIL:
		return &f->cmd_tail;
	case AMDVI_REG_EVT_HEAD:
		return &f->evt_head;
	case AMDVI_REG_EVT_TAIL:
		return &f->evt_tail;
	case AMDVI_REG_XT_GEN:
		return &f->xt_gen;
	default:
		return NULL;
	}
}

static uint64_t read64(void *ctx, uint32_t unit, uint32_t off)
{
	struct fake_amdvi *f = ctx;
	const uint64_t *plain = plain64(f, off);

	(void)unit;
	fake_mem_tick(&f->m);
	if (f->gone)
		return UINT64_MAX;
	if (plain)
		return *plain;
	if (off == AMDVI_REG_STATUS)
		return status(f);
	if (off == AMDVI_REG_EFR)
		return f->efr;
	if (off == AMDVI_REG_EFR2)
		return f->efr2;
	fake_mem_bad(&f->m, "64-bit read of something else");
	return 0;
}

/* What may change only while the unit is off. */
#define CONTROL_FIXED                                                   \
	(AMDVI_CONTROL_GTEN | AMDVI_CONTROL_GAEN | AMDVI_CONTROL_XTEN | \
	 AMDVI_CONTROL_DEVTBLSEGEN | AMDVI_CONTROL_COHERENT | AMDVI_CONTROL_INVTIMEOUT)

static void control(struct fake_amdvi *f, uint64_t val)
{
	if ((f->control & val & AMDVI_CONTROL_IOMMUEN) && ((f->control ^ val) & CONTROL_FIXED))
		fake_mem_bad(&f->m, "control bits changed while translating");
	if ((f->control & ~val & AMDVI_CONTROL_IOMMUEN) && (status(f) & AMDVI_STATUS_RUN))
		fake_mem_bad(&f->m, "switched off while something runs");
	if (!(val & AMDVI_CONTROL_CMDBUFEN))
		f->cmd_halted = false;
	if (!(val & AMDVI_CONTROL_EVENTLOGEN))
		f->log_halted = false;
	if (val & ~f->control & AMDVI_CONTROL_EVENTLOGEN)
		f->status &= ~AMDVI_STATUS_EVENTOVERFLOW;
	f->control = val;
}

static void ring_rules(struct fake_amdvi *f, uint32_t off)
{
	if (f->cmd_run && (off == AMDVI_REG_CMDBUF || off == AMDVI_REG_CMD_HEAD))
		fake_mem_bad(&f->m, "command buffer moved while it runs");
	if (f->log_run && (off == AMDVI_REG_EVTLOG || off == AMDVI_REG_EVT_TAIL))
		fake_mem_bad(&f->m, "event log moved while it runs");
	if ((f->control & AMDVI_CONTROL_IOMMUEN) && off == AMDVI_REG_DEVTAB)
		fake_mem_bad(&f->m, "device table moved while translating");
	if (off == AMDVI_REG_CMDBUF)
		f->cmd_head = f->cmd_tail = 0;
	if (off == AMDVI_REG_EVTLOG)
		f->evt_head = f->evt_tail = 0;
}

static void write64(void *ctx, uint32_t unit, uint32_t off, uint64_t val)
{
	struct fake_amdvi *f = ctx;
	uint64_t *plain = plain64(f, off);

	(void)unit;
	fake_mem_tick(&f->m);
	fake_mem_note(&f->m, off == AMDVI_REG_CMD_TAIL ? FAKE_RING : FAKE_REG, off, val);
	if (off == AMDVI_REG_CONTROL) {
		control(f, val);
	} else if (off == AMDVI_REG_STATUS) {
		if (val & ~AMDVI_STATUS_W1C)
			fake_mem_bad(&f->m, "status written back");
		f->status &= ~val;
	} else if (off == AMDVI_REG_HWEVT_STATUS) {
		f->hwevt_status &= ~val;
	} else if (plain) {
		ring_rules(f, off);
		*plain = val;
	} else {
		fake_mem_bad(&f->m, "64-bit write of something else");
	}
}

static uint32_t read32(void *ctx, uint32_t unit, uint32_t off)
{
	struct fake_amdvi *f = ctx;

	(void)unit;
	fake_mem_tick(&f->m);
	if (f->gone)
		return UINT32_MAX;
	if (off == AMDVI_REG_MSI_CAPHDR)
		return f->msi_header;
	fake_mem_bad(&f->m, "32-bit read of something else");
	return 0;
}

static void write32(void *ctx, uint32_t unit, uint32_t off, uint32_t val)
{
	struct fake_amdvi *f = ctx;

	(void)unit;
	fake_mem_note(&f->m, FAKE_REG, off, val);
	switch (off) {
	case AMDVI_REG_MSI_CAPHDR:
		f->msi_header = val;
		break;
	case AMDVI_REG_MSI_ADDRLO:
		f->msi_lo = val;
		break;
	case AMDVI_REG_MSI_ADDRHI:
		f->msi_hi = val;
		break;
	case AMDVI_REG_MSI_DATA:
		f->msi_data = val;
		break;
	default:
		fake_mem_bad(&f->m, "32-bit write of something else");
	}
}

/*
 * An entry as the unit would read it now: it may block, or translate by tables of its own domain id, or pass everything
 * under one; V = 0 and a table without a domain id are breaches.
 */
static void check_dte(struct fake_amdvi *f, uint64_t pa)
{
	uint64_t q0 = *fake_mem_cpu(&f->m, pa), q1 = *fake_mem_cpu(&f->m, pa + 8);
	uint64_t mode = FIELD_GET(AMDVI_DTE0_MODE, q0);
	bool allows = q0 & (AMDVI_DTE0_IR | AMDVI_DTE0_IW);

	if (!(q0 & AMDVI_DTE0_V) || !(q0 & AMDVI_DTE0_TV) || (q0 & AMDVI_DTE0_RSVD) || mode > 6)
		f->unsafe++;
	if (allows && !FIELD_GET(AMDVI_DTE1_DOMAINID, q1))
		f->unsafe++;
	if (!mode != !(q0 & AMDVI_DTE0_HOSTPT))
		f->unsafe++;
}

static void stored(void *ctx, uint64_t pa)
{
	struct fake_amdvi *f = ctx;
	uint64_t base = f->devtab & AMDVI_DEVTAB_BASE;
	uint64_t bytes = (FIELD_GET(AMDVI_DEVTAB_SIZE, f->devtab) + 1) * 4096;

	if ((f->control & AMDVI_CONTROL_IOMMUEN) && pa >= base && pa - base < bytes) {
		f->devtab_seen++;
		check_dte(f, pa & ~UINT64_C(31));
	}
}

uint32_t fake_amdvi_count(const struct fake_amdvi *f, uint32_t from, uint32_t opcode,
			  uint32_t *last)
{
	uint32_t n = 0;

	for (uint32_t i = from; i < f->m.logged; i++) {
		if (f->m.log[i].what != FAKE_DESC ||
		    FIELD_GET(AMDVI_CMD0_OP, f->m.log[i].a) != opcode)
			continue;
		n++;
		if (last)
			*last = i;
	}
	return n;
}

struct iommu_unit_desc fake_amdvi_desc(const struct fake_amdvi *f)
{
	return (struct iommu_unit_desc){
		.vendor = IOMMU_VENDOR_AMD,
		.host_addr_bits = 46,
		.timeout_ns = 200000,
		.pci_cap = f->cap,
		.rid_count = 0x2000,
	};
}

struct fake_amdvi *fake_amdvi_new(uint32_t cap, uint64_t efr)
{
	struct fake_amdvi *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	fake_mem_init(&f->m);
	f->cap = cap;
	f->efr = efr;
	f->control = AMDVI_CONTROL_RESET;
	f->cmdbuf = f->evtlog = FIELD_PREP(AMDVI_RING_LEN, AMDVI_RING_LEN_MIN);
	f->msi_header = 0x00800005; /* 64-bit capable, off */
	f->m.plat.reg_read32 = read32;
	f->m.plat.reg_read64 = read64;
	f->m.plat.reg_write32 = write32;
	f->m.plat.reg_write64 = write64;
	f->m.plat.relax = relax;
	f->m.stored = stored;
	return f;
}

void fake_amdvi_free(struct fake_amdvi *f)
{
	fake_mem_done(&f->m);
	free(f);
}
