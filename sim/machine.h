/*
 * The machine: everything hangs from struct sim, so that any number of machines live in one process.
 */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "iommusim/sim.h"

#include "clock.h"
#include "complaint.h"
#include "mem.h"
#include "regfile.h"
#include "rng.h"
#include "tcache.h"

/* Names of random streams; a new user gets a new number. */
enum stream {
	STREAM_PUBLISH = 1,
	STREAM_ORDER = 2,
	STREAM_SPECULATE = 3,
	STREAM_PACE = 4,
	STREAM_CACHE = 16 /* + unit * 8 + cache */,
	STREAM_DEVICE = 4096
};

struct unit;
struct device;
struct oracle;

/* How long things take, in nanoseconds; derived from sim_policy.delay. UINT64_MAX: never. */
struct timing {
	uint64_t access_ns;    /* a guest access */
	uint64_t relax_ns;     /* a turn of a polling loop */
	uint64_t handshake_ns; /* a global command, protected memory, register invalidation */
	uint64_t fetch_ns;     /* one queue descriptor */
	uint64_t status_ns;    /* status write of a wait after its conditions hold */
	uint64_t event_ns;     /* an event message */
	uint64_t devtlb_ns;    /* a device's answer */
	uint64_t ite_ns;       /* device-TLB invalidation time-out */
};

#define TIMING_NEVER UINT64_MAX

/* A view for table reads: who asks, what it sees, and whether it may have side effects. */
struct port {
	enum sim_master master;
	enum mem_view view;
	bool probe; /* the oracle's or a debugger's: no injection, no trace */
	uint8_t unit;
};

struct inject_rule {
	struct sim_inject_rule rule;
	uint32_t seen, fired;
	bool used;
};

struct inject {
	struct inject_rule rule[SIM_INJECT_RULES];
	uint32_t armed;       /* bit per sim_point: some rule names it */
	uint64_t walk_errors; /* how often a walk's access was failed or altered, ever */
	uint64_t losses;      /* how often an invalidation was made to remove nothing, ever */
};

struct trace {
	struct sim_trace_record *ring; /* NULL: off */
	uint32_t mask;
	uint64_t count;
};

/* What an architecture provides. Each function gets the unit; `probe` functions have no side effect at all. */
struct unit_ops {
	void (*translate)(struct unit *u, const struct sim_request *rq, struct sim_xlat *x);
	/* What translation without any cache gives now, seen through `view`; no side effects, no record. */
	void (*probe)(const struct unit *u, const struct sim_request *rq, enum mem_view view,
		      struct sim_xlat *x);
	/* What an entry of one of the unit's caches means. */
	void (*describe)(const struct unit *u, enum sim_cache cache, const struct tc_entry *e,
			 struct sim_cache_line *out);
	/* Requests with a requester id of this unit are translated now (not passed through). */
	bool (*translating)(const struct unit *u);
	/* A device answers device-TLB invalidation `tag`; ok = false: with a tag nobody waits for. */
	void (*devtlb_answer)(struct unit *u, uint16_t rid, uint32_t tag, bool ok);
	/* A command of the unit's queue in the oracle's words: name, caches and tags. NULL: the oracle is told of none. */
	void (*command)(const struct unit *u, const uint64_t *q, struct sim_invalidation *out);
	/* The narrowest invalidation that is sure to remove the line; false: there is none. NULL: not told. */
	bool (*needed)(const struct unit *u, const struct sim_cache_line *line,
		       struct sim_invalidation *out);
	/* The one interrupt remapping table in force for all of the unit's requesters; false, or NULL: there is none. */
	bool (*interrupt_table)(const struct unit *u, uint64_t *first, uint64_t *last);
	/* Translates ahead of use for a device whose tables the unit knows; nothing is told. NULL: it never does. */
	void (*speculate)(struct unit *u, uint16_t rid, uint64_t addr);
	/* A device that was to answer `tag` is gone. NULL: the unit looks at its clock anyhow. */
	void (*devtlb_silent)(struct unit *u, uint32_t tag);
	/* Everything but the caches, which are empty by then, as at power-on. NULL: it has no reset. */
	void (*reset)(struct unit *u);
	void (*destroy)(struct unit *u); /* frees what hangs from the unit, and the unit */
};

#define UNIT_RECENT 8u

/* First member of an architecture's unit. */
struct unit {
	const struct unit_ops *ops;
	struct sim *sim;
	uint32_t index;
	uint64_t base, bytes; /* physical address and size of the registers */
	enum mem_view view;   /* what its table walks see */
	struct regfile regs;
	struct tcache cache[SIM_CACHE_DEVICE]; /* all but the devices' own */
	struct sim_unit_stats stats;
	struct {
		uint64_t addr;
		uint16_t rid;
	} recent[UNIT_RECENT]; /* requests that were no hits; policy speculate */
	uint32_t recents;
	bool gone; /* it has no power */
	enum sim_power power_next;
	struct timer power; /* to power_next */
};

