/* Known differences. The reference is the QEMU source file that behaves so; the numbers are those of docs/crosscheck.md. */
#include "rows.h"

#include <string.h>

/* clang-format off */

#define Q72 ROWS_VERSION(7, 2)
#define Q100 ROWS_VERSION(10, 0)
#define Q111 ROWS_VERSION(11, 1)
#define BEFORE_11 Q72, Q100
#define ALL Q72, 0

#define INTEL "hw/i386/intel_iommu.c"
#define AMD "hw/i386/amd_iommu.c"
#define ACPI "hw/i386/acpi-build.c"

static const struct row rows[] = {
	{ "V1", BE_VTD, ALL, ROW_EITHER, ROW_BY_RANDOM,
	  "an access that hits the IOTLB without permission is blocked and leaves no record",
	  "VT-d 7.1: recorded with 5h or 6h", INTEL },
	{ "V2", BE_VTD, ALL, ROW_EITHER, ROW_BY_RANDOM,
	  "reserved bits of a context entry (Bh) are recorded with FPD = 1 too",
	  "VT-d 7.1: a qualified fault, not recorded", INTEL },
	{ "V3", BE_VTD, ALL, ROW_AVOID, ROW_BY_NONE,
	  "a page that overlaps FEE00000h-FEEFFFFFh faults as a whole with Eh",
	  "VT-d 3.14: only addresses inside the range", INTEL },
	{ "V4", BE_VTD, ALL, ROW_AVOID, ROW_BY_NONE,
	  "an entry of all ones counts as unreadable: 7h, or 3h for the top table",
	  "VT-d 9: reserved bits, Ch", INTEL },
	{ "V5", BE_VTD, ALL, ROW_AVOID, ROW_BY_NONE,
	  "pass-through is not limited by the address width, and takes any AW",
	  "VT-d 9.3: limited, and the widest", INTEL },
	{ "V6", BE_VTD, Q72, Q72, ROW_LEGAL, ROW_BY_NONE,
	  "a page-selective invalidation compares the low 8 bits of the page number only, and drops more than it names",
	  "VT-d 6.5: hardware may invalidate more", INTEL },
	{ "V7", BE_VTD, ALL, ROW_LEGAL, ROW_BY_NONE,
	  "context invalidation by domain is done globally, by device whatever the domain-id",
	  "VT-d 6.5: hardware may invalidate more", INTEL },
	{ "V8", BE_VTD, ALL, ROW_LEGAL, ROW_BY_RANDOM,
	  "paging-structure entries and what is not present are never cached; QEMU answers from memory where the simulator is stale",
	  "VT-d 6.2: caching is allowed, not demanded", INTEL },
	{ "V9", BE_VTD, BEFORE_11, ROW_MASK, ROW_BY_RANDOM,
	  "bits 59:40 of a fault record's upper half hold FFFFh with PP = 0",
	  "VT-d 11.4.14: 0", INTEL },
	{ "V10", BE_VTD, BEFORE_11, ROW_AVOID, ROW_BY_NONE,
	  "a wait descriptor with SW and IF aborts QEMU", "VT-d 6.5.2.8: both are done", INTEL },
	{ "V11", BE_VTD, ALL, ROW_AVOID, ROW_BY_NONE,
	  "device-TLB invalidation is taken with ECAP.DT = 0", "VT-d 6.5.2.10: invalid descriptor", INTEL },
	{ "V12", BE_VTD, Q72, Q72, ROW_AVOID, ROW_BY_NONE,
	  "descriptors of types 6 and 7 are taken in legacy mode; reserved bits of the interrupt-entry one are not looked at",
	  "VT-d 6.5.2.10: IQE", INTEL },
	{ "V13", BE_VTD, BEFORE_11, ROW_AVOID, ROW_BY_NONE,
	  "a wait descriptor with FN alone gives IQE", "VT-d 6.5.2.8: a fence", INTEL },
	{ "V14", BE_VTD, BEFORE_11, ROW_LEGAL, ROW_BY_NONE,
	  "SRTP and TE flush every cache", "VT-d 6.5: hardware may invalidate more", INTEL },
	{ "V15", BE_VTD, ALL, ROW_AVOID, ROW_BY_NONE,
	  "after IQE the queue resumes when IQT is written, not when IQE is cleared",
	  "VT-d 6.5.2.10: when IQE is cleared", INTEL },
	{ "V16", BE_VTD, ALL, ROW_AVOID, ROW_BY_NONE,
	  "QIE is cleared only with head = tail behind a wait descriptor", "VT-d 11.4.4: a quiet queue is enough", INTEL },
	{ "V20", BE_VTD, ALL, ROW_AVOID, ROW_BY_NONE,
	  "WBF, SFL and EAFL are ignored; TE is taken without SRTP", "RWBF = 0, AFL = 0", INTEL },
	{ "V21", BE_VTD, ALL, ROW_AVOID, ROW_BY_NONE,
	  "compatibility-format interrupts are delivered with IRE = 1, CFIS = 0", "VT-d 5.1.4: blocked, 25h", INTEL },
	{ "V22", BE_VTD, Q72, Q72, ROW_DATA, ROW_BY_RANDOM,
	  "faults of interrupt remapping are not recorded", "VT-d 7.2: recorded", INTEL },
	{ "V23", BE_VTD, ALL, ROW_AVOID, ROW_BY_NONE,
	  "reads of FEExxxxxh give nothing, without fault", "VT-d 3.14: no meaning", INTEL },
	{ "V26", BE_VTD, ALL, ROW_LEGAL, ROW_BY_NONE,
	  "one fault record; a second fault of its source is dropped", "VT-d 7.2.1: faults of a source may be collapsed", INTEL },
	{ "V27", BE_VTD, ALL, ROW_DATA, ROW_RARELY,
	  "a translation to an address without memory succeeds, and nothing moves", "the platform's matter", INTEL },
	{ "V28", BE_VTD, Q72, Q72, ROW_AVOID, ROW_BY_NONE,
	  "bit 62 of a leaf is taken with device-TLBs", "VT-d 9.8: reserved; it was TM in older revisions", INTEL },
	{ "V29", BE_VTD, ALL, ROW_LEGAL, ROW_BY_RANDOM,
	  "permission is judged level by level, before the reserved bits below it",
	  "VT-d 7.1 does not rank them; ours is a full walk first", INTEL },
	{ "V30", BE_VTD, ALL, ROW_MASK, ROW_BY_RANDOM,
	  "a fault record keeps address bits above the widest tables",
	  "VT-d 11.4.14: they read 0", INTEL },
	{ "V31", BE_VTD, ALL, ROW_LEGAL, ROW_RARELY,
	  "whether a device passes through is settled when translation is switched on or a context is invalidated",
	  "VT-d 6.2: a context entry may be fetched at any time", INTEL },
	{ "V32", BE_VTD, ALL, ROW_MASK, ROW_BY_NONE,
	  "IQERCD reads 0: what was wrong with a descriptor is not told", "VT-d 11.4.9.9: IQEI, ITESID", INTEL },
	{ "V33", BE_VTD, ALL, ROW_LEGAL, ROW_BY_NONE,
	  "without extended interrupt mode FEUADDR and IEUADDR read 0", "VT-d 11.4.7.3: may be reserved then", INTEL },
	{ "V34", BE_VTD, ALL, ROW_MASK, ROW_BY_NONE,
	  "FECTL.IP and IECTL.IP stay when what they stand for was serviced", "VT-d 11.4.6: cleared by the hardware", INTEL },
	{ "V35", BE_VTD, ALL, ROW_LEGAL, ROW_BY_NONE,
	  "everything is done within the access that asks for it", "how long it takes is the hardware's matter", INTEL },
	{ "V36", BE_VTD, ALL, ROW_MASK, ROW_BY_NONE,
	  "IQA shows its base from the moment the queue is switched on", "VT-d 11.4.9.3: what was written", INTEL },
	{ "V37", BE_VTD, ALL, ROW_EITHER, ROW_BY_NONE,
	  "a reserved translation table mode does not stop the queue", "VT-d 6.5.2: IQE, with IQEI = 7", INTEL },
	{ "V38", BE_VTD, Q72, Q72, ROW_EITHER, ROW_BY_NONE,
	  "IQA.DW is ignored without scalable mode", "VT-d 6.5.2: IQE, with IQEI = 5", INTEL },
	{ "V39", BE_VTD, ALL, ROW_MASK, ROW_BY_NONE,
	  "GCMD.CFI is ignored, and CFIS stays 0", "VT-d 11.4.4: CFIS follows", INTEL },
	{ "V40", BE_VTD, ALL, ROW_MASK, ROW_BY_NONE,
	  "in extended interrupt mode FEUADDR and IEUADDR read 0 as well", "VT-d 11.4.7.4: the upper bits of the destination", INTEL },
	{ "V41", BE_VTD, ALL, ROW_LEGAL, ROW_BY_NONE,
	  "entries of interrupts are never cached", "VT-d 6.2: caching is allowed, not demanded", INTEL },
	{ "V42", BE_VTD, ALL, ROW_AVOID, ROW_BY_NONE,
	  "an interrupt's index of more than 16 bits wraps", "VT-d 5.1.3: beyond the table, 21h", INTEL },

	/* interrupts of generated cases */
	{ "V61", BE_VTD, ALL, ROW_AVOID, ROW_BY_NONE,
	  "with SVT = 10b the first bus is taken for the last and the last for the first",
	  "VT-d 9.9: the first in bits 79:72, the last in 71:64", INTEL },

	{ "A1", BE_AMDVI, BEFORE_11, ROW_DATA, ROW_BY_RANDOM,
	  "no event is ever logged", "48882 2.5: an event for each fault", AMD },
	{ "A2", BE_AMDVI, BEFORE_11, ROW_AVOID, ROW_BY_NONE,
	  "V = 1, TV = 0 is identity with the entry's IR and IW", "48882 2.2.2: blocked", AMD },
	{ "A3", BE_AMDVI, Q111, 0, ROW_AVOID, ROW_BY_NONE,
	  "Mode 7 is blocked without event", "48882 2.5: an event", AMD },
	{ "A5", BE_AMDVI, ALL, ROW_AVOID, ROW_BY_NONE,
	  "a cached translation forgets the permissions above the leaf and outlives its device table entry",
	  "48882 2.2.3: permissions of all levels", AMD },
	{ "A6", BE_AMDVI, Q111, 0, ROW_DATA, ROW_BY_RANDOM,
	  "a cached page without permission blocks without event", "48882 2.5.3: IO_PAGE_FAULT", AMD },
	{ "A7", BE_AMDVI, BEFORE_11, ROW_AVOID, ROW_BY_NONE,
	  "addresses beyond the mode wrap", "48882 2.2.3: IO_PAGE_FAULT", AMD },
	{ "A8", BE_AMDVI, BEFORE_11, ROW_AVOID, ROW_BY_NONE,
	  "NextLevel not below the level is followed; a cycle hangs", "48882 2.2.3: IO_PAGE_FAULT", AMD },
	{ "A9", BE_AMDVI, ALL, ROW_AVOID, ROW_BY_NONE,
	  "reserved bits of page entries are ignored", "48882 2.2.3: IO_PAGE_FAULT with RZ", AMD },
	{ "A10", BE_AMDVI, ALL, ROW_AVOID, ROW_BY_NONE,
	  "address bits of skipped levels need not be 0", "48882 2.2.3: IO_PAGE_FAULT", AMD },
	{ "A11", BE_AMDVI, BEFORE_11, ROW_AVOID, ROW_BY_NONE,
	  "PR of a leaf is ignored unless the entry is 0", "48882 2.2.3: IO_PAGE_FAULT", AMD },
	{ "A12", BE_AMDVI, Q111, 0, ROW_AVOID, ROW_BY_NONE,
	  "permissions above the leaf are mixed up; an entry may be taken for a page", "48882 2.2.3: IO_PAGE_FAULT", AMD },
	{ "A13", BE_AMDVI, Q111, 0, ROW_MASK, ROW_BY_RANDOM,
	  "events hold neither address, domain, bus nor right flags, and come once for each four bytes",
	  "48882 2.5.3: one IO_PAGE_FAULT", AMD },
	{ "A14", BE_AMDVI, Q100, Q100, ROW_AVOID, ROW_BY_NONE,
	  "bit 8 of a DomainID counts as reserved", "48882 2.2.2: part of it", AMD },
	{ "A15", BE_AMDVI, ALL, ROW_AVOID, ROW_BY_NONE,
	  "the device table has no end", "48882 3.4: ends at its size", AMD },
	{ "A16", BE_AMDVI, ALL, ROW_LEGAL, ROW_BY_RANDOM,
	  "INVALIDATE_IOMMU_PAGES drops the whole domain, INVALIDATE_IOTLB_PAGES pages of the unit's own cache; "
	  "entries are read afresh, absence is not cached",
	  "48882 2.4: hardware may drop more", AMD },
	{ "A17", BE_AMDVI, Q111, 0, ROW_AVOID, ROW_BY_NONE,
	  "a device table entry counts from its INVALIDATE_DEVTAB_ENTRY on, and only then", "48882 2.2.2: read when it is needed", AMD },
	{ "A18", BE_AMDVI, BEFORE_11, ROW_MASK, ROW_BY_NONE,
	  "the status register cannot be written, and ComWaitInt stays", "48882 3.4: 1 clears", AMD },
	{ "A19", BE_AMDVI, ALL, ROW_AVOID, ROW_BY_NONE,
	  "an illegal command does not stop the buffer", "48882 2.4: it stops, with an event", AMD },
	{ "A20", BE_AMDVI, BEFORE_11, ROW_AVOID, ROW_BY_NONE,
	  "a tail of the buffer's size hangs; the head shows it after a wrap", "48882 3.4: 0", AMD },
	{ "A21", BE_AMDVI, ALL, ROW_AVOID, ROW_BY_NONE,
	  "exclusion, suppression, ATS, page requests, segments and guest tables are not there", "as EFR says", AMD },
	{ "A23", BE_AMDVI, Q111, 0, ROW_MASK, ROW_BY_NONE,
	  "registers keep reserved bits", "48882 3.4: reserved", AMD },
	{ "A25", BE_AMDVI, ALL, ROW_AVOID, ROW_BY_NONE,
	  "IntTabLen is not looked at, and IntCtl = 01b delivers vector 0", "48882 2.2.5: beyond the table is refused, 01b forwards", AMD },
	{ "A26", BE_AMDVI, ALL, ROW_AVOID, ROW_BY_NONE,
	  "FEExxxxxh is never translated, FD00000000h and up always", "48882 2.1.2: special ranges", AMD },
	{ "A27", BE_AMDVI, BEFORE_11, ROW_AVOID, ROW_BY_NONE,
	  "addresses of 2^48 and more hit entries of other devices", "48882 2.1.4: caches are tagged", AMD },
	{ "A28", BE_AMDVI, ALL, ROW_LEGAL, ROW_RARELY,
	  "a page that was found but refused for its permission is cached all the same",
	  "48882 2.1.4: any present entry may be cached", AMD },
	{ "A29", BE_AMDVI, Q111, 0, ROW_MASK, ROW_BY_RANDOM,
	  "INVALIDATE_DEVTAB_ENTRY looks at the entry, and logs what is wrong with it though nobody made a request",
	  "48882 2.5.2: an event of a request", AMD },
	{ "A30", BE_AMDVI, ALL, ROW_DATA, ROW_RARELY,
	  "a translation to an address without memory succeeds, and nothing moves", "the platform's matter", AMD },
	{ "A41", BE_AMDVI, ALL, ROW_MASK, ROW_BY_NONE,
	  "CMDBUF and EVTLOG reset to 0, and CONTROL without Coherent", "48882 3.4: lengths of 256 entries, Coherent", AMD },
	{ "A42", BE_AMDVI, ALL, ROW_LEGAL, ROW_BY_NONE,
	  "everything is done within the access that asks for it", "how long it takes is the hardware's matter", AMD },
	{ "A43", BE_AMDVI, ALL, ROW_EITHER, ROW_BY_NONE,
	  "PREFETCH_IOMMU_PAGES does nothing, with Inval = 1 neither", "48882 2.4.6: Inval = 1 drops what is cached", AMD },
	{ "A44", BE_AMDVI, ALL, ROW_MASK, ROW_BY_NONE,
	  "writing CMDBUF leaves head and tail as they are", "48882 3.3: both become 0", AMD },
	{ "A48", BE_AMDVI, Q111, 0, ROW_AVOID, ROW_BY_NONE,
	  "V = 1, TV = 0 blocks without event", "48882 2.2.2: IO_PAGE_FAULT", AMD },
	{ "A47", BE_AMDVI, ALL, ROW_AVOID, ROW_BY_NONE,
	  "HAD is ignored, and bit 8 of it even where it is reserved", "48882 2.2.2: ILLEGAL_DEV_TABLE_ENTRY without HADSup", AMD },
	{ "A46", BE_AMDVI, Q111, 0, ROW_DATA, ROW_BY_NONE,
	  "no event of an interrupt that was refused is logged", "48882 2.2.5: IO_PAGE_FAULT with I = 1", AMD },
	{ "A45", BE_AMDVI, ALL, ROW_LEGAL, ROW_BY_NONE,
	  "entries of interrupts are never cached", "48882 2.4.5: caching is allowed, not demanded", AMD },

	{ "A61", BE_AMDVI, ALL, ROW_EITHER, ROW_BY_RANDOM,
	  "reserved bits in the half of a device table entry that is about DMA stop the device's interrupts too",
	  "48882 2.2.2: each half is looked at by what needs it", AMD },
	{ "A62", BE_AMDVI, ALL, ROW_LEGAL, ROW_BY_RANDOM,
	  "an interrupt that IntCtl = 00b aborts leaves no event", "disputed (docs/spec-notes.md)", AMD },

	/* tables of firmware: IVRS. The DMAR of every version says what ours does. */
	{ "I1", BE_AMDVI, ALL, ROW_MASK, ROW_BY_TABLES,
	  "VASize and GVASize of IVinfo are 0", "48882 5, IVinfo: the sizes of the unit's addresses", ACPI },
	{ "I2", BE_AMDVI, Q72, Q72, ROW_MASK, ROW_BY_TABLES,
	  "IVinfo says that there is no extended feature register; no block of type 11h",
	  "48882 5, IVinfo: EFRSup as the capability header has it", ACPI },
	{ "I3", BE_AMDVI, Q72, Q72, ROW_MASK, ROW_BY_TABLES,
	  "the features of a block of type 10h are GTSup and GASup alone", "48882 5, IVHD type 10h: those of the register", ACPI },
	{ "I4", BE_AMDVI, ALL, ROW_MASK, ROW_BY_TABLES,
	  "HtTunEn is set, Coherent is not", "48882 5, IVHD flags: as the platform is; its walks are coherent", ACPI },
	{ "I5", BE_AMDVI, Q100, Q100, ROW_MASK, ROW_BY_TABLES,
	  "IVinfo says 40 bits of physical addresses, the capability block 46", "48882 5, IVinfo: one width", ACPI },
	{ "I6", BE_AMDVI, ALL, ROW_MASK, ROW_BY_TABLES,
	  "the I/O APIC is listed with interrupt remapping alone", "48882 5, special device entries: whatever is enabled", ACPI },
	{ "I7", BE_AMDVI, ALL, ROW_MASK, ROW_BY_TABLES,
	  "the unit's own function is listed behind the unit", "48882 5, device entries: the devices that it translates", ACPI },
};

