/*
 * Where firmware left its ACPI tables (ACPI 6.5, 5.2.5, Root System Description Pointer, to 5.2.8, XSDT).
 */
#ifndef BAREMETAL_FIRMWARE_H
#define BAREMETAL_FIRMWARE_H

#include <stddef.h>
#include <stdint.h>

/* What can be read: the identity map of the start-up ends here. */
#define FIRMWARE_END UINT64_C(0x100000000)

/*
 * The table with this signature ("DMAR"), NULL when there is none. *size is what may be read there: the length in its
 * header, cut at FIRMWARE_END; what is inside is for its parser to judge.
 */
const void *firmware_table(const char *signature, size_t *size);

#endif
