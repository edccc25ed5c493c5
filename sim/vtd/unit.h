/*
 * A VT-d unit in legacy mode.
 *
 * One file per noun: caps.c what it can, regs.c its registers, gcmd.c global commands, xlat.c a request's way through it,
 * context.c and walk.c the tables, inval.c what invalidation removes, reginval.c and qi.c who asks for it, fault.c and
 * event.c what it tells software, pmr.c protected memory; ir.c interrupts and their entries, ir_post.c posted ones.
 *
 * Level 0 is the specification's SS-PTE, 1 its SS-PDE, 2 SS-PDPE, 3 SS-PML4E, 4 SS-PML5E.
 */
#ifndef SIM_VTD_UNIT_H
#define SIM_VTD_UNIT_H

#include "../cmdq.h"
#include "../machine.h"
#include "hw/vtd.h"
#include "iommusim/vtd.h"

#define VTD_LEVELS 5

/* Capabilities in the form the model uses them; from VER, CAP, ECAP and HAW by vtd_caps_init. */
struct vtd_caps {
	uint32_t ver;
	uint64_t cap, ecap;
	uint32_t major;
	uint32_t haw, mgaw; /* bits */
	uint64_t host_rsvd; /* address bits >= HAW */
	uint32_t did_mask;
	uint32_t faults; /* fault recording registers */
	uint32_t fault_off, inval_off;
	uint64_t rsvd[VTD_LEVELS][2]; /* reserved bits of an entry with PS = 0 and 1, per level */
	uint64_t root_rsvd;           /* reserved bits of a root entry's low word */
	uint64_t ctx_rsvd[2];         /* of a context entry, the pointer apart */
	uint8_t tt_valid;             /* bit n: translation type n is supported */
	uint8_t sagaw, widest_aw;
	bool cm, rwbf, c, qi, dt, pt, psi, zlr, esrtps, adms, nwfs;
	bool ir, eim, pi, esirtps, eimer, irreq;
	uint32_t mamv, mhmv;
};

/* Why a request failed inside the tables, before it is judged by request class. */
struct vtd_ctx {
	uint64_t table; /* second-stage root */
	uint32_t did;
	uint8_t tt, aw;
	bool fpd;
};

/* One of the unit's two event interrupts, VT-d "Fault Event" and "Invalidation Completion Event". */
struct vtd_event {
	struct vtd_unit *v;
	uint32_t ctl; /* offset of its control register; data and address follow */
	struct timer timer;
};

enum {
	VTD_EVENT_FAULT = 0,
	VTD_EVENT_INVAL,
	VTD_EVENTS
};

struct vtd_qi {
	struct cmdq q;
	uint64_t base; /* latched from IQA at QIE */
	uint32_t bytes, desc_lg2;
	bool on; /* QIES */
	struct timer ite;
};

/* Interrupt remapping as it is in force, latched by SIRTP. */
struct vtd_ir {
	uint64_t table;
	uint32_t entries;
	bool set;    /* some SIRTP was carried out */
	bool eime;   /* destinations of 32 bits */
	bool on;     /* IRES */
	bool compat; /* CFIS */
};

struct vtd_unit {
	struct unit u; /* first */
	struct vtd_caps caps;
	struct port port; /* of table reads */
	/* in force, latched by SRTP */
	uint64_t root;
	uint8_t ttm;
	bool ssirwe, root_set;
	bool tes;
	bool tables; /* legacy tables decide, no further questions */
	bool fast;   /* and the IOTLB may be looked at in passing */
	struct timer gcmd_timer;
	uint32_t gcmd; /* GCMD fields in flight */
	struct timer reginval_timer;
	uint32_t reginval;        /* register whose command is in flight, 0: none */
	uint64_t reginval_number; /* the oracle's */
	struct timer pmen_timer;
	struct vtd_qi qi;
	struct vtd_ir ir;
	uint32_t fault_index; /* where the next fault is recorded */
	struct vtd_event event[VTD_EVENTS];
	uint64_t *did_table; /* by domain id: SSPTPTR | AW of a context entry seen, 0: none */
};

static inline struct vtd_unit *vtd_of(struct unit *u)
{
	return (struct vtd_unit *)u;
}

/* ---- caps.c ---- */

void vtd_caps_init(struct vtd_caps *c, const struct sim_vtd_config *config);

/* ---- regs.c ---- */

/* Adds every register the capabilities call for. */
int vtd_regs_init(struct vtd_unit *v, const struct sim_vtd_config *config);
uint32_t vtd_regs_bytes(const struct vtd_caps *c);

