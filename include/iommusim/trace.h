/*
 * Trace: what happened, as 32-byte records in a ring, rendered only when somebody asks.
 */
#ifndef IOMMUSIM_TRACE_H
#define IOMMUSIM_TRACE_H

#include <stddef.h>
#include <stdint.h>

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

enum sim_trace_kind {
	SIM_TRACE_NONE = 0,
	SIM_TRACE_MARK,	       /* a: number given by the caller (scenario step) */
	SIM_TRACE_REG_READ,    /* a: offset, b: value, small: width in bytes */
	SIM_TRACE_REG_WRITE,   /* same */
	SIM_TRACE_CPU_WRITE,   /* a: pa, b: value */
	SIM_TRACE_CPU_SYNC,    /* a: pa, b: size, small: 1 when lines are written back */
	SIM_TRACE_PUBLISH,     /* a: pa of the line, b: mask of its words, small: 1 into the write buffer, 0 into memory */
	SIM_TRACE_XLAT,	       /* a: iova, b: pa, small: enum sim_source, code: rid, kind of access in flags */
	SIM_TRACE_XLAT_FAULT,  /* a: iova, b: last entry read, small: reason, code: rid */
	SIM_TRACE_DMA,	       /* a: first pa, b: length, small: kind, code: rid */
	SIM_TRACE_FILL,	       /* a: tag address, b: value, small: enum sim_cache, code: rid or domain id */
	SIM_TRACE_DROP,	       /* a: first address, b: entries removed, small: enum sim_cache, code: domain id */
	SIM_TRACE_COMMAND,     /* a: descriptor qword 0, b: qword 1, code: head */
	SIM_TRACE_STATUS,      /* a: pa, b: value written by a wait */
	SIM_TRACE_MSI,	       /* a: address, b: data */
	SIM_TRACE_FAULT_RECORD,/* a, b: the record's two qwords, code: index */
	SIM_TRACE_COMPLAINT,   /* a: value, code: enum sim_complaint */
	SIM_TRACE_INJECT,      /* a: address, code: rule, small: point */
	SIM_TRACE_FINDING,     /* a: iova or pa, code: kind */
	SIM_TRACE_POWER,       /* small: enum sim_power; a device: 3 pulled out, 4 put back, code: rid */
	SIM_TRACE_STALE,       /* a: first address of a cached entry that memory now contradicts, b: pa of the entry it was
				  read from, code: rid, of the paging cache domain id, small: enum sim_cache, flags: level */
	SIM_TRACE_GONE,	       /* same: a command removed it, and the guest has not seen that complete */
	SIM_TRACE_SAFE,	       /* same: it is not cached, and the guest knows */
	SIM_TRACE_ENTRY,       /* a: pa, b: the word read there, code: its number in the entry, small: enum sim_entry */
	SIM_TRACE_KINDS
};

/* What units read of tables, named as the language of the scenarios names it: "context". */
enum sim_entry {
	SIM_ENTRY_ROOT,
	SIM_ENTRY_CONTEXT,
	SIM_ENTRY_SS,
	SIM_ENTRY_IRTE_REMAPPED,
	SIM_ENTRY_IRTE_POSTED,
	SIM_ENTRY_PID,
	SIM_ENTRY_DTE,
	SIM_ENTRY_PTE,
	SIM_ENTRY_IRTE32,
	SIM_ENTRY_IRTE,
	SIM_ENTRIES
};

struct sim_trace_record {
	uint64_t time_ns;
	uint64_t a, b;
	uint32_t code;
	uint8_t kind;  /* enum sim_trace_kind */
	uint8_t unit;
	uint8_t small;
	uint8_t flags;
};
#ifndef __cplusplus /* which has no such word */
_Static_assert(sizeof(struct sim_trace_record) == 32, "a trace record is 32 bytes");
#endif

struct sim;

const char *sim_entry_name(enum sim_entry what); /* NULL beyond the last */

/* Records written since creation; the ring holds the newest sim_config.trace_records of them. */
uint64_t sim_trace_count(const struct sim *s);

/* Record number `n` (0 is the first ever), NULL when it is gone or not yet written. */
const struct sim_trace_record *sim_trace_get(const struct sim *s, uint64_t n);

/* Adds a SIM_TRACE_MARK with the caller's number. */
void sim_trace_mark(struct sim *s, uint64_t number);

/* Renders one record as one line without newline; returns the length needed, writes at most size bytes with NUL. */
size_t sim_trace_format(const struct sim *s, const struct sim_trace_record *r, char *buf, size_t size);

#endif
