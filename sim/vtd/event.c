/*
 * Event interrupts: fault events and invalidation completion events.
 * Implements 7.3 "Interrupt generated for DMA faults", 6.5.2 "Invalidation Wait Descriptor" and the event registers of
 * 11.4.7 and 11.4.9: control (IM, IP), data, address and upper address in a row.
 */
#include "unit.h"

static uint32_t ctl(const struct vtd_event *e)
{
	return (uint32_t)reg_get(&e->v->u.regs, e->ctl);
}

static void set_ip(struct vtd_event *e, bool ip)
{
	reg_set(&e->v->u.regs, e->ctl, (ctl(e) & ~VTD_FECTL_IP) | (ip ? VTD_FECTL_IP : 0));
}

static void send(void *arg)
{
	struct vtd_event *e = arg;
	const struct regfile *rf = &e->v->u.regs;
	uint64_t addr;

	if (!(ctl(e) & VTD_FECTL_IP) || ctl(e) & VTD_FECTL_IM)
		return;
	set_ip(e, false);
	if (e == &e->v->event[VTD_EVENT_INVAL] && e->v->u.sim->watch)
		oracle_messaged(e->v->u.sim, e->v->u.index);
	addr = reg_get(rf, e->ctl + VTD_EVENT_ADDR_OFF) | reg_get(rf, e->ctl + VTD_EVENT_UADDR_OFF)
								  << 32;
	msi_send(e->v->u.sim, e->v->u.index, true, 0, addr,
		 (uint32_t)reg_get(rf, e->ctl + VTD_EVENT_DATA_OFF));
}

void vtd_event_init(struct vtd_unit *v)
{
	static const uint32_t control[VTD_EVENTS] = { VTD_REG_FECTL, VTD_REG_IECTL };

	for (unsigned i = 0; i < VTD_EVENTS; i++) {
		v->event[i].v = v;
		v->event[i].ctl = control[i];
		timer_init(&v->event[i].timer, send, &v->event[i]);
	}
}

static void schedule(struct vtd_event *e)
{
	struct sim *s = e->v->u.sim;

	if (!(ctl(e) & VTD_FECTL_IM))
		sim_after(s, &e->timer, s->timing.event_ns);
}

void vtd_event_raise(struct vtd_unit *v, unsigned event)
{
	set_ip(&v->event[event], true);
	schedule(&v->event[event]);
}

void vtd_event_cleared(struct vtd_unit *v, unsigned event)
{
	set_ip(&v->event[event], false);
	clock_cancel(&v->u.sim->clock, &v->event[event].timer);
}

void vtd_event_flush(struct vtd_unit *v, unsigned event)
{
	struct vtd_event *e = &v->event[event];

	if (e->timer.set) {
		clock_cancel(&v->u.sim->clock, &e->timer);
		send(e);
	}
}

void vtd_event_ctl_wrote(void *owner, const struct reg_write *w)
{
	struct vtd_unit *v = owner;
	struct vtd_event *e = &v->event[w->index];

	/* Clearing IM while IP = 1 sends the held message. */
	if ((w->now & VTD_FECTL_IP) && !(w->now & VTD_FECTL_IM))
		schedule(e);
}

void vtd_ics_wrote(void *owner, const struct reg_write *w)
{
	if (!(w->now & VTD_ICS_IWC))
		vtd_event_cleared(owner, VTD_EVENT_INVAL);
}
