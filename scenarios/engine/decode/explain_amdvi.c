/* AMD-Vi events: where a developer looks first. */
#include "decode/explain.h"
#include "hw/amdvi.h"

/* clang-format off */

#define EVENTS "48882 2.5 Event Logging, "
#define FLAG(f) ((uint16_t)FIELD_GET(AMDVI_EV0_FLAGS, AMDVI_EV0_##f))

/* The first row whose event is the report's and whose flags under `mask` are `flags` counts. */
struct row {
	uint8_t event;
	uint16_t mask, flags;
	struct advice advice;
};

static const struct row rows[] = {
	{ AMDVI_EV_ILLEGAL_DEV_TABLE_ENTRY, 0, 0, { EVENTS "ILLEGAL_DEV_TABLE_ENTRY; 2.2.2 Device Table", {
		"a reserved bit or encoding in the device table entry: a feature bit set that EFR does not have",
		"the 256 bits were not written in the right order: the unit read a half-new entry with V = 1",
		"the device table's page holds something else, or is shorter than the DeviceID needs", NULL }, {
		"the entry: Linux prints it as DTE[0] to DTE[3]; `iommu-sim decode --raw dte Q0 Q1 Q2 Q3`", NULL } } },
	{ AMDVI_EV_IO_PAGE_FAULT, FLAG(I), FLAG(I), { EVENTS "IO_PAGE_FAULT; 2.2.5 Interrupt Remapping Tables", {
		"the interrupt remapping entry is not enabled: freed while the device could still send",
		"the index is beyond IntTabLen, or the device sends a message of a previous kernel",
		"INVALIDATE_INTERRUPT_TABLE missing after the entry changed", NULL }, {
		"the message of the device against IntTabLen and the entry; the source's mask before the entry was freed", NULL } } },
	{ AMDVI_EV_IO_PAGE_FAULT, FLAG(PR) | FLAG(PE), FLAG(PR) | FLAG(PE), { EVENTS "IO_PAGE_FAULT", {
		"the page is mapped without the permission the device needs: IR or IW clear in the page, in a level above or in the device table entry",
		"the buffer was mapped for the other direction",
		"the device table entry gives neither IR nor IW: the device was blocked on purpose", NULL }, {
		"IR and IW at every level and in the device table entry: `iommu-sim walk`", NULL } } },
	{ AMDVI_EV_IO_PAGE_FAULT, FLAG(PR) | FLAG(RZ), FLAG(PR) | FLAG(RZ), { EVENTS "IO_PAGE_FAULT; 2.2.3 I/O Page Tables", {
		"a reserved bit in a page-table entry: the table's page was given back while the unit could still walk it and holds other data",
		"NextLevel and address bits mixed up", NULL }, { "the entries of the walk: `iommu-sim walk`", NULL } } },
	{ AMDVI_EV_IO_PAGE_FAULT, FLAG(PR), FLAG(PR), { EVENTS "IO_PAGE_FAULT; 2.2.3 I/O Page Tables", {
		"the address is wider than the tables of the domain (Mode), or its skipped-level bits are not zero",
		"an entry has an invalid NextLevel or page size: damaged, or reused as data",
		"Mode is above what EFR.HATS allows", NULL }, { "Mode of the device table entry and NextLevel of each entry", NULL } } },
	{ AMDVI_EV_IO_PAGE_FAULT, 0, 0, { EVENTS "IO_PAGE_FAULT", {
		"the buffer was unmapped while the device was still using it: used after unmap",
		"the buffer was never mapped in the domain this device is attached to (DomainID 0 is often a blocked or default domain)",
		"the device reads or writes beyond the end of its buffer, or was given a physical address",
		"the DeviceID is an alias, or beyond the device table (then DomainID is 0)" }, {
		"who mapped and unmapped the address last; which domain the DeviceID's entry names",
		"IVRS: unity-mapped ranges (IVMD) for the device", NULL } } },
	{ AMDVI_EV_DEV_TAB_HARDWARE_ERROR, 0, 0, { EVENTS "DEV_TAB_HARDWARE_ERROR", {
		"the device table's base leads where no memory is", "the platform poisoned the line (memory error)", NULL }, {
		"DEVTAB base and size; memory error logs; the address is that of the entry", NULL } } },
	{ AMDVI_EV_PAGE_TAB_HARDWARE_ERROR, 0, 0, { EVENTS "PAGE_TAB_HARDWARE_ERROR", {
		"an entry points to a table where no memory is: damaged, or an address cut to 32 bits",
		"the platform poisoned the line (memory error)", NULL }, {
		"the entries above; the address is that of the entry that could not be read", NULL } } },
	{ AMDVI_EV_ILLEGAL_COMMAND_ERROR, 0, 0, { EVENTS "ILLEGAL_COMMAND_ERROR; 2.4 Commands", {
		"a command with a reserved bit or an undefined opcode",
		"the tail was moved before the command's words were in memory: a barrier is missing",
		"the command needs a feature that EFR does not have", NULL }, {
		"the command at the address (Linux prints CMD[0] to CMD[3]); the command buffer has stopped and has to be restarted", NULL } } },
	{ AMDVI_EV_COMMAND_HARDWARE_ERROR, 0, 0, { EVENTS "COMMAND_HARDWARE_ERROR; 2.4 Commands", {
		"the command buffer or the completion store's address leads where no memory is", "memory error", NULL }, {
		"CMDBUF base and the COMPLETION_WAIT's store address", NULL } } },
	{ AMDVI_EV_IOTLB_INV_TIMEOUT, 0, 0, { EVENTS "IOTLB_INV_TIMEOUT; 2.4.5 INVALIDATE_IOTLB_PAGES", {
		"the device is gone, in reset or in D3 and cannot answer: ATS was not turned off first",
		"more invalidations at once than the queue depth of its ATS capability", NULL }, {
		"power state and link of that device; the command at the address", NULL } } },
	{ AMDVI_EV_INVALID_DEVICE_REQUEST, 0, 0, { EVENTS "INVALID_DEVICE_REQUEST", {
		"a translated or translation request while the device table entry has I = 0: ATS enabled in the device and not in the unit",
		"an access to the interrupt or system management range that the entry aborts (IntCtl, SysMgt)",
		"an address in FD_0000_0000h to FD_FFFF_FFFFh used as a buffer", NULL }, {
		"Type (flags 11:9) says which; the ATS control register of the device", NULL } } },
	{ AMDVI_EV_INVALID_PPR_REQUEST, 0, 0, { EVENTS "INVALID_PPR_REQUEST", { "page requests enabled in the device, not in its entry (PPR)", NULL }, { "PPR of the device table entry", NULL } } },
	{ AMDVI_EV_EVENT_COUNTER_ZERO, 0, 0, { EVENTS "EVENT_COUNTER_ZERO", { "a performance counter wrapped: nothing is wrong", NULL }, { "the counter's set-up", NULL } } },
	{ AMDVI_EV_RMP_PAGE_FAULT, 0, 0, { EVENTS "RMP_PAGE_FAULT", { "DMA to a page that belongs to a protected guest (SEV-SNP)", NULL }, { "the owner of the page in the reverse map table", NULL } } },
	{ AMDVI_EV_RMP_HARDWARE_ERROR, 0, 0, { EVENTS "RMP_HARDWARE_ERROR", { "the reverse map table cannot be read", NULL }, { "memory error logs", NULL } } },
};