/* A device-TLB invalidation the device has not answered. */
struct device_flight {
	uint64_t first, last;
	uint64_t due_ns;
	uint32_t tag;
	bool ignored;    /* answers and keeps its entries (injection) */
	bool bad_answer; /* answers with a tag nobody waits for (injection) */
};

#define DEVICE_FLIGHTS 32u /* as many as a unit has tags */

struct device {
	uint16_t rid;
	uint8_t unit;
	bool has_ats, ats_on, gone;
	struct tcache tlb;                           /* who: PASID with-PASID class; group 0 */
	struct timer answer;                         /* to the oldest of `flight` */
	struct device_flight flight[DEVICE_FLIGHTS]; /* ring: device-TLB invalidations */
	uint32_t flight_first, flights;
	struct sim *sim;
};

/* Why an access found no answer; architectures that report it read it through bus_error_at. */
enum bus_error {
	BUS_NOBODY = 0, /* there is no memory */
	BUS_REFUSED,    /* memory refused it */
	BUS_POISONED
};

/* The words a probe read, in order. */
#define WALK_PATH 24u
struct walk_path {
	uint64_t pa[WALK_PATH], word[WALK_PATH];
	uint32_t n;
};

struct sim {
	struct clock clock;
	struct mem mem;
	bool bus_slow; /* bus reads take the slow path: injection armed, stores pending, or entries traced */
	bool trace_entries;
	enum bus_error bus_error; /* of the last access that injection failed */
	bool check;               /* the oracle looks at every translation */
	bool watch;               /* it keeps stores and commands, to explain what it finds */
	bool windows;             /* it tells when what is cached becomes stale, and safe */
	struct walk_path *path;   /* of the probe running, NULL: nobody asks */
	struct trace trace;
	struct inject inject;
	struct unit *unit[SIM_UNITS];
	uint32_t units;
	struct device **device;
	uint16_t *device_of_rid[SIM_UNITS]; /* requester id to number + 1; NULL: no device */
	uint32_t devices, device_room;
	struct sim_policy policy;
	struct timing timing;
	uint64_t seed;
	struct rng order;      /* SIM policy out_of_order */
	struct rng ahead;      /* SIM policy speculate */
	struct rng pace;       /* SIM_DELAY_RANDOM */
	struct oracle *oracle; /* NULL: none */
	sim_yield_fn yield;
	void *yield_ctx;
	bool yielding; /* no yield inside a yield */
	struct sim_msi msi[SIM_MSIS];
	uint64_t msis;
	uint32_t complaint[COMPLAINTS];
	char why[256];
};

/* ---- bus ---- */

bool bus_read64_slow(struct sim *s, const struct port *port, uint64_t pa, uint64_t *val);

/* One aligned word of table memory; false: access error. */
static inline bool bus_read64(struct sim *s, const struct port *port, uint64_t pa, uint64_t *val)
{
	if (__builtin_expect(!s->bus_slow, 1)) {
		const uint8_t *p = mem_word(&s->mem, pa);

		if (!p)
			return false;
		memcpy(val, p, 8);
		return true;
	}
	return bus_read64_slow(s, port, pa, val);
}

/*
 * The window most table reads fall into, for a walk to hold in registers; size 0 while bus reads take the slow path. A read
 * it does not cover goes through bus_read64 or bus_read128.
 */
static inline struct mem_window bus_direct(const struct sim *s)
{
	struct mem_window w = s->mem.win[0];

	if (s->bus_slow)
		w.size = 0;
	return w;
}

/* Two consecutive words, 16-byte aligned, in one atomic access (VT-d 3.x: 128-bit entries are read whole). */
static inline bool bus_read128(struct sim *s, const struct port *port, uint64_t pa, uint64_t *val)
{
	if (__builtin_expect(!s->bus_slow, 1)) {
		const uint8_t *p = mem_word(&s->mem, pa);

		if (!p)
			return false;
		memcpy(val, p, 16);
		return true;
	}
	return bus_read64_slow(s, port, pa, &val[0]) && bus_read64_slow(s, port, pa + 8, &val[1]);
}

/* Snooped reads and writes of any length by a master of a unit, or a device behind it (queue fetch, status write, device data); false: access error. */
bool bus_read(struct sim *s, uint32_t unit, enum sim_master master, uint64_t pa, void *buf,
	      uint64_t len);
bool bus_write(struct sim *s, uint32_t unit, enum sim_master master, uint64_t pa, const void *buf,
	       uint64_t len);

/* Why the access to `pa` that just failed did. */
enum bus_error bus_error_at(const struct sim *s, uint64_t pa);

/* bus_slow again after injection rules or pending stores changed. */
void bus_update(struct sim *s);

