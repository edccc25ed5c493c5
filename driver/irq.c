/*
 * Interrupt remapping: sources, entries and their life. What an entry looks like and what makes it effective is the
 * vendor's (struct iommu_irq_ops).
 *
 * An index is given out again only when the invalidation behind its clearing was observed to complete; the wait is the
 * queue's (driver/queue.h), as for a ticket.
 */
#include "internal.h"
#include "mem.h"

#define ENTRIES_PER_SOURCE 32u
#define MSI_MAX 32u

bool irq_on(const struct iommu_unit *u)
{
	return u->irq && u->irq->on;
}

static const struct iommu_irq_ops *ops_of(const struct iommu_irq_source *src)
{
	return src->unit->ops->irq;
}

static int usable(const struct iommu_unit *u)
{
	if (u->stage == IOMMU_STAGE_BROKEN)
		return IOMMU_E_BROKEN;
	return u->irq ? IOMMU_OK : IOMMU_E_NOENT;
}

static int setup_locked(struct iommu_unit *u, struct iommu_irq_unit *storage,
			const struct iommu_irq_desc *desc)
{
	struct iommu_irq_desc full = *desc;
	int rc;

	if (u->stage == IOMMU_STAGE_BROKEN)
		return IOMMU_E_BROKEN;
	if (u->stage != IOMMU_STAGE_DISCOVERED && u->stage != IOMMU_STAGE_BUILT &&
	    u->stage != IOMMU_STAGE_STOPPED)
		return IOMMU_E_STAGE;
	if (u->irq)
		return IOMMU_E_EXIST;
	rc = u->ops->irq->check(u, &full);
	if (rc != IOMMU_OK)
		return rc;
	memset(storage, 0, sizeof(*storage));
	storage->desc = full;
	storage->entries = full.entries;
	u->irq = storage;
	rc = u->ops->irq->build(u);
	if (rc != IOMMU_OK)
		u->irq = NULL;
	return rc;
}

int iommu_irq_setup(struct iommu_unit *u, struct iommu_irq_unit *storage,
		    const struct iommu_irq_desc *desc)
{
	int rc;

	if (!u || !storage || !desc)
		return IOMMU_E_INVAL;
	if (u->stage == IOMMU_STAGE_NONE)
		return IOMMU_E_STAGE;
	iommu_lock_unit(u);
	rc = setup_locked(u, storage, desc);
	iommu_unlock_unit(u);
	return rc;
}

static int teardown_locked(struct iommu_unit *u)
{
	int rc = usable(u);

	if (rc != IOMMU_OK)
		return rc;
	if (u->irq->on || u->irq->sources)
		return IOMMU_E_BUSY;
	u->ops->irq->release(u);
	u->irq = NULL;
	return IOMMU_OK;
}

int irq_enable(struct iommu_unit *u)
{
	int rc = usable(u);

	if (rc != IOMMU_OK)
		return rc;
	if (!iommu_unit_live(u))
		return IOMMU_E_STAGE;
	if (u->irq->on)
		return IOMMU_E_EXIST;
	u->irq->on = true; /* what a repair of the queue has to cover */
	rc = u->ops->irq->on(u);
	if (rc != IOMMU_OK)
		u->irq->on = false;
	return rc;
}

int irq_disable(struct iommu_unit *u)
{
	int rc = usable(u);

	if (rc != IOMMU_OK)
		return rc;
	if (!u->irq->on)
		return IOMMU_E_NOENT;
	rc = u->ops->irq->off(u);
	if (rc == IOMMU_OK)
		u->irq->on = false;
	return rc;
}

int iommu_irq_teardown(struct iommu_unit *u)
{
	return iommu_unit_locked(u, teardown_locked);
}

int iommu_irq_enable(struct iommu_unit *u)
{
	return iommu_unit_locked(u, irq_enable);
}

int iommu_irq_disable(struct iommu_unit *u)
{
	return iommu_unit_locked(u, irq_disable);
}

/* ---- sources ---- */