static const struct advice general = { EVENTS "event log entry", { "an event of virtualisation features", NULL }, { "the raw event", NULL } };
static const struct advice reserved = { EVENTS "event log entry", { "the entry was read before the hardware wrote it (code 0), or is damaged", NULL }, { "the raw event", NULL } };
static const struct advice waiting = { "48882 2.4.1 COMPLETION_WAIT", {
	"the command buffer stopped at an illegal command: look for ILLEGAL_COMMAND_ERROR before this line",
	"a device does not answer INVALIDATE_IOTLB_PAGES (ATS): look for IOTLB_INV_TIMEOUT",
	"the wait was shorter than the hardware needs, or the store's line was read from a stale CPU cache",
	"the unit lost power or its registers were reset: suspend and resume without re-programming" }, {
	"STATUS (CmdBufRun), command head and tail, the event log",
	"until the wait was observed no page it covers may be reused", NULL } };

struct name {
	uint8_t code;
	const char *description;
};
#define NAME(code, name, flags, description) { code, description },
static const struct name names[] = { AMDVI_EVENTS(NAME) };

/* clang-format on */

const char *explain_amdvi_event(uint8_t code)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].code == code)
			return names[i].description;
	}
	return NULL;
}

const struct advice *explain_amdvi(const struct decoded *d)
{
	if (d->kind == DECODED_WAIT)
		return &waiting;
	if (!d->has_reason || !explain_amdvi_event(d->reason))
		return &reserved;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].event == d->reason && (d->flags & rows[i].mask) == rows[i].flags)
			return &rows[i].advice;
	}
	return &general;
}
