/*
 * The lists of symbolic names of the language.
 */
#include "names.h"

#include "arch.h"
#include "backend.h"
#include "guest.h"
#include "layout.h"

#define LIST(function, ...)                                                 \
	const char *function(uint32_t n)                                    \
	{                                                                   \
		static const char *const list[] = { __VA_ARGS__ };          \
                                                                            \
		return n < sizeof(list) / sizeof(list[0]) ? list[n] : NULL; \
	}

LIST(names_at, "untranslated", "translation", "translated")
LIST(names_expect, "ok", "fault", "ur", "ca", "blocked", "no-access", "bus", "either")
LIST(names_outcome, "ok", "ur", "ca", "blocked", "no-access", "bus")
LIST(names_source, "bypass", "walk", "iotlb", "devtlb", "msi", "irt", "iec")
LIST(names_cache, "context", "pasid", "iotlb", "paging", "interrupt", "device")
LIST(names_uncached, "none", "context", "pasid", "iotlb", "paging", "interrupt")
LIST(names_evict, "context", "pasid", "iotlb", "paging", "interrupt", "device", "every")
LIST(names_publish, "at-once", "at-sync", "random", "overtake")
LIST(names_delay, "normal", "immediate", "slow", "never", "random", "batched")
LIST(names_order, "in-order", "any")
LIST(names_inval, "queued", "register")
LIST(names_perm, "none", "r", "w", "rw")
LIST(names_behind, "pcie-to-pci-bridge", "pci-bridge") /* enum be_behind, from 1 */
LIST(names_fault_kind, "write", "read", "atomic", "page-request")
LIST(names_finding, "outcome", "stale", "unpublished", "release", "escape", "accounting", "bound")
LIST(names_judge, "outcome", "stale", "unpublished", "release", "escape", "accounting", "bound",
     "complaints", "answers", "expectations")
LIST(names_stage, "none", "discovered", "built", "programmed", "translating", "stopped", "broken")
LIST(names_domain_kind, "paging", "passthrough")
LIST(names_delivery, "fixed", "lowest", "smi", "reserved-3", "nmi", "init", "reserved-6", "extint")
LIST(names_power, "reset", "off", "on")
LIST(names_plug, "out", "in")
LIST(names_irq_kind, "msi", "msix", "ioapic", "hpet")
LIST(names_on_off, "off", "on")
LIST(names_master, "cpu", "walk", "queue", "status", "log", "msi", "dma")
LIST(names_promise, "survive", "report", "contain")
LIST(names_wait, "ok", "time-out")
LIST(names_tell, "map", "unmap", "quiesce", "attach", "detach", "identity", "release", "rely",
     "not-rely", "vector")
LIST(names_flag, "pasid", "priv", "exec", "no-write", "no-snoop")

const char *names_point(uint32_t n)
{
	return backend_sim_ops.point_name(n);
}

const char *names_complaint(uint32_t n)
{
	return backend_sim_ops.complaint_name(n);
}

const char *names_result(uint32_t n)
{
	return guest_error_at(n);
}

const char *names_live(uint32_t n)
{
	const struct arch *a;

	for (uint32_t i = 0; (a = arch_at(i)) != NULL; i++)
		for (const char *const *l = a->live; *l; l++)
			if (n-- == 0)
				return *l;
	return NULL;
}

const char *names_event_flag(uint32_t n)
{
	const struct arch *a;

	for (uint32_t i = 0; (a = arch_at(i)) != NULL; i++)
		for (const struct field *f = a->flags; f && f->name; f++)
			if (n-- == 0)
				return f->name;
	return NULL;
}

static const char *layout_name(enum layout_kind kind, uint32_t n)
{
	const struct layout *l = layout_at(kind, n);

	return l ? l->name : NULL;
}

const char *names_register(uint32_t n)
{
	return layout_name(LAYOUT_REGISTER, n);
}

const char *names_entry(uint32_t n)
{
	return layout_name(LAYOUT_ENTRY, n);
}

const char *names_descriptor(uint32_t n)
{
	return layout_name(LAYOUT_DESCRIPTOR, n);
}
