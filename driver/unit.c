/*
 * Life of a unit: stages, locks, the way into BROKEN and out of it.
 *
 * This file decides what is allowed when; how it is done is the vendor's (struct iommu_ops).
 */
#include "internal.h"
#include "mem.h"

void iommu_log(const struct iommu_unit *u, enum iommu_log_level level, const char *text)
{
	if (u->plat->log)
		u->plat->log(u->plat->ctx, level, text);
}

void iommu_lock_unit(const struct iommu_unit *u)
{
	if (u->plat->lock)
		u->plat->lock(u->plat->ctx, u->desc.index);
}

void iommu_unlock_unit(const struct iommu_unit *u)
{
	if (u->plat->unlock)
		u->plat->unlock(u->plat->ctx, u->desc.index);
}

/* Caches may hold something of the unit's tables: changes need invalidation. */
bool iommu_unit_live(const struct iommu_unit *u)
{
	return u->stage == IOMMU_STAGE_PROGRAMMED || u->stage == IOMMU_STAGE_TRANSLATING;
}

/* The hardware failed us. The first reason is kept; returns `error` for the caller's convenience. */
int iommu_unit_break(struct iommu_unit *u, int error, const char *why)
{
	if (error == IOMMU_E_TIMEOUT)
		u->stats.timeouts++;
	if (u->stage != IOMMU_STAGE_BROKEN) {
		u->stage = IOMMU_STAGE_BROKEN;
		u->broken_why = why;
	}
	iommu_log(u, IOMMU_LOG_ERROR, why);
	return error;
}

#define DEADLINE_STILL_TURNS UINT32_C(1000000)

void deadline_start(const struct iommu_unit *u, struct deadline *dl)
{
	dl->start_ns = plat_now_ns(u->plat);
	dl->last_ns = dl->start_ns;
	dl->still = 0;
}

bool deadline_passed(const struct iommu_unit *u, struct deadline *dl)
{
	uint64_t now = plat_now_ns(u->plat);

	dl->still = now == dl->last_ns ? dl->still + 1 : 0;
	dl->last_ns = now;
	return now - dl->start_ns > u->desc.timeout_ns || dl->still > DEADLINE_STILL_TURNS;
}

static bool plat_complete(const struct iommu_plat *p)
{
#ifndef IOMMU_PLAT_INLINE
	if (!p->reg_read32 || !p->reg_read64 || !p->reg_write32 || !p->reg_write64 ||
	    !p->mem_read64 || !p->mem_write64 || !p->mem_sync || !p->now_ns || !p->relax)
		return false;
#endif
	return p->page_alloc && p->page_free && !p->lock == !p->unlock;
}

int iommu_unit_init(struct iommu_unit *u, const struct iommu_plat *plat,
		    const struct iommu_unit_desc *desc)
{
	int rc;

	if (!u || !plat || !desc || !plat_complete(plat))
		return IOMMU_E_INVAL;
	if (desc->host_addr_bits < 32 || desc->host_addr_bits > 52)
		return IOMMU_E_INVAL;
	if (desc->iova_bits && (desc->iova_bits < 12 || desc->iova_bits > 64))
		return IOMMU_E_INVAL;
	if (desc->vendor != IOMMU_VENDOR_INTEL && desc->vendor != IOMMU_VENDOR_AMD)
		return IOMMU_E_INVAL;
	memset(u, 0, sizeof(*u));
	u->plat = plat;
	u->desc = *desc;
	if (!u->desc.timeout_ns)
		u->desc.timeout_ns = IOMMU_TIMEOUT_NS;
	u->ops = desc->vendor == IOMMU_VENDOR_AMD ? &amd_ops : &intel_ops;
	rc = u->ops->init(u);
	if (rc == IOMMU_OK)
		u->stage = IOMMU_STAGE_DISCOVERED;
	return rc;
}

static int wrong_stage(const struct iommu_unit *u)
{
	return u->stage == IOMMU_STAGE_BROKEN ? IOMMU_E_BROKEN : IOMMU_E_STAGE;
}

