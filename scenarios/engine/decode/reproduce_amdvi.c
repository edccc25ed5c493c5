/*
 * AMD-Vi events, one function for each way of coming about. Tables, command buffer and event log are laid out by the scenario
 * itself; where an event names the address of an entry or a command, that structure is put there.
 */
#include <inttypes.h>
#include <string.h>

#include "decode/raw.h"
#include "decode/reproduce.h"
#include "hw/amdvi.h"

#define PAGE_BYTES UINT64_C(0x1000)
#define DTE_BYTES 32u
#define CMD_BYTES 16u

/* Where things are when the event does not say; all within 16 MiB from `base` of the plan. */
#define AT_CMDBUF UINT64_C(0x14000)
#define AT_EVTLOG UINT64_C(0x15000)
#define AT_TABLES UINT64_C(0x20000) /* the topmost; each lower level a page above */
#define AT_PAGE UINT64_C(0x200000)
#define AT_DEVTAB UINT64_C(0x400000) /* room for 65536 entries */

/* What differs from the ordinary: a page at the address of the report, all permissions. */
struct plan {
	const char *dte; /* fields of the entry beside V, TV, Mode, root, IR, IW and DomainID */
	uint64_t base, devtab, cmdbuf, top;
	uint64_t head; /* of the command buffer, bytes */
	uint64_t iova; /* of the request */
	const char *leaf,
		*upper;      /* fields of the page and of the topmost entry; "" lays nothing out */
	const char *before;  /* a step before the request */
	const char *command; /* instead of a request */
	bool fails;          /* an entry at d->addr cannot be read */
};

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

static const char contradiction[] =
	"the report contradicts itself: these flags do not come together";

static const char *page_fault(const struct decoded *d, struct plan *p)
{
	uint16_t rest = d->flags & (uint16_t) ~(PR | RW | PE | RZ);

	if (rest & INT)
		return "not modelled: interrupt remapping faults cannot be re-created yet";
	if (rest & (GN | NX | US))
		return "not modelled: guest translation";
	if (rest & TR)
		return "a translation request is answered without permission, and no page fault is "
		       "logged";
	if (!(d->flags & PR)) {
		p->leaf = "";
		return d->flags & (PE | RZ) ? contradiction : NULL;
	}
	if ((d->flags & (PE | RZ)) == (PE | RZ))
		return contradiction;
	if (d->flags & PE)
		p->leaf = d->flags & RW ? "PR = <1>; IR = <1>;" : "PR = <1>; IW = <1>;";
	else if (d->flags & RZ)
		p->leaf = "PR = <1>; IR = <1>; IW = <1>; RSVD0 = <1>;";
	else
		p->upper = "PR = <1>; NEXT_LEVEL = <6>; IR = <1>; IW = <1>;";
	return NULL;
}

static const char *illegal_entry(const struct decoded *d, struct plan *p)
{
	if (d->flags & INT)
		return "not modelled: interrupt remapping faults cannot be re-created yet";
	if (d->flags & (uint16_t) ~(RW | RZ | TR))
		return d->flags & GN ? "not modelled: guest translation" : contradiction;
	if ((d->flags & TR) && (d->flags & RW))
		return "not modelled: translation requests for writing";
	if (d->domain)
		return "the report contradicts itself: this event names no domain";
	if (d->addr & 3)
		return "the report contradicts itself: bits 1:0 of this event's address are 0";
	p->dte = d->flags & RZ ? "RSVD0 = <1>;" : "IOCTL = <3>;";
	return NULL;
}

/* Type of a hardware error: what has to happen to the access. */
static const char *hardware_error(const struct decoded *d, struct plan *p)
{
	switch (FIELD_GET(AMDVI_EV0_TYPE_HW, FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)d->flags))) {
	case AMDVI_HWERR_TARGET_ABORT:
		p->before = "bus-read-abort";
		break;
	case AMDVI_HWERR_DATA_ERROR:
		p->before = "bus-read-poison";
		break;
	case AMDVI_HWERR_MASTER_ABORT:
		return "not modelled: a master abort where memory is (the table would have to be "
		       "where none is)";
	default:
		return "the report contradicts itself: this type of error is reserved";
	}
	p->fails = true;
	return NULL;
}