/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

_Static_assert(ROWS <= ROWS_MAX, "ROWS_MAX");

const struct row *rows_at(uint32_t n)
{
	return n < ROWS ? rows + n : NULL;
}

int rows_find(const char *id)
{
	for (uint32_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].id, id) == 0)
			return (int)i;
	return -1;
}

const char *rows_rule(enum row_rule rule)
{
	static const char *const names[] = { "data", "either", "legal", "mask", "avoid" };

	return names[rule];
}

bool row_applies(const struct row *row, uint32_t version)
{
	return version >= row->first && (!row->last || version <= row->last);
}

const char *rows_mistake(void)
{
	for (uint32_t i = 0; i < ROWS; i++) {
		const struct row *r = rows + i;

		if (rows_find(r->id) != (int)i || (r->id[0] != (r->arch == BE_VTD ? 'V' : 'A') &&
						   r->id[0] != (r->arch == BE_VTD ? 'D' : 'I')))
			return r->id;
		if (r->last && r->last < r->first)
			return r->id;
		if (!*r->what || !*r->right || !*r->reference)
			return r->id;
		if (r->rule == ROW_AVOID && r->seen != ROW_BY_NONE)
			return r->id;
	}
	return NULL;
}

void rows_print(FILE *out)
{
	for (uint32_t i = 0; i < ROWS; i++) {
		const struct row *r = rows + i;
		const char *witness = rows_witness(r->id);
		char last[24] = "";

		if (r->last != r->first)
			snprintf(last, sizeof(last), r->last ? "-%u.%u" : "-", r->last >> 16,
				 r->last & 0xffff);
		fprintf(out, "%-4s %-6s %u.%u%s\t%s\n\t\t\t%s (%s)\n", r->id, rows_rule(r->rule),
			r->first >> 16, r->first & 0xffff, last, r->what, r->right, r->reference);
		if (witness)
			fprintf(out, "\t\t\tneeded by scenarios/%s\n", witness);
	}
}
