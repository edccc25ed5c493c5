/*
 * The ledger of a domain: include/iommu/ledger.h.
 */
#include "iommu/ledger.h"
#include "internal.h"

int iommu_ledger_init(struct iommu_ledger *l, struct iommu_domain *d)
{
	if (!l || !d || !d->units)
		return IOMMU_E_INVAL;
	if (d->kind != IOMMU_DOMAIN_PAGING)
		return IOMMU_E_UNSUPPORTED;
	l->domain = d;
	l->runs = NULL;
	return IOMMU_OK;
}

int iommu_pages_lend(struct iommu_ledger *l, struct iommu_pages *p, uint64_t pa, uint64_t size)
{
	struct iommu_domain *d;

	if (!l || !l->domain || !p || !size || ((pa | size) & (PAGE_SIZE_BYTES - 1)))
		return IOMMU_E_INVAL;
	if (pa + (size - 1) < pa)
		return IOMMU_E_RANGE;
	if (p->ledger)
		return IOMMU_E_BUSY;
	d = l->domain;
	memset(p, 0, sizeof(*p));
	p->ledger = l;
	p->pa = pa;
	p->size = size;
	p->state = IOMMU_PAGES_RESERVED;
	iommu_lock_domain(d);
	p->next = l->runs;
	l->runs = p;
	iommu_unlock_domain(d);
	return IOMMU_OK;
}

/* What the ticket says, once there is one: the driver moves it, the record follows. */
enum iommu_pages_state iommu_pages_state(const struct iommu_pages *p)
{
	if (!p || !p->ledger)
		return IOMMU_PAGES_IDLE;
	if (p->state != IOMMU_PAGES_UNMAPPED)
		return p->state;
	switch (p->ticket.state) {
	case IOMMU_TICKET_UNMAPPED:
		return IOMMU_PAGES_UNMAPPED;
	case IOMMU_TICKET_INVALIDATING:
		return IOMMU_PAGES_INVALIDATING;
	case IOMMU_TICKET_QUARANTINED:
		return IOMMU_PAGES_QUARANTINED;
	case IOMMU_TICKET_IDLE:
		break;
	}
	return IOMMU_PAGES_QUIESCED;
}

int iommu_pages_map(struct iommu_pages *p, struct iommu_iova_range *r, uint64_t offset,
		    uint32_t prot)
{
	int rc;

	if (!p || !r)
		return IOMMU_E_INVAL;
	if (!p->ledger || !r->space)
		return IOMMU_E_NOENT;
	if (r->space->domain != p->ledger->domain)
		return IOMMU_E_INVAL;
	if (p->state != IOMMU_PAGES_RESERVED)
		return IOMMU_E_BUSY;
	rc = iommu_iova_map(r, offset, p->pa, p->size, prot);
	if (rc == IOMMU_E_TIMEOUT || rc == IOMMU_E_BROKEN) {
		/* hardware may have seen the entries: nothing proves that it did not */
		p->state = IOMMU_PAGES_QUARANTINED;
		return rc;
	}
	if (rc != IOMMU_OK)
		return rc;
	p->range = r;
	p->offset = offset;
	p->state = IOMMU_PAGES_MAPPED;
	return IOMMU_OK;
}

int iommu_pages_unmap(struct iommu_pages *p)
{
	int rc;

	if (!p)
		return IOMMU_E_INVAL;
	if (p->state != IOMMU_PAGES_MAPPED)
		return IOMMU_E_NOENT;
	rc = iommu_iova_unmap_lazy(p->range, p->offset, p->size, &p->ticket);
	if (rc == IOMMU_OK)
		p->state = IOMMU_PAGES_UNMAPPED;
	return rc;
}

int iommu_ledger_flush(struct iommu_ledger *l)
{
	if (!l || !l->domain)
		return IOMMU_E_INVAL;
	return iommu_flush(l->domain);
}

/* Destroyed, or every unit that may hold a page was reset: the domain means nothing to any of them. */
static bool all_dead(const struct iommu_domain *d)
{
	return !d->units || (d->dead == (UINT32_C(1) << d->units) - 1 && !d->doubt);
}

/* May the run go back? */
static int quiesce(struct iommu_pages *p)
{
	const struct iommu_domain *d = p->ledger->domain;

	switch (iommu_pages_state(p)) {
	case IOMMU_PAGES_IDLE:
	case IOMMU_PAGES_RESERVED:
	case IOMMU_PAGES_QUIESCED:
		return IOMMU_OK;
	case IOMMU_PAGES_MAPPED:
		return all_dead(d) ? IOMMU_OK : IOMMU_E_BUSY;
	case IOMMU_PAGES_UNMAPPED:
	case IOMMU_PAGES_INVALIDATING:
		return iommu_poll(&p->ticket);
	case IOMMU_PAGES_QUARANTINED:
		break;
	}
	return all_dead(d) && p->ticket.state == IOMMU_TICKET_IDLE ? IOMMU_OK : IOMMU_E_BROKEN;
}

int iommu_pages_collect(struct iommu_pages *p, uint64_t *pa, uint64_t *size)
{
	struct iommu_pages **link;
	struct iommu_domain *d;
	int rc;

	if (!p)
		return IOMMU_E_INVAL;
	if (!p->ledger)
		return IOMMU_E_NOENT;
	rc = quiesce(p);
	if (rc != IOMMU_OK)
		return rc;
	d = p->ledger->domain;
	iommu_lock_domain(d);
	link = &p->ledger->runs;
	while (*link != p)
		link = &(*link)->next;
	*link = p->next;
	iommu_unlock_domain(d);
	if (pa)
		*pa = p->pa;
	if (size)
		*size = p->size;
	memset(p, 0, sizeof(*p));
	return IOMMU_OK;
}

void iommu_ledger_count(const struct iommu_ledger *l, struct iommu_ledger_counts *c)
{
	const struct iommu_pages *p;

	memset(c, 0, sizeof(*c));
	for (p = l->runs; p; p = p->next)
		c->pages[iommu_pages_state(p)] += p->size / PAGE_SIZE_BYTES;
}

const char *iommu_pages_state_name(enum iommu_pages_state state)
{
	static const char *const names[IOMMU_PAGES_STATES] = {
		[IOMMU_PAGES_IDLE] = "idle",
		[IOMMU_PAGES_RESERVED] = "reserved",
		[IOMMU_PAGES_MAPPED] = "mapped",
		[IOMMU_PAGES_UNMAPPED] = "unmapped",
		[IOMMU_PAGES_INVALIDATING] = "invalidating",
		[IOMMU_PAGES_QUIESCED] = "quiesced",
		[IOMMU_PAGES_QUARANTINED] = "quarantined",
	};

	return (uint32_t)state < IOMMU_PAGES_STATES ? names[state] : "unknown";
}