static const char *entry_error(const struct decoded *d, struct plan *p)
{
	uint64_t offset = (uint64_t)d->rid * DTE_BYTES;

	if (d->flags & INT)
		return "not modelled: interrupt remapping faults cannot be re-created yet";
	if (d->domain)
		return "the report contradicts itself: this event names no domain";
	if (d->flags & TR && d->flags & RW)
		return "not modelled: translation requests for writing";
	if (d->addr < offset || (d->addr - offset) % PAGE_BYTES || d->addr >> 52)
		return "the report contradicts itself: the address is not that of this device's "
		       "entry in any device table";
	p->devtab = d->addr - offset;
	p->iova = AT_PAGE;
	return hardware_error(d, p);
}

static const char *page_table_error(const struct decoded *d, struct plan *p)
{
	if (d->flags & (INT | GN))
		return "not modelled: interrupt remapping faults and guest translation cannot be "
		       "re-created yet";
	if (d->flags & TR && d->flags & RW)
		return "not modelled: translation requests for writing";
	if (d->addr & 7 || d->addr >> 52)
		return "the report contradicts itself: the address is not that of an entry";
	p->top = d->addr & ~(PAGE_BYTES - 1);
	p->iova = (d->addr / 8 & 0x1FF) << 39; /* the topmost of 4 levels */
	return hardware_error(d, p);
}

static const char *command_place(const struct decoded *d, struct plan *p)
{
	if (d->addr % CMD_BYTES || d->addr >> 52)
		return "the report contradicts itself: the address is not that of a command";
	if (d->rid || d->domain)
		return "the report contradicts itself: this event names no device and no domain";
	p->cmdbuf = d->addr & ~(PAGE_BYTES - 1);
	p->head = d->addr & (PAGE_BYTES - 1);
	return NULL;
}

static const char *illegal_command(const struct decoded *d, struct plan *p)
{
	p->command = "raw = /bits/ 64 <0xf000000000000000 0>;";
	return d->flags ? contradiction : command_place(d, p);
}

static const char *command_error(const struct decoded *d, struct plan *p)
{
	const char *why = command_place(d, p);

	p->command = "type = \"INVALIDATE_IOMMU_ALL\";";
	return why ? why : hardware_error(d, p);
}

static const char *invalid_request(const struct decoded *d, struct plan *p)
{
	uint64_t type = FIELD_GET(AMDVI_EV0_TYPE, FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)d->flags));

	if (d->flags & (GN | US))
		return "not modelled: guest translation";
	if (d->domain)
		return "the report contradicts itself: this event names no domain";
	if (type == (d->flags & TR ? AMDVI_DR_ATS_DISABLED : AMDVI_DR_PRETRANSLATED))
		return NULL;
	p->dte = "I = <1>;";
	return NULL;
}

/* The event names the command alone; which device it was for is the scenario's choice. */
static const char *time_out(const struct decoded *d, struct plan *p)
{
	p->dte = "I = <1>;";
	p->before = "devtlb-silent";
	p->command = "type = \"INVALIDATE_IOTLB_PAGES\"; DEVICEID = <0>; QUEUEID = <0>; MAXPEND = "
		     "<32>; ADDR = <0x5000>;";
	return d->flags ? contradiction : command_place(d, p);
}

/* The kind of access that each type of INVALID_DEVICE_REQUEST comes of; RW is not among its flags. */
static enum decoded_access invalid_access(const struct decoded *d)
{
	switch (FIELD_GET(AMDVI_EV0_TYPE, FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)d->flags))) {
	case AMDVI_DR_SYSMGT_WRITE:
	case AMDVI_DR_INTR_WRITE:
	case AMDVI_DR_INTR_RSVD:
		return d->flags & TR ? ACCESS_READ : ACCESS_WRITE;
	default:
		return ACCESS_READ;
	}
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

