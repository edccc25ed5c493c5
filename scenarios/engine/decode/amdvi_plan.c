/* How each AMD-Vi event comes about, one function for each kind; 48882 2.5 "Event Logging" and 2.1.2 "Device Address Ranges". */
#include "decode/amdvi_plan.h"

#include "hw/amdvi.h"

#define PAGE_BYTES UINT64_C(0x1000)
#define DTE_BYTES 32u
#define DTES_IN_PAGE 128u
#define CMD_BYTES 16u
#define SOME_PAGE UINT64_C(0x200000)
#define REMAPPED "IV = <1>; INTCTL = <2>; "

static uint16_t flag(uint64_t mask)
{
	return (uint16_t)FIELD_GET(AMDVI_EV0_FLAGS, mask);
}

#define GN flag(AMDVI_EV0_GN)
#define NX flag(AMDVI_EV0_NX)
#define US flag(AMDVI_EV0_US)
#define INT flag(AMDVI_EV0_I)
#define PR flag(AMDVI_EV0_PR)
#define RW flag(AMDVI_EV0_RW)
#define PE flag(AMDVI_EV0_PE)
#define RZ flag(AMDVI_EV0_RZ)
#define TR flag(AMDVI_EV0_TR)

static const char flags_apart[] = "the report contradicts itself: these flags do not come together",
		  no_domain[] = "the report contradicts itself: this event names no domain",
		  no_place[] = "the report contradicts itself: the address is not that of an entry",
		  tr_write[] = "not modelled: translation requests that are logged as writes",
		  guest[] = "not modelled: guest translation",
		  reached[] =
			  "the report contradicts itself: every device table reaches this device";

/* ---- address ranges ---- */

enum shift {
	SHIFT_MESSAGE,
#define RANGE(name, first, last, description) SHIFT_##name,
	AMDVI_HT_RANGES(RANGE)
#undef RANGE
};

#define HT(name) (1u << SHIFT_##name)
#define RANGE_MESSAGE (1u << SHIFT_MESSAGE)
#define RANGE_MEMORY (1u << 31)
#define ANYWHERE UINT32_MAX

/* One bit for the special range that an address lies in; 0: ordinary memory. */
static uint32_t range_of(uint64_t addr)
{
#define RANGE(name, first, last, description) { first, last },
	static const struct {
		uint64_t first, last;
	} ranges[] = { { AMDVI_INTR_FIRST, AMDVI_INTR_LAST }, AMDVI_HT_RANGES(RANGE) };
#undef RANGE

	for (uint32_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (addr >= ranges[i].first && addr <= ranges[i].last)
			return 1u << i;
	}
	return 0;
}

/* ---- shared parts ---- */

/* The unit has no entry for the device: in one reading an illegal entry. Tables come in pages. */
static const char *beyond(const struct decoded *d, struct amdvi_plan *p)
{
	p->one_page = true;
	p->unit = "beyond-table-is-illegal = <1>;";
	return d->rid < DTES_IN_PAGE ? reached : NULL;
}

/* An interrupt to the address of the event, as message or in HyperTransport's range. */
static const char *interrupt_at(const struct decoded *d, struct amdvi_plan *p)
{
	uint32_t range = range_of(d->addr);

	p->message = range == RANGE_MESSAGE;
	p->access = ACCESS_WRITE;
	if (range == HT(INTR))
		return NULL;
	if (p->message)
		return d->addr & 3 ? "the report contradicts itself: a message of 4 bytes is "
				     "aligned to them"
				   : NULL;
	if (d->addr >> 40 == 0xFFFFFF && range_of(d->addr & UINT64_C(0xFFFFFFFFFF)) == HT(INTR))
		return "not modelled: HyperTransport addresses with bits 63:40 set; the "
		       "specification's have 40 bits: --raw event with the address cut to those";
	return "the report contradicts itself: I = 1, and the address is no interrupt's";
}

/* Any interrupt: the event has another address. */
static void some_interrupt(struct amdvi_plan *p)
{
	p->message = true;
	p->iova = AMDVI_INTR_FIRST;
}