static int source_check(const struct iommu_unit *u, const struct iommu_irq_source *src)
{
	const struct iommu_irq_source *other;
	uint32_t entries = src->entries ? src->entries : ENTRIES_PER_SOURCE;

	if (src->ignore_functions > 3 || (src->bus_last && src->bus_last < src->rid >> 8))
		return IOMMU_E_INVAL;
	for (other = u->irq->sources; other; other = other->next) {
		if (other == src || other->rid == src->rid)
			return IOMMU_E_EXIST;
	}
	if (src->entries && entries > u->irq->entries)
		return IOMMU_E_RANGE;
	return u->ops->irq->source_check(u, src);
}

/* Members below the line are given values before the vendor looks at them. */
static void source_clear(struct iommu_unit *u, struct iommu_irq_source *src)
{
	if (!src->entries)
		src->entries =
			(uint16_t)(u->irq->entries < ENTRIES_PER_SOURCE ? u->irq->entries
									: ENTRIES_PER_SOURCE);
	src->unit = u;
	src->next = NULL;
	src->irqs = NULL;
	src->table = 0;
	src->order = src->lg2 = 0;
	src->held = 0;
	memset(src->used, 0, sizeof(src->used));
}

static int add_locked(struct iommu_unit *u, struct iommu_irq_source *src)
{
	int rc = usable(u);

	if (rc == IOMMU_OK)
		rc = source_check(u, src);
	if (rc != IOMMU_OK)
		return rc;
	source_clear(u, src);
	rc = u->ops->irq->source_add(src);
	if (rc != IOMMU_OK && u->stage != IOMMU_STAGE_BROKEN) {
		src->unit = NULL;
		return rc;
	}
	src->next = u->irq->sources; /* hardware that failed may know its table */
	u->irq->sources = src;
	return rc;
}

int iommu_irq_source_add(struct iommu_unit *u, struct iommu_irq_source *src)
{
	int rc;

	if (!u || !src)
		return IOMMU_E_INVAL;
	if (u->stage == IOMMU_STAGE_NONE)
		return IOMMU_E_STAGE;
	iommu_lock_unit(u);
	rc = add_locked(u, src);
	iommu_unlock_unit(u);
	return rc;
}

static int remove_locked(struct iommu_unit *u, struct iommu_irq_source *src)
{
	struct iommu_irq_source **link = &u->irq->sources;
	int rc = usable(u);

	if (rc != IOMMU_OK)
		return rc;
	if (src->irqs)
		return IOMMU_E_BUSY;
	while (*link != src)
		link = &(*link)->next;
	*link = src->next; /* no longer a source to whoever writes the entries of all of them */
	rc = u->ops->irq->source_remove(src);
	if (rc != IOMMU_OK) {
		*link = src;
		return rc;
	}
	src->next = NULL;
	src->unit = NULL;
	return IOMMU_OK;
}

int iommu_irq_source_remove(struct iommu_irq_source *src)
{
	struct iommu_unit *u;
	int rc;

	if (!src)
		return IOMMU_E_INVAL;
	u = src->unit;
	if (!u)
		return IOMMU_E_NOENT;
	iommu_lock_unit(u);
	rc = remove_locked(u, src);
	iommu_unlock_unit(u);
	return rc;
}

/* ---- entries ---- */

static uint64_t *map_of(struct iommu_irq_source *src, uint32_t *entries)
{
	if (ops_of(src)->per_source) {
		*entries = UINT32_C(1) << src->lg2;
		return src->used;
	}
	*entries = src->unit->irq->entries;
	return src->unit->irq->used;
}

static void mark(struct iommu_irq *irq, bool taken)
{
	struct iommu_irq_source *src = irq->source;
	uint32_t entries;
	uint64_t *map = map_of(src, &entries);

	irq_map_mark(map, irq->first, irq->count, taken);
	if (taken) {
		src->held += irq->count;
		src->unit->irq->held += irq->count;
	} else {
		src->held -= irq->count;
		src->unit->irq->held -= irq->count;
	}
}

