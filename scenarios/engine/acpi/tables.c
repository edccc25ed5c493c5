/*
 * What DMAR and IVRS have in common, the patches, and configuration space.
 */
#include "acpi/tables.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "hw/acpi_table.h"

void acpi_put(struct acpi_bytes *b, uint64_t value, uint32_t bytes)
{
	if (b->size + bytes > sizeof(b->p)) {
		b->overflow = true;
		return;
	}
	acpi_put_at(b, b->size, value, bytes);
	b->size += bytes;
}

void acpi_put_at(struct acpi_bytes *b, uint32_t at, uint64_t value, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes && at + i < sizeof(b->p); i++)
		b->p[at + i] = (uint8_t)(value >> 8 * i);
}

void acpi_put_zeros(struct acpi_bytes *b, uint32_t bytes)
{
	while (bytes--)
		acpi_put(b, 0, 1);
}

static void put_text(struct acpi_bytes *b, const char *text, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		acpi_put(b, (uint8_t)text[i], 1);
}

void acpi_note(struct acpi_bytes *b, const char *fmt, ...)
{
	struct acpi_note *n = b->note + b->notes;
	va_list ap;

	if (b->notes == ACPI_NOTES) {
		b->overflow = true;
		return;
	}
	b->notes++;
	n->at = b->size;
	va_start(ap, fmt);
	vsnprintf(n->text, sizeof(n->text), fmt, ap);
	va_end(ap);
}

void acpi_head(struct acpi_bytes *b, const char *signature, uint8_t revision)
{
	put_text(b, signature, 4);
	acpi_put(b, 0, 4); /* length and sum: acpi_seal */
	acpi_put(b, revision, 1);
	acpi_put(b, 0, 1);
	put_text(b, "IOMMU ", 6);
	put_text(b, "SCENARIO", 8);
	acpi_put(b, 1, 4);
	put_text(b, "SIM ", 4);
	acpi_put(b, 1, 4);
}

static void put_sum(struct acpi_bytes *b)
{
	uint8_t sum = 0;

	b->p[ACPI_HDR_CHECKSUM] = 0;
	for (uint32_t i = 0; i < b->size; i++)
		sum = (uint8_t)(sum + b->p[i]);
	b->p[ACPI_HDR_CHECKSUM] = (uint8_t)(0u - sum);
}

void acpi_seal(struct acpi_bytes *b)
{
	acpi_put_at(b, ACPI_HDR_LENGTH, b->size, 4);
	put_sum(b);
}

bool acpi_is(const struct acpi_maker *k, uint32_t i, enum be_arch arch)
{
	return k->s->arch[i] == arch;
}

uint64_t acpi_base(const struct acpi_maker *k, uint32_t unit)
{
	return setting_unit(k->s, unit)->base;
}

const struct acpi_item *acpi_bridge_of(const struct acpi_maker *k, uint8_t bus)
{
	const struct acpi_config *c = &k->m->acpi;
	const struct acpi_item *best = NULL;

	for (uint32_t i = 0; i < c->items; i++) {
		const struct acpi_item *it = c->item + i;

		if (it->kind != ACPI_BRIDGE || bus < it->bus_first || bus > it->bus_last)
			continue;
		if (!best || it->bus_last - it->bus_first < best->bus_last - best->bus_first)
			best = it;
	}
	return best;
}

/* ---- segments ---- */

/* Ids of functions are unique in a segment: units that share one are in segments of their own. */
static bool clash(const struct machine *m, uint32_t a, uint32_t b)
{
	for (uint32_t i = 0; i < m->devices; i++)
		for (uint32_t k = 0; m->device[i].unit == a && k < m->devices; k++)
			if (m->device[k].unit == b && m->device[k].rid == m->device[i].rid)
				return true;
	return false;
}

static void number_segments(struct acpi_tables *t, const struct machine *m)
{
	for (uint32_t i = 0; i < m->units; i++)
		for (uint32_t k = 0; k < i; k++)
			if (t->segment[k] == t->segment[i] && clash(m, i, k)) {
				t->segment[i]++;
				k = UINT32_MAX; /* the others once more */
			}
}

/* ---- the whole ---- */

