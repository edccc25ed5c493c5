/*
 * Policies: the freedom the architecture leaves to hardware, chosen per machine.
 *
 * Every choice here is legal; a driver that works has to work with all of them. What goes beyond the rules is
 * fault injection (iommusim/inject.h).
 */
#ifndef IOMMUSIM_POLICY_H
#define IOMMUSIM_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

/* The caches of a unit. All are instances of one mechanism with the architecture's own tags. */
enum sim_cache {
	SIM_CACHE_CONTEXT = 0, /* context entries (VT-d) */
	SIM_CACHE_PASID,       /* PASID entries (VT-d scalable mode) */
	SIM_CACHE_IOTLB,       /* final translations */
	SIM_CACHE_PAGING,      /* non-leaf paging entries */
	SIM_CACHE_INTERRUPT,   /* interrupt remapping entries */
	SIM_CACHE_DEVICE,      /* a device's own TLB (ATS) */
	SIM_CACHES
};

enum sim_keep {
	SIM_KEEP_ALL = 0, /* never evict: entries live until invalidated */
	SIM_KEEP_NONE,    /* every entry is gone before the next look-up */
	SIM_KEEP_LRU,     /* at most `entries`, the least recently used goes first */
	SIM_KEEP_RANDOM   /* at most `entries`, a random one goes */
};

/* When a CPU store to memory becomes visible to a walker that does not snoop. */
enum sim_publish {
	SIM_PUBLISH_AT_ONCE = 0, /* the line is written back immediately */
	SIM_PUBLISH_AT_SYNC, /* only when the CPU writes the line back (and, with RWBF, flushes the write buffer) */
	SIM_PUBLISH_RANDOM, /* at any time before that, by the machine's seed */
	SIM_PUBLISH_OVERTAKE /* the first store to a line waits for its write-back, and those made meanwhile arrive before it */
};

/* How long the hardware takes for what it does by itself. */
enum sim_delay {
	SIM_DELAY_NORMAL = 0, /* a fraction of a microsecond each: software has to poll */
	SIM_DELAY_IMMEDIATE,  /* everything is complete before the write returns */
	SIM_DELAY_SLOW,       /* some ten microseconds each */
	SIM_DELAY_NEVER,      /* handshakes and queue never complete: every wait has to time out */
	SIM_DELAY_RANDOM,     /* each time anew, by the machine's seed: at once, or up to some microseconds */
	SIM_DELAY_BATCHED     /* commands lie for some microseconds; then all of them are carried out, and told complete, at once */
};

struct sim_policy {
	enum sim_keep keep; /* replacement of every cache */
	uint32_t entries;   /* for SIM_KEEP_LRU and SIM_KEEP_RANDOM, 1..2^20; 0 selects 64 */
	uint32_t
		keep_nothing; /* bit n: the units' cache n (enum sim_cache) keeps nothing, whatever `keep` says */
	enum sim_publish publish;
	enum sim_delay delay;
	bool invalidate_more; /* page-selective acts as domain-selective, and so on: always legal */
	bool prefetch; /* a fill also fills the following page of the same table when it is mapped */
	bool out_of_order; /* queue commands may execute in any order the architecture allows */
	bool rewalk_on_permission; /* a hit with too small a permission walks again instead of faulting */
	bool collapse_faults; /* faults of a source that already has a record are not recorded again (VT-d) */
	bool speculate; /* at any time pages near those devices asked for are translated and kept, if the tables hold them */
	bool exact_range; /* a page-selective invalidation keeps a cached page larger than its range (VT-d) */
};

#endif
