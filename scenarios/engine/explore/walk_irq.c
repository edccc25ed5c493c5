/*
 * Random walks: interrupts. What a message has to come to is known from the last thing said of its entry.
 */
#include <string.h>

#include "walk_own.h"

#define SENDERS 3 /* devices with interrupts: all but the disk */

static uint32_t sender(uint32_t n)
{
	static const uint32_t dev[SENDERS] = { 0, 1, FAR };

	return dev[n % SENDERS];
}

/* The unit remaps interrupts and starts, and the devices behind it are sources. */
void emit_irq_setup(struct emit *e, uint32_t unit)
{
	static const char *const verbs[] = { "init", "irq-setup", "start" };

	for (uint32_t i = 0; i < 3; i++)
		set_unit(e, emit(e, verbs[i]), unit);
	for (uint32_t i = 0; i < SENDERS; i++)
		if (unit_of(e->m, sender(i)) == unit)
			tree_set_number(e->t, emit(e, "irq-source"), "dev",
					device_handle(sender(i)));
	set_unit(e, emit(e, "irq-enable"), unit);
}

static struct tree_node *emit_of(struct emit *e, const char *verb, uint32_t irq)
{
	struct tree_node *n = emit(e, verb);

	tree_set_number(e->t, n, "irq", irq);
	return n;
}

static void emit_alloc(struct emit *e, uint32_t irq, const struct call *c)
{
	struct irq *q = e->m->irq + irq;
	struct tree_node *n = emit_of(e, "irq-alloc", irq);

	memset(q, 0, sizeof(*q));
	q->dev = sender(c->dev);
	q->count = 1 + c->draw / 16 % ENTRIES;
	tree_set_number(e->t, n, "dev", device_handle(q->dev));
	tree_set_string(e->t, n, "kind", "msix");
	tree_set_number(e->t, n, "count", q->count);
}

/* An entry delivers to another place, or nothing any more. */
static void emit_set(struct emit *e, uint32_t irq, const struct call *c)
{
	struct irq *q = e->m->irq + irq;
	uint32_t at = c->draw / 16 % q->count;
	struct tree_node *n = emit_of(e, "irq-set", irq);

	tree_set_number(e->t, n, "n", at);
	q->vector[at] = c->draw / 64 % 5 ? 0x30 + c->draw / 320 % 0xc0 : 0;
	q->dest[at] = 1 + c->draw / 65536 % 7;
	if (!q->vector[at]) {
		tree_set_flag(e->t, n, "block");
		return;
	}
	tree_set_number(e->t, n, "vector", q->vector[at]);
	tree_set_number(e->t, n, "destination", q->dest[at]);
}

void emit_irq(struct emit *e, const struct call *c)
{
	uint32_t irq = c->ticket % IRQS;

	if (!e->m->remaps)
		return;
	if (!e->m->irq[irq].count) {
		emit_alloc(e, irq, c);
		return;
	}
	if (c->draw % 8) {
		emit_set(e, irq, c);
		return;
	}
	(void)emit_of(e, "irq-free", irq);
	e->m->irq[irq].count = 0;
}

void emit_msi(struct emit *e, const struct call *c)
{
	const struct irq *q = e->m->irq + c->ticket % IRQS;
	uint32_t at = q->count ? c->draw % q->count : 0;
	struct tree_node *n;

	if (!e->m->remaps || !q->count || e->m->asleep[unit_of(e->m, q->dev)])
		return;
	n = emit_of(e, "msi", c->ticket % IRQS);
	tree_set_number(e->t, n, "dev", device_handle(q->dev));
	tree_set_number(e->t, n, "n", at);
	if (!q->vector[at]) {
		tree_set_string(e->t, n, "expect", "fault");
		return;
	}
	tree_set_number(e->t, n, "vector", q->vector[at]);
	tree_set_number(e->t, n, "destination", q->dest[at]);
}

void emit_irq_end(struct emit *e)
{
	for (uint32_t i = 0; i < IRQS; i++)
		if (e->m->irq[i].count)
			(void)emit_of(e, "irq-free", i);
	for (uint32_t i = 0; i < SENDERS; i++)
		tree_set_number(e->t, emit(e, "irq-source-remove"), "dev",
				device_handle(sender(i)));
	for (uint32_t i = 0; i < e->m->units; i++) {
		set_unit(e, emit(e, "irq-disable"), i);
		set_unit(e, emit(e, "irq-teardown"), i);
	}
}
