/*
 * The smallest unit the oracle can judge: real memory and real caches, and an architecture made up for the purpose.
 *
 *   context  word at JUDGED_CONTEXT + 8 * (rid & 0xff)
 *   upper    table of 512 words, one per 2 MiB of the first GiB
 *   lower    table of 512 words, one per 4 KiB
 *
 * A word has an address in bits 51:12; bit 0 read, bit 1 write, none of them: not present. Every rid is domain id 7.
 */
#ifndef TESTS_JUDGED_UNIT_H
#define TESTS_JUDGED_UNIT_H

#include "sim/machine.h"

#define JUDGED_CONTEXT UINT64_C(0x10000)
#define JUDGED_UPPER UINT64_C(0x20000)
#define JUDGED_LOWER UINT64_C(0x30000)
#define JUDGED_RAM_LAST UINT64_C(0xffffff)
#define JUDGED_DOMAIN 7u

enum {
	JUDGED_NO_CONTEXT = 1,
	JUDGED_NO_UPPER = 2,
	JUDGED_NO_PERMISSION = 3,
	JUDGED_UNREADABLE = 4
};

struct judged_unit {
	struct unit u;
	bool translating;
	bool caches_absence;       /* negative entries, as in caching mode */
	bool translation_requests; /* allowed */
	bool pass_through;         /* identity, and cached */
	uint32_t probes;           /* how often memory was asked on the side */
};

/* Makes a machine with oracle, one such unit (number 0) with `view` of memory, and 16 MiB of RAM. */
struct judged_unit *judged_machine(struct sim **out, enum mem_view view);

/* Stores a context word, an upper or a lower word for `iova`, as the guest: it may stay pending. */
void judged_context(struct sim *s, uint16_t rid, uint64_t word);
void judged_upper(struct sim *s, uint64_t iova, uint64_t word);
void judged_lower(struct sim *s, uint64_t iova, uint64_t word);

/* JUDGED_RID in the tables, with JUDGED_UPPER and JUDGED_LOWER in place and everything published. */
#define JUDGED_RID 0x0108u
void judged_tables(struct sim *s);

/* A device's request to one page: translated, then the oracle's two questions, as a DMA does. */
struct sim_xlat judged_dma(struct sim *s, uint16_t rid, enum sim_access access, uint64_t iova);

#endif