static int alloc_check(enum iommu_irq_kind kind, uint32_t count, const struct iommu_irq *irq)
{
	if (kind < IOMMU_IRQ_MSI || kind > IOMMU_IRQ_HPET || count == 0)
		return IOMMU_E_INVAL;
	if (kind == IOMMU_IRQ_MSI && (count > MSI_MAX || (count & (count - 1))))
		return IOMMU_E_INVAL;
	return irq->state == IOMMU_IRQ_IDLE ? IOMMU_OK : IOMMU_E_BUSY;
}

static int alloc_locked(struct iommu_irq_source *src, enum iommu_irq_kind kind, uint32_t count,
			struct iommu_irq *irq)
{
	uint32_t entries, first;
	const uint64_t *map;
	int rc = usable(src->unit);

	if (rc != IOMMU_OK)
		return rc;
	if (count > src->entries || src->held > src->entries - count)
		return IOMMU_E_FULL;
	map = map_of(src, &entries);
	first = irq_map_find(map, entries, count, kind == IOMMU_IRQ_MSI ? count : 1);
	if (first == entries)
		return IOMMU_E_FULL;
	irq->state = IOMMU_IRQ_HELD;
	irq->kind = kind;
	irq->source = src;
	irq->first = first;
	irq->count = count;
	irq->wait = 0;
	irq->freeing = false;
	irq->next = src->irqs;
	src->irqs = irq;
	mark(irq, true);
	return IOMMU_OK;
}

int iommu_irq_alloc(struct iommu_irq_source *src, enum iommu_irq_kind kind, uint32_t count,
		    struct iommu_irq *irq)
{
	struct iommu_unit *u;
	int rc;

	if (!src || !irq)
		return IOMMU_E_INVAL;
	u = src->unit;
	if (!u)
		return IOMMU_E_NOENT;
	rc = alloc_check(kind, count, irq);
	if (rc != IOMMU_OK)
		return rc;
	iommu_lock_unit(u);
	rc = alloc_locked(src, kind, count, irq);
	iommu_unlock_unit(u);
	return rc;
}

static void release(struct iommu_irq *irq)
{
	struct iommu_irq **link = &irq->source->irqs;

	mark(irq, false);
	while (*link != irq)
		link = &(*link)->next;
	*link = irq->next;
	irq->next = NULL;
	irq->source = NULL;
	irq->state = IOMMU_IRQ_IDLE;
}

/* What was under way is over: the only place where an index becomes free, or a new entry sure. */
static void finish(struct iommu_irq *irq)
{
	irq->wait = 0;
	if (irq->freeing)
		release(irq);
	else
		irq->state = IOMMU_IRQ_HELD;
}

static int keep_out(struct iommu_irq *irq, int rc)
{
	irq->state = IOMMU_IRQ_QUARANTINED;
	irq->source->unit->irq->quarantined += irq->count;
	return rc;
}

/* Issues the invalidation. Not issued for want of room: `wait` stays 0, and iommu_irq_poll tries again. */
static int issue(struct iommu_irq *irq, uint32_t first, uint32_t count, bool stale, bool may_block)
{
	struct iommu_irq_source *src = irq->source;
	int rc;

	irq->wait = 0;
	rc = ops_of(src)->inval(src, first, count, stale, may_block, &irq->wait);
	if (rc == IOMMU_E_AGAIN)
		return rc;
	if (rc != IOMMU_OK)
		return keep_out(irq, rc);
	irq->issued_ns = plat_now_ns(src->unit->plat);
	if (!irq->wait)
		finish(irq);
	return IOMMU_OK;
}

/* Entries n to n + count - 1 of the irq now say `target`. */
static int change(struct iommu_irq *irq, uint32_t n, uint32_t count,
		  const struct iommu_irq_target *target, bool may_block)
{
	const struct iommu_irq_source *src = irq->source;
	bool stale = false;
	int rc;

	for (uint32_t i = n; i < n + count; i++)
		stale |= ops_of(src)->write(src, irq->first + i, target);
	irq->state = irq->freeing ? IOMMU_IRQ_FREEING : IOMMU_IRQ_CHANGING;
	rc = issue(irq, irq->first + n, count, stale, may_block);
	return rc == IOMMU_E_AGAIN ? IOMMU_OK : rc;
}

