/*
 * AMD-Vi registers that answer at once: just enough for the driver to start and to see its waits complete.
 */
#include "hw/amdvi.h"
#include "plain.h"

#define CMD_ON (AMDVI_CONTROL_IOMMUEN | AMDVI_CONTROL_CMDBUFEN)
#define LOG_ON (AMDVI_CONTROL_IOMMUEN | AMDVI_CONTROL_EVENTLOGEN)

/* Run bits are up as soon as their enables are. */
static uint64_t run_bits(uint64_t control)
{
	return ((control & CMD_ON) == CMD_ON ? AMDVI_STATUS_CMDBUFRUN : 0) |
	       ((control & LOG_ON) == LOG_ON ? AMDVI_STATUS_EVENTLOGRUN : 0);
}

static uint64_t reg_read(struct plain *p, uint32_t off)
{
	switch (off) {
	case AMDVI_REG_CONTROL:
		return p->control;
	case AMDVI_REG_EFR:
		return AMDVI_EFR_IASUP;
	case AMDVI_REG_STATUS:
		return run_bits(p->control);
	case AMDVI_REG_CMD_HEAD:
	case AMDVI_REG_CMD_TAIL:
		return p->head;
	default:
		return 0;
	}
}

static void reg_write(struct plain *p, uint32_t off, uint64_t val)
{
	if (off == AMDVI_REG_CONTROL) {
		p->control = val;
	} else if (off == AMDVI_REG_CMDBUF) {
		p->ring = val & AMDVI_RING_BASE;
		p->ring_bytes = UINT64_C(1) << AMDVI_RING_LG2_BYTES(FIELD_GET(AMDVI_RING_LEN, val));
		p->head = 0;
	} else if (off == AMDVI_REG_CMD_TAIL) {
		plain_consume(p, val);
	}
}

static uint64_t status(const uint64_t *command, uint64_t *val, uint32_t *bytes)
{
	if (FIELD_GET(AMDVI_CMD0_OP, command[0]) != AMDVI_OP_COMPLETION_WAIT ||
	    !(command[0] & AMDVI_CWC0_S))
		return 0;
	*val = command[1];
	*bytes = 8;
	return command[0] & AMDVI_CWC0_STOREADDR;
}

const struct plain_regs plain_amdvi = { reg_read, reg_write, status };