static const char *plan_for(const struct decoded *d, struct plan *p)
{
	static const struct {
		uint8_t event;
		const char *(*plan)(const struct decoded *d, struct plan *p);
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

	if (FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)d->flags) & ~event_flags(d->reason))
		return "the report contradicts itself: flags that this event does not have";
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		if (plans[i].event == d->reason)
			return plans[i].plan(d, p);
	}
	return "not modelled: this event";
}

static void lay(FILE *f, const char *name, uint64_t at, const char *as, const char *props)
{
	if (!*props)
		return;
	fprintf(f,
		"\t\t%s {\n\t\t\tdo = \"mem-write\"; addr = /bits/ 64 <0x%" PRIx64
		">; as = \"%s\"; loader;\n\t\t\t%s\n\t\t};\n",
		name, at, as, props);
}

/* Levels of the tables: as few as the address needs, 4 at least. */
static uint32_t levels(const struct plan *p)
{
	return p->iova >> 57 ? 6 : p->iova >> 48 ? 5 : 4;
}

static void lay_tables(FILE *f, const struct decoded *d, const struct plan *p)
{
	uint32_t count = levels(p);
	uint64_t table = p->top;
	char props[160], name[24];

	snprintf(props, sizeof(props),
		 "V = <1>; TV = <1>; MODE = <%" PRIu32 ">; HOSTPT = /bits/ 64 <0x%" PRIx64
		 ">; IR = <1>; IW = <1>; "
		 "DOMAINID = <0x%x>; %s",
		 count, table, d->domain, p->dte ? p->dte : "");
	lay(f, "entry", p->devtab + (uint64_t)d->rid * DTE_BYTES, "dte", props);
	if (p->fails)
		return;
	for (uint32_t level = count - 1; level > 0; level--) {
		uint64_t next = p->base + AT_TABLES + PAGE_BYTES * (count - level);

		snprintf(props, sizeof(props),
			 "PR = <1>; NEXT_LEVEL = <%" PRIu32
			 ">; IR = <1>; IW = <1>; ADDR = <0x%" PRIx64 ">;",
			 level, next);
		snprintf(name, sizeof(name), "level-%" PRIu32, level);
		lay(f, name, table + 8 * (p->iova >> (12 + 9 * level) & 0x1FF), "pte",
		    p->upper && level == count - 1 ? p->upper : props);
		table = next;
	}
	snprintf(props, sizeof(props), "%s%s", p->leaf ? p->leaf : "PR = <1>; IR = <1>; IW = <1>;",
		 p->leaf && !*p->leaf ? "" : " ADDR = <0x200000>;");
	lay(f, "page", table + 8 * (p->iova >> 12 & 0x1FF), "pte", props);
}

static void set_up(FILE *f, const struct decoded *d, const struct plan *p)
{
	fprintf(f,
		"\t\tdevice-table { do = \"reg-write\"; register = \"DEVTAB\"; BASE = /bits/ 64 "
		"<0x%" PRIx64 ">; SIZE = <%u>; };\n"
		"\t\tcommands { do = \"reg-write\"; register = \"CMDBUF\"; BASE = /bits/ 64 "
		"<0x%" PRIx64 ">; LEN = <8>; };\n"
		"\t\tcommand-head { do = \"reg-write\"; register = \"CMD_HEAD\"; PTR = <0x%" PRIx64
		">; };\n"
		"\t\tcommand-tail { do = \"reg-write\"; register = \"CMD_TAIL\"; PTR = <0x%" PRIx64
		">; };\n"
		"\t\tlog { do = \"reg-write\"; register = \"EVTLOG\"; BASE = <0x%" PRIx64
		">; LEN = <8>; };\n",
		p->devtab, d->rid / 128u, p->cmdbuf, p->head, p->head, p->base + AT_EVTLOG);
	fputs("\t\tcontrol {\n\t\t\tdo = \"reg-write\"; register = \"CONTROL\";\n"
	      "\t\t\tCOHERENT = <1>; CMDBUFEN = <1>; EVENTLOGEN = <1>; INVTIMEOUT = <1>;\n\t\t};\n"
	      "\t\ton { do = \"command\"; set = \"IOMMUEN\"; };\n",
	      f);
}

