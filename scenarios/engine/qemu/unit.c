/* A unit of the scenario as options of QEMU's device. */
#include "unit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arch.h"
#include "hw/amdvi.h"
#include "hw/vtd.h"

#define AW_WIDE 48u
#define AW_NARROW 39u
#define SAGAW_48 BIT64(2) /* of the field */

struct text {
	char *at;
	size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at + t->used, t->size - t->used, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < t->size - t->used)
		t->used += (size_t)n;
}

/* Options by name; a version has the names that its own help lists. */
static bool has(const char *options, const char *name)
{
	char word[48];

	snprintf(word, sizeof(word), " %s ", name);
	return strstr(options, word) != NULL;
}

static bool stated(const struct be_unit *u, uint32_t word, uint64_t mask)
{
	return (u->stated[word] & mask) == mask;
}

/* The field's value when it is stated, else `otherwise`. */
static uint64_t wanted(const struct be_unit *u, uint32_t word, uint64_t mask, uint64_t otherwise)
{
	return stated(u, word, mask) ? FIELD_GET(mask, u->word[word]) : otherwise;
}

/* ---- VT-d ---- */

static uint32_t vtd_width(const struct be_unit *u)
{
	uint64_t haw = wanted(u, BE_VTD_HAW, MASK64(5, 0), AW_WIDE);
	uint64_t mgaw = wanted(u, BE_VTD_CAP, VTD_CAP_MGAW, AW_WIDE - 1) + 1;
	uint64_t sagaw = wanted(u, BE_VTD_CAP, VTD_CAP_SAGAW, SAGAW_48);

	return haw > AW_NARROW && mgaw > AW_NARROW && (sagaw & SAGAW_48) ? AW_WIDE : AW_NARROW;
}

/* Options that switch one capability; both names are tried, the newer version's first. */
static const struct {
	const char *name, *old;
	uint32_t word;
	uint64_t mask;
	bool otherwise;
} vtd_switches[] = {
	{ "caching-mode", NULL, BE_VTD_CAP, VTD_CAP_CM, false },
	{ "device-iotlb", NULL, BE_VTD_ECAP, VTD_ECAP_DT, false },
	{ "snoop-control", NULL, BE_VTD_ECAP, VTD_ECAP_SC, false },
	{ "pt", NULL, BE_VTD_ECAP, VTD_ECAP_PT, true },
	{ "dma-drain", NULL, BE_VTD_CAP, VTD_CAP_DRD, true },
	{ "scalable-mode", "x-scalable-mode", BE_VTD_ECAP, VTD_ECAP_SMTS, false },
	{ "fsts", "x-flts", BE_VTD_ECAP, VTD_ECAP_FSTS, false },
};

static void vtd_options(struct text *t, const struct be_unit *u, const struct qemu_program *p)
{
	bool eim = wanted(u, BE_VTD_ECAP, VTD_ECAP_EIM, 0) != 0;
	bool ir = wanted(u, BE_VTD_ECAP, VTD_ECAP_IR, eim) != 0;

	put(t, "intel-iommu,aw-bits=%u,intremap=%s", vtd_width(u), ir ? "on" : "off");
	if (ir)
		put(t, ",eim=%s", eim ? "on" : "off");
	/* without KVM old versions take eim=on with this alone */
	if (eim && p->number < QEMU_VERSION(10, 0) && has(p->vtd, "x-buggy-eim"))
		put(t, ",x-buggy-eim=on");
	for (size_t i = 0; i < sizeof(vtd_switches) / sizeof(vtd_switches[0]); i++) {
		bool on = wanted(u, vtd_switches[i].word, vtd_switches[i].mask,
				 vtd_switches[i].otherwise) != 0;
		const char *name = has(p->vtd, vtd_switches[i].name) ? vtd_switches[i].name
								     : vtd_switches[i].old;

		if (on != vtd_switches[i].otherwise && name && has(p->vtd, name))
			put(t, ",%s=%s", name, on ? "on" : "off");
	}
}

