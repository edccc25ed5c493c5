/*
 * The status labels, as one line of key=value words.
 */
#include "internal.h"
#include "text.h"

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
	struct text o = { .buf = buf, .size = size };

	text_put(&o, "unit=");
	text_put_u64(&o, s->unit);
	text_put(&o, " stage=");
	text_put(&o, stage_name(s->stage));
	text_put(&o, " remapping_tables=");
	text_put(&o, tables_label(s->stage));
	text_put(&o, " invalidation=");
	text_put(&o, invalidation_label(s));
	text_put(&o, " iotlb=");
	text_put(&o, iotlb_label(s));
	text_put(&o, " stale_cleanup=");
	text_put(&o, s->installed ? "installed" : "not-installed");
	text_put(&o, " direct_dma=");
	text_put(&o, direct_dma_label(s));
	text_put(&o, " hostile_hardware_isolation=not-claimed");
	return text_end(&o);
}
