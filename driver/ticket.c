/*
 * From unmapped to quiesced: invalidation of a range on every unit of a domain, tickets, quarantine.
 *
 * Commands are issued on all units first and waited for afterwards. When a unit fails, nothing the range covers is
 * released: its table pages stay in the domain's quarantine until that unit was reset.
 */
#include "internal.h"
#include "mem.h"

/* The hardware of units in `failed` may still reach these pages. */
static void quarantine(struct iommu_domain *d, uint32_t failed, uint64_t pages,
		       struct iommu_page_list *tables)
{
	d->doubt |= failed;
	d->quarantined_pages += pages;
	for (uint32_t i = 0; i < d->units; i++) {
		if (!(failed & UINT32_C(1) << i))
			continue;
		d->unit[i]->stats.quarantined_pages += pages;
		d->unit[i]->stats.quarantined_tables += tables ? tables->count : 0;
	}
	if (tables)
		page_list_join(domain_owner(d)->plat, &d->quarantine, tables);
}

/* First error wins; every unit that failed is marked. */
static void note_failure(uint32_t slot, int error, int *rc, uint32_t *failed)
{
	if (error == IOMMU_OK)
		return;
	*failed |= UINT32_C(1) << slot;
	if (*rc == IOMMU_OK)
		*rc = error;
}

/*
 * Invalidates a range everywhere and waits. IOMMU_OK: `pages` data pages and the collected `tables` are quiesced, the
 * tables were given back. Otherwise they are quarantined.
 */
int domain_invalidate(struct iommu_domain *d, const struct iommu_inval *inval, uint64_t pages,
		      struct iommu_page_list *tables)
{
	uint64_t wait[IOMMU_DOMAIN_UNITS] = { 0 };
	uint32_t failed = 0;
	int rc = IOMMU_OK;

	for (uint32_t i = 0; i < d->units; i++) {
		note_failure(i, d->unit[i]->ops->inval_start(d, i, inval, true, &wait[i]), &rc,
			     &failed);
	}
	for (uint32_t i = 0; i < d->units; i++) {
		if (wait[i])
			note_failure(i, d->unit[i]->ops->inval_wait(d->unit[i], wait[i]), &rc,
				     &failed);
	}
	if (rc != IOMMU_OK)
		quarantine(d, failed, pages, tables);
	else if (tables)
		page_list_free(domain_owner(d), tables);
	return rc;
}

int domain_made_present(struct iommu_domain *d, const struct iommu_inval *inval)
{
	uint32_t failed = 0;
	int rc = IOMMU_OK;

	for (uint32_t i = 0; i < d->units; i++) {
		note_failure(i, d->unit[i]->ops->made_present(d, i, inval), &rc, &failed);
	}
	d->doubt |= failed;
	return rc;
}

bool ticket_overlaps(const struct iommu_domain *d, uint64_t first, uint64_t last)
{
	const struct iommu_ticket *t;

	for (t = d->tickets; t; t = t->next) {
		if (t->first <= last && first <= t->last)
			return true;
	}
	return false;
}

static void ticket_remove(struct iommu_ticket *t)
{
	struct iommu_ticket **link = &t->domain->tickets;

	while (*link && *link != t)
		link = &(*link)->next;
	if (*link)
		*link = t->next;
	t->next = NULL;
	t->state = IOMMU_TICKET_IDLE;
}

static void ticket_finish(struct iommu_ticket *t)
{
	page_list_free(domain_owner(t->domain), &t->tables);
	ticket_remove(t);
}

static void ticket_quarantine(struct iommu_ticket *t, uint32_t failed)
{
	quarantine(t->domain, failed, t->pages, &t->tables);
	t->state = IOMMU_TICKET_QUARANTINED;
}

static bool ticket_pending(const struct iommu_ticket *t)
{
	return t->state == IOMMU_TICKET_UNMAPPED || t->state == IOMMU_TICKET_INVALIDATING;
}

/*
 * The smallest range that covers every ticket not yet issued on the unit; false when there is none, as on a unit that was reset
 * (iommu_domain_unit_reset). Tickets in quarantine count: while there is one, another unit of the domain is broken.
 */
static bool union_range(const struct iommu_domain *d, uint32_t slot, struct iommu_inval *inval)
{
	const struct iommu_ticket *t;
	bool any = false;

	*inval = (struct iommu_inval){ .first = UINT64_MAX };
	for (t = d->tickets; t; t = t->next) {
		if (t->issued & UINT32_C(1) << slot)
			continue;
		any = true;
		if (t->first < inval->first)
			inval->first = t->first;
		if (t->last > inval->last)
			inval->last = t->last;
		if (t->level > inval->level)
			inval->level = t->level;
		inval->upper |= t->upper;
	}
	return any;
}

/* Issues what is missing on one unit; *wait is the number that ends all tickets there. */
static int flush_start(struct iommu_domain *d, uint32_t slot, uint64_t *wait)
{
	struct iommu_unit *u = d->unit[slot];
	struct iommu_inval inval;
	struct iommu_ticket *t;
	int rc = IOMMU_OK;

	*wait = 0;
	if (union_range(d, slot, &inval))
		rc = u->ops->inval_start(d, slot, &inval, true, wait);
	for (t = d->tickets; t; t = t->next) {
		/* waits complete in order: the youngest ends the older ones too */
		if (t->wait[slot] > *wait)
			*wait = t->wait[slot];
	}
	return rc;
}

