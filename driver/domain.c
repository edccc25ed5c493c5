/*
 * Domains: geometry, ids, attached devices.
 */
#include "internal.h"
#include "mem.h"
#include "pt/table.h"

/* Locks are taken in ascending order of unit number, so that two calls cannot wait for each other. */
static struct iommu_unit *next_unit(const struct iommu_domain *d, const struct iommu_unit *after)
{
	struct iommu_unit *best = NULL;

	for (uint32_t i = 0; i < d->units; i++) {
		struct iommu_unit *u = d->unit[i];

		if (after && u->desc.index <= after->desc.index)
			continue;
		if (!best || u->desc.index < best->desc.index)
			best = u;
	}
	return best;
}

void iommu_lock_domain(const struct iommu_domain *d)
{
	for (struct iommu_unit *u = next_unit(d, NULL); u; u = next_unit(d, u))
		iommu_lock_unit(u);
}

void iommu_unlock_domain(const struct iommu_domain *d)
{
	for (struct iommu_unit *u = next_unit(d, NULL); u; u = next_unit(d, u))
		iommu_unlock_unit(u);
}

/* A domain with a broken unit, or one that was reset, accepts no new work. */
int iommu_domain_usable(const struct iommu_domain *d)
{
	if (d->doubt || d->dead)
		return IOMMU_E_BROKEN;
	for (uint32_t i = 0; i < d->units; i++) {
		if (d->unit[i]->stage == IOMMU_STAGE_BROKEN)
			return IOMMU_E_BROKEN;
	}
	return IOMMU_OK;
}

/* Root level: the lowest that covers the address width, else the highest there is. */
static uint32_t choose_top(const struct iommu_walk_caps *caps)
{
	uint32_t top = 0;

	for (uint32_t level = 0; level < PT_LEVELS; level++) {
		if (!(caps->top_levels >> level & 1))
			continue;
		top = level;
		if (pt_shift(level + 1) >= caps->addr_bits)
			break;
	}
	return top;
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Where no unit can map. Each vendor's ranges stand in the same place on every unit that has them. */
static void add_holes(struct iommu_geometry *geo, const struct iommu_walk_caps *caps)
{
	for (uint32_t i = 0; i < IOMMU_HOLES; i++) {
		if (caps->hole[i].last)
			geo->hole[i] = caps->hole[i];
	}
}

/* What every unit can walk. */
static int common_geometry(struct iommu_domain *d)
{
	struct iommu_walk_caps all = { .top_levels = UINT32_MAX,
				       .addr_bits = 64,
				       .page_sizes = UINT32_MAX,
				       .phys_bits = 64,
				       .join = true };

	for (uint32_t i = 0; i < d->units; i++) {
		const struct iommu_unit *u = d->unit[i];
		struct iommu_walk_caps one;
		int rc;

		memset(&one, 0, sizeof(one));
		rc = u->ops->walk_caps(u, d->kind, &one);
		if (rc != IOMMU_OK)
			return rc;
		if (u->desc.iova_bits)
			one.addr_bits = min_u32(one.addr_bits, u->desc.iova_bits);
		all.top_levels &= one.top_levels;
		all.page_sizes &= one.page_sizes;
		all.addr_bits = min_u32(all.addr_bits, one.addr_bits);
		all.phys_bits = min_u32(all.phys_bits, one.phys_bits);
		all.flush |= one.flush;
		all.join &= one.join;
		add_holes(&d->geo, &one);
	}
	if (!all.top_levels && d->kind == IOMMU_DOMAIN_PAGING)
		return IOMMU_E_UNSUPPORTED;
	d->geo.top_level = choose_top(&all);
	d->geo.addr_bits = min_u32(all.addr_bits, pt_shift(d->geo.top_level + 1));
	d->geo.page_sizes = all.page_sizes;
	d->geo.phys_bits = all.phys_bits;
	d->geo.flush = all.flush;
	d->geo.join = all.join;
	return IOMMU_OK;
}

static int check_units(struct iommu_unit *const *units, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!units[i])
			return IOMMU_E_INVAL;
		for (uint32_t j = 0; j < i; j++) {
			if (units[j] == units[i])
				return IOMMU_E_INVAL;
			if (units[j]->ops != units[i]->ops)
				return IOMMU_E_UNSUPPORTED; /* no table both can walk */
		}
		if (units[i]->stage == IOMMU_STAGE_BROKEN)
			return IOMMU_E_BROKEN;
		if (units[i]->stage != IOMMU_STAGE_BUILT && !iommu_unit_live(units[i]))
			return IOMMU_E_STAGE;
	}
	return IOMMU_OK;
}

static void unlink_domain(struct iommu_domain *d, uint32_t slot)
{
	struct iommu_domain **link = &d->unit[slot]->domains;

	while (*link && *link != d) {
		uint32_t i = 0;

		while (i + 1 < (*link)->units && (*link)->unit[i] != d->unit[slot])
			i++;
		link = &(*link)->next[i];
	}
	if (*link)
		*link = d->next[slot];
}

static int take_ids(struct iommu_domain *d)
{
	for (uint32_t i = 0; i < d->units; i++) {
		struct iommu_unit *u = d->unit[i];
		int rc = ids_alloc(u, &d->id[i]);

		if (rc == IOMMU_OK)
			continue;
		while (i--)
			ids_free(d->unit[i], d->id[i]);
		return rc;
	}
	return IOMMU_OK;
}

