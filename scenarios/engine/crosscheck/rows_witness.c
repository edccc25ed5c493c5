/* Which scenario needs a row: where it runs and the row is not needed, the row is one too many. */
#include "rows.h"

#include <string.h>

/* clang-format off */

static const struct {
	const char *id, *path;
} witnesses[] = {
	{ "V1", "vtd/fault-on-cached-translation-recorded.dts" },
	{ "V3", "vtd/fault-large-page-over-interrupt-range.dts" },
	{ "V4", "vtd/fault-entry-of-all-ones-is-a-reserved-bit.dts" },
	{ "V5", "vtd/fault-passthrough-beyond-39-bits-blocked.dts" },
	{ "V6", "bugs/vio-vtd-003-address-mask-cut-to-a-byte-caught.dts" },
	{ "V7", "vtd/command-context-granularities-answered.dts" },
	{ "V8", "vtd/caching-mode-absence-is-cached.dts" },
	{ "V9", "vtd/map-3-level-tables.dts" },
	{ "V10", "vtd/queue-wait-writes-its-status-and-raises-its-event.dts" },
	{ "V11", "vtd/queue-error-device-tlb-descriptor-without-device-tlbs.dts" },
	{ "V12", "vtd/queue-error-type-the-unit-lacks.dts" },
	{ "V13", "vtd/queue-wait-descriptor-tells-by-status-and-event.dts" },
	{ "V14", "vtd/esrtps-new-root-without-invalidation.dts" },
	{ "V15", "vtd/queue-error-reserved-type.dts" },
	{ "V16", "vtd/queue-off-behind-an-invalidation-without-a-wait.dts" },
	{ "V20", "vtd/gcmd-enable-without-root-complains.dts" },
	{ "V21", "vtd/irq-compatibility-format.dts" },
	{ "V22", "vtd/irq-not-present-blocked.dts" },
	{ "V23", "vtd/irq-bad-requests-blocked.dts" },
	{ "V26", "vtd/event-not-repeated-by-overflow.dts" },
	{ "V28", "vtd/fault-leaf-bit-62-reserved-with-device-tlbs.dts" },
	{ "V30", "vtd/map-3-level-tables.dts" },
	{ "V32", "vtd/queue-error-reserved-type.dts" },
	{ "V33", "vtd/event-sent-for-first-fault-only.dts" },
	{ "V34", "vtd/map-3-level-tables.dts" },
	{ "V35", "vtd/gcmd-root-pointer-handshake.dts" },
	{ "V36", "vtd/raw-guest-translates.dts" },
	{ "V37", "vtd/queue-error-reserved-table-mode.dts" },
	{ "V38", "vtd/queue-error-wide-descriptors-unsupported.dts" },
	{ "V39", "vtd/irq-driver-takes-compatibility-format-away.dts" },
	{ "V40", "vtd/queue-completion-event-held-while-masked.dts" },
	{ "V41", "vtd/irq-changed-entry-served-until-its-invalidation.dts" },
	{ "V42", "vtd/irq-index-of-17-bits-is-beyond-the-table.dts" },
	{ "V61", "vtd/irq-source-in-a-range-of-buses.dts" },
	{ "A1", "amdvi/live-entries-edited.dts" },
	{ "A2", "amdvi/did-shared-by-two-devices.dts" },
	{ "A3", "amdvi/dte-mode-7-blocked-after-its-invalidation.dts" },
	{ "A5", "amdvi/stale-permission-kept-when-taken-away.dts" },
	{ "A7", "common/map-beyond-width-refused.dts" },
	{ "A8", "bugs/amd-pt-006-table-of-four-levels-told-three-caught.dts" },
	{ "A9", "amdvi/page-reserved-bit-of-a-leaf-blocked.dts" },
	{ "A10", "bugs/amd-pt-001-two-levels-counted-one-table-added-caught.dts" },
	{ "A11", "amdvi/live-entries-edited.dts" },
	{ "A12", "amdvi/stale-permission-kept-when-taken-away.dts" },
	{ "A13", "amdvi/mutant-fault-event-rises-over-old-events.dts" },
	{ "A14", "amdvi/did-of-nine-bits-translates.dts" },
	{ "A15", "bugs/vio-amd-002-device-table-size-one-page-too-many-caught.dts" },
	{ "A16", "amdvi/stale-page-kept-after-remap.dts" },
	{ "A17", "amdvi/live-entries-edited.dts" },
	{ "A18", "amdvi/cw-interrupt-on-the-rise-of-comwaitint.dts" },
	{ "A19", "amdvi/cmd-ring-wraps.dts" },
	{ "A20", "amdvi/reg-ring-base-zeroes-its-pointers.dts" },
	{ "A21", "amdvi/exclusion-not-enabled.dts" },
	{ "A23", "amdvi/event-late-is-waited-for.dts" },
	{ "A25", "amdvi/irq-index-beyond-the-table-blocked.dts" },
	{ "A26", "amdvi/range-hypertransport-not-translated.dts" },
	{ "A27", "amdvi/page-first-address-beyond-48-bits-translated.dts" },
	{ "A41", "amdvi/cmd-ring-wraps.dts" },
	{ "A42", "amdvi/cmd-completion-takes-its-time.dts" },
	{ "A43", "amdvi/inval-prefetch-drops-what-it-fetches-anew.dts" },
	{ "A44", "amdvi/cmd-ring-wraps.dts" },
	{ "A45", "amdvi/irq-stale-device-entry-leads-to-the-old-table.dts" },
	{ "A46", "amdvi/irq-entry-faults-told.dts" },
	{ "A48", "bugs/acpi-010-devices-of-all-ranges-but-the-last-left-out-caught.dts" },
	{ "A47", "amdvi/page-dirty-bits.dts" },
};

/* clang-format on */

const char *rows_witness(const char *id)
{
	for (size_t i = 0; i < sizeof(witnesses) / sizeof(witnesses[0]); i++)
		if (strcmp(witnesses[i].id, id) == 0)
			return witnesses[i].path;
	return NULL;
}