/* Type of a hardware error: what has to happen to accesses by `master`. */
static const char *hardware_error(const struct decoded *d, struct amdvi_plan *p, const char *master)
{
	p->master = master;
	switch (FIELD_GET(AMDVI_EV0_TYPE_HW, FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)d->flags))) {
	case AMDVI_HWERR_TARGET_ABORT:
		p->point = "bus-read-abort";
		return NULL;
	case AMDVI_HWERR_DATA_ERROR:
		p->point = "bus-read-poison";
		return NULL;
	case AMDVI_HWERR_MASTER_ABORT:
		p->absent = true;
		return NULL;
	default:
		return "the report contradicts itself: this type of error is reserved";
	}
}

/* ---- device table and page tables ---- */

static const char *interrupt_fault(const struct decoded *d, struct amdvi_plan *p)
{
	const char *why = interrupt_at(d, p);
	bool reserved = d->flags == (INT | PR | RZ);

	if (why)
		return why;
	if ((d->flags != INT && !reserved) || (reserved && !p->message))
		return flags_apart;
	p->dte = p->message ? REMAPPED : "IV = <1>;"; /* a free entry, or IntCtl = 00b */
	if (reserved)
		p->irte = "REMAPEN = <1>; INTTYPE = <7>;";
	return NULL;
}

static const char *page_fault(const struct decoded *d, struct amdvi_plan *p)
{
	uint32_t range = range_of(d->addr);

	if (d->flags & TR)
		return "a translation request is answered without permission, and no page fault is "
		       "logged";
	if (d->flags & INT)
		return interrupt_fault(d, p);
	if (range == RANGE_MESSAGE)
		return "the report contradicts itself: an access to FEEx_xxxxh is no page fault, "
		       "unless I = 1";
	if (range)
		p->unit = "htrangeignore = <1>;";
	if (d->flags & GN)
		return d->flags & (PR | PE | RZ) ? guest : NULL; /* a PASID, and no guest tables */
	if (d->flags & (NX | US))
		return flags_apart;
	if (!(d->flags & PR)) {
		p->leaf = "";
		return d->flags & (PE | RZ) ? flags_apart : NULL;
	}
	if ((d->flags & (PE | RZ)) == (PE | RZ))
		return flags_apart;
	if (d->flags & PE)
		p->leaf = d->flags & RW ? "PR = <1>; IR = <1>;" : "PR = <1>; IW = <1>;";
	else if (d->flags & RZ)
		p->leaf = "PR = <1>; IR = <1>; IW = <1>; RSVD0 = <1>;";
	else
		p->upper = "PR = <1>; NEXT_LEVEL = <6>; IR = <1>; IW = <1>;";
	return NULL;
}

static const char *illegal_interrupt(const struct decoded *d, struct amdvi_plan *p)
{
	const char *why = interrupt_at(d, p);

	if (why)
		return why;
	if (d->flags & (RW | TR) || (d->flags & GN && d->flags & RZ))
		return flags_apart;
	if (d->flags & RZ)
		p->dte = "IV = <1>; INTCTL = <3>;";
	else if (!p->message) /* the request asked the other half before */
		return flags_apart;
	else if (d->flags & GN)
		return beyond(d, p);
	else
		p->dte = REMAPPED "INTTABLEN = <12>;";
	return NULL;
}

static const char *illegal_entry(const struct decoded *d, struct amdvi_plan *p)
{
	if (!(d->flags & GN) && d->domain)
		return no_domain;
	if (d->addr & 3)
		return "the report contradicts itself: bits 1:0 of this event's address are 0";
	if (d->flags & INT)
		return illegal_interrupt(d, p);
	if (d->flags & TR && d->flags & RW)
		return tr_write;
	if (!(d->flags & TR) && range_of(d->addr) == RANGE_MESSAGE)
		return "the report contradicts itself: an access to FEEx_xxxxh does not ask this "
		       "half of the entry";
	p->dte = d->flags & RZ ? "RSVD0 = <1>;" : "IOCTL = <3>;";
	return NULL;
}

/* What the two errors of tables have in common. */
static const char *table_error(const struct decoded *d, struct amdvi_plan *p)
{
	p->iova = SOME_PAGE;
	p->first = d->addr;
	p->last = d->addr + DTE_BYTES - 1;
	if (d->flags & TR && d->flags & RW)
		return tr_write;
	if (d->addr >> 52)
		return no_place;
	if (!(d->flags & INT))
		return hardware_error(d, p, "walk");
	if (d->flags & (RW | TR))
		return flags_apart;
	some_interrupt(p);
	return hardware_error(d, p, "walk");
}

