/*
 * The status labels, as one line of key=value words.
 */
#include "internal.h"

/* Where the text goes; `need` counts what would have been written had there been room. */
struct out {
	char *buf;
	size_t size;
	size_t need;
};

static void put(struct out *o, const char *text)
{
	for (; *text; text++, o->need++) {
		if (o->need + 1 < o->size)
			o->buf[o->need] = *text;
	}
}

static void put_u32(struct out *o, uint32_t value)
{
	char digits[11];
	uint32_t i = sizeof(digits) - 1;

	digits[i] = '\0';
	do {
		digits[--i] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	put(o, &digits[i]);
}

static const char *stage_name(enum iommu_stage stage)
{
	switch (stage) {
	case IOMMU_STAGE_NONE:
		return "none";
	case IOMMU_STAGE_DISCOVERED:
		return "discovered";
	case IOMMU_STAGE_BUILT:
		return "built";
	case IOMMU_STAGE_PROGRAMMED:
		return "programmed";
	case IOMMU_STAGE_TRANSLATING:
		return "translating";
	case IOMMU_STAGE_STOPPED:
		return "stopped";
	case IOMMU_STAGE_BROKEN:
		return "broken";
	}
	return "unknown";
}

static const char *tables_label(enum iommu_stage stage)
{
	if (stage == IOMMU_STAGE_BUILT)
		return "built";
	if (stage == IOMMU_STAGE_PROGRAMMED || stage == IOMMU_STAGE_TRANSLATING)
		return "programmed";
	return "not-programmed"; /* a broken unit is not known to use our tables */
}

static const char *invalidation_label(const struct iommu_status *s)
{
	if (!s->installed)
		return "not-installed";
	if (s->vendor == IOMMU_VENDOR_AMD)
		return "command-buffer";
	return s->queued ? "queued" : "register";
}

static const char *iotlb_label(const struct iommu_status *s)
{
	if (!s->installed)
		return "not-installed";
	return s->page_selective ? "page-selective" : "domain-selective";
}

/* Blocked only while the unit translates and nothing attached bypasses it: in every other case nothing is promised. */
static const char *direct_dma_label(const struct iommu_status *s)
{
	return s->stage == IOMMU_STAGE_TRANSLATING && !s->passthrough ? "blocked" : "allowed";
}

size_t iommu_status_format(const struct iommu_status *s, char *buf, size_t size)
{
	struct out o = { .buf = buf, .size = size };

	put(&o, "unit=");
	put_u32(&o, s->unit);
	put(&o, " stage=");
	put(&o, stage_name(s->stage));
	put(&o, " remapping_tables=");
	put(&o, tables_label(s->stage));
	put(&o, " invalidation=");
	put(&o, invalidation_label(s));
	put(&o, " iotlb=");
	put(&o, iotlb_label(s));
	put(&o, " stale_cleanup=");
	put(&o, s->installed ? "installed" : "not-installed");
	put(&o, " direct_dma=");
	put(&o, direct_dma_label(s));
	put(&o, " hostile_hardware_isolation=not-claimed");
	if (size)
		buf[o.need < size ? o.need : size - 1] = '\0';
	return o.need;
}
