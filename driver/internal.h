/*
 * What the parts of the driver share: the operations a vendor provides, and the helpers every file uses.
 *
 * The core (driver/ itself and driver/pt) speaks of units, domains and entries of some format; what a register, a
 * context entry or an invalidation command looks like is known to the vendor's folder alone.
 */
#ifndef DRIVER_INTERNAL_H
#define DRIVER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommu/driver.h"
#include "iommu/inspect.h"
#include "iommu/irq.h"
#include "iommu/plat.h"

struct pt_format;

/* The only functions the driver expects from its surroundings, as every compiler does of a freestanding program. */
void *memset(void *s, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);

#define PAGE_SIZE_BYTES UINT64_C(4096)

/* `addr` needs more than `bits` bits; 64 are as good as any. */
static inline bool addr_beyond(uint64_t addr, uint32_t bits)
{
	return bits < 64 && addr >> bits;
}

/* What one unit can walk. */
struct iommu_walk_caps {
	uint32_t top_levels; /* bit n set: the root table may be at level n */
	uint32_t addr_bits;  /* widest IOVA */
	uint32_t page_sizes; /* bit n set: leaves at level n */
	uint32_t phys_bits;  /* widest physical address */
	struct iommu_hole hole[IOMMU_HOLES];
	bool flush; /* table memory must be flushed */
	bool join;  /* neighbouring entries may form one page: pt_format.joined */
};

/* Where the walk of a requester's address goes on. */
struct iommu_walk_root {
	uint64_t table;     /* 0: no page table; w->result says what that means */
	uint32_t level;     /* of its entries */
	uint32_t addr_bits; /* widest address translated */
};

/* Entries of [first, last] were changed. */
struct iommu_inval {
	uint64_t first, last;
	uint32_t level; /* largest page size among the changed leaves */
	bool upper;     /* non-leaf entries changed as well */
};

/* Interrupt remapping, as a vendor does it. u->irq is set in all but `check`; `index` counts the entries of a table. */
struct iommu_irq_ops {
	bool per_source; /* each source has a table of its own, else the unit has one */

	/* Can the unit do it? Fills in what the caller left to the driver. */
	int (*check)(const struct iommu_unit *u, struct iommu_irq_desc *desc);
	uint32_t (*entry_bytes)(const struct iommu_unit *u);
	int (*build)(struct iommu_unit *u);
	void (*release)(struct iommu_unit *u);
	int (*on)(struct iommu_unit *u);
	int (*off)(struct iommu_unit *u);

	int (*source_check)(const struct iommu_unit *u, const struct iommu_irq_source *src);
	int (*source_add)(struct iommu_irq_source *src);
	int (*source_remove)(struct iommu_irq_source *src);

	int (*target_check)(const struct iommu_irq_source *src,
			    const struct iommu_irq_target *target);
	/* Stores the entry; NULL: it blocks. True when hardware may hold what it said before. */
	bool (*write)(const struct iommu_irq_source *src, uint32_t index,
		      const struct iommu_irq_target *target);
	bool (*read)(const struct iommu_irq_source *src, uint32_t index,
		     struct iommu_irq_target *target); /* false: it blocks */
	/* Makes changed entries effective; `stale` is what `write` said. *wait and AGAIN as for inval_start below */
	int (*inval)(struct iommu_irq_source *src, uint32_t first, uint32_t count, bool stale,
		     bool may_block, uint64_t *wait);
	void (*message)(const struct iommu_irq *irq, uint32_t index, struct iommu_irq_message *msg);
};

/*
 * What a vendor provides. All functions are called with the locks held and return IOMMU_OK or an error; a function that
 * meets a time-out marks the unit broken itself (iommu_unit_break). `slot` is the unit's index in the domain.
 */
struct iommu_ops {
	const struct pt_format *fmt;
	const struct iommu_irq_ops *irq;