static int init_locked(struct iommu_domain *d)
{
	int rc;

	rc = common_geometry(d);
	if (rc == IOMMU_OK)
		rc = take_ids(d);
	if (rc != IOMMU_OK)
		return rc;
	if (d->kind == IOMMU_DOMAIN_PAGING) {
		d->table = table_page_alloc(domain_owner(d),
					    d->geo.flush ? IOMMU_SYNC_FLUSH : IOMMU_SYNC_ORDER);
		if (!d->table) {
			for (uint32_t i = 0; i < d->units; i++)
				ids_free(d->unit[i], d->id[i]);
			return IOMMU_E_NOMEM;
		}
	}
	for (uint32_t i = 0; i < d->units; i++) {
		d->next[i] = d->unit[i]->domains;
		d->unit[i]->domains = d;
	}
	return IOMMU_OK;
}

int iommu_domain_init(struct iommu_domain *d, enum iommu_domain_kind kind,
		      struct iommu_unit *const *units, uint32_t count)
{
	int rc;

	if (!d || !units || count == 0 || count > IOMMU_DOMAIN_UNITS)
		return IOMMU_E_INVAL;
	if (kind != IOMMU_DOMAIN_PAGING && kind != IOMMU_DOMAIN_PASSTHROUGH)
		return IOMMU_E_INVAL;
	rc = check_units(units, count);
	if (rc != IOMMU_OK)
		return rc;
	memset(d, 0, sizeof(*d));
	d->kind = kind;
	for (uint32_t i = 0; i < count; i++)
		d->unit[i] = units[i];
	d->units = count;
	iommu_lock_domain(d);
	rc = init_locked(d);
	iommu_unlock_domain(d);
	if (rc != IOMMU_OK)
		d->units = 0;
	return rc;
}

/*
 * No device leads to the domain, and each detach removed what was cached under its id (VT-d 6.5, reuse of a domain id): it may
 * be another domain's now. A unit that was reset has it back already.
 */
static void give_ids(struct iommu_domain *d)
{
	for (uint32_t i = 0; i < d->units; i++) {
		if (!(d->dead & UINT32_C(1) << i))
			ids_free(d->unit[i], d->id[i]);
	}
}

/* Of a unit that broke nobody knows what it holds. */
static bool any_broken(const struct iommu_domain *d)
{
	for (uint32_t i = 0; i < d->units; i++) {
		if (!(d->dead & UINT32_C(1) << i) && d->unit[i]->stage == IOMMU_STAGE_BROKEN)
			return true;
	}
	return false;
}

static int destroy_locked(struct iommu_domain *d)
{
	struct iommu_page_list tables = { 0, 0 };
	struct pt_cursor c;

	if (d->doubt)
		return IOMMU_E_BROKEN;
	if (d->devices || d->tickets)
		return IOMMU_E_BUSY;
	if (any_broken(d))
		return IOMMU_E_BROKEN;
	give_ids(d);
	if (d->table) {
		pt_cursor_start(&c, d, 0);
		pt_collect(&c, d->table, c.top, &tables);
		page_list_free(domain_owner(d), &tables);
	}
	for (uint32_t i = 0; i < d->units; i++) {
		d->unit[i]->stats.pages_mapped -= d->pages_mapped;
		unlink_domain(d, i);
	}
	return IOMMU_OK;
}

int iommu_domain_destroy(struct iommu_domain *d)
{
	struct iommu_domain old;
	int rc;

	if (!d || !d->units)
		return IOMMU_E_INVAL;
	iommu_lock_domain(d);
	rc = destroy_locked(d);
	old = *d; /* the caller may reuse *d as soon as it is unlocked */
	if (rc == IOMMU_OK)
		memset(d, 0, sizeof(*d));
	iommu_unlock_domain(&old);
	return rc;
}

static int attach_locked(struct iommu_domain *d, uint32_t slot, struct iommu_device *dev)
{
	int rc;

	rc = iommu_domain_usable(d);
	if (rc == IOMMU_OK)
		rc = d->unit[slot]->ops->attach(d, slot, dev);
	if (rc != IOMMU_OK)
		return rc;
	dev->unit = slot;
	dev->silent = false;
	dev->unanswered = false;
	dev->domain = d;
	dev->next = d->devices;
	d->devices = dev;
	return IOMMU_OK;
}

int iommu_attach(struct iommu_domain *d, struct iommu_unit *u, struct iommu_device *dev)
{
	uint32_t slot = 0;
	int rc;

	if (!d || !u || !dev)
		return IOMMU_E_INVAL;
	while (slot < d->units && d->unit[slot] != u)
		slot++;
	if (slot == d->units)
		return IOMMU_E_INVAL;
	iommu_lock_domain(d);
	rc = attach_locked(d, slot, dev);
	iommu_unlock_domain(d);
	return rc;
}

static int detach_locked(struct iommu_domain *d, struct iommu_device *dev)
{
	struct iommu_device **link = &d->devices;
	struct iommu_unit *u;
	int rc;

	while (*link && *link != dev)
		link = &(*link)->next;
	if (!*link)
		return IOMMU_E_NOENT;
	u = d->unit[dev->unit];
	if (u->stage == IOMMU_STAGE_BROKEN)
		return IOMMU_E_BROKEN;
	rc = u->ops->detach(d, dev->unit, dev);
	if (rc != IOMMU_OK)
		return rc;
	*link = dev->next;
	dev->next = NULL;
	dev->domain = NULL;
	return IOMMU_OK;
}

int iommu_detach(struct iommu_device *dev)
{
	struct iommu_domain *d;
	int rc;

	if (!dev)
		return IOMMU_E_INVAL;
	d = dev->domain;
	if (!d)
		return IOMMU_E_NOENT;
	iommu_lock_domain(d);
	rc = detach_locked(d, dev);
	iommu_unlock_domain(d);
	return rc;
}