/* Until what `change` began is over. */
static int complete(struct iommu_unit *u, struct iommu_irq *irq)
{
	int rc;

	if (irq->state != IOMMU_IRQ_CHANGING && irq->state != IOMMU_IRQ_FREEING)
		return IOMMU_OK;
	rc = u->ops->inval_wait(u, irq->wait);
	if (rc != IOMMU_OK)
		return keep_out(irq, rc);
	finish(irq);
	return IOMMU_OK;
}

static int held(const struct iommu_irq *irq)
{
	switch (irq->state) {
	case IOMMU_IRQ_IDLE:
		return IOMMU_E_NOENT;
	case IOMMU_IRQ_HELD:
		return usable(irq->source->unit);
	case IOMMU_IRQ_QUARANTINED:
		return IOMMU_E_BROKEN;
	case IOMMU_IRQ_CHANGING:
	case IOMMU_IRQ_FREEING:
		break;
	}
	return IOMMU_E_BUSY;
}

static int target_check(const struct iommu_irq *irq, const struct iommu_irq_target *t)
{
	if (t->delivery > IOMMU_IRQ_EXTINT || t->delivery == 3 || t->delivery == 6)
		return IOMMU_E_INVAL;
	if (t->delivery <= IOMMU_IRQ_LOWEST ? t->vector < 16 : t->vector != 0)
		return IOMMU_E_INVAL;
	if (t->level && (irq->kind != IOMMU_IRQ_IOAPIC || t->delivery > IOMMU_IRQ_LOWEST))
		return IOMMU_E_INVAL;
	if (t->dest > 255 && !irq->source->unit->irq->desc.x2apic)
		return IOMMU_E_RANGE;
	return ops_of(irq->source)->target_check(irq->source, t);
}

static int set_locked(struct iommu_irq *irq, uint32_t n, const struct iommu_irq_target *target,
		      bool wait)
{
	struct iommu_unit *u;
	int rc = held(irq);

	if (rc != IOMMU_OK)
		return rc;
	if (n >= irq->count)
		return IOMMU_E_RANGE;
	if (target)
		rc = target_check(irq, target);
	if (rc != IOMMU_OK)
		return rc;
	u = irq->source->unit;
	irq->freeing = false;
	rc = change(irq, n, 1, target, wait);
	return rc == IOMMU_OK && wait ? complete(u, irq) : rc;
}

static int free_locked(struct iommu_irq *irq, bool wait)
{
	struct iommu_unit *u;
	int rc = held(irq);

	if (rc != IOMMU_OK)
		return rc;
	u = irq->source->unit;
	irq->freeing = true;
	rc = change(irq, 0, irq->count, NULL, wait);
	return rc == IOMMU_OK && wait ? complete(u, irq) : rc;
}

static int set_call(struct iommu_irq *irq, uint32_t n, const struct iommu_irq_target *target,
		    bool wait)
{
	struct iommu_unit *u;
	int rc;

	if (!irq)
		return IOMMU_E_INVAL;
	if (irq->state == IOMMU_IRQ_IDLE)
		return IOMMU_E_NOENT;
	u = irq->source->unit;
	iommu_lock_unit(u);
	rc = set_locked(irq, n, target, wait);
	iommu_unlock_unit(u);
	return rc;
}

static int free_call(struct iommu_irq *irq, bool wait)
{
	struct iommu_unit *u;
	int rc;

	if (!irq)
		return IOMMU_E_INVAL;
	if (irq->state == IOMMU_IRQ_IDLE)
		return IOMMU_E_NOENT;
	u = irq->source->unit;
	iommu_lock_unit(u);
	rc = free_locked(irq, wait);
	iommu_unlock_unit(u);
	return rc;
}

int iommu_irq_set(struct iommu_irq *irq, uint32_t n, const struct iommu_irq_target *target)
{
	return set_call(irq, n, target, true);
}

int iommu_irq_set_start(struct iommu_irq *irq, uint32_t n, const struct iommu_irq_target *target)
{
	return set_call(irq, n, target, false);
}

int iommu_irq_free(struct iommu_irq *irq)
{
	return free_call(irq, true);
}

int iommu_irq_free_start(struct iommu_irq *irq)
{
	return free_call(irq, false);
}