static const char *entry_error(const struct decoded *d, struct amdvi_plan *p)
{
	uint64_t offset = (uint64_t)d->rid * DTE_BYTES;

	if (d->domain)
		return no_domain;
	if (d->addr < offset || (d->addr - offset) % PAGE_BYTES)
		return "the report contradicts itself: the address is not that of this device's "
		       "entry in a device table of one piece";
	p->devtab = d->addr - offset;
	return table_error(d, p);
}

static const char *page_table_error(const struct decoded *d, struct amdvi_plan *p)
{
	const char *why = table_error(d, p);

	if (why)
		return why;
	if (d->flags & GN)
		return guest;
	if (p->message) { /* 32 entries from the aligned address below */
		p->irt = d->addr & ~(uint64_t)(AMDVI_IRT_ALIGN - 1);
		p->data = (uint32_t)(d->addr % AMDVI_IRT_ALIGN) >> AMDVI_IRTE32_LG2;
		p->dte = REMAPPED "INTTABLEN = <5>;";
		return d->addr % 4 ? no_place : NULL;
	}
	p->dte = d->flags & TR ? "I = <1>;" : NULL;
	p->top = d->addr & ~(PAGE_BYTES - 1);
	p->iova = (d->addr / 8 & 0x1FF) << 39; /* the topmost of 4 levels */
	return d->addr % 8 ? no_place : NULL;
}

/* ---- commands ---- */

static const char *command_place(const struct decoded *d, struct amdvi_plan *p)
{
	if (d->addr % CMD_BYTES || d->addr >> 52)
		return "the report contradicts itself: the address is not that of a command";
	p->cmdbuf = p->first = d->addr & ~(PAGE_BYTES - 1);
	p->last = p->first | (PAGE_BYTES - 1);
	p->head = (uint32_t)(d->addr & (PAGE_BYTES - 1));
	return NULL;
}

static const char *names_nobody(const struct decoded *d)
{
	return d->rid || d->domain ? "the report contradicts itself: this event names no device "
				     "and no domain"
				   : NULL;
}

static const char *illegal_command(const struct decoded *d, struct amdvi_plan *p)
{
	const char *why = names_nobody(d);

	p->command = "raw = /bits/ 64 <0xf000000000000000 0>;";
	return why ? why : d->flags ? flags_apart : command_place(d, p);
}

/* A command that cannot be read; where none can be, the store of a COMPLETION_WAIT that fails. */
static const char *command_error(const struct decoded *d, struct amdvi_plan *p)
{
	const char *why = names_nobody(d);

	if (why)
		return why;
	if (d->addr % CMD_BYTES != CMD_BYTES / 2) {
		p->command = "";
		why = command_place(d, p);
		return why ? why : hardware_error(d, p, "queue");
	}
	if (d->addr >> 52)
		return no_place;
	p->command = "type = \"COMPLETION_WAIT\"; S = <1>;"; /* STOREADDR is the event's address */
	p->first = d->addr;
	p->last = d->addr + 7;
	why = hardware_error(d, p, "status");
	if (p->point) {
		if (FIELD_GET(AMDVI_EV0_TYPE_HW, FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)d->flags)) ==
		    AMDVI_HWERR_DATA_ERROR)
			return "the report contradicts itself: no command lies at the address, and "
			       "a store meets no poison";
		p->point = "bus-write-abort";
	}
	return why;
}

/* The command to the silent device is the caller's to write. */
static const char *time_out(const struct decoded *d, struct amdvi_plan *p)
{
	if (d->domain)
		return "the report contradicts itself: this event names no domain";
	p->dte = "I = <1>;";
	p->silent = true;
	p->command = "type = \"INVALIDATE_IOTLB_PAGES\"; MAXPEND = <32>; ADDR = <0x5000>;";
	return d->flags ? flags_apart : command_place(d, p);
}

/* ---- requests that may not be made ---- */

