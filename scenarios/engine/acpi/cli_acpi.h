/*
 * iommu-sim acpi: the tables firmware would give of a scenario's machine.
 */
#ifndef ENGINE_ACPI_CLI_ACPI_H
#define ENGINE_ACPI_CLI_ACPI_H

int cli_acpi(const char *program, int argc, char **argv);

#endif