static void vtd_read(struct vm *vm, struct be_unit *out)
{
	out->word[BE_VTD_VER] = qtest_read(&vm->qtest, VM_VTD_BASE + VTD_REG_VER, 4);
	out->word[BE_VTD_CAP] = qtest_read(&vm->qtest, VM_VTD_BASE + VTD_REG_CAP, 8);
	out->word[BE_VTD_ECAP] = qtest_read(&vm->qtest, VM_VTD_BASE + VTD_REG_ECAP, 8);
	/* the DMAR table says the same width as MGAW */
	out->word[BE_VTD_HAW] = FIELD_GET(VTD_CAP_MGAW, out->word[BE_VTD_CAP]) + 1;
	out->word[BE_VTD_PLM] = out->word[BE_VTD_PHM] = 0;
}

/* ---- AMD-Vi ---- */

#define CAPABILITY 0x40 /* of the unit's PCI function */
#define MISC0 0x10

static void amdvi_options(struct text *t, const struct be_unit *u, const struct qemu_program *p)
{
	put(t, "amd-iommu,intremap=on");
	/* what makes it translate: pass-through off in old versions, remapping on in new ones */
	if (has(p->amdvi, "dma-remap"))
		put(t, ",dma-remap=on");
	else if (p->number >= QEMU_VERSION(10, 0) && has(p->amdvi, "pt"))
		put(t, ",pt=off");
	if (wanted(u, BE_AMDVI_EFR, AMDVI_EFR_XTSUP, 0) && has(p->amdvi, "xtsup"))
		put(t, ",xtsup=on");
	if (wanted(u, BE_AMDVI_CAP, AMDVI_CAPHDR_IOTLBSUP, 0) && has(p->amdvi, "device-iotlb"))
		put(t, ",device-iotlb=on");
}

static void amdvi_read(struct vm *vm, struct be_unit *out)
{
	uint16_t bdf = (uint16_t)vm->unit_bdf;

	out->word[BE_AMDVI_CAP] = vm_config_read(vm, bdf, CAPABILITY);
	out->word[BE_AMDVI_MISC0] = vm_config_read(vm, bdf, CAPABILITY + MISC0);
	out->word[BE_AMDVI_EFR] = qtest_read(&vm->qtest, VM_AMDVI_BASE + AMDVI_REG_EFR, 8);
	out->word[BE_AMDVI_EFR2] = 0;
	out->word[BE_AMDVI_UNSNOOPED] = 0;
	out->word[BE_AMDVI_READINGS] = 0;
}

/* ---- both ---- */

bool unit_options(const struct be_unit *u, const struct qemu_program *program, char *out,
		  size_t size, char *why, size_t why_size)
{
	struct text t = { out, size, 0 };

	(u->arch == BE_VTD ? vtd_options : amdvi_options)(&t, u, program);
	if (u->arch == BE_AMDVI && u->stated[BE_AMDVI_READINGS]) {
		snprintf(why, why_size,
			 "it states how a disputed passage is read; QEMU has a reading of its own");
		return false;
	}
	return true;
}

void unit_read(struct vm *vm, struct be_unit *out)
{
	out->base = out->arch == BE_VTD ? VM_VTD_BASE : VM_AMDVI_BASE;
	(out->arch == BE_VTD ? vtd_read : amdvi_read)(vm, out);
}

bool unit_same(const struct be_unit *want, const struct be_unit *got, char *why, size_t size)
{
	const struct capability *c = arch_of(want)->capabilities;

	for (; c->name; c++) {
		uint64_t a = FIELD_GET(c->mask, want->word[c->word]);
		uint64_t b = FIELD_GET(c->mask, got->word[c->word]);

		if (!stated(want, c->word, c->mask) || a == b)
			continue;
		snprintf(why, size, "it asks for %s = %" PRIu64 ", QEMU has %" PRIu64, c->name,
			 a + c->minus, b + c->minus);
		return false;
	}
	return true;
}
