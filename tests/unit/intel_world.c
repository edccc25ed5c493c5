/* A unit of the Intel driver on the fake platform. */
#include "intel_world.h"

#include <string.h>

#include "unit.h"

void intel_world_init(struct intel_world *w, uint64_t cap, uint64_t ecap, bool reg)
{
	struct iommu_unit_desc desc = fake_desc();

	memset(w, 0, sizeof(*w));
	w->f = fake_new(cap, ecap);
	desc.use_register_inval = reg;
	ck_assert_int_eq(iommu_unit_init(&w->u, &w->f->m.plat, &desc), IOMMU_OK);
	ck_assert_uint_eq(w->f->m.logged, 0); /* discovery writes nothing */
}

void intel_world_attach(struct intel_world *w)
{
	struct iommu_unit *units[] = { &w->u };

	ck_assert_int_eq(iommu_domain_init(&w->d, IOMMU_DOMAIN_PAGING, units, 1), IOMMU_OK);
	w->dev.rid = 0x0318;
	ck_assert_int_eq(iommu_attach(&w->d, &w->u, &w->dev), IOMMU_OK);
}

void intel_world_start(struct intel_world *w, uint64_t cap, uint64_t ecap, bool reg)
{
	intel_world_init(w, cap, ecap, reg);
	ck_assert_int_eq(iommu_unit_start(&w->u), IOMMU_OK);
	intel_world_attach(w);
}

void intel_world_start_ats(struct intel_world *w)
{
	intel_world_init(w, FAKE_CAP, FAKE_ECAP, false);
	ck_assert_int_eq(iommu_unit_start(&w->u), IOMMU_OK);
	w->dev.ats = true;
	intel_world_attach(w);
	ck_assert_int_eq(iommu_map(&w->d, 0x1000, 0x1000, 0x3000, 3), IOMMU_OK);
}

void intel_world_end(struct intel_world *w)
{
	ck_assert_msg(w->f->m.bad == 0, "%s", w->f->m.bad_why ? w->f->m.bad_why : "");
	fake_free(w->f);
}