/* ---- inject ---- */

#define INJECT_NO_UNIT (UINT32_MAX - 1)

/* Cheap test before inject_fires. */
static inline bool inject_armed(const struct sim *s, enum sim_point point)
{
	return s->inject.armed >> point & 1;
}

/*
 * A rule for `point` fires for an access of `unit` or a device behind it (INJECT_NO_UNIT: of neither) to [first, last]; *value (may be NULL) receives the rule's value. Rules are asked
 * in the order of their numbers, and those after one that fires do not see the access.
 */
bool inject_fires(struct sim *s, uint32_t unit, enum sim_point point, enum sim_master master,
		  uint64_t first, uint64_t last, uint64_t *value);

/* What an invalidation that names `addr`, a page's address or a number, gets wrong: to be xored to that number; 0: nothing. */
uint64_t inject_wrong(struct sim *s, uint32_t unit, uint64_t addr);

/* ---- trace ---- */

static inline void trace(struct sim *s, enum sim_trace_kind kind, uint32_t unit, uint32_t code,
			 uint8_t small, uint8_t flags, uint64_t a, uint64_t b)
{
	if (__builtin_expect(!s->trace.ring, 1))
		return;
	s->trace.ring[s->trace.count++ & s->trace.mask] = (struct sim_trace_record){
		.time_ns = s->clock.now_ns,
		.a = a,
		.b = b,
		.code = code,
		.kind = (uint8_t)kind,
		.unit = (uint8_t)unit,
		.small = small,
		.flags = flags,
	};
}

/*
 * A table entry as a unit has just read it; probes leave no trace. For reads beyond the direct window, which is empty while
 * entries are traced.
 */
void trace_entry(struct sim *s, const struct port *port, enum sim_entry what, uint64_t at,
		 const uint64_t *q, unsigned words);

/* ---- messages ---- */

/* Delivers a message to the sink, unless injection loses it. rid is ignored for a unit's own events. */
void msi_send(struct sim *s, uint32_t unit, bool from_unit, uint16_t rid, uint64_t addr,
	      uint32_t data);

/* The same for a device's message that an entry remapped. */
void msi_send_remapped(struct sim *s, uint32_t unit, uint16_t rid, uint64_t addr, uint32_t data);

/* ---- speculation ---- */

/* Hardware has a moment: under the policy some unit may look ahead. */
void speculate(struct sim *s);

/* A request missed the cache, and the policy is on. */
void speculate_note(struct unit *u, const struct sim_request *rq);

/* ---- power ---- */

/* Beside enum sim_power, in traces. */
#define POWER_PULLED 3
#define POWER_PLUGGED 4
const char *power_name(unsigned what);

void power_init(struct unit *u);

/* The guest is about to access a register: injection may take the unit away first. */
void power_before_access(struct unit *u, uint32_t off, uint32_t width);

/* Nobody answers the read. */
bool power_reads_ones(struct unit *u, uint32_t off, uint32_t width);

/* ---- devices ---- */

struct device *device_by_rid(struct sim *s, uint32_t unit, uint16_t rid);

enum device_answer {
	DEVICE_ANSWERS = 0,
	DEVICE_SILENT
};

/*
 * Device-TLB invalidation for `rid` with tag `tag`: schedules the answer, which reaches the unit through
 * unit_ops.devtlb_answer. The device drops [first, last] just before it answers: until then it may use what it has, as a
 * device may, so that a driver that does not wait is seen. DEVICE_SILENT: no such device, one without ATS, or injection: no
 * answer will come and nothing is dropped.
 */
enum device_answer device_invalidate(struct sim *s, uint32_t unit, uint16_t rid, uint32_t tag,
				     uint64_t first, uint64_t last);

/* ---- oracle hooks, called when s->check ---- */

/* A translation just made by `u`: sets x->stale and adds findings. `from_cache` as in x->source. */
void oracle_translated(struct sim *s, struct unit *u, const struct sim_request *rq,
		       struct sim_xlat *x);

/* A device was told a translation, just made, that does not let it do what it wants. */
void oracle_denied(struct sim *s, struct unit *u, const struct sim_request *rq, struct sim_xlat *x);

/* Data of a device just reached (or was refused) one page: outcome and containment. */
void oracle_accessed(struct sim *s, const struct sim_request *rq, const struct sim_xlat *x);

/* After everything that may change memory, a cache, or what the guest knows. */
void oracle_windows(struct sim *s);

static inline void machine_windows(struct sim *s)
{
	if (__builtin_expect(s->windows, 0))
		oracle_windows(s);
}

/*
 * Hooks called when s->watch: what the guest did, kept so that a finding can name the store that changed memory and the
 * invalidation that was missing. A command has a number, 0: it is not kept.
 */

/* The CPU is about to store a word. */
void oracle_stores(struct sim *s, uint64_t pa, uint64_t val);

