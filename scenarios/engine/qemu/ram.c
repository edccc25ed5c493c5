/* Guest memory. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* fallocate, SEEK_DATA */
#endif
#include "ram.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "process.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define FOUR_GIB (4 * GIB)
/* q35 puts everything below 4 GiB up to this size, and only 2 GiB of anything larger. */
#define LOW_ALL UINT64_C(0xB0000000)
#define LOW_SPLIT (2 * GIB)
#define LEAST (64 * MIB)
#define MOST (64 * GIB)
/* VGA memory and shadowed ROM: no memory of a guest's. */
#define HOLE_FIRST UINT64_C(0xA0000)
#define HOLE_LAST UINT64_C(0xFFFFF)

uint64_t ram_size_for(uint64_t last)
{
	uint64_t bytes;

	if (last < LOW_ALL)
		bytes = last + 1;
	else if (last >= FOUR_GIB && last < MOST)
		bytes = last + 1 - FOUR_GIB + LOW_SPLIT;
	else
		return 0;
	bytes = (bytes + MIB - 1) & ~(MIB - 1);
	if (last >= FOUR_GIB && bytes <= LOW_ALL)
		bytes = LOW_ALL + MIB;
	return bytes < LEAST ? LEAST : bytes;
}

/* Beyond the limit of file sizes (ulimit -f) it fails like any call, instead of with a signal. */
static bool resize(int fd, uint64_t bytes)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	bool ok;
	int error;

	if (sigaction(SIGXFSZ, &ignore, &old) != 0)
		return false;
	ok = ftruncate(fd, (off_t)bytes) == 0;
	error = errno;
	(void)sigaction(SIGXFSZ, &old, NULL);
	errno = error;
	return ok;
}

bool ram_open(struct ram *r, uint64_t bytes)
{
	*r = (struct ram){ .fd = process_file("qemu-ram"), .bytes = bytes };
	r->low = bytes <= LOW_ALL ? bytes : LOW_SPLIT;
	if (r->fd < 0 || !resize(r->fd, bytes)) {
		ram_close(r);
		return false;
	}
	r->map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (r->map == MAP_FAILED) {
		r->map = NULL;
		ram_close(r);
		return false;
	}
	return true;
}

void ram_close(struct ram *r)
{
	if (r->map)
		munmap(r->map, r->bytes);
	if (r->fd >= 0)
		close(r->fd);
	*r = (struct ram){ .fd = -1 };
}

static bool punch(struct ram *r, uint64_t off, uint64_t len)
{
	return fallocate(r->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)off,
			 (off_t)len) == 0;
}

bool ram_clear(struct ram *r)
{
	return punch(r, 0, r->bytes);
}

/* ---- addresses ---- */

static uint64_t to_offset(const struct ram *r, uint64_t pa, uint64_t len)
{
	if (len > r->bytes || (pa <= HOLE_LAST && pa + len > HOLE_FIRST))
		return RAM_NONE;
	if (pa < r->low)
		return len <= r->low - pa ? pa : RAM_NONE;
	if (pa < FOUR_GIB)
		return RAM_NONE;
	pa = pa - FOUR_GIB + r->low;
	return pa < r->bytes && len <= r->bytes - pa ? pa : RAM_NONE;
}

static uint64_t to_pa(const struct ram *r, uint64_t off)
{
	return off < r->low ? off : off - r->low + FOUR_GIB;
}

uint8_t *ram_at(const struct ram *r, uint64_t pa, uint64_t len)
{
	uint64_t off = to_offset(r, pa, len);

	return off == RAM_NONE ? NULL : r->map + off;
}

/* ---- storage ---- */

static bool all_zero(const uint8_t *bytes, uint64_t len)
{
	return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

/* The next run of stored pages, from `off` on: [*first, *end). */
static bool next_stored(const struct ram *r, uint64_t off, uint64_t *first, uint64_t *end)
{
	const uint64_t mask = RAM_PAGE - 1;
	off_t at = off < r->bytes ? lseek(r->fd, (off_t)off, SEEK_DATA) : -1;
	off_t hole = at < 0 ? -1 : lseek(r->fd, at, SEEK_HOLE);

	if (hole < 0)
		return false;
	*first = (uint64_t)at & ~mask;
	*end = ((uint64_t)hole + mask) & ~mask;
	return true;
}

static bool is_stored(const struct ram *r, uint64_t page)
{
	uint64_t first, end;

	return next_stored(r, page, &first, &end) && first == page;
}

bool ram_store(struct ram *r, uint64_t pa, const void *buf, uint64_t len)
{
	const uint8_t *from = buf;
	uint8_t *to = ram_at(r, pa, len);

	if (!to)
		return false;
	while (len > 0) {
		uint64_t off = (uint64_t)(to - r->map);
		uint64_t n = RAM_PAGE - off % RAM_PAGE;

		if (n > len)
			n = len;
		if (!all_zero(from, n) || is_stored(r, off & ~(uint64_t)(RAM_PAGE - 1)))
			memcpy(to, from, n);
		from += n;
		to += n;
		len -= n;
	}
	return true;
}

bool ram_load(const struct ram *r, uint64_t pa, void *buf, uint64_t len)
{
	uint8_t *at = ram_at(r, pa, len);

	/* reading through the mapping would give untouched pages storage */
	return at && pread(r->fd, buf, len, (off_t)(at - r->map)) == (ssize_t)len;
}

bool ram_drop_zeroes(struct ram *r)
{
	uint64_t off = 0, end = 0;

	while (next_stored(r, end, &off, &end))
		for (; off < end; off += RAM_PAGE)
			if (all_zero(r->map + off, RAM_PAGE) && !punch(r, off, RAM_PAGE))
				return false;
	return true;
}

static bool add_page(struct ram_pages *out, uint64_t pa)
{
	if (out->count == out->size) {
		size_t size = out->size ? 2 * out->size : 256;
		uint64_t *more = realloc(out->pa, size * sizeof(*more));

		if (!more)
			return false;
		out->pa = more;
		out->size = size;
	}
	out->pa[out->count++] = pa;
	return true;
}

bool ram_list(const struct ram *r, struct ram_pages *out)
{
	uint64_t off = 0, end = 0;

	out->count = 0;
	while (next_stored(r, end, &off, &end))
		for (; off < end; off += RAM_PAGE)
			if (!add_page(out, to_pa(r, off)))
				return false;
	return true;
}

void ram_pages_free(struct ram_pages *pages)
{
	free(pages->pa);
	*pages = (struct ram_pages){ NULL, 0, 0 };
}

bool ram_pages_have(const struct ram_pages *pages, uint64_t pa)
{
	size_t low = 0, high = pages->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (pages->pa[mid] == pa)
			return true;
		if (pages->pa[mid] < pa)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}
