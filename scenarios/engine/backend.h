/*
 * What a scenario is run against: registers, memory, time, devices, caches and the oracle of some machine.
 *
 * Every type here is the engine's own. A backend that lacks an operation leaves its pointer NULL and the scenario is
 * skipped with the name of what is missing. Operations returning int return 0 (or a number) or -1, explained by why().
 */
#ifndef ENGINE_BACKEND_H
#define ENGINE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum be_access {
	BE_READ,
	BE_WRITE,
	BE_ATOMIC,
	BE_ZLR
};
enum be_at {
	BE_AT_UNTRANSLATED,
	BE_AT_TRANSLATION,
	BE_AT_TRANSLATED
};
enum be_outcome {
	BE_OK,
	BE_UR,
	BE_CA,
	BE_BLOCKED,
	BE_NO_ACCESS,
	BE_BUS
};
enum be_source {
	BE_FROM_BYPASS,
	BE_FROM_WALK,
	BE_FROM_IOTLB,
	BE_FROM_DEVTLB,
	BE_FROM_MSI,
	BE_FROM_IRT,
	BE_FROM_IEC
};
enum be_cache {
	BE_CACHE_CONTEXT,
	BE_CACHE_PASID,
	BE_CACHE_IOTLB,
	BE_CACHE_PAGING,
	BE_CACHE_INTERRUPT,
	BE_CACHE_DEVICE
};
enum be_keep {
	BE_KEEP_ALL,
	BE_KEEP_NONE,
	BE_KEEP_LRU,
	BE_KEEP_RANDOM
};
enum be_publish {
	BE_PUBLISH_AT_ONCE,
	BE_PUBLISH_AT_SYNC,
	BE_PUBLISH_RANDOM,
	BE_PUBLISH_OVERTAKE
};
enum be_delay {
	BE_DELAY_NORMAL,
	BE_DELAY_IMMEDIATE,
	BE_DELAY_SLOW,
	BE_DELAY_NEVER,
	BE_DELAY_RANDOM,
	BE_DELAY_BATCHED
};
enum be_finding_kind {
	BE_FINDING_OUTCOME,
	BE_FINDING_STALE,
	BE_FINDING_UNPUBLISHED,
	BE_FINDING_RELEASE,
	BE_FINDING_ESCAPE,
	BE_FINDING_ACCOUNTING,
	BE_FINDING_BOUND,
	BE_FINDINGS
};

enum be_power {
	BE_POWER_RESET,
	BE_POWER_OFF,
	BE_POWER_ON
};

#define BE_REQ_PASID 0x01u
#define BE_REQ_PRIV 0x02u
#define BE_REQ_EXEC 0x04u
#define BE_REQ_NO_WRITE 0x08u
#define BE_REQ_NO_SNOOP 0x10u

#define BE_POINT_PAGE_ALLOC 4 /* index of "page-alloc" among the injection points */
#define BE_MASTER_ANY 255

/* What a device sits behind, for a backend that has more of PCI than requester ids. */
enum be_behind {
	BE_BEHIND_ANY,        /* whatever gives it that id */
	BE_BEHIND_PCIE_PCI,   /* a PCIe-to-PCI bridge: the id is its secondary bus and 00.0 */
	BE_BEHIND_PCI_BRIDGE, /* a conventional bridge: the id is the bridge's */
	BE_BEHIND_PORT        /* a root port: the id is its bus and 00.0 */
};

struct be_policy {
	enum be_keep keep;
	uint32_t entries;
	enum be_publish publish;
	enum be_delay delay;
	bool inval_more, prefetch, any_order, rewalk, collapse, exact_range, speculate;
	uint32_t keep_nothing; /* bit per be_cache: it keeps nothing, whatever `keep` says */
};

struct be_config {
	uint64_t seed;
	struct be_policy policy;
	uint32_t trace_records;
	bool windows;       /* the trace tells when what is cached becomes stale, and when safe */
	bool trace_entries; /* what units read of tables is traced too */
	bool repeats; /* messages may be sent though a merging sink (msi_merged) does not show them again */
};