static int flush_locked(struct iommu_domain *d)
{
	uint64_t wait[IOMMU_DOMAIN_UNITS] = { 0 };
	struct iommu_ticket *t, *next;
	uint32_t failed = 0;
	int rc = IOMMU_OK;

	for (uint32_t i = 0; i < d->units; i++) {
		note_failure(i, flush_start(d, i, &wait[i]), &rc, &failed);
	}
	for (uint32_t i = 0; i < d->units; i++) {
		if (wait[i] && !(failed & UINT32_C(1) << i))
			note_failure(i, d->unit[i]->ops->inval_wait(d->unit[i], wait[i]), &rc,
				     &failed);
	}
	for (t = d->tickets; t; t = next) {
		next = t->next;
		if (!ticket_pending(t))
			continue;
		if (rc == IOMMU_OK)
			ticket_finish(t);
		else
			ticket_quarantine(t, failed);
	}
	return rc == IOMMU_OK && d->tickets ? IOMMU_E_BROKEN : rc;
}

int iommu_flush(struct iommu_domain *d)
{
	int rc = IOMMU_OK;

	if (!d || !d->units)
		return IOMMU_E_INVAL;
	iommu_lock_domain(d);
	if (d->tickets)
		rc = flush_locked(d);
	iommu_unlock_domain(d);
	return rc;
}

/* Drives the ticket on one unit: OK when complete there, AGAIN, or an error. */
static int poll_slot(struct iommu_ticket *t, uint32_t slot)
{
	struct iommu_unit *u = t->domain->unit[slot];
	const struct iommu_inval inval = { t->first, t->last, t->level, t->upper };
	int rc;

	if (!(t->issued & UINT32_C(1) << slot)) {
		rc = u->ops->inval_start(t->domain, slot, &inval, false, &t->wait[slot]);
		if (rc != IOMMU_OK)
			return rc;
		t->issued |= UINT32_C(1) << slot;
		t->issued_ns = plat_now_ns(u->plat); /* waiting for room does not count */
		return t->wait[slot] ? IOMMU_E_AGAIN : IOMMU_OK;
	}
	if (!t->wait[slot])
		return IOMMU_OK;
	rc = u->ops->inval_done(u, t->wait[slot]);
	if (rc == IOMMU_OK)
		t->wait[slot] = 0;
	return rc;
}

/* Reads the clock anew: poll_slot may have moved issued_ns since any earlier reading. */
static bool poll_expired(const struct iommu_ticket *t, const struct iommu_unit *u)
{
	return plat_now_ns(u->plat) - t->issued_ns > u->desc.timeout_ns;
}

static int poll_locked(struct iommu_ticket *t)
{
	struct iommu_domain *d = t->domain;
	uint32_t failed = 0;
	bool again = false;
	int rc = IOMMU_OK;

	if (t->state == IOMMU_TICKET_QUARANTINED)
		return IOMMU_E_BROKEN;
	if (t->state == IOMMU_TICKET_UNMAPPED) {
		t->state = IOMMU_TICKET_INVALIDATING;
		t->issued_ns = plat_now_ns(domain_owner(d)->plat);
	}
	for (uint32_t i = 0; i < d->units; i++) {
		int one = poll_slot(t, i);

		if (one == IOMMU_E_AGAIN && poll_expired(t, d->unit[i]))
			one = iommu_unit_break(d->unit[i], IOMMU_E_TIMEOUT,
					       "no completion of an invalidation");
		if (one == IOMMU_E_AGAIN)
			again = true;
		else
			note_failure(i, one, &rc, &failed);
	}
	if (rc != IOMMU_OK)
		ticket_quarantine(t, failed);
	else if (again)
		rc = IOMMU_E_AGAIN;
	else
		ticket_finish(t);
	return rc;
}

int iommu_poll(struct iommu_ticket *t)
{
	struct iommu_domain *d;
	int rc;

	if (!t)
		return IOMMU_E_INVAL;
	if (t->state == IOMMU_TICKET_IDLE)
		return IOMMU_OK;
	d = t->domain;
	iommu_lock_domain(d);
	rc = poll_locked(t);
	iommu_unlock_domain(d);
	return rc;
}

/* A unit was reset: it holds nothing of the domain any more. */
void iommu_domain_unit_reset(struct iommu_domain *d, uint32_t slot)
{
	struct iommu_device **link = &d->devices;
	struct iommu_ticket *t, *next;

	d->dead |= UINT32_C(1) << slot;
	d->doubt &= ~(UINT32_C(1) << slot);
	while (*link) {
		struct iommu_device *dev = *link;

		if (dev->unit == slot) {
			*link = dev->next;
			dev->next = NULL;
			dev->domain = NULL;
		} else {
			link = &dev->next;
		}
	}
	for (t = d->tickets; t; t = next) {
		next = t->next;
		t->issued |= UINT32_C(1) << slot;
		t->wait[slot] = 0;
		if (t->state == IOMMU_TICKET_QUARANTINED && !d->doubt)
			ticket_finish(t);
	}
	if (!d->doubt) {
		page_list_free(domain_owner(d), &d->quarantine);
		d->quarantined_pages = 0;
	}
}
