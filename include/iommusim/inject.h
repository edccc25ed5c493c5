/*
 * Fault injection: things hardware does that the architecture does not allow, or that are rare, aimed at a named point.
 *
 * A rule fires at its point when unit, master, address range and skip count match, `count` times. Rules are data: the same
 * seed and rules give the same run. What the range is compared with is the address of the access; the offset of a register;
 * for devices the requester id; for commands of registers what is written.
 */
#ifndef IOMMUSIM_INJECT_H
#define IOMMUSIM_INJECT_H

#include <stdbool.h>
#include <stdint.h>

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

/* Who makes a memory access. */
enum sim_master {
	SIM_MASTER_CPU = 0,
	SIM_MASTER_WALK,    /* table reads of a translation */
	SIM_MASTER_QUEUE,   /* invalidation queue descriptor fetch */
	SIM_MASTER_STATUS,  /* wait status write */
	SIM_MASTER_LOG,	    /* fault or event log write */
	SIM_MASTER_MSI,
	SIM_MASTER_DMA,	    /* data of a device */
	SIM_MASTERS,
	SIM_MASTER_ANY = 255
};

enum sim_point {
	SIM_POINT_BUS_READ_ABORT = 0, /* the read is not answered: an access error */
	SIM_POINT_BUS_READ_POISON,    /* answered with poisoned data: an access error too, and counted apart */
	SIM_POINT_BUS_WRITE_ABORT,    /* the write is lost and reported to the master */
	SIM_POINT_BIT_FLIP,	      /* the 64-bit word read is delivered xor `value` */
	SIM_POINT_PAGE_ALLOC,	      /* the platform has no page (asked by the guest's allocator) */
	SIM_POINT_QUEUE_STALL,	      /* the unit stops fetching commands for `value` ns, 0: for good */
	SIM_POINT_COMPLETION_LOST,    /* the status write of a wait does not happen */
	SIM_POINT_COMPLETION_LATE,    /* it happens `value` ns later */
	SIM_POINT_COMPLETION_WRONG,   /* it writes `value` */
	SIM_POINT_INVALIDATION_LOST,  /* the command completes and removes nothing */
	SIM_POINT_DEVTLB_SILENT,      /* the device does not answer a device-TLB invalidation */
	SIM_POINT_DEVTLB_IGNORED,     /* the device answers and keeps its entries */
	SIM_POINT_DEVTLB_BAD_ANSWER,  /* the device answers with an ITag nobody waits for */
	SIM_POINT_MSI_LOST,	      /* an event message is not delivered */
	SIM_POINT_LOG_OVERFLOW,	      /* a fault finds the record file full */
	SIM_POINT_HANDSHAKE_LOST,     /* a global command is accepted and never acknowledged */
	SIM_POINT_UNIT_RESET,	      /* the unit is reset, `value` ns after the register access matched (0: before it) */
	SIM_POINT_UNIT_GONE,	      /* its power goes before a register access, for `value` ns, 0: for good */
	SIM_POINT_REG_ONES,	      /* a register read is answered with all ones */
	SIM_POINT_DEVICE_GONE,	      /* the device is pulled out before a DMA or a device-TLB invalidation */
	SIM_POINT_DMA_TRANSLATED,     /* the device says that an untranslated DMA is translated already */
	SIM_POINT_DMA_SPOOFED,	      /* it sends a DMA with requester id `value` */
	SIM_POINT_EVENT_LATE,	      /* AMD-Vi: the log's tail counts an event `value` ns before it is there, 0: it never is */
	SIM_POINT_COMMAND_DAMAGED,    /* a word of a command is changed by xor `value`, in memory, when the unit fetches it */
	SIM_POINT_COMMAND_REFUSED,    /* VT-d: a register-based invalidation ends with nothing performed: CAIG or IAIG = 0 */
	SIM_POINT_INVALIDATION_WRONG, /* the command completes and removes what one would that names other pages or interrupts,
					 another domain or device: the number it names, counted in units of its range, xor
					 `value` (0: 1) */
	SIM_POINTS
};

/* What the driver promises when the rule fires. */
enum sim_promise {
	SIM_PROMISE_SURVIVE = 0, /* goes on as if nothing happened */
	SIM_PROMISE_REPORT,	 /* an error or a broken unit, told to the caller */
	SIM_PROMISE_CONTAIN	 /* no DMA outside the domain, no page released early */
};

struct sim_inject_rule {
	enum sim_point point;
	uint32_t skip;	       /* matches passed over first */
	uint32_t count;	       /* then it fires so many times; 0: always */
	uint64_t first, last;  /* address or id range; 0 and UINT64_MAX match everything */
	enum sim_master master; /* SIM_MASTER_ANY: all. Only for bus points */
	uint64_t value;
	enum sim_promise promise;
	uint32_t unit;	       /* 0: any unit, and what belongs to none; n: only what unit n - 1 and its devices do */
};

struct sim;

/* Adds a rule; at most SIM_INJECT_RULES are active. Returns its number, or SIM_E_FULL, SIM_E_INVAL. */
#define SIM_INJECT_RULES 32
int sim_inject_add(struct sim *s, const struct sim_inject_rule *rule);

/* Removes rule `number`; SIM_E_NOENT when there is none. */
int sim_inject_remove(struct sim *s, int number);

/* How often rule `number` has fired, 0 for an unknown one. */
uint32_t sim_inject_fired(const struct sim *s, int number);

/* How many matches it has passed over so far (`skip` of them at most). */
uint32_t sim_inject_passed(const struct sim *s, int number);

/*
 * Asks whether `point` fires now for `addr`; used by the machine itself and by a guest's own allocator
 * (SIM_POINT_PAGE_ALLOC). *value (may be NULL) receives the rule's value.
 */
bool sim_inject_fires(struct sim *s, enum sim_point point, enum sim_master master, uint64_t addr, uint64_t *value);

/* Lower-case names with dashes ("bus-read-abort"), NULL beyond the last. */
const char *sim_point_name(enum sim_point point);
const char *sim_master_name(enum sim_master master);
const char *sim_promise_name(enum sim_promise promise);

#endif
