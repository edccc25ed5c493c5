/*
 * The ACPI tables that QEMU gives its firmware, beside those the generator (acpi/tables.h) makes for the same machine, both read
 * by the driver's parser (iommu/acpi.h), and beside what the machine's configuration space and registers say.
 */
#ifndef CROSSCHECK_FIRMWARE_H
#define CROSSCHECK_FIRMWARE_H

#include "session.h"

/* The machines of every vendor asked for, on every QEMU of the session; an enum cli_exit. */
int session_tables(struct session *s);

#endif