/* Registers whose place a capability gives lie on others: says which, NULL when none does. */
const char *vtd_regs_collision(const struct vtd_caps *c);

/* ---- gcmd.c ---- */

/*
 * Of GCMD, PMEN and the register-based invalidation one command may be in flight at a time: complains when `mine` (GCMD, PMEN,
 * or CCMD for both invalidation registers) is given one while another has not finished.
 */
void vtd_one_command(struct vtd_unit *v, uint32_t mine, uint64_t raw);
void vtd_gcmd_wrote(void *owner, const struct reg_write *w);
void vtd_gcmd_init(struct vtd_unit *v);

/* ---- xlat.c ---- */

void vtd_translate(struct unit *u, const struct sim_request *rq, struct sim_xlat *x);
void vtd_probe(const struct unit *u, const struct sim_request *rq, enum mem_view view,
	       struct sim_xlat *x);

void vtd_speculate(struct unit *u, uint16_t rid, uint64_t addr);

/* Recomputes `fast` after anything it depends on changed. */
void vtd_update_fast(struct vtd_unit *v);

/*
 * A request on its way. `cache` is the unit when caches may be used and filled, NULL for a probe.
 */
struct vtd_xl {
	const struct vtd_unit *v;
	struct vtd_unit *cache;
	const struct sim_request *rq;
	struct sim_xlat *x;
	struct port port;
	struct mem_window direct; /* of bus_direct */
	bool fpd;                 /* some entry met on the way has FPD set */
	uint32_t index;           /* of an interrupt: which entry */
	bool unmapped; /* pass-through or translated request: no paging entry was asked */
};

/* IOTLB entry flags beside TC_*. */
#define VTD_TLB_FPD (TC_OWNER << 0)
#define VTD_TLB_ATS (TC_OWNER << 1)      /* TT = 01b: translation requests allowed */
#define VTD_TLB_FRACTURE (TC_OWNER << 2) /* 4 KiB of a page that overlaps the interrupt range */

/* ---- context.c ---- */

/* Root and context entry of the request's source. Returns 0 or the fault reason; *ctx is valid when 0. */
uint8_t vtd_context(struct vtd_xl *xl, struct vtd_ctx *ctx);

/* ---- walk.c ---- */

/*
 * Second-stage walk. Returns 0 or the fault reason. x->pa is the page's base, x->level, x->perm, x->entry_pa, x->entry are
 * set. Permission is checked for untranslated requests only.
 */
uint8_t vtd_walk(struct vtd_xl *xl, const struct vtd_ctx *ctx);

/* 0 when `perm` allows the request, else SS_WRITE or SS_READ. An atomic that lacks both reports the write [policy]. */
static inline uint8_t vtd_permits(const struct vtd_caps *c, const struct sim_request *rq,
				  uint8_t perm)
{
	bool writes = rq->access == SIM_WRITE || rq->access == SIM_ATOMIC;

	if (writes && !(perm & VTD_SS_W))
		return VTD_FR_SS_WRITE;
	if (rq->access == SIM_WRITE || perm & VTD_SS_R)
		return 0;
	return rq->access == SIM_ZLR && c->zlr && perm & VTD_SS_W ? 0 : VTD_FR_SS_READ;
}

/* ---- ir.c ---- */

/* A write of 4 bytes without PASID to the interrupt range. */
void vtd_interrupt(struct vtd_xl *xl);

/* What a line of the interrupt entry cache means. */
void vtd_ir_describe(const struct vtd_unit *v, const struct tc_entry *e,
		     struct sim_cache_line *out);

/* The table in force, [*first, *last]; false: none is. */
bool vtd_ir_table(const struct unit *u, uint64_t *first, uint64_t *last);

/* ---- ir_post.c ---- */

/* Address of the descriptor a posted entry leads to. */
static inline uint64_t vtd_post_descriptor(const uint64_t *q)
{
	return FIELD_GET(VTD_PIRTE1_PDAH, q[1]) << 32 | FIELD_GET(VTD_PIRTE0_PDAL, q[0]) << 6;
}

/* Keeps the interrupt of entry q in its descriptor. Returns 0 or the fault reason. */
uint8_t vtd_post(struct vtd_xl *xl, const uint64_t *q);

/* ---- inval.c ---- */

enum vtd_granularity {
	VTD_GLOBAL = 1,
	VTD_DOMAIN = 2,
	VTD_NARROW = 3
}; /* CIRG, IIRG and the descriptors' G agree */

/* Each returns the granularity carried out, as CAIG and IAIG report it: never finer than asked for. */
enum vtd_granularity vtd_inval_context(struct vtd_unit *v, enum vtd_granularity g, uint32_t did,
				       uint16_t sid, uint32_t fm);