/* The same from outside the machine: any bytes. Stores them, false: outside RAM. */
bool oracle_places(struct sim *s, uint64_t pa, const void *buf, uint64_t len);

/* Where a unit finds its tables has changed: for DMA, interrupts or both. `name`: of the register, static text. */
enum oracle_tables {
	ORACLE_TABLES_DMA = 1,
	ORACLE_TABLES_INTERRUPTS = 2
};
void oracle_pointed(struct sim *s, uint32_t unit, const char *name, unsigned tables, uint64_t old,
		    uint64_t now);

/* Another master has just written. */
void oracle_wrote(struct sim *s, enum sim_master master, uint64_t pa, uint64_t len);

/* The CPU read a word of memory, or a register: it may be what tells a command complete. */
void oracle_loaded(struct sim *s, uint64_t pa);
void oracle_reg_read(struct sim *s, uint32_t unit, uint32_t off, uint32_t width);

/* The guest moved the tail of a ring of `bytes` at `ring` from `from` to `to`, by commands of `step` bytes. */
void oracle_told(struct sim *s, struct unit *u, uint64_t ring, uint64_t from, uint64_t to,
		 uint64_t bytes, uint64_t step);

/* The unit fetched the command at `slot` of its ring; `wait`: one that tells others complete. */
uint64_t oracle_fetched(struct sim *s, struct unit *u, const uint64_t *q, uint64_t slot, bool wait);

/* A command given through registers. */
uint64_t oracle_issued(struct sim *s, uint32_t unit, const struct sim_invalidation *cmd);

/* It was carried out, or its effect was lost; it was given up; all not carried out were. */
void oracle_executed(struct sim *s, uint32_t unit, uint64_t number);
void oracle_lost(struct sim *s, uint32_t unit, uint64_t number);
void oracle_dropped(struct sim *s, uint32_t unit, uint64_t number);
void oracle_refused(struct sim *s, uint32_t unit,
		    uint64_t slot); /* told, and found bad when fetched */
void oracle_dropped_all(struct sim *s, uint32_t unit);

/* Where the guest sees that the command, and all before it, are complete: a word of memory, or a 32-bit register. */
void oracle_status(struct sim *s, uint32_t unit, uint64_t number, uint64_t pa);
void oracle_polled(struct sim *s, uint32_t unit, uint64_t number, uint32_t off);

/* An event message told it: the guest was interrupted, and need not read. */
void oracle_messaged(struct sim *s, uint32_t unit);

/*
 * Around what a command does to caches: entries that go in between went by it, and nothing may rely on that before the guest
 * has seen it complete. Of the unit's own caches, or of one device's. Ends with oracle_executed.
 */
void oracle_removes(struct unit *u, bool on);
void oracle_device_removes(struct device *d, bool on);

int oracle_create(struct sim *s);
void oracle_destroy(struct sim *s);

/* ---- looking into caches ---- */

/* What an entry of the unit's cache, or of a device's TLB, means, and for whom it was filled. */
void inspect_line(const struct unit *u, enum sim_cache cache, const struct tc_entry *e,
		  struct sim_cache_line *out);
void inspect_device_line(const struct device *d, const struct tc_entry *e,
			 struct sim_cache_line *out);

/* ---- set-up ---- */

/* Formats into s->why and returns `error`. */
int sim_fail(struct sim *s, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Adds a unit made by an architecture (ops, view, regs and caches ready); returns its number. From then on sim_destroy
 * calls ops->destroy. A view other than the CPU's makes memory withhold stores. SIM_E_FULL, SIM_E_EXIST (registers
 * overlap), SIM_E_RANGE.
 */
int sim_unit_add(struct sim *s, struct unit *u, uint64_t base, uint64_t bytes);

/* Makes and unmakes the unit's caches as the machine's policy says; u->index is set. SIM_E_NOMEM. */
int unit_caches_init(struct sim *s, struct unit *u);
void unit_caches_destroy(struct unit *u);

/*
 * Around a guest access that is neither to memory nor to the register file: before it, hardware may do anything it has to
 * and the access takes its time; after it, what became due happens.
 */
void machine_yield(struct sim *s);
void machine_settle(struct sim *s);

/* Counts and traces what a register access did wrong. */
void machine_complain(struct sim *s, uint32_t unit, enum reg_result result, uint32_t off,
		      uint64_t val);

/* The unit or NULL. */
static inline struct unit *sim_unit(const struct sim *s, uint32_t unit)
{
	return unit < s->units ? s->unit[unit] : NULL;
}

/*
 * Sets `t` to fire after delay_ns on the machine's clock: before the running guest access or DMA returns when it is 0, not
 * at all when it is TIMING_NEVER.
 */
void sim_after(struct sim *s, struct timer *t, uint64_t delay_ns);

#endif
