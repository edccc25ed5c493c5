/*
 * Ring registers: base, head and tail of the command buffer and the event logs.
 * Implements 48882 3.3 "Command Buffer Base", "Event Log Base" and their pointers. Base and length are sampled when the
 * ring's Run bit rises.
 *
 * Policy where the specification calls it undefined: what may not be written now is ignored, and said so.
 */
#include "unit.h"

const struct amdvi_ring_regs amdvi_ring_regs[AMDVI_RINGS] = {
	[AMDVI_RING_CMD] = { AMDVI_REG_CMDBUF, AMDVI_REG_CMD_HEAD, AMDVI_REG_CMD_TAIL,
			     AMDVI_STATUS_CMDBUFRUN },
	[AMDVI_RING_EVT] = { AMDVI_REG_EVTLOG, AMDVI_REG_EVT_HEAD, AMDVI_REG_EVT_TAIL,
			     AMDVI_STATUS_EVENTLOGRUN },
	[AMDVI_RING_EVT_B] = { AMDVI_REG_EVTLOG_B, AMDVI_REG_EVT_HEAD_B, AMDVI_REG_EVT_TAIL_B,
			       AMDVI_STATUS_EVENTLOGRUN },
};

static uint32_t bytes_of(uint64_t base)
{
	return 1u << AMDVI_RING_LG2_BYTES(FIELD_GET(AMDVI_RING_LEN, base));
}

static bool runs(const struct amdvi_unit *a, unsigned ring)
{
	return (amdvi_status(a) & amdvi_ring_regs[ring].run) != 0;
}

void amdvi_ring_sample(struct amdvi_unit *a, unsigned ring)
{
	uint64_t base = reg_get(&a->u.regs, amdvi_ring_regs[ring].base);

	a->ring[ring].base = base & AMDVI_RING_BASE;
	a->ring[ring].bytes = bytes_of(base);
}

static void refuse(struct amdvi_unit *a, uint32_t off, const struct reg_write *w, enum complaint id)
{
	reg_set(&a->u.regs, off, w->old);
	complain(a->u.sim, a->u.index, id, w->raw);
}

void amdvi_ring_base_wrote(void *owner, const struct reg_write *w)
{
	struct amdvi_unit *a = owner;
	const struct amdvi_ring_regs *r = &amdvi_ring_regs[w->index];

	if (runs(a, w->index)) {
		refuse(a, r->base, w, COMPLAINT_RING_WHILE_RUNNING);
	} else if (FIELD_GET(AMDVI_RING_LEN, w->now) < AMDVI_RING_LEN_MIN) {
		refuse(a, r->base, w, COMPLAINT_RING_LENGTH);
	} else if (!amdvi_reads_as(a, SIM_AMDVI_BASE_KEEPS_POINTERS)) {
		reg_set(&a->u.regs, r->head, 0);
		reg_set(&a->u.regs, r->tail, 0);
	}
}

static void told(struct amdvi_unit *a, const struct reg_write *w)
{
	const struct amdvi_ring *r = &a->ring[AMDVI_RING_CMD];

	if (a->u.sim->watch && runs(a, AMDVI_RING_CMD))
		oracle_told(a->u.sim, &a->u, r->base, w->old, w->now, r->bytes,
			    sizeof(struct amdvi_cmd));
	cmdq_kick(&a->q);
}

void amdvi_ring_ptr_wrote(void *owner, const struct reg_write *w)
{
	struct amdvi_unit *a = owner;
	unsigned ring = w->index % AMDVI_RINGS;
	bool tail = w->index >= AMDVI_RINGS, hardware = tail == (ring != AMDVI_RING_CMD);
	const struct amdvi_ring_regs *r = &amdvi_ring_regs[ring];
	uint32_t off = tail ? r->tail : r->head;

	if (hardware && runs(a, ring))
		refuse(a, off, w, COMPLAINT_RING_WHILE_RUNNING);
	else if (w->now >= bytes_of(reg_get(&a->u.regs, r->base)))
		refuse(a, off, w, COMPLAINT_POINTER_BEYOND_RING);
	else if (ring == AMDVI_RING_CMD && tail)
		told(a, w);
}