enum vtd_granularity vtd_inval_iotlb(struct vtd_unit *v, enum vtd_granularity g, uint32_t did,
				     uint64_t addr, uint32_t am, bool ih);
void vtd_inval_all(struct vtd_unit *v); /* what SRTP does with ESRTPS */

/*
 * RWBF = 1: an invalidation command flushes the root complex's write buffers first (VT-d 6.8 "Write Buffer Flushing"). What
 * SRTP and SIRTP invalidate by themselves is no command: nothing says that they flush.
 */
void vtd_drain(struct vtd_unit *v);

/* 2^im interrupt entries around `index`; all of them with `global`. */
void vtd_inval_interrupts(struct vtd_unit *v, bool global, uint32_t index, uint32_t im);

/* ---- command.c ---- */

/* Invalidations in the oracle's words: a descriptor, and the commands of the registers. */
void vtd_command(const struct unit *u, const uint64_t *q, struct sim_invalidation *out);
struct sim_invalidation vtd_command_context(const struct vtd_unit *v, unsigned g, uint32_t did,
					    uint16_t sid, uint32_t fm);
struct sim_invalidation vtd_command_iotlb(const struct vtd_unit *v, unsigned g, uint32_t did,
					  uint64_t addr, uint32_t am, bool ih);
struct sim_invalidation vtd_command_interrupts(bool global, uint32_t index, uint32_t im);

/* What is sure to remove a line; false: nothing that software can give. */
bool vtd_needed(const struct unit *u, const struct sim_cache_line *line,
		struct sim_invalidation *out);

/* ---- reginval.c ---- */

void vtd_ccmd_wrote(void *owner, const struct reg_write *w);
void vtd_iotlb_wrote(void *owner, const struct reg_write *w);
void vtd_reginval_init(struct vtd_unit *v);

/* ---- qi.c ---- */

void vtd_qi_init(struct vtd_unit *v);
void vtd_qi_enable(struct vtd_unit *v);
void vtd_qi_disable(struct vtd_unit *v);
void vtd_qi_reset(struct vtd_unit *v); /* as at power-on */
void vtd_qi_kick(
	struct vtd_unit
		*v); /* something may have become possible: IQT moved, an error was cleared */
void vtd_iqt_wrote(void *owner, const struct reg_write *w);
void vtd_iqa_wrote(void *owner, const struct reg_write *w);
void vtd_devtlb_answer(struct unit *u, uint16_t rid, uint32_t tag, bool ok);
void vtd_devtlb_silent(struct unit *u, uint32_t tag); /* it will never come */

/* ---- qi_exec.c ---- */

/* IQEI of a descriptor that is not acceptable here, 0 when it is. */
uint32_t vtd_desc_check(const struct vtd_unit *v, const uint64_t *q, uint32_t words);

/* Carries out an invalidation descriptor (types cc, iotlb and the 256-bit ones without effect in legacy mode). */
void vtd_desc_exec(struct vtd_unit *v, const struct cmd *cmd);

/* Range of a device-TLB invalidation, VT-d "Device-TLB Invalidate". */
void vtd_devtlb_range(uint64_t q1, uint64_t *first, uint64_t *last);

/* ---- fault.c ---- */

/* Judges x->reason by request class, sets outcome and records. */
void vtd_fault(struct vtd_xl *xl);
void vtd_fsts_wrote(void *owner, const struct reg_write *w);
void vtd_frcd_wrote(void *owner, const struct reg_write *w);

/* Sets IQE, ICE or ITE in FSTS with the fault event. */
void vtd_fault_status(struct vtd_unit *v, uint32_t bit);

/* ---- event.c ---- */

void vtd_event_init(struct vtd_unit *v);
void vtd_event_raise(struct vtd_unit *v, unsigned event);
void vtd_event_cleared(struct vtd_unit *v, unsigned event); /* every condition of it is 0 */
void vtd_event_flush(struct vtd_unit *v, unsigned event); /* a status read pushes out the message */
void vtd_event_ctl_wrote(void *owner, const struct reg_write *w);
void vtd_ics_wrote(void *owner, const struct reg_write *w);

/* ---- pmr.c ---- */

void vtd_pmr_init(struct vtd_unit *v);
void vtd_pmen_wrote(void *owner, const struct reg_write *w);
void vtd_pmr_wrote(void *owner, const struct reg_write *w);

/* True when [pa, pa + len) touches an active protected region. */
bool vtd_pmr_blocks(const struct vtd_unit *v, uint64_t pa, uint64_t len);
bool vtd_pmr_active(const struct vtd_unit *v);

#endif