static int build_locked(struct iommu_unit *u)
{
	int rc;

	if (u->stage != IOMMU_STAGE_DISCOVERED && u->stage != IOMMU_STAGE_STOPPED)
		return wrong_stage(u);
	rc = u->ops->build(u);
	if (rc == IOMMU_OK)
		u->stage = IOMMU_STAGE_BUILT;
	return rc;
}

static int program_locked(struct iommu_unit *u)
{
	int rc;

	if (u->stage != IOMMU_STAGE_BUILT)
		return wrong_stage(u);
	rc = u->ops->program(u);
	if (rc != IOMMU_OK)
		return rc;
	u->resume.stage = IOMMU_STAGE_NONE;
	u->stage = IOMMU_STAGE_PROGRAMMED;
	return IOMMU_OK;
}

static int enable_locked(struct iommu_unit *u)
{
	int rc;

	if (u->stage != IOMMU_STAGE_PROGRAMMED)
		return wrong_stage(u);
	rc = u->ops->enable(u);
	if (rc == IOMMU_OK)
		u->stage = IOMMU_STAGE_TRANSLATING;
	return rc;
}

static int start_locked(struct iommu_unit *u)
{
	int rc = IOMMU_OK;

	if (u->stage == IOMMU_STAGE_DISCOVERED || u->stage == IOMMU_STAGE_STOPPED)
		rc = build_locked(u);
	if (rc == IOMMU_OK && u->stage == IOMMU_STAGE_BUILT)
		rc = program_locked(u);
	if (rc == IOMMU_OK)
		rc = enable_locked(u);
	return rc;
}

static int stop_locked(struct iommu_unit *u)
{
	int rc;

	if (!iommu_unit_live(u) && u->stage != IOMMU_STAGE_BUILT)
		return wrong_stage(u);
	if (u->domains || irq_on(u))
		return IOMMU_E_BUSY;
	rc = u->ops->stop(u);
	if (rc != IOMMU_OK)
		return rc;
	memset(&u->resume, 0, sizeof(u->resume));
	u->stage = IOMMU_STAGE_STOPPED;
	return IOMMU_OK;
}

static int suspend_locked(struct iommu_unit *u)
{
	bool irq = irq_on(u);
	int rc = IOMMU_OK;

	if (!iommu_unit_live(u))
		return wrong_stage(u);
	if (irq)
		rc = irq_disable(u);
	if (rc == IOMMU_OK)
		rc = u->ops->suspend(u);
	if (rc != IOMMU_OK)
		return rc;
	u->resume.stage = u->stage;
	u->resume.irq = irq;
	u->stage = IOMMU_STAGE_BUILT;
	return IOMMU_OK;
}

/* Interrupts and the fault event first: nothing that happens once DMA is translated goes unheard. */
static int resume_locked(struct iommu_unit *u)
{
	struct iommu_resume was = u->resume;
	int rc;

	if (u->stage != IOMMU_STAGE_BUILT || was.stage == IOMMU_STAGE_NONE)
		return u->stage == IOMMU_STAGE_BROKEN ? IOMMU_E_BROKEN : IOMMU_E_STAGE;
	rc = program_locked(u);
	if (rc == IOMMU_OK && was.irq)
		rc = irq_enable(u);
	if (rc == IOMMU_OK && was.event)
		rc = u->ops->fault_event(u, was.msi_addr, was.msi_data);
	if (rc == IOMMU_OK && was.stage == IOMMU_STAGE_TRANSLATING)
		rc = enable_locked(u);
	return rc;
}

/* u's index in d; every domain in a unit's list has one. */
uint32_t iommu_slot_of(const struct iommu_domain *d, const struct iommu_unit *u)
{
	uint32_t i = 0;

	while (i + 1 < d->units && d->unit[i] != u)
		i++;
	return i;
}

