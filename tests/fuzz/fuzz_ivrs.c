/* The IVRS reader, once alone and once with little room. */
#include "fuzz_acpi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct records r;

	records_init(&r);
	(void)iommu_acpi_ivrs(&r.a, data, size);
	fuzz_judge(&r, size);
	records_init(&r);
	r.a.unit_room = r.a.region_room = r.a.name_room = 1;
	r.a.scope_room = 3;
	r.a.diag_room = 2;
	(void)iommu_acpi_ivrs(&r.a, data, size);
	fuzz_judge(&r, size);
	return 0;
}
