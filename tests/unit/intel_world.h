/*
 * A unit of the Intel driver on the fake platform (fake_vtd.h), a domain and a device.
 */
#ifndef TESTS_INTEL_WORLD_H
#define TESTS_INTEL_WORLD_H

#include "fake_vtd.h"

struct intel_world {
	struct fake *f;
	struct iommu_unit u;
	struct iommu_domain d;
	struct iommu_device dev;
};

/* Discovered, with these capabilities; `reg`: invalidation by register. */
void intel_world_init(struct intel_world *w, uint64_t cap, uint64_t ecap, bool reg);

/* The device 03:03.0 in a new domain. */
void intel_world_attach(struct intel_world *w);

/* Both, on a unit that translates. */
void intel_world_start(struct intel_world *w, uint64_t cap, uint64_t ecap, bool reg);

/* The same with a device that has a TLB and uses ATS; 0x1000 to 0x3fff are mapped to themselves. */
void intel_world_start_ats(struct intel_world *w);

/* Frees the machine; the test fails when the fake was misused. */
void intel_world_end(struct intel_world *w);

#endif