static int reset_locked(struct iommu_unit *u)
{
	struct iommu_domain *d, *next;
	int rc;

	if (u->stage != IOMMU_STAGE_BROKEN)
		return IOMMU_E_STAGE;
	rc = u->ops->reset(u);
	if (rc != IOMMU_OK)
		return rc;
	for (d = u->domains; d; d = next) {
		uint32_t slot = iommu_slot_of(d, u);

		next = d->next[slot];
		iommu_domain_unit_reset(d, slot);
	}
	iommu_irq_unit_reset(u);
	u->stats.quarantined_tables = 0;
	u->stats.quarantined_pages = 0;
	u->broken_why = NULL;
	memset(&u->resume, 0, sizeof(u->resume));
	u->stage = IOMMU_STAGE_DISCOVERED;
	return IOMMU_OK;
}

int iommu_unit_locked(struct iommu_unit *u, int (*call)(struct iommu_unit *u))
{
	int rc;

	if (!u)
		return IOMMU_E_INVAL;
	if (u->stage == IOMMU_STAGE_NONE)
		return IOMMU_E_STAGE;
	iommu_lock_unit(u);
	rc = call(u);
	iommu_unlock_unit(u);
	return rc;
}

int iommu_unit_build(struct iommu_unit *u)
{
	return iommu_unit_locked(u, build_locked);
}

int iommu_unit_program(struct iommu_unit *u)
{
	return iommu_unit_locked(u, program_locked);
}

int iommu_unit_enable(struct iommu_unit *u)
{
	return iommu_unit_locked(u, enable_locked);
}

int iommu_unit_start(struct iommu_unit *u)
{
	return iommu_unit_locked(u, start_locked);
}

int iommu_unit_stop(struct iommu_unit *u)
{
	return iommu_unit_locked(u, stop_locked);
}

int iommu_unit_reset(struct iommu_unit *u)
{
	return iommu_unit_locked(u, reset_locked);
}

int iommu_unit_suspend(struct iommu_unit *u)
{
	return iommu_unit_locked(u, suspend_locked);
}

int iommu_unit_resume(struct iommu_unit *u)
{
	return iommu_unit_locked(u, resume_locked);
}

int iommu_unit_fault_event(struct iommu_unit *u, uint32_t msi_addr, uint32_t msi_data)
{
	int rc;

	if (!u)
		return IOMMU_E_INVAL;
	if (!iommu_unit_live(u))
		return wrong_stage(u);
	iommu_lock_unit(u);
	rc = u->ops->fault_event(u, msi_addr, msi_data);
	if (rc == IOMMU_OK) {
		u->resume.event = true;
		u->resume.msi_addr = msi_addr;
		u->resume.msi_data = msi_data;
	}
	iommu_unlock_unit(u);
	return rc;
}

int iommu_fault_drain(struct iommu_unit *u, struct iommu_fault *out, uint32_t max, uint32_t *count,
		      bool *lost)
{
	int rc;

	if (!u || (max && !out) || !count || !lost)
		return IOMMU_E_INVAL;
	*count = 0;
	*lost = false;
	if (u->stage == IOMMU_STAGE_NONE)
		return IOMMU_E_STAGE;
	iommu_lock_unit(u);
	rc = u->ops->fault_drain(u, out, max, count, lost);
	iommu_unlock_unit(u);
	return rc;
}

void iommu_status(const struct iommu_unit *u, struct iommu_status *s)
{
	const struct iommu_domain *d;
	const struct iommu_device *dev;

	memset(s, 0, sizeof(*s));
	s->stage = u->stage;
	if (u->stage == IOMMU_STAGE_NONE)
		return;
	s->broken_why = u->broken_why;
	s->vendor = u->desc.vendor;
	s->unit = u->desc.index;
	s->installed = iommu_unit_live(u);
	s->stats = u->stats;
	u->ops->status(u, s);
	for (d = u->domains; d; d = d->next[iommu_slot_of(d, u)]) {
		uint32_t slot = iommu_slot_of(d, u);

		s->domains++;
		for (dev = d->devices; dev; dev = dev->next) {
			if (dev->unit != slot)
				continue;
			s->devices++;
			if (d->kind == IOMMU_DOMAIN_PASSTHROUGH)
				s->passthrough = true;
		}
	}
}
