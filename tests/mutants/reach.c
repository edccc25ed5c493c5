/*
 * Which functions of the driver a run called. reach.py puts a call of mutants_reach at the start of each; byte N of the file
 * that MUTANTS_REACH names becomes 1 when function N is called. The file is mapped, for permutations run in processes of
 * their own, which end without a word.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define FUNCTIONS 4096u

void mutants_reach(unsigned function);

static unsigned char *called;

__attribute__((constructor)) static void map(void)
{
	const char *path = getenv("MUTANTS_REACH");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;
	void *at;

	if (fd < 0 || ftruncate(fd, FUNCTIONS))
		return;
	at = mmap(NULL, FUNCTIONS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED)
		called = at;
	close(fd);
}

void mutants_reach(unsigned function)
{
	if (called && function < FUNCTIONS)
		called[function] = 1;
}
