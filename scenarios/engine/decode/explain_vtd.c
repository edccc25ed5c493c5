/* VT-d fault reasons: where a developer looks first. */
#include <string.h>

#include "decode/explain.h"
#include "hw/vtd.h"

/* clang-format off */

#define TRANSLATION "VT-d 7.1 Address Translation Faults"
#define INTERRUPTS "VT-d 5.1 Interrupt Remapping"

struct row {
	uint8_t reason;
	struct advice advice;
};

static const struct row rows[] = {
	{ VTD_FR_ROOT_NP, { TRANSLATION ", 9.1 Root Entry", {
		"no device of this bus was ever attached: firmware, a bus renumbered since, or a requester behind a bridge that "
		"sends with the bridge's bus number",
		"the root table that RTADDR names is not the one the driver writes to",
		"the root entry was written and not flushed from the CPU's cache (ECAP.C = 0), or an absent one is cached (CAP.CM = 1)",
		NULL }, {
		"RTADDR and the root entry of the bus: `iommu-sim walk`",
		"which requester id the device really uses: aliases behind a PCIe-to-PCI bridge, ARI, phantom functions", NULL } } },
	{ VTD_FR_CTX_NP, { TRANSLATION ", 9.3 Context Entry", {
		"the device was detached, or never attached, and still does DMA: it was not stopped or reset first",
		"the requester id is an alias: another function of the device or the bridge above it",
		"firmware set the device to work (USB, graphics, storage) and no RMRR was mapped before translation was enabled",
		"the entry is there by now and its absence is still cached (CAP.CM = 1): context-cache invalidation missing" }, {
		"the context entry of the device; bus master enable of the device at the time of the detach",
		"DMAR: RMRR and device scopes that name the device", NULL } } },
	{ VTD_FR_CTX_INV, { TRANSLATION ", 9.3 Context Entry", {
		"AW of the entry is not one of CAP.SAGAW", "TT asks for what ECAP does not have: pass-through (PT), device TLB (DT)",
		"the page-table pointer leads where no memory is: a page freed or an address cut to 32 bits", NULL }, {
		"AW, TT and SSPTPTR of the context entry against CAP.SAGAW and ECAP", NULL } } },
	{ VTD_FR_ADDR_BEYOND, { TRANSLATION, {
		"the device was given an address wider than the domain's tables (AW) or the unit (CAP.MGAW)",
		"a physical or kernel virtual address was programmed instead of an IOVA",
		"a descriptor of the device is damaged, or was read after it was freed", NULL }, {
		"the address against 30 + 9 * AW bits and MGAW; whether it looks like a kernel pointer", NULL } } },
	{ VTD_FR_SS_WRITE, { TRANSLATION ", 3.7 Second-Stage Translation", {
		"the buffer was unmapped while the device was still writing to it: used after unmap",
		"the buffer was mapped for reading only, or mapped in another domain",
		"the device writes beyond the end of its buffer into the next page",
		"the mapping is in the table and the unit does not see it: entry not flushed (ECAP.C = 0), or absence cached (CAP.CM = 1)" }, {
		"who mapped and unmapped the address last; whether the map came after the device was started",
		"`iommu-sim walk` on a dump: not present, or present without W, and at which level", NULL } } },
	{ VTD_FR_SS_READ, { TRANSLATION ", 3.7 Second-Stage Translation", {
		"the buffer or descriptor ring was unmapped while the device was still reading it: used after unmap",
		"the buffer was mapped for writing only",
		"the device prefetches beyond the end of its buffer: the next page needs a mapping or a guard it may read",
		"the mapping is in the table and the unit does not see it: entry not flushed (ECAP.C = 0), or absence cached (CAP.CM = 1)" }, {
		"who mapped and unmapped the address last",
		"`iommu-sim walk` on a dump: not present, or present without R, and at which level", NULL } } },
	{ VTD_FR_SS_ACCESS, { TRANSLATION, {
		"an entry points to a table where no memory is: damaged entry, or an address cut to 32 bits",
		"a page-table page was given back while still linked, and something else was written there",
		"the platform poisoned the line (memory error)", NULL }, {
		"each entry of the walk: `iommu-sim walk`", "machine check and memory error logs", NULL } } },
	{ VTD_FR_ROOT_ACCESS, { TRANSLATION, {
		"RTADDR points where no memory is", "RTADDR was written in two halves and SRTP came in between", NULL }, {
		"RTADDR; the order of its writes and of GCMD.SRTP", NULL } } },
	{ VTD_FR_CTX_ACCESS, { TRANSLATION, {
		"CTP of the root entry points where no memory is", "the context table was given back while the root entry still named it", NULL }, {
		"the root entry of the bus", NULL } } },
	{ VTD_FR_ROOT_RSVD, { TRANSLATION ", 9.1 Root Entry", {
		"the root table's page holds something else: given back, or not zeroed before use",
		"CTP is wider than the host address width", "legacy-mode and scalable-mode layouts mixed up (RTADDR.TTM)", NULL }, {
		"the root entry of the bus", NULL } } },
	{ VTD_FR_CTX_RSVD, { TRANSLATION ", 9.3 Context Entry", {
		"the context table's page holds something else: given back, or not zeroed before use",
		"DID is wider than CAP.ND allows", "SSPTPTR is wider than the host address width", NULL }, {
		"the context entry, its reserved bits and DID against CAP.ND", NULL } } },
	{ VTD_FR_SS_RSVD, { TRANSLATION ", 9.7 Second-Stage Paging Entries", {
		"the page-table page was given back while the unit could still walk it and holds other data: released before the "
		"paging-structure caches were invalidated",
		"a large page that CAP.SSLPS does not have, or whose address is not aligned to its size",
		"SNP (bit 11) without ECAP.SC, TM (bit 62) without ECAP.DT, an address beyond the host address width", NULL }, {
		"the entry: `iommu-sim walk`; whether it looks like data, a pointer or a list head",
		"when the table's page was released against when its invalidation completed", NULL } } },
	{ VTD_FR_CTX_ATS, { TRANSLATION ", 4.2 Device-TLB", {
		"ATS is enabled in the device and TT of its context entry is 00b", "ATS was left on over a detach or a reset",
		"the device made up a translated request: a hostile or broken device", NULL }, {
		"the ATS capability's control register of the device; TT of the context entry", NULL } } },
	{ VTD_FR_INTR_OUT, { TRANSLATION ", 3.14 Handling Requests to Interrupt Address Range", {
		"FEE0_0000h to FEEF_FFFFh was mapped as if it were memory: identity maps have to leave it out",
		"an MSI address was put through the mapping functions", NULL }, {
		"what the driver mapped onto FEEx_xxxxh", NULL } } },
	{ VTD_FR_IR_REQ_RSVD, { INTERRUPTS ", Interrupt Requests in Remappable Format", {
		"the device was given a remappable message with a reserved bit set", "a write to FEEx_xxxxh that was no interrupt at all", NULL }, {
		"the message address and data in the device's MSI capability or MSI-X table", NULL } } },
	{ VTD_FR_IR_INDEX, { INTERRUPTS, {
		"the handle in the message is beyond the table's size (IRTA.S)",
		"the message still has the compatibility format's meaning of its bits, or comes from before a reset", NULL }, {
		"IRTA.S and the message of the device", NULL } } },
	{ VTD_FR_IR_NP, { INTERRUPTS, {
		"the entry was freed while the device could still send: the source was not masked first",
		"the device kept a message of a previous kernel (kexec, crash kernel)",
		"the entry was written and its absence is cached: IEC invalidation missing", NULL }, {
		"which driver had the index, and whether it masked the source before it gave it back", NULL } } },
	{ VTD_FR_IR_ACCESS, { INTERRUPTS, { "IRTA points where no memory is", "the table was given back while remapping was on", NULL }, {
		"IRTA", NULL } } },
	{ VTD_FR_IR_RSVD, { INTERRUPTS ", 9.9 Interrupt Remapping Table Entry", {
		"the 128 bits were not written as one update: a half-new entry was read", "the table's page was given back and holds other data",
		"posted format without CAP.PI", NULL }, { "the entry, and how it is updated", NULL } } },
	{ VTD_FR_IR_COMPAT, { INTERRUPTS, {
		"a source was not told the remappable message: an IO-APIC pin, HPET, or a device set up before remapping was enabled",
		"firmware or a previous kernel's device still sends the old message", NULL }, {
		"the message of the source; GSTS.CFIS; whether EIME is set", NULL } } },
	{ VTD_FR_IR_SID, { INTERRUPTS, {
		"the entry belongs to another device: index freed and given to somebody else, or the wrong one programmed",
		"the request comes under an alias: SVT, SQ and SID do not allow for the bridge", "a device sends what it should not: spoofed message", NULL }, {
		"SVT, SQ, SID of the entry against the requester id of this report", NULL } } },
	{ VTD_FR_IR_PID_ACCESS, { INTERRUPTS, { "the posted descriptor's address leads where no memory is", NULL }, { "the entry's PDA", NULL } } },
	{ VTD_FR_IR_PID_RSVD, { INTERRUPTS, { "the posted descriptor's memory was reused", NULL }, { "the descriptor's words", NULL } } },
	{ VTD_FR_IR_EIME, { INTERRUPTS ", ECAP.EIMER", { "the unit demands x2APIC mode (ECAP.EIMER), and remapping was switched on with IRTA.EIME = 0", NULL }, {
		"IRTA.EIME at the time of SIRTP; whether the system runs in x2APIC mode", NULL } } },
	{ VTD_FR_IR_REQUIRED, { INTERRUPTS ", ECAP.IRREQ", {
		"the unit demands interrupt remapping (ECAP.IRREQ), and it was not switched on yet, or was switched off", NULL }, {
		"GSTS.IRES; the order of start-up, suspend and resume", NULL } } },
	{ VTD_FR_BAD_INTR, { TRANSLATION ", 3.14 Handling Requests to Interrupt Address Range", {
		"a read, or a write that is no DWORD, to FEEx_xxxxh: the device was given that address as a buffer",
		"a physical address was programmed instead of an IOVA", NULL }, { "what the device was told to access", NULL } } },
	{ VTD_FR_TTM_INV, { TRANSLATION ", 11.4.6 Root Table Address Register", {
		"RTADDR.TTM asks for a mode that ECAP does not have", "the old value's TTM bits were kept by a read-modify-write", NULL }, {
		"RTADDR.TTM against ECAP.SMTS and ECAP.ADMS", NULL } } },
	{ VTD_FR_LEGACY_PASID, { TRANSLATION, { "PASID is enabled in the device and the unit is in legacy mode", NULL }, {
		"the PASID capability's control register of the device", NULL } } },
	{ VTD_FR_LEGACY_PRQ, { TRANSLATION, { "page requests are enabled in the device and the unit is in legacy mode", NULL }, {
		"the page request capability's control register of the device", NULL } } },
	{ VTD_FR_ABORT_MODE, { TRANSLATION, { "the unit is in abort-DMA mode on purpose: a boot loader or a crash kernel has not set tables yet", NULL }, {
		"RTADDR.TTM; the order of start-up", NULL } } },
};

