/*
 * The switch of a driver that holds all its mechanical mutants at once (sites.py), and the record of what it does.
 *
 * Each place where a step is removed asks mutant(N) whether it is its turn: MUTANT names the one that is. Functions ask too,
 * at their start, with numbers that are never chosen. When MUTANT_NOTE names a file, it says afterwards which places were come
 * to, and holds two sums over the driver's accesses to its platform: what it wrote and ordered, and all of them. The file is
 * mapped, for permutations run in processes of their own, which end without a word.
 *
 * A sum is over sequences, each from one mutant_begin() to the next: the sum of several scenarios in one process is the sum of
 * theirs, while within a sequence order counts. What a load or a register read gave is no part of it: that is the hardware's.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLACES 16384u
#define START UINT64_C(0xcbf29ce484222325) /* the constants of FNV-1a */
#define PRIME UINT64_C(0x100000001b3)

enum {
	WRITES,
	ALL,
	SUMS
};

struct note {
	uint64_t ended[SUMS]; /* sequences that are over */
	uint64_t now[SUMS];   /* the one under way, 0 before the first */
	unsigned char reached[PLACES];
};

bool mutant(unsigned place);
void mutant_begin(void);
void mutant_access(bool writes, unsigned kind, uint64_t a, uint64_t b);

static struct note *note;
static unsigned chosen;

__attribute__((constructor)) static void choose(void)
{
	const char *number = getenv("MUTANT"), *name = getenv("MUTANT_NOTE");
	int fd = name ? open(name, O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;
	void *at;

	chosen = number ? (unsigned)strtoul(number, NULL, 10) : 0;
	if (fd < 0 || ftruncate(fd, sizeof(struct note)))
		return;
	at = mmap(NULL, sizeof(struct note), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED)
		note = at;
	close(fd);
}

bool mutant(unsigned place)
{
	if (note && place < PLACES)
		note->reached[place] = 1;
	return place == chosen;
}

void mutant_begin(void)
{
	for (unsigned i = 0; note && i < SUMS; i++) {
		note->ended[i] += note->now[i];
		note->now[i] = START;
	}
}

static uint64_t mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * PRIME;
	return sum ^ sum >> 29;
}

void mutant_access(bool writes, unsigned kind, uint64_t a, uint64_t b)
{
	for (unsigned i = writes ? WRITES : ALL; note && i < SUMS; i++)
		note->now[i] = mix(mix(mix(note->now[i], kind), a), b);
}
