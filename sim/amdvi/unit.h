/*
 * An AMD-Vi unit: host (v1) translation.
 *
 * One file per noun: caps.c what it can, regs.c its registers, pci.c its PCI function, control.c enables and run bits,
 * ring.c ring registers, xlat.c a request's way through it, dte.c and walk.c the tables, range.c special address ranges,
 * tlb.c translations kept, inval.c what invalidation removes, cmd.c and cmd_exec.c the command buffer, event.c events and
 * log.c where they go, irq.c the unit's own messages, ir.c interrupts of devices and their entries.
 *
 * Level 0 of caches and results is the specification's level 1 (4 KiB pages), up to level 5, its level 6.
 */
#ifndef SIM_AMDVI_UNIT_H
#define SIM_AMDVI_UNIT_H

#include "../cmdq.h"
#include "../machine.h"
#include "hw/amdvi.h"
#include "iommusim/amdvi.h"

/* Capabilities in the form the model uses them; from the configuration by amdvi_caps_init. */
struct amdvi_caps {
	uint32_t cap, misc0;
	uint64_t efr, efr2;
	uint64_t dte_rsvd[4];
	uint32_t max_mode; /* host levels */
	uint32_t segments_lg2;
	uint32_t dual; /* AMDVI_DUALSUP_ of the event log */
	uint32_t readings;
	bool iotlb, np, ia, prefetch, he, ha, hd, msi_mmio, ht_ignore, ht_ats_reserved, unsnooped;
	bool ga, xt, many_interrupts;
};

enum {
	AMDVI_RING_CMD = 0,
	AMDVI_RING_EVT,   /* log A */
	AMDVI_RING_EVT_B, /* log B */
	AMDVI_RINGS
};

/* A ring as sampled when its Run bit rose. */
struct amdvi_ring {
	uint64_t base;
	uint32_t bytes;
};

/* What the unit last saw of a DomainID. */
struct amdvi_domain {
	uint64_t tables; /* root, mode and permissions of a device table entry, 0: none */
	uint16_t rid;
};

#define AMDVI_IDS 65536u /* DeviceIDs, and DomainIDs */

struct amdvi_unit {
	struct unit u; /* first */
	struct amdvi_caps caps;
	struct port port;   /* of table reads that need not snoop */
	struct regfile pci; /* configuration space */
	bool on;            /* IommuEn */
	bool fast;          /* caches may be looked at in passing */
	struct timer run;   /* Run bits follow Control */
	bool cmd_stop;      /* an enable of the command buffer fell */
	bool cmd_draining;  /* and Run falls when the window is empty */
	bool cmd_error;     /* latched until CmdBufEn falls */
	bool cmd_bad;       /* the next command is in error: it waits for those before it */
	bool log_stop;      /* an enable of the event log fell */
	bool log_lost;      /* stopped by overflow: what comes is lost */
	struct timer iotlb; /* InvTimeOut of the first command to give up */
	struct timer late;  /* an entry that the log's tail counts already */
	uint64_t late_pa;
	struct amdvi_event late_event;
	struct timer message; /* the unit's own interrupt */
	uint32_t messages;    /* not yet sent */
	struct cmdq q;
	struct amdvi_ring ring[AMDVI_RINGS];
	uint32_t sized; /* bit n: fractures of level n of encoded-size pages were cached */
	struct amdvi_domain *domain;
	uint16_t *domain_of; /* by DeviceID */
};

static inline struct amdvi_unit *amdvi_of(struct unit *u)
{
	return (struct amdvi_unit *)u;
}

static inline uint64_t amdvi_control(const struct amdvi_unit *a)
{
	return reg_get(&a->u.regs, AMDVI_REG_CONTROL);
}

static inline uint64_t amdvi_status(const struct amdvi_unit *a)
{
	return reg_get(&a->u.regs, AMDVI_REG_STATUS);
}

static inline bool amdvi_reads_as(const struct amdvi_unit *a, enum sim_amdvi_reading reading)
{
	return (a->caps.readings & (uint32_t)reading) != 0;
}

/* ---- caps.c ---- */

void amdvi_caps_init(struct amdvi_caps *c, const struct sim_amdvi_config *config);

/* ---- regs.c ---- */

/* Adds every register the capabilities call for. */
int amdvi_regs_init(struct amdvi_unit *a);

/* ---- pci.c ---- */

void amdvi_pci_reset(struct amdvi_unit *a);
int amdvi_pci_init(struct amdvi_unit *a, const struct sim_amdvi_config *config);
void amdvi_msi_wrote(void *owner,
		     const struct reg_write *w); /* a register that mirrors the MSI capability */

extern const struct unit_ops amdvi_ops; /* unit.c */

/* ---- control.c ---- */

