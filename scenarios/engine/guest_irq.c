/* The reference guest: interrupt remapping (iommu/irq.h). */
#include <string.h>

#include "guest_own.h"

static int irq_source_add(struct guest *g, const struct guest_irq *c)
{
	struct iommu_irq_source *src = &g->irq_source[c->source];
	int rc;

	if (g->irq_source_used[c->source])
		return GUEST_NO_SLOT;
	*src = (struct iommu_irq_source){ .rid = c->rid,
					  .ignore_functions = c->ignore_functions,
					  .bus_last = c->bus_last,
					  .pass = c->pass,
					  .entries = (uint16_t)c->entries };
	rc = iommu_irq_source_add(&g->unit[c->unit], src);
	g->irq_source_used[c->source] = rc == IOMMU_OK;
	return rc;
}

static int irq_source_remove(struct guest *g, const struct guest_irq *c)
{
	int rc = iommu_irq_source_remove(&g->irq_source[c->source]);

	if (rc == IOMMU_OK)
		g->irq_source_used[c->source] = false;
	return rc;
}

static int irq_set(struct guest *g, const struct guest_irq *c, bool start)
{
	const struct iommu_irq_target target = { .dest = c->dest,
						 .vector = c->vector,
						 .delivery = c->delivery,
						 .logical = c->logical,
						 .redirect = c->redirect,
						 .level = c->level };
	const struct iommu_irq_target *to = c->block ? NULL : &target;
	struct iommu_irq *irq = &g->irq[c->irq];

	return start ? iommu_irq_set_start(irq, c->n, to) : iommu_irq_set(irq, c->n, to);
}

static int irq_setup(struct guest *g, const struct guest_irq *c)
{
	const struct iommu_irq_desc desc = { .entries = c->entries,
					     .x2apic = c->x2apic,
					     .narrow = c->narrow };

	return iommu_irq_setup(&g->unit[c->unit], &g->irq_unit[c->unit], &desc);
}

static int do_irq(struct guest *g, struct call *call)
{
	const struct guest_irq *c = call->irq;

	switch (call->irq_op) {
	case GUEST_IRQ_SETUP:
		return irq_setup(g, c);
	case GUEST_IRQ_TEARDOWN:
		return iommu_irq_teardown(&g->unit[c->unit]);
	case GUEST_IRQ_ENABLE:
		return iommu_irq_enable(&g->unit[c->unit]);
	case GUEST_IRQ_DISABLE:
		return iommu_irq_disable(&g->unit[c->unit]);
	case GUEST_IRQ_SOURCE_ADD:
		return irq_source_add(g, c);
	case GUEST_IRQ_SOURCE_REMOVE:
		return irq_source_remove(g, c);
	case GUEST_IRQ_ALLOC:
		return iommu_irq_alloc(&g->irq_source[c->source], (enum iommu_irq_kind)c->kind,
				       c->count, &g->irq[c->irq]);
	case GUEST_IRQ_SET:
	case GUEST_IRQ_SET_START:
		return irq_set(g, c, call->irq_op == GUEST_IRQ_SET_START);
	case GUEST_IRQ_FREE:
		return iommu_irq_free(&g->irq[c->irq]);
	case GUEST_IRQ_FREE_START:
		return iommu_irq_free_start(&g->irq[c->irq]);
	case GUEST_IRQ_POLL:
		return iommu_irq_poll(&g->irq[c->irq]);
	}
	return IOMMU_E_INVAL;
}

int guest_irq(struct guest *g, enum guest_irq_op op, const struct guest_irq *c)
{
	struct call call_irq = { .fn = do_irq, .irq_op = op, .irq = c };

	if (c->unit >= GUEST_UNITS || c->source >= GUEST_DEVICES || c->irq >= GUEST_IRQS)
		return GUEST_NO_SLOT;
	return guest_call(g, &call_irq);
}

/*
 * An I/O APIC sends bits 63:48 of its entry as address 19:4, the destination mode as address 2; vector and delivery mode as
 * data 10:0, the trigger mode as data 15, asserted.
 */
static void as_message(uint64_t rte, struct guest_irq_message *out)
{
	out->address = UINT64_C(0xfee00000) | (rte >> 48) << 4 | (rte >> 11 & 1) << 2;
	out->data = (uint32_t)(rte & 0x7ff) | (rte >> 15 & 1 ? 0xc000u : 0);
}

int guest_irq_message(const struct guest *g, uint32_t irq, uint32_t n,
		      struct guest_irq_message *out)
{
	struct iommu_irq_message m = { 0 };
	const struct iommu_irq *q = irq < GUEST_IRQS ? &g->irq[irq] : NULL;
	bool one = q && q->kind == IOMMU_IRQ_MSI;
	int rc;

	*out = (struct guest_irq_message){ 0 };
	if (!q || !q->source)
		return GUEST_NO_SLOT;
	rc = iommu_irq_message(q, one && n < q->count ? 0 : n, &m);
	if (rc)
		return rc;
	*out = (struct guest_irq_message){ .address = m.address, .data = m.data, .rte = m.rte };
	if (q->kind == IOMMU_IRQ_IOAPIC)
		as_message(m.rte, out);
	else if (one)
		out->data += n;
	return IOMMU_OK;
}

void guest_irq_status(const struct guest *g, uint32_t unit, struct guest_irq_status *out)
{
	struct iommu_irq_status st = { 0 };

	if (guest_unit_known(g, unit))
		iommu_irq_status(&g->unit[unit], &st);
	*out = (struct guest_irq_status){ .installed = st.installed,
					  .on = st.on,
					  .x2apic = st.x2apic,
					  .entry_bytes = st.entry_bytes,
					  .entries = st.entries,
					  .sources = st.sources,
					  .held = st.held,
					  .quarantined = st.quarantined,
					  .invalidations = st.invalidations };
}

bool guest_irq_moving(const struct guest *g, uint32_t unit, uint16_t rid)
{
	for (uint32_t i = 0; i < GUEST_IRQS; i++) {
		const struct iommu_irq *q = &g->irq[i];

		if (q->state != IOMMU_IRQ_IDLE && q->state != IOMMU_IRQ_HELD && q->source &&
		    q->source->unit == &g->unit[unit] && q->source->rid == rid)
			return true;
	}
	return false;
}