/* A record of the trace, for who counts instead of reading. */
enum be_event_kind {
	BE_EVENT_OTHER,
	BE_EVENT_REG_READ,  /* a: offset, b: value, width */
	BE_EVENT_REG_WRITE, /* the same */
	BE_EVENT_COMMAND,   /* a, b: its first two words, code: where in the ring */
	BE_EVENT_STATUS,    /* a command told that it is complete */
	BE_EVENT_RECORD,    /* a fault record; a, b: its words, code: which */
	BE_EVENT_DMA,       /* a device reached memory */
	BE_EVENT_MSI,       /* a message was sent; own: by the unit itself */
	BE_EVENT_ENTRY      /* b: a word of a table entry `what`, code: which of its words */
};

struct be_event {
	enum be_event_kind kind;
	uint32_t unit, code, width;
	bool own;
	uint64_t a, b;
	const char *what;
};

enum be_arch {
	BE_VTD,
	BE_AMDVI,
	BE_ARCHS
};

/* Words of be_unit that identify a unit of each architecture. */
enum be_vtd_word {
	BE_VTD_HAW,
	BE_VTD_VER,
	BE_VTD_CAP,
	BE_VTD_ECAP,
	BE_VTD_PLM,
	BE_VTD_PHM
};
enum be_amdvi_word {
	BE_AMDVI_CAP,
	BE_AMDVI_MISC0,
	BE_AMDVI_EFR,
	BE_AMDVI_EFR2,
	BE_AMDVI_UNSNOOPED,
	BE_AMDVI_READINGS
};

struct be_unit {
	enum be_arch arch;
	uint64_t base;
	uint64_t word[6];
	/* bits of `word` that the scenario asks for; the others may be as the backend has them */
	uint64_t stated[6];
};

struct be_dma {
	uint32_t dev;
	enum be_access access;
	enum be_at at;
	uint32_t flags, pasid;
	bool spoof;
	uint16_t rid;
	uint64_t addr, len;
	void *data;
};

/* Bytes of a DMA that reached consecutive physical addresses. */
struct be_segment {
	uint64_t pa, len;
};

#define BE_SEGMENTS 64

/* What of a result the backend cannot see. */
#define BE_UNKNOWN_KIND 0x01u /* of a refusal: `outcome` is some other than BE_OK */
#define BE_UNKNOWN_REASON 0x02u
#define BE_UNKNOWN_RECORDED 0x04u
#define BE_UNKNOWN_SUPPRESSED 0x08u
#define BE_UNKNOWN_SOURCE 0x10u
#define BE_UNKNOWN_STALE 0x20u
#define BE_UNKNOWN_LEVEL 0x40u
#define BE_UNKNOWN_PERM 0x80u

struct be_dma_result {
	enum be_outcome outcome;
	uint64_t done, fail_addr;
	uint64_t pa;           /* of the first byte */
	enum be_source source; /* of the first byte */
	uint8_t reason, perm, level;
	bool recorded, suppressed, stale;
	bool posted;    /* an interrupt, with its vector in data */
	uint16_t index; /* its remapping entry */
	uint32_t data;
	uint64_t entry_pa, entry; /* where the last walk ended, 0: no walk */
	struct be_segment seg[BE_SEGMENTS];
	uint32_t segs;    /* there may be more than are stored */
	uint32_t unknown; /* BE_UNKNOWN_ */
};

struct be_rule {
	uint32_t point, master, promise; /* numbers of their names */
	uint32_t skip, count;
	uint64_t first, last, value;
	uint32_t unit; /* 0: any; n: what unit n - 1 and its devices do */
};

struct be_msi {
	uint64_t addr;
	uint32_t data;
	bool from_unit, remapped;
};

struct be_finding {
	enum be_finding_kind kind;
	uint32_t unit;
	uint16_t rid;
	bool interrupt; /* iova is a message's address */
	uint64_t iova;
};

