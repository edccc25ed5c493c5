/* The DMAR reader, with and without configuration space. */
#include "fuzz_acpi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes bytes = { data, size };
	struct iommu_acpi_pci pci = { .ctx = &bytes, .read32 = fuzz_read32 };
	struct records r;

	records_init(&r);
	(void)iommu_acpi_dmar(&r.a, data, size, NULL);
	fuzz_judge(&r, size);
	records_init(&r);
	(void)iommu_acpi_dmar(&r.a, data, size, &pci);
	fuzz_judge(&r, size);
	(void)iommu_acpi_ivrs(&r.a, data, size);
	fuzz_judge(&r, size);
	return 0;
}
