/*
 * Complaints: what the guest did that the architecture leaves undefined or forbids. Data, not asserts.
 * One table of rows (name, section, text) in complaint.c; the enum names them.
 */
#ifndef SIM_COMPLAINT_H
#define SIM_COMPLAINT_H

#include <stdint.h>

enum complaint {
	COMPLAINT_REG_WIDTH =
		0, /* access of another width or alignment than 4 or 8 bytes aligned */
	COMPLAINT_REG_UNIMPLEMENTED,     /* non-zero write where no register is */
	COMPLAINT_REG_RESERVED,          /* reserved register bits written with 1 */
	COMPLAINT_GCMD_TWO_FIELDS,       /* more than one field of GCMD changed by one write */
	COMPLAINT_GCMD_BUSY,             /* GCMD written while an earlier command is in flight */
	COMPLAINT_TE_WITHOUT_ROOT,       /* TE set before any SRTP */
	COMPLAINT_TTM_WHILE_ENABLED,     /* SRTP changes TTM while TES = 1 and ESRTPS = 0 */
	COMPLAINT_WBF_WITHOUT_RWBF,      /* WBF written although CAP.RWBF = 0 */
	COMPLAINT_QIE_PENDING,           /* queue disabled with descriptors or waits outstanding */
	COMPLAINT_QIE_TAIL,              /* queue enabled with IQT other than 0 */
	COMPLAINT_IQA_WHILE_ENABLED,     /* IQA changed while QIES = 1 */
	COMPLAINT_TAIL_BEYOND_QUEUE,     /* IQT outside the queue */
	COMPLAINT_REGINVAL_WHILE_QUEUED, /* CCMD or IOTLB command while QIES = 1 */
	COMPLAINT_TWO_COMMANDS, /* a command register written while another one's command is in flight */
	COMPLAINT_REGINVAL_BUSY, /* CCMD or IOTLB written while a register command is in flight */
	COMPLAINT_REGINVAL_GRANULARITY, /* reserved granularity, or not possible on this unit */
	COMPLAINT_IVA_AM,               /* IVA.AM above CAP.MAMV */
	COMPLAINT_PMR_WHILE_ENABLED,    /* protected memory registers written while PMEN.PRS = 1 */
	COMPLAINT_PMEN_BUSY,            /* PMEN written while an earlier change is in flight */
	COMPLAINT_DEVTLB_TES_OFF,       /* device-TLB invalidation while TES = 0 */
	COMPLAINT_WAIT_STATUS_ADDRESS,  /* wait status address is no RAM */
	COMPLAINT_DID_ZERO,             /* domain id 0 in a present context entry although CM = 1 */
	COMPLAINT_DID_TABLES, /* two context entries with one domain id and different tables or widths */
	COMPLAINT_PT_WIDTH, /* pass-through context entry without the largest supported AW */
	COMPLAINT_IRE_WITHOUT_TABLE,  /* IRE set before any SIRTP */
	COMPLAINT_IRTA_WHILE_ENABLED, /* SIRTP while IRES = 1 changes EIME, or ESIRTPS = 0 */
	/* AMD-Vi */
	COMPLAINT_CONTROL_RESERVED, /* reserved encoding in Control */
	COMPLAINT_CONTROL_WHILE_ENABLED, /* Coherent, DevTblSegEn, GAEn or XTEn changed while IommuEn = 1 */
	COMPLAINT_ENABLE_BEFORE_STOPPED, /* CmdBufEn or EventLogEn set again while its Run bit is 1 */
	COMPLAINT_DEVTAB_WHILE_ENABLED, /* device table base changed while IommuEn = 1 */
	COMPLAINT_RING_WHILE_RUNNING,  /* ring base, or hardware's pointer, written while it runs */
	COMPLAINT_RING_LENGTH,         /* reserved ring length */
	COMPLAINT_POINTER_BEYOND_RING, /* head or tail set outside its ring */
	COMPLAINT_ADDRESS_ALL_ONES,    /* size-encoded address without a 0 */
	COMPLAINT_DOMAIN_TABLES,       /* two entries of one DomainID with different tables */
	COMPLAINT_REMAP_NOT_MODELLED, /* IntCtl = 10b and an interrupt of the HyperTransport range */
	COMPLAINTS
};

struct sim;

/* Counts and traces one. `value` helps the reader: the offending value or address. */
void complain(struct sim *s, uint32_t unit, enum complaint id, uint64_t value);

#endif
