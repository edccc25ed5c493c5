/* The transitions of both architectures. */
#include "coverage/transition.h"

#include <string.h>

#include "hw/amdvi.h"
#include "hw/vtd.h"

/* clang-format off */

#define READ(reg, mask, value) { MOMENT_READ, reg, mask, value, false }
#define WRITE(reg, mask, value) { MOMENT_WRITE, reg, mask, value, false }
#define COMMAND { MOMENT_COMMAND, NULL, 0, 0, false }
#define COMMAND_OF(mask, value) { MOMENT_COMMAND, NULL, mask, value, false }
#define RECORD { MOMENT_RECORD, NULL, 0, 0, false }
#define RECORD_OF(mask, value) { MOMENT_RECORD, NULL, mask, value, false }
#define MESSAGE { MOMENT_MESSAGE, NULL, 0, 0, false }
#define FIRST(kind) { kind, NULL, UINT64_MAX, 0, false }
#define LATER(kind) { kind, NULL, UINT64_MAX, 0, true }

#define VTD_ON(bit) READ("GSTS", VTD_GSTS_##bit, VTD_GSTS_##bit)
#define VTD_OFF(bit) READ("GSTS", VTD_GSTS_##bit, 0)
#define VTD_MASKED (VTD_FECTL_IM | VTD_FECTL_IP)
#define VTD_WAIT_IF (VTD_DESC_TYPE | VTD_WAITD0_IF)

/* 11.4.4 "Global Command Register", 6.5.2 "Queued Invalidation Interface", 7.2 "Fault Logging", 7.3 "Fault Reporting". */
static const struct transition vtd[] = {
	{ "translation-off-and-on", { VTD_ON(TES), VTD_OFF(TES), VTD_ON(TES) }, { 0 } },
	{ "root-table-changed-while-translating",
	  { VTD_ON(TES), WRITE("GCMD", VTD_GCMD_TE | VTD_GCMD_SRTP, VTD_GCMD_TE | VTD_GCMD_SRTP), VTD_ON(RTPS) }, VTD_OFF(TES) },
	{ "write-buffer-flushed", { WRITE("GCMD", VTD_GCMD_WBF, VTD_GCMD_WBF), VTD_OFF(WBFS) }, { 0 } },
	{ "interrupt-remapping-off-and-on", { VTD_ON(IRES), VTD_OFF(IRES), VTD_ON(IRES) }, { 0 } },
	{ "interrupt-table-changed-while-remapping",
	  { VTD_ON(IRES), WRITE("GCMD", VTD_GCMD_IRE | VTD_GCMD_SIRTP, VTD_GCMD_IRE | VTD_GCMD_SIRTP), VTD_ON(IRTPS) },
	  VTD_OFF(IRES) },
	{ "queue-off-and-on", { VTD_ON(QIES), VTD_OFF(QIES), VTD_ON(QIES), COMMAND }, { 0 } },
	{ "queue-wraps", { LATER(MOMENT_SLOT), FIRST(MOMENT_SLOT) }, WRITE("GCMD", VTD_GCMD_QIE, 0) },
	{ "queue-goes-on-after-error",
	  { READ("FSTS", VTD_FSTS_IQE, VTD_FSTS_IQE), WRITE("FSTS", VTD_FSTS_IQE, VTD_FSTS_IQE), COMMAND }, VTD_OFF(QIES) },
	{ "queue-off-and-on-after-error", { READ("FSTS", VTD_FSTS_IQE, VTD_FSTS_IQE), VTD_OFF(QIES), VTD_ON(QIES), COMMAND }, { 0 } },
	{ "queue-goes-on-after-time-out",
	  { READ("FSTS", VTD_FSTS_ITE, VTD_FSTS_ITE), WRITE("FSTS", VTD_FSTS_ITE, VTD_FSTS_ITE), COMMAND }, { 0 } },
	{ "queue-goes-on-after-bad-answer",
	  { READ("FSTS", VTD_FSTS_ICE, VTD_FSTS_ICE), WRITE("FSTS", VTD_FSTS_ICE, VTD_FSTS_ICE), COMMAND }, { 0 } },
	{ "context-cache-invalidated-by-register",
	  { WRITE("CCMD", VTD_CCMD_ICC, VTD_CCMD_ICC), READ("CCMD", VTD_CCMD_ICC, 0) }, { 0 } },
	{ "iotlb-invalidated-by-register",
	  { WRITE("IOTLB", VTD_IOTLB_IVT, VTD_IOTLB_IVT), READ("IOTLB", VTD_IOTLB_IVT, 0) }, { 0 } },
	{ "fault-records-wrap", { LATER(MOMENT_INDEX), FIRST(MOMENT_INDEX) }, { 0 } },
	{ "fault-recorded-after-overflow",
	  { READ("FSTS", VTD_FSTS_PFO, VTD_FSTS_PFO), WRITE("FSTS", VTD_FSTS_PFO, VTD_FSTS_PFO), RECORD }, { 0 } },
	{ "fault-event-sent", { RECORD, MESSAGE }, { 0 } },
	{ "fault-event-held-back", { RECORD, READ("FECTL", VTD_MASKED, VTD_MASKED) }, { 0 } },
	{ "fault-event-sent-when-unmasked", { READ("FECTL", VTD_MASKED, VTD_MASKED), WRITE("FECTL", VTD_FECTL_IM, 0), MESSAGE },
	  READ("FECTL", VTD_FECTL_IP, 0) },
	{ "fault-event-withdrawn", { READ("FECTL", VTD_MASKED, VTD_MASKED), READ("FECTL", VTD_MASKED, VTD_FECTL_IM) },
	  WRITE("FECTL", VTD_FECTL_IM, 0) },
	{ "completion-event-sent", { COMMAND_OF(VTD_WAIT_IF, VTD_DT_WAIT | VTD_WAITD0_IF), MESSAGE }, { 0 } },
	{ "completion-event-held-back",
	  { COMMAND_OF(VTD_WAIT_IF, VTD_DT_WAIT | VTD_WAITD0_IF), READ("IECTL", VTD_MASKED, VTD_MASKED) }, { 0 } },
	{ "completion-event-sent-when-unmasked",
	  { READ("IECTL", VTD_MASKED, VTD_MASKED), WRITE("IECTL", VTD_IECTL_IM, 0), MESSAGE }, READ("IECTL", VTD_IECTL_IP, 0) },
	{ "completion-event-withdrawn", { READ("IECTL", VTD_MASKED, VTD_MASKED), READ("IECTL", VTD_MASKED, VTD_IECTL_IM) },
	  WRITE("IECTL", VTD_IECTL_IM, 0) },
	{ "completion-flag-cleared",
	  { READ("ICS", VTD_ICS_IWC, VTD_ICS_IWC), WRITE("ICS", VTD_ICS_IWC, VTD_ICS_IWC), READ("ICS", VTD_ICS_IWC, 0) }, { 0 } },
	{ "protected-memory-on", { WRITE("PMEN", VTD_PMEN_EPM, VTD_PMEN_EPM), READ("PMEN", VTD_PMEN_PRS, VTD_PMEN_PRS) }, { 0 } },
	{ "protected-memory-off",
	  { READ("PMEN", VTD_PMEN_PRS, VTD_PMEN_PRS), WRITE("PMEN", VTD_PMEN_EPM, 0), READ("PMEN", VTD_PMEN_PRS, 0) }, { 0 } },
	{ NULL, { { 0 } }, { 0 } }
};

