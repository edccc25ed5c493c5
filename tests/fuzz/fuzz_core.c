/* An ELF core of any bytes, walked from where its program headers put memory. */
#include <unistd.h>

#include "fuzz_walk.h"

/* A file of its own that is gone with its descriptor. */
static int file_of(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/fuzz-core-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || unlink(path) || write(fd, data, size) != (ssize_t)size)
		fuzz_finding("the input could not be written to /tmp");
	return fd;
}

/* Where a 64-bit core with its program headers behind the ELF header has p_paddr of number `i`. */
static uint64_t place(const uint8_t *data, size_t size, uint32_t i)
{
	size_t at = 64 + 56 * (size_t)i + 24;
	uint64_t pa = 0;

	for (uint32_t k = 8; k-- > 0;)
		pa = pa << 8 | (at + k < size ? data[at + k] : 0);
	return pa;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_messages m;
	int fd = file_of(data, size);
	struct image *im;

	fuzz_messages_begin(&m);
	im = image_elf("input", fd);
	fuzz_messages_end(&m, im);
	if (!im)
		return 0;
	for (uint32_t i = 0; i < 3; i++)
		fuzz_walk_from(im, place(data, size, i));
	image_close(im);
	return 0;
}