/* An entry that a cache holds. */
struct be_cache_line {
	uint16_t rid;
	uint32_t domain;
	uint8_t level,
		perm; /* level 0: 4 KiB; paging cache: of the entry held. perm: bit 0 read, bit 1 write */
	bool negative; /* the absence of a translation */
	uint64_t iova, pa, entry_pa, filled_ns;
};

struct be_stats {
	uint64_t requests, hits, walks, blocked, recorded, suppressed, overflowed, collapsed;
	uint64_t commands, register_commands, entries_dropped;
};

struct backend;
typedef void (*be_yield_fn)(void *ctx);

struct backend_ops {
	const char *name;

	/* set-up */
	/* for u->arch; an architecture the backend lacks leaves it as it is, and unit_add says so */
	void (*unit_default)(struct be_unit *u);
	int (*mem_add)(struct backend *be, uint64_t first, uint64_t last);
	/* -1 impossible or overlapping, -2 legal but not modelled */
	int (*unit_add)(struct backend *be, const struct be_unit *u);
	int (*device_add)(struct backend *be, uint32_t unit, uint16_t rid, bool ats);
	/* before device_add, of the device it adds; may be NULL */
	void (*device_behind)(struct backend *be, enum be_behind behind);
	/* after the last device_add: -1 impossible, -2 the backend cannot present this machine */
	int (*ready)(struct backend *be);
	const char *(*why)(const struct backend *be);
	/* unit n as it really is, for a backend whose units do not follow be_unit.word */
	void (*unit_actual)(struct backend *be, uint32_t unit, struct be_unit *out);
	void (*close)(struct backend *be);

	/*
	 * Looked at after each step; NULL text: nothing. What the backend could not present: the run is skipped with it. What
	 * broke the backend: the run fails with it.
	 */
	const char *(*cannot)(const struct backend *be);
	const char *(*broken)(const struct backend *be);

	/* the guest's CPU */
	uint64_t (*reg_read)(struct backend *be, uint32_t unit, uint32_t off, uint32_t width);
	void (*reg_write)(struct backend *be, uint32_t unit, uint32_t off, uint32_t width,
			  uint64_t val);
	uint64_t (*mem_read)(struct backend *be, uint64_t pa);
	void (*mem_write)(struct backend *be, uint64_t pa, uint64_t val);
	/* two words at a multiple of 16, never seen apart; NULL: the backend cannot */
	void (*mem_write128)(struct backend *be, uint64_t pa, uint64_t lo, uint64_t hi);
	void (*sync)(struct backend *be, uint64_t pa, uint64_t size, bool write_back);
	uint64_t (*now)(const struct backend *be);
	void (*relax)(struct backend *be);
	void (*advance)(struct backend *be, uint64_t ns);

	/* from outside: no time passes, nothing is traced */
	int (*load)(struct backend *be, uint64_t pa, void *buf, size_t len);
	int (*store)(struct backend *be, uint64_t pa, const void *buf, size_t len);
	uint64_t (*peek)(const struct backend *be, uint32_t unit, uint32_t off, uint32_t width);

	/* BE_POWER_*; a device in or out */
	int (*unit_power)(struct backend *be, uint32_t unit, uint32_t power);
	int (*device_plug)(struct backend *be, uint32_t dev, bool in);

	/* fn is called before each access of the guest takes effect; NULL removes it */
	void (*on_yield)(struct backend *be, be_yield_fn fn, void *ctx);

	/* devices */
	int (*dma)(struct backend *be, const struct be_dma *dma, struct be_dma_result *res);
	int (*translate)(struct backend *be, uint32_t unit, const struct be_dma *dma,
			 struct be_dma_result *res);
	int (*ats)(struct backend *be, uint32_t dev, bool on);

	/* interrupts */
	uint64_t (*msi_count)(const struct backend *be);
	bool (*msi_get)(const struct backend *be, uint64_t n, struct be_msi *out);

	bool msi_merged; /* a message that came before is not counted again */
	/* whether the unit writes fault records as the architecture has them; NULL: it does */
	bool (*tells_faults)(const struct backend *be, uint32_t unit);