void amdvi_control_init(struct amdvi_unit *a);
void amdvi_control_wrote(void *owner, const struct reg_write *w);
void amdvi_devtab_wrote(void *owner, const struct reg_write *w);
void amdvi_excl_wrote(void *owner, const struct reg_write *w);

/* Sets a status bit; a message follows when the bit was 0 and `enable` is set in Control. */
void amdvi_status_set(struct amdvi_unit *a, uint64_t bit, uint64_t enable);

/* Takes status bits back without any effect. */
void amdvi_status_clear(struct amdvi_unit *a, uint64_t bits);

/* The window of commands may have become empty: a stop waits for that. */
void amdvi_control_drained(struct amdvi_unit *a);

/* ---- ring.c ---- */

/* Registers of a ring; `index` of their rows is the ring, plus AMDVI_RINGS for the tail. */
struct amdvi_ring_regs {
	uint32_t base, head, tail;
	uint64_t run;
};

extern const struct amdvi_ring_regs amdvi_ring_regs[AMDVI_RINGS];

void amdvi_ring_base_wrote(void *owner, const struct reg_write *w);
void amdvi_ring_ptr_wrote(void *owner, const struct reg_write *w);
void amdvi_ring_sample(struct amdvi_unit *a, unsigned ring);

/* ---- irq.c ---- */

void amdvi_irq_init(struct amdvi_unit *a);
void amdvi_irq(struct amdvi_unit *a);

/* ---- log.c ---- */

enum amdvi_logged {
	AMDVI_LOGGED = 0,
	AMDVI_LOG_LOST, /* overflow */
	AMDVI_LOG_OFF   /* not running, or the write failed */
};

/* An event happened: latched by the hardware event registers if it is a hardware error, and written to the log. */
enum amdvi_logged amdvi_log(struct amdvi_unit *a, uint64_t q0, uint64_t q1);

/* The log starts: both overflow bits go, log A (or the one chosen) is active. */
void amdvi_log_start(struct amdvi_unit *a);
void amdvi_log_init(struct amdvi_unit *a);

/* ---- xlat.c ---- */

/*
 * A request on its way. `cache` is the unit when caches may be used and filled and events be told, NULL for a probe.
 */
struct amdvi_xl {
	const struct amdvi_unit *a;
	struct amdvi_unit *cache;
	const struct sim_request *rq;
	struct sim_xlat *x;
	struct port port; /* of reads that need not snoop */
	struct mem_window direct;
	uint64_t q[4]; /* device table entry; q[2], q[3] are read for interrupts only */
	uint64_t dte_at;
	uint16_t domain;
	bool interrupt;
	bool sup_iopf; /* its remapping entry logs no fault */
	bool quiet;    /* prefetch: nothing is told */
};

void amdvi_translate(struct unit *u, const struct sim_request *rq, struct sim_xlat *x);
void amdvi_probe(const struct unit *u, const struct sim_request *rq, enum mem_view view,
		 struct sim_xlat *x);

/* Recomputes `fast` after anything it depends on changed. */
void amdvi_update_fast(struct amdvi_unit *a);

void amdvi_speculate(struct unit *u, uint16_t rid, uint64_t addr);

/* Translates ahead of use; nothing is told when that fails. */
void amdvi_prefetch(struct amdvi_unit *a, uint16_t rid, uint64_t addr);

/* Permission bits an access needs: bit 0 read, bit 1 write. */
static inline uint8_t amdvi_needs(const struct sim_request *rq)
{
	return rq->access == SIM_WRITE ? 2 : rq->access == SIM_ATOMIC ? 3 : 1;
}

/* IR and IW stand in the same bits of device table entries and page table entries. */
static inline uint8_t amdvi_perm(uint64_t word)
{
	return (uint8_t)(word >> 61 & 3);
}

static inline uint64_t amdvi_perm_bits(uint8_t perm)
{
	return (uint64_t)perm << 61;
}

/* ---- event.c ---- */

/* The request fails with event `code`; `flags` without RW and TR, which follow from the request. */
void amdvi_fault(struct amdvi_xl *xl, uint8_t code, uint64_t flags, uint64_t addr);

/* TYPE of an invalid device request. */
void amdvi_invalid(struct amdvi_xl *xl, unsigned type);

/* TYPE_HW of the access to `pa` that just failed. */
uint64_t amdvi_hw_type(const struct sim *s, uint64_t pa);

/* ---- dte.c ---- */

/* Cached device table entry: flags beside TC_*. */
#define AMDVI_DTE_PLAIN (TC_OWNER << 0)  /* nothing but host translation decides */
#define AMDVI_DTE_LOGGED (TC_OWNER << 1) /* a page fault of the device was logged: SE */

/* Reads the entry of the request's device. false: the request has failed. */
bool amdvi_dte(struct amdvi_xl *xl);

/* The request goes by a cached entry, of the DMA half. */
void amdvi_dte_use(struct amdvi_xl *xl, const struct tc_entry *dma);

