/*
 * What a DMA would do: include/iommu/inspect.h. Reads tables, nothing else.
 */
#include "internal.h"
#include "mem.h"
#include "pt/table.h"
#include "text.h"

/* Reads an entry and notes it. */
uint64_t walk_step(const struct iommu_unit *u, struct iommu_walk *w, enum iommu_walk_kind kind,
		   uint32_t level, uint64_t at)
{
	uint64_t entry = mem_read64(u->plat, at);

	if (w->steps < IOMMU_WALK_STEPS)
		w->step[w->steps++] = (struct iommu_walk_step){ at, entry, level, kind };
	return entry;
}

static void at_leaf(const struct pt_format *fmt, struct iommu_walk *w, uint64_t iova,
		    uint32_t level, uint64_t entry)
{
	uint32_t lg2 = fmt->leaf_lg2 ? fmt->leaf_lg2(level, entry) : pt_shift(level);

	w->size = UINT64_C(1) << lg2;
	w->pa = (entry & fmt->addr & ~(w->size - 1)) | (iova & (w->size - 1));
}

/* The way's permission is what every level grants. */
static void walk_tables(const struct iommu_unit *u, const struct iommu_walk_root *root,
			uint64_t iova, struct iommu_walk *w)
{
	const struct pt_format *fmt = u->ops->fmt;
	uint64_t table = root->table;

	for (uint32_t level = root->level;; level--) {
		uint64_t entry = walk_step(u, w, IOMMU_WALK_TABLE, level,
					   table + 8 * (uint64_t)pt_index(iova, level));

		if (!(entry & fmt->present)) {
			w->result = IOMMU_WALK_NOT_MAPPED;
			w->prot = 0;
			return;
		}
		w->prot &= fmt->prot(entry);
		if (level == 0 || fmt->is_leaf(level, entry)) {
			at_leaf(fmt, w, iova, level, entry);
			return;
		}
		table = entry & fmt->addr;
	}
}

static void judge(struct iommu_walk *w, uint32_t access)
{
	if (w->result != IOMMU_WALK_ALLOWED && w->result != IOMMU_WALK_IDENTITY)
		return;
	if (access & IOMMU_READ & ~w->prot)
		w->result = IOMMU_WALK_NO_READ;
	else if (access & IOMMU_WRITE & ~w->prot)
		w->result = IOMMU_WALK_NO_WRITE;
}

static void walk_locked(const struct iommu_unit *u, uint16_t rid, uint64_t iova, uint32_t access,
			struct iommu_walk *w)
{
	struct iommu_walk_caps caps;
	struct iommu_geometry geo;
	struct iommu_walk_root root = { 0, 0, 64 };

	memset(&caps, 0, sizeof(caps));
	memset(&geo, 0, sizeof(geo));
	/* the ranges of messages do not depend on what else the unit can do, nor on whether it can do it */
	(void)!u->ops->walk_caps(u, IOMMU_DOMAIN_PAGING, &caps);
	memcpy(geo.hole, caps.hole, sizeof(geo.hole));
	if (iommu_in_hole(&geo, iova, iova)) {
		w->result = IOMMU_WALK_INTERRUPT;
		return;
	}
	u->ops->walk_device(u, rid, w, &root);
	if (w->result == IOMMU_WALK_NO_DEVICE)
		return;
	w->prot = IOMMU_READ | IOMMU_WRITE;
	if (addr_beyond(iova, root.addr_bits)) {
		w->result = IOMMU_WALK_BEYOND;
		w->prot = 0;
	} else if (root.table) {
		walk_tables(u, &root, iova, w);
	} else {
		w->pa = iova;
		w->size = PAGE_SIZE_BYTES;
	}
	judge(w, access);
}

int iommu_walk(const struct iommu_unit *u, uint16_t rid, uint64_t iova, uint32_t access,
	       struct iommu_walk *w)
{
	if (!u || !w || !access || (access & ~(uint32_t)(IOMMU_READ | IOMMU_WRITE)))
		return IOMMU_E_INVAL;
	if (u->stage != IOMMU_STAGE_BUILT && !iommu_unit_live(u))
		return IOMMU_E_STAGE;
	memset(w, 0, sizeof(*w));
	iommu_lock_unit(u);
	w->in_force = u->stage == IOMMU_STAGE_TRANSLATING;
	walk_locked(u, rid, iova, access, w);
	iommu_unlock_unit(u);
	return IOMMU_OK;
}

const char *iommu_walk_name(enum iommu_walk_result result)
{
	static const char *const names[] = {
		[IOMMU_WALK_ALLOWED] = "allowed",     [IOMMU_WALK_IDENTITY] = "identity",
		[IOMMU_WALK_INTERRUPT] = "interrupt", [IOMMU_WALK_NO_DEVICE] = "no-device",
		[IOMMU_WALK_BEYOND] = "beyond",       [IOMMU_WALK_NOT_MAPPED] = "not-mapped",
		[IOMMU_WALK_NO_READ] = "no-read",     [IOMMU_WALK_NO_WRITE] = "no-write",
	};

	return (uint32_t)result < sizeof(names) / sizeof(names[0]) ? names[result] : "unknown";
}

static void put_step(struct text *o, const struct iommu_walk_step *s)
{
	static const char *const kinds[] = {
		[IOMMU_WALK_ROOT] = "root",
		[IOMMU_WALK_CONTEXT] = "context",
		[IOMMU_WALK_DEVICE] = "device",
		[IOMMU_WALK_TABLE] = "level",
	};

	text_put(o, " ");
	text_put(o, kinds[s->kind]);
	if (s->kind == IOMMU_WALK_TABLE)
		text_put_u64(o, s->level);
	text_put(o, "@");
	text_put_hex(o, s->at);
	text_put(o, "=");
	text_put_hex(o, s->entry);
}

size_t iommu_walk_format(const struct iommu_walk *w, char *buf, size_t size)
{
	struct text o = { .buf = buf, .size = size };

	text_key(&o, "result");
	text_put(&o, iommu_walk_name(w->result));
	text_flag(&o, "in_force", w->in_force);
	text_key(&o, "pa");
	text_put_hex(&o, w->pa);
	text_key(&o, "size");
	text_put_hex(&o, w->size);
	text_key(&o, "prot");
	text_put(&o, w->prot & IOMMU_READ ? "r" : "-");
	text_put(&o, w->prot & IOMMU_WRITE ? "w" : "-");
	for (uint32_t i = 0; i < w->steps; i++)
		put_step(&o, &w->step[i]);
	return text_end(&o);
}