	int (*init)(struct iommu_unit *u); /* reads the capabilities */
	int (*build)(struct iommu_unit *u);
	int (*program)(struct iommu_unit *u);
	int (*enable)(struct iommu_unit *u);
	int (*stop)(struct iommu_unit *u);
	int (*suspend)(struct iommu_unit *u); /* OK: off, and a global invalidation completed */
	int (*reset)(struct iommu_unit *u); /* OK: a global invalidation was observed to complete */
	int (*fault_event)(struct iommu_unit *u, uint32_t msi_addr, uint32_t msi_data);
	int (*fault_drain)(struct iommu_unit *u, struct iommu_fault *out, uint32_t max,
			   uint32_t *count, bool *lost);
	void (*status)(const struct iommu_unit *u, struct iommu_status *s);
	/* registers only, and none written; d is zero but for vendor and unit */
	void (*diag)(const struct iommu_unit *u, struct iommu_diag *d);
	/* reads what the tables say of a requester, without its page table */
	void (*walk_device)(const struct iommu_unit *u, uint16_t rid, struct iommu_walk *w,
			    struct iommu_walk_root *root);

	int (*walk_caps)(const struct iommu_unit *u, enum iommu_domain_kind kind,
			 struct iommu_walk_caps *caps);
	int (*attach)(struct iommu_domain *d, uint32_t slot, struct iommu_device *dev);
	/* OK: nothing is cached under the domain's id for the device, nor under the id itself */
	int (*detach)(struct iommu_domain *d, uint32_t slot, struct iommu_device *dev);
	void (*block)(struct iommu_unit *u, uint16_t rid); /* in memory: all it asks is refused */

	/*
	 * Issues the invalidation of a range. *wait is what inval_done and inval_wait take, 0 when it is complete
	 * already. IOMMU_E_AGAIN when !may_block and there is no room for the commands now.
	 */
	int (*inval_start)(struct iommu_domain *d, uint32_t slot, const struct iommu_inval *inval,
			   bool may_block, uint64_t *wait);
	int (*inval_done)(struct iommu_unit *u,
			  uint64_t wait); /* does not wait: OK, AGAIN or an error */
	int (*inval_wait)(struct iommu_unit *u, uint64_t wait);
	/* Entries of a range became present: makes them effective, waits. */
	int (*made_present)(struct iommu_domain *d, uint32_t slot, const struct iommu_inval *inval);

	/* What queue.c has to know: the command that writes queue.seq; the tail register; the errors */
	void (*queue_wait_command)(const struct iommu_unit *u, uint64_t word[2]);
	void (*queue_bell)(struct iommu_unit *u);
	int (*queue_check)(struct iommu_unit *u);
	/* optional; the status word moved on. When it raises the floor, what completed does not count */
	int (*queue_trust)(struct iommu_unit *u);
};

extern const struct iommu_ops intel_ops;
extern const struct iommu_ops amd_ops;
extern const struct iommu_irq_ops intel_irq_ops;
extern const struct iommu_irq_ops amd_irq_ops;

/* unit.c */
bool iommu_unit_live(const struct iommu_unit *u);
int iommu_unit_break(struct iommu_unit *u, int error, const char *why);
void iommu_log(const struct iommu_unit *u, enum iommu_log_level level, const char *text);
void iommu_lock_unit(const struct iommu_unit *u);
void iommu_unlock_unit(const struct iommu_unit *u);
/* A public call about a unit: refused for none and before initialisation, else made with the unit's lock held. */
int iommu_unit_locked(struct iommu_unit *u, int (*call)(struct iommu_unit *u));
uint32_t iommu_slot_of(const struct iommu_domain *d, const struct iommu_unit *u);

/*
 * The bound of a polling loop. A clock that stands still cannot end it, so turns without progress of the clock are
 * counted as well.
 */
struct deadline {
	uint64_t start_ns, last_ns;
	uint32_t still;
};

