/*
 * AMD-Vi units.
 */
#ifndef IOMMUSIM_AMDVI_H
#define IOMMUSIM_AMDVI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommusim/sim.h"

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

/*
 * Readings of the specification that public sources dispute. Each bit turns one from the default to the other one;
 * docs/spec-notes.md, "AMD-Vi", argues the defaults.
 */
enum sim_amdvi_reading {
	SIM_AMDVI_BAD_MODE_IS_ILLEGAL = 1 << 0, /* reserved Mode: ILLEGAL_DEV_TABLE_ENTRY, not IO_PAGE_FAULT */
	SIM_AMDVI_BEYOND_TABLE_IS_ILLEGAL = 1 << 1, /* same for a DeviceID beyond the device table */
	SIM_AMDVI_EVENT_INT_GATED = 1 << 2,	/* EventLogInt is set only while EventIntEn = 1 */
	SIM_AMDVI_HEAD_PAST_ERROR = 1 << 3,	/* after a command error the head is one past the command */
	SIM_AMDVI_RUN_SURVIVES_OVERFLOW = 1 << 4, /* EventLogRun stays 1 at overflow */
	SIM_AMDVI_HW_EVENT_NEWEST = 1 << 5,	/* the hardware event registers keep the newest error, not the oldest */
	SIM_AMDVI_EXCLUSION_ATS_ONLY = 1 << 6,	/* the exclusion range applies to devices with DTE.I = 1 only */
	SIM_AMDVI_INTERRUPT_ABORT_SILENT = 1 << 7, /* an interrupt that IntCtl or a pass bit aborts gives no event */
	SIM_AMDVI_PAGE_LOW_BITS_CHECKED = 1 << 8, /* address bits below the size of a default-size page are reserved */
	SIM_AMDVI_BASE_KEEPS_POINTERS = 1 << 9, /* a write to a ring's base leaves its head and tail */
	SIM_AMDVI_READINGS = (1 << 10) - 1	/* all of them */
};

/*
 * A unit as its capability block and feature registers present it; the values have the layout of 48882 chapter 3 (masks in
 * hw/amdvi_regs.h).
 */
struct sim_amdvi_config {
	uint64_t base;		/* physical address of the registers, 16 KiB aligned, outside RAM */
	uint32_t cap;		/* capability header */
	uint32_t misc0;		/* Miscellaneous Information 0: PAsize, VAsize, GVAsize, MsiNum, HtAtsResv */
	uint64_t efr;		/* Extended Feature Register; 0 when cap.EFRSup = 0 */
	uint64_t efr2;		/* Extended Feature 2 */
	bool unsnooped;		/* table reads do not snoop where software allows it (Control.Coherent = 0, DTE.SD = 1) */
	uint32_t readings;	/* enum sim_amdvi_reading, 0: the defaults */
};
/* clang-format on */

/*
 * A plausible unit: 48-bit physical and 64-bit device addresses, host tables of up to 6 levels, ATS, no not-present caching,
 * INVALIDATE_IOMMU_ALL, prefetch, hardware event registers, MSI registers in the register file, 8 device table segments,
 * accessed and dirty bits, two event logs that swap.
 */
void sim_amdvi_default(struct sim_amdvi_config *config);

/*
 * Checks a configuration. SIM_OK, SIM_E_IMPOSSIBLE (no hardware may present it) or SIM_E_NOT_MODELLED; `why` receives
 * the reason as one line naming the field, at most `size` bytes.
 */
int sim_amdvi_check(const struct sim_amdvi_config *config, char *why, size_t size);

/* Adds a unit; returns its number (0, 1, ...) or an error, explained by sim_why. */
int sim_amdvi_add(struct sim *s, const struct sim_amdvi_config *config);

/*
 * The unit's PCI function, where its capability block and its MSI capability are: aligned dwords of configuration space, a
 * guest access like one to a register. Reads give all ones and writes are lost where `unit` is no AMD-Vi unit. Firmware has
 * programmed and enabled the register base, which locks it.
 */
#define SIM_AMDVI_PCI_CAP 0x40u /* offset of the IOMMU capability block */
#define SIM_AMDVI_PCI_MSI 0x64u /* offset of the MSI capability */
uint32_t sim_amdvi_pci_read(struct sim *s, uint32_t unit, uint32_t off);
void sim_amdvi_pci_write(struct sim *s, uint32_t unit, uint32_t off, uint32_t val);

/* Name of an event code ("IO_PAGE_FAULT"), NULL when the architecture defines none. sim_xlat.reason is an event code. */
const char *sim_amdvi_event_name(uint8_t code);

/* The event code with that name, 0 when there is none. */
uint8_t sim_amdvi_event_by_name(const char *name);

/* Name of a bit of an event's flags (bits 59:48 of its first qword: 0 "GN" .. 8 "TR"), NULL beyond the last. */
const char *sim_amdvi_flag_name(unsigned bit);

/* Name of a command ("COMPLETION_WAIT"), NULL when the architecture defines none; and the reverse, 0 for no such name. */
const char *sim_amdvi_command_name(uint8_t opcode);
uint8_t sim_amdvi_command_by_name(const char *name);

/* Name of a reading's bit ("bad-mode-is-illegal"), NULL beyond the last: bits are numbered from 0. */
const char *sim_amdvi_reading_name(unsigned bit);

#endif