static int poll_locked(struct iommu_unit *u, struct iommu_irq *irq)
{
	int rc;

	if (irq->state == IOMMU_IRQ_QUARANTINED)
		return IOMMU_E_BROKEN;
	if (irq->state != IOMMU_IRQ_CHANGING && irq->state != IOMMU_IRQ_FREEING)
		return IOMMU_OK;
	if (!irq->wait) {
		rc = issue(irq, irq->first, irq->count, true, false);
		return rc == IOMMU_OK && irq->wait ? IOMMU_E_AGAIN : rc;
	}
	rc = u->ops->inval_done(u, irq->wait);
	if (rc == IOMMU_E_AGAIN && plat_now_ns(u->plat) - irq->issued_ns > u->desc.timeout_ns)
		rc = iommu_unit_break(u, IOMMU_E_TIMEOUT, "no completion of an invalidation");
	if (rc == IOMMU_E_AGAIN)
		return rc;
	if (rc != IOMMU_OK)
		return keep_out(irq, rc);
	finish(irq);
	return IOMMU_OK;
}

int iommu_irq_poll(struct iommu_irq *irq)
{
	struct iommu_unit *u;
	int rc;

	if (!irq)
		return IOMMU_E_INVAL;
	if (irq->state == IOMMU_IRQ_IDLE)
		return IOMMU_OK;
	u = irq->source->unit;
	iommu_lock_unit(u);
	rc = poll_locked(u, irq);
	iommu_unlock_unit(u);
	return rc;
}

static int readable(const struct iommu_irq *irq, uint32_t n)
{
	if (irq->state == IOMMU_IRQ_IDLE || irq->freeing)
		return IOMMU_E_NOENT;
	return n < irq->count ? IOMMU_OK : IOMMU_E_RANGE;
}

int iommu_irq_message(const struct iommu_irq *irq, uint32_t n, struct iommu_irq_message *msg)
{
	int rc;

	if (!irq || !msg)
		return IOMMU_E_INVAL;
	rc = readable(irq, n);
	if (rc == IOMMU_OK && irq->kind == IOMMU_IRQ_MSI && n)
		rc = IOMMU_E_RANGE;
	if (rc != IOMMU_OK)
		return rc;
	memset(msg, 0, sizeof(*msg));
	ops_of(irq->source)->message(irq, irq->first + n, msg);
	return IOMMU_OK;
}

int iommu_irq_get(const struct iommu_irq *irq, uint32_t n, struct iommu_irq_target *target)
{
	int rc;

	if (!irq || !target)
		return IOMMU_E_INVAL;
	rc = readable(irq, n);
	if (rc != IOMMU_OK)
		return rc;
	memset(target, 0, sizeof(*target));
	return ops_of(irq->source)->read(irq->source, irq->first + n, target) ? IOMMU_OK
									      : IOMMU_E_NOENT;
}

/* ---- reports, and after a reset ---- */

void iommu_irq_status(const struct iommu_unit *u, struct iommu_irq_status *s)
{
	const struct iommu_irq_source *src;

	memset(s, 0, sizeof(*s));
	if (u->stage == IOMMU_STAGE_NONE || !u->irq)
		return;
	s->installed = true;
	s->on = u->irq->on;
	s->x2apic = u->irq->desc.x2apic;
	s->entry_bytes = u->ops->irq->entry_bytes(u);
	s->entries = u->irq->entries;
	for (src = u->irq->sources; src; src = src->next)
		s->sources++;
	s->held = u->irq->held;
	s->quarantined = u->irq->quarantined;
	s->invalidations = u->irq->invalidations;
}

/* The unit holds no entry any more: whatever was under way is over. */
void iommu_irq_unit_reset(struct iommu_unit *u)
{
	struct iommu_irq_source *src;
	struct iommu_irq *irq, *next;

	if (!u->irq)
		return;
	u->irq->on = false;
	for (src = u->irq->sources; src; src = src->next) {
		for (irq = src->irqs; irq; irq = next) {
			next = irq->next;
			if (irq->state != IOMMU_IRQ_HELD)
				finish(irq);
		}
	}
	u->irq->quarantined = 0;
}
