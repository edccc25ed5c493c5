/*
 * The switch of a driver that holds all its mechanical mutants at once (sites.py). Each place where a step is removed asks
 * mutant(N) whether it is its turn: MUTANT names the one that is. Functions ask too, at their start, with numbers that are
 * never chosen. When MUTANT_NOTE names a file, its byte N becomes 1 as soon as place N is come to; the file is mapped, for
 * permutations run in processes of their own, which end without a word.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLACES 16384u

bool mutant(unsigned place);

static unsigned char *reached;
static unsigned chosen;

__attribute__((constructor)) static void choose(void)
{
	const char *number = getenv("MUTANT"), *note = getenv("MUTANT_NOTE");
	int fd = note ? open(note, O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;
	void *at;

	chosen = number ? (unsigned)strtoul(number, NULL, 10) : 0;
	if (fd < 0 || ftruncate(fd, PLACES))
		return;
	at = mmap(NULL, PLACES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED)
		reached = at;
	close(fd);
}

bool mutant(unsigned place)
{
	if (reached && place < PLACES)
		reached[place] = 1;
	return place == chosen;
}
