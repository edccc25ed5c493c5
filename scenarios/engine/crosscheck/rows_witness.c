/* Which scenario needs a row: where it runs and the row is not needed, the row is one too many. */
#include "rows.h"

#include <string.h>

/* clang-format off */

static const struct {
	const char *id, *path;
} witnesses[] = {
	{ "V1", "vtd/fault-on-cached-translation-recorded.dts" },
	{ "V6", "bugs/vio-vtd-003-address-mask-cut-to-a-byte-caught.dts" },
	{ "V7", "vtd/stop-empties-the-caches.dts" },
	{ "V8", "vtd/caching-mode-absence-is-cached.dts" },
	{ "V9", "vtd/map-3-level-tables.dts" },
	{ "V12", "vtd/queue-error-type-the-unit-lacks.dts" },
	{ "V13", "vtd/queue-wait-descriptor-tells-by-status-and-event.dts" },
	{ "V14", "vtd/esrtps-new-root-without-invalidation.dts" },
	{ "V15", "vtd/queue-error-reserved-type.dts" },
	{ "V20", "vtd/gcmd-enable-without-root-complains.dts" },
	{ "V21", "vtd/irq-compatibility-format.dts" },
	{ "V22", "vtd/irq-not-present-blocked.dts" },
	{ "V23", "vtd/irq-bad-requests-blocked.dts" },
	{ "V26", "vtd/event-not-repeated-by-overflow.dts" },
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
	{ "V41", "vtd/irq-absence-cached-in-caching-mode.dts" },
	{ "A1", "amdvi/live-entries-edited.dts" },
	{ "A2", "amdvi/did-shared-by-two-devices.dts" },
	{ "A5", "amdvi/stale-permission-kept-when-taken-away.dts" },
	{ "A7", "common/map-beyond-width-refused.dts" },
	{ "A8", "bugs/amd-pt-006-table-of-four-levels-told-three-caught.dts" },
	{ "A10", "bugs/amd-pt-001-two-levels-counted-one-table-added-caught.dts" },
	{ "A11", "amdvi/live-entries-edited.dts" },
	{ "A12", "amdvi/stale-permission-kept-when-taken-away.dts" },
	{ "A15", "bugs/vio-amd-002-device-table-size-one-page-too-many-caught.dts" },
	{ "A16", "amdvi/stale-page-kept-after-remap.dts" },
	{ "A18", "amdvi/page-dirty-bits.dts" },
	{ "A19", "amdvi/cmd-ring-wraps.dts" },
	{ "A20", "amdvi/reg-ring-base-zeroes-its-pointers.dts" },
	{ "A21", "amdvi/exclusion-not-enabled.dts" },
	{ "A25", "amdvi/irq-index-beyond-the-table-blocked.dts" },
	{ "A41", "amdvi/cmd-ring-wraps.dts" },
	{ "A43", "amdvi/inval-prefetch-fills-and-tells-nothing.dts" },
	{ "A44", "amdvi/cmd-ring-wraps.dts" },
	{ "A45", "amdvi/irq-stale-device-entry-leads-to-the-old-table.dts" },
	{ "A46", "amdvi/irq-entry-faults-told.dts" },
};

/* clang-format on */

const char *rows_witness(const char *id)
{
	for (size_t i = 0; i < sizeof(witnesses) / sizeof(witnesses[0]); i++)
		if (strcmp(witnesses[i].id, id) == 0)
			return witnesses[i].path;
	return NULL;
}
