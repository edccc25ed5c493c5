/*
 * The reference guest: our driver, on a backend.
 *
 * Only guest*.c know iommu/driver.h. Return codes are the driver's (0, or a negative error whose name
 * guest_error_name gives), or GUEST_BOUND when a call used up its budget of accesses: then it was left in the middle, the
 * guest must not be called again, and only guest_free is left.
 */
#ifndef ENGINE_GUEST_H
#define ENGINE_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend.h"

#define GUEST_DOMAINS 320
#define GUEST_TICKETS 64
#define GUEST_UNITS 8
#define GUEST_DEVICES 256
#define GUEST_FAULTS 256
#define GUEST_RANGES 64
#define GUEST_RUNS 64
#define GUEST_NODES 64 /* of a domain's space */

#define GUEST_BOUND (-1000)
#define GUEST_NO_SLOT (-1001) /* the scenario names a domain, ticket or device that is not in use */

enum guest_op {
	GUEST_INIT,
	GUEST_BUILD,
	GUEST_PROGRAM,
	GUEST_ENABLE,
	GUEST_START,
	GUEST_STOP,
	GUEST_RESET,
	GUEST_SUSPEND,
	GUEST_RESUME
};

struct discovery;

struct guest_config {
	struct backend *be;
	uint32_t units;
	const struct discovery *discovery; /* its units, as firmware describes them */
	uint64_t pool_first, pool_pages;   /* where the driver's pages come from */
	bool wide_stores;                  /* the platform stores 128 bits at once */
	bool cold_zeroes; /* fresh pages are zeroed through the CPU's cache: the driver has to flush them */
	bool register_inval, no_superpages;
};

struct guest_unit_options {
	uint64_t timeout_ns;
	uint32_t iova_bits, rid_count; /* 0: as the driver and the machine have it */
	bool register_inval, no_superpages, no_inval_all;
};

struct guest_fault {
	uint64_t raw[2]; /* as the hardware wrote it */
	uint64_t addr;
	uint32_t pasid;
	uint16_t rid;
	uint8_t reason, at, kind;
	bool has_pasid;
};

/* An access the driver is about to make, as the platform's function sees it. */
enum guest_access {
	GUEST_REG_READ,
	GUEST_REG_WRITE,
	GUEST_LOAD,
	GUEST_STORE,
	GUEST_SYNC
};

struct guest_pending {
	enum guest_access kind;
	uint32_t unit; /* of a register */
	uint64_t addr; /* its offset; of memory the address */
};

struct guest_status {
	uint32_t stage; /* index of its name in the language */
	const char *broken_why;
	uint32_t domains, devices;
	uint64_t maps, unmaps, pages_mapped, invalidations, waits, timeouts, queue_errors,
		silent_devices, wbuf_flushes;
	uint64_t faults, fault_overflows, table_pages, quarantined_tables, quarantined_pages;
	char labels[512];
};

/* What the tables would do with a DMA. */
struct guest_walk {
	uint32_t result; /* index of its name: guest_walk_name */
	bool in_force;
	uint32_t perm, steps;
	uint64_t pa, size;
	char line[1024];
};

/* What the registers say. */
struct guest_diag {
	bool translating, queue, lost;
	uint32_t faults;
	char line[512];
};

/* 4 KiB pages of a domain's ledger, by state: guest_run_state_name. */
#define GUEST_RUN_STATES 7
struct guest_counts {
	uint64_t pages[GUEST_RUN_STATES];
};

struct guest;

struct guest *guest_new(const struct guest_config *config);
void guest_free(struct guest *g);

int guest_unit(struct guest *g, uint32_t unit, enum guest_op op,
	       const struct guest_unit_options *options);
bool guest_unit_known(const struct guest *g, uint32_t unit); /* initialised at least */
int guest_describes(const struct guest *g,
		    uint32_t record); /* a unit by its number in the tables */
int guest_fault_event(struct guest *g, uint32_t unit, uint32_t addr, uint32_t data);
int guest_drain(struct guest *g, uint32_t unit, struct guest_fault *out, uint32_t max,
		uint32_t *count, bool *lost);
void guest_status(const struct guest *g, uint32_t unit, struct guest_status *s);

int guest_domain(struct guest *g, uint32_t id, bool passthrough, const uint32_t *units,
		 uint32_t count);
bool guest_domain_known(const struct guest *g, uint32_t id);
bool guest_domain_uses(const struct guest *g, uint32_t id, uint32_t unit);
int guest_destroy(struct guest *g, uint32_t id);
/* `unit` GUEST_UNITS: firmware tells of none, which is what the driver calls not there. */
int guest_attach(struct guest *g, uint32_t id, uint32_t unit, uint32_t device, uint16_t rid,
		 bool ats);
int guest_detach(struct guest *g, uint32_t device);

int guest_map(struct guest *g, uint32_t id, uint64_t iova, uint64_t pa, uint64_t size,
	      uint32_t perm);
