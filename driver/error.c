/*
 * Names of errors, for logs and reports.
 */
#include "internal.h"

const char *iommu_error_name(int error)
{
	static const char *const names[] = {
		[-IOMMU_OK] = "ok",
		[-IOMMU_E_INVAL] = "invalid",
		[-IOMMU_E_NOMEM] = "no-memory",
		[-IOMMU_E_TIMEOUT] = "time-out",
		[-IOMMU_E_EXIST] = "exists",
		[-IOMMU_E_NOENT] = "not-there",
		[-IOMMU_E_RANGE] = "out-of-range",
		[-IOMMU_E_STAGE] = "wrong-stage",
		[-IOMMU_E_UNSUPPORTED] = "unsupported",
		[-IOMMU_E_BROKEN] = "broken",
		[-IOMMU_E_AGAIN] = "again",
		[-IOMMU_E_FULL] = "full",
		[-IOMMU_E_BUSY] = "busy",
	};

	if (error > 0 || error <= -(int)(sizeof(names) / sizeof(names[0])))
		return "unknown";
	return names[-error];
}