/* The access that fails is to the address of the event. */
static void inject(FILE *f, const struct decoded *d, const struct plan *p)
{
	if (!p->before)
		return;
	fprintf(f, "\t\tinjected {\n\t\t\tdo = \"inject\"; point = \"%s\";", p->before);
	if (p->fails)
		fprintf(f,
			" master = \"%s\";\n\t\t\trange = /bits/ 64 <0x%" PRIx64 " 0x%" PRIx64 ">;",
			p->command ? "queue" : "walk", d->addr, d->addr + 7);
	fputs("\n\t\t};\n", f);
}

static void cause(FILE *f, const struct decoded *d, const struct plan *p)
{
	struct decoded request = *d;

	inject(f, d, p);
	if (p->command) {
		if (p->before && !p->fails)
			fputs("\t\tats-on { do = \"ats\"; dev = <&device>; state = \"on\"; };\n",
			      f);
		fprintf(f, "\t\tcommand { do = \"submit\"; %s };\n", p->command);
	} else {
		request.addr = p->iova;
		request.at = d->flags & TR ? 1 : 0;
		if (d->reason == AMDVI_EV_INVALID_DEVICE_REQUEST && !request.at &&
		    FIELD_GET(AMDVI_EV0_TYPE, FIELD_PREP(AMDVI_EV0_FLAGS, (uint64_t)d->flags)) ==
			    AMDVI_DR_PRETRANSLATED)
			request.at = 2;
		reproduce_request(f, &request, d->access, arch_reason_name(d->arch, d->reason));
	}
	fputs("\t\ttime { do = \"advance\"; ns = <5000000>; };\n", f);
}

const char *reproduce_amdvi(FILE *f, const struct decoded *given)
{
	struct decoded d = *given;
	struct plan p = { .iova = d.addr, .base = d.addr >> 24 == 0x30 ? 0x20000000 : 0x30000000 };
	const char *why;
	uint64_t word[2], far;

	if (!d.has_reason || !d.has_addr)
		return "the report names no event or no address";
	if (d.has_pasid)
		return "not modelled: guest translation (the event has a PASID)";
	why = plan_for(&d, &p);
	if (why)
		return why;
	if (d.reason == AMDVI_EV_INVALID_DEVICE_REQUEST)
		d.access = invalid_access(&d);
	far = p.devtab   ? p.devtab + (uint64_t)d.rid * DTE_BYTES
	      : p.cmdbuf ? p.cmdbuf + PAGE_BYTES - 1
			 : p.top + PAGE_BYTES - 1;
	raw_words(&d, word);
	reproduce_head(f, &d, "\t\t\thats = <2>;\n", p.devtab | p.cmdbuf | p.top,
		       p.devtab | p.cmdbuf | p.top ? far : 0);
	p.devtab = p.devtab ? p.devtab : p.base + AT_DEVTAB;
	p.cmdbuf = p.cmdbuf ? p.cmdbuf : p.base + AT_CMDBUF;
	p.top = p.top ? p.top : p.base + AT_TABLES;
	lay_tables(f, &d, &p);
	set_up(f, &d, &p);
	cause(f, &d, &p);
	fprintf(f,
		"\t\trecord {\n\t\t\tdo = \"mem-read\"; addr = <0x%" PRIx64 ">;\n"
		"\t\t\twords = /bits/ 64 <0x%016" PRIx64 " 0x%016" PRIx64 ">;\n\t\t};\n\t};\n};\n",
		p.base + AT_EVTLOG, word[0], word[1]);
	return NULL;
}