/* RW is not among this event's flags: the type says what kind of access it was. */
static const char *invalid_request(const struct decoded *d, struct amdvi_plan *p)
{
	static const struct kind {
		uint8_t tr, type;
		enum decoded_access access;
		uint8_t at;
		const char *dte;
		uint32_t ranges; /* that it may lie in */
		bool one_page;
	} kinds[] = {
		{ 0, AMDVI_DR_INTR_READ, ACCESS_READ, 0, "I = <1>;",
		  RANGE_MESSAGE | HT(INTR) | HT(INTR_RSVD), false },
		{ 0, AMDVI_DR_PRETRANSLATED, ACCESS_READ, 2, NULL, ANYWHERE & ~RANGE_MESSAGE,
		  false },
		{ 0, AMDVI_DR_PORT_IO, ACCESS_READ, 0, "I = <1>;", HT(IO), false },
		{ 0, AMDVI_DR_SYSMGT_WRITE, ACCESS_WRITE, 0, "I = <1>;", HT(SYSMGT), false },
		{ 0, AMDVI_DR_INTR_RSVD, ACCESS_WRITE, 0, "I = <1>;", HT(INTR_RSVD) | HT(IACK),
		  false },
		{ 0, AMDVI_DR_SYSMGT, ACCESS_READ, 0, "I = <1>;", HT(SYSMGT), false },
		{ 1, AMDVI_DR_ATS_SPECIAL, ACCESS_READ, 1, "I = <1>;", ANYWHERE & ~RANGE_MEMORY,
		  false },
		{ 1, AMDVI_DR_ATS_DISABLED, ACCESS_READ, 1, NULL, ANYWHERE, false },
		{ 1, AMDVI_DR_ATS_BEYOND, ACCESS_READ, 1, NULL, ANYWHERE, true },
	};
	uint64_t type = FIELD_GET(AMDVI_EV0_TYPE, FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)d->flags));
	uint32_t range = range_of(d->addr) ? range_of(d->addr) : RANGE_MEMORY;
	const struct kind *k = kinds, *end = kinds + sizeof(kinds) / sizeof(kinds[0]);

	while (k < end && (k->tr != !!(d->flags & TR) || k->type != type))
		k++;
	if (k == end)
		return !(d->flags & TR) && type == AMDVI_DR_INTR_WRITE
			       ? "not modelled: an interrupt that IntCtl aborts is logged as "
				 "IO_PAGE_FAULT with I = 1"
			       : "the report contradicts itself: this type is reserved";
	if (!(d->flags & GN) && (d->domain || d->flags & US))
		return d->domain ? no_domain : flags_apart;
	if (!(k->ranges & range))
		return "the report contradicts itself: this type does not come of this address";
	p->access = k->access;
	p->at = k->at;
	p->dte = k->dte;
	p->one_page = k->one_page;
	return k->one_page && d->rid < DTES_IN_PAGE ? reached : NULL;
}

/* The flags that an event of this code may have. */
static uint64_t event_flags(uint8_t code)
{
#define FLAGS(event, name, flags, description) { event, flags },
	static const struct {
		uint8_t event;
		uint64_t flags;
	} events[] = { AMDVI_EVENTS(FLAGS) };
#undef FLAGS

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (events[i].event == code)
			return events[i].flags;
	}
	return 0;
}

const char *amdvi_plan(const struct decoded *d, struct amdvi_plan *p)
{
	static const struct {
		uint8_t event;
		const char *(*plan)(const struct decoded *d, struct amdvi_plan *p);
	} plans[] = {
		{ AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, illegal_entry },
		{ AMDVI_EV_IO_PAGE_FAULT, page_fault },
		{ AMDVI_EV_DEV_TAB_HARDWARE_ERROR, entry_error },
		{ AMDVI_EV_PAGE_TAB_HARDWARE_ERROR, page_table_error },
		{ AMDVI_EV_ILLEGAL_COMMAND_ERROR, illegal_command },
		{ AMDVI_EV_COMMAND_HARDWARE_ERROR, command_error },
		{ AMDVI_EV_IOTLB_INV_TIMEOUT, time_out },
		{ AMDVI_EV_INVALID_DEVICE_REQUEST, invalid_request },
	};

	*p = (struct amdvi_plan){ .iova = d->addr,
				  .devtab = PLAN_ANYWHERE,
				  .cmdbuf = PLAN_ANYWHERE,
				  .top = PLAN_ANYWHERE,
				  .irt = PLAN_ANYWHERE,
				  .access = d->access,
				  .at = d->flags & TR ? 1 : 0 };
	if (FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)d->flags) & ~event_flags(d->reason))
		return "the report contradicts itself: flags that this event does not have";
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		if (plans[i].event == d->reason)
			return plans[i].plan(d, p);
	}
	return "not modelled: this event";
}
