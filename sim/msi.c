/*
 * The sink of message-signalled interrupts.
 */
#include "machine.h"

static void deliver(struct sim *s, const struct sim_msi *m)
{
	uint64_t addr = m->addr;

	if (inject_fires(s, m->unit, SIM_POINT_MSI_LOST, SIM_MASTER_MSI, addr, addr, NULL) ||
	    inject_fires(s, m->unit, SIM_POINT_BUS_WRITE_ABORT, SIM_MASTER_MSI, addr, addr + 3,
			 NULL))
		return;
	s->msi[s->msis++ % SIM_MSIS] = *m;
	trace(s, SIM_TRACE_MSI, m->unit, m->rid, m->from_unit, m->remapped, addr, m->data);
}

void msi_send(struct sim *s, uint32_t unit, bool from_unit, uint16_t rid, uint64_t addr,
	      uint32_t data)
{
	deliver(s, &(struct sim_msi){
			   .time_ns = s->clock.now_ns,
			   .addr = addr,
			   .data = data,
			   .unit = unit,
			   .rid = from_unit ? 0 : rid,
			   .from_unit = from_unit,
		   });
}

void msi_send_remapped(struct sim *s, uint32_t unit, uint16_t rid, uint64_t addr, uint32_t data)
{
	deliver(s, &(struct sim_msi){
			   .time_ns = s->clock.now_ns,
			   .addr = addr,
			   .data = data,
			   .unit = unit,
			   .rid = rid,
			   .remapped = true,
		   });
}

uint64_t sim_msi_count(const struct sim *s)
{
	return s->msis;
}

const struct sim_msi *sim_msi_get(const struct sim *s, uint64_t n)
{
	if (n >= s->msis || s->msis - n > SIM_MSIS)
		return NULL;
	return &s->msi[n % SIM_MSIS];
}