#define SET(bit) WRITE("CONTROL", AMDVI_CONTROL_##bit, AMDVI_CONTROL_##bit)
#define CLEARED(bit) WRITE("CONTROL", AMDVI_CONTROL_##bit, 0)
#define STATUS_IS(bit) READ("STATUS", AMDVI_STATUS_##bit, AMDVI_STATUS_##bit)
#define STATUS_NOT(bit) READ("STATUS", AMDVI_STATUS_##bit, 0)
#define EVENT(name) RECORD_OF(AMDVI_EV0_CODE, (uint64_t)AMDVI_EV_##name << 60)
#define WAITS_WITH_I (AMDVI_CMD0_OP | AMDVI_CWC0_I)
#define WAIT_WITH_I ((uint64_t)AMDVI_OP_COMPLETION_WAIT << 60 | AMDVI_CWC0_I)

/* 48882 2.4 "Commands", 2.5 "Event Logging", 3.4 "MMIO Registers". */
static const struct transition amdvi[] = {
	{ "unit-off-and-on", { SET(IOMMUEN), CLEARED(IOMMUEN), SET(IOMMUEN) }, { 0 } },
	{ "device-table-changed-while-on", { SET(IOMMUEN), WRITE("DEVTAB", 0, 0) }, CLEARED(IOMMUEN) },
	{ "device-table-split-while-on", { SET(IOMMUEN), { MOMENT_WRITE, "CONTROL", AMDVI_CONTROL_DEVTBLSEGEN, 0, true } },
	  CLEARED(IOMMUEN) },
	{ "commands-off-and-on", { SET(CMDBUFEN), CLEARED(CMDBUFEN), SET(CMDBUFEN), COMMAND }, { 0 } },
	{ "commands-wrap", { LATER(MOMENT_SLOT), FIRST(MOMENT_SLOT) }, CLEARED(CMDBUFEN) },
	{ "commands-go-on-after-illegal-command", { EVENT(ILLEGAL_COMMAND_ERROR), STATUS_NOT(CMDBUFRUN), SET(CMDBUFEN), COMMAND },
	  { 0 } },
	{ "commands-go-on-after-hardware-error",
	  { EVENT(COMMAND_HARDWARE_ERROR), STATUS_NOT(CMDBUFRUN), SET(CMDBUFEN), COMMAND }, { 0 } },
	{ "commands-go-on-after-time-out", { EVENT(IOTLB_INV_TIMEOUT), COMMAND }, { 0 } },
	{ "completion-interrupt-sent", { SET(COMWAITINTEN), COMMAND_OF(WAITS_WITH_I, WAIT_WITH_I), MESSAGE }, { 0 } },
	{ "completion-interrupt-gated", { CLEARED(COMWAITINTEN), COMMAND_OF(WAITS_WITH_I, WAIT_WITH_I), STATUS_IS(COMWAITINT) },
	  MESSAGE },
	{ "completion-flag-cleared",
	  { STATUS_IS(COMWAITINT), WRITE("STATUS", AMDVI_STATUS_COMWAITINT, AMDVI_STATUS_COMWAITINT), STATUS_NOT(COMWAITINT) },
	  { 0 } },
	{ "event-log-off-and-on", { SET(EVENTLOGEN), CLEARED(EVENTLOGEN), SET(EVENTLOGEN), RECORD }, { 0 } },
	{ "event-log-wraps", { LATER(MOMENT_INDEX), FIRST(MOMENT_INDEX) }, CLEARED(EVENTLOGEN) },
	{ "event-logged-after-overflow",
	  { STATUS_IS(EVENTOVERFLOW), WRITE("STATUS", AMDVI_STATUS_EVENTOVERFLOW, AMDVI_STATUS_EVENTOVERFLOW), RECORD }, { 0 } },
	{ "event-interrupt-sent", { SET(EVENTINTEN), RECORD, MESSAGE }, { 0 } },
	{ "event-interrupt-gated", { CLEARED(EVENTINTEN), RECORD, STATUS_IS(EVENTLOGINT) }, MESSAGE },
	{ "event-flag-cleared",
	  { STATUS_IS(EVENTLOGINT), WRITE("STATUS", AMDVI_STATUS_EVENTLOGINT, AMDVI_STATUS_EVENTLOGINT), STATUS_NOT(EVENTLOGINT) },
	  { 0 } },
	{ "hardware-event-told-again",
	  { READ("HWEVT_STATUS", AMDVI_HWEVT_STATUS_HEV, AMDVI_HWEVT_STATUS_HEV), { MOMENT_WRITE, "HWEVT_STATUS", 0, 0, false },
	    READ("HWEVT_STATUS", AMDVI_HWEVT_STATUS_HEV, 0), READ("HWEVT_STATUS", AMDVI_HWEVT_STATUS_HEV, AMDVI_HWEVT_STATUS_HEV) },
	  { 0 } },
	{ "exclusion-on-and-off",
	  { WRITE("EXCL_BASE", AMDVI_EXCL_EXEN, AMDVI_EXCL_EXEN), WRITE("EXCL_BASE", AMDVI_EXCL_EXEN, 0) }, { 0 } },
	{ "extended-message-sent", { SET(INTCAPXTEN), MESSAGE }, { 0 } },
	{ NULL, { { 0 } }, { 0 } }
};

