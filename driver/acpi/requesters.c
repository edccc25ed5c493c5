/*
 * The ids a function's requests may carry. VT-d 3.4.1 "Source Identifier".
 *
 * Conventional PCI knows no requester ids: the bridge that takes a transaction over puts one in. One from PCI Express to
 * conventional PCI takes its secondary bus with device and function 0, every other bridge of conventional PCI its own id.
 * Ports of PCI Express change nothing.
 */
#include "acpi/acpi.h"
#include "hw/pci.h"

#define ABSENT UINT32_MAX
#define CAPS_MAX \
	((PCI_CONFIG_BYTES - PCI_CAP_FIRST) / 4) /* of a list that does not lead in a circle */

static uint32_t config(const struct iommu_acpi_pci *pci, uint16_t segment, uint32_t rid,
		       uint32_t off)
{
	return pci->read32(pci->ctx, segment, (uint16_t)rid, off);
}

/* The bridge whose secondary bus is `bus`: on a bus of a smaller number. False: `bus` is a root bus. */
static bool bridge_above(const struct iommu_acpi_pci *pci, uint16_t segment, uint32_t bus,
			 uint32_t *rid)
{
	for (uint32_t id = 0; id < bus << 8; id++) {
		uint32_t header = config(pci, segment, id, PCI_HEADER);

		if (header == ABSENT) {
			id |= id & 7 ? 0 : 7; /* without function 0 there is no other */
			continue;
		}
		if (FIELD_GET(PCI_HEADER_TYPE, header) == PCI_HEADER_BRIDGE &&
		    FIELD_GET(PCI_BUSES_SECONDARY, config(pci, segment, id, PCI_BUSES)) == bus) {
			*rid = id;
			return true;
		}
		if (!(id & 7) && !(header & PCI_HEADER_FUNCTIONS))
			id |= 7;
	}
	return false;
}

/* Type of a PCI Express function; ABSENT: conventional. */
static uint32_t express_type(const struct iommu_acpi_pci *pci, uint16_t segment, uint32_t rid)
{
	uint32_t at, word;

	if (!(config(pci, segment, rid, PCI_STATUS) & PCI_STATUS_CAPABILITIES))
		return ABSENT;
	at = config(pci, segment, rid, PCI_CAP_POINTER) & PCI_CAP_POINTER_OFFSET;
	for (uint32_t n = 0; n < CAPS_MAX && at >= PCI_CAP_FIRST; n++) {
		word = config(pci, segment, rid, at);
		if (FIELD_GET(PCI_CAP_ID, word) == PCI_CAP_EXPRESS)
			return (uint32_t)FIELD_GET(PCI_EXPRESS_TYPE, word);
		at = (uint32_t)FIELD_GET(PCI_CAP_NEXT, word) << 2;
	}
	return ABSENT;
}

static uint32_t add(uint16_t *ids, uint32_t room, uint32_t n, uint32_t id)
{
	if (n < room)
		ids[n] = (uint16_t)id;
	return n + 1;
}

uint32_t iommu_acpi_requesters(const struct iommu_acpi_pci *pci, uint16_t segment, uint16_t rid,
			       uint16_t *ids, uint32_t room)
{
	uint32_t bus = rid >> 8, n = add(ids, room, 0, rid), bridge;

	while (pci && bridge_above(pci, segment, bus, &bridge)) {
		uint32_t type = express_type(pci, segment, bridge);

		if (type == PCI_EXPRESS_TO_PCI)
			n = add(ids, room, n, bus << 8);
		else if (type == PCI_EXPRESS_FROM_PCI || type == ABSENT)
			n = add(ids, room, n, bridge);
		bus = bridge >> 8;
	}
	return n;
}