void deadline_start(const struct iommu_unit *u, struct deadline *dl);
bool deadline_passed(const struct iommu_unit *u, struct deadline *dl);

/* walk.c */
uint64_t walk_step(const struct iommu_unit *u, struct iommu_walk *w, enum iommu_walk_kind kind,
		   uint32_t level, uint64_t at);

/* kept.c */
void kept_start(struct iommu_unit *u);
bool kept_push(struct iommu_unit *u, const uint64_t raw[2]);
const uint64_t *kept_pop(struct iommu_unit *u);
bool kept_tell_loss(struct iommu_unit *u);

/* domain.c */
void iommu_lock_domain(const struct iommu_domain *d);
void iommu_unlock_domain(const struct iommu_domain *d);
int iommu_domain_usable(const struct iommu_domain *d);
void iommu_domain_unit_reset(struct iommu_domain *d, uint32_t slot);

/*
 * ats.c: devices that hold translations themselves, of a domain on a unit, of a unit. A silent one is none of them: it was
 * cut off, and what it holds is of no use to it (ats_cut_off).
 */
static inline bool ats_asked(const struct iommu_device *dev)
{
	return dev->ats && !dev->silent;
}

uint32_t ats_devices(const struct iommu_domain *d, uint32_t slot);
uint32_t ats_devices_of_unit(const struct iommu_unit *u);
void ats_each_device(struct iommu_unit *u,
		     void (*call)(struct iommu_unit *u, struct iommu_device *dev));
struct iommu_device *ats_find(const struct iommu_unit *u, uint16_t rid);
void ats_cut_off(struct iommu_unit *u, struct iommu_device *dev);

/* irq.c */
bool irq_on(const struct iommu_unit *u);
int irq_enable(struct iommu_unit *u);
int irq_disable(struct iommu_unit *u);
void iommu_irq_unit_reset(struct iommu_unit *u);

/* irqmap.c: which entries of a table are taken, one bit each */
uint32_t irq_map_find(const uint64_t *used, uint32_t entries, uint32_t count, uint32_t align);
void irq_map_mark(uint64_t *used, uint32_t first, uint32_t count, bool taken);

/* ids.c */
void ids_clear(struct iommu_unit *u, uint32_t count);
int ids_alloc(struct iommu_unit *u, uint32_t *id);
void ids_free(struct iommu_unit *u, uint32_t id);

/* pagelist.c: pages in the driver's hands, linked through their own first words */
void page_list_push(const struct iommu_plat *p, struct iommu_page_list *list, uint64_t pa);
uint64_t page_list_pop(const struct iommu_plat *p, struct iommu_page_list *list);
void page_list_join(const struct iommu_plat *p, struct iommu_page_list *to,
		    struct iommu_page_list *from);
int page_list_alloc(struct iommu_unit *owner, struct iommu_page_list *list, uint64_t count);
void page_list_free(struct iommu_unit *owner, struct iommu_page_list *list);
uint64_t page_list_take(struct iommu_unit *owner, struct iommu_page_list *list,
			enum iommu_sync how);
uint64_t table_page_alloc(struct iommu_unit *owner, enum iommu_sync how);
void table_page_free(struct iommu_unit *owner, uint64_t pa);

/* ticket.c */
int domain_invalidate(struct iommu_domain *d, const struct iommu_inval *inval, uint64_t pages,
		      struct iommu_page_list *tables);
int domain_made_present(struct iommu_domain *d, const struct iommu_inval *inval);
bool ticket_overlaps(const struct iommu_domain *d, uint64_t first, uint64_t last);

/* map.c */
int domain_check_range(const struct iommu_domain *d, uint64_t iova, uint64_t size);
bool iommu_in_hole(const struct iommu_geometry *geo, uint64_t first, uint64_t last);

static inline struct iommu_unit *domain_owner(const struct iommu_domain *d)
{
	return d->unit[0]; /* its platform provides the table pages, its statistics count them */
}

#endif
