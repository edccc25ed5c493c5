/*
 * Posted interrupts: kept in a descriptor in memory, with one notification until software has looked.
 * Implements 5.2 "Interrupt Posting" and 9 "Posted Interrupt Descriptor".
 *
 * The update is one step here, as the specification asks for one atomic, snooped access.
 */
#include "unit.h"

static bool reserved(const struct vtd_unit *v, const uint64_t *pid)
{
	return pid[4] & (VTD_PID4_RSVD | (v->ir.eime ? 0 : VTD_PID4_RSVD_XAPIC)) || pid[5] ||
	       pid[6] || pid[7];
}

static bool load(const struct vtd_xl *xl, uint64_t at, struct vtd_pid *pid)
{
	struct sim *s = xl->v->u.sim;
	const struct port port = { .master = SIM_MASTER_MSI, .view = MEM_VIEW_CPU, .probe = true };

	if (xl->cache) {
		if (!bus_read(s, xl->v->u.index, SIM_MASTER_MSI, at, pid, sizeof(*pid)))
			return false;
		trace_entry(s, &xl->port, SIM_ENTRY_PID, at, pid->q, 8);
		return true;
	}
	for (unsigned i = 0; i < 8; i++)
		if (!bus_read64(s, &port, at + 8ul * i, &pid->q[i]))
			return false;
	return true;
}

static void notify(const struct vtd_xl *xl, uint64_t q4)
{
	uint64_t dest =
		xl->v->ir.eime ? FIELD_GET(VTD_PID4_NDST, q4) : FIELD_GET(VTD_PID4_NDST_XAPIC, q4);

	msi_send_remapped(xl->v->u.sim, xl->v->u.index, xl->rq->rid, SIM_MSI_ADDR(dest, 0, 0),
			  (uint32_t)FIELD_GET(VTD_PID4_NV, q4));
}

/* Sets the vector's bit, and ON when software is to be told. */
static bool update(struct vtd_xl *xl, uint64_t at, struct vtd_pid *pid, uint32_t vector,
		   bool urgent)
{
	struct sim *s = xl->v->u.sim;
	bool tell = !(pid->q[4] & VTD_PID4_ON) && (urgent || !(pid->q[4] & VTD_PID4_SN));

	pid->q[vector / 64] |= BIT64(vector % 64);
	if (tell)
		pid->q[4] |= VTD_PID4_ON;
	if (!bus_write(s, xl->v->u.index, SIM_MASTER_MSI, at, pid, 5 * sizeof(pid->q[0])))
		return false;
	trace_entry(s, &xl->port, SIM_ENTRY_PID, at, pid->q, 5);
	if (tell)
		notify(xl, pid->q[4]);
	return true;
}

uint8_t vtd_post(struct vtd_xl *xl, const uint64_t *q)
{
	uint64_t at = vtd_post_descriptor(q);
	uint32_t vector = (uint32_t)FIELD_GET(VTD_PIRTE0_VV, q[0]);
	struct vtd_pid pid;

	xl->x->posted = true; /* from here on the descriptor decides, not the entry */
	if (!load(xl, at, &pid))
		return VTD_FR_IR_PID_ACCESS;
	if (reserved(xl->v, pid.q))
		return VTD_FR_IR_PID_RSVD;
	xl->x->pa = at;
	xl->x->data = vector;
	if (xl->cache && !update(xl, at, &pid, vector, q[0] & VTD_PIRTE0_URG))
		return VTD_FR_IR_PID_ACCESS;
	return 0;
}
