/* What all kinds of images share, and which kind a file is. */
#include "walk/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "walk/words.h"

bool image_get(const struct image *im, const char *name, uint64_t *value)
{
	for (uint32_t i = 0; i < im->regs; i++) {
		if (strcasecmp(im->reg[i].name, name) == 0) {
			*value = im->reg[i].value;
			return true;
		}
	}
	return false;
}

int image_set(struct image *im, const char *name, uint64_t value)
{
	for (uint32_t i = 0; i < im->regs; i++) {
		if (strcasecmp(im->reg[i].name, name) == 0) {
			im->reg[i].value = value;
			return 0;
		}
	}
	if (im->regs == IMAGE_REGISTERS || strlen(name) >= sizeof(im->reg[0].name))
		return -1;
	strcpy(im->reg[im->regs].name, name);
	im->reg[im->regs++].value = value;
	return 0;
}

struct image *image_new(const char *name, size_t size)
{
	struct image *im = cli_alloc(1, sizeof(*im));

	im->name = name;
	im->own = cli_alloc(1, size);
	return im;
}

int image_line(FILE *f, char line[IMAGE_LINE])
{
	if (!fgets(line, IMAGE_LINE, f))
		return 0;
	if (!strchr(line, '\n') && !feof(f))
		return -1;
	line[strcspn(line, "\r\n")] = '\0';
	return 1;
}

void image_close(struct image *im)
{
	if (!im)
		return;
	if (im->close)
		im->close(im);
	free(im->own);
	free(im);
}

/* Bytes at the start of a file; the file is at its beginning again. */
static ssize_t peek(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	return n;
}

static struct image *open_text(const char *path, int fd,
			       struct image *(*read)(const char *, FILE *))
{
	FILE *f = fdopen(fd, "r");
	struct image *im;

	if (!f) {
		cli_error("walk: cannot read %s: %s", path, strerror(errno));
		close(fd);
		return NULL;
	}
	im = read(path, f);
	fclose(f);
	return im;
}

static struct image *open_kind(const char *path, int fd, const struct image_options *options)
{
	char head[512];
	ssize_t n = peek(fd, head, sizeof(head));

	if (n < 0) {
		cli_error("walk: cannot read %s: %s", path, strerror(errno));
		close(fd);
		return NULL;
	}
	if (options->raw)
		return image_raw(path, fd, options->raw_base);
	if (n >= 4 && memcmp(head, "\177ELF", 4) == 0)
		return image_elf(path, fd);
	if (strncmp(head, PAGES_MAGIC, strlen(PAGES_MAGIC)) == 0)
		return open_text(path, fd, image_pages);
	if (image_is_debugfs(head))
		return open_text(path, fd, image_debugfs);
	if (n >= 8 && (memcmp(head, "KDUMP   ", 8) == 0 || memcmp(head, "DISKDUMP", 8) == 0))
		cli_error(
			"walk: %s is a compressed kdump; make an ELF core of it (makedumpfile -E)",
			path);
	else
		cli_error("walk: %s is no ELF core, no page list and no debugfs text; a raw copy "
			  "of memory needs --raw BASE",
			  path);
	close(fd);
	return NULL;
}

struct image *image_open(const char *path, const struct image_options *options)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st)) {
		cli_error("walk: cannot open %s: %s", path, strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		cli_error("walk: %s is no regular file", path);
		close(fd);
		return NULL;
	}
	return open_kind(path, fd, options);
}
