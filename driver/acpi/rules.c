/*
 * The rules tables break, in words, and what is done about it.
 */
#include "acpi/acpi.h"

/* clang-format off */
static const struct {
	const char *name, *text;
} rules[IOMMU_ACPI_RULES] = {
	[IOMMU_ACPI_NO_RULE] = { "none", "nothing is wrong" },
	[IOMMU_ACPI_TABLE_SHORT] = { "table-short", "fewer bytes than the table's header has; not read" },
	[IOMMU_ACPI_TABLE_SIGNATURE] = { "table-signature", "the signature is another table's; not read" },
	[IOMMU_ACPI_TABLE_LENGTH] = { "table-length", "the length is less than the table's header; not read" },
	[IOMMU_ACPI_TABLE_CUT] = { "table-cut", "the length is more than there are bytes; read to their end" },
	[IOMMU_ACPI_TABLE_CHECKSUM] = { "table-checksum", "the bytes do not sum to 0; read all the same" },
	[IOMMU_ACPI_TABLE_REVISION] = { "table-revision", "a revision nobody knows; read all the same" },
	[IOMMU_ACPI_TABLE_WIDTH] = { "table-width", "no width of physical addresses, 32 to 52; taken as 52" },
	[IOMMU_ACPI_TABLE_EMPTY] = { "table-empty", "no usable unit in it" },
	[IOMMU_ACPI_ST_TAIL] = { "structure-tail", "fewer bytes left than a structure's head has; left alone" },
	[IOMMU_ACPI_ST_LENGTH] = { "structure-length", "a length that leads nowhere; the rest of the table is lost" },
	[IOMMU_ACPI_ST_BEYOND] = { "structure-beyond", "it ends beyond the table; cut there" },
	[IOMMU_ACPI_ST_SHORT] = { "structure-short", "shorter than its type has to be; skipped" },
	[IOMMU_ACPI_ST_TYPE] = { "structure-type", "a type nobody knows; skipped" },
	[IOMMU_ACPI_ST_ORDER] = { "structure-order", "types have to ascend; read all the same" },
	[IOMMU_ACPI_UNIT_BASE] = { "unit-base", "no registers can be at this address; the unit is ignored" },
	[IOMMU_ACPI_UNIT_ALIGN] = { "unit-align", "the address is no multiple of the registers' size; used all the same" },
	[IOMMU_ACPI_UNIT_OVERLAP] = { "unit-overlap", "its registers overlap another unit's; the unit is ignored" },
	[IOMMU_ACPI_UNIT_TWICE] = { "unit-twice", "the unit is there already; this one is ignored" },
	[IOMMU_ACPI_UNIT_CAP] = { "unit-capability", "no capability can be at this offset; taken as not known" },
	[IOMMU_ACPI_UNIT_EMPTY] = { "unit-empty", "no device is listed; nothing is behind the unit" },
	[IOMMU_ACPI_ALL_TWICE] = { "all-twice", "another unit takes all devices of the segment; this one takes those it lists" },
	[IOMMU_ACPI_ALL_NOT_LAST] = { "all-not-last", "the unit that takes all devices has to be the segment's last; used all the same" },
	[IOMMU_ACPI_ALL_SCOPE] = { "all-scope", "a unit that takes all devices lists none; used all the same" },
	[IOMMU_ACPI_RHSA_UNIT] = { "affinity-unit", "no unit has its registers there; skipped" },
	[IOMMU_ACPI_SCOPE_TAIL] = { "entry-tail", "fewer bytes left than an entry has; left alone" },
	[IOMMU_ACPI_SCOPE_LENGTH] = { "entry-length", "a length no entry has; skipped, with the rest of the list when the next entry cannot be found" },
	[IOMMU_ACPI_SCOPE_BEYOND] = { "entry-beyond", "it ends beyond its structure; left alone" },
	[IOMMU_ACPI_SCOPE_TYPE] = { "entry-type", "a type nobody knows; skipped" },
	[IOMMU_ACPI_SCOPE_PATH] = { "path-range", "a device above 31 or a function above 7; the entry is ignored" },
	[IOMMU_ACPI_SCOPE_HOP] = { "path-bridge", "the path goes through what is no bridge; the entry is ignored" },
	[IOMMU_ACPI_SCOPE_LOOP] = { "path-loop", "the bridge's bus numbers do not lead downwards; not followed" },
	[IOMMU_ACPI_SCOPE_BUSES] = { "bridge-buses", "the buses behind it are not known; it stands for itself alone" },
	[IOMMU_ACPI_SCOPE_TWICE] = { "device-twice", "the device is listed already; the first one counts" },
	[IOMMU_ACPI_SCOPE_NONE] = { "region-device", "no device is listed; nobody gets the region" },
	[IOMMU_ACPI_SCOPE_NAME] = { "name-missing", "no structure names this ACPI device; used without a name" },
	[IOMMU_ACPI_RANGE_START] = { "range-start", "a range without an end; ignored" },
	[IOMMU_ACPI_RANGE_END] = { "range-end", "the end of a range that never began; ignored" },
	[IOMMU_ACPI_RANGE_ORDER] = { "range-order", "the range ends before it begins; ignored" },
	[IOMMU_ACPI_RANGE_BETWEEN] = { "range-between", "an entry between start and end of a range; the range is ignored" },
	[IOMMU_ACPI_SPECIAL] = { "special-variety", "neither an I/O APIC nor an HPET; ignored" },
	[IOMMU_ACPI_SPECIAL_TWICE] = { "special-twice", "the id is there already; the first one counts" },
	[IOMMU_ACPI_SELF] = { "entry-self", "the unit lists its own function; ignored" },
	[IOMMU_ACPI_HID_BLOCK] = { "name-block", "only blocks of type 40h name ACPI devices; used all the same" },
	[IOMMU_ACPI_HID_UID] = { "name-uid", "format and length of the UID contradict each other; used without it" },
	[IOMMU_ACPI_NAME_END] = { "name-end", "the name does not end; cut" },
	[IOMMU_ACPI_NAME_TWICE] = { "name-twice", "the number is there already; the first one counts" },
	[IOMMU_ACPI_REGION_ORDER] = { "region-order", "the region is empty or ends before it begins; ignored" },
	[IOMMU_ACPI_REGION_ALIGN] = { "region-align", "the region is not made of pages; rounded outwards" },
	[IOMMU_ACPI_REGION_WIDTH] = { "region-width", "the region ends beyond physical addresses; ignored" },
	[IOMMU_ACPI_REGION_FLAGS] = { "region-flags", "the region allows nothing; ignored" },
	[IOMMU_ACPI_REGION_LENGTH] = { "region-length", "longer than such a block is; the rest of it is ignored" },
	[IOMMU_ACPI_REGION_MSI] = { "region-messages", "the region covers addresses of interrupt messages; ignored" },
	[IOMMU_ACPI_FULL_UNITS] = { "full-units", "no room for another unit; ignored" },
	[IOMMU_ACPI_FULL_SCOPES] = { "full-scopes", "no room for another device entry; ignored" },
	[IOMMU_ACPI_FULL_REGIONS] = { "full-regions", "no room for another region; ignored" },
	[IOMMU_ACPI_FULL_GROUPS] = { "full-groups", "no room for another list of devices; ignored" },
	[IOMMU_ACPI_FULL_NAMES] = { "full-names", "no room for another name; ignored" },
};
/* clang-format on */

