/*
 * A platform with one VT-d unit that is just alive enough for the driver's own tests: registers with their handshakes,
 * a queue whose descriptors are executed and remembered, pages that are counted. It translates nothing and caches
 * nothing; the simulator does that. Scripted from the specification, apart from driver and simulator.
 */
#ifndef TESTS_FAKE_VTD_H
#define TESTS_FAKE_VTD_H

#include "fake_mem.h"
#include "hw/vtd.h"

/* Handshakes that can be made to never complete. */
enum fake_dead {
	FAKE_DEAD_TE_ON = 1,
	FAKE_DEAD_TE_OFF = 2,
	FAKE_DEAD_SRTP = 4,
	FAKE_DEAD_WBF = 8,
	FAKE_DEAD_QIE_ON = 16,
	FAKE_DEAD_QIE_OFF = 32,
	FAKE_DEAD_IRE = 64,
	FAKE_DEAD_CCMD = 128,
	FAKE_DEAD_IOTLB = 256,
	FAKE_DEAD_QUEUE = 512, /* descriptors are fetched no more */
	FAKE_DEAD_PMEN = 1024,
	FAKE_DEAD_SIRTP = 2048,
	FAKE_DEAD_CFI = 4096
};

struct fake {
	struct fake_mem m;

	uint64_t cap, ecap;
	uint32_t ver, gsts, fsts, fectl, iectl, pectl, pmen, fedata, feaddr;
	uint64_t irta, irta_latched;
	uint64_t rtaddr, rtaddr_latched, ccmd, iva, iotlb, iqh, iqt, iqa, iqercd;
	uint64_t frcd[256][2];
	uint32_t pending;    /* GSTS bits whose handshake is under way */
	uint32_t pending_to; /* and what they become */
	bool pmen_pending;
	uint32_t dead;
	bool gone;         /* every register reads all ones */
	uint32_t refuse;   /* register commands to answer with "nothing done" */
	uint32_t ite_left; /* device-TLB descriptors that will time out ... */
	uint16_t ite_sid;  /* ... of this device, 0: of any */
	bool ite_told;     /* and ITESID names it */
	uint32_t iqe_left; /* descriptors that will be refused */
	bool status_lost;  /* wait status writes are lost */
};

struct fake *fake_new(uint64_t cap, uint64_t ecap);
void fake_free(struct fake *f);
struct iommu_unit_desc fake_desc(void);
uint64_t *fake_cpu(struct fake *f, uint64_t pa);
uint64_t fake_walk_read(struct fake *f, uint64_t pa); /* as the hardware's walker reads */
void fake_fault(struct fake *f, uint32_t slot, uint64_t lo, uint64_t hi, bool first);

/* Executed descriptors of one type since event `from`; *last is the last one's index in the log. */
uint32_t fake_count_desc(const struct fake *f, uint32_t from, uint32_t type, uint32_t *last);

/* Index of the first register write of `off` with all of `bits` set, from event `from`; UINT32_MAX: none. */
uint32_t fake_find_write(const struct fake *f, uint32_t from, uint32_t off, uint64_t bits);

/* The same of a descriptor of that type. */
uint32_t fake_find_desc(const struct fake *f, uint32_t from, uint32_t type);

/* A full-featured capability pair to vary from: 48 bits, 2 MiB and 1 GiB, PSI, MAMV 18, queue, coherent. */
#define FAKE_CAP                                                                                 \
	(FIELD_PREP(VTD_CAP_ND, 2) | FIELD_PREP(VTD_CAP_SAGAW, VTD_SAGAW_48BIT) |                \
	 FIELD_PREP(VTD_CAP_MGAW, 47) | FIELD_PREP(VTD_CAP_SSLPS, VTD_SSLPS_2M | VTD_SSLPS_1G) | \
	 FIELD_PREP(VTD_CAP_FRO, 0x22) | VTD_CAP_PSI | FIELD_PREP(VTD_CAP_MAMV, 18) |            \
	 FIELD_PREP(VTD_CAP_NFR, 3) | VTD_CAP_DRD | VTD_CAP_DWD)
#define FAKE_ECAP \
	(VTD_ECAP_C | VTD_ECAP_QI | VTD_ECAP_PT | VTD_ECAP_DT | FIELD_PREP(VTD_ECAP_IRO, 0xf))

#endif
