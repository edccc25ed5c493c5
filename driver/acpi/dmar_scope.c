/*
 * Device scopes of a DMAR. VT-d 8.3.1 "Device Scope Structure".
 *
 * A path names a function from a bus downwards; every step but the last goes through a bridge, whose secondary bus number
 * stands in its configuration space. On the way down bus numbers grow, so what does not is a loop.
 */
#include "acpi/acpi.h"
#include "hw/acpi_dmar.h"
#include "hw/pci.h"

struct buses {
	uint8_t first, last;
};

/* The buses behind a bridge; false, with the rule, when there are none. */
static bool bridge_buses(const struct acpi_table *t, uint16_t segment, uint16_t rid,
			 struct buses *out, enum iommu_acpi_rule *rule)
{
	uint32_t word;

	*rule = IOMMU_ACPI_SCOPE_HOP;
	if (!t->pci)
		return false;
	word = t->pci->read32(t->pci->ctx, segment, rid, PCI_HEADER);
	if (FIELD_GET(PCI_HEADER_TYPE, word) != PCI_HEADER_BRIDGE)
		return false;
	word = t->pci->read32(t->pci->ctx, segment, rid, PCI_BUSES);
	out->first = (uint8_t)FIELD_GET(PCI_BUSES_SECONDARY, word);
	out->last = (uint8_t)FIELD_GET(PCI_BUSES_SUBORDINATE, word);
	*rule = IOMMU_ACPI_SCOPE_LOOP;
	return out->first > rid >> 8 && out->last >= out->first;
}

/* Follows the path of the scope at `at`; false with a diagnostic when it leads nowhere. */
static bool follow(const struct acpi_table *t, uint32_t at, uint32_t bytes, uint16_t segment,
		   uint16_t *rid)
{
	struct buses b = { acpi_u8(t, at + DMAR_SCOPE_BUS), 0 };

	for (uint32_t i = DMAR_SCOPE_PATH; i + 1 < bytes; i += 2) {
		uint8_t device = acpi_u8(t, at + i), function = acpi_u8(t, at + i + 1);
		enum iommu_acpi_rule rule;

		if (device > 31 || function > 7) {
			acpi_diag(t, IOMMU_ACPI_SCOPE_PATH, at + i, acpi_u16(t, at + i));
			return false;
		}
		*rid = (uint16_t)(b.first << 8 | device << 3 | function);
		if (i + 3 >= bytes)
			return true;
		if (!bridge_buses(t, segment, *rid, &b, &rule)) {
			acpi_diag(t, rule, at + i, *rid);
			return false;
		}
	}
	return false; /* not reached: a scope has one pair at least */
}

static bool is_function(uint8_t kind)
{
	return kind == IOMMU_ACPI_DEVICE || kind == IOMMU_ACPI_BRIDGE;
}

/* A function belongs to one unit: the first that lists it. */
static bool listed(const struct acpi_table *t, const struct iommu_acpi_scope *s)
{
	if (s->of != IOMMU_ACPI_OF_UNIT || !is_function(s->kind))
		return false;
	for (uint32_t i = t->first_scope; i < t->a->scopes; i++) {
		const struct iommu_acpi_scope *o = t->a->scope + i;

		if (o == s || o->of != IOMMU_ACPI_OF_UNIT || !is_function(o->kind) ||
		    o->segment != s->segment || o->first != s->first)
			continue;
		acpi_diag(t, IOMMU_ACPI_SCOPE_TWICE, s->offset, s->first);
		return true;
	}
	return false;
}

static void find_buses(const struct acpi_table *t, struct iommu_acpi_scope *s)
{
	enum iommu_acpi_rule rule;
	struct buses b;

	if (bridge_buses(t, s->segment, s->first, &b, &rule)) {
		s->bus_first = b.first;
		s->bus_last = b.last;
		return;
	}
	acpi_diag(t, rule == IOMMU_ACPI_SCOPE_HOP ? IOMMU_ACPI_SCOPE_BUSES : rule, s->offset,
		  s->first);
}

static const uint8_t kind_of[] = {
	[DMAR_SCOPE_TYPE_ENDPOINT] = IOMMU_ACPI_DEVICE,
	[DMAR_SCOPE_TYPE_BRIDGE] = IOMMU_ACPI_BRIDGE,
	[DMAR_SCOPE_TYPE_IOAPIC] = IOMMU_ACPI_IOAPIC,
	[DMAR_SCOPE_TYPE_HPET] = IOMMU_ACPI_HPET,
	[DMAR_SCOPE_TYPE_ACPI] = IOMMU_ACPI_NAMED,
};

static void add_scope(const struct acpi_table *t, const struct dmar_list *l, uint32_t at,
		      uint32_t bytes)
{
	uint8_t kind = kind_of[acpi_u8(t, at + DMAR_SCOPE_TYPE)];
	uint8_t id = acpi_u8(t, at + DMAR_SCOPE_ID);
	struct iommu_acpi_scope *s;
	uint16_t rid = 0;

	if (l->all && is_function(kind))
		acpi_diag(t, IOMMU_ACPI_ALL_SCOPE, at, kind);
	if ((kind == IOMMU_ACPI_IOAPIC || kind == IOMMU_ACPI_HPET) && l->of == IOMMU_ACPI_OF_UNIT &&
	    acpi_special_known(t, at, kind, id))
		return;
	if (!follow(t, at, bytes, l->segment, &rid))
		return;
	s = acpi_new_scope(t, at);
	if (!s)
		return;
	s->owner = l->owner;
	s->segment = l->segment;
	s->of = l->of;
	s->kind = kind;
	s->id = id;
	s->flags = l->flags ? acpi_u8(t, at + DMAR_SCOPE_FLAGS) : 0;
	s->first = s->last = rid;
	if (listed(t, s)) {
		t->a->scopes--;
		return;
	}
	if (kind == IOMMU_ACPI_BRIDGE)
		find_buses(t, s);
}

void dmar_scopes(const struct acpi_table *t, const struct dmar_list *l)
{
	for (uint32_t at = l->at; at < l->end;) {
		uint32_t left = l->end - at, bytes;
		uint8_t type;

		if (left < DMAR_SCOPE_PATH) {
			acpi_diag(t, IOMMU_ACPI_SCOPE_TAIL, at, left);
			return;
		}
		bytes = acpi_u8(t, at + DMAR_SCOPE_LENGTH);
		if (bytes < DMAR_SCOPE_BYTES || bytes & 1) {
			acpi_diag(t, IOMMU_ACPI_SCOPE_LENGTH, at + DMAR_SCOPE_LENGTH, bytes);
			if (bytes < DMAR_SCOPE_PATH)
				return; /* where the next one is cannot be told */
		} else if (bytes > left) {
			acpi_diag(t, IOMMU_ACPI_SCOPE_BEYOND, at + DMAR_SCOPE_LENGTH, bytes);
			return;
		} else {
			type = acpi_u8(t, at + DMAR_SCOPE_TYPE);
			if (type == 0 || type >= sizeof(kind_of))
				acpi_diag(t, IOMMU_ACPI_SCOPE_TYPE, at, type);
			else
				add_scope(t, l, at, bytes);
		}
		at += bytes;
	}
}
