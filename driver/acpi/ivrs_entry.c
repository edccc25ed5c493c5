/*
 * Device entries of an IVHD block. AMD 48882 chapter 5, "IVHD Device Entries".
 *
 * A range is two entries: a start, which may carry an alias or an extended setting, and an end, which has the last id.
 */
#include "acpi/acpi.h"
#include "hw/acpi_ivrs.h"

/* A block being read: the start of a range waits for its end. */
struct reader {
	const struct acpi_table *t;
	uint16_t unit;
	bool open;
	struct iommu_acpi_scope start;
};

/* The bytes an entry takes; 0: nobody knows, or it is cut off. */
static uint32_t entry_bytes(const struct acpi_table *t, uint32_t at, uint32_t left)
{
	uint8_t type = acpi_u8(t, at);
	uint32_t bytes;

	if (type > IVHD_DEV_FIXED_MAX && type != IVHD_DEV_HID) {
		acpi_diag(t, IOMMU_ACPI_SCOPE_LENGTH, at, type);
		return 0;
	}
	bytes = type == IVHD_DEV_HID ? IVHD_DEV_HID_BYTES : 4u << (type >> 6);
	if (type == IVHD_DEV_HID && bytes <= left)
		bytes += acpi_u8(t, at + IVHD_DEV_HID_LENGTH);
	if (bytes <= left)
		return bytes;
	acpi_diag(t, IOMMU_ACPI_SCOPE_BEYOND, at, bytes);
	return 0;
}

/* What entries that name devices have in common. */
static struct iommu_acpi_scope base_scope(const struct reader *r, uint32_t at, uint8_t kind)
{
	const struct acpi_table *t = r->t;
	uint16_t rid = acpi_u16(t, at + IVHD_DEV_ID);

	return (struct iommu_acpi_scope){ .offset = at,
					  .owner = r->unit,
					  .segment = t->a->unit[r->unit].segment,
					  .of = IOMMU_ACPI_OF_UNIT,
					  .kind = kind,
					  .first = rid,
					  .last = rid,
					  .setting = acpi_u8(t, at + IVHD_DEV_SETTING),
					  .bus_first = 1 };
}

static void add(const struct reader *r, const struct iommu_acpi_scope *s)
{
	struct iommu_acpi_unit *u = r->t->a->unit + r->unit;
	struct iommu_acpi_scope *to;

	if (s->kind == IOMMU_ACPI_DEVICE && s->first == s->last && s->first == u->rid) {
		acpi_diag(r->t, IOMMU_ACPI_SELF, s->offset + IVHD_DEV_ID, s->first);
		return;
	}
	to = acpi_new_scope(r->t, s->offset);
	if (!to)
		return;
	*to = *s;
	if (s->last > u->rid_last)
		u->rid_last = s->last;
	if (s->has_alias && s->alias > u->rid_last)
		u->rid_last = s->alias;
}

static void end_range(struct reader *r, uint32_t at)
{
	uint16_t last = acpi_u16(r->t, at + IVHD_DEV_ID);

	if (!r->open) {
		acpi_diag(r->t, IOMMU_ACPI_RANGE_END, at, last);
		return;
	}
	r->open = false;
	r->start.last = last;
	if (last < r->start.first)
		acpi_diag(r->t, IOMMU_ACPI_RANGE_ORDER, at + IVHD_DEV_ID, last);
	else
		add(r, &r->start);
}

static void add_special(const struct reader *r, uint32_t at)
{
	const struct acpi_table *t = r->t;
	uint8_t variety = acpi_u8(t, at + IVHD_DEV_VARIETY);
	struct iommu_acpi_scope s = base_scope(r, at, IOMMU_ACPI_IOAPIC);

	if (variety != IVHD_VARIETY_IOAPIC && variety != IVHD_VARIETY_HPET) {
		acpi_diag(t, IOMMU_ACPI_SPECIAL, at + IVHD_DEV_VARIETY, variety);
		return;
	}
	if (variety == IVHD_VARIETY_HPET)
		s.kind = IOMMU_ACPI_HPET;
	s.id = acpi_u8(t, at + IVHD_DEV_HANDLE);
	s.first = s.last = acpi_u16(t, at + IVHD_DEV_SOURCE);
	if (!acpi_special_known(t, at + IVHD_DEV_HANDLE, s.kind, s.id))
		add(r, &s);
}

static bool uid_sound(uint8_t format, uint8_t bytes)
{
	switch (format) {
	case IVHD_UID_NONE:
		return bytes == 0;
	case IVHD_UID_INTEGER:
		return bytes == 8;
	case IVHD_UID_STRING:
		return bytes != 0;
	default:
		return false;
	}
}