	/* has anything changed? Not counted: time, and chance; `stores` also holds stores and write-backs of the guest */
	void (*changes)(struct backend *be, uint64_t *hardware, uint64_t *stores);
	bool (*idle)(const struct backend *be); /* nothing is under way */
	/* what a walk reads and comes to now; *reads: the word at `pa` is among it */
	uint64_t (*walk_digest)(struct backend *be, uint32_t unit, uint16_t rid, uint64_t iova,
				uint64_t pa, bool *reads);

	/* caches and counters */
	uint32_t (*cache_count)(const struct backend *be, uint32_t unit, enum be_cache cache);
	uint32_t (*cache_evict)(struct backend *be, uint32_t unit, enum be_cache cache,
				uint64_t iova);
	/* the next line; *cursor starts at 0. false: there is none any more */
	bool (*cache_next)(const struct backend *be, uint32_t unit, enum be_cache cache,
			   uint32_t *cursor, struct be_cache_line *out);
	int (*stats)(const struct backend *be, uint32_t unit, struct be_stats *out);

	/* complaints; NULL name beyond the last */
	const char *(*complaint_name)(uint32_t id);
	const char *(*complaint_text)(uint32_t id);
	uint32_t (*complaint_count)(const struct backend *be, uint32_t id);

	/* fault injection */
	const char *(*point_name)(uint32_t n);
	int (*inject)(struct backend *be, const struct be_rule *rule);
	int (*inject_remove)(struct backend *be, int rule);
	uint32_t (*inject_fired)(const struct backend *be, int rule);
	uint32_t (*inject_passed)(const struct backend *be, int rule); /* of its `skip` */
	bool (*inject_fires)(struct backend *be, uint32_t point, uint64_t addr);

	/* oracle */
	void (*oracle_enable)(struct backend *be, bool on);
	int (*oracle_map)(struct backend *be, uint32_t space, uint64_t first, uint64_t last,
			  uint64_t pa, uint8_t perm);
	int (*oracle_unmap)(struct backend *be, uint32_t space, uint64_t first, uint64_t last);
	int (*oracle_quiesce)(struct backend *be, uint32_t space, uint64_t first, uint64_t last);
	int (*oracle_identity)(struct backend *be, uint32_t space, bool on);
	int (*oracle_attach)(struct backend *be, uint32_t unit, uint16_t rid, uint32_t space);
	int (*oracle_detach)(struct backend *be, uint32_t unit, uint16_t rid);
	int (*oracle_rely)(struct backend *be, uint32_t unit, bool on);
	int (*oracle_vector)(struct backend *be, uint32_t unit, uint16_t rid, uint8_t vector);
	uint32_t (*oracle_release)(struct backend *be, uint64_t first, uint64_t last);
	uint32_t (*oracle_account)(struct backend *be, uint32_t unit, uint64_t told, uint64_t lost);
	void (*oracle_unbounded)(struct backend *be, uint32_t unit);
	uint32_t (*findings)(const struct backend *be);
	/* finding n, with its paragraph in buf */
	bool (*finding)(const struct backend *be, uint32_t n, struct be_finding *out, char *buf,
			size_t size);
	/* its facts, in the form of run_result.facts; only whole lines are written */
	void (*finding_facts)(const struct backend *be, uint32_t n, char *buf, size_t size);

	/* trace */
	void (*mark)(struct backend *be, uint64_t number);
	uint64_t (*trace_count)(const struct backend *be);
	/* record n, or false when it is gone */
	bool (*trace_event)(const struct backend *be, uint64_t n, struct be_event *out);
	/* line n, or false when it is gone; *mark is the number of a mark, else UINT64_MAX */
	bool (*trace_line)(const struct backend *be, uint64_t n, char *buf, size_t size,
			   uint64_t *mark);
};

struct backend {
	const struct backend_ops *ops;
};

/* The simulator. NULL when out of memory. */
struct backend *backend_sim_open(const struct be_config *config);

extern const struct backend_ops backend_sim_ops;

#endif
