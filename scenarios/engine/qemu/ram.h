/*
 * Guest memory: a file without a name, mapped by QEMU and by us.
 *
 * A page nobody touched takes no storage in the file. That is used to see which page a device read: a page that was not
 * there before and is there after is the one.
 */
#ifndef ENGINE_QEMU_RAM_H
#define ENGINE_QEMU_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAM_PAGE 4096u
#define RAM_NONE UINT64_MAX

struct ram {
	int fd;
	uint8_t *map;
	uint64_t bytes;
	uint64_t low; /* bytes below 4 GiB; the others are at 4 GiB and up */
};

/* Physical addresses of pages, ascending. */
struct ram_pages {
	uint64_t *pa;
	size_t count, size;
};

/* Memory that reaches up to physical address `last`: 0 bytes when q35 has no such memory. */
uint64_t ram_size_for(uint64_t last);

bool ram_open(struct ram *r, uint64_t bytes);
void ram_close(struct ram *r);

/* All zero again. */
bool ram_clear(struct ram *r);

/* Where [pa, pa + len) is in our mapping; NULL: not (all) memory. */
uint8_t *ram_at(const struct ram *r, uint64_t pa, uint64_t len);

/* Stores bytes; zeroes over an untouched page leave it untouched. */
bool ram_store(struct ram *r, uint64_t pa, const void *buf, uint64_t len);
bool ram_load(const struct ram *r, uint64_t pa, void *buf, uint64_t len);

/* Gives the storage of pages back that hold only zeroes. */
bool ram_drop_zeroes(struct ram *r);

/* The pages that have storage. */
bool ram_list(const struct ram *r, struct ram_pages *out);
void ram_pages_free(struct ram_pages *pages);
bool ram_pages_have(const struct ram_pages *pages, uint64_t pa);

#endif