/* clang-format on */

const struct transition *transitions_of(enum be_arch arch)
{
	static const struct transition *const lists[BE_ARCHS] = {
		[BE_VTD] = vtd, [BE_AMDVI] = amdvi
	};

	return lists[arch];
}

/* An access of a part says nothing of the rest of the register. */
static bool register_fits(const struct moment *m, const struct be_event *e, const struct layout *l,
			  uint32_t into)
{
	uint64_t lanes = e->width < 8 ? ((uint64_t)1 << 8 * e->width) - 1 : UINT64_MAX;

	if (!l || into >= 8 || strcmp(m->reg, l->name) != 0 || m->mask & ~(lanes << 8 * into))
		return false;
	return ((e->b << 8 * into & m->mask) == m->value) != m->differs;
}

bool moment_fits(const struct moment *m, const struct be_event *e, const struct layout *l,
		 uint32_t into)
{
	switch (m->kind) {
	case MOMENT_NONE:
		return false;
	case MOMENT_READ:
		return e->kind == BE_EVENT_REG_READ && register_fits(m, e, l, into);
	case MOMENT_WRITE:
		return e->kind == BE_EVENT_REG_WRITE && register_fits(m, e, l, into);
	case MOMENT_COMMAND:
		return e->kind == BE_EVENT_COMMAND && (e->a & m->mask) == m->value;
	case MOMENT_SLOT:
		return e->kind == BE_EVENT_COMMAND && (e->code == m->value) != m->differs;
	case MOMENT_RECORD:
		return e->kind == BE_EVENT_RECORD && (e->a & m->mask) == m->value;
	case MOMENT_INDEX:
		return e->kind == BE_EVENT_RECORD && (e->code == m->value) != m->differs;
	case MOMENT_MESSAGE:
		return e->kind == BE_EVENT_MSI && e->own;
	}
	return false;
}
