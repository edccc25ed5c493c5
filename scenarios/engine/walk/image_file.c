/* Images that are files of memory: ELF cores through libelf, and raw copies. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gelf.h>
#include <libelf.h>

#include "cli.h"
#include "walk/image.h"

#define SEGMENTS_MAX 4096

struct segment {
	uint64_t pa, size, off;
};

struct file_image {
	int fd;
	struct segment *seg;
	size_t segs, last; /* last: where the word before was found */
};

static bool holds(const struct segment *s, uint64_t pa)
{
	return pa >= s->pa && pa - s->pa < s->size && s->size - (pa - s->pa) >= 8;
}

static int file_read(const struct image *im, uint64_t pa, uint64_t *val)
{
	struct file_image *f = im->own;
	const struct segment *s;
	size_t i = 0;
	uint8_t b[8];

	if (f->last >= f->segs || !holds(&f->seg[f->last], pa)) {
		while (i < f->segs && !holds(&f->seg[i], pa))
			i++;
		if (i == f->segs)
			return -1;
		f->last = i;
	}
	s = &f->seg[f->last];
	if (pread(f->fd, b, sizeof(b), (off_t)(s->off + (pa - s->pa))) != (ssize_t)sizeof(b))
		return -1; /* a core cut short */
	*val = 0;
	for (uint32_t k = 8; k-- > 0;)
		*val = *val << 8 | b[k];
	return 0;
}

static void file_close(struct image *im)
{
	struct file_image *f = im->own;

	free(f->seg);
	close(f->fd);
}

static struct image *file_image(const char *path, int fd)
{
	struct image *im = image_new(path, sizeof(struct file_image));

	((struct file_image *)im->own)->fd = fd;
	im->read = file_read;
	im->close = file_close;
	return im;
}

struct image *image_raw(const char *path, int fd, uint64_t base)
{
	struct image *im = file_image(path, fd);
	struct file_image *f = im->own;
	struct stat st;

	f->seg = cli_alloc(1, sizeof(f->seg[0]));
	f->segs = 1;
	if (base & 7 || fstat(fd, &st) || base + (uint64_t)st.st_size < base) {
		cli_error("walk: %s: the base of a raw file is a multiple of 8, and the file ends "
			  "below 2^64",
			  path);
		image_close(im);
		return NULL;
	}
	f->seg[0] = (struct segment){ base, (uint64_t)st.st_size, 0 };
	return im;
}

/* Segments whose physical address and place in the file make sense; others are left out. */
static bool read_segments(struct file_image *f, Elf *elf)
{
	size_t n;

	if (elf_getphdrnum(elf, &n) || n > SEGMENTS_MAX)
		return false;
	f->seg = cli_alloc(n, sizeof(f->seg[0]));
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(elf, (int)i, &ph))
			return false;
		if (ph.p_type != PT_LOAD || !ph.p_filesz || ph.p_paddr + ph.p_filesz < ph.p_paddr ||
		    ph.p_offset + ph.p_filesz < ph.p_offset ||
		    ph.p_offset + ph.p_filesz > INT64_MAX)
			continue;
		f->seg[f->segs++] = (struct segment){ ph.p_paddr, ph.p_filesz, ph.p_offset };
	}
	return f->segs > 0;
}

struct image *image_elf(const char *path, int fd)
{
	struct image *im = file_image(path, fd);
	GElf_Ehdr header;
	Elf *elf;
	bool ok;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	ok = elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header) &&
	     header.e_type == ET_CORE && header.e_ident[EI_DATA] == ELFDATA2LSB &&
	     read_segments(im->own, elf);
	if (elf)
		elf_end(elf);
	if (ok)
		return im;
	cli_error("walk: %s is no little-endian ELF core with memory in it (QEMU: "
		  "dump-guest-memory; Linux: /proc/vmcore)",
		  path);
	image_close(im);
	return NULL;
}