int guest_unmap(struct guest *g, uint32_t id, uint64_t iova, uint64_t size);
int guest_unmap_lazy(struct guest *g, uint32_t id, uint64_t iova, uint64_t size, uint32_t ticket);
int guest_flush(struct guest *g, uint32_t id);
int guest_poll(struct guest *g, uint32_t ticket);
int guest_lookup(struct guest *g, uint32_t id, uint64_t iova, uint64_t *pa, uint32_t *perm,
		 uint64_t *size);

int guest_walk(struct guest *g, uint32_t unit, uint16_t rid, uint64_t iova, uint32_t perm,
	       struct guest_walk *w);
int guest_diag(struct guest *g, uint32_t unit, struct guest_diag *d);
const char *guest_walk_name(uint32_t n); /* NULL beyond the last */
size_t guest_domain_line(const struct guest *g, uint32_t id, char *buf, size_t size);

/* Device addresses: a space of each domain, made by the first call; ranges by number. */
int guest_reserve(struct guest *g, uint32_t id, uint64_t first, uint64_t last);
int guest_range(struct guest *g, uint32_t id, uint32_t range, uint64_t size, uint64_t align,
		uint64_t limit);
int guest_range_free(struct guest *g, uint32_t range);
int guest_range_map(struct guest *g, uint32_t range, uint64_t offset, uint64_t pa, uint64_t size,
		    uint32_t perm);
int guest_ranges_done(struct guest *g, uint32_t id); /* the domain has no space any more */
int guest_range_address(struct guest *g, uint32_t range, uint64_t *iova);
/* For the oracle alone: where the range is, whether or not that may be told. False: it is idle. */
bool guest_range_where(const struct guest *g, uint32_t range, uint32_t *id, uint64_t *first);

/* The ledger of each domain, made by the first call; runs of pages by number. */
int guest_lend(struct guest *g, uint32_t id, uint32_t run, uint64_t pa, uint64_t size);
int guest_run_map(struct guest *g, uint32_t run, uint32_t range, uint64_t offset, uint32_t perm);
int guest_run_unmap(struct guest *g, uint32_t run);
int guest_run_collect(struct guest *g, uint32_t run, uint64_t *pa, uint64_t *size);
bool guest_run_where(const struct guest *g, uint32_t run, uint64_t *pa, uint64_t *size,
		     uint32_t *range, uint64_t *offset);
bool guest_count(const struct guest *g, uint32_t id, struct guest_counts *c);

/* Interrupt remapping (iommu/irq.h): one call, told by `op`. */
#define GUEST_IRQS 64

enum guest_irq_op {
	GUEST_IRQ_SETUP,
	GUEST_IRQ_TEARDOWN,
	GUEST_IRQ_ENABLE,
	GUEST_IRQ_DISABLE,
	GUEST_IRQ_SOURCE_ADD,
	GUEST_IRQ_SOURCE_REMOVE,
	GUEST_IRQ_ALLOC,
	GUEST_IRQ_SET,
	GUEST_IRQ_SET_START,
	GUEST_IRQ_FREE,
	GUEST_IRQ_FREE_START,
	GUEST_IRQ_POLL
};

struct guest_irq {
	uint32_t unit, source, irq, n, count, kind; /* source: number of the device */
	uint32_t entries;
	bool x2apic, narrow;
	uint16_t rid;
	uint8_t ignore_functions, bus_last, pass;
	bool block; /* else deliver to: */
	uint32_t dest;
	uint8_t vector, delivery;
	bool logical, redirect, level;
};

struct guest_irq_message {
	uint64_t address; /* what reaches the unit, of an I/O APIC too */
	uint32_t data;
	uint64_t rte;
};

struct guest_irq_status {
	bool installed, on, x2apic;
	uint32_t entry_bytes, entries, sources, held, quarantined;
	uint64_t invalidations;
};

int guest_irq(struct guest *g, enum guest_irq_op op, const struct guest_irq *c);

/* These two touch no hardware, and may be called while another call runs. */
int guest_irq_message(const struct guest *g, uint32_t irq, uint32_t n,
		      struct guest_irq_message *out);
void guest_irq_status(const struct guest *g, uint32_t unit, struct guest_irq_status *out);

/* Some entry of the requester is being changed: an interrupt may follow what it said before. */
bool guest_irq_moving(const struct guest *g, uint32_t unit, uint16_t rid);

/* The device did not answer, and the driver is about to cut it off: no call has succeeded since. */
bool guest_cutting(const struct guest *g, uint32_t unit, uint16_t rid);

/* Inside a yield point of a call of the driver: the access that comes. */
struct guest_pending guest_pending(const struct guest *g);

/* True while fresh pages are being zeroed: not a moment of the driver's. */
bool guest_zeroing(const struct guest *g);

/* Pages of the pool the driver holds now; a static text when it misused the allocator, else NULL. */
uint32_t guest_pages_held(const struct guest *g);
const char *guest_misuse(const struct guest *g);

/* Whether one of the last GUEST_LOG lines that the driver logged holds `part`. */
#define GUEST_LOG 32
bool guest_logged(const struct guest *g, const char *part);

const char *guest_error_name(int rc);
const char *guest_error_at(uint32_t n); /* name of -n, NULL beyond the last */

#endif