static const struct advice group_interrupt = { INTERRUPTS, { "a message that the table does not allow", NULL }, { "the source's message and the entry", NULL } };
static const struct advice group_legacy = { TRANSLATION, { "a table entry that does not fit the request", NULL }, { "the entries of the walk: `iommu-sim walk`", NULL } };
static const struct advice group_scalable = { TRANSLATION " (scalable mode)", {
	"the named entry was not set up for this kind of request, or was taken away while the device still used it",
	"the entry's page was given back before its invalidation completed", NULL }, {
	"the scalable-mode context, PASID directory and PASID table entry of the device", NULL } };
static const struct advice reserved = { TRANSLATION, { "the record was not read whole or the log line is damaged: this reason is reserved", NULL }, { "the raw record", NULL } };

struct name {
	uint8_t code;
	const char *conditions, *description;
};
#define NAME(code, name, conditions, qualified, description) { code, conditions, description },
static const struct name names[] = { VTD_FAULT_REASONS(NAME) };

/* clang-format on */

const char *explain_vtd_reason(uint8_t reason, const char **conditions)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].code == reason) {
			*conditions = names[i].conditions;
			return names[i].description;
		}
	}
	*conditions = "";
	return NULL;
}

const struct advice *explain_vtd(const struct decoded *d)
{
	const char *conditions;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (d->has_reason && rows[i].reason == d->reason)
			return &rows[i].advice;
	}
	if (!d->has_reason || !explain_vtd_reason(d->reason, &conditions))
		return &reserved;
	if (d->reason < VTD_FR_IR_REQ_RSVD ||
	    (d->reason >= VTD_FR_TTM_INV && d->reason <= VTD_FR_EXEC))
		return &group_legacy;
	return d->reason < VTD_FR_TTM_INV ? &group_interrupt : &group_scalable;
}
