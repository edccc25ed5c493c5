/*
 * Intel VT-d units.
 */
#ifndef IOMMUSIM_VTD_H
#define IOMMUSIM_VTD_H

#include <stddef.h>
#include <stdint.h>

#include "iommusim/sim.h"

/* What each member means stands beside it, aligned by hand. */
/* clang-format off */

/*
 * A unit as its capability registers present it; the values have the layout of VER_REG, CAP_REG and ECAP_REG (VT-d 11.4,
 * masks in hw/vtd_regs.h).
 */
struct sim_vtd_config {
	uint64_t base;		  /* physical address of the registers, 4 KiB aligned, outside RAM */
	uint32_t host_addr_bits;  /* HAW, 32..52 */
	uint32_t ver;
	uint64_t cap;
	uint64_t ecap;
	uint32_t plm_align_bits;  /* N + 1 of PLMBASE/PLMLIMIT: 2^n granularity, 12..31; used when CAP.PLMR */
	uint32_t phm_align_bits;  /* same for PHMBASE/PHMLIMIT, 12..51; used when CAP.PHMR */
};

/*
 * A plausible unit: version 1.0, HAW 46, 4-level 48-bit tables, 2 MiB and 1 GiB pages, queue, page-selective
 * invalidation with MAMV 18, 8 fault records, coherent, pass-through, no caching mode.
 */
void sim_vtd_default(struct sim_vtd_config *config);

/*
 * Checks a configuration. SIM_OK, SIM_E_IMPOSSIBLE (no hardware may present it) or SIM_E_NOT_MODELLED; `why` receives
 * the reason as one line naming the field, at most `size` bytes.
 */
int sim_vtd_check(const struct sim_vtd_config *config, char *why, size_t size);

/* Adds a unit; returns its number (0, 1, ...) or an error, explained by sim_why. */
int sim_vtd_add(struct sim *s, const struct sim_vtd_config *config);

/* Name of a fault reason ("SS_WRITE"), NULL when the architecture defines none. */
const char *sim_vtd_reason_name(uint8_t reason);

/* The reason with that name, 0 when there is none. */
uint8_t sim_vtd_reason_by_name(const char *name);

#endif