/* Over what is there, and beyond its end: then the table is longer. */
static void patch(struct acpi_tables *t, const struct acpi_item *it)
{
	struct acpi_bytes *b = t->table + it->table;
	uint32_t end;

	if (!b->size)
		return; /* of the other architecture */
	if (it->cut) {
		if (it->cut < b->size)
			b->size = it->cut; /* the length in the head stays as it was */
		return;
	}
	end = it->at + it->data->len;
	if (it->at > b->size || end > sizeof(b->p)) {
		b->overflow = true;
		return;
	}
	memcpy(b->p + it->at, it->data->data, it->data->len);
	if (end > b->size) {
		b->size = end;
		acpi_put_at(b, ACPI_HDR_LENGTH, end, 4);
	}
	if (!it->keep_sum && b->size >= ACPI_HDR_BYTES)
		put_sum(b);
}

struct acpi_tables *acpi_tables_make(const struct machine *m, const struct setting *s,
				     const char **why)
{
	static void (*const make[ACPI_TABLES])(const struct acpi_maker *) = {
		[ACPI_DMAR] = acpi_make_dmar, [ACPI_IVRS] = acpi_make_ivrs
	};
	struct acpi_tables *t = calloc(1, sizeof(*t));

	*why = "out of memory";
	if (!t)
		return NULL;
	number_segments(t, m);
	for (uint32_t i = 0; i < ACPI_TABLES; i++) {
		make[i](&(struct acpi_maker){ m, s, t->segment, t->table + i });
		if (m->acpi.missing[i])
			t->table[i].size = t->table[i].notes = 0;
	}
	for (uint32_t i = 0; i < m->acpi.items; i++)
		if (m->acpi.item[i].kind == ACPI_PATCH)
			patch(t, m->acpi.item + i);
	for (uint32_t i = 0; i < ACPI_TABLES; i++)
		if (t->table[i].overflow) {
			*why = "an ACPI table has more than 32768 bytes, or a patch begins beyond "
			       "its end";
			free(t);
			return NULL;
		}
	return t;
}

void acpi_tables_free(struct acpi_tables *t)
{
	free(t);
}

/* ---- configuration space ---- */

uint16_t acpi_unit_rid(uint32_t unit)
{
	return (uint16_t)(0xfe00u | unit << 3 | 2);
}

static uint32_t unit_word(const struct be_unit *u, uint32_t off)
{
	if (off == ACPI_UNIT_CAP)
		return (uint32_t)u->word[BE_AMDVI_CAP];
	if (off == ACPI_UNIT_CAP + 0x10)
		return (uint32_t)u->word[BE_AMDVI_MISC0];
	return 0;
}

/* Where a bridge of PCI Express has its capability, and the type that stands there: acpi_bridge_at. 0: conventional PCI. */
#define BRIDGE_CAP 0x40
static const uint8_t express_type[] = { 4, 7, 8, 0 };

/*
 * Header type 1 at 0Ch, bus numbers at 18h: PCI-to-PCI Bridge Architecture Specification 3.2. Capabilities List at 06h bit 4,
 * its head at 34h, the type of a PCI Express function in bits 23:20 of its capability's first word.
 */
static uint32_t bridge_word(const struct acpi_item *it, uint32_t off)
{
	uint32_t type = express_type[it->bridge];

	switch (off) {
	case 0x04:
		return type ? 1u << 20 : 0;
	case 0x0c:
		return 0x10000;
	case 0x18:
		return (uint32_t)it->bus_last << 16 | (uint32_t)it->bus_first << 8 |
		       (uint32_t)(it->rid >> 8);
	case 0x34:
		return type ? BRIDGE_CAP : 0;
	case BRIDGE_CAP:
		return type ? type << 20 | 0x10 : 0;
	default:
		return 0;
	}
}

uint32_t acpi_space_read32(void *space, uint16_t segment, uint16_t rid, uint32_t off)
{
	const struct acpi_space *a = space;
	const struct acpi_config *c = &a->m->acpi;

	for (uint32_t i = 0; i < a->m->units; i++)
		if (a->s->arch[i] == BE_AMDVI && a->segment[i] == segment &&
		    acpi_unit_rid(i) == rid)
			return unit_word(&a->s->unit[i][BE_AMDVI], off);
	for (uint32_t i = 0; i < c->items; i++)
		if (c->item[i].kind == ACPI_BRIDGE && c->item[i].rid == rid && segment == 0)
			return bridge_word(c->item + i, off);
	for (uint32_t i = 0; i < a->m->devices; i++)
		if (a->m->device[i].rid == rid && a->segment[a->m->device[i].unit] == segment)
			return 0; /* header type 0 */
	return UINT32_MAX;
}
