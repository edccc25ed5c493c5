/*
 * The driver's rows: tables on plain memory, once through function pointers and once with the platform inlined. An unmap
 * includes its invalidation and the observed wait.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "hw/amdvi.h"
#include "iommu/driver.h"
#include "plain.h"

/* The calls the rows need; the inlined driver is the same source with its symbols prefixed. */
struct calls {
	int (*unit_init)(struct iommu_unit *u, const struct iommu_plat *plat,
			 const struct iommu_unit_desc *desc);
	int (*unit_start)(struct iommu_unit *u);
	int (*domain_init)(struct iommu_domain *d, enum iommu_domain_kind kind,
			   struct iommu_unit *const *units, uint32_t count);
	int (*map)(struct iommu_domain *d, uint64_t iova, uint64_t pa, uint64_t size,
		   uint32_t prot);
	int (*unmap)(struct iommu_domain *d, uint64_t iova, uint64_t size);
};

int inline_iommu_unit_init(struct iommu_unit *u, const struct iommu_plat *plat,
			   const struct iommu_unit_desc *desc);
int inline_iommu_unit_start(struct iommu_unit *u);
int inline_iommu_domain_init(struct iommu_domain *d, enum iommu_domain_kind kind,
			     struct iommu_unit *const *units, uint32_t count);
int inline_iommu_map(struct iommu_domain *d, uint64_t iova, uint64_t pa, uint64_t size,
		     uint32_t prot);
int inline_iommu_unmap(struct iommu_domain *d, uint64_t iova, uint64_t size);

struct rig {
	struct plain plain;
	struct iommu_plat plat;
	struct iommu_unit unit;
	struct iommu_domain domain;
	const struct calls *calls;
	uint64_t size;
	bool unmap; /* what is timed */
};

#define IOVA UINT64_C(0x40000000)
#define PA UINT64_C(0x80000000)
#define BATCH 64u

static void must(int rc, const char *what)
{
	if (rc) {
		fprintf(stderr, "bench: %s: error %d\n", what, rc);
		exit(1);
	}
}

/* BATCH ranges are mapped, then unmapped; one of the two is timed. */
static uint64_t run(void *ctx, uint64_t n)
{
	struct rig *r = ctx;
	uint64_t ns = 0, stride = 0x200000;

	for (uint64_t done = 0; done < n; done += BATCH) {
		uint64_t start = bench_now(), middle;

		for (uint64_t i = 0; i < BATCH; i++)
			must(r->calls->map(&r->domain, IOVA + i * stride, PA + i * stride, r->size,
					   IOMMU_READ | IOMMU_WRITE),
			     "map");
		middle = bench_now();
		for (uint64_t i = 0; i < BATCH; i++)
			must(r->calls->unmap(&r->domain, IOVA + i * stride, r->size), "unmap");
		ns += r->unmap ? bench_now() - middle : middle - start;
	}
	return ns;
}

struct arch {
	const char *prefix; /* of its rows' names */
	const struct plain_regs *regs;
	struct iommu_unit_desc desc;
};

struct row {
	const char *name;
	uint64_t size;
	bool unmap;
};

static void start(struct rig *r, const struct arch *arch)
{
	struct iommu_unit *units[1] = { &r->unit };

	plain_init(&r->plain, arch->regs);
	plain_platform(&r->plain, &r->plat);
	must(r->calls->unit_init(&r->unit, &r->plat, &arch->desc), "unit init");
	must(r->calls->unit_start(&r->unit), "unit start");
	must(r->calls->domain_init(&r->domain, IOMMU_DOMAIN_PAGING, units, 1), "domain init");
	if (r->size < 0x200000) { /* page tables stay: each has one more mapping at its end */
		for (uint64_t i = 0; i < BATCH; i++)
			must(r->calls->map(&r->domain, IOVA + i * 0x200000 + 0x1FF000, PA, 0x1000,
					   IOMMU_READ),
			     "map");
	}
}

static void measure(struct bench *b, const struct arch *arch, const struct calls *calls,
		    const char *suffix, const struct row *row)
{
	char name[BENCH_NAME];
	struct rig *r;

	snprintf(name, sizeof(name), "%s%s%s", arch->prefix, row->name, suffix);
	if (!bench_wants(b, name))
		return;
	r = calloc(1, sizeof(*r));
	if (!r)
		exit(1);
	r->calls = calls;
	r->size = row->size;
	r->unmap = row->unmap;
	start(r, arch);
	bench_run(b, name, run, r, BATCH);
	plain_fini(&r->plain);
	free(r);
}

void bench_driver(struct bench *b)
{
	static const struct calls pointers = { iommu_unit_init, iommu_unit_start, iommu_domain_init,
					       iommu_map, iommu_unmap };
	static const struct calls inlined = { inline_iommu_unit_init, inline_iommu_unit_start,
					      inline_iommu_domain_init, inline_iommu_map,
					      inline_iommu_unmap };
	static const struct row rows[] = {
		{ "map_4k", 0x1000, false },       { "unmap_4k", 0x1000, true },
		{ "map_256x4k", 0x100000, false }, { "unmap_256x4k", 0x100000, true },
		{ "map_2m", 0x200000, false },
	};
	const struct arch archs[] = {
		{ "", &plain_vtd, { .vendor = IOMMU_VENDOR_INTEL, .host_addr_bits = 46 } },
		{ "amd_",
		  &plain_amdvi,
		  { .vendor = IOMMU_VENDOR_AMD,
		    .host_addr_bits = 46,
		    .pci_cap = AMDVI_PCI_CAP_SECURE |
			       (uint32_t)FIELD_PREP(AMDVI_CAPHDR_CAPTYPE, AMDVI_CAPTYPE_IOMMU) |
			       AMDVI_CAPHDR_EFRSUP,
		    .rid_count =
			    AMDVI_DTES_PER_PAGE } }, /* a table of one page, which is all there is */
	};
	const unsigned count = sizeof(rows) / sizeof(rows[0]);

	for (unsigned a = 0; a < sizeof(archs) / sizeof(archs[0]); a++) {
		for (unsigned i = 0; i < count; i++)
			measure(b, &archs[a], &pointers, "", &rows[i]);
		for (unsigned i = 0; i < count; i++)
			measure(b, &archs[a], &inlined, "_inline", &rows[i]);
	}
}
