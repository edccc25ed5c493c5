/*
 * Page-table pages in the driver's hands: allocation, and lists linked through the pages' own first words.
 *
 * A list needs no memory of its own, so a page can always be collected. The link may be stored while hardware still
 * reaches the page through a cached upper entry: it is the address of another page, hence its low 12 bits are 0, hence
 * as a paging entry it has neither read nor write permission, is not present, and all its other bits are ignored (VT-d
 * 9 "Second-Stage Paging Entries"); as the first half of a context entry its Present bit is clear; as an entry of an AMD-Vi
 * table PR is clear (48882 2.2.3). So a link never makes anything reachable that was not.
 */
#include "internal.h"
#include "mem.h"

void page_list_push(const struct iommu_plat *p, struct iommu_page_list *list, uint64_t pa)
{
	mem_write64(p, pa, list->head);
	list->head = pa;
	list->count++;
}

uint64_t page_list_pop(const struct iommu_plat *p, struct iommu_page_list *list)
{
	uint64_t pa = list->head;

	if (list->count == 0)
		return 0;
	list->head = mem_read64(p, pa);
	list->count--;
	return pa;
}

void page_list_join(const struct iommu_plat *p, struct iommu_page_list *to,
		    struct iommu_page_list *from)
{
	while (from->count)
		page_list_push(p, to, page_list_pop(p, from));
}

/* A zeroed table page, in memory where the walker finds the zeroes. 0: none left. */
uint64_t table_page_alloc(struct iommu_unit *owner, enum iommu_sync how)
{
	const struct iommu_plat *p = owner->plat;
	uint64_t pa = p->page_alloc(p->ctx, 0);

	if (!pa)
		return 0;
	owner->stats.table_pages++;
	if (how == IOMMU_SYNC_FLUSH)
		mem_sync(p, pa, PAGE_SIZE_BYTES, how);
	return pa;
}

void table_page_free(struct iommu_unit *owner, uint64_t pa)
{
	owner->plat->page_free(owner->plat->ctx, pa, 0);
	owner->stats.table_pages--;
}

/* Reserves `count` zeroed pages, all or none. */
int page_list_alloc(struct iommu_unit *owner, struct iommu_page_list *list, uint64_t count)
{
	while (list->count < count) {
		uint64_t pa = table_page_alloc(owner, IOMMU_SYNC_ORDER);

		if (!pa) {
			page_list_free(owner, list);
			return IOMMU_E_NOMEM;
		}
		page_list_push(owner->plat, list, pa);
	}
	return IOMMU_OK;
}

/* A reserved page, ready to be linked into a table: where the link was is an entry that is not present, as said above. */
uint64_t page_list_take(struct iommu_unit *owner, struct iommu_page_list *list, enum iommu_sync how)
{
	uint64_t pa = page_list_pop(owner->plat, list);

	if (pa)
		mem_sync(owner->plat, pa, PAGE_SIZE_BYTES, how);
	return pa;
}

/* Gives all pages back. Only when no hardware can reach them. */
void page_list_free(struct iommu_unit *owner, struct iommu_page_list *list)
{
	while (list->count)
		table_page_free(owner, page_list_pop(owner->plat, list));
}