static void add_hid(const struct reader *r, uint32_t at)
{
	const struct acpi_table *t = r->t;
	struct iommu_acpi_scope s = base_scope(r, at, IOMMU_ACPI_NAMED);
	uint8_t format = acpi_u8(t, at + IVHD_DEV_HID_FORMAT);
	uint8_t bytes = acpi_u8(t, at + IVHD_DEV_HID_LENGTH);
	struct iommu_acpi_name *n;

	if (t->a->unit[r->unit].type != IVRS_TYPE_IVHD_40)
		acpi_diag(t, IOMMU_ACPI_HID_BLOCK, at, t->a->unit[r->unit].type);
	add(r, &s);
	n = acpi_new_name(t, at);
	if (!n)
		return;
	n->offset = at + IVHD_DEV_HID_NAME;
	n->bytes = 16;
	n->rid = s.first;
	n->unit = r->unit;
	if (!uid_sound(format, bytes)) {
		acpi_diag(t, IOMMU_ACPI_HID_UID, at + IVHD_DEV_HID_FORMAT,
			  (uint64_t)bytes << 8 | format);
		return;
	}
	n->uid_format = format;
	n->uid_bytes = bytes;
	n->uid_offset = at + IVHD_DEV_HID_UID;
}

/* Selects and starts of ranges, with what their type adds. */
static void device(struct reader *r, uint32_t at, uint8_t type)
{
	struct iommu_acpi_scope s = base_scope(r, at, IOMMU_ACPI_DEVICE);

	if (type == IVHD_DEV_ALIAS_SELECT || type == IVHD_DEV_ALIAS_START) {
		s.alias = acpi_u16(r->t, at + IVHD_DEV_ALIAS);
		s.has_alias = true;
	} else if (type == IVHD_DEV_EXT_SELECT || type == IVHD_DEV_EXT_START) {
		s.extended = acpi_u32(r->t, at + IVHD_DEV_EXT);
	}
	if (type == IVHD_DEV_START || type == IVHD_DEV_ALIAS_START || type == IVHD_DEV_EXT_START) {
		r->start = s;
		r->open = true;
	} else {
		add(r, &s);
	}
}

static void add_rest(const struct reader *r, uint32_t at)
{
	struct iommu_acpi_scope s = base_scope(r, at, IOMMU_ACPI_REST);

	s.first = 0;
	s.last = UINT16_MAX;
	add(r, &s);
}

static void read_entry(struct reader *r, uint32_t at)
{
	uint8_t type = acpi_u8(r->t, at);

	if (type == IVHD_DEV_PAD4 || type == IVHD_DEV_PAD8)
		return;
	if (r->open && type != IVHD_DEV_END) {
		acpi_diag(r->t, IOMMU_ACPI_RANGE_BETWEEN, at, type);
		r->open = false;
	}
	switch (type) {
	case IVHD_DEV_ALL:
		add_rest(r, at);
		break;
	case IVHD_DEV_END:
		end_range(r, at);
		break;
	case IVHD_DEV_SELECT:
	case IVHD_DEV_START:
	case IVHD_DEV_ALIAS_SELECT:
	case IVHD_DEV_ALIAS_START:
	case IVHD_DEV_EXT_SELECT:
	case IVHD_DEV_EXT_START:
		device(r, at, type);
		break;
	case IVHD_DEV_SPECIAL:
		add_special(r, at);
		break;
	case IVHD_DEV_HID:
		add_hid(r, at);
		break;
	default:
		acpi_diag(r->t, IOMMU_ACPI_SCOPE_TYPE, at, type);
		break;
	}
}

void ivrs_entries(const struct acpi_table *t, uint16_t unit)
{
	const struct iommu_acpi_unit *u = t->a->unit + unit;
	uint32_t at = u->offset + (u->type == IVRS_TYPE_IVHD_10 ? IVHD_10_BYTES : IVHD_11_BYTES);
	uint32_t end = u->offset + u->bytes, before = t->a->scopes, bytes;
	struct reader r = { .t = t, .unit = unit };

	while (at < end) {
		bytes = entry_bytes(t, at, end - at);
		if (!bytes)
			break;
		read_entry(&r, at);
		at += bytes;
	}
	if (r.open)
		acpi_diag(t, IOMMU_ACPI_RANGE_START, r.start.offset, r.start.first);
	if (t->a->scopes == before)
		acpi_diag(t, IOMMU_ACPI_UNIT_EMPTY, u->offset, u->base);
}
