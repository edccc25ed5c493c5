/*
 * A generated case of the cross-check: a machine, tables in memory, and what the guest and the devices do, as data.
 *
 * The same case is given to the reference walker (ref.h), to a backend (play.h), and to the printer of scenario files
 * (print.h); the generator (gen.h) makes it and the shrinker (shrink.h) takes parts of it away.
 */
#ifndef CROSSCHECK_CASE_H
#define CROSSCHECK_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend.h"

/* Where things lie in every case; tables and data never meet. */
#define XC_RAM_LAST UINT64_C(0x3ffffff)
#define XC_TABLES UINT64_C(0x100000) /* first byte: root table or device table */
#define XC_TABLES_LAST UINT64_C(0x1fffff)
#define XC_QUEUE UINT64_C(0x200000)  /* invalidation queue or command buffer, 4 KiB */
#define XC_LOG UINT64_C(0x201000)    /* event log, 4 KiB */
#define XC_STATUS UINT64_C(0x202000) /* status of waits */
#define XC_DATA UINT64_C(0x400000)
#define XC_DATA_LAST UINT64_C(0x7fffff)
#define XC_QUEUE_ENTRIES 256u
#define XC_SETTLE_NS \
	UINT64_C(200000) /* longer than hardware takes for anything a case asks of it */

#define XC_CAPS 24
#define XC_DEVICES 4
#define XC_IMAGE 1024
#define XC_OPS 64

/* Words stored at `pa`, and again at each following address, `repeat` times; the highest word of each first. */
struct xc_store {
	uint64_t pa;
	uint64_t w[4];
	uint32_t n, repeat;
};

/* What an invalidation names; which members count is said by `kind`. */
enum xc_inval_kind {
	XC_VTD_CONTEXT, /* g, did, sid, fm */
	XC_VTD_IOTLB,   /* g, did, addr, am, ih */
	XC_VTD_IEC,     /* g: 0 all, 1 those of index; am: how many of its low bits are ignored */
	XC_AMD_DEVTAB,  /* sid */
	XC_AMD_PAGES,   /* did, addr (with its size encoded when s), s, pde */
	XC_AMD_INTTAB,  /* sid */
	XC_AMD_ALL
};

struct xc_inval {
	enum xc_inval_kind kind;
	uint8_t g, fm, am;
	bool ih, s, pde;
	uint16_t did, sid, index;
	uint64_t addr;
};

struct xc_dma {
	uint32_t dev;
	bool write;
	uint64_t iova;
	uint32_t len; /* 1 to 64, within one page */
};

/* A write to the interrupt range: of 4 bytes an interrupt message, of 8 nothing that is one. */
struct xc_msi {
	uint32_t dev;
	uint32_t addr, data;
	uint32_t len; /* 4 or 8 */
};

enum xc_op_kind {
	XC_STORE,
	XC_INVAL,
	XC_DMA,
	XC_MSI
};

struct xc_op {
	enum xc_op_kind kind;
	struct xc_store store;
	struct xc_inval inval;
	struct xc_dma dma;
	struct xc_msi msi;
};

/* Interrupt remapping as it is switched on; AMD-Vi's tables are named by device table entries. */
struct xc_ir {
	bool on;
	uint64_t table;     /* VT-d: IRTA */
	uint8_t size;       /* VT-d: 2^(size + 1) entries */
	bool eime, cfi;     /* VT-d: destinations of 32 bits, compatibility format let through */
	bool ga, xt, index; /* AMD-Vi: entries of 128 bits, destinations of 32, indexes of 11 */
};

struct xc_cap {
	const char *name; /* as the property of an iommu node */
	uint64_t value;
};

struct xc_case {
	enum be_arch arch;
	uint64_t seed, number;
	struct xc_cap cap[XC_CAPS];
	uint32_t caps;
	uint16_t rid[XC_DEVICES];
	enum be_behind behind[XC_DEVICES]; /* what gives it that id */
	uint32_t devices;
	bool by_register; /* VT-d: invalidation through registers */
	bool no_root;     /* VT-d: the root table is said to be where no memory is */
	struct xc_ir ir;
	struct be_policy policy;
	struct xc_store image[XC_IMAGE];
	uint32_t images;
	struct xc_op op[XC_OPS];
	uint32_t ops;
};

/* What was seen of one DMA or message. */
struct xc_seen {
	bool moved;    /* all bytes arrived; the message was delivered */
	uint64_t pa;   /* where, when they moved; its address */
	uint32_t data; /* of the message */
	bool recorded; /* a fault record or event appeared */
	uint8_t reason;
	uint16_t sid, did; /* of the record; did: AMD-Vi */
	bool write;        /* of the record */
	uint64_t addr;     /* of the record */
	uint16_t flags;    /* AMD-Vi */
	uint32_t pasid;    /* VT-d: of the record */
};

/* The value a capability has in the case, `otherwise` when it does not say. */
uint64_t xc_cap(const struct xc_case *c, const char *name, uint64_t otherwise);

/* The word at `pa` of the data area before anything was written: it names its own address. */
static inline uint64_t xc_tag(uint64_t pa)
{
	return UINT64_C(0x0DA7A00000000000) | (pa & ~UINT64_C(7));
}

/* Where the root table is said to be. */
static inline uint64_t xc_root(const struct xc_case *c)
{
	return c->no_root ? XC_RAM_LAST + 1 : XC_TABLES;
}

/* True when [pa, pa + len) is memory of the case. */
static inline bool xc_is_ram(uint64_t pa, uint64_t len)
{
	return pa <= XC_RAM_LAST && len <= XC_RAM_LAST + 1 - pa;
}

#endif