const char *iommu_acpi_rule_name(enum iommu_acpi_rule rule)
{
	return (unsigned)rule < IOMMU_ACPI_RULES ? rules[rule].name : "unknown";
}

const char *iommu_acpi_rule_text(enum iommu_acpi_rule rule)
{
	return (unsigned)rule < IOMMU_ACPI_RULES ? rules[rule].text : "a rule nobody knows";
}

/* Where the text goes; `need` counts what would have been written had there been room. */
struct out {
	char *buf;
	size_t size, need;
};

static void put(struct out *o, const char *text)
{
	for (; *text; text++, o->need++)
		if (o->need + 1 < o->size)
			o->buf[o->need] = *text;
}

static void put_hex(struct out *o, uint64_t value)
{
	char digits[19];
	uint32_t i = sizeof(digits) - 1;

	digits[i] = '\0';
	do {
		digits[--i] = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value);
	digits[--i] = 'x';
	digits[--i] = '0';
	put(o, digits + i);
}

size_t iommu_acpi_diag_format(const struct iommu_acpi_diag *d, char *buf, size_t size)
{
	struct out o = { .buf = buf, .size = size };

	put(&o, d->vendor == IOMMU_VENDOR_AMD ? "IVRS+" : "DMAR+");
	put_hex(&o, d->offset);
	put(&o, ": ");
	put(&o, iommu_acpi_rule_name((enum iommu_acpi_rule)d->rule));
	put(&o, ": ");
	put(&o, iommu_acpi_rule_text((enum iommu_acpi_rule)d->rule));
	put(&o, " (");
	put_hex(&o, d->value);
	put(&o, ")");
	if (size)
		buf[o.need < size ? o.need : size - 1] = '\0';
	return o.need;
}
