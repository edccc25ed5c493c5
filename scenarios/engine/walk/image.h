/*
 * Memory of some machine, as far as it is known, and the registers that lead into it.
 *
 * A source is a scenario at a step, an ELF core, a raw file, a list of pages, or the text of debugfs, which knows single words
 * only. What a source does not hold is unknown, never zero.
 */
#ifndef ENGINE_WALK_IMAGE_H
#define ENGINE_WALK_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "backend.h"

#define IMAGE_REGISTERS 32

struct image_register {
	char name[20]; /* the specification's */
	uint64_t value;
};

/* A device whose tables are known without the entries that lead to them (debugfs, domain_translation_struct). */
struct image_root {
	uint16_t rid;
	uint64_t table;
	uint32_t levels;
};

#define IMAGE_ROOTS 256

struct image {
	/* 0, or -1 when the word at `pa`, a multiple of 8, is not known */
	int (*read)(const struct image *im, uint64_t pa, uint64_t *val);
	void (*close)(struct image *im);
	void *own;

	const char *name; /* as the user called it */
	bool arch_known;
	enum be_arch arch;
	struct image_register reg[IMAGE_REGISTERS];
	uint32_t regs;
	struct image_root root[IMAGE_ROOTS];
	uint32_t roots;
};

/* Registers by name, any case. image_set: -1 when there are too many. */
bool image_get(const struct image *im, const char *name, uint64_t *value);
int image_set(struct image *im, const char *name, uint64_t value);

struct image_options {
	uint64_t raw_base; /* physical address of a raw file's first byte */
	bool raw;          /* whatever the file looks like */
};

/*
 * Opens a file of any kind but a scenario; NULL after an error message. The kind is told by the first bytes: an ELF header, the
 * first line of a page list, the words of debugfs; anything else has to be called raw.
 */
struct image *image_open(const char *path, const struct image_options *options);
void image_close(struct image *im);

/* Each kind; NULL after an error message. The name stays the caller's. */
struct image *image_elf(const char *path, int fd);
struct image *image_raw(const char *path, int fd, uint64_t base);
struct image *image_pages(const char *path, FILE *f);
struct image *image_debugfs(const char *path, FILE *f);

/* The first bytes of a file are of a text that image_debugfs reads, or names. */
bool image_is_debugfs(const char *head);

/* The next whole line of a text, without its end: 1, 0 at the end, -1 when it is longer than IMAGE_LINE or has a NUL byte. */
#define IMAGE_LINE 16384
int image_line(FILE *f, char line[IMAGE_LINE]);

/* A new image that reads nothing yet, with `size` bytes of its own behind `own`. */
struct image *image_new(const char *name, size_t size);

#endif