/* The cached entry of the device, NULL when there is none. */
struct tc_entry *amdvi_dte_cached(struct amdvi_unit *a, uint16_t rid);

/* An entry with V = 1 breaks a rule; *rz: a reserved bit, not an encoding. */
bool amdvi_dte_illegal(const struct amdvi_caps *c, const uint64_t *q, bool *rz);

/* ---- range.c ---- */

/* The request is for a special range and is settled. */
bool amdvi_range(struct amdvi_xl *xl);

/* [first, last] touches the MSI range or a HyperTransport range that is special here. */
bool amdvi_range_special(const struct amdvi_caps *c, uint64_t first, uint64_t last);

static inline bool amdvi_in_msi_range(uint64_t addr)
{
	return addr >= AMDVI_INTR_FIRST && addr <= AMDVI_INTR_LAST;
}

/* ---- ir.c ---- */

/*
 * The interrupt cache holds the interrupt halves of device table entries, by DeviceID, and remapping entries, by DeviceID and
 * index (SIM_INDEX_ADDR): these have the bit in their look-up and invalidation tags.
 */
#define AMDVI_IRTE_TAG(rid) (1u << 16 | (uint32_t)(rid))
#define AMDVI_IRTE_WIDE (TC_OWNER << 0) /* of 128 bits */

/* A request to the MSI range, untranslated or pre-translated; a write to the HyperTransport interrupt range. */
void amdvi_interrupt(struct amdvi_xl *xl);
void amdvi_ht_interrupt(struct amdvi_xl *xl);

/* What a line of the interrupt cache means. */
void amdvi_ir_describe(const struct amdvi_unit *a, const struct tc_entry *e,
		       struct sim_cache_line *out);

/* ---- walk.c ---- */

/* What a walk found. */
struct amdvi_walk {
	uint8_t code;   /* AMDVI_EV_, 0: translated */
	uint8_t lg2;    /* size of the page */
	uint8_t perm;   /* of the tables alone */
	bool absent;    /* failed at an entry with PR = 0 */
	bool barred;    /* failed because the tables give no permission at all */
	bool dirty;     /* D is set in the leaf now */
	uint64_t flags; /* of the event */
	uint64_t page;  /* address of the piece of level x->level */
};

/*
 * Walks the host tables for an address below the mode's width. x->level, x->entry_pa and x->entry are set. Permission is
 * checked for untranslated requests only.
 */
void amdvi_walk(struct amdvi_xl *xl, struct amdvi_walk *w);

/* log2 of the size encoded in an address, 0 when bits 51:12 are all ones. */
unsigned amdvi_encoded_lg2(uint64_t addr);

/* ---- tlb.c ---- */

/* Cached translation: flags beside TC_*. q[1] is the table entry. */
#define AMDVI_TLB_CLEAN (TC_OWNER << 0) /* D is kept and not set: a write has to walk */
#define AMDVI_TLB_SIZED (TC_OWNER << 1) /* piece of a page of encoded size */

/* Reason of a negative entry: present without permission, not absent. */
#define AMDVI_TLB_BARRED 1

void amdvi_tlb_fill(struct amdvi_xl *xl, const struct amdvi_walk *w);

/* ---- inval.c ---- */

void amdvi_inval_dte(struct amdvi_unit *a, uint16_t rid);
void amdvi_inval_interrupts(struct amdvi_unit *a, uint16_t rid);
void amdvi_inval_pages(struct amdvi_unit *a, uint16_t domain, uint64_t addr, bool sized, bool pde);
void amdvi_inval_all(struct amdvi_unit *a);

/* Range of an address with size encoding (`sized`) or of one page. */
void amdvi_inval_range(uint64_t addr, bool sized, uint64_t *first, uint64_t *last);

/* ---- command.c ---- */

/* A command in the oracle's words, and what is sure to remove a line; false: nothing software can give. */
void amdvi_command(const struct unit *u, const uint64_t *q, struct sim_invalidation *out);
bool amdvi_needed(const struct unit *u, const struct sim_cache_line *line,
		  struct sim_invalidation *out);

/* ---- cmd.c ---- */

void amdvi_cmd_init(struct amdvi_unit *a);
void amdvi_devtlb_answer(struct unit *u, uint16_t rid, uint32_t tag, bool ok);

/* ---- cmd_exec.c ---- */

/* An encoded size of all ones has no 0 that would tell the size: a complaint. */
void amdvi_complain_ones(struct amdvi_unit *a, uint64_t addr, bool sized);

/* The unit accepts the command. */
bool amdvi_cmd_legal(const struct amdvi_unit *a, const uint64_t *q);

/* Carries out a command that completes at once. */
void amdvi_cmd_exec(struct amdvi_unit *a, const struct cmd *cmd);

#endif
